//! The performance laboratory: profiles, paired benchmarks, baselines, certificates.

pub mod child;
pub mod live;
pub mod profile;
pub mod stats;
