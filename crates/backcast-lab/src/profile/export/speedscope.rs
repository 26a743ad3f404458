//! The file format of speedscope.app: one sampled profile for each thread, a sample for each call path with time of its own.
//!
//! Source: file-format-spec.ts of speedscope.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::{Profile, View};

/// The whole file.
pub fn speedscope(profile: &Profile) -> String {
    let view = View::of(profile);
    let mut frames: Vec<Value> = Vec::new();
    let mut known: HashMap<(&str, Option<&str>, Option<u32>), usize> = HashMap::new();
    let mut profiles: Vec<Value> = Vec::new();
    let mut path: Vec<usize> = Vec::new();
    let (mut samples, mut weights): (Vec<Vec<usize>>, Vec<u64>) = (Vec::new(), Vec::new());
    let mut close = |name: &str, samples: &mut Vec<Vec<usize>>, weights: &mut Vec<u64>| {
        let end: u64 = weights.iter().sum();
        profiles.push(json!({
            "type": "sampled", "name": name, "unit": "nanoseconds", "startValue": 0, "endValue": end,
            "samples": std::mem::take(samples), "weights": std::mem::take(weights),
        }));
    };
    let mut thread = None;
    for row in &view.rows {
        path.truncate(row.depth);
        if row.depth == 0
            && let Some(name) = thread.replace(&row.name)
        {
            close(name, &mut samples, &mut weights);
        }
        let next = frames.len();
        let key = (&*row.name, row.file, row.line);
        let id = *known.entry(key).or_insert(next);
        if id == next {
            let mut frame = json!({ "name": row.name });
            if let Some(file) = &row.file {
                frame["file"] = json!(file);
            }
            if let Some(line) = row.line {
                frame["line"] = json!(line);
            }
            frames.push(frame);
        }
        path.push(id);
        if row.own_ns > 0 {
            samples.push(path.clone());
            weights.push(row.own_ns);
        }
    }
    if let Some(name) = thread {
        close(name, &mut samples, &mut weights);
    }
    let file = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": concat!("backcast ", env!("CARGO_PKG_VERSION")),
        "name": profile.name,
        "activeProfileIndex": 0,
        "shared": { "frames": frames },
        "profiles": profiles,
    });
    file.to_string()
}
