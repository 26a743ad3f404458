//! Planted costs, found again.

use backcast_lab::stats::{
    CostModel, MeasuredRun, Observation, Random, Shape, StatsError, Term, fit_cost, fit_parts,
    nonnegative_least_squares,
    simulation::{self, Misses, rate},
};

const SIZES: [f64; 7] = [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6];

fn runs(cost: impl Fn(f64) -> f64, spread: f64, random: &mut Random) -> Vec<Observation> {
    simulation::costs(&SIZES, cost, spread, random)
}

fn term(shape: Shape) -> Term {
    Term { shape, sizes: vec![0] }
}

fn fits(fixed: f64, slope: f64, shape: Shape, spread: f64) -> Vec<CostModel> {
    let mut random = Random::new(1);
    let cost = |n: f64| fixed + slope * term(shape).at(&[n]);
    (0..400).map(|_| fit_cost(&runs(cost, spread, &mut random), 0.95).unwrap()).collect()
}

#[test]
fn a_planted_cost_is_found_within_its_interval_in_ninety_three_of_a_hundred_trials() {
    let planted =
        [(Shape::Root, 2e4), (Shape::Linear, 50.0), (Shape::LinearLog, 5.0), (Shape::Square, 1e-3)];
    for (shape, slope) in planted {
        for spread in [0.01, 0.03] {
            let fits = fits(2e6, slope, shape, spread);
            let right = rate(&fits, |fit| fit.terms == [Term::fixed(), term(shape)]);
            assert!(right > 0.96, "{shape:?} {spread}: {right}");
            let fixed = rate(&fits, |fit| fit.coefficients[0].contains(2e6));
            let slopes = rate(&fits, |fit| {
                let at = fit.terms.iter().position(|found| *found == term(shape));
                at.is_some_and(|i| fit.coefficients[i].contains(slope))
            });
            assert!(fixed >= 0.93 && slopes >= 0.93, "{shape:?} {spread}: {fixed} {slopes}");
        }
    }
}

#[test]
fn a_cost_without_a_fixed_part_has_an_interval_that_reaches_zero() {
    let fits = fits(0.0, 50.0, Shape::Linear, 0.03);
    assert!(rate(&fits, |fit| fit.coefficients[0].low == 0.0) > 0.95);
    assert!(rate(&fits, |fit| fit.fixed_share(&[1e6]) < 0.001) > 0.95);
}

#[test]
fn a_fixed_cost_has_no_growing_term() {
    let fits = fits(1e6, 0.0, Shape::Linear, 0.03);
    assert!(rate(&fits, |fit| fit.terms == [Term::fixed()]) > 0.95);
    assert_eq!(fits[0].fixed_share(&[1e5]), 1.0);
}

#[test]
fn two_growing_terms_are_told_apart() {
    let mut random = Random::new(2);
    let observed = runs(|n| 1e6 + 100.0 * n + 1e-3 * n * n, 0.01, &mut random);
    let fit = fit_cost(&observed, 0.95).unwrap();
    assert_eq!(fit.terms, [Term::fixed(), term(Shape::Linear), term(Shape::Square)]);
    let share = fit.fixed_share(&[1e3]);
    assert!((share - 1e6 / 1.101e6).abs() < 0.02, "{share}");
}

#[test]
fn a_prediction_beyond_the_measured_sizes_has_a_band_that_holds_the_truth() {
    let fits = fits(2e6, 50.0, Shape::Linear, 0.02);
    let truth = 2e6 + 50.0 * 1e7;
    let bands: Vec<_> = fits.iter().map(|fit| fit.predict(&[1e7]).unwrap()).collect();
    let misses = Misses::of(bands.iter().copied(), truth);
    assert!(misses.total() <= 0.05, "{misses:?}");
    let width = bands.iter().map(|band| band.half_width() / truth).sum::<f64>() / 400.0;
    assert!((0.03..0.2).contains(&width), "{width}");
    assert!(fits[0].extrapolates(&[1e7]) && !fits[0].extrapolates(&[5e5]));
}

#[test]
fn growth_that_noise_hides_is_held_by_the_band_of_an_extrapolation() {
    let near = [200.0, 300.0, 450.0, 670.0, 1000.0];
    for (sizes, seed) in [(&SIZES[..], 11), (&near[..], 12)] {
        let most = sizes[sizes.len() - 1];
        for (linear, square) in [(25.0, 25.0), (10.0, 10.0), (50.0, 0.0), (0.0, 50.0), (10.0, 0.0)]
        {
            let truth = |n: f64| 50e6 + 1e6 * (linear * n / most + square * (n / most).powi(2));
            let mut random = Random::new(seed);
            let far = 5.0 * most;
            let fits: Vec<CostModel> = (0..200)
                .map(|_| {
                    fit_cost(&simulation::costs(sizes, truth, 0.2, &mut random), 0.95).unwrap()
                })
                .collect();
            let held = rate(&fits, |fit| fit.predict(&[far]).unwrap().contains(truth(far)));
            assert!(held >= 0.9, "{linear} {square} to {most}: {held}");
        }
    }
}

#[test]
fn a_model_without_growth_allows_for_as_much_as_could_not_be_seen() {
    let upper = |spread: f64| {
        let mut random = Random::new(13);
        let fit = fit_cost(&runs(|_| 1e6, spread, &mut random), 0.95).unwrap();
        assert_eq!(fit.terms, [Term::fixed()]);
        assert!(fit.extensions.iter().any(|model| model.terms[1] == term(Shape::Linear)));
        let [inside, far] = [1e6, 1e8].map(|n| fit.predict(&[n]).unwrap());
        assert!(inside.high < 1e6 * (1.0 + 4.0 * spread), "{spread}: {inside:?}");
        assert!(inside.contains(1e6) && far.contains(1e6));
        far.high
    };
    // More noise hides more growth.
    let (quiet, noisy) = (upper(0.01), upper(0.2));
    assert!(quiet > 2e6 && noisy > 5.0 * quiet, "{quiet} {noisy}");
}

#[test]
fn bars_and_assets_are_separate_sizes() {
    let mut random = Random::new(3);
    let truth = |bars: f64, assets: f64| 5e6 + 2e4 * assets + 30.0 * bars * assets;
    let mut observed = Vec::new();
    for bars in [1e3, 1e4, 1e5, 1e6] {
        for assets in [1.0, 4.0, 16.0, 64.0] {
            for _ in 0..3 {
                let cost = truth(bars, assets) * (0.01 * random.normal()).exp();
                observed.push(Observation { sizes: vec![bars, assets], cost });
            }
        }
    }
    let fit = fit_cost(&observed, 0.95).unwrap();
    let of = |sizes: &[usize]| Term { shape: Shape::Linear, sizes: sizes.to_vec() };
    assert_eq!(fit.terms, [Term::fixed(), of(&[1]), of(&[0, 1])]);
    let band = fit.predict(&[4e6, 64.0]).unwrap();
    assert!(band.contains(truth(4e6, 64.0)), "{band:?}");
    let names = ["bars".to_owned(), "assets".to_owned()];
    assert_eq!(fit.terms[2].name(&names), "bars assets");
}

#[test]
fn what_the_sets_of_a_grid_share_grows_with_the_root_of_their_number() {
    let mut random = Random::new(7);
    let of = |shape, sizes: &[usize]| Term { shape, sizes: sizes.to_vec() };
    let fit = |root: f64, random: &mut Random| {
        let mut observed = Vec::new();
        for bars in [1e3, 4e3, 1.6e4, 6.4e4] {
            for sets in [16f64, 64.0, 256.0, 1024.0] {
                for _ in 0..3 {
                    let truth = 2e6 + root * bars * sets.sqrt() + 4.0 * bars * sets;
                    let cost = truth * (0.01 * random.normal()).exp();
                    observed.push(Observation { sizes: vec![bars, sets], cost });
                }
            }
        }
        fit_cost(&observed, 0.95).unwrap()
    };
    let shared = [Term::fixed(), of(Shape::Root, &[0, 1]), of(Shape::Linear, &[0, 1])];
    let alone = [Term::fixed(), of(Shape::Linear, &[0, 1])];
    let found = |root: f64, terms: &[Term], random: &mut Random| {
        let fits: Vec<CostModel> = (0..100).map(|_| fit(root, random)).collect();
        rate(&fits, |fit| {
            let same = fit.terms.len() == terms.len();
            same && terms.iter().all(|term| fit.terms.contains(term))
        })
    };
    let (with, without) = (found(60.0, &shared, &mut random), found(0.0, &alone, &mut random));
    assert!(with >= 0.93 && without >= 0.93, "{with} {without}");
}

#[test]
fn parts_add_up_to_the_whole_at_every_size() {
    let mut random = Random::new(4);
    let mut runs = Vec::new();
    for n in SIZES {
        for _ in 0..5 {
            // One slow machine slows all parts of a run.
            let run = (0.02 * random.normal()).exp();
            let mut part = |cost: f64| cost * run * (0.01 * random.normal()).exp();
            let parts = vec![part(3e6), part(1e5 + 40.0 * n), part(2.0 * n * n.log2()), 0.0];
            runs.push(MeasuredRun { sizes: vec![n], parts });
        }
    }
    let model = fit_parts(&runs, 0.95, 1).unwrap();
    for n in [1e3, 5e4, 1e6, 3e7] {
        let sum: f64 = model.parts.iter().map(|part| part.at(&[n])).sum();
        assert!((model.whole.at(&[n]) / sum - 1.0).abs() < 1e-12);
        let truth = 3.1e6 + 40.0 * n + 2.0 * n * n.log2();
        let band = model.whole.predict(&[n]).unwrap();
        assert!(band.contains(truth), "{n}: {band:?} {truth}");
        // Parts that are slow together: the whole spreads by 2 %, not by 1 % over the root of their number.
        assert!(band.half_width() / truth > 0.03, "{n}: {band:?}");
    }
    let far = [3e7];
    let (alone, all) = (model.whole.at(&far), model.whole.predict(&far).unwrap());
    let rivals: Vec<_> = model.whole.rivals.iter().map(|rival| rival.at(&far)).collect();
    assert!(!rivals.is_empty() && all.contains(alone));
    assert!(rivals.iter().all(|rival| all.contains(*rival)), "{rivals:?} {all:?}");
    assert_eq!(model.parts[3].at(&[1e6]), 0.0);
    assert_eq!(model.parts[0].terms, [Term::fixed()]);
    let again = fit_parts(&runs, 0.95, 1).unwrap();
    assert_eq!(model.whole, again.whole);
    assert_ne!(model.whole, fit_parts(&runs, 0.95, 2).unwrap().whole);
}

#[test]
fn a_model_survives_being_written_down() {
    let fit = fit_cost(&runs(|n| 1e6 + n, 0.01, &mut Random::new(5)), 0.95).unwrap();
    let text = serde_json::to_string(&fit).unwrap();
    let back: CostModel = serde_json::from_str(&text).unwrap();
    assert_eq!(back.predict(&[1e7]).unwrap(), fit.predict(&[1e7]).unwrap());
}

#[test]
fn coefficients_are_never_negative_and_the_best_of_those() {
    let mut random = Random::new(6);
    for _ in 0..200 {
        let rows: Vec<Vec<f64>> =
            (0..8).map(|_| (0..3).map(|_| random.normal()).collect()).collect();
        let values: Vec<f64> = (0..8).map(|_| random.normal()).collect();
        let x = nonnegative_least_squares(&rows, &values).unwrap();
        assert!(x.iter().all(|x| *x >= 0.0));
        // Karush, Kuhn and Tucker: no slope where a coefficient is free, none downhill where it is zero.
        for j in 0..3 {
            let slope: f64 = rows
                .iter()
                .zip(&values)
                .map(|(row, value)| {
                    row[j] * (value - row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>())
                })
                .sum();
            assert!(slope < 1e-8 && (x[j] == 0.0 || slope.abs() < 1e-8), "{x:?} {slope}");
        }
    }
}

#[test]
fn measurements_that_tell_nothing_are_refused() {
    let one = |n: f64, cost: f64| Observation { sizes: vec![n], cost };
    let same = vec![one(10.0, 1.0); 8];
    assert!(matches!(fit_cost(&same, 0.95), Err(StatsError::Indistinct { found: 1, .. })));
    assert!(matches!(fit_cost(&same[..3], 0.95), Err(StatsError::TooFew { needed: 4, .. })));
    let with = |bad: Observation| {
        let mut all = vec![one(10.0, 1.0), one(20.0, 2.0), one(30.0, 3.0), one(40.0, 4.0)];
        assert!(fit_cost(&all, 0.95).is_ok());
        all.push(bad);
        fit_cost(&all, 0.95).unwrap_err()
    };
    assert!(matches!(with(one(10.0, -1.0)), StatsError::Parameter { .. }));
    assert!(matches!(with(one(0.0, 1.0)), StatsError::Parameter { .. }));
    assert!(matches!(with(one(10.0, f64::NAN)), StatsError::NotFinite { index: 4, .. }));
    assert!(matches!(
        with(Observation { sizes: vec![1.0, 2.0], cost: 1.0 }),
        StatsError::Lengths { .. }
    ));
    assert!(fit_parts(&[], 0.95, 1).is_err());
    let twin = [vec![1.0, 1.0], vec![2.0, 2.0]];
    assert!(
        nonnegative_least_squares(&twin, &[1.0, 2.0])
            .is_ok_and(|x| (x[0] + x[1] - 1.0).abs() < 1e-9)
    );
    assert!(nonnegative_least_squares(&[], &[]).is_err());
}
