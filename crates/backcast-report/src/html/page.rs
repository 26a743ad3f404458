//! The frame of the page: head, heading, manifest, notices.

use maud::{DOCTYPE, Markup, html};

use crate::model::Page;

/// Nothing is fetched: scripts and styles stand in the page, pictures are made by it.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      img-src data: blob:; base-uri 'none'; form-action 'none'";

/// The whole page.
pub(crate) fn page(page: &Page) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (page.title) }
            }
            body {
                header { h1 { (page.title) } p { (page.subtitle) } }
                dl #manifest { @for (name, value) in &page.manifest { dt { (name) } dd { (value) } } }
            }
        }
    }
}
