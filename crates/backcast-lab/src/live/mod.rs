//! What commands tell while they run: one small file each, below `.backcast/live/`.
//!
//! A command publishes through a [`Publisher`], whose thread rewrites `PID-START.json` four times a second, aside and
//! renamed, so that a reader finds a whole file or none. A command that is over sooner than that writes nothing. A
//! folder that cannot be written to never harms the command: the file is missing, or older than it should be.
//!
//! A [`Reader`] lists the folder for `backcast dashboard`. Files of processes that are gone without a last word are told
//! apart by process number and start time; what is old is removed by whoever looks next.
//!
//! Whoever looks renews a mark, `watched`; only while it is fresh do commands record their spans and tell where time goes. What is
//! measured neither publishes nor records, so that looking changes no measurement: the launcher of [`crate::child`] sets [`SWITCH`] to
//! [`OFF`] for it.
//!
//! The file is JSON, format `backcast-live`, version 1; its fields are those of [`Status`].

mod history;
mod pace;
mod process;
mod publish;
mod read;
mod status;
mod watched;

pub use history::History;
pub use process::Identity;
pub use publish::{Board, OFF, Publisher, SWITCH};
pub use read::{Life, Listing, Reader, Seen};
pub use status::{
    Best, BestSet, CacheUse, FORMAT, Progress, SpanShare, State, Status, VERSION, Vitals,
};
pub use watched::mark;
