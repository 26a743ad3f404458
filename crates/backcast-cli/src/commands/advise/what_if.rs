//! `--what-if`: what speeding spans up would bring, by delaying them.

use std::sync::atomic::AtomicBool;

use backcast_lab::{
    advise::what_if::{self, WhatIf, WhatIfOptions},
    child::{Launcher, RunOptions, Subject},
    profile::words::{count, percent, time},
    stats::Interval,
};

use super::Args;
use crate::{
    failure::Failure,
    measuring::RunsBar,
    table::{Cell, Column, Format, Show, Table},
    terminal::Terminal,
};

/// Runs all delays and prints what follows.
pub(super) fn run(
    args: &Args,
    subject: &Subject,
    stop: &AtomicBool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut spans: Vec<String> = Vec::new();
    for span in args.what_if.iter().map(|name| name.trim()) {
        if !span.is_empty() && !spans.iter().any(|known| known == span) {
            spans.push(span.to_owned());
        }
    }
    if spans.is_empty() {
        return Err(Failure::usage("--what-if names no span").help("--what-if search.compute"));
    }
    let options = WhatIfOptions {
        spans,
        speed_up: args.speed_up,
        longest: args.delay,
        blocks: args.blocks,
        level: args.level,
        seed: args.seed,
        run: RunOptions { timeout: args.timeout, ..RunOptions::default() },
    };
    let bar = RunsBar::new(&subject.name, terminal);
    terminal.live.phase("measuring with delays");
    let launcher = Launcher::this_program();
    let answers = what_if::run(&launcher, subject, &options, stop, &mut |it| bar.show(it))?;
    drop(bar);
    match args.format {
        Format::Table => for_people(&answers, terminal),
        format => table(&answers).print(format, terminal),
    }
}

fn for_people(answers: &[WhatIf], terminal: &mut Terminal) -> Result<(), Failure> {
    for answer in answers {
        let critical = &answer.criticality;
        let amdahl = answer.amdahl_gain.map(|gain| {
            format!(
                "\n  on its one thread at most {}: its share of the time (Amdahl)",
                percent(gain)
            )
        });
        let delays: Vec<String> = answer.delays_ns.iter().map(|ns| time(*ns)).collect();
        let waited = critical.critical_calls;
        terminal.print(&format!(
            "{} with calls {} shorter: saves {} of the wall time\n  \
             marginal share of the critical path {}, plain share of all thread time {}{}\n  \
             {} {} of {} on {} {}; the total waits for {:.0} of them ({:.0} to {:.0})\n  \
             {} runs in {} blocks, calls delayed by {}\n\n",
            answer.name,
            percent(critical.speed_up),
            interval(critical.gain),
            interval(critical.marginal_share),
            percent(answer.share_of_time),
            amdahl.unwrap_or_default(),
            count(answer.calls),
            if answer.calls == 1 { "call" } else { "calls" },
            time(answer.mean_call_ns as u64),
            count(answer.threads),
            if answer.threads == 1 { "thread" } else { "threads" },
            waited.estimate,
            waited.low,
            waited.high,
            answer.runs,
            critical.blocks,
            delays.join(", ")
        ))?;
    }
    if answers.iter().any(|answer| is_vague(answer.criticality.marginal_share)) {
        terminal.print(
            "where the interval of a share is wider than half of the whole, this session cannot tell: more --blocks, a longer \
             --delay, or a quieter machine\n",
        )?;
    }
    terminal.print(
        "marginal: it holds for small changes, in programs of any number of threads; after a large one something else may be \
         what all wait for\n",
    )
}

/// Whether an interval leaves open what a share is.
fn is_vague(share: Interval) -> bool {
    share.half_width() > 0.25
}

fn interval(share: Interval) -> String {
    let Interval { estimate, low, high, .. } = share;
    format!("{} ({} to {})", percent(estimate), percent(low), percent(high))
}

fn table(answers: &[WhatIf]) -> Table {
    let columns = [
        "span",
        "speed_up",
        "gain",
        "gain_low",
        "gain_high",
        "marginal_share",
        "marginal_share_low",
        "marginal_share_high",
        "share_of_time",
        "amdahl_gain",
        "calls",
        "mean_call_ns",
        "threads",
        "critical_calls",
        "critical_calls_low",
        "critical_calls_high",
        "level",
        "blocks",
        "runs",
    ];
    let mut table = Table::new(columns.map(|name| Column::new(name).show(Show::Exact)).to_vec());
    for answer in answers {
        let critical = &answer.criticality;
        let ends = |of: Interval| [of.estimate, of.low, of.high].map(Cell::from);
        let mut cells = vec![Cell::from(answer.name.as_str()), critical.speed_up.into()];
        cells.extend(ends(critical.gain));
        cells.extend(ends(critical.marginal_share));
        cells.extend([Cell::from(answer.share_of_time), answer.amdahl_gain.into()]);
        cells.extend([
            Cell::from(answer.calls as f64),
            answer.mean_call_ns.into(),
            Cell::from(answer.threads as f64),
        ]);
        cells.extend(ends(critical.critical_calls));
        cells.extend([Cell::from(critical.gain.level), critical.blocks.into(), answer.runs.into()]);
        table.push(cells);
    }
    table
}
