//! Measurements: figures, of which a reader may choose among views, and tables.

use maud::{Markup, html};

use super::table::table;
use super::{choice, figure, nothing};
use crate::lab::{Figure, Measured};
use crate::payload::MAX_VIEWS;

/// The section of something measured.
pub(super) fn measured(measured: &Measured) -> Markup {
    let heading = format!("{}-heading", measured.id);
    html! {
        section id=(measured.id) aria-labelledby=(heading) {
            h2 id=(heading) { (measured.heading) }
            @if !measured.lead.is_empty() { p.lead { (measured.lead) } }
            @for one in &measured.figures { (chart(one)) }
            @for (id, rows) in &measured.tables { (table(id, rows, false)) }
            @if measured.figures.is_empty() && measured.tables.is_empty() { (nothing("Nothing was measured.")) }
        }
    }
}

fn chart(one: &Figure) -> Markup {
    let shown = &one.views[..one.views.len().min(MAX_VIEWS)];
    if shown.is_empty() {
        return nothing(&format!("{}: there is nothing to draw.", one.title));
    }
    let controls = html! {
        @if shown.len() > 1 {
            (choice(&format!("{}-view", one.id), "Of", shown.iter().map(|view| view.name.as_str()), 0))
        }
    };
    html! {
        (figure(&one.id, &one.title, &one.label, "middle", controls))
        p.note id=(format!("{}-note", one.id)) aria-live="polite" { (shown[0].note) }
        @if shown.len() < one.views.len() {
            p.note { (shown.len()) " of " (one.views.len()) " are in this page." }
        }
    }
}
