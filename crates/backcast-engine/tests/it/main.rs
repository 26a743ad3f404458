//! Behaviour of the engine through its public face.

mod actions;
mod config;
mod fills;
mod guards;
mod identity;
mod laws;
mod pool;
mod reasons;
mod replay;
mod rules;
mod stepper;
mod two_speeds;
