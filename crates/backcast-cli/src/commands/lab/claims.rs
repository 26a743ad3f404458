//! `backcast lab claims`: what the reports said, what can be said about that, and our figures beside it.

use backcast_lab::claims::{Counterpart, Measured, REPORTED, Reported, verdict_word};
use serde::Serialize;

use super::{
    figures::Figures,
    jobs::{WORKLOADS, Workload},
    workloads::{self, Effort},
};
use crate::{
    commands::bench::time,
    failure::Failure,
    number,
    table::{Column, Format, Table},
    terminal::Terminal,
};

/// Words of a line of a caveat.
const LINE: usize = 100;

/// Run all workloads and print what the reports said beside what is measured here
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast lab claims\n  \
    backcast lab claims --format markdown\n\n\
    Figures of other machines and other work are no race: what a report really measured stands below each.")]
pub(crate) struct Args {
    #[command(flatten)]
    effort: Effort,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A reported figure with its judgement and ours.
#[derive(Serialize)]
struct Line {
    report: &'static str,
    what: &'static str,
    said: &'static str,
    verdict: &'static str,
    because: String,
    /// In words; nothing where no workload comes near it.
    ours: Option<String>,
    /// In seconds, calls a second, bytes, or as a fraction.
    our_value: Option<f64>,
    workload: Option<&'static str>,
    caveat: &'static str,
}

/// Measures and prints.
pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let needed = |workload: &&Workload| {
        let mut counterparts = REPORTED.iter().filter_map(|reported| reported.ours);
        counterparts.any(|ours| ours.workload == workload.name)
    };
    let workloads: Vec<&'static Workload> = WORKLOADS.iter().filter(needed).collect();
    let session = args.effort.measure(&workloads, terminal)?;
    let figures = workloads::figures(&session)?;
    let lines: Vec<Line> = REPORTED.iter().map(|reported| line(reported, &figures)).collect();
    match args.format {
        Format::Table => for_people(&lines, terminal)?,
        Format::Json => {
            let text = serde_json::to_string_pretty(&lines);
            terminal.print(&(text.expect("lines hold text and numbers alone") + "\n"))?;
        }
        Format::Csv | Format::Markdown => full(&lines).print(args.format, terminal)?,
    }
    terminal.flush()?;
    workloads::note_drift(&session, terminal);
    Ok(())
}

fn line(reported: &Reported, figures: &[Figures]) -> Line {
    let (verdict, because) = reported.judged();
    let ours = reported.ours.and_then(|counterpart| ours(counterpart, figures));
    Line {
        report: reported.report,
        what: reported.what,
        said: reported.said,
        verdict: verdict_word(verdict),
        because,
        ours: ours.as_ref().map(|(text, _)| text.clone()),
        our_value: ours.map(|(_, value)| value),
        workload: reported.ours.map(|counterpart| counterpart.workload),
        caveat: reported.caveat,
    }
}

/// Our figure on one thread, in words and as a number.
fn ours(counterpart: Counterpart, figures: &[Figures]) -> Option<(String, f64)> {
    let one = figures.iter().find(|one| one.workload == counterpart.workload)?;
    let (low, high) = one.median.map_or((one.call.min, one.call.max), |m| (m.low, m.high));
    let calls = f64::from(one.calls);
    let between = |middle: f64, scale: f64| {
        format!("{} [{} to {}]", time(middle), time(low * scale), time(high * scale))
    };
    let bytes = |bytes: f64| match bytes {
        many if many >= 1e5 => format!("{} MB", number::grouped(many / 1e6, 1)),
        few => format!("{} bytes", number::grouped(few, 0)),
    };
    let share_of = |span: &str| one.shares.iter().find(|share| share.name == span);
    Some(match counterpart.measured {
        Measured::TimeOfCall => (between(one.call.median, 1.0), one.call.median),
        Measured::CallsASecond => {
            (format!("{} a second", number::grouped(one.rate(), 0)), one.rate())
        }
        Measured::TimeOfAll => (between(one.pass(), calls), one.pass()),
        Measured::BytesOfCall => one.bytes_of_call.map(|n| (bytes(n), n))?,
        Measured::Peak => one.peak_bytes.map(|n| (bytes(n), n))?,
        Measured::Share(span) => {
            let share = share_of(span)?.total;
            let percent = |share: f64| number::percent(share, 1);
            let ends = (percent(share.low), percent(share.high));
            let text = format!("{} [{} to {}]", percent(share.estimate), ends.0, ends.1);
            (text, share.estimate)
        }
        Measured::PreparationToComputation => one
            .preparation_to_computation()
            .map(|ratio| (format!("{} : 1", number::grouped(ratio, 2)), ratio))?,
    })
}

fn for_people(lines: &[Line], terminal: &mut Terminal) -> Result<(), Failure> {
    let columns = ["report", "what", "said", "verdict", "measured here", "workload"];
    let mut table = Table::new(columns.into_iter().map(Column::new).collect());
    for line in lines {
        table.push(vec![
            line.report.into(),
            line.what.into(),
            line.said.into(),
            line.verdict.into(),
            line.ours.clone().into(),
            line.workload.into(),
        ]);
    }
    terminal.print(&table.for_people())?;
    terminal.print("\nWhat speaks about each\n")?;
    for line in lines {
        let text = match line.caveat {
            "" => format!("{}: {}.", line.what, line.because),
            caveat => format!("{}: {}; {caveat}.", line.what, line.because),
        };
        terminal.print(&format!("\n{}", wrapped(&text)))?;
    }
    terminal.print(
        "\nReported figures are of other machines, other programs and other work; ours are medians of fresh processes on this one,\n\
         on one thread. `backcast lab workloads` shows them whole.\n",
    )
}

/// Lines of a text, the first one marked.
fn wrapped(text: &str) -> String {
    let (mut out, mut line) = (String::new(), String::from("  -"));
    for word in text.split_whitespace() {
        if line.len() + word.len() >= LINE {
            out += &format!("{line}\n");
            line = String::from("   ");
        }
        line += &format!(" {word}");
    }
    out + &line + "\n"
}

fn full(lines: &[Line]) -> Table {
    let columns =
        ["report", "what", "said", "verdict", "because", "ours", "our_value", "workload", "caveat"];
    let mut table = Table::new(columns.into_iter().map(Column::new).collect());
    for line in lines {
        table.push(vec![
            line.report.into(),
            line.what.into(),
            line.said.into(),
            line.verdict.into(),
            line.because.as_str().into(),
            line.ours.clone().into(),
            line.our_value.into(),
            line.workload.into(),
            line.caveat.into(),
        ]);
    }
    table
}
