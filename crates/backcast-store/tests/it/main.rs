//! Behaviour of the store through its public face.

mod bad_input;
mod bundles;
mod files;
mod noise;
mod sample;
mod tables;
