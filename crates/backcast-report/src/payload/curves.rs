//! Accounts and prices, thinned and packed.

use serde::Serialize;

use super::{MAX_ACCOUNTS, MAX_CANDLES};
use crate::decimate::{groups, min_max};
use crate::model::{self, Marker, MarkerKind, Series};
use crate::number;
use crate::pack::{Packed, Packer};

/// Points of one curve, more than any screen is wide.
const POINTS: usize = 4000;
/// Points of all curves of a section together, shared by its accounts.
const POINTS_OF_SECTION: usize = 150_000;
/// Candles of a section, shared by its assets.
const CANDLES_OF_SECTION: usize = 24_000;

/// A section with curves over a common time axis.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    accounts: Vec<Account<'a>>,
    windows: Vec<Window<'a>>,
    candles: Vec<Candles<'a>>,
}

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    currency: &'a str,
    equity: Curve,
    buy_and_hold: Option<Curve>,
    drawdown: Curve,
}

/// Times in milliseconds and values.
#[derive(Serialize)]
pub(super) struct Curve {
    t: Packed,
    v: Packed,
}

#[derive(Serialize)]
struct Window<'a> {
    label: &'a str,
    from: i64,
    to: i64,
}

#[derive(Serialize)]
struct Candles<'a> {
    asset: &'a str,
    currency: &'a str,
    /// Bars that one stored candle stands for.
    bars: usize,
    t: Packed,
    o: Packed,
    h: Packed,
    l: Packed,
    c: Packed,
    v: Option<Packed>,
    markers: Markers,
}

/// Executions, column by column; `kind` has one letter each: `a` enter long, `b` exit long, `c` enter short, `d` exit short.
#[derive(Serialize)]
struct Markers {
    t: Packed,
    kind: String,
    price: Packed,
    size: Packed,
    pnl: Packed,
}

pub(super) fn run<'a>(run: &'a model::Run, packer: &mut Packer) -> Section<'a> {
    let shown = run.candles.len().min(MAX_CANDLES);
    let limit = (CANDLES_OF_SECTION / shown.max(1)).clamp(400, POINTS);
    Section {
        accounts: accounts(&run.accounts, packer),
        windows: Vec::new(),
        candles: run.candles.iter().take(shown).map(|c| candles(c, limit, packer)).collect(),
    }
}

pub(super) fn walk_forward<'a>(test: &'a model::WalkForward, packer: &mut Packer) -> Section<'a> {
    let windows = test.windows.iter().map(|window| Window {
        label: &window.label,
        from: window.from.div_euclid(1_000_000),
        to: window.to.div_euclid(1_000_000),
    });
    Section {
        accounts: accounts(&test.accounts, packer),
        windows: windows.collect(),
        candles: Vec::new(),
    }
}

fn accounts<'a>(accounts: &'a [model::Account], packer: &mut Packer) -> Vec<Account<'a>> {
    let shown = accounts.len().min(MAX_ACCOUNTS);
    let limit = (POINTS_OF_SECTION / (3 * shown.max(1))).clamp(300, POINTS);
    let mut pack = |series: &Series| curve(series, limit, packer);
    accounts
        .iter()
        .take(shown)
        .map(|account| Account {
            name: &account.name,
            currency: &account.currency,
            equity: pack(&account.equity),
            buy_and_hold: account.buy_and_hold.as_ref().map(&mut pack),
            drawdown: pack(&account.drawdown),
        })
        .collect()
}

/// At most `limit` points of a series.
pub(super) fn curve(series: &Series, limit: usize, packer: &mut Packer) -> Curve {
    let len = series.times.len().min(series.values.len());
    let kept = min_max(&series.values[..len], limit);
    let times: Vec<i64> = kept.iter().map(|&i| series.times[i]).collect();
    let values: Vec<f64> = kept.iter().map(|&i| series.values[i]).collect();
    Curve { t: packer.add_times(&times), v: packer.add_values(&values) }
}

/// At most `limit` candles: first open, highest high, lowest low, last close, summed volume of each group of bars.
fn candles<'a>(candles: &'a model::Candles, limit: usize, packer: &mut Packer) -> Candles<'a> {
    let columns = [&candles.open, &candles.high, &candles.low, &candles.close];
    let len = columns.iter().map(|column| column.len()).min().unwrap_or(0).min(candles.times.len());
    let groups = groups(len, limit);
    let mut pick = |value: &dyn Fn(std::ops::Range<usize>) -> f64| {
        let values: Vec<f64> = groups.iter().map(|group| value(group.clone())).collect();
        packer.add_values(&values)
    };

    let o = pick(&|group| candles.open[group.start]);
    let h = pick(&|group| candles.high[group].iter().copied().fold(f64::NAN, f64::max));
    let l = pick(&|group| candles.low[group].iter().copied().fold(f64::NAN, f64::min));
    let c = pick(&|group| candles.close[group.end - 1]);
    let has_volume = len > 0 && candles.volume.len() >= len;
    let v = has_volume.then(|| pick(&|group| candles.volume[group].iter().sum()));
    let times: Vec<i64> = groups.iter().map(|group| candles.times[group.start]).collect();
    Candles {
        asset: &candles.asset,
        currency: &candles.currency,
        bars: len.div_ceil(groups.len().max(1)).max(1),
        t: packer.add_times(&times),
        o,
        h,
        l,
        c,
        v,
        markers: markers(&candles.markers, packer),
    }
}

fn markers(markers: &[Marker], packer: &mut Packer) -> Markers {
    let times: Vec<i64> = markers.iter().map(|marker| marker.time).collect();
    let mut column = |value: fn(&Marker) -> f64| {
        let values: Vec<f64> = markers.iter().map(value).collect();
        packer.add_values(&values)
    };
    Markers {
        price: column(|marker| marker.price),
        size: column(|marker| marker.size),
        pnl: column(|marker| marker.pnl.unwrap_or(f64::NAN)),
        kind: markers.iter().map(|marker| letter(marker.kind)).collect(),
        t: packer.add_times(&times),
    }
}

fn letter(kind: MarkerKind) -> char {
    match kind {
        MarkerKind::EnterLong => 'a',
        MarkerKind::ExitLong => 'b',
        MarkerKind::EnterShort => 'c',
        MarkerKind::ExitShort => 'd',
    }
}

/// First and last day of a series as text, for labels.
pub(crate) fn span(series: &Series) -> Option<(String, String)> {
    let (first, last) = (series.times.first()?, series.times.last()?);
    Some((number::time(*first), number::time(*last)))
}
