//! Processors as `taskset` takes them: `0`, `0,2`, `0-3`, `0-6:2`.

use std::str::FromStr;

/// Largest number that is looked for; no machine has it.
const LARGEST: usize = 1_000_000;

/// Numbers of processors, ascending, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Processors(pub(crate) Vec<usize>);

impl Processors {
    /// The numbers; none where all may be used.
    pub(crate) fn listed(asked: Option<&Processors>) -> &[usize] {
        asked.map_or(&[], |asked| &asked.0)
    }
}

impl FromStr for Processors {
    type Err = String;

    fn from_str(text: &str) -> Result<Processors, String> {
        let parts: Option<Vec<Vec<usize>>> = text.split(',').map(part).collect();
        let mut all = parts
            .ok_or_else(|| {
                "processors are numbers and ranges: 0,2 or 0-3 or 0-6:2 (each second one)"
                    .to_owned()
            })?
            .concat();
        all.sort_unstable();
        all.dedup();
        Ok(Processors(all))
    }
}

/// `3`, `0-3` or `0-6:2`.
fn part(text: &str) -> Option<Vec<usize>> {
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|n| *n <= LARGEST);
    let Some((first, rest)) = text.split_once('-') else { return Some(vec![number(text)?]) };
    let (last, step) = rest.split_once(':').unwrap_or((rest, "1"));
    let (first, last, step) = (number(first)?, number(last)?, number(step)?);
    (first <= last && step > 0).then(|| (first..=last).step_by(step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_are_read_as_taskset_does() {
        let read = |text: &str| text.parse::<Processors>().map(|it| it.0);
        assert_eq!(read("3"), Ok(vec![3]));
        assert_eq!(read("2,0,2"), Ok(vec![0, 2]));
        assert_eq!(read("0-2, 6"), Ok(vec![0, 1, 2, 6]));
        assert_eq!(read("0-6:2,1"), Ok(vec![0, 1, 2, 4, 6]));
        for wrong in ["", "a", "1,", "2-1", "0-4:0", "-1", "0-", "0-4:", "1:2", "0-99999999999"] {
            assert!(read(wrong).unwrap_err().contains("0-3"), "{wrong}");
        }
    }
}
