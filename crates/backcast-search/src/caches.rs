//! How often what was computed once is used again. Counted for each set or run, never for each bar.

use std::sync::atomic::{AtomicU64, Ordering};

use backcast_engine::lanes::Plan;
use backcast_rules::Evaluator;

/// How something that is kept did so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheUse {
    /// What is kept.
    pub name: &'static str,
    /// Times it was there.
    pub hits: u64,
    /// Times it had to be made.
    pub misses: u64,
    /// What is held now.
    pub bytes: Option<u64>,
}

/// Conditions that evaluators keep from one test window to the next.
pub(crate) fn conditions<'e, 'm: 'e>(
    evaluators: impl IntoIterator<Item = &'e Evaluator<'m>>,
) -> CacheUse {
    let none = CacheUse { name: "conditions of test windows", hits: 0, misses: 0, bytes: None };
    evaluators.into_iter().map(Evaluator::asked).fold(none, |sum, asked| CacheUse {
        hits: sum.hits + asked.kept,
        misses: sum.misses + asked.computed,
        ..sum
    })
}

/// Series of indicators and prices, made once for all sets and windows that look at them, and runs that were saved.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    looks: AtomicU64,
    made: AtomicU64,
    bytes: AtomicU64,
    saved: AtomicU64,
    computed: AtomicU64,
}

impl Shared {
    /// The plans that are held from now on.
    pub(crate) fn holds<'p>(&self, plans: impl IntoIterator<Item = &'p Plan<'p>>) {
        let bytes = plans.into_iter().map(|plan| plan.series().bytes as u64).sum();
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// A plan was looked at by so many sets, each in so many windows.
    pub(crate) fn add(&self, plan: &Plan<'_>, sets: usize, windows: usize) {
        let series = plan.series();
        self.looks.fetch_add((series.of_set * sets * windows) as u64, Ordering::Relaxed);
        self.made.fetch_add(series.made as u64, Ordering::Relaxed);
    }

    /// So many runs were saved by an earlier start.
    pub(crate) fn saved(&self, runs: usize) {
        self.saved.fetch_add(runs as u64, Ordering::Relaxed);
    }

    /// So many runs had to be made.
    pub(crate) fn computed(&self, runs: usize) {
        self.computed.fetch_add(runs as u64, Ordering::Relaxed);
    }

    /// What was used at all.
    pub(crate) fn told(&self) -> Vec<CacheUse> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (looks, made) = (read(&self.looks), read(&self.made));
        let series = CacheUse {
            name: "indicator series",
            hits: looks.saturating_sub(made),
            misses: made,
            bytes: Some(read(&self.bytes)),
        };
        let runs = CacheUse {
            name: "runs of an earlier start",
            hits: read(&self.saved),
            misses: read(&self.computed),
            bytes: None,
        };
        let series = (looks > 0).then_some(series);
        series.into_iter().chain((runs.hits > 0).then_some(runs)).collect()
    }
}
