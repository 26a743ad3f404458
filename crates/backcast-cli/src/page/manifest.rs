//! What stands on top of a page: everything that is needed to repeat the result, in words.

use backcast_data::Market;
use backcast_engine::RESULTS_VERSION;
use backcast_search::{
    Spec,
    spec::{DataSource, Expression, Values},
};
use backcast_types::Size;

use super::span;
use crate::number;

/// Assets that are listed by name.
const NAMED_ASSETS: usize = 12;

/// What was made, and how it is called.
pub(super) struct Made<'a> {
    /// `run`, `sweep`, `walk-forward`, and its id.
    pub(super) id: String,
    /// Digest of its results.
    pub(super) digest: String,
    /// Command that makes it again.
    pub(super) command: &'a str,
    /// Whether assets share one pool of cash.
    pub(super) pooled: bool,
    /// Whether windows of the spec were used.
    pub(super) windows: bool,
}

/// Names and values, most important first.
pub(super) fn manifest(spec: &Spec, market: &Market, made: &Made) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
    add("Data", data(spec, market));
    if !spec.params.is_empty() {
        let params = spec.params.iter();
        let params = params.map(|param| format!("{} {}", param.name, values(&param.values)));
        add("Parameters", params.collect::<Vec<_>>().join(", "));
    }
    if let Some(constraint) = &spec.sweep.constraint {
        add("Only where", one_line(constraint));
    }
    for series in &spec.series {
        add(&series.name, one_line(series));
    }
    for rule in &spec.rules {
        add(&rule.name, one_line(rule));
    }
    for leg in &spec.legs {
        for rule in &leg.rules {
            add(&format!("{} {}", leg.symbol, rule.name), one_line(rule));
        }
    }
    add("Costs", costs(spec));
    add("Broker", broker(spec, made.pooled));
    if let (Some(windows), true) = (&spec.walk_forward, made.windows) {
        let kind = if windows.anchored { "anchored" } else { "rolling" };
        add(
            "Windows",
            format!(
                "{kind}: {} sessions of training, {} out of sample, a new one every {}",
                windows.train, windows.test, windows.step
            ),
        );
    }
    add("Command", made.command.to_owned());
    let version = env!("CARGO_PKG_VERSION");
    add(
        "Version",
        format!("Backcast {version}, results version {RESULTS_VERSION}, native semantics"),
    );
    add("Id", made.id.clone());
    add("Data digest", market.digest.clone());
    add("Digest", made.digest.clone());
    pairs
}

fn data(spec: &Spec, market: &Market) -> String {
    let source = match &spec.data.source {
        DataSource::Bundle(name) => format!("bundle {name}"),
        DataSource::File(path) => path.display().to_string(),
    };
    let names: Vec<&str> = match &spec.data.assets {
        Some(symbols) => symbols.iter().map(String::as_str).collect(),
        None => market.assets.iter().map(|asset| asset.symbol.as_str()).collect(),
    };
    let assets = match names.len() {
        0..=NAMED_ASSETS => names.join(", "),
        n => number::count(n, "asset"),
    };
    let days = span(spec, market).map(|(first, last)| format!(", {first} to {last}"));
    let calendar = market.calendar.as_ref().map(|name| format!(", calendar {name}"));
    format!(
        "{source}: {assets}, {} bars{}{}",
        market.frequency,
        days.unwrap_or_default(),
        calendar.unwrap_or_default()
    )
}

fn values(values: &Values) -> String {
    match (values.len(), values) {
        (1, _) => values.get(0).to_string(),
        (n, Values::Range { step, .. }) => {
            let step = if *step == 1.0 { String::new() } else { format!(" by {step}") };
            format!("{} to {}{step}", values.get(0), values.get(n - 1))
        }
        (_, Values::List(list)) => list.iter().map(f64::to_string).collect::<Vec<_>>().join(" "),
    }
}

fn one_line(expression: &Expression) -> String {
    expression.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn costs(spec: &Spec) -> String {
    let costs = &spec.costs;
    let percent = |rate: f64| format!("{} %", number::exact((rate * 1e8).round() / 1e6));
    let parts = [
        (costs.commission_rate, format!("commission {}", percent(costs.commission_rate))),
        (costs.commission_per_share, format!("commission {} a share", costs.commission_per_share)),
        (costs.commission_per_trade, format!("commission {} a fill", costs.commission_per_trade)),
        (costs.slippage_rate, format!("slippage {}", percent(costs.slippage_rate))),
        (costs.slippage_fixed, format!("slippage {} a share", costs.slippage_fixed)),
    ];
    let some: Vec<String> =
        parts.into_iter().filter(|(amount, _)| *amount != 0.0).map(|(_, text)| text).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(", ") }
}

fn broker(spec: &Spec, pooled: bool) -> String {
    let broker = &spec.broker;
    let size = match broker.size {
        Size::Shares(n) => format!("{} shares an entry", number::exact(n)),
        Size::Value(value) => format!("{} cash an entry", number::exact(value)),
        Size::EquityFraction(f) => format!("{} of equity an entry", number::percent(f, 0)),
        Size::AllIn | Size::Position => "all cash an entry".to_owned(),
    };
    let shares = if broker.whole_shares { "whole shares" } else { "fractional shares" };
    let fill =
        if broker.same_close { "filled at the same close" } else { "filled at the next open" };
    let cash = number::grouped(broker.cash, 0);
    let pool = if pooled { "one pool of cash" } else { "cash for each asset" };
    format!("{cash} {pool}, {size}, {shares}, {fill}")
}
