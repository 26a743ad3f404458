//! The closing line: user code, data preparation, engine and computation as shares of the time that was attributed.

use super::{Area, Kind, Profile, Source, ThreadProfile, python::MAIN_THREAD};

/// Own time by area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The user's own code.
    pub user_ns: u64,
    /// Preparing data.
    pub data_ns: u64,
    /// Backtesting.
    pub engine_ns: u64,
    /// Computing.
    pub computation_ns: u64,
    /// Collector, imports, reports.
    pub other_ns: u64,
    /// Python's main thread where it used no processor from one look to the next; its other threads while they were on none.
    pub waiting_ns: u64,
    /// In no node, or in nodes of which nothing is known.
    pub unattributed_ns: u64,
}

impl Split {
    /// Own times of all nodes by area; a library works for what it was called for. The main thread
    /// works as long as it uses a processor now and then: what it reads, and locks that it waits for shortly, are part of what it
    /// does. Another thread that is sampled while it waits does nothing.
    pub fn of(profile: &Profile) -> Split {
        let mut split = Split::default();
        for thread in &profile.threads {
            split.add(profile, thread);
        }
        split
    }

    fn add(&mut self, profile: &Profile, thread: &ThreadProfile) {
        let idles = thread.source == Source::Python && thread.name != MAIN_THREAD;
        let mut areas: Vec<Area> = Vec::with_capacity(thread.len as usize);
        for node in profile.nodes_of(thread) {
            let frame = &profile.frames[node.frame as usize];
            let above =
                node.parent.map_or(Area::Unknown, |parent| areas[(parent - thread.first) as usize]);
            let area = match (frame.kind, frame.area) {
                (Kind::Python, area) => area.below(above),
                (_, Area::Caller) => above,
                (_, area) => area,
            };
            areas.push(area);
            let waiting = match node.cpu_ns {
                Some(cpu_ns) if idles => node.own_ns.saturating_sub(cpu_ns),
                _ => node.idle_ns.min(node.own_ns),
            };
            *self.field(area) += node.own_ns - waiting;
            self.waiting_ns += waiting;
        }
        self.unattributed_ns += thread.unattributed_ns;
    }

    fn field(&mut self, area: Area) -> &mut u64 {
        match area {
            Area::User => &mut self.user_ns,
            Area::Data => &mut self.data_ns,
            Area::Engine => &mut self.engine_ns,
            Area::Computation => &mut self.computation_ns,
            Area::Collector | Area::Import | Area::Report => &mut self.other_ns,
            Area::Caller | Area::Unknown => &mut self.unattributed_ns,
        }
    }

    /// All of it.
    pub fn total_ns(&self) -> u64 {
        self.parts().iter().map(|(_, ns)| ns).sum()
    }

    /// Names and times, in the order of the closing line; they add up to the whole.
    pub fn parts(&self) -> [(&'static str, u64); 7] {
        [
            ("user code", self.user_ns),
            ("data preparation", self.data_ns),
            ("engine", self.engine_ns),
            ("computation", self.computation_ns),
            ("collector, imports, reports", self.other_ns),
            ("waiting", self.waiting_ns),
            ("unattributed", self.unattributed_ns),
        ]
    }

    /// Preparation over computation, where both took time.
    pub fn preparation_to_computation(&self) -> Option<f64> {
        (self.data_ns > 0 && self.computation_ns > 0)
            .then(|| self.data_ns as f64 / self.computation_ns as f64)
    }
}
