//! A line taken apart into words, as far as quotes go: no variables, no patterns, no pipes.

use crate::failure::Failure;

/// Words of a line. Quotes of both kinds hold spaces, a backslash takes the next character as it is (not within single quotes).
pub(crate) fn split(line: &str) -> Result<Vec<String>, Failure> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => {
                let next = letters.next().ok_or_else(|| unfinished(line, "a backslash"))?;
                word.get_or_insert_default().push(next);
            }
            (c, Some(_)) => word.get_or_insert_default().push(c),
            (c @ ('"' | '\''), None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(unfinished(line, "an open quote"));
    }
    words.extend(word);
    if words.is_empty() {
        return Err(Failure::usage("a command is empty"));
    }
    Ok(words)
}

fn unfinished(line: &str, what: &str) -> Failure {
    Failure::usage(format!("`{line}` ends in {what}"))
        .help("for a line of the shell, with pipes and variables, add --shell")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_hold_words_together() {
        let words = |line| split(line).unwrap().join("|");
        assert_eq!(words("  a b  c "), "a|b|c");
        assert_eq!(words(r#"a "b c" 'd "e' f\ g"#), r#"a|b c|d "e|f g"#);
        assert_eq!(words(r#"x'y'"z" """#), "xyz|");
        assert_eq!(words(r#"'\n' "\"""#), r#"\n|""#);
    }

    #[test]
    fn what_is_not_finished_is_refused() {
        assert!(split("a 'b").is_err());
        assert!(split("a\\").is_err());
        assert!(split("  ").is_err());
    }
}
