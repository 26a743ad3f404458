//! Words of `bench`.

use crate::jobs::{JOBS, Job, Options};

/// What `bench` was asked for.
pub(crate) struct BenchOptions {
    pub(crate) jobs: Vec<&'static Job>,
    pub(crate) measure: Options,
    pub(crate) json: bool,
}

impl BenchOptions {
    pub(crate) fn parse(words: &[&str]) -> Result<BenchOptions, String> {
        let mut options = BenchOptions {
            jobs: Vec::new(),
            measure: Options { runs: 15, threads: vec![1, 2], sessions: 5 },
            json: false,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--runs" => options.measure.runs = number(word, words.next())?,
                "--threads" => options.measure.threads = vec![number(word, words.next())?],
                "--sessions" => options.measure.sessions = number(word, words.next())?,
                "--format" => {
                    options.json = match words.next().copied() {
                        Some("json") => true,
                        Some("table") => false,
                        other => return Err(format!("--format is table or json, not {other:?}")),
                    }
                }
                name => options.jobs.push(find(name)?),
            }
        }
        if options.jobs.is_empty() {
            options.jobs = JOBS.iter().collect();
        }
        Ok(options)
    }
}

fn find(name: &str) -> Result<&'static Job, String> {
    JOBS.iter().find(|job| job.name == name).ok_or_else(|| format!("no job called `{name}`"))
}

fn number(option: &str, word: Option<&&str>) -> Result<usize, String> {
    let number = word.and_then(|word| word.parse().ok()).filter(|n| (1..=1000).contains(n));
    number.ok_or_else(|| format!("{option} takes a number from 1 to 1000"))
}

/// Usage with all jobs.
pub(crate) fn help(usage: &str) -> String {
    let jobs: String =
        JOBS.iter().map(|job| format!("\n  {:12} {}", job.name, job.about)).collect();
    format!("{usage}\n\njobs, all of them where none is named:{jobs}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_choose_jobs_and_rounds() {
        let options = BenchOptions::parse(&["grid", "--runs", "3", "--threads", "2"]).unwrap();
        assert_eq!(options.jobs.iter().map(|job| job.name).collect::<Vec<_>>(), ["grid"]);
        assert_eq!((options.measure.runs, options.measure.threads), (3, vec![2]));
        assert_eq!(BenchOptions::parse(&[]).unwrap().jobs.len(), JOBS.len());
    }

    #[test]
    fn unknown_words_are_refused() {
        assert!(BenchOptions::parse(&["gird"]).is_err());
        assert!(BenchOptions::parse(&["--runs", "none"]).is_err());
        assert!(BenchOptions::parse(&["--format", "xml"]).is_err());
    }
}
