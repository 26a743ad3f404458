//! A new session against all that is known of its command, measure by measure.

use serde::{Deserialize, Serialize};

use super::{
    Alert, BaselineError, Contents, Figure, Gate, GateOptions, Measure, Store, class_of,
    figures_of, gate, gate_against, is_of,
};
use crate::bench::{Outcome, Record};

/// What a session is checked for.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckOptions {
    /// When a gate fires.
    pub gate: GateOptions,
    /// What may not get worse.
    pub measures: Vec<Measure>,
    /// A commit whose sessions are the base, or the id of one session, by its beginning; if not given, the level since the last change.
    pub against: Option<String>,
}

impl Default for CheckOptions {
    fn default() -> CheckOptions {
        CheckOptions {
            gate: GateOptions::default(),
            measures: vec![Measure::Wall, Measure::Peak],
            against: None,
        }
    }
}

/// What the gates say to a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// Name of the command.
    pub subject: String,
    /// Key of the class of machines.
    pub class: String,
    /// Commit of the sources.
    pub commit: Option<String>,
    /// Of each measure that the session tells.
    pub gates: Vec<(Measure, Gate)>,
}

impl Checked {
    /// All together: one regression is enough, and so is one measure that cannot be told, but for a peak too low for that beside a
    /// measure that can: most small commands have one.
    pub fn outcome(&self) -> Outcome {
        let low = |gate: &Gate| matches!(gate, Gate::BelowFloor { .. });
        let told = self.gates.iter().filter(|(_, gate)| !low(gate)).count();
        let any = |is: fn(&Gate) -> bool| self.gates.iter().any(|(_, gate)| is(gate));
        if told == 0 {
            Outcome::CouldNotMeasure
        } else if any(|gate| matches!(gate, Gate::Regressed(_))) {
            Outcome::Regressed
        } else if any(|gate| !matches!(gate, Gate::Passed(_) | Gate::BelowFloor { .. })) {
            Outcome::CouldNotMeasure
        } else {
            Outcome::Passed
        }
    }
}

/// Checks a session against the histories of its command on its class of machines. The session itself does not count where it is
/// among them.
///
/// # Errors
/// [`BaselineError::NoMachine`] and [`BaselineError::NoRuns`] for a record without a place in a history, [`BaselineError::Stats`] for options
/// out of range.
pub fn check(
    contents: &Contents,
    record: &Record,
    options: &CheckOptions,
) -> Result<Checked, BaselineError> {
    let (subject, class) = (&record.command.name, class_of(record)?);
    let mut gates = Vec::new();
    for (measure, now) in figures_of(record)? {
        if options.measures.contains(&measure) {
            gates.push((measure, gate_of(contents, subject, &class, measure, &now, options)?));
        }
    }
    Ok(Checked { subject: subject.clone(), class, commit: record.commit.clone(), gates })
}

/// Refuses a commit or an id of which no session of the command is, on any class of machines. A command without sessions has none to
/// be refused for.
///
/// # Errors
/// [`BaselineError::UnknownBase`].
pub fn has_base(contents: &Contents, subject: &str, which: &str) -> Result<(), BaselineError> {
    let subjects = contents.subjects().into_iter().filter(|known| known.name == subject);
    let figures: Vec<Figure> =
        subjects.flat_map(|it| contents.figures(subject, &it.class, Measure::Wall)).collect();
    let is_one = |figure: &Figure| is_of(figure, which) || figure.id.starts_with(which);
    if figures.is_empty() || figures.iter().any(is_one) {
        return Ok(());
    }
    Err(BaselineError::UnknownBase { subject: subject.to_owned(), which: which.to_owned() })
}

fn gate_of(
    contents: &Contents,
    subject: &str,
    class: &str,
    measure: Measure,
    now: &Figure,
    options: &CheckOptions,
) -> Result<Gate, BaselineError> {
    let mut base = contents.figures(subject, class, measure);
    base.retain(|figure| figure.id != now.id);
    let told = match &options.against {
        Some(commit) => {
            let of_commit = base.iter().any(|figure| is_of(figure, commit));
            base.retain(|figure| match of_commit {
                true => is_of(figure, commit),
                false => figure.id.starts_with(commit),
            });
            gate_against(&base, measure, now, &options.gate)?
        }
        None => {
            let history = super::History::of(subject, class, measure, base, 0.0)?;
            gate(&history, now, &options.gate)?
        }
    };
    Ok(match told {
        Gate::NoBaseline { .. } => {
            let others = contents.subjects().into_iter();
            let others = others.filter(|other| other.name == subject && other.class != class);
            Gate::NoBaseline { elsewhere: others.map(|other| other.sessions).sum() }
        }
        told => told,
    })
}

/// What one round of watching found.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// The session.
    pub checked: Checked,
    /// The second session, where the first looked like a regression.
    pub confirmed: Option<Checked>,
    /// What both of them show and nobody was told yet.
    pub alerts: Vec<Alert>,
}

/// Takes a session into a store and tells what is to be told. A session that looks like a regression is taken once more at once, and only
/// what both show is an alert; a level that an alert told of is not told again.
///
/// # Errors
/// Of `measure`, which takes a session, and of the store.
pub fn watch_round<E: From<BaselineError>>(
    store: &Store,
    options: &CheckOptions,
    mut measure: impl FnMut() -> Result<Record, E>,
) -> Result<Round, E> {
    let contents = store.contents()?;
    let first = measure()?;
    let checked = check(&contents, &first, options)?;
    let mut records = vec![store.put(&first)?];
    if checked.outcome() != Outcome::Regressed {
        return Ok(Round { checked, confirmed: None, alerts: Vec::new() });
    }
    let second = measure()?;
    let confirmed = check(&contents, &second, options)?;
    records.push(store.put(&second)?);
    let told = Alert::read_all(store.folder());
    let regressed = |checked: &Checked, of: Measure| {
        checked
            .gates
            .iter()
            .any(|(measure, gate)| *measure == of && matches!(gate, Gate::Regressed(_)))
    };
    let mut alerts = Vec::new();
    for (measure, gate) in &confirmed.gates {
        let (Gate::Regressed(judgement), true) = (gate, regressed(&checked, *measure)) else {
            continue;
        };
        let (subject, class) = (&confirmed.subject, &confirmed.class);
        let threshold = options.gate.threshold;
        // The newest alert of a command tells its level; an older one may be of a level that was left since.
        let newest = told.iter().find(|alert| {
            alert.subject == *subject && alert.class == *class && alert.measure == *measure
        });
        let known = newest.is_some_and(|alert| alert.covers(judgement.now, threshold));
        if !known || recovered_since(&contents, newest, options) {
            let commit = confirmed.commit.clone();
            let records = records.clone();
            alerts.push(Alert::new(subject, class, *measure, judgement, commit, records));
        }
    }
    Ok(Round { checked, confirmed: Some(confirmed), alerts })
}

/// Whether a session after the alert was back at the level before it.
fn recovered_since(contents: &Contents, alert: Option<&Alert>, options: &CheckOptions) -> bool {
    let Some(alert) = alert else { return false };
    let figures = contents.figures(&alert.subject, &alert.class, alert.measure);
    let mut after: Vec<Figure> = figures;
    after.sort_by(Figure::in_time);
    let shown = after.iter().rposition(|figure| alert.records.contains(&figure.id));
    let later = shown.map_or(&[][..], |at| &after[at + 1..]);
    later.iter().any(|figure| figure.median < alert.before * (1.0 + options.gate.threshold))
}
