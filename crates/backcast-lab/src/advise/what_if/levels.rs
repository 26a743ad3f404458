//! How much longer the calls of a span are made.

use crate::profile::{Kind, Profile, View};

/// Delays that are tried, as parts of the longest; the first is a delay of nothing, so that each run pays for the recording and
/// for the clock that delays are measured with.
const PARTS: [f64; 4] = [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];
/// Delay of the first level in nanoseconds: the least that still reads the clock.
const LEAST_NS: u64 = 1;

/// What a profile says of all spans of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanTime {
    /// Its name.
    pub name: String,
    /// Calls on all threads.
    pub calls: u64,
    /// Time of them, those below included.
    pub total_ns: u64,
    /// Threads on which it was open.
    pub threads: u64,
    /// Share of all thread time.
    pub share: f64,
}

/// The delays of one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    /// The span.
    pub name: String,
    /// Delay of each call at each level, in nanoseconds, rising.
    pub delays_ns: Vec<u64>,
}

impl SpanTime {
    /// All spans of a profile, slowest first. Calls inside of calls of the same name count as calls of their own, but not as time.
    pub fn of(profile: &Profile) -> Vec<SpanTime> {
        let view = View::of(profile);
        let mut all: Vec<SpanTime> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for row in &view.rows {
            names.truncate(row.depth);
            let nested = names.contains(&&*row.name);
            names.push(&row.name);
            if row.kind != Kind::Span {
                continue;
            }
            let calls = row.calls.as_deref().map_or(0, |calls| calls.count);
            let total_ns = if nested { 0 } else { row.total_ns };
            match all.iter_mut().find(|known| known.name == row.name) {
                Some(known) => {
                    known.calls += calls;
                    known.total_ns += total_ns;
                    known.threads = known.threads.max(row.threads);
                }
                None => all.push(SpanTime {
                    name: row.name.to_string(),
                    calls,
                    total_ns,
                    threads: row.threads.max(1),
                    share: 0.0,
                }),
            }
        }
        all.iter_mut().for_each(|span| span.share = view.share(span.total_ns));
        all.sort_by(|a, b| b.total_ns.cmp(&a.total_ns).then_with(|| a.name.cmp(&b.name)));
        all
    }
}

impl Levels {
    /// Delays whose sum over the calls of one thread is at most `longest` of the wall time, or as much as the speed-up would save where
    /// that is more.
    pub fn of(span: &SpanTime, wall_ns: u64, speed_up: f64, longest: f64) -> Levels {
        let calls_of_a_thread = (span.calls as f64 / span.threads as f64).max(1.0);
        let mean_ns = span.total_ns as f64 / span.calls.max(1) as f64;
        let most = (longest * wall_ns as f64 / calls_of_a_thread).max(speed_up * mean_ns);
        let delay = |part: &f64| LEAST_NS + (part * most) as u64;
        Levels { name: span.name.clone(), delays_ns: PARTS.iter().map(delay).collect() }
    }

    /// As the environment of a command says it: `engine.run=2us`.
    pub fn variable(&self, level: usize) -> String {
        format!("{}={}ns", self.name, self.delays_ns[level])
    }
}
