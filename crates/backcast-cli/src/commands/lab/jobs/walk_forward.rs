//! A walk-forward test: five windows of 150 sessions, 16 sets trained in each, and the 50 sessions after each out of sample.

use std::sync::atomic::AtomicBool;

use backcast_search::{Quiet, Spec, SweepOptions, WalkForwardOutcome, walk_forward};
use backcast_spans::span;

use super::{Passes, Setting, Workload, failed, grid::spec_text, markets::FROM_400};
use crate::failure::Failure;

const WINDOWS: usize = 5;
const SETS: usize = 16;

pub(super) const WORKLOAD: Workload = Workload {
    name: "walk-forward",
    about: "80 backtests to train on and 5 out of sample, each of ten assets with one pool of cash",
    unit: "backtest",
    calls: (WINDOWS * SETS + WINDOWS) as u32,
    spreads: true,
    run,
};

fn run(setting: &Setting, passes: &mut Passes) -> Result<String, Failure> {
    let job = span!("lab.job");
    let set_up = span!("lab.set_up");
    let text = spec_text(
        "pool",
        FROM_400,
        "short = { from = 5, to = 20, step = 5 }\nlong = { from = 30, to = 75, step = 15 }",
        "[walkforward]\ntrain = 150\ntest = 50\n",
    );
    let spec = Spec::parse(&text, None, &[])?;
    let market = spec.load(&setting.home)?;
    drop(set_up);
    let options = SweepOptions { threads: setting.threads, ..SweepOptions::default() };
    let mut digest = String::new();
    passes.repeat(|| {
        match walk_forward(&spec, &market, &options, &Quiet, &AtomicBool::new(false))? {
            WalkForwardOutcome::Finished(result) => {
                let (windows, sets) = (result.windows.len(), result.sets.count());
                if (windows, sets) != (WINDOWS, SETS) {
                    return Err(failed(format!("{windows} windows of {sets} sets")));
                }
                digest = result.digest;
                Ok(())
            }
            WalkForwardOutcome::Stopped(_) => Err(failed("the test stopped")),
        }
    })?;
    drop(job);
    Ok(digest)
}
