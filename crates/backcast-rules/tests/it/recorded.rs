//! What a recording hears of rules.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use backcast_indicators::RunningSums;
use backcast_rules::{Evaluator, Loops};
use backcast_spans::{Options, start};
use backcast_types::AssetId;

use crate::market::{asset, compiled, market};

/// Bars of a series that is too long to keep its sums.
const LONG: usize = 100_000;

/// Sums that take their time once: whoever makes them holds them meanwhile.
struct Slow {
    armed: AtomicBool,
    reached: Barrier,
}

impl Loops for Slow {
    fn extend(&self, sums: &mut RunningSums, values: &[f64], _later: &[f64]) {
        if self.armed.swap(false, Ordering::SeqCst) {
            self.reached.wait();
            thread::sleep(Duration::from_millis(300));
        }
        sums.extend(values);
    }
}

static SLOW: std::sync::LazyLock<Slow> =
    std::sync::LazyLock::new(|| Slow { armed: AtomicBool::new(false), reached: Barrier::new(2) });

#[test]
fn two_workers_that_read_the_same_sums_wait_for_each_other_and_say_so() {
    let close: Vec<f64> = (0..LONG).map(|bar| 100.0 + (bar % 97) as f64).collect();
    let market = market(vec![asset("A", 0, &close)]);
    let (program, node) = compiled("sma(close, n) > close", &market, &["n"]).unwrap();
    let mut first = Evaluator::new(&program, &market, AssetId(0)).with_loops(&*SLOW);
    first.bools(node, &[10.0]).unwrap();
    let recording = start(Options { name: "test".to_owned(), sample_every: None });
    SLOW.armed.store(true, Ordering::SeqCst);
    thread::scope(|scope| {
        let mut holder = first.clone();
        scope.spawn(move || holder.bools(node, &[20.0]).unwrap());
        let mut waiter = first.clone();
        let wait = move || {
            SLOW.reached.wait();
            waiter.bools(node, &[30.0]).unwrap();
        };
        thread::Builder::new().name("waiter".to_owned()).spawn_scoped(scope, wait).unwrap();
    });
    let snapshot = recording.finish();
    let waiter = snapshot.threads.iter().find(|thread| thread.name == "waiter").unwrap();
    let condition = waiter.nodes.iter().find(|node| node.name == "rules.condition").unwrap();
    assert!(condition.lock_wait_ns > 10_000_000, "{}", condition.lock_wait_ns);
}
