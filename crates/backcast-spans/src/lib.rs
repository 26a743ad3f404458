//! Recording for the performance laboratory: clock, spans, counters; next to nothing when off.
