//! The page's markup, by maud. One file per section.

mod account;
mod measured;
mod page;
mod profile;
mod run;
mod scale;
mod sweep;
mod table;
mod walk_forward;

use maud::{Markup, html};

pub(crate) use page::page;

/// A chart: heading, controls, and the element that the script draws into.
fn figure(id: &str, title: &str, label: &str, size: &str, controls: Markup) -> Markup {
    let heading = format!("{id}-heading");
    html! {
        figure aria-labelledby=(heading) {
            div.figure-head {
                h3 id=(heading) { (title) }
                div.figure-controls { (controls) }
            }
            div.chart.(size) id=(id) role="group" aria-label=(label) { p.wait { "Drawing\u{2026}" } }
        }
    }
}

/// A labelled list of choices.
fn choice<'a>(
    id: &str,
    label: &str,
    options: impl Iterator<Item = &'a str>,
    chosen: usize,
) -> Markup {
    html! {
        label.choice for=(id) {
            span { (label) }
            select id=(id) {
                @for (i, option) in options.enumerate() { option value=(i) selected[i == chosen] { (option) } }
            }
        }
    }
}

/// Stands where there is nothing to show.
fn nothing(text: &str) -> Markup {
    html! { p.nothing { (text) } }
}
