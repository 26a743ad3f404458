//! A grid search of 100 parameter sets over ten assets and a year, with orders, costs, splits and dividends.

use std::sync::atomic::AtomicBool;

use backcast_search::{Quiet, Spec, SweepOptions, SweepOutcome, sweep};
use backcast_spans::span;

use super::{
    Passes, Setting, Workload, failed,
    markets::{FROM_252, TEN},
};
use crate::failure::Failure;

pub(super) const POOL: Workload = Workload {
    name: "grid",
    about: "100 backtests, each of ten assets with one pool of cash over 252 sessions, in the event engine",
    unit: "backtest",
    calls: 100,
    spreads: true,
    run: |setting, passes| run(setting, passes, "pool"),
};
pub(super) const EACH: Workload = Workload {
    name: "grid-each",
    about: "the same 100 sets on each of the ten assets by itself: 1,000 backtests, in lanes",
    unit: "backtest",
    calls: 1_000,
    spreads: true,
    run: |setting, passes| run(setting, passes, "each"),
};

fn run(setting: &Setting, passes: &mut Passes, mode: &str) -> Result<String, Failure> {
    let job = span!("lab.job");
    let set_up = span!("lab.set_up");
    let text = spec_text(
        mode,
        FROM_252,
        "short = { from = 5, to = 23, step = 2 }\nlong = { from = 30, to = 75, step = 5 }",
        "",
    );
    let spec = Spec::parse(&text, None, &[])?;
    let market = spec.load(&setting.home)?;
    drop(set_up);
    let options = SweepOptions { threads: setting.threads, ..SweepOptions::default() };
    let mut digest = String::new();
    passes.repeat(|| match sweep(&spec, &market, &options, &Quiet, &AtomicBool::new(false))? {
        SweepOutcome::Finished(result) => {
            digest = result.digest;
            Ok(())
        }
        SweepOutcome::Stopped(_) => Err(failed("the sweep stopped")),
    })?;
    drop(job);
    Ok(digest)
}

/// Crossing averages of a short and a long window, as a user would write them.
pub(super) fn spec_text(mode: &str, from: &str, params: &str, more: &str) -> String {
    format!(
        "mode = \"{mode}\"\n\
         [data]\nbundle = \"{TEN}\"\nfrom = \"{from}\"\n\
         [params]\n{params}\n\
         [rules]\nenter_long = \"cross_above(sma(close, short), sma(close, long))\"\n\
         exit_long = \"cross_below(sma(close, short), sma(close, long))\"\n\
         [costs]\ncommission = \"0.1%\"\nslippage = \"2bp\"\n\
         [broker]\ncash = 1000000\nsize = \"10% of equity\"\n\
         [sweep]\nmetric = \"sharpe\"\n{more}"
    )
}
