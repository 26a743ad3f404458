//! A scaling as Markdown, for a ticket or a commit.

use super::{Scaling, words};
use crate::markdown::plain;

/// The whole file.
pub fn markdown(scaling: &Scaling) -> String {
    let mut out = format!("# Cost of {} by size\n\n", plain(&scaling.name));
    for (name, said) in words::facts(scaling) {
        out += &format!("- {name}: {}\n", plain(&said));
    }
    out += &format!("\n| {} |\n", words::HEADINGS.join(" | "));
    out += &format!("|---|{}\n", "--:|".repeat(words::HEADINGS.len() - 1));
    for line in words::lines(scaling) {
        let cells: Vec<String> = line.cells.iter().map(|cell| plain(cell)).collect();
        out += &format!("| {} |\n", cells.join(" | "));
    }
    out
}
