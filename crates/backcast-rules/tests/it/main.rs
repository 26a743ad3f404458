//! Behaviour of the rules crate through its public face.

mod crossing;
mod market;
