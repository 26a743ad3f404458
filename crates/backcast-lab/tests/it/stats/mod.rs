//! Statistics: known values, and what simulation says about them.

mod change;
mod cost;
mod evidence;
mod growth;
mod known_values;
mod machines;
mod pairs;
mod refusals;
mod share;
mod simulated;
