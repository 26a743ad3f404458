//! Whether somebody looks. The live page leaves a mark in the folder, and only while it is fresh do commands record where their time
//! goes: nobody pays for what nobody sees.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    time::{Duration, SystemTime},
};

use backcast_spans::{Options, Recording, Snapshot};

use super::SpanShare;

/// Name of the mark.
const MARK: &str = "watched";
/// Age of the mark from which on nobody looks. The page renews it every second.
const FRESH: Duration = Duration::from_secs(5);
/// Looks between two readings of the spans.
const TURN: u32 = 4;
/// Spans at most that are told.
const MOST: usize = 24;
/// The thread that looks, which is no part of the command.
pub(super) const OWN_THREAD: &str = "live";

/// Says that somebody looks at a folder of live files.
///
/// # Errors
/// Where the mark cannot be written.
pub fn mark(folder: &Path) -> io::Result<()> {
    fs::write(folder.join(MARK), [])
}

/// Whether a mark is fresh. One from the future is not: clocks are set.
fn is_watched(folder: &Path) -> bool {
    let time = fs::metadata(folder.join(MARK)).and_then(|mark| mark.modified());
    time.is_ok_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age < FRESH))
}

/// Where the time of this process goes, while somebody looks.
#[derive(Debug, Default)]
pub(super) struct Shares {
    recording: Option<Recording>,
    turn: u32,
    own_ns: BTreeMap<String, u64>,
    all_ns: u64,
}

impl Shares {
    /// The shares so far, the largest first; none before the first reading.
    pub(super) fn look(&mut self, folder: &Path) -> Vec<SpanShare> {
        if !is_watched(folder) {
            self.recording = None;
        } else if self.recording.is_none() {
            self.recording = Some(begin());
            self.turn = 0;
        } else {
            self.turn += 1;
            if self.turn >= TURN {
                self.turn = 0;
                // The next begins before the last ends, so that no span falls between.
                let last = self.recording.replace(begin());
                last.into_iter().for_each(|last| self.add(&last.finish()));
            }
        }
        self.told()
    }

    fn add(&mut self, counted: &Snapshot) {
        let those = counted.threads.iter().filter(|thread| thread.name != OWN_THREAD);
        for thread in those.filter(|thread| !thread.nodes.is_empty()) {
            self.all_ns += thread.wall_ns;
            for node in &thread.nodes {
                *self.own_ns.entry(node.name.clone()).or_default() += node.self_ns;
            }
        }
    }

    fn told(&self) -> Vec<SpanShare> {
        let all = self.all_ns.max(1) as f64;
        let share = |(name, own_ns): (&String, &u64)| SpanShare {
            name: name.clone(),
            self_ns: *own_ns,
            share: *own_ns as f64 / all,
        };
        let mut told: Vec<SpanShare> =
            self.own_ns.iter().filter(|(_, own_ns)| **own_ns > 0).map(share).collect();
        told.sort_by_key(|one| std::cmp::Reverse(one.self_ns));
        told.truncate(MOST);
        told
    }
}

fn begin() -> Recording {
    backcast_spans::start(Options { name: OWN_THREAD.to_owned(), sample_every: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_recorded_while_somebody_looks_and_not_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let work = || {
            for _ in 0..1000 {
                let _span = backcast_spans::span!("live.test");
                std::hint::black_box(0);
            }
        };
        let mut shares = Shares::default();
        for _ in 0..2 * TURN {
            assert_eq!(shares.look(folder.path()), []);
            work();
        }
        mark(folder.path()).unwrap();
        let mut told = Vec::new();
        for _ in 0..2 * TURN {
            told = shares.look(folder.path());
            work();
        }
        let own = told.iter().find(|one| one.name == "live.test").expect("it was recorded");
        assert!(own.self_ns > 0 && own.share > 0.0 && own.share <= 1.0, "{own:?}");
        fs::remove_file(folder.path().join(MARK)).unwrap();
        let before = shares.look(folder.path());
        work();
        assert_eq!(shares.look(folder.path()), before, "what was seen stays");
    }
}
