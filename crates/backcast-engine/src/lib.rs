//! One run: clock, strategy, broker, ledger, lanes.
