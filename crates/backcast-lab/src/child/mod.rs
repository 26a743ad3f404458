//! A command as a child process: how it is started, limited, watched, and what it cost.
//!
//! Every measurement starts a fresh process through a launcher, a second process of this program that is small and does
//! nothing but start, wait and count. Linux folds the peak memory of whoever starts a process into the peak of that
//! process, so a big parent must not be the one that starts it.

mod captured;
mod clocks;
mod error;
mod exec;
mod idle;
mod launch;
mod options;
mod program;
mod protocol;
mod sample;
mod sampler;
mod series;
mod subject;
mod tree;

pub use captured::{Capture, Captured};
pub use clocks::{ClockReading, ClockTrouble};
pub use error::ChildError;
pub(crate) use exec::LAUNCHER_NAME;
pub use exec::{LAUNCHER_WORD, launched};
pub(crate) use idle::{IdleWatch, WaitsFor};
pub use launch::{Finished, Launcher, Running, usable_processors};
pub use options::{RunOptions, Sampling};
pub use sample::{Exit, Sample};
pub use sampler::Sampler;
pub use series::{Point, ProcessSeries};
pub use subject::{Subject, quoted};
