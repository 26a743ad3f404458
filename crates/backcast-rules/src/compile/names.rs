//! What names may mean, and which valid name is nearest to a wrong one.

use backcast_data::Field;
use backcast_indicators::{catalog, find};

use super::Definitions;

/// Functions that are no indicators.
pub(super) const FUNCTIONS: [&str; 8] =
    ["abs", "cross_above", "cross_below", "exp", "log", "max", "min", "sqrt"];

/// Words with a meaning of their own.
const WORDS: [&str; 6] = ["and", "false", "not", "or", "raw", "true"];

/// The column of that name among the five that every asset has.
pub(super) fn field(name: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.name() == name)
}

/// What a name already means, for the message that it cannot mean something else.
pub(super) fn meaning(name: &str, columns: &[String]) -> Option<&'static str> {
    if field(name).is_some() || columns.iter().any(|c| c == name) {
        Some("a column of the data")
    } else if find(name).is_some() {
        Some("an indicator")
    } else if FUNCTIONS.contains(&name) {
        Some("a function")
    } else if WORDS.contains(&name) {
        Some("a word of the language")
    } else {
        None
    }
}

/// Whether a name can be written without quotation marks.
pub(super) fn is_word(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && letters.all(|c| c.is_alphanumeric() || c == '_')
}

/// Where a text mentions a name as a whole word.
pub(super) fn find_word(text: &str, name: &str) -> Option<usize> {
    let continues = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        !name.is_empty()
            && !text[..*at].ends_with(continues)
            && !text[at + name.len()..].starts_with(continues)
    })
}

/// Names that may stand where a value is expected.
pub(super) fn values<'a>(
    definitions: &'a Definitions<'a>,
    series: impl Iterator<Item = &'a str>,
) -> Vec<&'a str> {
    let fields = Field::ALL.iter().map(|field| field.name());
    let columns = definitions.columns.iter().map(String::as_str);
    let params = definitions.params.iter().map(String::as_str);
    let assets = definitions.assets.iter().map(String::as_str);
    fields.chain(columns).chain(params).chain(series).chain(assets).collect()
}

/// Names that may be called.
pub(super) fn callables() -> Vec<&'static str> {
    let indicators = catalog()
        .iter()
        .flat_map(|spec| std::iter::once(spec.name).chain(spec.aliases.iter().copied()));
    indicators.chain(FUNCTIONS).collect()
}

/// The candidate that was probably meant: the fewest letters to change, at most a third of them.
pub(super) fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .iter()
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| {
            *distance <= (name.chars().count().max(candidate.chars().count()) / 3).max(1)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Help for an unknown name.
pub(super) fn suggestion(name: &str, candidates: &[&str]) -> String {
    match nearest(name, candidates) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are: {}", list(candidates)),
    }
}

/// The first names of a list, separated by commas.
pub(super) fn list(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
