//! Results to pages: everything computed in `backcast-search` is laid into the structs of `backcast-report`.

mod account;
pub(crate) mod cells;
pub(crate) mod lab;
mod manifest;
mod sweep;
mod walk_forward;

use std::path::Path;

use backcast_data::{Frequency, Market};
use backcast_engine::lanes::ParamSets;
use backcast_report::{Page, render};
use backcast_search::Spec;
use backcast_store::write_file;
use backcast_types::{Day, Timestamp};

use crate::{failure::Failure, number, terminal::Terminal};

pub(crate) use account::run;
pub(crate) use sweep::sweep;
pub(crate) use walk_forward::walk_forward;

/// Currency of all amounts; bundles do not say another one.
const CURRENCY: &str = "";

/// Writes a page and says where it is.
pub(crate) fn write(path: &Path, page: &Page, terminal: &mut Terminal) -> Result<(), Failure> {
    let _span = backcast_spans::span!("report.write");
    let text = render(page);
    write_file(path, text.as_bytes())?;
    let megabytes = number::grouped(text.len() as f64 / 1e6, 1);
    terminal.say(&format!("report: {} ({megabytes} MB), open it in a browser", path.display()));
    Ok(())
}

/// First and last session of the bars that decisions are made on.
pub(crate) fn span(spec: &Spec, market: &Market) -> Option<(Day, Day)> {
    let assets = market.assets.iter().filter(|asset| {
        spec.data.assets.as_ref().is_none_or(|symbols| symbols.contains(&asset.symbol))
    });
    let spans = assets.filter_map(|asset| {
        let rows = asset.bars.rows(spec.data.from, spec.data.to);
        (!rows.is_empty())
            .then(|| (asset.bars.session(rows.start), asset.bars.session(rows.end - 1)))
    });
    spans.reduce(|(a, b), (first, last)| (a.min(first), b.max(last)))
}

/// `fast 10, slow 30`.
pub(crate) fn set_text(sets: &ParamSets, set: usize) -> String {
    let values = sets.values(set);
    let pairs = sets.params().iter().zip(values);
    pairs.map(|(param, value)| format!("{} {value}", param.name)).collect::<Vec<_>>().join(", ")
}

/// Time of a row as a page shows it: daily bars by their session date.
fn shown_time(market: &Market, time: i64, day: i32) -> i64 {
    match market.frequency {
        Frequency::Daily => Timestamp::midnight(Day(day)).0,
        Frequency::Minutes(_) => time,
    }
}

/// The name of a spec without folder and ending, as a title.
fn title(spec: &Spec, otherwise: &str) -> String {
    let stem = spec.path.as_deref().and_then(Path::file_stem);
    let stem = stem.map(|stem| stem.to_string_lossy().replace(['_', '-'], " "));
    let text = stem.unwrap_or_else(|| otherwise.to_owned());
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}
