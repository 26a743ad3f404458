//! Tables: sortable headings, the first rows as markup, the others on request.

use maud::{Markup, html};

use crate::model::{Cell, Table};
use crate::number::UNDEFINED;
use crate::payload::{MAX_ROWS, ROWS_IN_MARKUP, texts};

/// What a column holds, which decides alignment and order.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
    Time,
}

/// `table` under the element id `id`. With `pick`, rows can be chosen.
pub(super) fn table(id: &str, table: &Table, pick: bool) -> Markup {
    let kinds: Vec<Kind> = (0..table.columns.len()).map(|column| kind(table, column)).collect();
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(table.caption) {
            table.sortable.pick[pick] id=(id) {
                caption { span { (table.caption) } }
                thead { tr {
                    @for (column, kind) in table.columns.iter().zip(&kinds) {
                        th scope="col" class=(class(*kind)) aria-sort="none" {
                            button type="button" data-help=[help(&column.help)] { (column.name) }
                        }
                    }
                } }
                tbody {
                    @for (i, row) in table.rows.iter().take(ROWS_IN_MARKUP).enumerate() {
                        tr data-row=(i) {
                            @for (text, kind) in texts(table, row).iter().zip(&kinds) { (cell(text, *kind)) }
                        }
                    }
                    @if table.rows.is_empty() {
                        tr.none { td.text colspan=(table.columns.len().max(1)) { "No rows." } }
                    }
                }
            }
        }
        @if table.rows.len() > ROWS_IN_MARKUP {
            p.more data-for=(id) {
                span { (ROWS_IN_MARKUP) " of " (table.rows.len().min(MAX_ROWS)) " rows are shown." }
                " "
                button type="button" { "Show all" }
                @if table.rows.len() > MAX_ROWS {
                    " The run has " (table.rows.len()) "; all of them are in its result files."
                }
            }
        }
    }
}

fn cell(text: &str, kind: Kind) -> Markup {
    let negative = kind == Kind::Number && text.starts_with('\u{2212}');
    html! {
        td class=(class(kind)) data-negative[negative] {
            @if text == UNDEFINED { span.undefined title="undefined" { (text) } } @else { (text) }
        }
    }
}

/// An attribute that is left out when there is nothing to say.
pub(super) fn help(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Time => "time",
    }
}

/// The kind of the first cell that has one.
fn kind(table: &Table, column: usize) -> Kind {
    let kinds = table.rows.iter().filter_map(|row| match row.get(column)? {
        Cell::Text(_) => Some(Kind::Text),
        Cell::Number(_) => Some(Kind::Number),
        Cell::Time(_) => Some(Kind::Time),
        Cell::Missing => None,
    });
    kinds.into_iter().next().unwrap_or(Kind::Text)
}
