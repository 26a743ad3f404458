//! What a long search tells while it runs.

/// Listener of a search. Calls may come from any thread; all of them are cheap to ignore.
pub trait Progress: Sync {
    /// The search begins; `total` runs will be made, `done` of them were found finished.
    fn begin(&self, total: u64, done: u64) {
        let _ = (total, done);
    }

    /// So many more runs are done.
    fn advance(&self, runs: u64) {
        let _ = runs;
    }

    /// A reader should know this while the search runs; it does not touch the results.
    fn note(&self, text: &str) {
        let _ = text;
    }
}

/// A listener that hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {}
