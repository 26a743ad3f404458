//! One semantics at two speeds: lanes give the rows of the event engine, bit for bit, on every level of vector instructions.

use std::sync::Arc;

use backcast_engine::{
    RuleStrategy, RunConfig, Span,
    lanes::{Isa, Param, ParamSets, Plan, over_time},
    run, run_rules,
};
use backcast_metrics::{Metric, MetricSet, Row};
use backcast_testkit::{MarketOptions, RuleOptions, random_market, random_rules};
use backcast_types::AssetId;
use proptest::prelude::*;

use crate::laws::configs;

const A: AssetId = AssetId(0);

const THREE: [Metric; 3] = [Metric::TotalReturn, Metric::Sharpe, Metric::MaxDrawdown];

/// Runs random rules over a window of a random market at both speeds.
fn check(seed: u64, shape: &MarketOptions, config: &RunConfig, window: (f64, f64)) {
    let market = random_market(seed, shape);
    let options = RuleOptions { longest: 8, sets: 3, ..RuleOptions::default() };
    let rules = random_rules(seed ^ 0x5bd1, &options);
    // Now and then both entries are drawn alike, which the compiler refuses.
    let Ok(program) = rules.compile() else { return };
    let rows = market.assets[0].bars.len();
    let at = |part: f64| (rows as f64 * part) as usize;
    let window = at(window.0.min(window.1))..at(window.0.max(window.1));
    // The values of each parameter that the sets were drawn with, in all combinations.
    let param = |(i, name): (usize, &String)| {
        let mut values: Vec<f64> = rules.sets.iter().map(|set| set[i]).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        Param { name: name.clone(), values }
    };
    let sets = ParamSets::product(rules.params.iter().enumerate().map(param).collect());
    let count = sets.count().min(20);
    let program = Arc::new(program);
    let slow: Vec<Row> = (0..count)
        .map(|set| {
            let mut strategy = RuleStrategy::new(program.clone(), &sets.values(set));
            let span = Span::Rows(window.clone());
            run(&market, &[A], &span, config, &mut strategy).unwrap().row
        })
        .collect();
    for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
        let plan = Plan::new(&program, &market, A, config, &sets, 0..count, isa).unwrap();
        let mut fast = vec![Row::EMPTY; count];
        plan.rows(window.clone(), 0..count, MetricSet::ALL, 1, &mut fast);
        // Neither other windows beside it nor metrics that are left out change what is found.
        let windows = [0..rows / 3, window.clone(), 0..0];
        let mut beside = vec![Row::EMPTY; count * windows.len()];
        plan.rows_in(&windows, 0..count, MetricSet::of(&THREE), 1, &mut beside);
        for set in 0..count {
            let row = &beside[set * windows.len() + 1];
            let differs =
                THREE.into_iter().find(|metric| row.get(*metric) != fast[set].get(*metric));
            assert_eq!(differs, None, "{isa:?}, set {set}, window {window:?} beside others");
            assert_eq!(
                fast[set],
                slow[set],
                "{isa:?}, set {set} {:?}, window {window:?}, {config:?}\n{:#?}",
                sets.values(set),
                rules.rules
            );
        }
    }
}

/// Runs one set of random rules over a window of a random market, in the event engine and over time.
fn check_over_time(seed: u64, shape: &MarketOptions, config: &RunConfig, window: (f64, f64)) {
    let market = random_market(seed, shape);
    let options = RuleOptions { longest: 8, sets: 1, ..RuleOptions::default() };
    let rules = random_rules(seed ^ 0x5bd1, &options);
    let Ok(program) = rules.compile() else { return };
    let rows = market.assets[0].bars.len();
    let at = |part: f64| (rows as f64 * part) as usize;
    let span = Span::Rows(at(window.0.min(window.1))..at(window.0.max(window.1)));
    let mut strategy = RuleStrategy::new(Arc::new(program), &rules.sets[0]);
    let slow = run(&market, &[A], &span, config, &mut strategy).unwrap();
    for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
        let fast = over_time(isa, &market, &[A], &span, config, &strategy).unwrap();
        let fast = fast.expect("rules without limits and stops in one asset");
        assert_eq!(fast, slow, "{isa:?}, {span:?}, {config:?}\n{:#?}", rules.rules);
        assert_eq!(fast.digest(), slow.digest());
    }
}

#[test]
fn rules_that_wait_inside_the_bars_and_several_assets_take_the_event_engine() {
    let market = random_market(3, &MarketOptions { assets: 2, ..MarketOptions::default() });
    let config = RunConfig::default();
    let drawn = (0..).map(|seed| {
        random_rules(seed, &RuleOptions { stops: true, sets: 1, ..RuleOptions::default() })
    });
    let with_stop = drawn
        .filter(|rules| rules.rules.iter().any(|(name, _)| name == "stop_loss"))
        .find_map(|rules| Some((rules.compile().ok()?, rules.sets[0].clone())));
    let (program, set) = with_stop.expect("some rules have a stop");
    let mut strategy = RuleStrategy::new(Arc::new(program), &set);
    let over = |assets: &[AssetId], strategy: &RuleStrategy<'_>| {
        over_time(Isa::detect(), &market, assets, &Span::ALL, &config, strategy).unwrap()
    };
    assert!(over(&[A], &strategy).is_none());
    let event = run(&market, &[A], &Span::ALL, &config, &mut strategy).unwrap();
    assert_eq!(run_rules(&market, &[A], &Span::ALL, &config, &mut strategy).unwrap(), event);

    let rules = random_rules(1, &RuleOptions { sets: 1, ..RuleOptions::default() });
    let strategy = RuleStrategy::new(Arc::new(rules.compile().unwrap()), &rules.sets[0]);
    assert!(over(&[A, AssetId(1)], &strategy).is_none());
    assert!(over(&[A], &strategy).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn lanes_give_the_rows_of_the_event_engine(
        seed in any::<u64>(),
        rows in 20usize..300,
        bars_a_day in 1usize..4,
        splits in any::<bool>(),
        dividends in any::<bool>(),
        config in configs(),
        window in (0.0..1.0, 0.0..1.0),
        all in any::<bool>(),
    ) {
        let shape =
            MarketOptions { rows, bars_a_day, splits, dividends, ..MarketOptions::default() };
        check(seed, &shape, &config, if all { (0.0, 1.0) } else { window });
    }

    #[test]
    fn lanes_over_time_give_the_run_of_the_event_engine(
        seed in any::<u64>(),
        rows in 1usize..500,
        bars_a_day in 1usize..4,
        splits in any::<bool>(),
        dividends in any::<bool>(),
        config in configs(),
        window in (0.0..1.0, 0.0..1.0),
        all in any::<bool>(),
    ) {
        let shape =
            MarketOptions { rows, bars_a_day, splits, dividends, ..MarketOptions::default() };
        check_over_time(seed, &shape, &config, if all { (0.0, 1.0) } else { window });
    }
}
