//! Small markets written by hand.

use std::sync::Arc;

use backcast_data::{Asset, Bars, Dividend, Frequency, Market, Split};
use backcast_types::Day;

const MINUTE: i64 = 60_000_000_000;
const DAY: i64 = 1440 * MINUTE;

/// A market of assets with daily bars of 252 sessions a year.
#[must_use]
pub fn market(assets: Vec<Asset>) -> Market {
    Market {
        name: "by hand".into(),
        calendar: None,
        frequency: Frequency::Daily,
        periods_per_year: 252.0,
        assets: assets.into_iter().map(Arc::new).collect(),
        digest: String::new(),
    }
}

/// An asset whose bars are written one a line: `09:31 open 97 high 98 low 96 close 97`.
///
/// The first word is a time on 2001-01-02 or a date such as `2001-01-03`. High and low may be left out, and so may the open: it
/// is then the close. `split 2` and `dividend 0.5` at the end of a line are events of that day; `pay 2001-01-09` says when the
/// dividend comes.
///
/// # Panics
/// On a line that cannot be read.
#[must_use]
pub fn asset(symbol: &str, bars: &str) -> Asset {
    let mut asset = Asset {
        symbol: symbol.into(),
        bars: parse_bars(bars),
        splits: Vec::new(),
        dividends: Vec::new(),
        delisted: None,
    };
    for line in lines(bars) {
        let day = moment(line).1;
        if let Some(shares) = value(line, "split") {
            asset.splits.push(Split { day, shares });
        }
        if let Some(amount) = value(line, "dividend") {
            let pay_day = word_after(line, "pay").map_or(day, |d| d.parse().expect("a date"));
            asset.dividends.push(Dividend { ex_day: day, pay_day, amount });
        }
    }
    asset
}

/// The bars of [`asset`].
///
/// # Panics
/// On a line that cannot be read.
#[must_use]
pub fn parse_bars(text: &str) -> Bars {
    let (mut time, mut day) = (Vec::new(), Vec::new());
    let [mut open, mut high, mut low, mut close, mut volume] = [const { Vec::new() }; 5];
    for line in lines(text) {
        let (at, on) = moment(line);
        let c = value(line, "close").unwrap_or_else(|| panic!("no close in `{line}`"));
        let o = value(line, "open").unwrap_or(c);
        time.push(at);
        day.push(on.0);
        open.push(o);
        high.push(value(line, "high").unwrap_or(o.max(c)));
        low.push(value(line, "low").unwrap_or(o.min(c)));
        close.push(c);
        volume.push(value(line, "volume").unwrap_or(1000.0));
    }
    Bars {
        time: time.into(),
        day: day.into(),
        open: open.into(),
        high: high.into(),
        low: low.into(),
        close: close.into(),
        volume: volume.into(),
        extra: Vec::new(),
    }
}

pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Nanoseconds and session day of the first word of a line.
pub(crate) fn moment(line: &str) -> (i64, Day) {
    let word = line.split_whitespace().next().unwrap_or_default();
    if let Ok(day) = word.parse::<Day>() {
        return (i64::from(day.0) * DAY + 21 * 60 * MINUTE, day);
    }
    let day = Day(11_324);
    let (hours, minutes) = word.split_once(':').unwrap_or_else(|| panic!("no time in `{line}`"));
    let number = |text: &str| text.parse::<i64>().unwrap_or_else(|_| panic!("no time: `{word}`"));
    (i64::from(day.0) * DAY + (number(hours) * 60 + number(minutes)) * MINUTE, day)
}

pub(crate) fn word_after<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let mut words = line.split_whitespace();
    words.find(|word| *word == name)?;
    words.next()
}

pub(crate) fn value(line: &str, name: &str) -> Option<f64> {
    let word = word_after(line, name)?;
    Some(word.parse().unwrap_or_else(|_| panic!("`{name} {word}` has no number in `{line}`")))
}
