//! Python's garbage collector, whose settings can be tried without touching the program.

use super::Looked;
use crate::{
    advise::{
        Place, Prediction, Remedy, Rule, Suggestion,
        look::{Look, between},
    },
    optimize::{Change, Collector, Tuning},
    profile::{Kind, words},
};

/// Allocations before the young generation is collected, and collections of each generation before the next.
const RARELY: [u32; 3] = [50_000, 20, 100];

pub(super) fn look(look: &Look<'_>) -> Looked {
    let processes = &look.profile.python;
    if processes.is_empty() {
        return Looked::Blind("no Python was sampled".to_owned());
    }
    let wall = look.profile.wall_ns.max(1) as f64;
    let ns: u64 = processes.iter().flat_map(|one| &one.collections).map(|one| one.ns).sum();
    // Processes side by side share the wall time.
    let share = ns as f64 / (wall * processes.len() as f64);
    if share < look.thresholds().collector {
        return Looked::Found(Vec::new());
    }
    let generations: Vec<String> = (0..3)
        .map(|generation| {
            let of = |what: fn(&crate::profile::Collections) -> u64| -> u64 {
                processes.iter().filter_map(|one| one.collections.get(generation)).map(what).sum()
            };
            format!(
                "{} of generation {generation} in {}",
                words::count(of(|one| one.count)),
                words::time(of(|one| one.ns))
            )
        })
        .collect();
    let slowest = look
        .rows()
        .filter(|(_, row)| row.kind == Kind::Collector)
        .max_by_key(|(_, row)| row.total_ns)
        .and_then(|(_, row)| row.parent);
    let place = slowest.map_or_else(Place::default, |row| look.place(row));
    let [young, middle, old] = RARELY;
    let tuning = Tuning {
        collector: Some(Collector::Thresholds(RARELY)),
        freeze: true,
        ..Tuning::default()
    };
    Looked::Found(vec![Suggestion {
        rule: Rule::Collector,
        name: Rule::Collector.name().to_owned(),
        evidence: format!(
            "the garbage collector takes {} of the wall time: {}",
            words::percent(share),
            generations.join(", ")
        ),
        place,
        prediction: Prediction {
            gain: between(0.0, share),
            bounds:
                "high: all of its timed share; low: nothing, where fewer collections find more each"
                    .to_owned(),
        },
        advice: format!(
            "let it run less often: gc.freeze() after loading, gc.set_threshold({young}, {middle}, {old}); or make fewer \
             objects that refer to others"
        ),
        remedy: Remedy::Settings(vec![Change::Python(tuning)]),
    }])
}
