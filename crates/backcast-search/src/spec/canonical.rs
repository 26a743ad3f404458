//! The one way to write a resolved spec: what the manifest holds and what the id of a run is made of.

use super::{Expression, Spec, Values};

impl Spec {
    /// Strategy and parameters as keys and values in a fixed order. The manifest adds data, range, costs and broker; what
    /// does not decide results is left out: where data came from, metrics to show, the length of tables, comments.
    #[must_use]
    pub fn canonical(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut add = |key: String, value: String| pairs.push((key, value));
        for param in &self.params {
            add(format!("params.{}", param.name), values(&param.values));
        }
        for (i, series) in self.series.iter().enumerate() {
            // Numbered, because a series may use those before it alone.
            add(format!("series.{i}.{}", series.name), squeezed(series));
        }
        for rule in &self.rules {
            add(format!("rules.{}", rule.name), squeezed(rule));
        }
        for leg in &self.legs {
            for rule in &leg.rules {
                add(format!("rules.{}.{}", leg.symbol, rule.name), squeezed(rule));
            }
        }
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
