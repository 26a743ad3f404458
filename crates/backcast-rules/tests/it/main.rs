//! Behaviour of the rules crate through its public face.

mod crossing;
mod language;
mod laws;
mod market;
mod meaning;
mod mistakes;
mod oracle;
mod recorded;
mod strategies;
