//! The performance laboratory: profiles, paired benchmarks, baselines, certificates.

pub mod advise;
mod aside;
pub mod baseline;
pub mod bench;
pub mod certify;
pub mod child;
pub mod claims;
mod json_fault;
pub mod live;
pub mod machine;
pub mod markdown;
pub mod optimize;
pub mod profile;
mod records;
pub mod scale;
pub mod stats;
mod whole_number;
