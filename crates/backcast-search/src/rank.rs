//! Which sets are the best: by a metric, undefined ones last, equal ones by trial index.

use std::cmp::Ordering;

use backcast_metrics::{Metric, Row};

/// Order of two values of a metric, the better one first. NaN is undefined and comes last.
#[must_use]
pub fn better(metric: Metric, a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = a.partial_cmp(&b).expect("neither is NaN");
            if metric.higher_is_better() { order.reverse() } else { order }
        }
    }
}

/// A set among the best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// Trial index.
    pub set: usize,
    /// Its metrics.
    pub row: Row,
}

/// The best so far, best first; rows come in order of trial index.
#[derive(Clone, Debug)]
pub(crate) struct Top {
    metric: Metric,
    keep: usize,
    best: Vec<Best>,
}

impl Top {
    pub(crate) fn new(metric: Metric, keep: usize) -> Top {
        Top { metric, keep, best: Vec::with_capacity(keep.min(1024)) }
    }

    /// Looks at the next set. Later sets lose ties.
    pub(crate) fn offer(&mut self, set: usize, row: &Row) {
        let value = |row: &Row| row.values[self.metric as usize];
        let worse_than_last =
            |last: &Best| better(self.metric, value(row), value(&last.row)) != Ordering::Less;
        if self.best.len() == self.keep && self.best.last().is_none_or(worse_than_last) {
            return;
        }
        let at = self.best.partition_point(|one| {
            better(self.metric, value(&one.row), value(row)) != Ordering::Greater
        });
        self.best.insert(at, Best { set, row: *row });
        self.best.truncate(self.keep);
    }

    /// Trial index and value of the first few.
    pub(crate) fn leaders(&self, few: usize) -> Vec<(usize, f64)> {
        let value = |best: &Best| (best.set, best.row.values[self.metric as usize]);
        self.best.iter().take(few).map(value).collect()
    }

    pub(crate) fn into_best(self) -> Vec<Best> {
        self.best
    }
}

/// Mean of a metric over assets for every set: over those where it is defined, NaN where it is nowhere.
/// `columns` has one value a set for each asset, in listed order.
#[must_use]
pub fn means(columns: &[&[f64]]) -> Vec<f64> {
    let sets = columns.first().map_or(0, |column| column.len());
    let mean = |set: usize| {
        let mut sum = 0.0;
        let mut count = 0.0;
        for column in columns {
            if !column[set].is_nan() {
                sum += column[set];
                count += 1.0;
            }
        }
        sum / count
    };
    (0..sets).map(mean).collect()
}

/// Trial indexes of the `keep` best values, best first.
#[must_use]
pub fn best_of(metric: Metric, values: &[f64], keep: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let compare =
        |a: &usize, b: &usize| better(metric, values[*a], values[*b]).then_with(|| a.cmp(b));
    if keep < order.len() && keep > 0 {
        order.select_nth_unstable_by(keep - 1, compare);
    }
    order.truncate(keep);
    order.sort_unstable_by(compare);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sharpe: f64) -> Row {
        let mut row = Row::EMPTY;
        row.values[Metric::Sharpe as usize] = sharpe;
        row
    }

    #[test]
    fn the_first_of_equals_wins_and_undefined_comes_last() {
        let values = [1.0, f64::NAN, 3.0, 3.0, -1.0, f64::NAN];
        let mut top = Top::new(Metric::Sharpe, 5);
        for (set, value) in values.iter().enumerate() {
            top.offer(set, &row(*value));
        }
        let sets: Vec<_> = top.into_best().iter().map(|best| best.set).collect();
        assert_eq!(sets, [2, 3, 0, 4, 1]);
        assert_eq!(best_of(Metric::Sharpe, &values, 5), sets);
        assert_eq!(best_of(Metric::Sharpe, &values, 2), [2, 3]);
        assert_eq!(best_of(Metric::MaxDrawdown, &values, 2), [4, 0]);
    }

    #[test]
    fn a_mean_is_over_the_assets_where_the_metric_is_defined() {
        let means = means(&[&[1.0, f64::NAN, f64::NAN], &[3.0, 5.0, f64::NAN]]);
        assert_eq!(means[..2], [2.0, 5.0]);
        assert!(means[2].is_nan());
    }
}
