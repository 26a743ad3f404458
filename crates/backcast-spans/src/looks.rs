//! What the sampler has seen of one thread.
//!
//! Where a thread is costs one load to see; how much processor time it has used costs a call to the system that takes a lock of
//! the processor on which the thread runs, many times as much. So the clock is read where it decides something: when the thread has
//! gone to another span, as often as there is time for that, and else once in a while. What the clock says is
//! shared out among the looks since it was last read.

use crate::totals::Samples;

/// Looks without reading the clock, at most.
const LOOKS_A_READING: usize = 32;

/// What a look adds to the right to read the clock early, and what a reading costs.
const CREDIT_A_LOOK: u32 = 1;
const CREDIT_A_READING: u32 = 4;

/// Most of that right that is saved up.
const MOST_CREDIT: u32 = 64;

/// Samples of one thread by node, and the looks that wait for the clock.
#[derive(Debug)]
pub(crate) struct Looks {
    samples: Vec<Samples>,
    /// Nodes of the looks since the clock was read.
    waiting: Vec<u32>,
    credit: u32,
    read_at_ns: u64,
    read_cpu_ns: u64,
}

impl Looks {
    pub(crate) fn new(cpu_ns: u64) -> Looks {
        let waiting = Vec::with_capacity(LOOKS_A_READING);
        Looks {
            samples: Vec::new(),
            waiting,
            credit: MOST_CREDIT,
            read_at_ns: 0,
            read_cpu_ns: cpu_ns,
        }
    }

    pub(crate) fn samples(&self) -> &[Samples] {
        &self.samples
    }

    pub(crate) fn bytes(&self) -> usize {
        self.samples.capacity() * size_of::<Samples>() + LOOKS_A_READING * size_of::<u32>()
    }

    /// Whether the clock is to be read before a look that finds the thread in a node.
    pub(crate) fn wants_clock(&mut self, node: u32) -> bool {
        self.credit = (self.credit + CREDIT_A_LOOK).min(MOST_CREDIT);
        let Some(before) = self.waiting.last() else { return true };
        let early = *before != node && self.credit >= CREDIT_A_READING;
        if early {
            self.credit -= CREDIT_A_READING;
        }
        early || self.waiting.len() >= LOOKS_A_READING
    }

    /// The thread is in a node from now until the next look, as far as is known.
    pub(crate) fn look(&mut self, node: u32, now_ns: u64) {
        if self.waiting.is_empty() {
            self.read_at_ns = now_ns;
        }
        self.waiting.push(node);
    }

    /// The clock was read: the looks since the last reading become samples.
    pub(crate) fn settle(&mut self, now_ns: u64, cpu_ns: u64) {
        let looks = self.waiting.len() as u64;
        let used = cpu_ns.saturating_sub(self.read_cpu_ns);
        self.read_cpu_ns = cpu_ns;
        let on_cpu = used * 2 > now_ns.saturating_sub(self.read_at_ns);
        for (at, node) in (0..).zip(self.waiting.drain(..)) {
            let node = node as usize;
            if self.samples.len() <= node {
                self.samples.resize(node + 1, Samples::default());
            }
            let samples = &mut self.samples[node];
            samples.all += 1;
            samples.on_cpu += u64::from(on_cpu);
            // The parts add up to the whole.
            samples.cpu_ns += used * (at + 1) / looks - used * at / looks;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Looks once a millisecond at a thread whose node and use of the processor are told by a function of the time; the
    /// samples, and how often the clock was read.
    fn watch(ms: u64, thread: impl Fn(u64) -> (u32, u64)) -> (Vec<Samples>, u64) {
        let (mut looks, mut readings) = (Looks::new(0), 0);
        for at in 0..ms {
            let (node, cpu_ns) = thread(at);
            if looks.wants_clock(node) {
                looks.settle(at * MS, cpu_ns);
                readings += 1;
            }
            looks.look(node, at * MS);
        }
        looks.settle(ms * MS, thread(ms).1);
        (looks.samples, readings)
    }

    #[test]
    fn work_and_waiting_are_told_apart_though_the_clock_is_rarely_read() {
        // 10 ms of work in node 1, 30 ms of waiting in node 2, and so on.
        let cpu = |at: u64| (at / 40 * 10 + (at % 40).min(10)) * MS;
        let (samples, readings) = watch(1_000, |at| (if at % 40 < 10 { 1 } else { 2 }, cpu(at)));
        let (works, waits) = (samples[1], samples[2]);
        assert_eq!((works.all, works.on_cpu, works.cpu_ns), (250, 250, 250 * MS));
        assert_eq!((waits.all, waits.on_cpu, waits.cpu_ns), (750, 0, 0));
        assert!(readings <= 51, "{readings}");
    }

    #[test]
    fn a_thread_in_one_long_span_has_its_clock_read_once_in_many_looks() {
        let (samples, readings) = watch(3_200, |at| (1, at * MS));
        assert_eq!((samples[1].all, samples[1].cpu_ns, readings), (3_200, 3_200 * MS, 100));
    }

    #[test]
    fn a_thread_that_is_elsewhere_at_each_look_has_its_clock_read_at_one_in_four() {
        let (samples, readings) = watch(4_000, |at| (1 + (at % 7) as u32, at * MS / 2));
        assert!(readings < 1_020, "{readings}");
        assert_eq!(samples.iter().map(|s| s.all).sum::<u64>(), 4_000);
        assert_eq!(samples.iter().map(|s| s.cpu_ns).sum::<u64>(), 2_000 * MS);
    }
}
