//! Cost by size: the plot with its choices, the table of costs.

use maud::{Markup, html};

use super::table::table;
use super::{choice, figure, nothing};
use crate::lab::Scale;

/// The section of a scaling.
pub(super) fn scale(scale: &Scale) -> Markup {
    let names = scale.parts.iter().map(|part| part.name.as_str());
    let sizes = scale.sizes.iter().map(String::as_str);
    let choices = html! {
        (choice("scale-part", "Part", names, 0))
        @if scale.sizes.len() > 1 { (choice("scale-axis", "Along", sizes, 0)) }
    };
    html! {
        section #scale aria-labelledby="scale-heading" {
            h2 #scale-heading { "What is fixed, what grows" }
            @if !scale.closing.is_empty() { p.lead #scale-closing { (scale.closing) } }
            @if scale.parts.is_empty() {
                (nothing("Nothing was measured."))
            } @else {
                (figure("scale-plot", "Cost by size", "Measured runs, fitted cost and its band on logarithmic axes", "candle", choices))
                p.note #scale-note { "Points are runs, lines are what was fitted, bands hold single runs; dashed is extrapolated." }
            }
            @if let Some(costs) = &scale.costs { (table("scale-costs", costs, false)) }
        }
    }
}
