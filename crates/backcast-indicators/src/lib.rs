//! Technical indicators as whole-slice kernels and bar-by-bar twins.
