//! Arguments of the goldens: `data`, `data.high`, `data.close - data.open`, `ind.SMA(data.close, period=11)`, delays `(-2)`.

use backcast_indicators::{SeriesView, compute, find};
use serde_json::{Map, Value};

use super::classes::{self, Call};
use super::feed::Bars;

/// A series and the first bar at which it has a value.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) values: Vec<f64>,
    pub(super) valid_from: usize,
}

/// Why a golden was not computed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It asks for something that we do not offer.
    NotOffered(String),
    /// It should have been computed.
    Failed(String),
}

/// Value of an argument: the feed itself or a line.
enum Argument {
    Feed,
    Line(Line),
}

/// All lines of a class over the arguments.
pub(super) fn call(
    call: &Call,
    args: &[String],
    bars: &Bars,
) -> Result<Vec<(&'static str, Line)>, Refusal> {
    let spec = find(call.indicator)
        .ok_or_else(|| Refusal::Failed(format!("no indicator {}", call.indicator)))?;
    let mut given = Vec::new();
    for text in args {
        given.push(parse(text, bars)?);
    }
    let lines: Vec<Line> = match &given[..] {
        [] | [Argument::Feed] => {
            let column =
                |input: &backcast_indicators::InputSpec| feed_line(bars, input.default_column);
            spec.inputs.iter().map(column).collect::<Result<_, _>>()?
        }
        given if given.len() == spec.inputs.len() => {
            let line = |argument: &Argument| match argument {
                Argument::Feed => feed_line(bars, "close"),
                Argument::Line(line) => Ok(line.clone()),
            };
            given.iter().map(line).collect::<Result<_, _>>()?
        }
        _ => return Err(Refusal::NotOffered("one line where a bar is read".to_owned())),
    };
    let inputs: Vec<SeriesView<'_>> = lines
        .iter()
        .map(|line| SeriesView { values: &line.values, valid_from: line.valid_from })
        .collect();
    let computed =
        compute(spec, &inputs, &call.params).map_err(|error| Refusal::Failed(error.to_string()))?;
    let named = call.lines.iter().map(|&(name, output)| {
        let line = Line {
            values: computed[output].values.clone(),
            valid_from: computed[output].valid_from,
        };
        (name, line)
    });
    Ok(named.collect())
}

fn feed_line(bars: &Bars, column: &str) -> Result<Line, Refusal> {
    let values = bars.column(column).map(<[f64]>::to_vec);
    values
        .map(|values| Line { values, valid_from: 0 })
        .ok_or_else(|| Refusal::NotOffered(format!("line {column} of the feed")))
}

fn parse(text: &str, bars: &Bars) -> Result<Argument, Refusal> {
    let text = text.trim();
    if matches!(text, "data" | "data0" | "self.data") {
        return Ok(Argument::Feed);
    }
    line(text, bars).map(Argument::Line)
}

/// A line by its text: the last operator outside brackets splits it, sums before products.
fn line(text: &str, bars: &Bars) -> Result<Line, Refusal> {
    let text = text.trim();
    for operators in [['+', '-'], ['*', '/']] {
        if let Some(at) = last_outside(text, operators) {
            let operator = text.as_bytes()[at];
            let left = line(&text[..at], bars)?;
            let right = line(&text[at + 1..], bars)?;
            return Ok(combine(operator, &left, &right));
        }
    }
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return line(inner, bars);
    }
    if let Ok(number) = text.parse::<f64>() {
        return Ok(Line { values: vec![number; bars.len()], valid_from: 0 });
    }
    if let Some((inner, bars_ago)) = delay(text) {
        return Ok(delayed(&line(inner, bars)?, bars_ago));
    }
    if let Some(rest) = text.strip_prefix("ind.") {
        return nested(rest, bars);
    }
    match text.strip_prefix("data.").or(text.strip_prefix("data0.")) {
        Some(column) => feed_line(bars, column.strip_prefix("lines.").unwrap_or(column)),
        None if matches!(text, "data" | "data0") => feed_line(bars, "close"),
        None => Err(Refusal::NotOffered(format!("argument `{text}`"))),
    }
}

/// `NAME(argument, key=value, ...)`: the first line of another indicator.
fn nested(text: &str, bars: &Bars) -> Result<Line, Refusal> {
    let unknown = || Refusal::NotOffered(format!("argument `ind.{text}`"));
    let (name, rest) = text.split_once('(').ok_or_else(unknown)?;
    let inside = rest.strip_suffix(')').ok_or_else(unknown)?;
    let (mut args, mut kwargs) = (Vec::new(), Map::new());
    for part in split_arguments(inside) {
        match part.split_once('=') {
            Some((key, value)) => {
                let value = serde_json::from_str(value.trim())
                    .unwrap_or_else(|_| Value::String(value.trim().to_owned()));
                kwargs.insert(key.trim().to_owned(), value);
            }
            None => args.push(part.trim().to_owned()),
        }
    }
    let class = classes::find(name).ok_or_else(unknown)?;
    let parsed = class.call(&kwargs).map_err(Refusal::NotOffered)?;
    let lines = call(&parsed, &args, bars)?;
    lines.into_iter().next().map(|(_, line)| line).ok_or_else(unknown)
}

/// Pieces between the commas outside brackets.
fn split_arguments(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Place of the last of the operators outside brackets that has something before it.
fn last_outside(text: &str, operators: [char; 2]) -> Option<usize> {
    let mut depth = 0;
    let mut found = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at > 0 && operators.contains(&letter) => found = Some(at),
            _ => {}
        }
    }
    found
}

/// `LINE(-2)` as the line and 2.
fn delay(text: &str) -> Option<(&str, usize)> {
    let (inner, rest) = text.strip_suffix(')')?.rsplit_once("(-")?;
    let bars_ago = rest.parse().ok()?;
    Some((inner, bars_ago))
}

fn delayed(line: &Line, bars_ago: usize) -> Line {
    let bars = line.values.len();
    let shift = bars_ago.min(bars);
    let mut values = vec![f64::NAN; shift];
    values.extend(&line.values[..bars - shift]);
    Line { values, valid_from: (line.valid_from + bars_ago).min(bars) }
}

fn combine(operator: u8, left: &Line, right: &Line) -> Line {
    let operate = |(a, b): (&f64, &f64)| match operator {
        b'+' => a + b,
        b'-' => a - b,
        b'*' => a * b,
        _ => a / b,
    };
    Line {
        values: left.values.iter().zip(&right.values).map(operate).collect(),
        valid_from: left.valid_from.max(right.valid_from),
    }
}
