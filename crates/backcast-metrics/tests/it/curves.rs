//! One definition, three ways to feed it, equal bits; and close to what textbooks write.

use backcast_metrics::{
    Array8, BLOCK, CurveTotals, SetsCurve, TimeCurve, Vector, curve::totals_of,
};
use proptest::prelude::*;

/// Blocks of one lane.
fn by_sets<V: Vector>(equity: &[f64], start: f64) -> CurveTotals {
    let mut curve = SetsCurve::<V, true>::new(V::splat(start), V::splat(equity[0]));
    for chunk in equity.chunks(BLOCK) {
        let mut block = [V::splat(chunk[chunk.len() - 1]); BLOCK];
        for (to, e) in block.iter_mut().zip(chunk) {
            *to = V::splat(*e);
        }
        curve.block(&block, chunk.len());
    }
    let mut out = [totals_of(&[], 1.0); 8];
    curve.totals(&mut out);
    out[V::LANES - 1]
}

fn by_time(equity: &[f64], start: f64) -> CurveTotals {
    let mut curve = TimeCurve::<Array8>::new(start, equity[0]);
    curve.extend(equity);
    curve.totals()
}

fn plain(equity: &[f64], start: f64) -> CurveTotals {
    let (mut peak, mut worst, mut longest, mut run) = (start, 1.0f64, 0.0f64, 0.0);
    for e in equity {
        run = if *e > peak { 0.0 } else { run + 1.0 };
        longest = longest.max(run);
        peak = peak.max(*e);
        worst = worst.min(e / peak);
    }
    let r: Vec<f64> =
        equity.windows(2).map(|w| if w[0] > 0.0 { w[1] / w[0] - 1.0 } else { 0.0 }).collect();
    CurveTotals {
        sum: r.iter().sum(),
        squares: r.iter().map(|r| r * r).sum(),
        downside: r.iter().map(|r| r.min(0.0).powi(2)).sum(),
        worst,
        longest,
        last: equity[equity.len() - 1],
    }
}

fn bits(t: &CurveTotals) -> [u64; 6] {
    [t.sum, t.squares, t.downside, t.worst, t.longest, t.last].map(f64::to_bits)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}

fn curves() -> impl Strategy<Value = Vec<f64>> {
    let step = prop_oneof![4 => -0.05f64..0.05, 2 => Just(0.0), 1 => -0.9f64..3.0];
    let scale = prop_oneof![6 => Just(1e5), 1 => Just(1e-62), 1 => Just(1e61), 1 => Just(-1e3)];
    (proptest::collection::vec(step, 1..200), scale, 0.0f64..2e5).prop_map(
        |(steps, scale, sink)| {
            let mut e = 1.0;
            steps
                .iter()
                .map(|s| {
                    e *= 1.0 + s;
                    if scale < 0.0 { e * 1e5 - sink } else { e * scale }
                })
                .collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn sets_in_lanes_and_bars_in_lanes_give_the_same_bits(equity in curves(), start in 1.0f64..2e5) {
        let one = by_sets::<f64>(&equity, start);
        prop_assert_eq!(bits(&one), bits(&by_sets::<Array8>(&equity, start)));
        prop_assert_eq!(bits(&one), bits(&by_time(&equity, start)));
    }

    #[test]
    fn the_blocks_mean_what_textbooks_mean(equity in curves(), start in 1.0f64..2e5) {
        let (one, other) = (by_time(&equity, start), plain(&equity, start));
        prop_assert!(close(one.sum, other.sum), "{} {}", one.sum, other.sum);
        prop_assert!(close(one.squares, other.squares));
        prop_assert!(close(one.downside, other.downside));
        prop_assert_eq!(one.worst.to_bits(), other.worst.to_bits());
        prop_assert_eq!(one.longest.to_bits(), other.longest.to_bits());
    }

    #[test]
    fn a_steady_block_equals_the_same_block_bar_by_bar(
        closes in proptest::collection::vec(1.0f64..300.0, BLOCK * 2),
        position in -50.0f64..50.0, cash in 10_000.0f64..50_000.0,
    ) {
        let equity: Vec<f64> = closes.iter().map(|x| cash + position * x).collect();
        let mut steady = SetsCurve::<f64, true>::new(cash, equity[0]);
        for block in closes.as_chunks::<BLOCK>().0 {
            let high = block.iter().copied().fold(f64::MIN, f64::max);
            let low = block.iter().copied().fold(f64::MAX, f64::min);
            steady.steady(cash, position, block, high, low);
        }
        let mut out = [totals_of(&[], 1.0); 8];
        steady.totals(&mut out);
        prop_assert_eq!(bits(&out[0]), bits(&by_time(&equity, cash)));
    }
}

#[test]
fn a_flat_curve_adds_exactly_nothing() {
    let t = by_time(&[100.0; 77], 100.0);
    assert_eq!(bits(&t), [0.0, 0.0, 0.0, 1.0, 77.0, 100.0].map(f64::to_bits));
}
