//! What may be tried.

use super::{Collector, Tuning};

/// A change that may be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// The phase it belongs to, by name.
    pub phase: Option<String>,
    /// What people should know before they use it outside of a test: `asserts vanish`.
    pub caution: Option<String>,
    /// What is changed, all of it at once.
    pub changes: Vec<Change>,
}

/// A change of how a command is run.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A variable of its environment.
    Environment(String, String),
    /// Words added to its end: run options.
    Arguments(Vec<String>),
    /// Other words in place of all.
    Command(Vec<String>),
    /// The processors it may use; more than the machine has are left out.
    Processors(Vec<usize>),
    /// What stands for `{workers}` in its words and environment.
    Workers(u32),
    /// How a Python program's interpreter is set before its first line.
    Python(Tuning),
}

/// A phase of the work and what it has to bring.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// Least share of the time that its certified changes together have to save: 0.02 is two percent.
    pub minimum_gain: f64,
}

/// Candidates in the order in which they are tried, and the phases they belong to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// In order.
    pub candidates: Vec<Candidate>,
    /// Phases with a minimum, in order.
    pub phases: Vec<Phase>,
}

impl Candidates {
    /// What reports on Python programs recommend, ready to be tried where these processors may be used: the first of them alone, and as
    /// many workers as there are.
    pub fn python(usable: &[usize]) -> Candidates {
        let mut candidates: Vec<Candidate> =
            [(700, 7, 7), (700, 10, 10), (2000, 20, 20), (500, 8, 8)]
                .into_iter()
                .map(|(young, middle, old)| {
                    let tuning = Tuning {
                        collector: Some(Collector::Thresholds([young, middle, old])),
                        ..Tuning::default()
                    };
                    tuned(
                        &format!("collector thresholds {young}, {middle}, {old}"),
                        "collector",
                        tuning,
                    )
                })
                .collect();
        candidates.extend([
            tuned(
                "collect, then freeze",
                "collector",
                Tuning { freeze: true, ..Tuning::default() },
            ),
            Candidate {
                caution: Some("cycles are never freed".into()),
                ..tuned(
                    "collector off",
                    "collector",
                    Tuning { collector: Some(Collector::Off), ..Tuning::default() },
                )
            },
            byte_code(1, "asserts vanish"),
            byte_code(2, "asserts and docstrings vanish"),
            tuned(
                "modules loaded first",
                "imports",
                Tuning {
                    preload: ["json", "math", "re"].map(str::to_owned).to_vec(),
                    ..Tuning::default()
                },
            ),
            tuned(
                "import caches made anew",
                "imports",
                Tuning { refresh_imports: true, ..Tuning::default() },
            ),
            tuned(
                "threads switched every 50 ms",
                "interpreter",
                Tuning { switch_interval_s: Some(0.05), ..Tuning::default() },
            ),
            tuned(
                "recursion limit 3,000",
                "interpreter",
                Tuning { recursion_limit: Some(3000), ..Tuning::default() },
            ),
            tuned("tracing off", "interpreter", Tuning { tracing_off: true, ..Tuning::default() }),
            Candidate {
                name: "one processor".into(),
                phase: Some("processors".into()),
                caution: None,
                changes: vec![Change::Processors(usable.iter().copied().take(1).collect())],
            },
        ]);
        candidates.extend((1..=usable.len() as u32).map(|workers| Candidate {
            name: format!("{workers} worker{}", if workers == 1 { "" } else { "s" }),
            phase: Some("processors".into()),
            caution: None,
            changes: vec![Change::Workers(workers)],
        }));
        Candidates { candidates, phases: Vec::new() }
    }
}

impl Candidate {
    /// Whether it sets something that only an interpreter of Python heeds.
    pub(super) fn is_for_python(&self) -> bool {
        self.changes.iter().any(|change| match change {
            Change::Python(_) => true,
            Change::Environment(name, _) => name.starts_with("PYTHON"),
            _ => false,
        })
    }
}

fn tuned(name: &str, phase: &str, tuning: Tuning) -> Candidate {
    Candidate {
        name: name.to_owned(),
        phase: Some(phase.to_owned()),
        caution: None,
        changes: vec![Change::Python(tuning)],
    }
}

fn byte_code(level: u8, caution: &str) -> Candidate {
    Candidate {
        name: format!("byte code level {level}"),
        phase: Some("byte code".into()),
        caution: Some(caution.to_owned()),
        changes: vec![Change::Environment("PYTHONOPTIMIZE".into(), level.to_string())],
    }
}
