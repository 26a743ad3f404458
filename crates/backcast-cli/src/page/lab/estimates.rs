//! Sessions in numbers: what the times come to, and what runs need besides.

use backcast_lab::{
    bench::{Record, Run, Session},
    stats::{Outliers, Summary, outliers, positive_interval},
};
use backcast_report::{Cell, Format, Table};

use super::runs::{arms, common_unit};
use crate::{
    number,
    page::cells::{column, number as cell, text},
};

/// What the times come to, with the outliers and without them.
pub(super) fn estimates(sessions: &[Session], level: f64) -> Table {
    let unit = common_unit(sessions);
    let ms = |name: &str, help: &str| column(&unit.title(name), Format::Decimals(3), help);
    let columns = vec![
        column("Command", Format::Plain, ""),
        column("Of", Format::Plain, "all runs, or those that Tukey's fences do not set apart"),
        column("Runs", Format::Decimals(0), ""),
        ms("Mean", ""),
        ms("Low", "lower end of the interval of the mean"),
        ms("High", "upper end of the interval of the mean"),
        ms("Deviation", "standard deviation of the runs"),
        ms("Min", ""),
        ms("Median", ""),
        ms("p95", "95 % of the runs took no longer"),
        ms("p99", "99 % of the runs took no longer"),
        ms("Max", ""),
    ];
    let mut rows = Vec::new();
    for record in sessions.iter().flat_map(|session| arms(session).map(|(_, record)| record)) {
        let seconds = record.wall_seconds();
        let Ok(told) = outliers(&seconds) else { continue };
        let row = |of: &str, summary: &Summary, values: &[f64]| -> Vec<Cell> {
            let interval = positive_interval(values, level).ok();
            let amount = |seconds: Option<f64>| cell(seconds.map(|s| unit.amount(s)));
            vec![
                text(&*record.command.name),
                text(of),
                Cell::Number(summary.n as f64),
                amount(Some(summary.mean)),
                amount(interval.map(|it| it.low)),
                amount(interval.map(|it| it.high)),
                amount(summary.deviation),
                amount(Some(summary.min)),
                amount(Some(summary.median)),
                amount(Some(summary.p95)),
                amount(Some(summary.p99)),
                amount(Some(summary.max)),
            ]
        };
        rows.push(row("all runs", &told.with, &seconds));
        if told.count() > 0 {
            rows.push(row("without outliers", &told.without, &inside(&seconds, &told)));
        }
    }
    let level = number::percent(level, 0);
    Table { caption: format!("Times, with {level} intervals of the mean"), columns, rows }
}

fn inside(seconds: &[f64], told: &Outliers) -> Vec<f64> {
    let kept = seconds.iter().zip(&told.labels).filter(|(_, label)| !label.is_outlier());
    kept.map(|(seconds, _)| *seconds).collect()
}

/// What runs need besides time on the clock; nothing where nobody told it.
pub(super) fn costs(sessions: &[Session]) -> Option<Table> {
    let unit = common_unit(sessions);
    let columns = vec![
        column("Command", Format::Plain, ""),
        column(
            &unit.title("User"),
            Format::Decimals(3),
            "processor time in the program, mean of the runs",
        ),
        column(
            &unit.title("System"),
            Format::Decimals(3),
            "processor time in the system for it, mean of the runs",
        ),
        column("Cores", Format::Decimals(2), "processors kept busy on average"),
        column("Peak (MB)", Format::Decimals(1), "most memory of one process in any run"),
        column(
            "All at once (MB)",
            Format::Decimals(1),
            "most memory of all processes at once, sampled",
        ),
        column("Work a second", Format::Plain, "at the median time"),
    ];
    let records = sessions.iter().flat_map(|session| arms(session).map(|(_, record)| record));
    let row = |record: &Record| -> Vec<Cell> {
        let told = record.cores().is_some();
        let mean = |of: fn(&Run) -> u64| {
            let sum: f64 = record.runs.iter().map(|run| of(run) as f64 / 1e9).sum();
            cell(told.then(|| unit.amount(sum / record.runs.len() as f64)))
        };
        let rate = record.throughput().zip(record.work.as_ref());
        let rate = rate.map(|(rate, work)| format!("{} {}", number::grouped(rate, 0), work.unit));
        vec![
            text(&*record.command.name),
            mean(|run| run.sample.user_ns),
            mean(|run| run.sample.system_ns),
            cell(record.cores()),
            cell(record.peak_bytes().map(|bytes| bytes as f64 / 1e6)),
            cell(record.tree_peak_bytes().map(|bytes| bytes as f64 / 1e6)),
            rate.map_or(Cell::Missing, text),
        ]
    };
    let told = |record: &Record| record.cores().is_some() || record.peak_bytes().is_some();
    let rows: Vec<Vec<Cell>> = records.filter(|record| told(record)).map(row).collect();
    (!rows.is_empty()).then(|| Table { caption: "Processor and memory".to_owned(), columns, rows })
}
