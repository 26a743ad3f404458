//! What recording costs: a span, a counted allocation, the sampler, memory, a whole sweep; and whether times add up.
//!
//! Short steps are repeated in a loop, and the time of the empty loop is taken off.

use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

use backcast_engine::lanes::Isa;
use backcast_spans::{Options as Recording, Site, Snapshot, Span, span, start};

use super::{Job, Options, THREE, swept};
use crate::{
    figures::{Line, Report, Target},
    markets::{Windows, daily},
    timing::{Side, Times, measure},
};

pub(crate) const JOB: Job = Job {
    name: "spans",
    about: "the cost of recording; a span off and on, a counted allocation, the sampler at 1 kHz, 1,000 call paths, a whole sweep",
    run,
};

/// Steps of one loop.
const STEPS: u32 = 20_000;

/// Sweeps of one round.
const SWEEPS: usize = 10;

/// Call paths whose memory is measured.
const PATHS: usize = 1_000;

const WINDOWS: Windows = Windows { fast: 2..=101, slow: 102..=201 };

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let mut lines = steps(options);
    lines.extend(whole_sweep(options)?);
    lines.push(sampler());
    lines.push(memory());
    lines.push(partition());
    Ok(Report { job: job.name, about: job.about, lines })
}

/// A recording without a sampler.
fn plain() -> Recording {
    Recording { sample_every: None, ..Recording::default() }
}

/// Seconds of one step of a loop, the loop itself taken off.
fn each(step: impl Fn(u32)) -> f64 {
    let time = |work: &dyn Fn(u32)| {
        let begin = Instant::now();
        work(STEPS);
        begin.elapsed().as_secs_f64()
    };
    let empty = time(&|steps| {
        (0..steps).for_each(|i| {
            black_box(i);
        })
    });
    let full = time(&|steps| (0..steps).for_each(&step));
    (full - empty).max(0.0) / f64::from(STEPS)
}

fn steps(options: &Options) -> Vec<Line> {
    let rounds = options.runs.max(101);
    let span = || each(|i| drop((span!("bench.span"), black_box(i))));
    let digest =
        || each(|i| drop((span!("bench.digest", digest = u64::from(i % 100)), black_box(i))));
    let pair = || each(|i| drop(black_box(Box::new(i))));
    let off = measure(
        vec![Side::self_timed("span, nothing recorded", span), Side::self_timed("", pair)],
        rounds,
    );
    let recording = start(plain());
    let on = measure(
        vec![
            Side::self_timed("span, recorded", span),
            Side::self_timed("span with a digest of its arguments, recorded", digest),
            Side::self_timed("", pair),
        ],
        rounds,
    );
    drop(recording);
    // Both sides in one session, best against best: what is left is the counting.
    let counted = (on[2].least() - off[1].least()).max(0.0);
    let counter =
        Times { name: "counting an allocation and its release".to_owned(), seconds: vec![counted] };
    vec![
        Line::new(&off[0], None).within(1e-9),
        Line::new(&on[0], None).within(25e-9),
        Line::new(&on[1], None),
        Line::new(&counter, None).within(3e-9),
    ]
}

/// Processor time of a sweep on one thread, recorded with samples and not; that of the sampler is part of it.
fn whole_sweep(options: &Options) -> Result<Vec<Line>, String> {
    let market = daily(1, 2520);
    let spec = WINDOWS.spec(&THREE, "")?;
    processor_seconds()?;
    let sweeps = || {
        let begin = processor_seconds();
        let done = (0..SWEEPS).all(|_| swept(&spec, &market, Isa::detect(), 1).is_ok());
        match (begin, processor_seconds()) {
            (Ok(begin), Ok(end)) if done => (end - begin) / SWEEPS as f64,
            _ => f64::NAN,
        }
    };
    let recorded = || {
        let recording = start(Recording::default());
        let seconds = sweeps();
        seconds + recording.finish().sampler.cpu_ns as f64 / 1e9 / SWEEPS as f64
    };
    let times = measure(
        vec![
            Side::self_timed("sweep of 10,000 sets, processor time", sweeps),
            Side::self_timed("the same, recorded and sampled", recorded),
        ],
        options.runs.max(15),
    );
    let ratio = times[0].ratio_of(&times[1]);
    let mut line = Line::new(&times[1], None);
    let wanted = format!("1.02x or less, is {ratio:.3}x");
    line.targets.push(Target { wanted, met: ratio <= 1.02 });
    Ok(vec![Line::new(&times[0], None), line])
}

/// Processor time of this thread so far, which other programs on a busy machine do not add to.
fn processor_seconds() -> Result<f64, String> {
    let path = "/proc/thread-self/schedstat";
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let ns = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    ns.map(|ns| ns / 1e9).ok_or_else(|| format!("{path} has no number"))
}

/// Processor time of the sampler while two threads work for two seconds.
fn sampler() -> Line {
    let recording = start(Recording::default());
    let work = || {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(2) {
            let _span = span!("bench.work");
            for i in 0..1_000 {
                black_box(i);
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let snapshot = recording.finish();
    let rate = 1e9 / snapshot.sampler.period_ns.max(1) as f64;
    let share = snapshot.sampler.cpu_ns as f64 / snapshot.wall_ns as f64;
    let name = format!("sampler, processor time a second at {rate:.0} looks a second");
    Line::new(&Times { name, seconds: vec![share] }, None).within(0.005)
}

/// Bytes that 1,000 call paths take, with calls of many lengths.
fn memory() -> Line {
    let sites: Vec<&'static Site> =
        (0..PATHS).map(|i| Site::named(&format!("bench.path {i}"), file!(), 0)).collect();
    let recording = start(plain());
    let begin = Instant::now();
    for around in sites.chunks(10) {
        let _span = Span::enter(around[0]);
        for site in &around[1..] {
            for calls in 0..20_u64 {
                let _span = Span::enter(site);
                (0..calls * calls * 10).for_each(|i| {
                    black_box(i);
                });
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    let bytes = recording.finish().recording_bytes as f64;
    let name = format!("memory of {PATHS} call paths: {bytes:.0} bytes");
    Line::new(&Times { name, seconds: vec![seconds] }, None).peak(bytes, 1e6)
}

/// By how much own times and the unattributed rest miss the wall time of a thread, a second.
fn partition() -> Line {
    fn recursive(depth: u32) {
        let _span = span!("bench.recursive");
        let _other = span!("bench.other");
        if depth > 0 {
            recursive(depth - 1);
        }
    }
    let recording = start(Recording::default());
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(300) {
        recursive(50);
    }
    let other_clock = begin.elapsed().as_secs_f64();
    let snapshot = recording.finish();
    let name = "own times and the rest against the wall time, off by, a second".to_owned();
    let seconds = missed(&snapshot).max(1.0 - snapshot.wall_ns as f64 / 1e9 / other_clock);
    Line::new(&Times { name, seconds: vec![seconds.max(0.0)] }, None).within(0.001)
}

fn missed(snapshot: &Snapshot) -> f64 {
    let of_thread = |thread: &backcast_spans::ThreadSnapshot| {
        let own: u64 = thread.nodes.iter().map(|node| node.self_ns).sum();
        let all = own + thread.unattributed.self_ns;
        all.abs_diff(thread.wall_ns) as f64 / thread.wall_ns.max(1) as f64
    };
    snapshot.threads.iter().map(of_thread).fold(0.0, f64::max)
}
