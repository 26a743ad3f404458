//! A walk-forward test as a page: windows, chosen sets, curves that were never trained on.

use backcast_data::Market;
use backcast_report::{Account, Cell, Column, Format, Page, Table, WalkForward, Window};
use backcast_search::{Spec, Stitched, WalkForwardResult, WalkWindow, spec::Mode};
use backcast_types::{Day, Timestamp};

use super::{
    account::{Curve, account},
    manifest::{Made, manifest},
    title,
};
use crate::metrics;

/// The page of a walk-forward test.
pub(crate) fn walk_forward(
    spec: &Spec,
    market: &Market,
    result: &WalkForwardResult,
    command: &str,
) -> Page {
    let _span = backcast_spans::span!("report.collect");
    let several = result.accounts.len() > 1;
    let made = Made {
        id: format!("walk-forward {}", result.id),
        digest: result.digest.clone(),
        command,
        pooled: result.manifest.get("mode") == Some(Mode::Pool.name()),
        windows: true,
    };
    let stitched = several.then_some(&result.mean).into_iter().chain(&result.accounts);
    Page {
        title: title(spec, "Walk-forward"),
        subtitle: format!(
            "Each window's set was chosen by mean {} on the sessions before it; every number here is out of sample.",
            metrics::title(result.metric)
        ),
        manifest: manifest(spec, market, &made),
        notices: result.notices.clone(),
        walk_forward: Some(WalkForward {
            accounts: stitched.map(|one| of_stitched(market, one)).collect(),
            windows: result.windows.iter().enumerate().map(|(i, w)| window(result, i, w)).collect(),
            table: Some(table(result)),
        }),
        ..Page::default()
    }
}

fn of_stitched(market: &Market, stitched: &Stitched) -> Account {
    let name = match &*stitched.name {
        "mean" => "Mean of all assets",
        "pool" => "Portfolio",
        symbol => symbol,
    };
    let curve =
        Curve { clock: &stitched.times, days: &stitched.days, start_cash: stitched.start_cash };
    account(market, name, &curve, &stitched.equity, None, &stitched.row)
}

fn chosen(result: &WalkForwardResult, window: &WalkWindow) -> String {
    let pairs = result.sets.params().iter().zip(&window.values);
    pairs.map(|(param, value)| format!("{} {value}", param.name)).collect::<Vec<_>>().join(", ")
}

fn window(result: &WalkForwardResult, number: usize, window: &WalkWindow) -> Window {
    Window {
        label: format!("{}: {}", number + 1, chosen(result, window)),
        from: midnight(window.test.0),
        to: midnight(window.test.1),
    }
}

fn midnight(day: Day) -> i64 {
    Timestamp::midnight(day).0
}

fn table(result: &WalkForwardResult) -> Table {
    let metric = result.metric.title();
    let format = metrics::page_format(result.metric);
    let plain = |name: &str| Column { name: name.to_owned(), ..Column::default() };
    let figure =
        |name: String, format: Format, help: &str| Column { name, format, help: help.into() };
    let mut columns = ["Window", "Trained from", "to", "Tested from", "to"].map(plain).to_vec();
    columns[0].format = Format::Decimals(0);
    columns.extend(result.sets.params().iter().map(|param| plain(&param.name)));
    columns.extend([
        figure(
            format!("{metric} in training"),
            format.clone(),
            "Of the chosen set, mean over assets.",
        ),
        figure(
            format!("{metric} out of sample"),
            format,
            "Of the same set afterwards, mean over assets.",
        ),
        figure("Return".to_owned(), Format::Percent(1), "Out of sample, mean over assets."),
    ]);
    let row = |(number, window): (usize, &WalkWindow)| {
        let days = [window.train.0, window.train.1, window.test.0, window.test.1];
        let mut row = vec![Cell::Number(number as f64 + 1.0)];
        row.extend(days.map(|day| Cell::Time(midnight(day))));
        row.extend(window.values.iter().map(|value| Cell::Number(*value)));
        let figures = [window.train_score, window.test_score, window.mean_return()];
        row.extend(figures.map(Cell::Number));
        row
    };
    let rows = result.windows.iter().enumerate().map(row).collect();
    Table { caption: "Windows and the sets they chose".to_owned(), columns, rows }
}
