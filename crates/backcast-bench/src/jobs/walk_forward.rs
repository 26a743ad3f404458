//! Ten windows, eight sets, ten assets: 800 training runs and 100 out of sample.

use std::sync::atomic::AtomicBool;

use backcast_search::{Quiet, SweepOptions, WalkForwardOutcome, WalkForwardResult, walk_forward};

use super::{Job, Options};
use crate::{
    figures::{Line, Report},
    markets::{CASH, RATE, Windows, daily},
    opponents::{
        Money, Prices,
        scalar::{self, Averages},
    },
    timing::{Side, measure},
};

pub(crate) const JOB: Job = Job {
    name: "walk",
    about: "walk-forward, 10 windows x 8 sets (fast 9..10, slow 28..31), train 252 / test 63, 10 assets: 900 runs, one thread",
    run,
};

const ASSETS: usize = 10;
const TRAIN: usize = 252;
const TEST: usize = 63;
const STEPS: usize = 10;
const WINDOWS: Windows = Windows { fast: 9..=10, slow: 28..=31 };

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let market = daily(ASSETS, TRAIN + TEST * STEPS);
    let more = format!("[walkforward]\ntrain = {TRAIN}\ntest = {TEST}\n");
    let spec = WINDOWS.spec(&[], &more)?;
    let money = Money::of(&market, CASH, RATE);
    let (fast, slow) = WINDOWS.lists();
    let prices = market.assets.iter().map(|asset| Prices::of(asset));
    let accounts: Vec<_> =
        prices.map(|prices| (prices, Averages::new(prices.close, &fast, &slow))).collect();
    let sweep_options = SweepOptions { threads: 1, ..SweepOptions::default() };
    let ours = || walk_forward(&spec, &market, &sweep_options, &Quiet, &AtomicBool::new(false));
    let by_loop = || walked(&accounts, &money, slow.len());
    match ours() {
        Ok(WalkForwardOutcome::Finished(result)) => check(&result, &by_loop())?,
        Ok(WalkForwardOutcome::Stopped(_)) => return Err("the test stopped".to_owned()),
        Err(error) => return Err(error.to_string()),
    }

    let sides = vec![Side::new("walk-forward", ours), Side::new("scalar loop", by_loop)];
    let times = measure(sides, options.runs);
    let bars = (STEPS * ASSETS * (WINDOWS.count() * TRAIN + TEST)) as f64;
    let own = Line::new(&times[0], Some(bars)).within(0.0008);
    let own = own.against(&times[0], &times[1], None);
    let lines = vec![own, Line::new(&times[1], Some(bars))];
    Ok(Report { job: job.name, about: job.about, lines })
}

/// What the loop finds: the set of each window, the last equity of each account.
struct Walked {
    sets: Vec<usize>,
    equity: Vec<f64>,
}

fn walked(accounts: &[(Prices, Averages)], money: &Money, slow: usize) -> Walked {
    let mut walked = Walked { sets: Vec::new(), equity: vec![money.cash; accounts.len()] };
    for step in 0..STEPS {
        let split = step * TEST + TRAIN;
        let mut best = (0, f64::NEG_INFINITY);
        for set in 0..WINDOWS.count() {
            let (mut sum, mut count) = (0.0, 0.0);
            for (prices, averages) in accounts {
                let pair = averages.pair(set / slow, set % slow);
                let sharpe = scalar::run(*prices, pair, split - TRAIN..split, money, false).sharpe;
                if !sharpe.is_nan() {
                    sum += sharpe;
                    count += 1.0;
                }
            }
            if sum / count > best.1 {
                best = (set, sum / count);
            }
        }
        walked.sets.push(best.0);
        for ((prices, averages), equity) in accounts.iter().zip(&mut walked.equity) {
            let pair = averages.pair(best.0 / slow, best.0 % slow);
            let money = Money { cash: *equity, ..*money };
            *equity *=
                1.0 + scalar::run(*prices, pair, split..split + TEST, &money, true).total_return;
        }
    }
    walked
}

/// Same choices, same money at the end.
fn check(ours: &WalkForwardResult, theirs: &Walked) -> Result<(), String> {
    let sets: Vec<usize> = ours.windows.iter().map(|window| window.set).collect();
    if sets != theirs.sets {
        return Err(format!("walk-forward chose {sets:?}, the loop {:?}", theirs.sets));
    }
    for (account, equity) in ours.accounts.iter().zip(&theirs.equity) {
        let own = account.equity.last().copied().unwrap_or(f64::NAN);
        let apart = (own / equity - 1.0).abs();
        if apart.is_nan() || apart > 1e-12 {
            return Err(format!(
                "{}: walk-forward ends with {own}, the loop with {equity}",
                account.name
            ));
        }
    }
    Ok(())
}
