//! Behaviour of market data through its public face.

mod portal;
mod synthetic;
