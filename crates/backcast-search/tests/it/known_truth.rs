//! Results that were found elsewhere, and rows of sweeps against single runs, on the sample's five stocks.

use std::sync::{Arc, atomic::AtomicBool};

use backcast_data::Market;
use backcast_metrics::Metric;
use backcast_search::{
    Override, Quiet, Spec, SweepOptions, SweepOutcome, SweepResult, run_spec, sweep,
};
use backcast_store::Home;

/// Long while the average of 10 traded closes is above that of 30 by more than rounding, from the bar on at which the longer one
/// has a value for the second time.
const PEERS: &str = r#"
[data]
bundle = "sample"
assets = ["AAPL"]
[series]
gap = "sma(raw.close, 10) - sma(raw.close, 30)"
[rules]
enter_long = "gap > 0.000000001 and gap[-1] == gap[-1]"
exit_long = "not (gap > 0.000000001)"
[costs]
commission = "0.1%"
[broker]
cash = 1_000_000
size = "all cash"
"#;

const PAIRS: &str = r#"
[data]
bundle = "sample"
[params]
fast = { from = 2, to = 60 }
slow = { from = 61, to = 180 }
[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"
[costs]
commission = "0.1%"
slippage = "2bp"
"#;

fn load(text: &str) -> Market {
    let folder = tempfile::tempdir().unwrap();
    Spec::parse(text, None, &[]).unwrap().load(&Home::at(folder.path())).unwrap()
}

/// Six other programs, and a loop of twenty lines, end at this figure: AAPL as traded, its two splits left in as falls of the price.
#[test]
fn the_average_pair_on_traded_prices_ends_where_other_programs_end() {
    let mut market = load(PEERS);
    for asset in &mut market.assets {
        let asset = Arc::make_mut(asset);
        asset.splits.clear();
        asset.dividends.clear();
    }
    let run = run_spec(&Spec::parse(PEERS, None, &[]).unwrap(), &market).unwrap();
    let result = &run.accounts[0].result;
    assert_eq!((result.equity.len(), result.fills.len()), (3270, 116));
    let (found, known) = (*result.equity.last().unwrap(), 5_478_564.549017);
    // The figure is known to six decimals.
    assert!((found - known).abs() < 1e-6, "{found}");
    assert!((found / known - 1.0).abs() < 1e-9, "{found}");
}

fn swept(spec: &Spec, market: &Market) -> SweepResult {
    let options = SweepOptions { threads: 2, ..SweepOptions::default() };
    match sweep(spec, market, &options, &Quiet, &AtomicBool::new(false)).unwrap() {
        SweepOutcome::Finished(result) => *result,
        SweepOutcome::Stopped(stopped) => panic!("nobody stopped it: {stopped:?}"),
    }
}

#[test]
fn rows_of_a_sweep_are_those_of_single_runs_on_all_five_stocks() {
    let market = load(PAIRS);
    let short = [
        "rules.enter_short=\"cross_below(sma(close, fast), sma(close, slow))\"",
        "rules.exit_short=\"roc(close, 5) > 0.02\"",
    ];
    let variants: [&[&str]; 5] = [
        &[],
        &["broker.fill=same_close", "broker.shares=fractional"],
        &["costs.commission=\"0.005 per share + 1 per trade\"", "broker.size=\"100 shares\""],
        &[short[0], short[1], "broker.size=\"50% of equity\""],
        // FB has fewer rows up to that day than some sets need.
        &["data.from=2001-02-03", "data.to=2012-11-30", "broker.size=\"20000 cash\""],
    ];
    let mut state = 7u64;
    for variant in variants {
        let sets: Vec<_> = variant.iter().map(|set| Override::set(set)).collect();
        let result = swept(&Spec::parse(PAIRS, None, &sets).unwrap(), &market);
        for _ in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let set = (state >> 33) as usize % result.sets.count();
            let values = result.sets.values(set);
            let mut single = sets.clone();
            single.push(Override::set("mode=each"));
            single.push(Override::set(&format!("params.fast={}", values[0])));
            single.push(Override::set(&format!("params.slow={}", values[1])));
            let run = run_spec(&Spec::parse(PAIRS, None, &single).unwrap(), &market).unwrap();
            assert_eq!(run.accounts.len(), 5);
            for (i, account) in run.accounts.iter().enumerate() {
                for metric in Metric::ALL {
                    let of_sweep = result.column(i, metric).unwrap()[set];
                    let of_run = account.result.row.values[metric as usize];
                    assert!(
                        of_sweep.to_bits() == of_run.to_bits()
                            || of_sweep.is_nan() && of_run.is_nan(),
                        "{variant:?} {values:?} {} {metric:?}: {of_sweep} {of_run}",
                        account.name
                    );
                }
            }
        }
    }
}
