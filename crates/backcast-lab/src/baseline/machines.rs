//! One change on many machines: ratios of two revisions, each within its class, merged.

use serde::{Deserialize, Serialize};

use super::{BaselineError, Contents, Figure, Measure, gate::log_ratio};
use crate::stats::{Interval, Merged, merge_ratios};

/// What a change did to a command, on each class of machines and together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcrossMachines {
    /// Name of the command.
    pub subject: String,
    /// Key of a class, and the ratio of the later revision to the earlier one on it.
    pub classes: Vec<(String, Interval)>,
    /// All of them together.
    pub merged: Merged,
}

/// Compares two revisions of every command on every class of machines that has sessions of both. Times of two classes never meet.
///
/// - `from`, `to`: beginnings of commits; one with a plus sign means sources that had changed since that commit
/// - `level`: of the intervals
///
/// # Errors
/// [`BaselineError::Stats`] for a level outside (0, 1).
pub fn across_machines(
    contents: &Contents,
    measure: Measure,
    from: &str,
    to: &str,
    level: f64,
) -> Result<Vec<AcrossMachines>, BaselineError> {
    let mut all: Vec<AcrossMachines> = Vec::new();
    let mut classes: Vec<(String, Interval)> = Vec::new();
    let subjects = contents.subjects();
    for (i, subject) in subjects.iter().enumerate() {
        let figures = contents.figures(&subject.name, &subject.class, measure);
        let of = |revision: &str| -> Vec<Figure> {
            figures.iter().filter(|figure| is_of(figure, revision)).cloned().collect()
        };
        let (before, after) = (of(from), of(to));
        if !before.is_empty() && !after.is_empty() {
            let ratio = log_ratio(&before, &after, measure, level)?.0.map(libm::exp);
            classes.push((subject.class.clone(), ratio));
        }
        let last = subjects.get(i + 1).is_none_or(|next| next.name != subject.name);
        if last && !classes.is_empty() {
            let ratios: Vec<Interval> = classes.iter().map(|(_, ratio)| *ratio).collect();
            let merged = merge_ratios(&ratios)?;
            let classes = std::mem::take(&mut classes);
            all.push(AcrossMachines { subject: subject.name.clone(), classes, merged });
        }
    }
    Ok(all)
}

/// Whether a figure was taken at a revision, told by the beginning of its commit.
pub fn is_of(figure: &Figure, revision: &str) -> bool {
    let Some(commit) = &figure.commit else { return false };
    let split = |text: &str| match text.strip_suffix('+') {
        Some(hash) => (hash.to_owned(), true),
        None => (text.to_owned(), false),
    };
    let ((commit, changed), (wanted, wants_changed)) = (split(commit), split(revision));
    // Commits are kept abbreviated, so the longer text may be on either side.
    let begins = commit.starts_with(&wanted) || wanted.starts_with(&commit);
    !wanted.is_empty() && begins && changed == wants_changed
}
