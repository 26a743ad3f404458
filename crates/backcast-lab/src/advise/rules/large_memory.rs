//! Much memory at once.

use super::Looked;
use crate::{
    advise::{
        Place, Prediction, Remedy, Rule, Suggestion,
        look::{Look, between},
    },
    profile::words::bytes,
};

pub(super) fn look(look: &Look<'_>) -> Looked {
    let cost = look.profile.process.cost.as_ref();
    let of_process = cost.and_then(|cost| cost.peak_bytes);
    let of_python = look.profile.python.iter().filter_map(|process| process.peak_bytes).max();
    let Some(peak) = of_process.max(of_python) else {
        return Looked::Blind("the peak memory of the command is not known".to_owned());
    };
    if peak <= look.thresholds().memory_bytes {
        return Looked::Found(Vec::new());
    }
    let kept = look.rows().filter_map(|(at, row)| {
        let calls = row.calls.as_deref()?;
        Some((at, calls.allocated_bytes.saturating_sub(calls.freed_bytes)))
    });
    let most = kept.max_by_key(|(_, bytes)| *bytes).filter(|(_, bytes)| *bytes > 0);
    let place = most.map_or_else(Place::default, |(row, _)| look.place(row));
    let at = most.map(|(row, kept)| {
        format!("; `{}` takes {} more than it gives back", look.view.rows[row].name, bytes(kept))
    });
    let wall = look.profile.wall_ns.max(1) as f64;
    let system = cost.map_or(0.0, |cost| cost.system_ns as f64 / wall);
    Looked::Found(vec![Suggestion {
        rule: Rule::LargeMemory,
        name: Rule::LargeMemory.name().to_owned(),
        evidence: format!("its largest process holds {} at once{}", bytes(peak), at.unwrap_or_default()),
        place,
        prediction: Prediction {
            gain: between(0.0, system),
            bounds: "high: all processor time of the system, which hands out the memory; low: nothing but memory".to_owned(),
        },
        advice: match look.is_backcast() {
            true => "fewer assets, a shorter range (--from, --to), or fewer --threads",
            false => "take the data in chunks, let go of what is done, or use smaller types",
        }
        .to_owned(),
        remedy: Remedy::ByHand,
    }])
}
