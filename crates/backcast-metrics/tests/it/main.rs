//! Behaviour of the metrics through their public face.

mod curves;
mod rows;
