//! Figures of workloads as tables and text.

use super::{
    figures::Figures,
    shares::{REST, Share},
};
use crate::{
    commands::bench::time,
    failure::Failure,
    number,
    table::{Cell, Column, Show, Table},
    terminal::Terminal,
};

/// Components with a smaller share of the job, themselves and below, are put together for people.
const LEAST_SHOWN: f64 = 0.005;

/// What people read of each workload.
pub(super) fn overview(all: &[Figures]) -> Table {
    let names = ["workload", "threads", "calls", "time of a call", "from", "to", "first pass"];
    let names = names.into_iter().chain(["calls a second", "bytes a call", "peak MB"]);
    let mut columns: Vec<Column> = names.map(Column::new).collect();
    for (at, digits) in [(2, 0), (7, 0), (8, 0), (9, 1)] {
        columns[at] = columns[at].clone().show(Show::Digits(digits));
    }
    let mut table = Table::new(columns);
    for column in 3..7 {
        table.align_right(column);
    }
    for one in all {
        let (low, high) = spread(one);
        table.push(vec![
            one.workload.into(),
            one.threads.into(),
            (one.calls as usize).into(),
            time(one.call.median).into(),
            time(low).into(),
            time(high).into(),
            time(one.first_call).into(),
            one.rate().into(),
            one.bytes_of_call.into(),
            one.peak_bytes.map(|bytes| bytes / 1e6).into(),
        ]);
    }
    table
}

/// The interval of the median where there is one, else least and most.
fn spread(one: &Figures) -> (f64, f64) {
    one.median.map_or((one.call.min, one.call.max), |median| (median.low, median.high))
}

/// Components of a job.
pub(super) fn shares(one: &Figures) -> Table {
    let mut table = Table::new(vec![
        Column::new("own").show(Show::Percent(1)),
        Column::new("from").show(Show::Percent(1)),
        Column::new("to").show(Show::Percent(1)),
        Column::new("total").show(Show::Percent(1)),
        Column::new("calls").show(Show::Digits(0)),
        Column::new("component"),
    ]);
    let (shown, small): (Vec<&Share>, Vec<&Share>) = one
        .shares
        .iter()
        .partition(|share| share.total.estimate >= LEAST_SHOWN || share.name == REST);
    for share in shown {
        table.push(vec![
            share.own.estimate.into(),
            share.own.low.into(),
            share.own.high.into(),
            share.total.estimate.into(),
            (share.calls > 0.0).then_some(share.calls).into(),
            share.name.as_str().into(),
        ]);
    }
    if !small.is_empty() {
        let own: f64 = small.iter().map(|share| share.own.estimate).sum();
        let name = format!("({} below {})", small.len(), number::percent(LEAST_SHOWN, 1));
        table.push(vec![
            own.into(),
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
            name.into(),
        ]);
    }
    let sum: f64 = one.shares.iter().map(|share| share.own.estimate).sum();
    table.push(vec![
        sum.into(),
        Cell::Missing,
        Cell::Missing,
        Cell::Missing,
        Cell::Missing,
        "all own times".into(),
    ]);
    table
}

/// Every figure in bare units: seconds and bytes.
pub(super) fn figures(all: &[Figures]) -> Table {
    let names = [
        "workload",
        "threads",
        "unit",
        "calls",
        "runs",
        "call_s",
        "call_low_s",
        "call_high_s",
        "call_min_s",
        "call_max_s",
        "first_call_s",
        "calls_per_s",
        "bytes_per_call",
        "peak_bytes",
        "digest",
    ];
    let mut table = Table::new(names.into_iter().map(Column::new).collect());
    for one in all {
        let (low, high) = spread(one);
        table.push(vec![
            one.workload.into(),
            one.threads.into(),
            one.unit.into(),
            (one.calls as usize).into(),
            one.call.n.into(),
            one.call.median.into(),
            low.into(),
            high.into(),
            one.call.min.into(),
            one.call.max.into(),
            one.first_call.into(),
            one.rate().into(),
            one.bytes_of_call.into(),
            one.peak_bytes.into(),
            one.digest.as_str().into(),
        ]);
    }
    table
}

/// For people: times of all, then the components of each.
pub(super) fn for_people(all: &[Figures], terminal: &mut Terminal) -> Result<(), Failure> {
    terminal.print(&overview(all).for_people())?;
    let runs = all.first().map_or(0, |one| one.call.n);
    let what = match all.first().is_some_and(|one| one.median.is_some()) {
        true => "the 95 % interval of the median",
        false => "least and most",
    };
    terminal.print(&format!(
        "\nMedians over {}; from and to: {what}. The first pass finds nothing warm.\n",
        number::count(runs, "fresh process").replace("processs", "processes")
    ))?;
    for one in all.iter().filter(|one| !one.shares.is_empty()) {
        terminal.print(&format!("\n{}: share of one job on one thread\n\n", one.workload))?;
        terminal.print(&shares(one).for_people())?;
    }
    terminal.print("\n")?;
    for one in all {
        let threads = number::count(one.threads, "thread");
        terminal.print(&format!("{} on {threads}: digest {}\n", one.workload, one.digest))?;
    }
    Ok(())
}

/// The same as Markdown.
pub(super) fn markdown(all: &[Figures]) -> String {
    let mut text = overview(all).markdown();
    for one in all.iter().filter(|one| !one.shares.is_empty()) {
        text += &format!("\n### {}: share of one job on one thread\n\n", one.workload);
        text += &shares(one).markdown();
    }
    text
}
