//! Two JSON documents, member by member.

use serde_json::Value;

use super::allowance::{Allowance, Divergence, Equality, Gathered};

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
        // Large integers that become one float are still different.
        if before.is_f64() || after.is_f64() || self.allowance != Allowance::Bits {
            let (before, after) = (before.as_f64(), after.as_f64());
            let numbers = before.zip(after);
            return numbers.is_some_and(|(a, b)| self.allowance.admits(a, b, &mut self.gathered));
        }
        false
    }
}

fn divergence(path: &str, before: Option<&Value>, after: Option<&Value>) -> Divergence {
    let shown = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(value) => super::shortened(&value.to_string()),
    };
    Divergence { place: path.to_owned(), before: shown(before), after: shown(after) }
}
