//! Recording for the performance laboratory: clock, spans, counters; next to nothing when off.
//!
//! A program marks its steps, and a recording says how much time each call path took, how often it was taken, what it
//! allocated, and how much of its time was spent on a processor:
//!
//! ```
//! use backcast_spans::{Options, span, start};
//!
//! fn read_prices() {
//!     let _span = span!("data.read");
//!     std::thread::sleep(std::time::Duration::from_millis(2));
//! }
//!
//! let recording = start(Options::default());
//! read_prices();
//! let snapshot = recording.finish();
//! let node = &snapshot.threads[0].nodes[0];
//! assert_eq!((node.name.as_str(), node.calls), ("data.read", 1));
//! assert!(node.sum_ns >= 2_000_000);
//! ```
//!
//! While nothing records a span is a load and a branch; with the feature `off` it is nothing at all. Names are
//! free; the laboratory understands `area.step`, where the area `user`, `data`, `calendar`, `store`, `rules`, `engine`, `search` or
//! `report` decides what kind of work it is.
//!
//! How time is handed out is told in `arena`, how it is read in `clock`; what is written in [`json`].

mod alive;
pub mod alloc;
mod arena;
mod clock;
mod delay;
mod digest;
mod environment;
pub mod histogram;
pub mod json;
mod looks;
mod paths;
mod places;
mod recorder;
mod recording;
mod registry;
mod sampler;
mod site;
mod snapshot;
mod span;
mod state;
mod thinning;
mod time_base;
mod totals;
mod whole_file;

pub use clock::ClockKind;
pub use delay::DelayError;
pub use digest::digest;
pub use environment::{
    DELAY_VARIABLE, EnvironmentError, FILE_VARIABLE, Guard, finish_env, from_env,
};
pub use recording::{Options, Recording, start};
pub use site::Site;
pub use snapshot::{
    ClockReport, Delay, Digests, Errors, MemoryReport, NodeSnapshot, SamplerReport, Snapshot,
    ThreadSnapshot,
};
pub use span::{Span, copied, lock};
pub use whole_file::WholeFile;

/// Begins a span that lasts until the value is dropped: `let _span = span!("data.read");`.
///
/// `span!("data.read", digest = d)` takes a `u64` that stands for the arguments of the call, and is evaluated only while a recording is on;
/// see [`Span::enter_with_digest`] and [`digest()`].
#[macro_export]
#[cfg(not(feature = "off"))]
macro_rules! span {
    ($name:expr) => {{
        static SITE: $crate::Site = $crate::Site::new($name, file!(), line!());
        $crate::Span::enter(&SITE)
    }};
    ($name:expr, digest = $digest:expr) => {{
        static SITE: $crate::Site = $crate::Site::new($name, file!(), line!());
        $crate::Span::enter_with_digest(&SITE, || $digest)
    }};
}

/// Nothing: spans were left out by the feature `off`.
#[macro_export]
#[cfg(feature = "off")]
macro_rules! span {
    ($name:expr) => {
        $crate::Span::nothing()
    };
    ($name:expr, digest = $digest:expr) => {{
        let _ = || -> u64 { $digest };
        $crate::Span::nothing()
    }};
}
