//! Whether a change moved a result: what is compared, how closely, and where two results part.

mod allowance;
mod check;
mod files;
mod json;
mod oracle;
mod runs;
mod test_files;
mod text;

pub use allowance::{Allowance, Divergence, Equality};
pub use check::{Case, Evidence, Finding, Workbench, check, check_steady};
pub use oracle::Oracle;

/// Longest piece of a result that a message or a certificate quotes, in characters.
const QUOTED: usize = 120;

/// A piece of a result as it is quoted.
fn shortened(text: &str) -> String {
    if text.chars().count() <= QUOTED {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(QUOTED).collect();
    format!("{beginning}…")
}
