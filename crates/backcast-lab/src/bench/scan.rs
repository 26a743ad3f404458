//! One benchmark for each value of a parameter that stands in a command as `{NAME}`.

use std::str::FromStr;

use crate::whole_number::whole_number;

/// A parameter and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Stands in words as `{name}`.
    pub name: String,
    /// What it stands for, in order.
    pub values: Vec<String>,
}

/// Why a text is no scan, or a scan not one of a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Not `NAME=VALUES`.
    #[error("`{text}` is no scan: it takes NAME=1,2,4 or NAME=1..8 or NAME=10k..50k..10k")]
    Malformed {
        /// As it was given.
        text: String,
    },
    /// A range without an end in sight.
    #[error("the range `{text}` has {found} values, more than {most}")]
    TooMany {
        /// As it was given.
        text: String,
        /// Its values.
        found: u64,
        /// Most that are taken.
        most: u64,
    },
    /// No word has it.
    #[error("no word of the command says {{{name}}}")]
    Unused {
        /// The parameter.
        name: String,
    },
}

/// Most values of a range.
const MOST: u64 = 1000;

impl FromStr for Scan {
    type Err = ScanError;

    fn from_str(text: &str) -> Result<Scan, ScanError> {
        let malformed = || ScanError::Malformed { text: text.to_owned() };
        let (name, listed) = text.split_once('=').ok_or_else(malformed)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(malformed());
        }
        let values = match listed.split_once("..") {
            Some((first, rest)) => range(first, rest, text)?,
            None => listed.split(',').map(|value| value.trim().to_owned()).collect(),
        };
        if values.iter().any(String::is_empty) {
            return Err(malformed());
        }
        Ok(Scan { name: name.to_owned(), values })
    }
}

/// Whole numbers from the first to the last, both included.
fn range(first: &str, rest: &str, text: &str) -> Result<Vec<String>, ScanError> {
    let malformed = || ScanError::Malformed { text: text.to_owned() };
    let number = |text: &str| whole_number(text).ok_or_else(malformed);
    let (last, step) = rest.split_once("..").unwrap_or((rest, "1"));
    let (first, last, step) = (number(first)?, number(last)?, number(step)?);
    if step < 1 || last < first {
        return Err(malformed());
    }
    let found = (i128::from(last) - i128::from(first)) as u64 / step as u64 + 1;
    if found > MOST {
        return Err(ScanError::TooMany { text: text.to_owned(), found, most: MOST });
    }
    Ok((0..found as i64).map(|i| (first + i * step).to_string()).collect())
}

/// One value of each parameter.
pub type Setting = Vec<(String, String)>;

impl Scan {
    /// All combinations of several scans, the last varying fastest; a single empty one without scans.
    pub fn settings(scans: &[Scan]) -> Vec<Setting> {
        let mut settings = vec![Setting::new()];
        for scan in scans {
            let extended = settings.iter().flat_map(|setting| {
                scan.values.iter().map(|value| {
                    let mut setting = setting.clone();
                    setting.push((scan.name.clone(), value.clone()));
                    setting
                })
            });
            settings = extended.collect();
        }
        settings
    }

    /// Puts values in place of their names.
    pub fn fill(word: &str, setting: &[(String, String)]) -> String {
        setting.iter().fold(word.to_owned(), |word, (name, value)| {
            word.replace(&format!("{{{name}}}"), value)
        })
    }

    /// Refuses parameters that no word has.
    ///
    /// # Errors
    /// [`ScanError::Unused`].
    pub fn check(scans: &[Scan], words: &[String]) -> Result<(), ScanError> {
        let used = |scan: &Scan| words.iter().any(|w| w.contains(&format!("{{{}}}", scan.name)));
        match scans.iter().find(|scan| !used(scan)) {
            Some(scan) => Err(ScanError::Unused { name: scan.name.clone() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_give_their_values() {
        let values = |text: &str| text.parse::<Scan>().unwrap().values.join(" ");
        assert_eq!(values("n=1,2,4"), "1 2 4");
        assert_eq!(values("n=1..4"), "1 2 3 4");
        assert_eq!(values("n=-10..10..10"), "-10 0 10");
        assert_eq!(values("n=1k..1.002k"), "1000 1001 1002");
        assert_eq!(values("n=1M..3M..1M"), "1000000 2000000 3000000");
        assert_eq!(values("mode=fast"), "fast");
    }

    #[test]
    fn what_is_no_scan_is_refused() {
        for text in ["n", "=1", "n=", "n=1,,2", "n=4..1", "n=1..4..0", "n=a..b", "a b=1"] {
            assert!(matches!(text.parse::<Scan>(), Err(ScanError::Malformed { .. })), "{text}");
        }
        let long = "n=1..1000000000000".parse::<Scan>();
        assert!(matches!(long, Err(ScanError::TooMany { .. })), "{long:?}");
    }

    #[test]
    fn scans_multiply_and_fill_the_words() {
        let scans: Vec<Scan> = ["n=1,2", "m=a,b"].iter().map(|t| t.parse().unwrap()).collect();
        let words: Vec<String> = Scan::settings(&scans)
            .iter()
            .map(|setting| Scan::fill("--x={n}{m}{other}", setting))
            .collect();
        assert_eq!(words, ["--x=1a{other}", "--x=1b{other}", "--x=2a{other}", "--x=2b{other}"]);
        let used = |words: &[&str]| {
            Scan::check(&scans, &words.iter().map(|w| w.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(used(&["{n}", "x{m}"]), Ok(()));
        assert_eq!(used(&["{n}"]), Err(ScanError::Unused { name: "m".into() }));
    }
}
