//! The frame of the page: head, heading, manifest, notices, data blocks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{measured, profile, run, scale, sweep, walk_forward};
use crate::STYLE;
use crate::model::Page;
use crate::payload::Payload;

/// Nothing is fetched: scripts and styles stand in the page, pictures are made by it.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      img-src data: blob:; base-uri 'none'; form-action 'none'";
const SCRIPT: &str = concat!(
    include_str!("../page/data.js"),
    include_str!("../page/charts.js"),
    include_str!("../page/sweep.js"),
    include_str!("../page/profile.js"),
    include_str!("../page/measured.js"),
    include_str!("../page/scale.js"),
    include_str!("../page/page.js")
);
/// plotly.js (MIT licence, its notice inside), gzipped by the build script.
const CHARTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plotly.min.js.gz"));

/// The whole page.
pub(crate) fn page(page: &Page, payload: &Payload) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (header(page))
                main {
                    @if let Some(model) = &page.sweep { (sweep::sweep(model, payload.thinning_note.as_deref())) }
                    @if let Some(model) = &page.walk_forward { (walk_forward::walk_forward(model)) }
                    @if let Some(model) = &page.run { (run::run(model)) }
                    @if let Some(model) = &page.profile { (profile::profile(model)) }
                    @for model in &page.measured { (measured::measured(model)) }
                    @if let Some(model) = &page.scale { (scale::scale(model)) }
                }
                footer {
                    p { "Made by Backcast " (env!("CARGO_PKG_VERSION")) ". Charts by plotly.js. This file needs no network." }
                    @if !page.is_of_the_laboratory() { p { "Past results, simulated ones above all, are no promise of future ones." } }
                }
                div #tip role="tooltip" hidden {}
                (data(payload))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn header(page: &Page) -> Markup {
    html! {
        header {
            div.bar {
                span.brand { "Backcast" }
                nav aria-label="Sections" {
                    @if page.sweep.is_some() { a href="#sweep" { "Sweep" } }
                    @if page.walk_forward.is_some() { a href="#walk-forward" { "Walk-forward" } }
                    @if page.run.is_some() {
                        a href="#run" { "Run" }
                        a href="#candles-heading" { "Prices" }
                        a href="#monthly" { "Months" }
                        a href="#trades-heading" { "Trades" }
                    }
                    @if page.profile.is_some() {
                        a href="#profile" { "Profile" }
                        a href="#profile-paths" { "Call paths" }
                        a href="#profile-functions" { "Functions" }
                    }
                    @for one in &page.measured { a href={ "#" (one.id) } { (one.heading) } }
                    @if page.scale.is_some() {
                        a href="#scale" { "Cost by size" }
                        a href="#scale-costs" { "Costs" }
                    }
                }
                button #theme-toggle type="button" aria-label="Switch between light and dark" { "Dark" }
            }
            h1 { (page.title) }
            @if !page.subtitle.is_empty() { p.lead { (page.subtitle) } }
            dl #manifest {
                @for (name, value) in &page.manifest {
                    div.wide[value.chars().count() > 48] { dt { (name) } dd { (value) } }
                }
            }
            @if !page.notices.is_empty() {
                ul #notices aria-label="Notices" { @for notice in &page.notices { li { (notice) } } }
            }
            noscript { p.nothing { "The charts need JavaScript; the tables do not." } }
        }
    }
}

/// Blocks that the script reads; none of them is executed as it stands.
fn data(payload: &Payload) -> Markup {
    let block = |id: &str, text: &str| {
        html! { script id=(id) type="text/plain" { (PreEscaped(text)) } }
    };
    html! {
        script #data type="application/json" { (PreEscaped(&payload.json)) }
        (block("data-series", &payload.series))
        (block("data-grid", &payload.grid))
        (block("data-curves", &payload.curves))
        (block("data-rows", &payload.rows))
        (block("data-measured", &payload.measured))
        (block("data-charts", &STANDARD.encode(CHARTS)))
    }
}
