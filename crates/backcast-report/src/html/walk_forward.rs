//! A walk-forward test: the stitched out-of-sample curve over its windows, and the table of windows.

use maud::{Markup, html};

use super::account::{Ids, curves, monthly, summary};
use super::nothing;
use super::table::table;
use crate::model::WalkForward;

const IDS: Ids = Ids {
    group: "walk_forward",
    select: "oos-select",
    equity: "oos-equity",
    drawdown: "oos-drawdown",
    log: "oos-log-scale",
    monthly: "oos-monthly",
};

/// The section of a walk-forward test.
pub(super) fn walk_forward(test: &WalkForward) -> Markup {
    html! {
        section #walk-forward aria-labelledby="walk-forward-heading" {
            h2 #walk-forward-heading { "Walk-forward test" }
            p.lead {
                "Each window trades the set that was best on the bars before it. The curve joins these windows, so no "
                "bar on it was seen when its set was chosen."
            }
            (summary(&test.accounts, &IDS))
            (curves(&test.accounts, &IDS, "Out-of-sample equity"))
            @if !test.windows.is_empty() { p.note { "Shaded bands are the test windows, every other one darker." } }
            section aria-labelledby="windows-heading" {
                h3 #windows-heading { "Windows" }
                @match &test.table {
                    Some(windows) => (table("windows", windows, false)),
                    None => (nothing("No windows were recorded.")),
                }
            }
            (monthly(&test.accounts, &IDS))
        }
    }
}
