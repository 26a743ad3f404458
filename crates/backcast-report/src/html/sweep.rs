//! A sweep: which sets hold up, the map of all sets, the curve of the chosen one, the best sets.

use maud::{Markup, html};

use super::table::table;
use super::{choice, figure, nothing};
use crate::model::{AssetSweep, Sweep};

const HOW_TO_READ_A_MAP: &str = "Choose a set by a click or by the lists above. A star marks the best set as ranked below, a ring \
    the chosen one; blank cells are undefined or not part of the sweep; colours end at the 1st and 99th percentile.";
const HOW_TO_READ_A_LINE: &str =
    "Choose a set by a click or by the list above. A ring marks the chosen one.";

/// The section of a sweep. `thinning_note` says which sets are not drawn.
pub(super) fn sweep(sweep: &Sweep, thinning_note: Option<&str>) -> Markup {
    html! {
        section #sweep aria-labelledby="sweep-heading" {
            h2 #sweep-heading { "Parameter sweep" }
            @if let Some(summary) = &sweep.summary {
                h3 { "Which hold up" }
                (table("which-hold-up", summary, false))
            }
            @if sweep.params.is_empty() || sweep.metrics.is_empty() || sweep.assets.is_empty() {
                (nothing("The sweep has no sets to draw."))
            } @else {
                (map(sweep, thinning_note))
            }
            @if sweep.assets.iter().any(|asset| asset.best.is_some()) {
                section #best aria-labelledby="best-heading" {
                    h3 #best-heading { "Best sets" }
                    p.note { "A click on a row shows its curve above." }
                    @for (i, asset) in sweep.assets.iter().enumerate() { (best(sweep, i, asset)) }
                }
            }
        }
    }
}

fn map(sweep: &Sweep, thinning_note: Option<&str>) -> Markup {
    let params = || sweep.params.iter().map(|param| param.name.as_str());
    html! {
        div.controls role="group" aria-label="What the map shows" {
            (choice("asset-select", "Asset", sweep.assets.iter().map(|asset| asset.asset.as_str()), chosen(sweep)))
            (choice("metric-select", "Metric", sweep.metrics.iter().map(|metric| metric.name.as_str()), 0))
            @if sweep.params.len() > 2 {
                (choice("x-select", "Across", params(), 0))
                (choice("y-select", "Upwards", params(), 1))
            }
        }
        div.controls #set-controls role="group" aria-label="Chosen set" {
            @for (i, param) in sweep.params.iter().enumerate() {
                (choice(&format!("set-{i}"), &param.name, std::iter::empty(), 0))
            }
            button type="button" #best-set { "Best set" }
        }
        div.split {
            div {
                (figure("heatmap", "All sets", "Map of the chosen metric over the parameters", "square", html! {}))
                p.note { (if sweep.params.len() > 1 { HOW_TO_READ_A_MAP } else { HOW_TO_READ_A_LINE }) }
                @if let Some(note) = thinning_note { p.note #thinning-note { (note) } }
            }
            div {
                (figure("cell-curve", "Chosen set", "Equity of the chosen set", "middle", html! {
                    button type="button" #cell-log data-log="cell" aria-pressed="false"
                        data-help="Equal distances are equal percentages" { "Log scale" }
                }))
                p.note #cell-note aria-live="polite" {}
                dl.facts #cell-facts {
                    @for metric in &sweep.metrics {
                        div {
                            dt { span data-help=[super::table::help(&metric.help)]
                                tabindex=[super::table::help(&metric.help).map(|_| "0")] { (metric.name) } }
                            dd {}
                        }
                    }
                }
                p.command #cell-command hidden { span { "In full: " } code {} " " button type="button" { "Copy" } }
            }
        }
    }
}

fn best(sweep: &Sweep, i: usize, asset: &AssetSweep) -> Markup {
    html! {
        div data-group="sweep" data-account=(i) hidden[i != chosen(sweep)] {
            @match &asset.best {
                Some(best) => (table(&format!("best-{i}"), best, true)),
                None => (nothing("No best sets were recorded for this asset.")),
            }
        }
    }
}

fn chosen(sweep: &Sweep) -> usize {
    sweep.chosen_asset.min(sweep.assets.len().saturating_sub(1))
}
