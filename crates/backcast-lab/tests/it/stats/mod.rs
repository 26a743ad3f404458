//! Statistics: known values, and what simulation says about them.

mod known_values;
mod pairs;
mod refusals;
mod simulated;
