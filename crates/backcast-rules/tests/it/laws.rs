//! Laws over random rules and markets: equal to the slow interpreter, no bar of the future, no trace of earlier parameters.

use backcast_data::{Column, Dividend, Market, Split};
use backcast_rules::{Evaluator, NodeId, Program};
use backcast_testkit::{RandomRules, RuleOptions, random_rules};
use backcast_types::{AssetId, Day};
use proptest::prelude::*;

use crate::{
    market::{market, on_days},
    oracle::Oracle,
};

fn options() -> RuleOptions {
    RuleOptions {
        assets: vec!["A".into(), "B.X".into(), "C".into()],
        columns: vec!["open interest".into()],
        stops: true,
        sets: 3,
        ..RuleOptions::default()
    }
}

/// Three assets with days missing at random, prices in steps that make ties, events, and a column with holes.
fn random_market(seed: u64, days: i32) -> Market {
    let mut state = seed | 1;
    let mut below = move |end: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % end
    };
    let assets = ["A", "B.X", "C"].map(|symbol| {
        let first = below(20) as i32;
        let traded: Vec<i32> = (first..days).filter(|_| below(8) != 0).collect();
        let mut price = 50.0;
        let close: Vec<f64> = traded
            .iter()
            .map(|_| {
                price = f64::max(price + (below(5) as f64 - 2.0) * 0.5, 1.0);
                price
            })
            .collect();
        let mut asset = on_days(symbol, &traded, &close);
        let mut moved = |by: f64| -> Column<f64> {
            close.iter().map(|x| x + by * below(3) as f64).collect::<Vec<_>>().into()
        };
        (asset.bars.high, asset.bars.low, asset.bars.open) =
            (moved(0.5), moved(-0.25), moved(0.25));
        let holes = traded.iter().map(|_| match below(4) {
            0 => f64::NAN,
            n => 50.0 + n as f64,
        });
        asset.bars.extra = vec![("open interest".into(), holes.collect::<Vec<f64>>().into())];
        asset.bars.volume =
            traded.iter().map(|_| 800.0 + below(200) as f64).collect::<Vec<_>>().into();
        let day = |n: u64| Day(n as i32);
        asset.splits = vec![Split { day: day(below(60)), shares: 2.0 }];
        let ex_day = day(below(90));
        asset.dividends = vec![Dividend { ex_day, pay_day: ex_day, amount: 0.7 }];
        asset
    });
    market(assets.into())
}

/// Every asset up to and with a time.
fn until(whole: &Market, time: i64) -> Market {
    let mut cut = whole.clone();
    for asset in &mut cut.assets {
        let mut short = (**asset).clone();
        let rows = short.bars.time.partition_point(|t| *t <= time);
        let bars = &mut short.bars;
        bars.time = bars.time[..rows].to_vec().into();
        bars.day = bars.day[..rows].to_vec().into();
        for column in
            [&mut bars.open, &mut bars.high, &mut bars.low, &mut bars.close, &mut bars.volume]
        {
            *column = column[..rows].to_vec().into();
        }
        for (_, column) in &mut bars.extra {
            *column = column[..rows].to_vec().into();
        }
        *asset = short.into();
    }
    cut
}

fn ids(program: &Program) -> impl Iterator<Item = NodeId> {
    (0..program.nodes().len() as u32).map(NodeId)
}

/// Every node of the program at every row, as bits: numbers by their bits, conditions as 0, 1; `None` undefined.
fn all_values(
    evaluator: &mut Evaluator<'_>,
    program: &Program,
    set: &[f64],
) -> Vec<Vec<Option<u64>>> {
    let rows = evaluator.rows();
    ids(program)
        .map(|id| {
            if program.is_bool(id) {
                let bits = evaluator.bools(id, set).unwrap();
                assert!(bits.value.iter().zip(&bits.known).all(|(v, k)| v & !k == 0));
                assert_eq!(bits.len, rows);
                return (0..rows).map(|row| bits.get(row).map(u64::from)).collect();
            }
            check_pieces(evaluator, id, set);
            let series = evaluator.series(id, set).unwrap();
            let first = series.values.iter().position(|x| !x.is_nan()).unwrap_or(rows);
            let gap = series.values[first..].iter().any(|x| x.is_nan());
            assert_eq!((series.valid_from, series.gaps, series.values.len()), (first, gap, rows));
            series.values.iter().map(|x| (!x.is_nan()).then(|| x.to_bits())).collect()
        })
        .collect()
}

/// What is read in pieces, before and after the whole is kept, must equal the whole.
fn check_pieces(evaluator: &mut Evaluator<'_>, id: NodeId, set: &[f64]) {
    let bits = |values: &[f64]| values.iter().map(|x| (!x.is_nan()).then(|| x.to_bits())).collect();
    let early = evaluator.clone().stream(id, set).unwrap();
    let series = evaluator.series(id, set).unwrap();
    let mut expected: Vec<Option<u64>> = bits(&series.values);
    expected.resize(expected.len() + 5, None);
    for stream in [early, evaluator.stream(id, set).unwrap()] {
        for size in [1, 64, 200, 1000] {
            let mut pieces: Vec<Option<u64>> = Vec::new();
            for from in (0..expected.len()).step_by(size) {
                let mut piece = vec![0.0; size.min(expected.len() - from)];
                stream.fill(from, &mut piece);
                let piece: Vec<_> = bits(&piece);
                pieces.extend(piece);
            }
            assert_eq!(pieces, expected);
        }
    }
}

fn check_against_oracle(rules: &RandomRules, market: &Market) {
    let program = rules.compile().unwrap();
    for own in 0..market.assets.len() {
        let mut evaluator = Evaluator::new(&program, market, AssetId(own as u32));
        for set in &rules.sets {
            let values = all_values(&mut evaluator, &program, set);
            let oracle = Oracle::new(&program, market, own, set);
            for (id, values) in ids(&program).zip(values) {
                for (row, value) in values.into_iter().enumerate() {
                    let expected = match program.is_bool(id) {
                        true => oracle.truth(id, row).map(u64::from),
                        false => oracle.number(id, row).map(f64::to_bits),
                    };
                    let shown = |bits: Option<u64>| bits.map(f64::from_bits);
                    assert_eq!(
                        value,
                        expected,
                        "node {id:?} {:?} row {row} of asset {own}: {:?} {:?} in {rules:#?}",
                        program.node(id),
                        shown(value),
                        shown(expected),
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whole_columns_equal_the_bar_by_bar_interpreter(seed: u64, days in 1..200i32) {
        check_against_oracle(&random_rules(seed, &options()), &random_market(seed, days));
    }

    #[test]
    fn a_bar_added_later_changes_nothing_before_it(seed: u64, last in 0..150i64) {
        let (rules, whole) = (random_rules(seed, &options()), random_market(seed, 160));
        let program = rules.compile().unwrap();
        let cut = until(&whole, last * 86_400_000_000_000);
        for own in 0..3 {
            let mut long = Evaluator::new(&program, &whole, AssetId(own));
            let mut short = Evaluator::new(&program, &cut, AssetId(own));
            for set in &rules.sets {
                let all = all_values(&mut long, &program, set);
                let early = all_values(&mut short, &program, set);
                for (all, early) in all.iter().zip(&early) {
                    prop_assert_eq!(&all[..early.len()], &early[..]);
                }
            }
        }
    }

    #[test]
    fn what_was_computed_for_one_set_does_not_leak_into_another(seed: u64) {
        let (rules, market) = (random_rules(seed, &options()), random_market(seed, 100));
        let program = rules.compile().unwrap();
        let mut shared = Evaluator::new(&program, &market, AssetId(0));
        for set in rules.sets.iter().chain(&rules.sets) {
            let mut clone = shared.clone();
            let mut fresh = Evaluator::new(&program, &market, AssetId(0));
            let expected = all_values(&mut fresh, &program, set);
            prop_assert_eq!(&all_values(&mut shared, &program, set), &expected);
            prop_assert_eq!(&all_values(&mut clone, &program, set), &expected);
        }
    }

    #[test]
    fn the_warm_up_is_the_first_defined_row(seed: u64) {
        let options = RuleOptions { sets: 3, ..RuleOptions::default() };
        let rules = random_rules(seed, &options);
        let program = rules.compile().unwrap();
        let market = random_market(seed, 300);
        let mut evaluator = Evaluator::new(&program, &market, AssetId(0));
        for set in &rules.sets {
            for id in ids(&program).filter(|id| !program.is_bool(*id)) {
                let series = evaluator.series(id, set).unwrap();
                // Divisions, roots and quotients of equal extremes may be undefined for longer.
                prop_assert!(series.valid_from >= program.warm_up(id, set).min(evaluator.rows()));
            }
        }
    }
}

#[test]
fn evaluators_go_to_other_threads() {
    fn sendable<T: Send + Clone>() {}
    sendable::<Evaluator<'static>>();
}
