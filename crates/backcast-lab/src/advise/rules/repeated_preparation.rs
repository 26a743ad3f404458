//! The same data extracted, filtered, sorted or converted again in each round of a loop, as report 003 found it.
//!
//! Where the time goes is sampled; what the line does, and that its data are the same each time, is read in the source.

use std::collections::{BTreeMap, BTreeSet};

use super::Looked;
use crate::{
    advise::{
        Remedy, Rule, Suggestion,
        look::{Look, name},
        source::{Repeat, RepeatKind, Seen, repeats},
    },
    profile::{
        Area, Function, Functions, Kind, Source,
        words::{count, percent},
    },
};

pub(super) fn look(look: &Look<'_>) -> Looked {
    if !look.has(Source::Python) {
        return Looked::Blind("no Python was sampled".to_owned());
    }
    let functions = Functions::of(look.view);
    // A comprehension is a function of its own below the line that it stands on.
    let own = |function: &&Function<'_>| {
        let last = function.row.name.rsplit('.').next().unwrap_or_default();
        function.row.kind == Kind::Python
            && function.row.area == Area::User
            && (!last.starts_with('<') || last == "<module>")
    };
    let mut lines: BTreeMap<&str, BTreeMap<u32, u64>> = BTreeMap::new();
    for function in functions.list.iter().filter(own) {
        let Some(file) = function.row.file else { continue };
        let of_file = lines.entry(file).or_default();
        for line in &function.lines {
            *of_file.entry(line.line).or_default() += line.total_ns;
        }
    }
    let files = lines.iter().map(|(path, lines)| Seen {
        path: (*path).to_owned(),
        lines: lines.keys().copied().collect(),
        text: String::new(),
    });
    let (command, stop) = (&look.profile.command, &look.context.stop);
    let asked = repeats(command, &look.profile.taken_at, files.collect(), stop);
    let (found, unread) = match asked {
        Ok(answer) => answer,
        Err(why) => return Looked::Blind(why),
    };
    if let (true, Some(why)) = (found.is_empty(), unread.first()) {
        return Looked::Blind(why.clone());
    }
    Looked::Found(
        statements(found).iter().filter_map(|one| suggestion(look, one, &lines)).collect(),
    )
}

/// Operations that stand in each other or on one line are one piece of work.
fn statements(mut found: Vec<Repeat>) -> Vec<Vec<Repeat>> {
    found.sort_by(|a, b| {
        let key = |one: &Repeat| (one.file.clone(), one.line, std::cmp::Reverse(one.text.len()));
        key(a).cmp(&key(b))
    });
    let mut all: Vec<Vec<Repeat>> = Vec::new();
    for one in found {
        match all.last_mut() {
            Some(group) if group[0].file == one.file && one.line <= group[0].end => group.push(one),
            _ => all.push(vec![one]),
        }
    }
    all
}

fn suggestion(
    look: &Look<'_>,
    group: &[Repeat],
    lines: &BTreeMap<&str, BTreeMap<u32, u64>>,
) -> Option<Suggestion> {
    let first = &group[0];
    let of_file = lines.get(first.file.as_str())?;
    let ns: u64 = of_file.range(first.line..=first.end).map(|(_, ns)| ns).sum();
    let here = look.rows().filter(|(_, row)| row.file == Some(first.file.as_str()));
    let here = here.filter(|(_, row)| row.lines.iter().any(|line| line.line == first.line));
    let (at, _) = here.max_by_key(|(_, row)| row.total_ns)?;
    let share = look.share(at, ns);
    if share.estimate < look.thresholds().preparation {
        return None;
    }
    let samples = look.view.rows[look.threads_of(at)].total_samples;
    // What chooses rows by a key says best how the work could be done once.
    let by_key = group.iter().find(|one| one.kind == RepeatKind::Filter && !one.identical);
    let repeat = by_key.unwrap_or(first);
    let kinds: BTreeSet<RepeatKind> = group.iter().map(|one| one.kind).collect();
    let least = if first.calls_others { 0 } else { ns / 2 };
    let mut place = look.place(at);
    place.line = Some(first.line);
    Some(Suggestion {
        rule: Rule::RepeatedPreparation,
        name: name(Rule::RepeatedPreparation, &place.short()),
        evidence: format!(
            "`{}` {} `{}` again in each round of the loop in line {} of {}, {}: {} of the wall time, about {} of {} samples",
            first.text,
            kinds.iter().map(|kind| verb(*kind)).collect::<Vec<_>>().join(" and "),
            repeat.data.join("`, `"),
            repeat.loop_line,
            repeat.loop_function,
            if repeat.identical { "with the same result" } else { "each time for another part of the same data" },
            percent(share.estimate),
            count((share.estimate * samples as f64).round() as u64),
            count(samples)
        ),
        place,
        prediction: look.prediction(
            at,
            [least, ns],
            match first.calls_others {
                false => "high: all time of the line; low: half of it, for what remains to be looked up",
                true => "high: all time of the line; low: nothing, as functions of the program are called in it",
            },
        ),
        advice: advice(&kinds, repeat),
        remedy: Remedy::ByHand,
    })
}

fn verb(kind: RepeatKind) -> &'static str {
    match kind {
        RepeatKind::Filter => "filters",
        RepeatKind::Distinct => "takes the distinct values of",
        RepeatKind::Group => "groups",
        RepeatKind::Sort => "sorts",
        RepeatKind::Convert => "converts",
        RepeatKind::Parse => "parses",
    }
}

fn advice(kinds: &BTreeSet<RepeatKind>, repeat: &Repeat) -> String {
    let (line, function) = (repeat.loop_line, &repeat.loop_function);
    if repeat.identical {
        return format!(
            "do it once before the loop in line {line} of {function}, and hand the result in"
        );
    }
    if kinds.contains(&RepeatKind::Filter) {
        return format!(
            "group the data by key once before the loop in line {line} of {function} (a dict, groupby), and look the part up"
        );
    }
    format!(
        "do it for all parts once before the loop in line {line} of {function}, and look the part up"
    )
}
