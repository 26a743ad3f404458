//! Spans made longer on purpose, to learn what making them shorter would bring.
//!
//! Source of the idea: C. Curtsinger and E. Berger, "Coz: finding code that counts with causal profiling", SOSP 2015;
//! here the span itself is slowed down, and the slope of the total over the delay is its marginal share.

use std::fmt;

/// How much longer the spans of each name shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delays(Vec<(String, u64)>);

/// Longest delay of one span: a minute.
const LONGEST_NS: u64 = 60_000_000_000;

/// A text that is no list of delays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayError {
    found: String,
}

impl fmt::Display for DelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no delay; write NAME=TIME, such as engine.run=2us, several with `;` between",
            self.found
        )
    }
}

impl std::error::Error for DelayError {}

impl Delays {
    pub(crate) const fn none() -> Delays {
        Delays(Vec::new())
    }

    /// Reads `NAME=TIME;NAME=TIME`, where a time is a whole number with `ns`, `us`, `ms` or `s` behind it.
    pub(crate) fn parse(text: &str) -> Result<Delays, DelayError> {
        let one = |entry: &str| {
            let (name, time) = entry.rsplit_once('=')?;
            let time = time.trim();
            let digits = time.find(|c: char| !c.is_ascii_digit()).unwrap_or(time.len());
            let unit: u64 = match &time[digits..] {
                "ns" => 1,
                "us" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                _ => return None,
            };
            let ns = time[..digits].parse::<u64>().ok()?.checked_mul(unit)?;
            let name = name.trim();
            (ns <= LONGEST_NS && !name.is_empty()).then(|| (name.to_owned(), ns))
        };
        let entries = text.split(';').filter(|entry| !entry.trim().is_empty());
        let parsed = entries
            .map(|entry| one(entry).ok_or_else(|| DelayError { found: entry.trim().to_owned() }));
        Ok(Delays(parsed.collect::<Result<_, _>>()?))
    }

    /// The delay of a name in nanoseconds; the last one said counts.
    pub(crate) fn of(&self, name: &str) -> u64 {
        self.0.iter().rev().find(|(known, _)| known == name).map_or(0, |(_, ns)| *ns)
    }

    pub(crate) fn all(&self) -> &[(String, u64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read_with_their_units() {
        let delays = Delays::parse("engine.run=2us; a=b=3ms;search.plan=0ns").unwrap();
        assert_eq!(delays.of("engine.run"), 2_000);
        assert_eq!(delays.of("a=b"), 3_000_000);
        assert_eq!((delays.of("search.plan"), delays.of("other")), (0, 0));
        assert_eq!(Delays::parse("").unwrap(), Delays::none());
    }

    #[test]
    fn what_is_no_delay_is_named() {
        for text in ["engine.run", "engine.run=2", "=2us", "x=-1us", "x=2 hours", "x=99999999999s"]
        {
            let error = Delays::parse(text).unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
