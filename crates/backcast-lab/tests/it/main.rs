//! Behaviour of the laboratory through its public face.

mod bench;
mod imports;
mod live;
mod profile;
mod stats;
