//! The performance laboratory: profiles, paired benchmarks, baselines, certificates.

pub mod live;
pub mod stats;
