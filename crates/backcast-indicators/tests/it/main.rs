//! Behaviour of the indicators through the public face of the crate.

mod catalog;
mod laws;
