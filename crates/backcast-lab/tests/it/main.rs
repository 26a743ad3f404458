//! Behaviour of the laboratory through its public face.

mod live;
mod profile;
mod stats;
