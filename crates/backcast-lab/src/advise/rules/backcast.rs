//! What Backcast could do and was not asked to: lanes, bundles, threads, wide vectors.

use super::Looked;
use crate::{
    advise::{
        Place, Prediction, Remedy, Rule, Suggestion,
        look::{Look, between, name},
    },
    optimize::Change,
    profile::words::percent,
};

/// What a sweep says where lanes cannot run its sets.
const FALLBACK: &str = "the event engine runs each set: ";
/// What reads prices from files.
const READING: [&str; 4] =
    ["store.ingest", "store.read_prices", "store.read_csv", "store.read_parquet"];
/// What runs on all threads.
const COMPUTING: [&str; 2] = ["search.compute", "search.train"];
/// What vector instructions do.
const VECTORS: [&str; 4] =
    ["engine.simulate", "engine.operands", "engine.signals", "engine.over_time"];
/// Values that a vector of each level holds.
const WIDTHS: [(&str, f64); 3] = [("sse2", 2.0), ("avx2", 4.0), ("avx512", 8.0)];

/// Sets that run one by one through the event engine.
pub(super) fn event_engine(look: &Look<'_>) -> Looked {
    let why = look.context.said.iter().find_map(|line| line.split_once(FALLBACK));
    let mut rows = look.outermost(&["search.one_by_one"]);
    if rows.is_empty() && why.is_some() {
        // A walk-forward test trains its windows by the same engine that it names in its notice.
        rows = look.outermost(&["search.train"]);
    }
    let (reason, advice) = match why {
        Some((_, why)) => (
            why.to_owned(),
            "express it so that lanes can run it (market orders by rules), or sweep without it and run the best sets \
             with it",
        ),
        None if look.profile.command.iter().any(|word| word == "--digests") => (
            "--digests was asked for".to_owned(),
            "leave --digests out and ask for digests of single runs",
        ),
        None => (
            "the notice of the sweep says why; this profile does not hold it".to_owned(),
            "run the sweep and read its notice",
        ),
    };
    let found = rows.into_iter().filter_map(|at| {
        let ns = look.view.rows[at].total_ns;
        let share = look.share(at, ns).estimate;
        (share >= look.thresholds().gain).then(|| Suggestion {
            rule: Rule::EventEngine,
            name: Rule::EventEngine.name().to_owned(),
            evidence: format!(
                "{} of the wall time: parameter sets run one by one through the event engine: {reason}",
                percent(share)
            ),
            place: look.place(at),
            prediction: look.prediction(
                at,
                [ns / 2, ns],
                "high: lanes cost next to nothing beside it; low: half, which lanes save even on a single run",
            ),
            advice: advice.to_owned(),
            remedy: Remedy::ByHand,
        })
    });
    Looked::Found(found.take(1).collect())
}

/// Prices that are read from text at each start.
pub(super) fn text_files(look: &Look<'_>) -> Looked {
    let ingests = look.profile.command.get(1).is_some_and(|word| word == "ingest");
    let rows = look.outermost(&READING);
    let ns: u64 = rows.iter().map(|row| look.view.rows[*row].total_ns).sum();
    let Some(at) = rows.into_iter().max_by_key(|row| look.view.rows[*row].total_ns) else {
        return Looked::Found(Vec::new());
    };
    let share = look.share(at, ns).estimate;
    if ingests || !look.is_backcast() || share < look.thresholds().gain {
        return Looked::Found(Vec::new());
    }
    Looked::Found(vec![Suggestion {
        rule: Rule::TextFiles,
        name: Rule::TextFiles.name().to_owned(),
        evidence: format!("{} of the wall time: prices are read from files at each start", percent(share)),
        place: look.place(at),
        prediction: look.prediction(
            at,
            [ns / 10 * 7, ns],
            "high: loading a bundle costs next to nothing; low: three tenths of it remain",
        ),
        advice: "put them into a bundle once: `backcast ingest FILES --bundle NAME`, then `bundle = \"NAME\"` in [data]"
            .to_owned(),
        remedy: Remedy::Bundle,
    }])
}

/// A sweep or a walk-forward test on fewer threads than there are processors.
pub(super) fn few_threads(look: &Look<'_>) -> Looked {
    let asked = look.option("--threads").and_then(|(at, n)| Some((at, n.parse::<usize>().ok()?)));
    let processors = look.context.processors;
    let Some((word, threads)) = asked.filter(|(_, n)| look.is_backcast() && *n < processors) else {
        return Looked::Found(Vec::new());
    };
    let rows = look.outermost(&COMPUTING);
    let Some(at) = rows.into_iter().max_by_key(|row| look.view.rows[*row].total_ns) else {
        return Looked::Found(Vec::new());
    };
    let share = look.share(at, look.view.rows[at].total_ns).estimate;
    let saved = share * (1.0 - threads as f64 / processors as f64);
    if saved < look.thresholds().gain {
        return Looked::Found(Vec::new());
    }
    let mut command = look.profile.command.clone();
    command[word + 1] = processors.to_string();
    Looked::Found(vec![Suggestion {
        rule: Rule::FewThreads,
        name: Rule::FewThreads.name().to_owned(),
        evidence: format!(
            "{} of the wall time is work that threads can share, on {threads} of {processors} processors",
            percent(share)
        ),
        place: look.place(at),
        prediction: Prediction {
            gain: between(0.0, saved),
            bounds: "high: each processor takes its part (Amdahl); low: nothing, where they share what they compute with"
                .to_owned(),
        },
        advice: "leave --threads out: each processor gets one".to_owned(),
        remedy: Remedy::Settings(vec![Change::Command(command)]),
    }])
}

/// Narrower vector instructions than the machine has.
pub(super) fn vector_level(look: &Look<'_>) -> Looked {
    let width = |level: &str| WIDTHS.iter().find(|(name, _)| *name == level).map(|(_, n)| *n);
    let best = look.context.best_isa.as_deref();
    let asked = look.option("--isa").filter(|_| look.is_backcast());
    let (Some((word, level)), Some(best)) = (asked, best) else {
        return Looked::Found(Vec::new());
    };
    let (Some(narrow), Some(wide)) = (width(level), width(best)) else {
        return Looked::Found(Vec::new());
    };
    let rows = look.outermost(&VECTORS);
    let Some(at) = rows.iter().copied().max_by_key(|row| look.view.rows[*row].total_ns) else {
        return Looked::Found(Vec::new());
    };
    let share: f64 =
        rows.iter().map(|row| look.share(*row, look.view.rows[*row].total_ns).estimate).sum();
    let saved = share.min(1.0) * (1.0 - narrow / wide);
    if saved < look.thresholds().gain {
        return Looked::Found(Vec::new());
    }
    let mut command = look.profile.command.clone();
    command.drain(word..word + 2);
    Looked::Found(vec![Suggestion {
        rule: Rule::VectorLevel,
        name: name(Rule::VectorLevel, level),
        evidence: format!(
            "{} of the wall time is work of vector instructions, held to {level}; this machine has {best}",
            percent(share.min(1.0))
        ),
        place: Place { path: look.place(at).path, ..Place::default() },
        prediction: Prediction {
            gain: between(0.0, saved),
            bounds: "high: as many times faster as vectors are wider; low: nothing, where memory is what it waits for"
                .to_owned(),
        },
        advice: "leave --isa out: the result is the same to the bit".to_owned(),
        remedy: Remedy::Settings(vec![Change::Command(command)]),
    }])
}
