//! Behaviour of the laboratory through its public face.

mod stats;
