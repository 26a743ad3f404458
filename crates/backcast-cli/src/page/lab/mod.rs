//! Pages of what was measured: sessions, histories, certificates.

mod bench;
mod certificate;
mod chain;
mod estimates;
mod history;
mod history_tables;
mod machine;
mod runs;
mod together;
mod unit;

pub(crate) use bench::{Benches, bench};
pub(crate) use certificate::{Proven, certificate};
pub(crate) use chain::chain;
pub(crate) use history::{Told, history};

/// This program on the top of a page.
fn version() -> (String, String) {
    ("Version".to_owned(), crate::measuring::program())
}
