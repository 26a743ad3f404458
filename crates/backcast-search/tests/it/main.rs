//! Behaviour of specs and searches through the public face of the crate.

mod grid;
mod known_truth;
mod market;
mod run;
mod spec;
mod sweep;
mod walk_forward;
