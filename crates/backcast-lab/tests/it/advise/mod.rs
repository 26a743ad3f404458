//! Advice: each rule finds its planted fault and is silent on a clean program; predictions are kept; delays tell what counts.

mod preparation;
mod records;
mod rules;
mod what_if;

use backcast_lab::{
    advise::{Advice, Context, Rule, Suggestion, advise},
    child::{Exit, Sample},
    profile::{
        Area, Builder, Calls, Collections, Frame, Kind, Node, Profile, PythonProcess, Source,
        Thread,
    },
};

/// Wall time of all programs here.
const WALL_NS: u64 = 1_000_000_000;

/// A call path of a made-up program: its parent, its name, its own time, what is known of its calls.
struct Path {
    parent: Option<u32>,
    name: &'static str,
    own_ns: u64,
    calls: Calls,
}

fn path(parent: Option<u32>, name: &'static str, own_ms: u64, calls: Calls) -> Path {
    Path { parent, name, own_ns: own_ms * 1_000_000, calls }
}

/// A few calls without anything remarkable.
fn few() -> Calls {
    Calls { count: 10, min_ns: 1_000, max_ns: 90_000_000, ..Calls::default() }
}

fn builder_of_spans(threads: u64, paths: Vec<Path>) -> Builder {
    let mut builder = Builder::default();
    let mut nodes = Vec::new();
    let names: Vec<&str> = paths.iter().map(|path| path.name).collect();
    for path in paths {
        // A function stands on one line, wherever it is called from.
        let line = 1 + names.iter().position(|name| *name == path.name).unwrap() as u32;
        let frame = builder.frame(Frame {
            name: path.name.to_owned(),
            file: Some("src/main.rs".to_owned()),
            line: Some(line),
            kind: Kind::Span,
            area: Area::of_span(path.name),
        });
        let (parent, own_ns) = (path.parent, path.own_ns);
        nodes.push(Node {
            parent,
            frame,
            own_ns,
            calls: Some(Box::new(path.calls)),
            ..Node::default()
        });
    }
    let thread = Thread {
        pid: 7,
        name: "main".to_owned(),
        count: threads,
        source: Source::Spans,
        wall_ns: WALL_NS * threads,
        cpu_ns: None,
        samples: 0,
        effective_samples: 0,
    };
    builder.thread(thread, nodes);
    builder
}

fn finished(builder: Builder, command: &[&str]) -> Profile {
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    let mut profile =
        builder.finish("a program", command, "2026-11-20T00:00:00Z".to_owned(), WALL_NS);
    profile.process.cost = Some(cost(50_000_000));
    profile
}

/// A program of spans on one thread.
fn spans(command: &[&str], paths: Vec<Path>) -> Profile {
    finished(builder_of_spans(1, paths), command)
}

/// A Python process whose collector took so much time.
fn python(collector_ns: u64) -> PythonProcess {
    let young = Collections { count: 900, ns: collector_ns, ..Collections::default() };
    PythonProcess {
        python: "cpython 3.11.7".to_owned(),
        wall_ns: WALL_NS,
        collections: vec![young, Collections::default(), Collections::default()],
        peak_bytes: Some(20_000_000),
        ..PythonProcess::default()
    }
}

fn cost(peak_bytes: u64) -> Sample {
    Sample {
        exit: Exit::Code(0),
        wall_ns: WALL_NS,
        user_ns: 900_000_000,
        system_ns: 100_000_000,
        peak_bytes: Some(peak_bytes),
        peak_floor_bytes: None,
        tree_peak_bytes: None,
        voluntary_switches: 0,
        involuntary_switches: 0,
        minor_faults: 0,
        major_faults: 0,
        block_reads: 0,
        block_writes: 0,
        left_over: 0,
    }
}

fn advice(profile: &Profile) -> Advice {
    advise(
        profile,
        &Context { processors: 4, best_isa: Some("avx512".into()), ..Context::default() },
    )
}

/// The one suggestion of that rule.
fn only(profile: &Profile, rule: Rule) -> Suggestion {
    let found = advice(profile).suggestions;
    let mut of_rule = found.iter().filter(|suggestion| suggestion.rule == rule);
    let one = of_rule.next().unwrap_or_else(|| panic!("{rule} found nothing: {found:?}")).clone();
    assert!(of_rule.next().is_none(), "{rule} found it twice");
    let gain = one.prediction.gain;
    assert!(0.0 <= gain.low && gain.low <= gain.estimate && gain.estimate <= gain.high, "{gain:?}");
    assert!(gain.high <= 1.0 && !one.prediction.bounds.is_empty() && !one.advice.is_empty());
    one
}

fn silent(profile: &Profile, rule: Rule) {
    let found = advice(profile).suggestions;
    assert!(found.iter().all(|suggestion| suggestion.rule != rule), "{found:?}");
}

fn blind(profile: &Profile, rule: Rule) -> String {
    let advice = advice(profile);
    let blind = advice.blind.into_iter().find(|blind| blind.rule == rule);
    blind.unwrap_or_else(|| panic!("{rule} could look")).why
}
