//! The processed format of profiler.firefox.com: tables by column, one set for all threads.
//!
//! A profile here knows how long each call path took, not when: its samples stand one after the other, each for as long as
//! its call path took. Version 62 of the layout; the viewer upgrades older ones itself.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::{Area, Profile, Row, View};

/// Areas as categories of the viewer, with its colours.
const CATEGORIES: [(Area, &str); 8] = [
    (Area::User, "yellow"),
    (Area::Data, "orange"),
    (Area::Engine, "blue"),
    (Area::Computation, "green"),
    (Area::Collector, "purple"),
    (Area::Import, "lightblue"),
    (Area::Report, "brown"),
    (Area::Unknown, "grey"),
];

/// The shared tables while they grow.
#[derive(Default)]
struct Tables<'a> {
    strings: Vec<&'a str>,
    string_ids: HashMap<&'a str, usize>,
    functions: HashMap<(&'a str, Option<&'a str>, Option<u32>), usize>,
    function_names: Vec<usize>,
    function_sources: Vec<Option<usize>>,
    function_lines: Vec<Option<u32>>,
    function_categories: Vec<usize>,
    sources: Vec<usize>,
    source_ids: HashMap<&'a str, usize>,
    stack_prefixes: Vec<Option<usize>>,
    stack_frames: Vec<usize>,
}

impl<'a> Tables<'a> {
    fn string(&mut self, text: &'a str) -> usize {
        let next = self.strings.len();
        let id = *self.string_ids.entry(text).or_insert(next);
        if id == next {
            self.strings.push(text);
        }
        id
    }

    fn source(&mut self, file: &'a str) -> usize {
        let next = self.sources.len();
        let id = *self.source_ids.entry(file).or_insert(next);
        if id == next {
            let name = self.string(file);
            self.sources.push(name);
        }
        id
    }

    /// A function, which is also its frame.
    fn function(&mut self, row: &'a Row<'_>) -> usize {
        let next = self.function_names.len();
        let key = (&*row.name, row.file, row.line);
        let id = *self.functions.entry(key).or_insert(next);
        if id == next {
            let name = self.string(&row.name);
            let source = row.file.map(|file| self.source(file));
            self.function_names.push(name);
            self.function_sources.push(source);
            self.function_lines.push(row.line);
            let category = CATEGORIES.iter().position(|(area, _)| *area == row.area);
            self.function_categories.push(category.unwrap_or(CATEGORIES.len() - 1));
        }
        id
    }

    fn stack(&mut self, prefix: Option<usize>, frame: usize) -> usize {
        self.stack_prefixes.push(prefix);
        self.stack_frames.push(frame);
        self.stack_frames.len() - 1
    }

    fn json(&self) -> Value {
        let n = self.function_names.len();
        let all = |value: Value| vec![value; n];
        json!({
            "frameTable": {
                "address": all(json!(-1)), "category": self.function_categories, "column": all(Value::Null),
                "func": (0..n).collect::<Vec<_>>(), "inlineDepth": all(json!(0)), "innerWindowID": all(json!(0)),
                "length": n, "line": self.function_lines, "nativeSymbol": all(Value::Null),
                "subcategory": all(json!(0)),
            },
            "funcTable": {
                "columnNumber": all(Value::Null), "isJS": all(json!(false)), "length": n,
                "lineNumber": self.function_lines, "name": self.function_names,
                "relevantForJS": all(json!(false)), "resource": all(json!(-1)), "source": self.function_sources,
            },
            "nativeSymbols": { "address": [], "functionSize": [], "length": 0, "libIndex": [], "name": [] },
            "resourceTable": { "host": [], "length": 0, "lib": [], "name": [], "type": [] },
            "sources": {
                "filename": self.sources, "id": vec![Value::Null; self.sources.len()], "length": self.sources.len(),
                "sourceMapURL": vec![Value::Null; self.sources.len()],
                "startColumn": vec![1; self.sources.len()], "startLine": vec![1; self.sources.len()],
            },
            "stackTable": {
                "frame": self.stack_frames, "length": self.stack_frames.len(), "prefix": self.stack_prefixes,
            },
            "stringArray": self.strings,
        })
    }
}

/// Samples of one thread.
#[derive(Default)]
struct Samples {
    stacks: Vec<usize>,
    deltas_ms: Vec<f64>,
    weights_ms: Vec<f64>,
    cpu_us: Vec<u64>,
    last_ms: f64,
}

/// The whole file.
pub fn firefox(profile: &Profile) -> String {
    let view = View::of(profile);
    let mut tables = Tables::default();
    let mut threads: Vec<(&str, Samples)> = Vec::new();
    let mut path: Vec<usize> = Vec::new();
    for row in &view.rows {
        path.truncate(row.depth);
        if row.depth == 0 {
            threads.push((&row.name, Samples::default()));
        }
        let function = tables.function(row);
        let stack = tables.stack(path.last().copied(), function);
        path.push(stack);
        let (_, samples) = threads.last_mut().expect("the first row is a thread");
        if row.own_ns > 0 {
            samples.stacks.push(stack);
            samples.deltas_ms.push(samples.last_ms);
            samples.last_ms = row.own_ns as f64 / 1e6;
            samples.weights_ms.push(samples.last_ms);
            samples.cpu_us.push(row.cpu_ns.unwrap_or(row.own_ns) / 1000);
        }
    }
    let started = profile.taken_at.parse::<jiff::Timestamp>().map_or(0, |at| at.as_millisecond());
    let categories = CATEGORIES.map(
        |(area, color)| json!({ "name": area.name(), "color": color, "subcategories": ["Other"] }),
    );
    let pid = profile.threads.first().map_or(0, |thread| thread.pid).to_string();
    let threads: Vec<Value> = threads
        .iter()
        .enumerate()
        .map(|(i, (name, samples))| thread(name, &pid, i, samples))
        .collect();
    let file = json!({
        "meta": {
            "categories": categories, "debug": false,
            "extensions": { "baseURL": [], "id": [], "length": 0, "name": [] },
            "interval": 1.0, "markerSchema": [], "pausedRanges": [], "preprocessedProfileVersion": 62,
            "processType": 0, "product": profile.name,
            "sampleUnits": { "eventDelay": "ms", "threadCPUDelta": "µs", "time": "ms" },
            "sourceCodeIsNotOnSearchfox": true, "startTime": started, "symbolicated": true,
            "usesOnlyOneStackType": true, "version": 24,
        },
        "counters": [], "libs": [], "pages": [], "profilerOverhead": [],
        "shared": tables.json(),
        "threads": threads,
    });
    file.to_string()
}

fn thread(name: &str, pid: &str, number: usize, samples: &Samples) -> Value {
    json!({
        "isMainThread": number == 0,
        "markers": {
            "category": [], "data": [], "endTime": [], "length": 0, "name": [], "phase": [], "startTime": []
        },
        "name": name, "pausedRanges": [], "pid": pid, "processName": name, "processShutdownTime": null,
        "processStartupTime": 0.0, "processType": "default", "registerTime": 0.0,
        "samples": {
            "length": samples.stacks.len(), "stack": samples.stacks, "threadCPUDelta": samples.cpu_us,
            "timeDeltas": samples.deltas_ms, "weight": samples.weights_ms, "weightType": "tracing-ms",
        },
        "showMarkersInTimeline": false, "tid": (number + 1).to_string(), "unregisterTime": null,
    })
}
