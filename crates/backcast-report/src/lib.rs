//! Results in, one self-contained HTML page out.
//!
//! Fill a [`Page`] and call [`render`]. The page needs no network (its content policy forbids any), carries plotly's
//! script once, gzipped, and draws what it was given: no number on it is computed here.

mod decimate;
mod html;
mod model;
mod number;
mod pack;

pub use model::*;

/// The page as one HTML document.
pub fn render(page: &Page) -> String {
    html::page(page).into_string()
}
