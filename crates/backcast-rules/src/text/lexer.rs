//! Text to tokens.

use std::ops::Range;

use crate::error::RuleError;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    Number(f64),
    Name(String),
    Quoted(String),
    /// An operator, bracket, comma or dot.
    Mark(&'static str),
    End,
}

/// Longer marks before their beginnings.
const MARKS: [&str; 22] = [
    "<=", ">=", "==", "!=", "&&", "||", "**", "<", ">", "=", "!", "+", "-", "*", "/", "(", ")",
    "[", "]", ",", ".", "&",
];

/// All tokens of a text, the last one `End`.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, RuleError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, len) = token(&text[at..], first).map_err(|e| e.shifted(at))?;
        found.push(Token { kind, span: at..at + len });
        at += len;
    }
    found.push(Token { kind: TokenKind::End, span: text.len()..text.len() });
    Ok(found)
}

/// The token at the start of `rest`, and its length in bytes.
fn token(rest: &str, first: char) -> Result<(TokenKind, usize), RuleError> {
    let second_is_digit = rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    if first.is_ascii_digit() || (first == '.' && second_is_digit) {
        return number(rest);
    }
    if first.is_alphabetic() || first == '_' {
        let len = word_len(rest);
        return Ok((TokenKind::Name(rest[..len].to_string()), len));
    }
    if first == '"' || first == '\'' {
        return quoted(rest, first);
    }
    if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
        return match *mark {
            "**" => Err(RuleError::at(&(0..2), "there is no power operator")
                .help("multiply instead: `x * x`; a square root is `sqrt(x)`")),
            "&" => Err(RuleError::at(&(0..1), "found a single `&`").help("write `and`")),
            mark => Ok((TokenKind::Mark(mark), mark.len())),
        };
    }
    let error = RuleError::at(&(0..first.len_utf8()), format!("unexpected character `{first}`"));
    Err(match first {
        '|' => error.help("write `or`"),
        '^' => error.help("there is no power operator; multiply instead: `x * x`"),
        '%' => error.help("a percentage is a number with `%` right behind it: `5%`"),
        '#' => error.help("a rule has no comments; put them beside it in the file"),
        '{' | '}' => error.help("write a parameter by its name alone: `fast`"),
        _ => error,
    })
}

fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
}

/// A number, with `%` (hundredths) or `bp` (ten-thousandths) behind it if wanted.
fn number(rest: &str) -> Result<(TokenKind, usize), RuleError> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        from + bytes[from..].iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count()
    };
    let mut len = digits(0);
    if bytes.get(len) == Some(&b'.') {
        len = digits(len + 1);
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let end = digits(len + 1 + sign);
        if end > len + 1 + sign {
            len = end;
        }
    }
    let written = rest[..len].replace('_', "");
    let value: f64 = written
        .parse()
        .map_err(|_| RuleError::at(&(0..len), format!("`{}` is no number", &rest[..len])))?;
    let (divisor, unit) = match &rest[len..] {
        r if r.starts_with('%') => (100.0, 1),
        r if r.starts_with("bp") && word_len(r) == 2 => (10_000.0, 2),
        r if r.starts_with(|c: char| c.is_alphanumeric()) => {
            let len = len + word_len(r);
            return Err(RuleError::at(&(0..len), format!("`{}` is no number", &rest[..len])).help(
                "a name must not begin with a digit; put such an asset in quotes: '7203.T'.close",
            ));
        }
        _ => (1.0, 0),
    };
    if !value.is_finite() {
        return Err(RuleError::at(&(0..len), "the number is too large"));
    }
    Ok((TokenKind::Number(value / divisor), len + unit))
}

fn quoted(rest: &str, mark: char) -> Result<(TokenKind, usize), RuleError> {
    match rest[1..].find(mark) {
        Some(end) => Ok((TokenKind::Quoted(rest[1..=end].to_string()), end + 2)),
        None => Err(RuleError::at(&(0..rest.len()), format!("missing a closing {mark}"))),
    }
}
