//! The jobs of `cargo xtask bench` and `cargo xtask conformance`.

fn main() {}
