//! Counts of passed and failed tests, read from what test runners print.

/// How many tests passed, failed and were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// Adds the closing line of `cargo test` (`test result: ok. 3 passed; 0 failed; 1 ignored; ..`)
    /// or of pytest (`2 failed, 3 passed, 1 skipped in 0.12s`); other lines change nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim().trim_matches('=').trim();
        let of_cargo = line.starts_with("test result: ");
        let of_pytest =
            line.starts_with(|letter: char| letter.is_ascii_digit()) && line.contains(" in ");
        if !of_cargo && !of_pytest {
            return;
        }
        let words: Vec<&str> =
            line.split([' ', ',', ';', '.']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u64>() else { continue };
            match pair[1] {
                "passed" => self.passed += count,
                "failed" | "error" | "errors" => self.failed += count,
                "skipped" | "ignored" => self.skipped += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn closing_lines_of_both_runners_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "running 4 tests",
            "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 7 filtered out; finished in 0.01s",
            "2 failed, 10 passed, 1 skipped, 3 warnings in 4.20s",
            "1 error in 0.02s",
            "=== 5 passed in 1.00s ===",
            "12 passed the gate",
        ] {
            tally.read(line);
        }
        assert_eq!(tally, Tally { passed: 18, failed: 4, skipped: 3 });
    }
}
