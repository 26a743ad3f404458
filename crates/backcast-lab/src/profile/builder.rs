//! Makes a profile: frames are kept once, totals follow from own times, threads partition.

use std::collections::HashMap;

use super::{
    Frame, Heap, Node, Overhead, Processes, Profile, PythonProcess, Source, ThreadProfile, VERSION,
};

/// A profile in the making.
#[derive(Debug, Default)]
pub struct Builder {
    frames: Vec<Frame>,
    known: HashMap<Frame, u32>,
    threads: Vec<ThreadProfile>,
    nodes: Vec<Node>,
    /// When the command itself was alive, where that is known.
    pub command: Option<Lifetime>,
    /// Processes that the Python sampler saw.
    pub python: Vec<PythonProcess>,
    /// What measuring cost.
    pub overhead: Overhead,
    /// What the command had allocated.
    pub heap: Option<Heap>,
    /// What could not be seen.
    pub unseen: Vec<String>,
    /// Why times cannot be believed.
    pub distrust: Vec<String>,
}

/// When a process was alive.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// Its number.
    pub pid: u32,
    /// When it was started, on the monotonic clock.
    pub began_ns: u64,
    /// From then to its end.
    pub wall_ns: u64,
}

/// What is known of a thread before its nodes.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its process.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// Threads of that name.
    pub count: u64,
    /// How it was seen.
    pub source: Source,
    /// Lifetime.
    pub wall_ns: u64,
    /// Time on a processor.
    pub cpu_ns: Option<u64>,
    /// Samples taken.
    pub samples: u64,
    /// How many would tell as much if each stood for equally long.
    pub effective_samples: u64,
}

impl Builder {
    /// The number of a frame.
    pub fn frame(&mut self, frame: Frame) -> u32 {
        if let Some(id) = self.known.get(&frame) {
            return *id;
        }
        let id = self.frames.len() as u32;
        self.frames.push(frame.clone());
        self.known.insert(frame, id);
        id
    }

    /// How long the command lived on after a moment of the monotonic clock; nothing for other processes.
    pub(super) fn lived_on(&self, pid: u32, after_ns: u64) -> Option<u64> {
        let command = self.command.filter(|command| command.pid == pid)?;
        Some((command.began_ns + command.wall_ns).saturating_sub(after_ns))
    }

    /// Whether there are threads of that source.
    pub fn has(&self, source: Source) -> bool {
        self.threads.iter().any(|thread| thread.source == source)
    }

    /// Whether there is no thread.
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    /// Processes with threads.
    pub fn processes(&self) -> Vec<u32> {
        self.threads.iter().map(|thread| thread.pid).collect()
    }

    /// A thread with its nodes, each after its parent; parents count from the thread's first node.
    ///
    /// Totals are made here: own time and that of all below. What own times leave of the lifetime is unattributed; if
    /// they exceed it (a clock that steps), the lifetime is what they say.
    pub fn thread(&mut self, thread: Thread, mut nodes: Vec<Node>) {
        let first = self.nodes.len() as u32;
        nodes.iter_mut().for_each(|node| node.total_ns = node.own_ns);
        for i in (0..nodes.len()).rev() {
            if let Some(parent) = nodes[i].parent {
                debug_assert!((parent as usize) < i, "a node stands after its parent");
                nodes[parent as usize].total_ns += nodes[i].total_ns;
            }
        }
        let own: u64 = nodes.iter().map(|node| node.own_ns).sum();
        let wall_ns = thread.wall_ns.max(own);
        self.threads.push(ThreadProfile {
            pid: thread.pid,
            name: thread.name,
            count: thread.count,
            source: thread.source,
            wall_ns,
            cpu_ns: thread.cpu_ns,
            unattributed_ns: wall_ns - own,
            samples: thread.samples,
            effective_samples: thread.effective_samples,
            first,
            len: nodes.len() as u32,
        });
        self.nodes.extend(
            nodes
                .into_iter()
                .map(|node| Node { parent: node.parent.map(|parent| parent + first), ..node }),
        );
    }

    /// The profile of a command that ran for `wall_ns`.
    pub fn finish(
        self,
        name: &str,
        command: Vec<String>,
        taken_at: String,
        wall_ns: u64,
    ) -> Profile {
        Profile {
            format: Profile::FORMAT.to_owned(),
            version: VERSION,
            name: name.to_owned(),
            command,
            taken_at,
            ended: None,
            wall_ns,
            frames: self.frames,
            threads: self.threads,
            nodes: self.nodes,
            python: self.python,
            process: Processes::default(),
            heap: self.heap,
            overhead: self.overhead,
            unseen: self.unseen,
            distrust: self.distrust,
        }
    }
}
