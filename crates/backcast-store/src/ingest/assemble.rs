//! Rows of all files to assets: order, sessions, gaps, events.

use std::collections::BTreeMap;

use backcast_calendar::Calendar;
use backcast_data::{Asset, Bars, Frequency};
use backcast_types::Day;

use super::{
    event_files::EventFiles,
    events,
    options::ReadOptions,
    raw::{Problems, Raw},
    resolve::{Clock, written},
};
use crate::StoreError;

/// What files have become.
pub(crate) struct Assembled {
    pub(crate) assets: Vec<Asset>,
    pub(crate) calendar: Option<&'static Calendar>,
    pub(crate) frequency: Frequency,
    pub(crate) periods_per_year: f64,
    /// What a user should know though it is no error.
    pub(crate) notices: Vec<String>,
}

/// One file's assets with the right to be newest first.
pub(crate) struct Input {
    pub(crate) raw: Raw,
    pub(crate) yahoo: bool,
}

/// Assets in order of their symbols.
pub(crate) fn assemble(
    mut inputs: Vec<Input>,
    event_files: &EventFiles,
    options: &ReadOptions,
    problems: &mut Problems,
) -> Result<Assembled, StoreError> {
    let _span = backcast_spans::span!("store.assemble");
    inputs.sort_by(|a, b| a.raw.symbol.cmp(&b.raw.symbol));
    for pair in inputs.windows(2) {
        if pair[0].raw.symbol == pair[1].raw.symbol {
            return Err(StoreError::SymbolTwice {
                symbol: pair[0].raw.symbol.clone(),
                first: pair[0].raw.source.path.clone(),
                second: pair[1].raw.source.path.clone(),
            });
        }
    }
    for input in &mut inputs {
        if input.yahoo && newest_first(&input.raw) {
            let turned: Vec<usize> = (0..input.raw.when.len()).rev().collect();
            input.raw.select(&turned);
        }
    }
    let mut raws: Vec<Raw> = inputs.into_iter().map(|input| input.raw).collect();
    let clock = Clock::new(&raws, options)?;
    let mut notices = Vec::new();
    let mut assets = Vec::with_capacity(raws.len());
    for raw in &mut raws {
        let times = clock.times(raw, problems);
        let times = in_order(raw, &times, problems);
        problems.check()?;
        if !times.is_empty() {
            assets.push(asset(raw, times, options, &mut notices)?);
        }
    }
    problems.check()?;
    event_files.apply(&mut assets, clock.calendar, &mut notices)?;
    for asset in &mut assets {
        let left_out = events::trim(asset);
        if left_out > 0 {
            notices.push(format!(
                "{}: {left_out} splits or dividends outside its bars are left out",
                asset.symbol
            ));
        }
        notices.extend(clock.calendar.and_then(|calendar| gaps(asset, calendar)));
    }
    let periods_per_year = periods_per_year(clock.calendar, clock.frequency, &assets);
    Ok(Assembled {
        assets,
        calendar: clock.calendar,
        frequency: clock.frequency,
        periods_per_year,
        notices,
    })
}

/// Whether three rows or more go strictly back in time.
fn newest_first(raw: &Raw) -> bool {
    raw.when.len() >= 3
        && raw.when.windows(2).all(|w| w[0].written_seconds() > w[1].written_seconds())
}

/// Keeps rows with a time after that of the row before; all others are bad.
fn in_order(
    raw: &mut Raw,
    times: &[Option<(i64, i32)>],
    problems: &mut Problems,
) -> Vec<(i64, i32)> {
    let _span = backcast_spans::span!("store.put_in_order");
    let mut kept: Vec<usize> = Vec::with_capacity(times.len());
    let mut good: Vec<(i64, i32)> = Vec::with_capacity(times.len());
    for (row, time) in times.iter().enumerate() {
        let Some(time) = time else { continue };
        let problem = match good.last() {
            Some(last) if time.0 == last.0 => {
                let other = raw.places[kept[kept.len() - 1]];
                format!("the same time is in row {}{}", other.row, line_text(other.line))
            }
            Some(last) if time.0 < last.0 => {
                let other = kept[kept.len() - 1];
                format!(
                    "rows must go forward in time, but the row before has {}",
                    written(raw.when[other])
                )
            }
            _ => {
                kept.push(row);
                good.push(*time);
                continue;
            }
        };
        let found = written(raw.when[row]);
        problems.add(&raw.source, raw.places[row], &raw.source.when_column, &found, problem);
    }
    if kept.len() != times.len() {
        raw.select(&kept);
    }
    good
}

fn line_text(line: Option<u64>) -> String {
    line.map(|line| format!(" (line {line})")).unwrap_or_default()
}

fn asset(
    raw: &mut Raw,
    times: Vec<(i64, i32)>,
    options: &ReadOptions,
    notices: &mut Vec<String>,
) -> Result<Asset, StoreError> {
    let (time, day): (Vec<i64>, Vec<i32>) = times.into_iter().unzip();
    let [open, high, low, close, volume] = std::mem::take(&mut raw.prices);
    if raw.source.columns[4].is_empty() {
        notices.push(format!("{}: there is no column of volumes; they are undefined", raw.symbol));
    }
    let (mut splits, mut dividends) = (Vec::new(), Vec::new());
    if let (Some(adjusted), Some(rule)) = (&raw.adjusted, options.adj_close) {
        let found = events::recover(&day, &close, adjusted, rule, options.prices);
        (splits, dividends) = found.map_err(|(row, step)| no_event(raw, row, step))?;
        let big = dividends.iter().filter(|d| {
            let row = day.partition_point(|x| *x < d.ex_day.0);
            d.amount > 0.25 * close[row]
        });
        notices.extend(big.map(|d| {
            format!(
                "{}: a dividend of {} on {} is more than a quarter of the close; is it a split?",
                raw.symbol, d.amount, d.ex_day
            )
        }));
    } else if options.adj_close.is_none() && raw.extra.iter().any(|(name, _)| name == "adj_close") {
        notices.push(format!(
            "{}: the adjusted close is kept as column `adj_close`, so there are no splits and dividends; --adj-close wiki or --adj-close \
             yahoo makes events of it",
            raw.symbol
        ));
    }
    let bars = Bars {
        time: time.into(),
        day: day.into(),
        open: open.into(),
        high: high.into(),
        low: low.into(),
        close: close.into(),
        volume: volume.into(),
        extra: std::mem::take(&mut raw.extra)
            .into_iter()
            .map(|(name, column)| (name, column.into()))
            .collect(),
    };
    splits.sort_by_key(|split| split.day);
    dividends.sort_by_key(|dividend| dividend.ex_day);
    Ok(Asset { symbol: raw.symbol.clone(), bars, splits, dividends, delisted: None })
}

fn no_event(raw: &Raw, row: usize, step: f64) -> StoreError {
    let place = raw.places[row];
    let other =
        if step > 1.0 { "that would be a negative dividend" } else { "that is no dividend" };
    StoreError::Column {
        path: raw.source.path.clone(),
        column: raw.source.adjusted_column.clone(),
        problem: format!(
            "at {} (row {}{}) its ratio to the close steps by {step:.6}, and {other}; correct it, or leave it with --adj-close ignore",
            written(raw.when[row]),
            place.row,
            line_text(place.line)
        ),
    }
}

/// Sessions between an asset's first and last bar that have none.
fn gaps(asset: &Asset, calendar: &Calendar) -> Option<String> {
    let _span = backcast_spans::span!("calendar.find_gaps");
    let (first, last) = (Day(*asset.bars.day.first()?), Day(*asset.bars.day.last()?));
    let sessions = calendar.sessions(first..=last).ok()?;
    let mut have = asset.bars.day.iter().copied().peekable();
    let mut missing = Vec::new();
    for session in sessions {
        while have.next_if(|day| *day < session.0).is_some() {}
        if have.peek() != Some(&session.0) {
            missing.push(*session);
        }
    }
    let first = missing.first()?;
    let count = missing.len();
    Some(format!(
        "{}: {count} of {} sessions have no bar, the first is {first}",
        asset.symbol,
        sessions.len()
    ))
}

/// Sessions a year times bars a session.
fn periods_per_year(calendar: Option<&Calendar>, frequency: Frequency, assets: &[Asset]) -> f64 {
    let weekends = || assets.iter().any(|a| a.bars.day.iter().any(|day| Day(*day).weekday() >= 5));
    let sessions = match calendar {
        Some(calendar) => calendar.sessions_per_year(),
        None if weekends() => 365.0,
        None => 252.0,
    };
    match frequency {
        Frequency::Daily => sessions,
        Frequency::Minutes(_) => sessions * usual_bars_a_session(assets),
    }
}

/// The most frequent number of bars a session; of equally frequent ones the largest.
fn usual_bars_a_session(assets: &[Asset]) -> f64 {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for asset in assets {
        for session in asset.bars.day.chunk_by(|a, b| a == b) {
            *counts.entry(session.len()).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .max_by_key(|(bars, times)| (*times, *bars))
        .map_or(1.0, |(bars, _)| bars as f64)
}
