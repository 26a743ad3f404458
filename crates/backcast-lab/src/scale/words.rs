//! What a scaling says in words, the same on the terminal, in Markdown and on a page.

use std::collections::BTreeMap;

use super::{Part, Scaling};
use crate::{
    profile::words as of_profile,
    stats::{CostModel, Interval, Shape, Term},
};

/// Headings of [`Line::cells`].
pub const HEADINGS: [&str; 8] = [
    "part",
    "fixed",
    "interval",
    "growth",
    "interval of growth",
    "share at the largest",
    "of it fixed",
    "scatter",
];

/// A line of the table. A part that grows in several ways has a line for each, the first with everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// A cell for each heading; empty where the line above holds.
    pub cells: [String; 8],
}

/// The table: parts, and in the end the whole.
pub fn lines(scaling: &Scaling) -> Vec<Line> {
    let mut lines = Vec::new();
    for (part, model) in scaling.parts.iter().zip(&scaling.model.parts) {
        lines.extend(lines_of(scaling, &label(part), model));
    }
    lines.extend(lines_of(scaling, "the whole", &scaling.model.whole));
    lines
}

fn lines_of(scaling: &Scaling, name: &str, model: &CostModel) -> Vec<Line> {
    let largest = scaling.largest();
    let fixed = &model.coefficients[0];
    let mut growing: Vec<(String, String)> = model
        .terms
        .iter()
        .zip(&model.coefficients)
        .filter(|(term, coefficient)| term.shape != Shape::Fixed && coefficient.high > 0.0)
        .map(|(term, c)| (growth(c.estimate, term, &scaling.sizes), range(c)))
        .collect();
    if growing.is_empty() {
        growing.push(("none".to_owned(), String::new()));
    }
    let line = |(i, (growth, interval)): (usize, (String, String))| {
        let mut cells: [String; 8] = Default::default();
        if i == 0 {
            cells[0] = name.to_owned();
            cells[1] = time(fixed.estimate);
            cells[2] = range(fixed);
            cells[5] = of_profile::percent(scaling.share(model, &largest));
            cells[6] = of_profile::percent(model.fixed_share(&largest));
            cells[7] = of_profile::percent(model.scatter);
        }
        (cells[3], cells[4]) = (growth, interval);
        Line { cells }
    };
    growing.into_iter().enumerate().map(line).collect()
}

/// A part with its place, where a name alone would not tell it apart: `load (prices.py:12)`.
pub fn label(part: &Part) -> String {
    let file = part.file.as_deref().map(|file| file.rsplit('/').next().unwrap_or(file));
    match (file, part.line) {
        (Some(file), Some(line)) => format!("{} ({file}:{line})", part.name),
        (Some(file), None) => format!("{} ({file})", part.name),
        _ => part.name.clone(),
    }
}

/// What a term adds: `12.3 ns a bar`, `45.6 ns a bar of each asset`, `7.89 ns x bars log2 bars`, `1.23 ns x sqrt(sets)`.
fn growth(coefficient: f64, term: &Term, sizes: &[String]) -> String {
    let each = match term.shape {
        Shape::Linear => unit(&term.sizes.iter().map(|&i| sizes[i].as_str()).collect::<Vec<_>>()),
        _ => format!("x {}", term.name(sizes)),
    };
    format!("{} {each}", time(coefficient))
}

/// `a bar`, `a bar of each asset and set`; `per N` where a name is no plural.
fn unit(names: &[&str]) -> String {
    let one = |name: &&str| {
        let stem = name.strip_suffix('s')?;
        (stem.len() > 1 && stem.chars().all(|c| c.is_ascii_lowercase())).then(|| stem.to_owned())
    };
    let Some(ones) = names.iter().map(one).collect::<Option<Vec<_>>>() else {
        return format!("per {}", names.join(" x "));
    };
    let article = if ones[0].starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    match &ones[..] {
        [first] => format!("{article} {first}"),
        [first, others @ ..] => format!("{article} {first} of each {}", others.join(" and ")),
        [] => String::new(),
    }
}

/// Nanoseconds in a unit that suits them: `0.0123 ns`, `4.56 ms`.
pub fn time(ns: f64) -> String {
    match ns {
        _ if ns <= 0.0 => "0 ns".to_owned(),
        _ if ns < 1e-6 => format!("{ns:.2e} ns"),
        _ if ns < 1.0 => {
            let digits = (2.0 - ns.log10().floor()) as usize;
            format!("{ns:.digits$} ns")
        }
        _ if ns < 1000.0 => {
            let digits = if ns < 9.995 {
                2
            } else if ns < 99.95 {
                1
            } else {
                0
            };
            format!("{ns:.digits$} ns")
        }
        _ => of_profile::time(ns.round() as u64),
    }
}

/// `1.20 ms to 1.31 ms`.
pub fn range(interval: &Interval) -> String {
    format!("{} to {}", time(interval.low), time(interval.high))
}

/// `bars=1,000,000, assets=64`.
pub fn place(names: &[String], sizes: &[u64]) -> String {
    let said = |(name, size): (&String, &u64)| format!("{name}={}", of_profile::count(*size));
    names.iter().zip(sizes).map(said).collect::<Vec<_>>().join(", ")
}

/// What there is to say beside the table: a name and a sentence.
pub fn facts(scaling: &Scaling) -> Vec<(&'static str, String)> {
    let mut facts = vec![("sizes", sizes(scaling)), ("runs", runs(scaling))];
    let (smallest, largest) = (scaling.smallest(), scaling.largest());
    let whole = &scaling.model.whole;
    facts.push((
        "fixed",
        format!(
            "{} of the time at the smallest sizes, {} at the largest",
            of_profile::percent(whole.fixed_share(&smallest)),
            of_profile::percent(whole.fixed_share(&largest))
        ),
    ));
    let farthest = scaling.farthest();
    facts.push((
        "scatter",
        format!(
            "single runs are {} from the model; the mean of those at {} is {} of it",
            of_profile::percent(whole.scatter),
            place(&scaling.sizes, &farthest.sizes),
            of_profile::percent(farthest.ratio)
        ),
    ));
    if let Some(wall) = &scaling.wall {
        facts.push(("wall time", wall_time(scaling, wall)));
    }
    facts.push(("predicted", prediction(scaling)));
    facts.extend(scaling.broken.iter().map(|reason| ("incomplete", reason.clone())));
    facts.push((
        "cost of profiling",
        format!("{} of the wall time", of_profile::percent(scaling.overhead())),
    ));
    facts
}

fn sizes(scaling: &Scaling) -> String {
    let one = |(name, values): (&String, &Vec<u64>)| {
        let (first, last) = (values[0], values[values.len() - 1]);
        let (first, last) = (of_profile::count(first), of_profile::count(last));
        format!("{name} {first} to {last} in {} steps", values.len())
    };
    scaling.sizes.iter().zip(&scaling.values).map(one).collect::<Vec<_>>().join(", ")
}

fn runs(scaling: &Scaling) -> String {
    let mut points = BTreeMap::<&[u64], usize>::new();
    scaling.runs.iter().for_each(|run| *points.entry(&run.sizes).or_default() += 1);
    let (least, most) = (points.values().min(), points.values().max());
    let each = match (least, most) {
        (Some(least), Some(most)) if least < most => format!("{least} or {most}"),
        _ => most.copied().unwrap_or(0).to_string(),
    };
    let wall: u64 = scaling.runs.iter().map(|run| run.wall_ns).sum();
    format!(
        "{}, {each} at each of {} points in mixed order, {} together",
        of_profile::count(scaling.runs.len() as u64),
        points.len(),
        of_profile::time(wall)
    )
}

/// The wall time where several threads share the work.
fn wall_time(scaling: &Scaling, wall: &CostModel) -> String {
    let terms = wall.terms.iter().zip(&wall.coefficients);
    let said = terms.map(|(term, c)| match term.shape {
        Shape::Fixed => format!("{} fixed", time(c.estimate)),
        _ => growth(c.estimate, term, &scaling.sizes),
    });
    let said: Vec<String> = said.collect();
    format!("{}; the table counts the time of all threads", said.join(" + "))
}

/// What a run will take at the place that was asked for, and whether that is more than what was measured.
pub fn prediction(scaling: &Scaling) -> String {
    let band = &scaling.prediction;
    let warning = match scaling.extrapolates() {
        true => "extrapolated, nothing was measured there",
        false => "within what was measured",
    };
    let all = if scaling.wall.is_some() { " in all threads" } else { "" };
    format!(
        "{}{all} at {}, from {} in {:.0} of 100 runs ({warning})",
        time(band.estimate),
        place(&scaling.sizes, &scaling.place),
        range(band),
        100.0 * band.level
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_said_by_the_unit() {
        assert_eq!(unit(&["bars"]), "a bar");
        assert_eq!(unit(&["assets"]), "an asset");
        assert_eq!(unit(&["bars", "assets"]), "a bar of each asset");
        assert_eq!(unit(&["bars", "assets", "sets"]), "a bar of each asset and set");
        assert_eq!(unit(&["N"]), "per N");
        assert_eq!(unit(&["rows", "N"]), "per rows x N");
        let names = ["bars".to_owned()];
        let term = |shape| Term { shape, sizes: vec![0] };
        assert_eq!(growth(12.34, &term(Shape::Linear), &names), "12.3 ns a bar");
        assert_eq!(growth(1.5, &term(Shape::LinearLog), &names), "1.50 ns x bars log2 bars");
        assert_eq!(growth(1.5, &term(Shape::Root), &names), "1.50 ns x sqrt(bars)");
        assert_eq!(growth(0.0123, &term(Shape::Square), &names), "0.0123 ns x bars^2");
    }

    #[test]
    fn times_below_a_nanosecond_keep_three_digits() {
        assert_eq!(time(0.0), "0 ns");
        assert_eq!(time(0.004_567), "0.00457 ns");
        assert_eq!(time(3.2e-9), "3.20e-9 ns");
        assert_eq!(time(9.999), "10.0 ns");
        assert_eq!(time(123.4), "123 ns");
        assert_eq!(time(4_560_000.0), "4.56 ms");
    }
}
