//! Figures of measurements as columns for the script, thinned where a page would grow too large.

use serde::Serialize;

use crate::decimate::min_max;
use crate::lab::{Along, Axis, Colour, Dots, Figure, Look, Mark, Measured, View};

/// Views that a figure offers.
pub(crate) const MAX_VIEWS: usize = 200;
/// Dots of a page: as many as stay within its size.
const MOST_DOTS: usize = 9000;
/// Dots of a kind that are always kept.
const FEWEST_DOTS: usize = 12;
/// Letters of a line that is told, or of a name.
const MOST_LETTERS: usize = 120;

#[derive(Serialize)]
pub(super) struct Drawn<'a> {
    id: &'a str,
    views: Vec<DrawnView>,
}

#[derive(Serialize)]
struct DrawnView {
    note: String,
    x: DrawnAxis,
    y: DrawnAxis,
    series: Vec<Series>,
    marks: Vec<DrawnMark>,
    /// Dots that lie between those that are drawn.
    left_out: usize,
}

#[derive(Serialize)]
struct DrawnAxis {
    kind: &'static str,
    title: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
}

#[derive(Serialize)]
struct Series {
    name: String,
    colour: &'static str,
    look: &'static str,
    interval: Option<&'static str>,
    x: Vec<Option<f64>>,
    y: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    low: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    high: Vec<Option<f64>>,
    told: Vec<String>,
}

#[derive(Serialize)]
struct DrawnMark {
    along: &'static str,
    from: f64,
    to: f64,
    label: String,
    colour: &'static str,
}

/// All figures of all sections.
pub(super) fn figures(all: &[Measured]) -> Vec<Drawn<'_>> {
    let figures: Vec<&Figure> = all.iter().flat_map(|measured| &measured.figures).collect();
    let views = |figure: &Figure| figure.views.len().min(MAX_VIEWS);
    let kinds: usize = figures
        .iter()
        .flat_map(|figure| &figure.views[..views(figure)])
        .map(|view| view.dots.len())
        .sum();
    let most = (MOST_DOTS / kinds.max(1)).max(FEWEST_DOTS);
    let drawn = |figure: &&'_ Figure| -> Vec<DrawnView> {
        figure.views[..views(figure)].iter().map(|one| view(one, most)).collect()
    };
    figures.iter().map(|figure| Drawn { id: &figure.id, views: drawn(figure) }).collect()
}

fn view(view: &View, most: usize) -> DrawnView {
    let series: Vec<Series> = view.dots.iter().map(|dots| series(dots, view, most)).collect();
    let all: usize = view.dots.iter().map(|dots| dots.dots.len()).sum();
    let kept: usize = series.iter().map(|series| series.x.len()).sum();
    DrawnView {
        note: view.note.clone(),
        x: axis(&view.x),
        y: axis(&view.y),
        series,
        marks: view.marks.iter().filter_map(mark).collect(),
        left_out: all - kept,
    }
}

fn axis(axis: &Axis) -> DrawnAxis {
    let of = |kind, title: &str| DrawnAxis { kind, title: title.to_owned(), names: Vec::new() };
    match axis {
        Axis::Number(title) => of("number", title),
        Axis::Logarithm(title) => of("log", title),
        Axis::Time(title) => of("time", title),
        Axis::Names(names) => {
            let names = names.iter().map(|name| cut(name)).collect();
            DrawnAxis { kind: "names", title: String::new(), names }
        }
    }
}

fn series(dots: &Dots, view: &View, most: usize) -> Series {
    // Names are places, so what varies is along the other axis.
    let across = matches!(view.y, Axis::Names(_));
    let values: Vec<f64> = dots.dots.iter().map(|dot| if across { dot.x } else { dot.y }).collect();
    let kept: Vec<_> = min_max(&values, most).into_iter().map(|i| &dots.dots[i]).collect();
    let ends = |of: fn((f64, f64)) -> f64| match dots.interval {
        Some(_) => kept.iter().map(|dot| short(dot.ends.map_or(f64::NAN, of))).collect(),
        None => Vec::new(),
    };
    let told = |dot: &&crate::lab::Dot| {
        let lines: Vec<String> = dot.told.iter().map(|line| cut(line)).collect();
        lines.join("\n")
    };
    Series {
        name: cut(&dots.name),
        colour: colour(dots.colour),
        look: look(dots.look),
        interval: dots.interval.map(along),
        x: kept.iter().map(|dot| short(dot.x)).collect(),
        y: kept.iter().map(|dot| short(dot.y)).collect(),
        low: ends(|ends| ends.0),
        high: ends(|ends| ends.1),
        told: kept.iter().map(told).collect(),
    }
}

/// Nothing where a line has no place.
fn mark(mark: &Mark) -> Option<DrawnMark> {
    let (from, to) = (short(mark.from)?, short(mark.to)?);
    let (along, colour, label) = (along(mark.along), colour(mark.colour), cut(&mark.label));
    Some(DrawnMark { along, from, to, label, colour })
}

fn along(along: Along) -> &'static str {
    match along {
        Along::X => "x",
        Along::Y => "y",
    }
}

fn colour(colour: Colour) -> &'static str {
    match colour {
        Colour::Candidate => "candidate",
        Colour::Base => "base",
        Colour::Alarm => "alarm",
        Colour::Quiet => "quiet",
    }
}

fn look(look: Look) -> &'static str {
    match look {
        Look::Dots => "dots",
        Look::Rings => "rings",
        Look::Diamonds => "diamonds",
        Look::Line => "line",
        Look::Stairs => "stairs",
    }
}

/// In six digits, or to the second where it is a time of day; nothing where it is undefined.
fn short(value: f64) -> Option<f64> {
    if !value.is_finite() {
        return None;
    }
    if value == 0.0 || value.abs() >= 1e6 {
        return Some(value.round());
    }
    let digits = 5 - value.abs().log10().floor() as i32;
    let scale = 10f64.powi(digits);
    Some(if scale.is_finite() { (value * scale).round() / scale } else { 0.0 })
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_six_digits_and_times_their_seconds() {
        assert_eq!(short(1.234_567_89), Some(1.23457));
        assert_eq!(short(-0.000_123_456_78), Some(-0.000_123_457));
        assert_eq!(short(1_764_369_874.0), Some(1_764_369_874.0));
        assert_eq!(short(f64::NAN), None);
        assert_eq!(short(f64::MIN_POSITIVE), Some(0.0));
    }
}
