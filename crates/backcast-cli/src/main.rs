//! The `backcast` program.

fn main() {}
