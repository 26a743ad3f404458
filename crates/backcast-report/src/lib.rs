//! Results in, one self-contained HTML page out.
//!
//! Fill a [`Page`] and call [`render`]. The page needs no network (its content policy forbids any), carries plotly's
//! script once, gzipped, and draws what it was given: no number on it is computed here.
//!
//! # Elements that tests and other pages may rely on
//!
//! `html[data-ready="true"]` once every chart is drawn; `html[data-error]` holds the message if that failed;
//! `html[data-theme]` is `light` or `dark`.
//!
//! | id | what |
//! |---|---|
//! | `#manifest`, `#notices`, `#theme-toggle` | header |
//! | `#sweep`, `#walk-forward`, `#run`, `#profile`, `#scale` | sections |
//! | `#equity`, `#drawdown`, `#candles` | charts of a run (plotly: `.js-plotly-plot` when drawn) |
//! | `#account-select`, `#candle-asset`, `#log-scale`, `button[data-years]` | controls of a run |
//! | `#monthly`, `table#assets`, `table#trades` | tables of a run |
//! | `#heatmap`, `#cell-curve` | charts of a sweep |
//! | `#asset-select`, `#metric-select`, `#x-select`, `#y-select`, `#set-0`, `#set-1`, ..., `#best-set`, `#cell-log` | controls of a sweep |
//! | `#cell-facts`, `#cell-note`, `#cell-command`, `table#which-hold-up`, `#best table`, `table#best-0`, ... | texts of a sweep |
//! | `#profile`, `#flame`, `#flame-difference`, `#process`, `#flame-search`, `table#profile-paths`, `table#profile-functions` | profile |
//! | `#runs`, `#pairs`, `#runs-in-order`, `#distribution`, `#memory`, `#ratios`, `#times`, `#scan`, `#history-figure` | what was measured; `#ID-view` chooses, `#ID-note` explains |
//! | `table#estimates`, `table#costs`, `table#sessions`, `table#conditions`, `table#results`, `table#changes`, `table#alerts`, ... | its tables |
//! | `#scale-plot`, `#scale-part`, `#scale-axis`, `#scale-note`, `table#scale-costs` | cost by size |
//! | `#oos-equity`, `#oos-drawdown`, `#oos-select`, `#oos-log-scale`, `#oos-monthly`, `table#windows` | walk-forward |
//!
//! `#cell-curve[data-trial]` is the number of the trial whose curve is shown, `#cell-curve[data-curve]` is `full`,
//! `coarse` or `none`. A heading of a sortable table is a button in a `th[aria-sort]`; its rows have `data-row`, the
//! place in the order given. `.more[data-for=ID] button` shows all rows of a long table.
//!
//! The content policy forbids `eval`, so a browser test waits for `html[data-ready]` by a selector, not by a predicate
//! in text form.

mod decimate;
mod html;
pub mod lab;
mod model;
mod number;
mod pack;
mod payload;

pub use model::*;

/// The look of a page, for pages that are made elsewhere and belong to it.
pub const STYLE: &str = include_str!("page.css");

/// The page as one HTML document.
///
/// # Examples
/// ```
/// use backcast_report::{Page, render};
/// let page = Page { title: "Buy and hold".into(), ..Page::default() };
/// assert!(render(&page).starts_with("<!DOCTYPE html>"));
/// ```
pub fn render(page: &Page) -> String {
    let _span = backcast_spans::span!("report.render");
    html::page(page, &payload::payload(page)).into_string()
}
