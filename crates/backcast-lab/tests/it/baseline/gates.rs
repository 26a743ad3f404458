//! Gates and histories, with a planted slow-down and with nothing at all.

use backcast_lab::{
    baseline::{Figure, Gate, GateOptions, Measure, gate, gate_against},
    stats::{Random, Verdict, simulation::rate},
};

use super::{Bench, QUIET, history};

fn judged(base: Vec<Figure>, now: &Figure, threshold: f64) -> Gate {
    let options = GateOptions { threshold, ..GateOptions::default() };
    gate(&history(base), now, &options).unwrap()
}

/// What gates say to sessions that take `ratio` as long as a history of `sessions`.
fn gates(bench: Bench, sessions: u32, ratio: f64, threshold: f64, count: usize) -> Vec<Gate> {
    let mut random = Random::new(1);
    (0..count)
        .map(|_| {
            let base = bench.figures(sessions, 0, &mut random);
            let now = Bench { seconds: bench.seconds * ratio, ..bench };
            judged(base, &now.figures(1, sessions, &mut random)[0], threshold)
        })
        .collect()
}

fn regressed(gate: &Gate) -> bool {
    matches!(gate, Gate::Regressed(_))
}

fn passed(gate: &Gate) -> bool {
    matches!(gate, Gate::Passed(_))
}

#[test]
fn a_planted_slow_down_fires() {
    for sessions in [3, 10, 40] {
        let fired = rate(&gates(QUIET, sessions, 1.15, 0.05, 200), regressed);
        assert!(fired >= 0.95, "{sessions}: {fired}");
    }
    // Even one session is a base for a large one.
    assert!(rate(&gates(QUIET, 1, 1.3, 0.05, 200), regressed) >= 0.95);
}

#[test]
fn equal_sessions_fire_at_most_twice_in_fifty_and_pass() {
    for (sessions, bench) in
        [(1, QUIET), (3, QUIET), (10, QUIET), (40, QUIET), (5, Bench { between: 0.03, ..QUIET })]
    {
        let all = gates(bench, sessions, 1.0, 0.05, 500);
        assert!(rate(&all, regressed) <= 0.02, "{sessions}: {}", rate(&all, regressed));
    }
    assert!(rate(&gates(QUIET, 10, 1.0, 0.05, 200), passed) > 0.95);
}

/// Figures of a peak of so many bytes, or of at most so many.
fn peaks(bytes: f64, at_most: bool, count: usize) -> Vec<Figure> {
    let mut random = Random::new(5);
    let figures = QUIET.figures(count as u32, 0, &mut random).into_iter();
    figures.map(|figure| Figure { median: bytes, at_most, ..figure }).collect()
}

#[test]
fn peaks_below_the_floor_are_not_compared() {
    let gate = |base: &[Figure], now: Figure| {
        gate_against(base, Measure::Peak, &now, &GateOptions::default()).unwrap()
    };
    let low = peaks(2.0e6, true, 4);
    let now = |bytes: f64, at_most: bool| peaks(bytes, at_most, 5).pop().unwrap();
    assert_eq!(gate(&low, now(1.9e6, true)), Gate::BelowFloor { at_most: 2.0e6 });
    // A growth beyond the floor is at least what it seems to be.
    assert!(regressed(&gate(&low, now(7.0e6, false))));
    assert!(passed(&gate(&peaks(7.0e6, false, 4), now(2.0e6, true))));
}

#[test]
fn the_interval_by_itself_gives_a_verdict_that_is_right() {
    let verdict = |gate: &Gate| gate.judgement().unwrap().verdict(0.05);
    let slower = |gate: &Gate| verdict(gate) == Verdict::Slower;
    let faster = |gate: &Gate| verdict(gate) == Verdict::Faster;
    assert!(rate(&gates(QUIET, 10, 1.15, 0.05, 200), slower) >= 0.95);
    assert!(rate(&gates(QUIET, 10, 0.85, 0.05, 200), faster) >= 0.95);
    // Intervals at the 99 % level: one in a hundred equal sessions is told apart, and most are equivalent.
    let equal = gates(QUIET, 20, 1.0, 0.05, 500);
    assert!(rate(&equal, |gate| slower(gate) || faster(gate)) <= 0.02);
    let wide = |gate: &Gate| gate.judgement().unwrap().verdict(0.08);
    let within = Verdict::Equivalent { within: 0.08 };
    assert!(rate(&equal, |gate| wide(gate) == within) > 0.8);
    // A small change among sessions that lie far apart stays open.
    let open = Verdict::Inconclusive { pairs_needed: u32::MAX };
    let noisy = Bench { between: 0.05, ..QUIET };
    assert!(rate(&gates(noisy, 5, 1.02, 0.05, 200), |gate| verdict(gate) == open) > 0.9);
}

#[test]
fn the_interval_of_a_change_holds_what_was_planted() {
    let mut random = Random::new(9);
    let (mut inside, mut found) = (0, 0);
    for _ in 0..200 {
        let mut figures = QUIET.figures(12, 0, &mut random);
        figures.extend(Bench { seconds: 0.22, ..QUIET }.figures(8, 12, &mut random));
        let history = history(figures);
        if history.changes.points.len() != 1 {
            continue;
        }
        found += 1;
        let ratio = history.ratio_of_change(0, 0.95).unwrap().unwrap();
        inside += u32::from(ratio.low < 1.1 && 1.1 < ratio.high);
        assert_eq!(history.levels().len(), 2);
    }
    assert!(found > 180, "{found}");
    assert!(f64::from(inside) / f64::from(found) > 0.93, "{inside} of {found}");
    let flat = history(QUIET.figures(5, 0, &mut random));
    assert_eq!((flat.levels().len(), flat.ratio_of_change(0, 0.95)), (1, Ok(None)));
    assert_eq!(flat.levels()[0], 0..5);
    assert!(history(Vec::new()).levels().is_empty());
}

#[test]
fn a_threshold_below_the_noise_of_sessions_is_not_measurable() {
    let noisy = Bench { between: 0.1, ..QUIET };
    let all = gates(noisy, 10, 1.0, 0.05, 500);
    assert!(rate(&all, |gate| matches!(gate, Gate::TooNoisy(_))) > 0.8);
    assert!(rate(&all, regressed) <= 0.03);
    assert!(
        all.iter().all(
            |gate| gate.judgement().unwrap().floor > 0.05 || !matches!(gate, Gate::TooNoisy(_))
        )
    );
    // One session is a coarse base: it can tell of large changes only.
    let one = gates(QUIET, 1, 1.0, 0.05, 100);
    assert!(rate(&one, |gate| matches!(gate, Gate::TooNoisy(_))) > 0.9);
    assert!(rate(&gates(QUIET, 1, 1.0, 0.3, 100), passed) > 0.9);
    // What is far below the threshold passes for all the noise.
    assert!(rate(&gates(noisy, 10, 0.5, 0.05, 100), passed) > 0.95);
}

#[test]
fn the_floor_tells_what_a_gate_can_see() {
    let mut random = Random::new(2);
    let base = QUIET.figures(10, 0, &mut random);
    let now = &QUIET.figures(1, 10, &mut random)[0];
    let told = judged(base, now, 0.05);
    let told = told.judgement().unwrap();
    assert!((0.02..0.045).contains(&told.floor), "{told:?}");
    assert_eq!(told.sessions, 10);
    assert!((told.before / 0.2e9 - 1.0).abs() < 0.03 && told.now == now.median);
}

#[test]
fn without_a_session_of_the_class_there_is_no_verdict() {
    let now = QUIET.figures(1, 0, &mut Random::new(3)).remove(0);
    assert_eq!(judged(Vec::new(), &now, 0.05), Gate::NoBaseline { elsewhere: 0 });
}

#[test]
fn a_session_whose_own_runs_scatter_is_no_surer_than_they_are() {
    let mut random = Random::new(4);
    let base = QUIET.figures(10, 0, &mut random);
    let wild = Bench { within: 0.3, seconds: 0.215, ..QUIET };
    let now = wild.figures(1, 10, &mut random).remove(0);
    assert!(now.error > 0.03, "{now:?}");
    assert!(!matches!(judged(base, &now, 0.05), Gate::Regressed(_)));
}

#[test]
fn the_level_is_that_since_the_last_change() {
    let mut random = Random::new(5);
    let mut figures = QUIET.figures(20, 0, &mut random);
    let faster = Bench { seconds: 0.1, ..QUIET };
    figures.extend(faster.figures(10, 20, &mut random));
    let history = history(figures.clone());
    let [change] = &history.changes.points[..] else { panic!("{:?}", history.changes) };
    assert_eq!(change.index, 20);
    assert_eq!(history.present().len(), 10);
    // The old level would be twice as slow: against the new one it is a regression.
    let now = QUIET.figures(1, 30, &mut random).remove(0);
    assert!(matches!(judged(figures.clone(), &now, 0.05), Gate::Regressed(_)));
    let options = GateOptions::default();
    let against_old = gate_against(&figures[..20], Measure::Wall, &now, &options).unwrap();
    assert!(matches!(against_old, Gate::Passed(_)));
}

#[test]
fn one_disturbed_session_does_not_blind_the_gate() {
    let mut random = Random::new(6);
    let mut base = QUIET.figures(12, 0, &mut random);
    base[4].median *= 3.0;
    let now = Bench { seconds: 0.23, ..QUIET }.figures(1, 12, &mut random).remove(0);
    let told = judged(base.clone(), &now, 0.05);
    assert!(matches!(&told, Gate::Regressed(_)), "{told:?}");
    assert_eq!(told.judgement().unwrap().left_out, [base[4].id.clone()]);
}

#[test]
fn a_history_is_in_order_of_time_whatever_came_first() {
    let mut random = Random::new(7);
    let figures = QUIET.figures(30, 0, &mut random);
    let mut shuffled = figures.clone();
    random.shuffle(&mut shuffled);
    assert_eq!(history(shuffled).figures, figures);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let mut random = Random::new(8);
    let base = history(QUIET.figures(3, 0, &mut random));
    let now = QUIET.figures(1, 3, &mut random).remove(0);
    for (threshold, level) in [(0.0, 0.95), (-0.1, 0.95), (f64::NAN, 0.95), (0.05, 1.0)] {
        assert!(gate(&base, &now, &GateOptions { threshold, level }).is_err());
    }
    let strict = GateOptions { level: 0.999_999, ..GateOptions::default() };
    let lax = GateOptions { level: 0.5, ..strict };
    let width =
        |options| gate(&base, &now, &options).unwrap().judgement().unwrap().ratio.half_width();
    assert!(width(strict) > width(lax));
}

#[test]
fn sessions_of_one_second_stand_in_the_order_in_which_they_were_taken() {
    let mut random = Random::new(3);
    let figures = QUIET.figures(5, 0, &mut random);
    let times = ["10Z", "10.125Z", "10.5Z", "10.501Z", "11Z"];
    // Ids fall, so that they would turn the order around.
    let named = figures.into_iter().zip(times).zip(["e", "d", "c", "b", "a"]);
    let mut named: Vec<Figure> = named
        .map(|((figure, second), id)| {
            let taken_at = format!("2026-11-21T09:15:{second}");
            Figure { taken_at, id: id.to_owned(), ..figure }
        })
        .collect();
    named.reverse();
    let ids = history(named).figures.iter().map(|figure| figure.id.clone()).collect::<String>();
    assert_eq!(ids, "edcba");
}
