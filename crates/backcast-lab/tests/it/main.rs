//! Behaviour of the laboratory through its public face.

mod advise;
mod baseline;
mod bench;
mod certificates;
mod claims;
mod imports;
mod live;
mod optimize;
mod profile;
mod scale;
mod stats;
