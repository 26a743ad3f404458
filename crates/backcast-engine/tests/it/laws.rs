//! Laws that hold for any market and any strategy.

use std::sync::Arc;

use backcast_data::{Asset, Bars, Column, Market};
use backcast_engine::{
    Commission, FillTiming, RuleStrategy, Run, RunConfig, RunResult, Setup, Sizing, Slippage, Span,
    StrategyError, run,
};
use backcast_testkit::{MarketOptions, RuleOptions, random_market, random_rules};
use backcast_types::{AssetId, Order};
use proptest::prelude::*;

use crate::replay::check_books;

prop_compose! {
    /// Any configuration, from no costs to high ones.
    pub(crate) fn configs()(
        cash in prop_oneof![Just(1_000_000.0), Just(10_000.0), Just(37.5)],
        size in prop_oneof![
            Just(Sizing::AllIn),
            Just(Sizing::EquityFraction(1.0)),
            Just(Sizing::EquityFraction(0.37)),
            Just(Sizing::Value(5_000.0)),
            Just(Sizing::Shares(7.0)),
        ],
        whole_shares in any::<bool>(),
        rate in prop_oneof![Just(0.0), Just(0.001), Just(0.02)],
        per_share in prop_oneof![Just(0.0), Just(0.01)],
        per_trade in prop_oneof![Just(0.0), Just(1.5)],
        slip in prop_oneof![Just(0.0), Just(0.0002), Just(0.01)],
        fixed in prop_oneof![Just(0.0), Just(0.03)],
        same_close in any::<bool>(),
        liquidate in any::<bool>(),
    ) -> RunConfig {
        RunConfig {
            cash,
            size,
            whole_shares,
            commission: Commission { rate, per_share, per_trade },
            slippage: Slippage { rate: slip, fixed },
            timing: if same_close { FillTiming::SameClose } else { FillTiming::NextOpen },
            liquidate,
        }
    }
}

fn assets(market: &Market) -> Vec<AssetId> {
    (0..market.assets.len() as u32).map(AssetId).collect()
}

/// Random rules with stops and limits on a market, with its first set of parameters.
fn played(market: &Market, seed: u64, config: &RunConfig) -> RunResult {
    run(market, &assets(market), &Span::ALL, config, &mut strategy(seed)).unwrap()
}

fn strategy(seed: u64) -> RuleStrategy<'static> {
    let options = RuleOptions { stops: true, sets: 1, longest: 8, ..RuleOptions::default() };
    let drawn = (seed..).map(|seed| random_rules(seed, &options));
    // Now and then both entries are drawn alike, which the compiler refuses.
    let (rules, program) = drawn
        .filter_map(|rules| rules.compile().ok().map(|program| (rules, Arc::new(program))))
        .next()
        .expect("most rules compile");
    RuleStrategy::new(program, &rules.sets[0])
}

/// A strategy that is asked at every bar, whatever it says about quiet ones.
struct EveryBar(RuleStrategy<'static>);

impl backcast_engine::Strategy for EveryBar {
    fn init(&mut self, setup: &mut Setup<'_>) -> Result<(), StrategyError> {
        backcast_engine::Strategy::init(&mut self.0, setup)
    }

    fn next(&mut self, run: &Run) -> Result<(), StrategyError> {
        backcast_engine::Strategy::next(&mut self.0, run)
    }
}

/// The market without the bars at and after `time`, and without later events.
fn cut(market: &Market, time: i64) -> Market {
    let cut = |asset: &Arc<Asset>| {
        let bars = &asset.bars;
        let rows = bars.time.partition_point(|t| *t < time);
        let head = |column: &Column<f64>| column[..rows].to_vec().into();
        let last_day = rows.checked_sub(1).map_or(i32::MIN, |row| bars.day[row]);
        Arc::new(Asset {
            symbol: asset.symbol.clone(),
            bars: Bars {
                time: bars.time[..rows].to_vec().into(),
                day: bars.day[..rows].to_vec().into(),
                open: head(&bars.open),
                high: head(&bars.high),
                low: head(&bars.low),
                close: head(&bars.close),
                volume: head(&bars.volume),
                extra: Vec::new(),
            },
            splits: asset.splits.iter().filter(|s| s.day.0 <= last_day).copied().collect(),
            dividends: asset.dividends.iter().filter(|d| d.ex_day.0 <= last_day).copied().collect(),
            delisted: asset.delisted,
        })
    };
    Market { assets: market.assets.iter().map(cut).collect(), ..market.clone() }
}

fn orders_before(result: &RunResult, row: usize) -> Vec<Order> {
    result.orders.iter().filter(|o| (o.submitted as usize) < row).copied().collect()
}

fn shapes() -> impl Strategy<Value = MarketOptions> {
    (1usize..4, 20usize..140, any::<bool>(), 1usize..4).prop_map(|(assets, rows, gaps, a_day)| {
        MarketOptions { assets, rows, gaps, bars_a_day: a_day, ..MarketOptions::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn cash_and_positions_move_by_price_cost_and_dividend_alone(
        seed in any::<u64>().prop_map(|seed| seed / 2), shape in shapes(), config in configs(),
    ) {
        let market = random_market(seed, &shape);
        check_books(&market, &played(&market, seed, &config), config.whole_shares);
    }

    #[test]
    fn second_run_equals_the_first(seed in any::<u64>().prop_map(|seed| seed / 2), shape in shapes(), config in configs()) {
        let market = random_market(seed, &shape);
        let (first, second) = (played(&market, seed, &config), played(&market, seed, &config));
        prop_assert_eq!(first.digest(), second.digest());
        prop_assert_eq!(first, second);
    }

    #[test]
    fn quiet_bars_at_a_stretch_are_those_one_by_one(
        seed in any::<u64>().prop_map(|seed| seed / 2), rows in 20usize..300, config in configs(),
    ) {
        let market = random_market(seed, &MarketOptions { rows, ..MarketOptions::default() });
        let mut every = EveryBar(strategy(seed));
        let slow = run(&market, &assets(&market), &Span::ALL, &config, &mut every).unwrap();
        prop_assert_eq!(played(&market, seed, &config), slow);
    }

    #[test]
    fn bars_added_later_change_no_decision_before(
        seed in any::<u64>().prop_map(|seed| seed / 2), shape in shapes(), config in configs(), part in 0.1..0.95,
    ) {
        let config = RunConfig { liquidate: false, ..config };
        let market = random_market(seed, &shape);
        let whole = played(&market, seed, &config);
        let rows = (whole.clock.len() as f64 * part) as usize;
        prop_assume!(rows > 0);
        let short = cut(&market, whole.clock[rows]);
        let before = played(&short, seed, &config);
        prop_assert_eq!(before.clock.len(), rows);
        prop_assert_eq!(&before.equity[..], &whole.equity[..rows]);
        prop_assert_eq!(orders_before(&before, rows), orders_before(&whole, rows));
        let fills: Vec<_> =
            whole.fills.iter().filter(|f| (f.row as usize) < rows).copied().collect();
        prop_assert_eq!(before.fills, fills);
    }
}
