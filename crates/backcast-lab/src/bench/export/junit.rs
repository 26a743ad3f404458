//! Sessions as tests, for systems that show test results: a regression is a failure, a session that cannot tell, or that there is none,
//! an error.

use std::fmt::Write;

use super::super::{Outcome, Session};

/// A benchmark that gave no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmeasured {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// A document in the form that JUnit's tools agree on.
pub fn junit(sessions: &[Session], unmeasured: &[Unmeasured]) -> String {
    let count = |outcome| sessions.iter().filter(|session| session.outcome() == outcome).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <testsuites>\n<testsuite name=\"backcast bench\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        sessions.len() + unmeasured.len(),
        count(Outcome::Regressed),
        count(Outcome::CouldNotMeasure) + unmeasured.len(),
    );
    for session in sessions {
        case(&mut text, session).expect("memory takes every line");
    }
    for Unmeasured { name, why } in unmeasured {
        text += &format!(
            "<testcase classname=\"bench\" name=\"{}\"><error message=\"could not measure: {}\"/></testcase>\n",
            escaped(name),
            escaped(why)
        );
    }
    text + "</testsuite>\n</testsuites>\n"
}

fn case(text: &mut String, session: &Session) -> std::fmt::Result {
    let record = &session.candidate;
    let name = escaped(&record.command.name);
    let seconds = record.wall_summary().map_or(0.0, |wall| wall.median);
    write!(text, "<testcase classname=\"bench\" name=\"{name}\" time=\"{seconds:.9}\">")?;
    let ratio = session.comparison.as_ref().map(|comparison| comparison.ratio);
    let ratio = ratio.map(|r| format!("{:.4} [{:.4}, {:.4}] of base", r.estimate, r.low, r.high));
    let ratio = ratio.unwrap_or_default();
    match session.outcome() {
        Outcome::Passed => {}
        Outcome::Regressed => write!(text, "<failure message=\"slower: {ratio}\"/>")?,
        Outcome::CouldNotMeasure => {
            let doubts: Vec<String> = session.doubts.iter().map(ToString::to_string).collect();
            write!(
                text,
                "<error message=\"could not measure: {}\"/>",
                escaped(&doubts.join("; "))
            )?;
        }
    }
    writeln!(text, "</testcase>")
}

/// Text that means itself in an attribute. Characters that XML cannot hold become a replacement.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}
