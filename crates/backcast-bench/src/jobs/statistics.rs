//! What the laboratory's statistics promise, counted over seeded simulations with a known truth.

use std::time::Instant;

use backcast_lab::stats::{
    ChangeOptions, Comparison, Criteria, GrowthVerdict, Random, Shape, Verdict, change_points,
    fit_cost, growth,
    simulation::{Misses, Scatter, Simulated, costs, held, history, rate},
};

use super::{Job, Options};
use crate::{
    figures::{Bound, Line, Report},
    timing::{Side, Times, measure},
};

pub(crate) const JOB: Job = Job {
    name: "statistics",
    about: "intervals, false alarms, power, change points, cost fits and leaks over seeded simulations",
    run,
};

/// Sessions of each kind.
const SESSIONS: u64 = 1000;

const EQUALS: Simulated =
    Simulated { blocks: 10, ratio: 1.0, pair_cv: 0.02, scatter: Scatter::Normal };

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let mut lines = Vec::new();
    for scatter in Scatter::ALL {
        lines.push(intervals(scatter)?);
        lines.push(alarms(scatter)?);
    }
    lines.push(found(
        "1 % with 52 pairs of spread 2 %",
        Simulated { blocks: 26, ratio: 1.01, ..EQUALS },
    )?);
    lines.push(found(
        "0.3 % with 40 pairs of spread 0.55 %",
        Simulated { blocks: 20, ratio: 1.003, pair_cv: 0.0055, ..EQUALS },
    )?);
    lines.push(gate()?);
    lines.extend(changes(options)?);
    lines.push(cost_fits()?);
    lines.push(leaks()?);
    Ok(Report { job: job.name, about: job.about, lines })
}

/// One simulation, timed once.
fn simulated<T>(
    name: String,
    work: impl FnOnce() -> Result<T, String>,
) -> Result<(Line, T), String> {
    let begin = Instant::now();
    let outcome = work()?;
    let times = Times { name, seconds: vec![begin.elapsed().as_secs_f64()] };
    Ok((Line::new(&times, None), outcome))
}

fn sessions(kind: Simulated, criteria: Criteria, seed: u64) -> Result<Vec<Comparison>, String> {
    kind.compared(SESSIONS, &criteria, seed).map_err(|error| error.to_string())
}

fn slower(found: &Comparison) -> bool {
    found.verdict == Verdict::Slower
}

fn intervals(scatter: Scatter) -> Result<Line, String> {
    let name = format!("95 % intervals of 5, 10 and 20 blocks, {scatter:?}");
    let (line, misses) = simulated(name, || {
        let mut all = Vec::new();
        for blocks in [5, 10, 20] {
            all.extend(sessions(Simulated { blocks, scatter, ..EQUALS }, Criteria::default(), 1)?);
        }
        Ok(Misses::of(all.iter().map(|found| found.ratio), 1.0))
    })?;
    let trials = 3 * SESSIONS as usize;
    // Nominal 2.5 % on each side; a count of 3000 spreads by 0.3 %.
    Ok(line
        .counted("truth above the interval", trials, misses.below, Bound::AtMost(0.034))
        .counted("truth below the interval", trials, misses.above, Bound::AtMost(0.034)))
}

fn alarms(scatter: Scatter) -> Result<Line, String> {
    let name = format!("equal programs at a nominal 1 %, 10 blocks, {scatter:?}");
    let criteria = Criteria { level: 0.99, ..Criteria::default() };
    let (line, all) = simulated(name, || sessions(Simulated { scatter, ..EQUALS }, criteria, 2))?;
    let alarms = rate(&all, |found| matches!(found.verdict, Verdict::Faster | Verdict::Slower));
    Ok(line.counted("false alarm", all.len(), alarms, Bound::AtMost(0.017)))
}

fn found(name: &str, kind: Simulated) -> Result<Line, String> {
    let (line, all) = simulated(name.to_owned(), || sessions(kind, Criteria::default(), 3))?;
    Ok(line.counted("found", all.len(), rate(&all, slower), Bound::AtLeast(0.9)))
}

fn gate() -> Result<Line, String> {
    let criteria = Criteria { level: 0.99, minimum_effect: 0.01, ..Criteria::default() };
    let (line, [equal, slowed]) =
        simulated("gate of 1 % with 20 pairs of spread 2 %".to_owned(), || {
            let slowed = Simulated { ratio: 1.05, ..EQUALS };
            Ok([sessions(EQUALS, criteria, 4)?, sessions(slowed, criteria, 5)?])
        })?;
    Ok(line
        .counted("fires on equals", equal.len(), rate(&equal, slower), Bound::AtMost(0.04))
        .counted("fires on 5 % slower", slowed.len(), rate(&slowed, slower), Bound::AtLeast(0.9)))
}

fn changes(options: &Options) -> Result<[Line; 2], String> {
    const HISTORIES: usize = 200;
    let places = |values: &[f64]| {
        change_points(values, None, &ChangeOptions::default())
            .map(|changes| changes.points.iter().map(|point| point.index).collect::<Vec<_>>())
            .map_err(|error| error.to_string())
    };
    let mut random = Random::new(6);
    let (line, [hits, alarms]) = simulated("change points, 2 sigma".to_owned(), || {
        let [mut hits, mut alarms] = [0.0; 2];
        for _ in 0..5 * HISTORIES {
            let values = history(&[(200, 1.0), (6, 1.02)], 0.01, &mut random);
            hits += f64::from(places(&values)?.iter().any(|at| at.abs_diff(200) <= 5));
        }
        for _ in 0..HISTORIES {
            alarms += places(&history(&[(1000, 1.0)], 0.01, &mut random))?.len() as f64;
        }
        Ok([hits, alarms])
    })?;
    let values = history(&[(400, 1.0), (300, 1.05), (300, 1.02)], 0.01, &mut random);
    let side = Side::new("change points of 1,000 values", || places(&values));
    let times = measure(vec![side], options.runs);
    let (recall, trials) = (hits / (5 * HISTORIES) as f64, 5 * HISTORIES);
    let (false_rate, values) = (alarms / (1000 * HISTORIES) as f64, 1000 * HISTORIES);
    Ok([
        line.counted("found from 6 values", trials, recall, Bound::AtLeast(0.9)).counted(
            "false change",
            values,
            false_rate,
            Bound::AtMost(0.001),
        ),
        Line::new(&times[0], None).within(0.05),
    ])
}

fn cost_fits() -> Result<Line, String> {
    const TRIALS: usize = 1000;
    let sizes = [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6];
    let mut random = Random::new(7);
    let name = "planted 2 ms + 50 ns a bar, runs off by 3 %".to_owned();
    let (line, [fixed, growing]) = simulated(name, || {
        let [mut fixed, mut growing] = [0.0; 2];
        for _ in 0..TRIALS {
            let runs = costs(&sizes, |bars| 2e6 + 50.0 * bars, 0.03, &mut random);
            let fit = fit_cost(&runs, 0.95).map_err(|error| error.to_string())?;
            let linear = fit.terms.iter().position(|term| term.shape == Shape::Linear);
            fixed += f64::from(fit.coefficients[0].contains(2e6));
            growing += f64::from(linear.is_some_and(|i| fit.coefficients[i].contains(50.0)));
        }
        Ok([fixed, growing].map(|hits| hits / TRIALS as f64))
    })?;
    Ok(line.counted("fixed cost in its interval", TRIALS, fixed, Bound::AtLeast(0.93)).counted(
        "growing cost in its interval",
        TRIALS,
        growing,
        Bound::AtLeast(0.93),
    ))
}

fn leaks() -> Result<Line, String> {
    const TRIALS: usize = 500;
    let mut random = Random::new(8);
    let (line, [leaks, steady]) =
        simulated("1,000 calls, 20 MB that breathe by 30 KB".to_owned(), || {
            let mut flagged = |leak: f64| {
                let mut flagged = 0.0;
                for _ in 0..TRIALS {
                    let found = growth(&held(1000, leak, &mut random), 64.0, 0.95)
                        .map_err(|error| error.to_string())?;
                    flagged += f64::from(found.verdict == GrowthVerdict::Leak);
                }
                Ok::<f64, String>(flagged / TRIALS as f64)
            };
            Ok([flagged(1024.0)?, flagged(0.0)?])
        })?;
    Ok(line.counted("1 KB a call found", TRIALS, leaks, Bound::AtLeast(0.95)).counted(
        "steady memory flagged",
        TRIALS,
        steady,
        Bound::AtMost(0.05),
    ))
}
