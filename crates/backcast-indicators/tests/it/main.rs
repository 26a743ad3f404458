//! Behaviour of the indicators through the public face of the crate.

mod catalog;
mod gaps;
mod goldens;
mod laws;
mod oracle;
