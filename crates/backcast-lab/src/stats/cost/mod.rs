//! Cost as a function of size: what is fixed, what grows, and how.
//!
//! A cost is fitted as a sum of a fixed term and up to three growing ones (n, n log n, n^2 of each size or product of sizes, and products
//! with the root of one of them) by non-negative least squares, relative errors counting alike at all sizes. The corrected Akaike criterion chooses the terms (N. Sugiura,
//! Communications in Statistics A7, 1978), and a further term must earn its place.

mod nnls;
mod parts;
mod terms;

use serde::{Deserialize, Serialize};

use self::{
    nnls::Normal,
    terms::{growing, subsets},
};
pub use self::{
    nnls::nonnegative_least_squares,
    parts::{MeasuredRun, PartsModel, fit_parts},
    terms::{Shape, Term},
};
use super::{Interval, StatsError, distributions::student_quantile, error};

/// Most sizes that a cost may depend on.
pub const MOST_SIZES: usize = 3;

/// Growing terms of one model at most.
const MOST_TERMS: usize = 3;

/// By how much the criterion must fall for each further term. Chance alone lets it fall a little in one fit of six.
const EARNED: f64 = 4.0;

/// One measured cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The sizes it was measured at, each one or more: bars, assets.
    pub sizes: Vec<f64>,
    /// What it took, zero or more.
    pub cost: f64,
}

/// A fitted cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostModel {
    /// The terms, the fixed one first.
    pub terms: Vec<Term>,
    /// One coefficient per term, in the unit of cost, with its interval.
    pub coefficients: Vec<Interval>,
    /// Covariance of the coefficients.
    covariance: Vec<Vec<f64>>,
    /// Relative deviation of single measurements from the model.
    pub scatter: f64,
    /// Degrees of freedom of that deviation.
    freedom: f64,
    /// The corrected Akaike criterion of the choice; comparable between models of the same measurements only.
    pub criterion: f64,
    /// Smallest and largest value measured of each size.
    pub measured: Vec<(f64, f64)>,
    /// Models that describe the measurements nearly as well. Extrapolation has to reckon with them.
    pub rivals: Vec<CostModel>,
    /// Models with one more growing term, which the measurements neither show nor exclude. Far out they may be all of the cost.
    #[serde(default)]
    pub extensions: Vec<CostModel>,
}

impl CostModel {
    /// The cost at some sizes, without an interval.
    pub fn at(&self, sizes: &[f64]) -> f64 {
        self.terms.iter().zip(&self.coefficients).map(|(term, c)| c.estimate * term.at(sizes)).sum()
    }

    /// What one run at these sizes will take, with the band that it falls into at the level of the fit: the errors of the coefficients, the
    /// scatter of runs, what rival models say instead, and growth that was not found, up to its standard error. A model without
    /// growth is no proof that there is none.
    ///
    /// # Errors
    /// [`StatsError::Lengths`] for another number of sizes, [`StatsError::Parameter`] for a size below one.
    pub fn predict(&self, sizes: &[f64]) -> Result<Interval, StatsError> {
        check_sizes(sizes, self.measured.len())?;
        let mut band = self.band(sizes, self.quantile());
        let rivals = self.rivals.iter().map(|rival| rival.band(sizes, rival.quantile()));
        let extensions = self.extensions.iter().map(|extension| extension.band(sizes, 1.0));
        for other in rivals.chain(extensions) {
            band.low = band.low.min(other.low);
            band.high = band.high.max(other.high);
        }
        Ok(band)
    }

    /// The fraction of the cost at some sizes that does not grow.
    pub fn fixed_share(&self, sizes: &[f64]) -> f64 {
        let cost = self.at(sizes);
        if cost > 0.0 { self.coefficients[0].estimate / cost } else { 0.0 }
    }

    /// Whether a prediction at these sizes leaves the measured range.
    pub fn extrapolates(&self, sizes: &[f64]) -> bool {
        sizes.iter().zip(&self.measured).any(|(size, (least, most))| size < least || size > most)
    }

    /// Standard errors from the estimate to the ends of an interval.
    fn quantile(&self) -> f64 {
        student_quantile(0.5 + 0.5 * self.coefficients[0].level, self.freedom)
    }

    /// So many standard errors around the model.
    fn band(&self, sizes: &[f64], errors: f64) -> Interval {
        let level = self.coefficients[0].level;
        let estimate = self.at(sizes);
        let row: Vec<f64> = self.terms.iter().map(|term| term.at(sizes)).collect();
        let of_terms: f64 = row
            .iter()
            .zip(&self.covariance)
            .map(|(a, line)| a * row.iter().zip(line).map(|(b, c)| b * c).sum::<f64>())
            .sum();
        let of_runs = self.scatter * estimate;
        let half = errors * libm::sqrt(of_terms.max(0.0) + of_runs * of_runs);
        Interval { estimate, low: (estimate - half).max(0.0), high: estimate + half, level }
    }
}

/// Fits a cost to measurements at two or more sizes, best with several runs of each.
///
/// # Errors
/// [`StatsError::TooFew`] below four measurements, [`StatsError::Indistinct`] if all were taken at one size, [`StatsError::Lengths`] where
/// they differ in the number of sizes, [`StatsError::NotFinite`], [`StatsError::Parameter`] for a negative cost, a size below one, more than
/// [`MOST_SIZES`] sizes or a level outside (0, 1).
pub fn fit_cost(observations: &[Observation], level: f64) -> Result<CostModel, StatsError> {
    error::level(level)?;
    check(observations)?;
    fit_weighted(observations, &weights(observations), level)
}

/// Fits measurements that were checked.
fn fit_weighted(
    observations: &[Observation],
    weights: &[f64],
    level: f64,
) -> Result<CostModel, StatsError> {
    let sizes = observations[0].sizes.len();
    let distinct = distinct_sizes(observations);
    let pool = [&[Term::fixed()], &growing(sizes)[..]].concat();
    // Every choice of terms is a part of one system.
    let system = system(observations, weights, &pool);
    let mut models: Vec<CostModel> = subsets(pool.len() - 1, MOST_TERMS)
        .into_iter()
        .map(|set| [&[0], &set.iter().map(|i| i + 1).collect::<Vec<_>>()[..]].concat())
        .filter(|set| set.len() <= distinct && set.len() + 2 <= observations.len())
        .filter_map(|set| {
            let terms = set.iter().map(|&i| pool[i].clone()).collect();
            fit_terms(observations, &system.of_columns(&set), terms, level)
        })
        .collect();
    models.sort_by(|a, b| a.penalised().total_cmp(&b.penalised()));
    if models.is_empty() {
        return Err(StatsError::Indistinct { found: distinct, terms: 1 });
    }
    let mut chosen = models.remove(0);
    let nearly = chosen.penalised() + EARNED;
    let others;
    (chosen.rivals, others) = models.into_iter().partition(|model| model.penalised() <= nearly);
    chosen.extensions =
        others.into_iter().filter(|model| extends(&model.terms, &chosen.terms)).collect();
    Ok(chosen)
}

/// Whether a model has all terms of another and one more that is worth reckoning with: products of several sizes that grow faster than
/// themselves would drown everything far out.
fn extends(terms: &[Term], of: &[Term]) -> bool {
    let mut more = terms.iter().filter(|term| !of.contains(term));
    let (Some(more), None) = (more.next(), more.next()) else { return false };
    terms.len() == of.len() + 1 && (more.sizes.len() == 1 || more.shape == Shape::Linear)
}

impl CostModel {
    /// The criterion with the price of its terms.
    fn penalised(&self) -> f64 {
        self.criterion + EARNED * (self.terms.len() as f64 - 1.0)
    }
}

fn check(observations: &[Observation]) -> Result<(), StatsError> {
    let what = "a fit of costs";
    let costs: Vec<f64> = observations.iter().map(|one| one.cost).collect();
    error::finite(&costs, 4, what)?;
    if let Some(&value) = costs.iter().find(|cost| **cost < 0.0) {
        return Err(StatsError::Parameter { name: "a cost", value, allowed: "0 or more" });
    }
    let sizes = observations[0].sizes.len();
    if !(1..=MOST_SIZES).contains(&sizes) {
        let allowed = "from 1 to 3";
        let value = sizes as f64;
        return Err(StatsError::Parameter { name: "the number of sizes", value, allowed });
    }
    observations.iter().try_for_each(|one| check_sizes(&one.sizes, sizes))?;
    let distinct = distinct_sizes(observations);
    if distinct < 2 {
        return Err(StatsError::Indistinct { found: distinct, terms: 2 });
    }
    Ok(())
}

fn check_sizes(sizes: &[f64], wanted: usize) -> Result<(), StatsError> {
    if sizes.len() != wanted {
        let (left, right) = (wanted, sizes.len());
        return Err(StatsError::Lengths { what: "a cost model (in sizes)", left, right });
    }
    match sizes.iter().find(|size| !(**size >= 1.0 && size.is_finite())) {
        Some(&value) => Err(StatsError::Parameter { name: "a size", value, allowed: "1 or more" }),
        None => Ok(()),
    }
}

/// Groups of measurements at equal sizes, as positions.
fn cells(observations: &[Observation]) -> Vec<Vec<usize>> {
    let mut cells: Vec<Vec<usize>> = Vec::new();
    for (i, one) in observations.iter().enumerate() {
        match cells.iter_mut().find(|cell| observations[cell[0]].sizes == one.sizes) {
            Some(cell) => cell.push(i),
            None => cells.push(vec![i]),
        }
    }
    cells
}

fn distinct_sizes(observations: &[Observation]) -> usize {
    cells(observations).len()
}

/// One over the mean cost at the same sizes, so that relative errors count. A cost of nothing weighs like a tenth of the smallest.
fn weights(observations: &[Observation]) -> Vec<f64> {
    let cells = cells(observations);
    let mean = |cell: &Vec<usize>| {
        cell.iter().map(|&i| observations[i].cost).sum::<f64>() / cell.len() as f64
    };
    let means: Vec<f64> = cells.iter().map(mean).collect();
    let smallest = means.iter().copied().filter(|m| *m > 0.0).fold(f64::INFINITY, f64::min);
    let floor = if smallest.is_finite() { 0.1 * smallest } else { 1.0 };
    let mut weights = vec![0.0; observations.len()];
    for (cell, mean) in cells.iter().zip(&means) {
        cell.iter().for_each(|&i| weights[i] = 1.0 / mean.max(floor));
    }
    weights
}

/// Fits given terms. `None` where they cannot be told apart at these sizes.
fn fit_terms(
    observations: &[Observation],
    normal: &Normal,
    terms: Vec<Term>,
    level: f64,
) -> Option<CostModel> {
    let (x, squares) = normal.nonnegative()?;
    let (n, k) = (observations.len() as f64, terms.len() as f64);
    let freedom = n - k;
    let variance = squares / freedom;
    let mut covariance = normal.covariance()?;
    covariance.iter_mut().flatten().for_each(|c| *c *= variance);
    let t = student_quantile(0.5 + 0.5 * level, freedom);
    let coefficients = x
        .iter()
        .enumerate()
        .map(|(i, &estimate)| {
            let half = t * libm::sqrt(covariance[i][i].max(0.0));
            Interval { estimate, low: (estimate - half).max(0.0), high: estimate + half, level }
        })
        .collect();
    let bounds = |size: usize| {
        let values = observations.iter().map(|one| one.sizes[size]);
        (values.clone().fold(f64::INFINITY, f64::min), values.fold(0.0, f64::max))
    };
    Some(CostModel {
        coefficients,
        covariance,
        scatter: libm::sqrt(variance),
        freedom,
        criterion: criterion(squares, n, k),
        measured: (0..observations[0].sizes.len()).map(bounds).collect(),
        rivals: Vec::new(),
        extensions: Vec::new(),
        terms,
    })
}

/// The weighted system of equations of some terms.
fn system(observations: &[Observation], weights: &[f64], terms: &[Term]) -> Normal {
    let rows: Vec<Vec<f64>> = observations
        .iter()
        .zip(weights)
        .map(|(one, weight)| terms.iter().map(|term| weight * term.at(&one.sizes)).collect())
        .collect();
    let values: Vec<f64> =
        observations.iter().zip(weights).map(|(one, weight)| weight * one.cost).collect();
    Normal::of(&rows, &values)
}

/// Akaike's criterion for `k` coefficients and a variance, corrected for small `n`. Residuals below rounding count as rounding, so
/// that exact data do not choose by noise of arithmetic.
fn criterion(squares: f64, n: f64, k: f64) -> f64 {
    let parameters = k + 1.0;
    let spare = (n - parameters - 1.0).max(0.5);
    n * libm::log((squares / n).max(1e-16))
        + 2.0 * parameters
        + 2.0 * parameters * (parameters + 1.0) / spare
}
