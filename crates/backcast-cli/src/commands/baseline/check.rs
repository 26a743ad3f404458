//! `backcast baseline check`: a session taken now against the history of its command.

use std::path::PathBuf;

use backcast_lab::{
    baseline::{CheckOptions, Checked, Gate, GateOptions, Measure, check},
    bench::{Outcome, Record},
};

use super::{
    MeasureWord, contents,
    known::Known,
    measured::{self, Turns},
    own_store, show,
};
use crate::{
    commands::bench::{Unmeasured, What, alone},
    failure::Failure,
    measuring::share,
    number,
    table::Format,
    terminal::Terminal,
};

/// Measure and compare with what was kept
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast baseline check examples/sma_grid.toml\n  \
    backcast baseline check --suite examples/suite.toml --threshold 10% --keep\n  \
    backcast baseline check --import figures.json --against 1a2b3c4\n\n\
    Exit codes: 0 passed, 1 regressed, 2 wrong usage, 3 could not measure: no baseline of this class of machines,\n\
    a machine that did not hold still, a file that cannot be read, or sessions that lie too far apart to see the threshold;\n\
    130 stopped by Ctrl-C.")]
pub(super) struct Args {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    gate: GateWords,
    /// Compare with the sessions of this commit, or with the session of this id, in place of the level since the last change
    #[arg(long, value_name = "COMMIT|ID")]
    against: Option<String>,
    /// Judge sessions that `backcast bench --export FILE.json` wrote, instead of measuring
    #[arg(long, value_name = "FILE", group = "measured", conflicts_with_all = ["spec", "command", "suite"])]
    import: Vec<PathBuf>,
    /// Keep what was measured, too
    #[arg(long)]
    keep: bool,
    /// How to print the gates
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// When a gate fires.
#[derive(Debug, clap::Args)]
pub(super) struct GateWords {
    /// Increase from which on it has regressed
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = share)]
    threshold: f64,
    /// Level of the interval that has to exclude no change
    #[arg(long, value_name = "PERCENT", default_value = "99%", value_parser = share)]
    level: f64,
    /// What may not increase
    #[arg(long = "measure", value_enum, value_name = "WHAT", value_delimiter = ',', default_values = ["wall", "peak"])]
    measures: Vec<MeasureWord>,
    /// Judge sessions during which the machine did not hold still
    #[arg(long)]
    pub(super) despite_doubts: bool,
    /// Judge a command that is another one than the one kept under its name
    #[arg(long)]
    pub(super) command_changed: bool,
}

impl GateWords {
    pub(super) fn options(&self, against: Option<String>) -> CheckOptions {
        CheckOptions {
            gate: GateOptions { threshold: self.threshold, level: self.level },
            measures: self.measures.iter().map(|word| word.measure()).collect(),
            against,
        }
    }
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let store = own_store()?;
    let contents = contents(&store, terminal)?;
    let options = args.gate.options(args.against.clone());
    let mut all: Vec<Checked> = Vec::new();
    let measures = args.import.is_empty();
    let judge = |record: Record, terminal: &mut Terminal| -> Result<(), Failure> {
        if measures {
            measured::tell_clock(&record, &contents, terminal)?;
        }
        all.push(check(&contents, &record, &options)?);
        if args.keep {
            store.put(&record)?;
        }
        Ok(())
    };
    let despite = args.gate.despite_doubts;
    let may_change = args.gate.command_changed;
    let known =
        Known { store: &store, contents: &contents, may_change, base: args.against.as_deref() };
    let (ended, unmeasured) = if measures {
        let (benches, mut unmeasured) = Unmeasured::planned(alone(&args.what)?, terminal);
        let turns = Turns { noun: "benchmark", of: benches.iter().collect() };
        (measured::each(turns, known, despite, &mut unmeasured, terminal, judge), unmeasured)
    } else {
        let sessions = measured::imported(&args.import)?;
        let mut unmeasured = Unmeasured::of(sessions.len());
        measured::each_imported(sessions, known, despite, &mut unmeasured, terminal, judge);
        (Ok(()), unmeasured)
    };
    let table = match args.format {
        Format::Table => show::gates(&all, unmeasured.all()),
        _ => show::gate_figures(&all, unmeasured.all()),
    };
    if !all.is_empty() {
        table.print(args.format, terminal)?;
    }
    for (subject, measure, bytes) in all.iter().flat_map(too_low) {
        terminal.say(&format!("note: `{subject}`: {}", below(measure, bytes)));
    }
    // One regression is enough; then, whatever was not measured; then, one gate that cannot tell.
    regressed(&all)?;
    ended?;
    unmeasured.verdict()?;
    untold(&all, options.gate.threshold)
}

fn of(outcome: Outcome, all: &[Checked]) -> Vec<&Checked> {
    all.iter().filter(|checked| checked.outcome() == outcome).collect()
}

fn regressed(all: &[Checked]) -> Result<(), Failure> {
    if let [first, rest @ ..] = &of(Outcome::Regressed, all)[..] {
        let regressed = first.gates.iter().find(|(_, gate)| matches!(gate, Gate::Regressed(_)));
        let told = regressed.and_then(|(measure, gate)| Some((measure, gate.judgement()?)));
        let told = told.map_or(String::new(), |(measure, told)| {
            format!(": {measure} {}", show::change(told.ratio.estimate))
        });
        return Err(Failure::verdict(format!(
            "`{}`{} regressed{told}",
            first.subject,
            more(rest.len())
        )));
    }
    Ok(())
}

fn untold(all: &[Checked], threshold: f64) -> Result<(), Failure> {
    let [first, rest @ ..] = &of(Outcome::CouldNotMeasure, all)[..] else { return Ok(()) };
    let subject = format!("`{}`{}", first.subject, more(rest.len()));
    let gate = first.gates.iter().find(|(_, gate)| !matches!(gate, Gate::Passed(_)));
    Err(match gate {
        Some((_, Gate::NoBaseline { elsewhere: 0 })) => {
            Failure::could_not_measure(format!("there is no baseline of {subject}"))
                .help("`backcast baseline save` with the same words makes one")
        }
        Some((_, Gate::NoBaseline { elsewhere })) => Failure::could_not_measure(format!(
            "there is no baseline of {subject} of this class of machines, only {} of others",
            number::count(*elsewhere, "session")
        ))
        .help("times of another machine prove nothing here; `backcast baseline save` makes a baseline of this one"),
        Some((measure, Gate::TooNoisy(told))) => Failure::could_not_measure(format!(
            "{subject}: sessions lie too far apart to see {}: {measure} tells from +{} on",
            number::percent(threshold, 1),
            number::percent(told.floor, 1),
        ))
        .help("more sessions (`backcast baseline save`), a quieter machine, or a larger --threshold"),
        Some((measure, Gate::BelowFloor { at_most })) => {
            Failure::could_not_measure(format!("{subject}: {}", below(*measure, *at_most)))
        }
        _ => Failure::could_not_measure(format!("{subject} tells nothing of what is to be judged")),
    })
}

/// Peaks that cannot be told, with what they are at most.
fn too_low(checked: &Checked) -> impl Iterator<Item = (&str, Measure, f64)> {
    let gates = checked.gates.iter();
    gates
        .filter_map(|(measure, gate)| Some((&*checked.subject, *measure, show::below_floor(gate)?)))
}

fn below(measure: Measure, bytes: f64) -> String {
    format!("{measure} is below what the launcher can tell, {}", show::at_most(measure, bytes))
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" and {others} more") }
}
