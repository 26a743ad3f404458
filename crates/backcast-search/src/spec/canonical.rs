//! The one way to write a resolved spec: what the manifest holds and what the id of a run is made of.

use backcast_types::Size;

use super::{Expression, Spec, Values};

impl Spec {
    /// What decides results, as keys and values in a fixed order: rules, parameters, costs, broker, range. How data
    /// got here (a path, a name) is left out, because the digest of the data stands for it, and so are metrics to
    /// show, the length of tables and comments.
    #[must_use]
    pub fn canonical(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut add = |key: String, value: String| pairs.push((key, value));
        if let Some(assets) = &self.data.assets {
            add("data.assets".into(), assets.join(","));
        }
        if let Some(from) = self.data.from {
            add("data.from".into(), from.to_string());
        }
        if let Some(to) = self.data.to {
            add("data.to".into(), to.to_string());
        }
        for param in &self.params {
            add(format!("params.{}", param.name), values(&param.values));
        }
        for series in &self.series {
            add(format!("series.{}", series.name), squeezed(series));
        }
        for rule in &self.rules {
            add(format!("rules.{}", rule.name), squeezed(rule));
        }
        for leg in &self.legs {
            for rule in &leg.rules {
                add(format!("rules.{}.{}", leg.symbol, rule.name), squeezed(rule));
            }
        }
        let costs = &self.costs;
        add("costs.commission.rate".into(), costs.commission_rate.to_string());
        add("costs.commission.per_share".into(), costs.commission_per_share.to_string());
        add("costs.commission.per_trade".into(), costs.commission_per_trade.to_string());
        add("costs.slippage.rate".into(), costs.slippage_rate.to_string());
        add("costs.slippage.fixed".into(), costs.slippage_fixed.to_string());
        let broker = &self.broker;
        add("broker.cash".into(), broker.cash.to_string());
        add("broker.size".into(), size(broker.size));
        add(
            "broker.shares".into(),
            if broker.whole_shares { "whole" } else { "fractional" }.into(),
        );
        add(
            "broker.fill".into(),
            if broker.same_close { "same_close" } else { "next_open" }.into(),
        );
        if let Some(constraint) = &self.sweep.constraint {
            add("sweep.where".into(), squeezed(constraint));
        }
        pairs
    }
}

fn values(values: &Values) -> String {
    match values {
        Values::List(list) => list.iter().map(f64::to_string).collect::<Vec<_>>().join(","),
        Values::Range { from, step, count, .. } => format!("{from} + {step} * {count}"),
    }
}

fn squeezed(expression: &Expression) -> String {
    expression.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn size(size: Size) -> String {
    match size {
        Size::Shares(n) => format!("{n} shares"),
        Size::Value(v) => format!("{v} cash"),
        Size::EquityFraction(f) => format!("{f} of equity"),
        Size::AllIn => "all cash".into(),
        Size::Position => "position".into(),
    }
}
