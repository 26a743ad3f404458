//! What recording costs: a span, a counted allocation, the sampler, memory, a whole sweep; and whether times add up.
//!
//! Short steps are repeated in a loop, and the time of the empty loop is taken off.

use std::{
    cell::RefCell,
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
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

/// For how long threads work beside the sampler.
const AT_WORK: Duration = Duration::from_millis(700);

/// A thousand looks a second, less those that the machine lets come too late.
const LEAST_LOOKS: f64 = 950.0;

/// Call paths whose memory is measured.
const PATHS: usize = 1_000;

const WINDOWS: Windows = Windows { fast: 2..=101, slow: 102..=201 };

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let mut lines = steps(options);
    lines.extend(whole_sweep(options)?);
    lines.extend(sampler(options)?);
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
    let off = measure(vec![Side::self_timed("span, nothing recorded", span)], rounds);
    let recording = start(plain());
    let on = measure(
        vec![
            Side::self_timed("span, recorded", span),
            Side::self_timed("span with a digest of its arguments, recorded", digest),
        ],
        rounds,
    );
    let clock = recording.finish().clock;
    let readings = Times {
        name: format!(
            "two readings of the {} clock, all that a span cannot do without",
            clock.kind.name()
        ),
        seconds: vec![2.0 * clock.resolution_ns / 1e9],
    };
    let mut lines = vec![
        Line::new(&off[0], None).within(1e-9),
        Line::new(&on[0], None).within(25e-9),
        Line::new(&readings, None),
        Line::new(&on[1], None),
    ];
    lines.extend(allocations(rounds));
    lines
}

/// An allocation and its release, counted and not, in turns in one process and by the same code.
fn allocations(rounds: usize) -> Vec<Line> {
    let pair = || each(|i| drop(black_box(Box::new(i))));
    let counted = || {
        let _recording = start(plain());
        pair()
    };
    let times = measure(
        vec![
            Side::self_timed("an allocation and its release, nothing recorded", pair),
            Side::self_timed("the same, counted", counted),
        ],
        rounds,
    );
    let counting = times[1].beyond(&times[0], "counting an allocation and its release");
    vec![
        Line::new(&times[0], None),
        Line::new(&times[1], None),
        Line::new(&counting, None).within(3e-9),
    ]
}

/// A sweep on one thread, recorded with samples and not, in turns: by the clock, and by processor time, of which that of the
/// sampler is part.
fn whole_sweep(options: &Options) -> Result<Vec<Line>, String> {
    let market = daily(1, 2520);
    let spec = WINDOWS.spec(&THREE, "")?;
    processor_seconds()?;
    let sweeps = |processor: &RefCell<Vec<f64>>, recording: Option<Recording>| {
        let recording = recording.map(start);
        let (clock, begin) = (Instant::now(), processor_seconds());
        let done = (0..SWEEPS).all(|_| swept(&spec, &market, Isa::detect(), 1).is_ok());
        let wall = clock.elapsed().as_secs_f64();
        let used = processor_seconds().and_then(|end| Ok(end - begin?)).unwrap_or(f64::NAN);
        let sampler =
            recording.map_or(0.0, |recording| recording.finish().sampler.cpu_ns as f64 / 1e9);
        processor.borrow_mut().push((used + sampler) / SWEEPS as f64);
        if done { wall / SWEEPS as f64 } else { f64::NAN }
    };
    let processor = [const { RefCell::new(Vec::new()) }; 2];
    let wall = measure(
        vec![
            Side::self_timed("sweep of 10,000 sets", || sweeps(&processor[0], None)),
            Side::self_timed("the same, recorded and sampled", || {
                sweeps(&processor[1], Some(Recording::default()))
            }),
        ],
        options.runs.max(41),
    );
    let of_processor = |side: usize| Times {
        name: format!("{}, processor time", wall[side].name),
        // The first round counts for neither.
        seconds: processor[side].borrow()[1..].to_vec(),
    };
    let processor = [of_processor(0), of_processor(1)];
    let against = |plain: &Times, recorded: &Times| {
        let ratio = plain.ratio_of(recorded);
        let mut line = Line::new(recorded, None);
        let wanted = format!("1.02x or less, is {ratio:.3}x");
        line.targets.push(Target { wanted, met: ratio <= 1.02 });
        [Line::new(plain, None), line]
    };
    let mut lines = Vec::from(against(&wall[0], &wall[1]));
    lines.extend(against(&processor[0], &processor[1]));
    Ok(lines)
}

/// Processor time of this thread so far, which other programs on a busy machine do not add to.
fn processor_seconds() -> Result<f64, String> {
    let path = "/proc/thread-self/schedstat";
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let ns = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    ns.map(|ns| ns / 1e9).ok_or_else(|| format!("{path} has no number"))
}

/// Processor time of the sampler while two threads work, beside that of a loop which does nothing but wake up as often: what
/// waking costs is the machine's, and no look can be cheaper.
fn sampler(options: &Options) -> Result<Vec<Line>, String> {
    let shares = [const { RefCell::new(Vec::new()) }; 2];
    let looks = RefCell::new(Vec::new());
    let bare = || {
        let waking = || {
            let begin = processor_seconds()?;
            let woken = wake_up_until(Instant::now() + AT_WORK);
            Ok::<_, String>((processor_seconds()? - begin, woken))
        };
        let (used, woken) = beside_work(|| waking().unwrap_or((f64::NAN, 1)));
        shares[0].borrow_mut().push(used / AT_WORK.as_secs_f64());
        used / woken as f64
    };
    let sampled = || {
        let recording = start(Recording::default());
        beside_work(|| thread::sleep(AT_WORK));
        let snapshot = recording.finish();
        let (sampler, wall) = (snapshot.sampler, snapshot.wall_ns as f64 / 1e9);
        shares[1].borrow_mut().push(sampler.cpu_ns as f64 / 1e9 / wall);
        looks.borrow_mut().push(sampler.looks as f64 / wall);
        sampler.cpu_ns as f64 / 1e9 / sampler.looks.max(1) as f64
    };
    processor_seconds()?;
    let times = measure(
        vec![
            Side::self_timed("waking up, one time", bare),
            Side::self_timed("waking up and looking at all threads, one time", sampled),
        ],
        options.runs.clamp(5, 15),
    );
    let a_second = |name: String, seconds: &RefCell<Vec<f64>>| Times {
        name,
        seconds: seconds.borrow()[1..].to_vec(),
    };
    let rate = a_second(String::new(), &looks).median();
    let bare = a_second("waking up 1,000 times, processor time a second".to_owned(), &shares[0]);
    let name = format!("sampler, processor time a second at {rate:.0} looks a second");
    let mut line = Line::new(&a_second(name, &shares[1]), None).within(0.005);
    let wanted = format!("{LEAST_LOOKS:.0} looks a second or more, are {rate:.0}");
    line.targets.push(Target { wanted, met: rate >= LEAST_LOOKS });
    Ok(vec![Line::new(&times[0], None), Line::new(&times[1], None), Line::new(&bare, None), line])
}

/// Wakes up each millisecond until then; how often.
fn wake_up_until(end: Instant) -> u64 {
    let (mut due, mut woken) = (Instant::now(), 0);
    while due < end {
        let now = Instant::now();
        due = (due + Duration::from_millis(1)).max(now);
        thread::park_timeout(due - now);
        woken += 1;
    }
    woken
}

/// Does something while two threads work.
fn beside_work<T>(something: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let _span = span!("bench.work");
                    for i in 0..1_000 {
                        black_box(i);
                    }
                }
            });
        }
        let made = something();
        over.store(true, Ordering::Relaxed);
        made
    })
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
