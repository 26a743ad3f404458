//! Looks at a tree of processes from beside it, many times a second, and keeps account of its own cost.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    ChildError, Sampling,
    series::{Point, ProcessSeries},
    tree::{self, Units},
};

/// Looking takes at most one part in so many of the time: the period grows where it would take more.
const MOST_COST: u32 = 200;

/// Bytes and switches, which take a file for each thread to read, are looked at one time in so many.
const LOOKS_A_DETAIL: u64 = 5;

/// A thread that looks at a tree of processes until it is told to stop.
#[derive(Debug)]
pub struct Sampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<ProcessSeries>,
}

impl Sampler {
    /// Looks at a running process and its descendants. Time, bytes and switches count from now.
    ///
    /// # Errors
    /// [`ChildError::NoProcess`] where there is no such process.
    pub fn attach(pid: i32, sampling: Sampling) -> Result<Sampler, ChildError> {
        if !tree::is_running(pid) {
            return Err(ChildError::NoProcess { pid });
        }
        Ok(Sampler::start(Tree::new(pid, true, sampling), sampling))
    }

    /// Looks at the descendants of a process, not at the process itself.
    pub(super) fn below(pid: i32, sampling: Sampling) -> Sampler {
        Sampler::start(Tree::new(pid, false, sampling), sampling)
    }

    fn start(mut tree: Tree, sampling: Sampling) -> Sampler {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut series = ProcessSeries::default();
            let (begin, mut before_cost) = (Instant::now(), Duration::ZERO);
            while !asked.load(Ordering::Relaxed) {
                let before = Instant::now();
                let point = tree.point(before - begin);
                let cost = before.elapsed();
                series.cost_ns += cost.as_nanos() as u64;
                let Some(point) = point else { break };
                series.push(point);
                // One look that was interrupted does not count, nor the first one, which finds nothing in the caches.
                let usual = cost.min(before_cost);
                before_cost = cost;
                thread::park_timeout(sampling.period.max(usual * MOST_COST));
            }
            series.close();
            series.unseen = tree.unseen();
            series
        });
        Sampler { stop, thread }
    }

    /// Whether the process that is looked at has ended.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// What was seen until now; looks no more.
    pub fn finish(self) -> ProcessSeries {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or_default()
    }
}

/// A tree of processes, with what must be remembered from one look to the next.
struct Tree {
    root: i32,
    with_root: bool,
    sampling: Sampling,
    units: Units,
    looks: u64,
    /// Switches of each process when it was last seen: the system forgets them as it ends.
    switches: HashMap<i32, (u64, u64)>,
    /// Bytes read and written when they were last looked at.
    transferred: (u64, u64),
    first: Option<Point>,
    hidden_io: bool,
    hidden_pages: bool,
}

impl Tree {
    fn new(root: i32, with_root: bool, sampling: Sampling) -> Tree {
        Tree {
            root,
            with_root,
            sampling,
            units: Units::of_system(),
            looks: 0,
            switches: HashMap::new(),
            transferred: (0, 0),
            first: None,
            hidden_io: false,
            hidden_pages: false,
        }
    }

    /// One look; nothing once the root is gone.
    fn point(&mut self, at: Duration) -> Option<Point> {
        if !tree::is_running(self.root) {
            return None;
        }
        let mut pids = tree::descendants(self.root);
        pids.extend(self.with_root.then_some(self.root));
        let mut point = Point { at_ns: at.as_nanos() as u64, ..Point::default() };
        let detailed = self.sampling.detailed && self.looks.is_multiple_of(LOOKS_A_DETAIL);
        self.looks += 1;
        if detailed {
            self.transferred = (0, 0);
        }
        // One process alone shares with none of its tree.
        point.proportional_bytes = (self.sampling.proportional && pids.len() > 1).then_some(0);
        for pid in pids {
            self.add(pid, detailed, &mut point);
        }
        (point.read_bytes, point.written_bytes) = self.transferred;
        (point.voluntary_switches, point.involuntary_switches) =
            self.switches.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Some(self.since_first(point))
    }

    fn add(&mut self, pid: i32, detailed: bool, point: &mut Point) {
        let Some(look) = tree::look(pid, self.units) else { return };
        point.cpu_ns += look.cpu_ns;
        point.resident_bytes += look.resident_bytes;
        point.threads += look.threads;
        point.processes += 1;
        if let Some(sum) = point.proportional_bytes {
            let own = tree::proportional_bytes(pid);
            let hidden = own.is_none() && tree::is_running(pid);
            self.hidden_pages |= hidden;
            // A part of the tree is not the tree.
            point.proportional_bytes = (!hidden).then(|| sum + own.unwrap_or(0));
        }
        if detailed {
            match tree::transferred(pid) {
                Some((read, written)) => {
                    self.transferred.0 += read;
                    self.transferred.1 += written;
                }
                None => self.hidden_io |= tree::is_running(pid),
            }
            self.switches.insert(pid, tree::switches(pid));
        }
    }

    /// What a process that was attached to had used before is not what it used while it was watched.
    fn since_first(&mut self, point: Point) -> Point {
        if !self.with_root {
            return point;
        }
        let first = *self.first.get_or_insert(point);
        Point {
            cpu_ns: point.cpu_ns.saturating_sub(first.cpu_ns),
            read_bytes: point.read_bytes.saturating_sub(first.read_bytes),
            written_bytes: point.written_bytes.saturating_sub(first.written_bytes),
            voluntary_switches: point.voluntary_switches.saturating_sub(first.voluntary_switches),
            involuntary_switches: point
                .involuntary_switches
                .saturating_sub(first.involuntary_switches),
            ..point
        }
    }

    fn unseen(&self) -> Vec<String> {
        let io = self.hidden_io.then_some("bytes read and written: the system does not show them");
        let pages = self.hidden_pages.then_some("shared memory: the system does not show it");
        io.into_iter().chain(pages).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_thread_of_this_process_is_seen() {
        let sampling = Sampling { period: Duration::from_millis(5), ..Sampling::FULL };
        let sampler = Sampler::attach(std::process::id() as i32, sampling).unwrap();
        let begin = Instant::now();
        let mut sum = 0u64;
        while begin.elapsed() < Duration::from_millis(200) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let series = sampler.finish();
        let last = series.points.last().unwrap();
        assert!(series.points.len() >= 3, "{series:?}");
        assert!(last.cpu_ns > 0 && last.threads >= 2 && last.processes >= 1, "{last:?}");
        assert!(series.peak_resident_bytes() > Some(100_000));
    }

    #[test]
    fn a_process_that_is_not_there_cannot_be_attached_to() {
        assert!(matches!(
            Sampler::attach(i32::MAX, Sampling::LIGHT),
            Err(ChildError::NoProcess { pid: i32::MAX })
        ));
    }
}
