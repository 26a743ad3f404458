//! Prices and distances that rules name, as traded.

use std::sync::Arc;

use backcast_data::{Asset, forward_factors};
use backcast_rules::{EvalError, Evaluator, NodeId, Program, Series, Unit};

use crate::desk::Distance;

/// A price of the rules as a traded price.
pub(super) struct Price {
    series: Arc<Series>,
    /// Forward factors, where the series is adjusted and there are any.
    factor: Option<Vec<f64>>,
}

impl Price {
    pub(super) fn at(&self, row: usize) -> Option<f64> {
        let factor = self.factor.as_ref().map_or(1.0, |f| f[row]);
        let price = self.series.values[row] / factor;
        (price > 0.0 && price.is_finite()).then_some(price)
    }
}

pub(super) enum DistanceRule {
    Fraction(Price),
    Price(Price),
}

impl DistanceRule {
    pub(super) fn at(&self, row: usize) -> Option<Distance> {
        match self {
            DistanceRule::Fraction(series) => series.at(row).map(Distance::Fraction),
            DistanceRule::Price(price) => price.at(row).map(Distance::Price),
        }
    }
}

/// Where prices of the rules come from.
pub(super) struct Source<'a, 'm> {
    pub(super) program: &'a Program,
    pub(super) params: &'a [f64],
    pub(super) asset: &'a Asset,
    pub(super) evaluator: &'a mut Evaluator<'m>,
}

impl Source<'_, '_> {
    pub(super) fn price(&mut self, node: NodeId) -> Result<Price, EvalError> {
        let series = self.evaluator.series(node, self.params)?;
        let adjusted = self.program.unit(node).is_adjusted();
        Ok(Price { series, factor: adjusted.then(|| forward_factors(self.asset).price).flatten() })
    }

    pub(super) fn distance(&mut self, node: NodeId) -> Result<DistanceRule, EvalError> {
        let fraction = matches!(self.program.unit(node), Unit::Scalar | Unit::NUMBER);
        let price = self.price(node)?;
        Ok(if fraction { DistanceRule::Fraction(price) } else { DistanceRule::Price(price) })
    }
}
