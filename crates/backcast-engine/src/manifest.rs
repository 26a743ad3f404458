//! What a run was made of: equal manifests must give equal digests.

use std::{collections::BTreeMap, fmt};

use backcast_data::Market;
use backcast_types::AssetId;

use crate::{
    clock::Span,
    config::{FillTiming, RunConfig, Sizing},
};

/// Raised whenever a golden digest changes: results of equal versions can be compared.
pub const RESULTS_VERSION: u32 = 1;

/// Keys and values that decide every bit of a run. Host, threads and time are none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    entries: BTreeMap<String, String>,
}

impl Manifest {
    /// Holds the results version and the semantics `native`.
    #[must_use]
    pub fn new() -> Manifest {
        let mut manifest = Manifest { entries: BTreeMap::new() };
        manifest.set("results_version", RESULTS_VERSION);
        manifest.set("semantics", "native");
        manifest
    }

    /// The manifest of a run but for its strategy, which the caller adds.
    #[must_use]
    pub fn of(market: &Market, assets: &[AssetId], span: &Span, config: &RunConfig) -> Manifest {
        let mut manifest = Manifest::new();
        manifest.market(market, assets);
        manifest.span(span);
        manifest.config(config);
        manifest
    }

    /// Sets a value. Keys are lower-case words with dots, `params.fast` for instance.
    pub fn set(&mut self, key: &str, value: impl fmt::Display) {
        self.entries.insert(key.to_owned(), value.to_string());
    }

    /// A value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// All keys and values, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Parameters of the rules by name.
    pub fn params(&mut self, names: &[String], values: &[f64]) {
        for (name, value) in names.iter().zip(values) {
            self.set(&format!("params.{name}"), number(*value));
        }
    }

    /// The digest of the data and the symbols used, in listed order.
    pub fn market(&mut self, market: &Market, assets: &[AssetId]) {
        let symbol = |a: &AssetId| market.assets.get(a.index()).map_or("", |a| a.symbol.as_str());
        self.set("data.digest", &market.digest);
        self.set("data.frequency", market.frequency);
        self.set("data.periods_per_year", number(market.periods_per_year));
        self.set("data.assets", assets.iter().map(symbol).collect::<Vec<_>>().join(","));
    }

    /// The rows evaluated.
    pub fn span(&mut self, span: &Span) {
        match span {
            Span::Days { from, to } => {
                self.set("from", from.map_or("start".into(), |day| day.to_string()));
                self.set("to", to.map_or("end".into(), |day| day.to_string()));
            }
            Span::Rows(rows) => self.set("rows", format_args!("{}..{}", rows.start, rows.end)),
        }
    }

    /// Cash, size, costs and timing.
    pub fn config(&mut self, config: &RunConfig) {
        let size = match config.size {
            Sizing::Shares(x) => format!("{} shares", number(x)),
            Sizing::Value(x) => format!("{} cash", number(x)),
            Sizing::EquityFraction(x) => format!("{} of equity", number(x)),
            Sizing::AllIn => "all in".to_owned(),
        };
        self.set("broker.cash", number(config.cash));
        self.set("broker.size", size);
        self.set("broker.shares", if config.whole_shares { "whole" } else { "fractional" });
        self.set(
            "broker.fill",
            match config.timing {
                FillTiming::NextOpen => "next_open",
                FillTiming::SameClose => "same_close",
            },
        );
        self.set("broker.liquidate", config.liquidate);
        self.set("costs.commission.rate", number(config.commission.rate));
        self.set("costs.commission.per_share", number(config.commission.per_share));
        self.set("costs.commission.per_trade", number(config.commission.per_trade));
        self.set("costs.slippage.rate", number(config.slippage.rate));
        self.set("costs.slippage.fixed", number(config.slippage.fixed));
    }

    /// Canonical text: one `key = value` a line, sorted by key; a backslash, line feed and carriage return in a value are
    /// written `\\`, `\n` and `\r`.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |(key, value): (&str, &str)| {
            let value = value.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r");
            format!("{key} = {value}\n")
        };
        self.entries().map(line).collect()
    }

    /// First 12 hex digits of the blake3 hash of [`Manifest::text`].
    #[must_use]
    pub fn run_id(&self) -> String {
        blake3::hash(self.text().as_bytes()).to_hex()[..12].to_owned()
    }
}

impl Default for Manifest {
    fn default() -> Manifest {
        Manifest::new()
    }
}

/// The shortest text that reads back as the same number.
fn number(x: f64) -> String {
    format!("{:?}", x + 0.0)
}
