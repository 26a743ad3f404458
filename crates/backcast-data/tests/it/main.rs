//! Behaviour of market data through its public face.

mod adjust;
mod portal;
mod synthetic;
