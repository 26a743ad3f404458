//! What is wrong with a spec, and where.

use std::sync::Arc;

use strsim::damerau_levenshtein;

/// A mistake in a spec or an override, with its place, so that a terminal can underline it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SpecError {
    /// File of the spec, or `--set` where an override is at fault.
    pub file: String,
    /// The whole text that `offset` counts in.
    pub text: Arc<str>,
    /// First byte of the place.
    pub offset: usize,
    /// Bytes of the place.
    pub len: usize,
    /// What was found and what was expected.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl SpecError {
    /// Line and column of the place, both counted from one, the column in characters.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(self.offset)];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        (line, before[start..].chars().count() + 1)
    }

    /// The text at fault.
    #[must_use]
    pub fn found(&self) -> &str {
        let start = self.text.floor_char_boundary(self.offset);
        let end = self.text.ceil_char_boundary(self.offset.saturating_add(self.len));
        &self.text[start..end]
    }
}

/// The nearest of `names` to what was written, where one is near enough to have been meant.
pub(crate) fn nearest<'a>(
    found: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (found.chars().count() / 3).max(2);
    names
        .into_iter()
        .map(|name| (damerau_levenshtein(&found.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "did you mean `a`? known are: a, b", or without the question where nothing is near.
pub(crate) fn suggestion<'a>(
    found: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let list = names.clone().into_iter().collect::<Vec<_>>().join(", ");
    match nearest(found, names) {
        Some(name) => format!("did you mean `{name}`? possible are: {list}"),
        None => format!("possible are: {list}"),
    }
}
