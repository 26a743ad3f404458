//! An account: figures on cards, equity and drawdown, monthly returns. Shared by runs and walk-forward tests.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::table::help;
use super::{choice, figure, nothing};
use crate::model::{Account, Format, Metric};
use crate::number::number;
use crate::payload::{MAX_ACCOUNTS, span};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// The return that gets the full colour of the monthly table.
const FULL_COLOUR: f64 = 0.12;

/// Element ids of a section's accounts.
pub(super) struct Ids {
    /// Name of the section in the data: `run` or `walk_forward`.
    pub(super) group: &'static str,
    /// Choice of the account.
    pub(super) select: &'static str,
    /// Equity chart.
    pub(super) equity: &'static str,
    /// Drawdown chart.
    pub(super) drawdown: &'static str,
    /// Toggle of the logarithmic axis.
    pub(super) log: &'static str,
    /// Monthly returns.
    pub(super) monthly: &'static str,
}

/// Choice of the account and its cards.
pub(super) fn summary(accounts: &[Account], ids: &Ids) -> Markup {
    let shown = &accounts[..accounts.len().min(MAX_ACCOUNTS)];
    html! {
        @if shown.len() > 1 {
            div.controls {
                (choice(ids.select, "Account", shown.iter().map(|account| account.name.as_str()), 0))
            }
        }
        @if shown.len() < accounts.len() {
            p.note { (shown.len()) " of " (accounts.len()) " accounts are shown; all of them are in the result files." }
        }
        @for (i, account) in shown.iter().enumerate().filter(|(_, account)| !account.metrics.is_empty()) {
            dl.cards data-group=(ids.group) data-account=(i) hidden[i > 0] {
                @for metric in &account.metrics {
                    div.card {
                        dt { span data-help=[help(&metric.help)] tabindex=[help(&metric.help).map(|_| "0")] { (metric.name) } }
                        dd data-negative[metric.value < 0.0] { (value(metric)) }
                    }
                }
            }
        }
    }
}

/// A metric's value, its unit in small letters.
fn value(metric: &Metric) -> Markup {
    let text = number(metric.value, &metric.format);
    let (value, unit) = text.split_once('\u{a0}').unwrap_or((&text, ""));
    html! { (value) @if !unit.is_empty() { "\u{a0}" small { (unit) } } }
}

/// Equity and drawdown charts.
pub(super) fn curves(accounts: &[Account], ids: &Ids, title: &str) -> Markup {
    let Some(account) = accounts.first() else { return nothing("No account was recorded.") };
    let Some((from, to)) = span(&account.equity) else {
        return nothing("No equity curve was recorded.");
    };
    let range = format!("{from} to {to}");
    let buttons = html! {
        span.ranges role="group" aria-label="Range" {
            @for (years, name) in [("1", "1 y"), ("3", "3 y"), ("5", "5 y"), ("10", "10 y")] {
                button type="button" data-years=(years) data-group=(ids.group) { (name) }
            }
            button type="button" data-years="all" data-group=(ids.group) aria-pressed="true" { "All" }
        }
        button type="button" id=(ids.log) data-log=(ids.group) aria-pressed="false"
            data-help="Equal distances are equal percentages" { "Log scale" }
    };
    html! {
        (figure(ids.equity, title, &format!("{title}, {range}"), "tall", buttons))
        (figure(ids.drawdown, "Drawdown", &format!("Drawdown below the highest equity so far, {range}"), "short", html! {}))
        p.note.drag-hint { "Drag across a chart to zoom all charts in time; a double click shows everything again." }
    }
}

/// Monthly returns as a coloured table, one for each account.
pub(super) fn monthly(accounts: &[Account], ids: &Ids) -> Markup {
    html! {
        section id=(ids.monthly) {
            h3 { "Monthly returns" }
            @if accounts.iter().all(|account| account.monthly.is_empty()) {
                (nothing("No month was completed."))
            }
            @for (i, account) in accounts.iter().take(MAX_ACCOUNTS).enumerate() {
                @if !account.monthly.is_empty() {
                    div data-group=(ids.group) data-account=(i) hidden[i > 0] { (month_table(account)) }
                }
            }
        }
    }
}

fn month_table(account: &Account) -> Markup {
    let mut years: BTreeMap<i32, [f64; 12]> = BTreeMap::new();
    for month in account.monthly.iter().filter(|month| (1..=12).contains(&month.month)) {
        years.entry(month.year).or_insert([f64::NAN; 12])[usize::from(month.month) - 1] =
            month.value;
    }
    let totals: BTreeMap<i32, f64> = account.yearly.iter().copied().collect();
    let caption = format!("Returns of {} by calendar month, in percent", account.name);
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(caption) {
            table.months {
                caption { span { (caption) } }
                thead { tr {
                    th scope="col" { "Year" }
                    @for name in MONTHS { th scope="col" { (name) } }
                    th scope="col" { "Year" }
                } }
                tbody {
                    @for (year, months) in &years {
                        tr {
                            th scope="row" { (year) }
                            @for value in months { (month_cell(*value)) }
                            td.total { (percent_points(totals.get(year).copied().unwrap_or(f64::NAN))) }
                        }
                    }
                }
            }
        }
    }
}

fn month_cell(value: f64) -> Markup {
    if !value.is_finite() {
        return html! { td.blank {} };
    }
    let strength = (value.abs() / FULL_COLOUR).min(1.0) * 100.0;
    let class = if value < 0.0 { "loss" } else { "gain" };
    html! { td class=(class) style={ "--s:" (format!("{strength:.0}")) "%" } { (percent_points(value)) } }
}

/// A percentage without its sign, which the caption names once.
fn percent_points(value: f64) -> String {
    number(value * 100.0, &Format::Decimals(1))
}
