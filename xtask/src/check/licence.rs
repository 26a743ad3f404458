//! Whether an SPDX licence expression can be satisfied by permissive licences.
//!
//! Source: SPDX specification 2.3, annex D; `/` is an old way to write OR.

/// What may be linked into the product.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// True when one choice of the expression's alternatives needs allowed licences only.
pub(super) fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut place = 0;
    any(&words, &mut place) == Some(true) && place == words.len()
}

fn any(words: &[&str], place: &mut usize) -> Option<bool> {
    let mut fine = all(words, place)?;
    while words.get(*place) == Some(&"OR") {
        *place += 1;
        fine |= all(words, place)?;
    }
    Some(fine)
}

fn all(words: &[&str], place: &mut usize) -> Option<bool> {
    let mut fine = one(words, place)?;
    while words.get(*place) == Some(&"AND") {
        *place += 1;
        fine &= one(words, place)?;
    }
    Some(fine)
}

fn one(words: &[&str], place: &mut usize) -> Option<bool> {
    let word = *words.get(*place)?;
    *place += 1;
    if word == "(" {
        let fine = any(words, place)?;
        let closed = words.get(*place) == Some(&")");
        *place += 1;
        return closed.then_some(fine);
    }
    if words.get(*place) != Some(&"WITH") {
        return Some(ALLOWED.contains(&word));
    }
    let exception = words.get(*place + 1)?;
    *place += 2;
    Some(ALLOWED.contains(&format!("{word} WITH {exception}").as_str()))
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn one_allowed_alternative_is_enough_but_every_part_of_it_counts() {
        for fine in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR LGPL-3.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(allowed(fine), "{fine}");
        }
        for wrong in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT OR", "MIT MIT", "CDDL-1.0"] {
            assert!(!allowed(wrong), "{wrong}");
        }
    }
}
