//! Two JSON documents, member by member.

use serde_json::Value;

use super::allowance::{Allowance, Divergence, Equality, Gathered};

/// What Python writes for numbers that JSON has not.
const NOT_FINITE: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Reads a document.
///
/// # Errors
/// What is wrong, and where, as a sentence.
pub(super) fn read(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(text).map_err(|error| match not_finite_at(&error, text) {
        Some((word, column)) => format!(
            "{word} is not JSON (line {}, column {column}); json.dumps(..., allow_nan=False) says where it comes from, null can stand for it",
            error.line()
        ),
        None => error.to_string(),
    })
}

/// The word in which reading came to its end, where it is one of [`NOT_FINITE`], and the column of its first letter.
fn not_finite_at(error: &serde_json::Error, text: &[u8]) -> Option<(&'static str, usize)> {
    let line = text.split(|byte| *byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let column = error.column().min(line.len());
    // A sign is read before what follows it is found to be no digit.
    let mut begins = [2, 1].into_iter().filter_map(|back| column.checked_sub(back));
    begins.find_map(|begin| {
        let word = NOT_FINITE.iter().find(|word| line[begin..].starts_with(word.as_bytes()))?;
        Some((*word, begin + 1))
    })
}

/// Compares two documents: the same shape and texts, numbers within the allowance. The order of members does not matter, that of
/// elements does.
pub(super) fn compare(before: &Value, after: &Value, allowance: Allowance) -> Equality {
    let mut walk = Walk { allowance, gathered: Gathered::default() };
    match walk.first_divergence("$", before, after) {
        Some(divergence) => Equality::Different(divergence),
        None => walk.gathered.equality(allowance),
    }
}

struct Walk {
    allowance: Allowance,
    gathered: Gathered,
}

impl Walk {
    fn first_divergence(
        &mut self,
        path: &str,
        before: &Value,
        after: &Value,
    ) -> Option<Divergence> {
        match (before, after) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let added = theirs.keys().filter(|name| !ours.contains_key(*name));
                ours.keys().chain(added).find_map(|name| {
                    let path = format!("{path}.{name}");
                    self.member(&path, ours.get(name), theirs.get(name))
                })
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                let longest = ours.len().max(theirs.len());
                (0..longest).find_map(|i| {
                    let path = format!("{path}[{i}]");
                    self.member(&path, ours.get(i), theirs.get(i))
                })
            }
            (Value::Number(ours), Value::Number(theirs)) if self.admits(ours, theirs) => None,
            _ if before == after => None,
            _ => Some(divergence(path, Some(before), Some(after))),
        }
    }

    fn member(
        &mut self,
        path: &str,
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> Option<Divergence> {
        match (before, after) {
            (Some(before), Some(after)) => self.first_divergence(path, before, after),
            _ => Some(divergence(path, before, after)),
        }
    }

    fn admits(&mut self, before: &serde_json::Number, after: &serde_json::Number) -> bool {
        if before == after {
            return true;
        }
        if let Some((before, after)) = before.as_i128().zip(after.as_i128()) {
            return self.admits_integers(before, after);
        }
        let numbers = before.as_f64().zip(after.as_f64());
        numbers.is_some_and(|(a, b)| self.allowance.admits(a, b, &mut self.gathered))
    }

    /// Large integers that become one float are still different, and between integers there are no units in the last place.
    fn admits_integers(&mut self, before: i128, after: i128) -> bool {
        let Allowance::Tolerance(_) = self.allowance else { return false };
        let size = before.unsigned_abs().max(after.unsigned_abs()).max(1);
        let apart = before.abs_diff(after) as f64 / size as f64;
        // Of two that have one sign the distance itself is judged: as floats they may be one.
        let (a, b) = if apart <= 1.0 { (0.0, apart) } else { (before as f64, after as f64) };
        self.allowance.admits(a, b, &mut self.gathered)
    }
}

fn divergence(path: &str, before: Option<&Value>, after: Option<&Value>) -> Divergence {
    let shown = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(value) => super::shortened(&value.to_string()),
    };
    Divergence { place: path.to_owned(), before: shown(before), after: shown(after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(before: &str, after: &str, allowance: Allowance) -> Equality {
        let document = |text: &str| read(text.as_bytes()).unwrap();
        compare(&document(before), &document(after), allowance)
    }

    #[test]
    fn integers_are_compared_exactly_unless_a_tolerance_admits_their_difference() {
        // Both are the float 9007199254740992.
        let (one, next) = ("[9007199254740992]", "[9007199254740993]");
        for allowance in [Allowance::Bits, Allowance::Ulps(4), Allowance::Tolerance(1e-17)] {
            let Equality::Different(at) = compared(one, next, allowance) else {
                panic!("{allowance:?}")
            };
            assert_eq!((&*at.place, &*at.after), ("$[0]", "9007199254740993"));
        }
        let found = compared(one, next, Allowance::Tolerance(1e-9));
        assert!(
            matches!(found, Equality::WithinTolerance { largest } if (largest * 9007199254740993.0 - 1.0).abs() < 1e-9),
            "{found:?}"
        );
        let tolerance = Allowance::Tolerance(0.5);
        assert!(compared("[2]", "[3]", tolerance).holds());
        assert!(!compared("[1]", "[-1]", tolerance).holds());
        assert!(!compared("[-9223372036854775808]", "[18446744073709551615]", tolerance).holds());
        assert!(compared("[3]", "[3.0]", Allowance::Ulps(1)).holds(), "one may be no integer");
    }

    #[test]
    fn numbers_that_json_has_not_are_named_with_their_place() {
        for (text, said) in [
            ("{\"a\": NaN}", "NaN is not JSON (line 1, column 7)"),
            ("[1,\n 2, Infinity]", "Infinity is not JSON (line 2, column 5)"),
            ("[-Infinity]", "-Infinity is not JSON (line 1, column 2)"),
        ] {
            let message = read(text.as_bytes()).unwrap_err();
            assert!(message.starts_with(said) && message.contains("allow_nan=False"), "{message}");
        }
        let other = read(b"[nothing]").unwrap_err();
        assert!(!other.contains("allow_nan") && other.contains("line 1"), "{other}");
    }
}
