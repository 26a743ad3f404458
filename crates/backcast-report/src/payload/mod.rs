//! What the page's script gets: a small JSON object of names and references, and packed streams they point into.

mod curves;
mod measured;
mod profile;
mod scale;
mod sweep;

use serde::Serialize;

use crate::model::{Page, Table};
use crate::number;
use crate::pack::{Packer, gzip_base64};

pub(crate) use curves::span;
pub(crate) use measured::MAX_VIEWS;
pub(crate) use profile::profile_tables;

/// Rows that stand in the page as markup; the script brings the others when the reader asks.
pub(crate) const ROWS_IN_MARKUP: usize = 30;
/// Rows of a table that reach the page at all.
pub(crate) const MAX_ROWS: usize = 20_000;
/// Accounts a section offers.
pub(crate) const MAX_ACCOUNTS: usize = 50;
/// Assets whose prices a section offers.
pub(crate) const MAX_CANDLES: usize = 60;

/// The data blocks of a page, as text ready to stand in `script` elements.
#[derive(Debug, Default)]
pub(crate) struct Payload {
    /// JSON, with `<` escaped.
    pub(crate) json: String,
    /// Curves over time and prices.
    pub(crate) series: String,
    /// Metrics of the sets of a sweep.
    pub(crate) grid: String,
    /// Curves of the sets of a sweep.
    pub(crate) curves: String,
    /// Table rows beyond those in the markup: gzipped JSON, from table id to rows of cell texts.
    pub(crate) rows: String,
    /// Figures of measurements: gzipped JSON.
    pub(crate) measured: String,
    /// What the page must say where not every set of the sweep is drawn.
    pub(crate) thinning_note: Option<String>,
}

#[derive(Serialize)]
struct Root<'a> {
    sweep: Option<sweep::Sweep<'a>>,
    walk_forward: Option<curves::Section<'a>>,
    run: Option<curves::Section<'a>>,
    profile: Option<profile::Section>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<scale::Section<'a>>,
}

/// Everything of `page` that the script draws.
pub(crate) fn payload(page: &Page) -> Payload {
    let _span = backcast_spans::span!("report.payload");
    let mut series = Packer::default();
    let mut curves = Packer::default();
    let (mut grid, mut thinning_note) = (String::new(), None);
    let sweep = page.sweep.as_ref().map(|model| {
        let prepared = sweep::sweep(model, &mut curves);
        (grid, thinning_note) = (prepared.grid, prepared.note);
        prepared.sweep
    });
    let root = Root {
        sweep,
        walk_forward: page.walk_forward.as_ref().map(|w| curves::walk_forward(w, &mut series)),
        run: page.run.as_ref().map(|run| curves::run(run, &mut series)),
        profile: page.profile.as_ref().map(profile::section),
        scale: page.scale.as_ref().map(scale::section),
    };
    let json = serde_json::to_string(&root).expect("names and numbers are valid JSON");
    Payload {
        json: json.replace('<', "\\u003c"),
        series: series.finish(),
        grid,
        curves: curves.finish(),
        rows: further_rows(page),
        measured: measured_figures(page),
        thinning_note,
    }
}

/// Tables of the page with their element ids.
pub(crate) fn tables(page: &Page) -> Vec<(String, &Table)> {
    let mut tables = Vec::new();
    if let Some(sweep) = &page.sweep {
        tables.extend(sweep.summary.as_ref().map(|table| ("which-hold-up".to_owned(), table)));
        let best = sweep.assets.iter().enumerate();
        tables.extend(best.filter_map(|(i, a)| Some((format!("best-{i}"), a.best.as_ref()?))));
    }
    if let Some(table) = page.walk_forward.as_ref().and_then(|w| w.table.as_ref()) {
        tables.push(("windows".to_owned(), table));
    }
    if let Some(run) = &page.run {
        tables.extend(run.assets.as_ref().map(|table| ("assets".to_owned(), table)));
        tables.extend(run.trades.as_ref().map(|table| ("trades".to_owned(), table)));
    }
    if let Some(profile) = &page.profile {
        tables.extend(profile_tables(profile).map(|(id, table)| (id.to_owned(), table)));
    }
    let measured = page.measured.iter().flat_map(|measured| &measured.tables);
    tables.extend(measured.map(|(id, table)| (id.clone(), table)));
    if let Some(costs) = page.scale.as_ref().and_then(|scale| scale.costs.as_ref()) {
        tables.push(("scale-costs".to_owned(), costs));
    }
    tables
}

fn measured_figures(page: &Page) -> String {
    let figures = measured::figures(&page.measured);
    if figures.is_empty() {
        return String::new();
    }
    let json = serde_json::to_vec(&figures).expect("names and numbers are valid JSON");
    gzip_base64(&json)
}

fn further_rows(page: &Page) -> String {
    let mut further = serde_json::Map::new();
    for (id, table) in tables(page) {
        if table.rows.len() > ROWS_IN_MARKUP {
            let rows: Vec<Vec<String>> = table
                .rows
                .iter()
                .take(MAX_ROWS)
                .skip(ROWS_IN_MARKUP)
                .map(|row| texts(table, row))
                .collect();
            further.insert(id, rows.into());
        }
    }
    if further.is_empty() {
        return String::new();
    }
    gzip_base64(serde_json::Value::Object(further).to_string().as_bytes())
}

/// The cells of a row as text, one for each column.
pub(crate) fn texts(table: &Table, row: &[crate::model::Cell]) -> Vec<String> {
    let columns = table.columns.iter().enumerate();
    columns.map(|(i, column)| number::cell(row.get(i), &column.format)).collect()
}
