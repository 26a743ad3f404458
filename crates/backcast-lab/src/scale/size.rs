//! Sizes as they are typed: `bars=1k..1M` and `bars=10M`.

use std::str::FromStr;

use super::ScaleError;
use crate::whole_number::whole_number;

/// A size and the range that it is measured over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeRange {
    /// What grows: bars, assets; `{NAME}` in a command.
    pub name: String,
    /// Its smallest value.
    pub from: u64,
    /// Its largest value.
    pub to: u64,
}

/// One value of a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeValue {
    /// Which.
    pub name: String,
    /// Its value.
    pub value: u64,
}

impl FromStr for SizeRange {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<SizeRange, ScaleError> {
        let no_range = || ScaleError::Range { text: text.to_owned() };
        let (name, range) = text.split_once('=').ok_or_else(no_range)?;
        let name = named(name).ok_or_else(no_range)?;
        let (from, to) = range.split_once("..").ok_or_else(no_range)?;
        let (from, to) = (size(from)?, size(to)?);
        match from.cmp(&to) {
            std::cmp::Ordering::Less => Ok(SizeRange { name, from, to }),
            std::cmp::Ordering::Equal => Err(ScaleError::OnePoint { name, size: from }),
            std::cmp::Ordering::Greater => Err(ScaleError::Reversed { name, from, to }),
        }
    }
}

impl FromStr for SizeValue {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<SizeValue, ScaleError> {
        let no_value = || ScaleError::Value { text: text.to_owned() };
        let (name, value) = text.split_once('=').ok_or_else(no_value)?;
        Ok(SizeValue { name: named(name).ok_or_else(no_value)?, value: size(value)? })
    }
}

/// A name that may stand in braces.
fn named(name: &str) -> Option<String> {
    let name = name.trim();
    let fine = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!name.is_empty() && name.chars().all(fine)).then(|| name.to_owned())
}

/// `500`, `10k`, `1.5M`, `1e6`.
fn size(text: &str) -> Result<u64, ScaleError> {
    let size = whole_number(text).filter(|size| *size > 0);
    size.map(i64::unsigned_abs).ok_or_else(|| ScaleError::Number { text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_typed() {
        let range = |text: &str| text.parse::<SizeRange>().map(|range| (range.from, range.to));
        assert_eq!(range("bars=1k..1M"), Ok((1_000, 1_000_000)));
        assert_eq!(range("n = 1 .. 64"), Ok((1, 64)));
        assert_eq!(range("n=1.5k..2.5M"), Ok((1_500, 2_500_000)));
        assert_eq!(range("n=10..1e6"), Ok((10, 1_000_000)));
        assert_eq!("bars=10M".parse(), Ok(SizeValue { name: "bars".into(), value: 10_000_000 }));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let refused = |text: &str| text.parse::<SizeRange>().unwrap_err();
        for text in ["bars", "=1..2", "bars=5", "a b=1..2", "{n}=1..2", "bars=1-2"] {
            assert!(matches!(refused(text), ScaleError::Range { .. }), "{text}");
        }
        for text in ["n=0..5", "n=-1..5", "n=NaN..5", "n=1..inf", "n=1..", "n=1.5..3", "n=1..2..3"]
        {
            assert!(matches!(refused(text), ScaleError::Number { .. }), "{text}");
        }
        assert!(matches!(refused("n=1..1e16"), ScaleError::Number { .. }));
        assert!(matches!(refused("n=5..1"), ScaleError::Reversed { from: 5, to: 1, .. }));
        assert!(matches!(refused("n=1k..1000"), ScaleError::OnePoint { size: 1000, .. }));
        assert!(matches!("n".parse::<SizeValue>(), Err(ScaleError::Value { .. })));
        assert!(matches!("n=NaN".parse::<SizeValue>(), Err(ScaleError::Number { .. })));
    }
}
