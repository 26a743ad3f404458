//! Jobs on a few threads. Results do not depend on how many: each job writes to its own place.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

use backcast_spans::lock;

/// Estimated time of one bar of one set in lanes.
const NS_PER_EVALUATION: f64 = 0.6;

/// Work below which a second thread costs more than it brings.
const WORTH_A_THREAD_NS: f64 = 500_000.0;

/// How many threads to use: `wanted` (0 is one for each core), but one for little work.
pub(crate) fn threads_for(wanted: usize, evaluations: f64) -> usize {
    if evaluations * NS_PER_EVALUATION < WORTH_A_THREAD_NS {
        return 1;
    }
    match wanted {
        0 => thread::available_parallelism().map_or(1, usize::from),
        wanted => wanted,
    }
}

/// Does all jobs, each once, on up to `threads` threads.
pub(crate) fn each<J: Send>(threads: usize, jobs: Vec<J>, work: impl Fn(J) + Sync) {
    let threads = threads.min(jobs.len());
    if threads <= 1 {
        jobs.into_iter().for_each(work);
        return;
    }
    let queue = Mutex::new(jobs.into_iter());
    let worker = || {
        let _span = backcast_spans::span!("search.work");
        loop {
            let job = lock(&queue).unwrap_or_else(PoisonError::into_inner).next();
            match job {
                Some(job) => work(job),
                None => break,
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where the system gives no more threads, those that are there do the work.
            let _ = thread::Builder::new().name("worker".to_owned()).spawn_scoped(scope, worker);
        }
        worker();
    });
}
