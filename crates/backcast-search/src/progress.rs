//! What a long search tells while it runs.

use backcast_engine::lanes::ParamSets;
use backcast_metrics::Metric;

use crate::CacheUse;

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

    /// Among the sets that were looked at so far, these are the best of one account. Told from time to time.
    fn best(&self, found: &BestSoFar<'_>) {
        let _ = found;
    }

    /// What is kept and used again did so far, as a whole. Told from time to time.
    fn caches(&self, uses: &[CacheUse]) {
        let _ = uses;
    }

    /// A reader should know this while the search runs; it does not touch the results.
    fn note(&self, text: &str) {
        let _ = text;
    }
}

/// The best sets of an account so far.
#[derive(Clone, Copy, Debug)]
pub struct BestSoFar<'a> {
    /// Symbol of the asset, `pool`, or in a walk-forward test the window that trains.
    pub account: &'a str,
    /// What sets are ranked by.
    pub metric: Metric,
    /// All sets, which trial indexes refer to.
    pub sets: &'a ParamSets,
    /// Trial index and value of a few sets, the best first; NaN is undefined.
    pub best: &'a [(usize, f64)],
}

/// A listener that hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {}
