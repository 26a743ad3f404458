//! A single run: cards, curves, prices with executions, months, trades.

use maud::{Markup, html};

use super::account::{Ids, curves, monthly, summary};
use super::table::table;
use super::{choice, figure, nothing};
use crate::model::{Candles, Run};
use crate::number;
use crate::payload::MAX_CANDLES;

const IDS: Ids = Ids {
    group: "run",
    select: "account-select",
    equity: "equity",
    drawdown: "drawdown",
    log: "log-scale",
    monthly: "monthly",
};

/// The section of a single run.
pub(super) fn run(run: &Run) -> Markup {
    let heading = if run.heading.is_empty() { "Run" } else { &run.heading };
    let benchmark = run.accounts.iter().any(|account| account.buy_and_hold.is_some());
    let title = if benchmark { "Equity against buy-and-hold" } else { "Equity" };
    html! {
        section #run aria-labelledby="run-heading" {
            h2 #run-heading { (heading) }
            (summary(&run.accounts, &IDS))
            @if let Some(assets) = &run.assets { (table("assets", assets, false)) }
            (curves(&run.accounts, &IDS, title))
            (prices(&run.candles))
            (monthly(&run.accounts, &IDS))
            section aria-labelledby="trades-heading" {
                h3 #trades-heading { "Trades" }
                @match &run.trades {
                    Some(trades) => (table("trades", trades, false)),
                    None => (nothing("No trades were recorded.")),
                }
            }
        }
    }
}

fn prices(candles: &[Candles]) -> Markup {
    let shown = &candles[..candles.len().min(MAX_CANDLES)];
    let Some(first) = shown.iter().find(|candles| !candles.times.is_empty()) else {
        return nothing("No prices were recorded.");
    };
    let (from, to) =
        (number::time(first.times[0]), number::time(first.times[first.times.len() - 1]));
    let controls = html! {
        @if shown.len() > 1 {
            (choice("candle-asset", "Asset", shown.iter().map(|candles| candles.asset.as_str()), 0))
        }
    };
    html! {
        (figure("candles", "Prices and executions", &format!("Prices with entries and exits, {from} to {to}"), "candle", controls))
        p.note #candle-note aria-live="polite" {}
        @if shown.len() < candles.len() {
            p.note { (shown.len()) " of " (candles.len()) " assets are shown; all of them are in the result files." }
        }
    }
}
