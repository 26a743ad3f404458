//! A profile: closing line, flame graphs, the process tree over time, tables.

use maud::{Markup, html};

use super::table::table;
use super::{figure, nothing};
use crate::lab::Profile;
use crate::payload::profile_tables;

/// The section of a profile.
pub(super) fn profile(profile: &Profile) -> Markup {
    let search = html! {
        label.choice for="flame-search" {
            span { "Find" }
            input #flame-search type="search" placeholder="function" autocomplete="off";
        }
    };
    html! {
        section #profile aria-labelledby="profile-heading" {
            h2 #profile-heading { "Where the time went" }
            @if !profile.closing.is_empty() { p.lead #closing { (profile.closing) } }
            @if profile.flame.is_empty() {
                (nothing("The inside of the command was not seen."))
            } @else {
                (figure("flame", "Flame graph", "Call paths by time, threads on top", "flame", search))
                p.note #flame-note aria-live="polite" { "A click enlarges a call path; widths are times, colours say whose work it is." }
            }
            @if profile.difference.is_some() {
                (figure("flame-difference", "Differential flame graph", "Call paths by change of own time", "flame", html! {}))
                p.note { "Widths are the longer of both times; orange is slower or new, blue is faster or gone." }
            }
            @if !profile.process.is_empty() {
                (figure("process", "Processor and memory", "Processors in use and resident memory of the process tree over time", "short", html! {}))
            }
            @for (id, rows) in profile_tables(profile) { (table(id, rows, false)) }
        }
    }
}
