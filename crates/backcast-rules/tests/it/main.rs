//! Behaviour of the rules crate through its public face.

mod crossing;
mod laws;
mod market;
mod oracle;
