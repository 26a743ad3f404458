//! Performance metrics of a run, in one definition for every speed.
