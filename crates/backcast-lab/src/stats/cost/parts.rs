//! Costs of parts that add up to the cost of the whole.

use serde::{Deserialize, Serialize};

use super::{
    CostModel, Observation, StatsError, Term, check, fit_cost, fit_weighted, system, weights,
};
use crate::stats::{Interval, Random, distributions::student_quantile, error};

/// Share of the whole from which on errors of a part count relative to itself. Less of it is known only as a share of the whole: a
/// part that was sampled is nothing in a run without a sample of it.
const KNOWN: f64 = 0.1;

/// Resamples behind the covariance of the whole.
const RESAMPLES: usize = 400;

/// What the parts of one run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRun {
    /// The sizes of the run.
    pub sizes: Vec<f64>,
    /// Own cost of each part, always in the same order; what belongs to no part is a part too.
    pub parts: Vec<f64>,
}

/// Models of the parts and of the whole, which is their sum at every size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartsModel {
    /// In the order of the parts of a run.
    pub parts: Vec<CostModel>,
    /// The sum: each of its coefficients is the sum of those of the parts.
    pub whole: CostModel,
}

/// Fits each part by itself and adds them up. The errors of the whole come from resampled residuals, run by run, because the parts of one
/// run are slow together.
///
/// # Errors
/// As [`fit_cost`], and [`StatsError::Lengths`] where runs differ in the number of parts, [`StatsError::TooFew`] without parts.
pub fn fit_parts(runs: &[MeasuredRun], level: f64, seed: u64) -> Result<PartsModel, StatsError> {
    let what = "a fit of parts";
    let count = runs.first().map_or(0, |run| run.parts.len());
    if count == 0 {
        return Err(StatsError::TooFew { what, needed: 1, found: 0 });
    }
    if let Some(run) = runs.iter().find(|run| run.parts.len() != count) {
        return Err(StatsError::Lengths { what, left: count, right: run.parts.len() });
    }
    let observed = |part: usize| -> Vec<Observation> {
        let observation =
            |run: &MeasuredRun| Observation { sizes: run.sizes.clone(), cost: run.parts[part] };
        runs.iter().map(observation).collect()
    };
    let sum =
        |run: &MeasuredRun| Observation { sizes: run.sizes.clone(), cost: run.parts.iter().sum() };
    let sums: Vec<Observation> = runs.iter().map(sum).collect();
    // What is said of the sum by itself is a rival of what its parts say together.
    let mut direct = fit_cost(&sums, level)?;
    let most: Vec<f64> = weights(&sums).iter().map(|weight| weight / KNOWN).collect();
    let fitted: Vec<Fitted> = (0..count)
        .map(|part| Fitted::of(observed(part), &most, level))
        .collect::<Result<_, _>>()?;
    let mut whole = add_up(&fitted, level, seed);
    whole.rivals = std::mem::take(&mut direct.rivals);
    whole.extensions = std::mem::take(&mut direct.extensions);
    whole.rivals.push(direct);
    Ok(PartsModel { parts: fitted.into_iter().map(|part| part.model).collect(), whole })
}

/// A part with what it takes to draw it again.
struct Fitted {
    observations: Vec<Observation>,
    weights: Vec<f64>,
    model: CostModel,
    /// Weighted residual of each run.
    residuals: Vec<f64>,
}

impl Fitted {
    /// Fits a part whose measurements weigh no more than `most`.
    fn of(observations: Vec<Observation>, most: &[f64], level: f64) -> Result<Fitted, StatsError> {
        error::level(level)?;
        check(&observations)?;
        let weights = weights(&observations);
        let weights: Vec<f64> =
            weights.iter().zip(most).map(|(own, most)| own.min(*most)).collect();
        let model = fit_weighted(&observations, &weights, level)?;
        let residuals = observations
            .iter()
            .zip(&weights)
            .map(|(one, weight)| weight * (one.cost - model.at(&one.sizes)))
            .collect();
        Ok(Fitted { observations, weights, model, residuals })
    }

    /// The coefficients for a history in which run `i` had the residual of run `drawn[i]`.
    fn drawn(&self, drawn: &[usize]) -> Option<Vec<f64>> {
        let scale = libm::sqrt(self.residuals.len() as f64 / self.model.freedom);
        let again = |(i, one): (usize, &Observation)| {
            let residual = scale * self.residuals[drawn[i]] / self.weights[i];
            let cost = (self.model.at(&one.sizes) + residual).max(0.0);
            Observation { sizes: one.sizes.clone(), cost }
        };
        let observations: Vec<Observation> =
            self.observations.iter().enumerate().map(again).collect();
        let (x, _) = system(&observations, &self.weights, &self.model.terms).nonnegative()?;
        Some(x)
    }
}

fn add_up(parts: &[Fitted], level: f64, seed: u64) -> CostModel {
    let mut terms = vec![Term::fixed()];
    for term in parts.iter().flat_map(|part| &part.model.terms) {
        if !terms.contains(term) {
            terms.push(term.clone());
        }
    }
    let place = |term: &Term| terms.iter().position(|known| known == term).unwrap_or(0);
    let summed = |of: &dyn Fn(&Fitted) -> Option<Vec<f64>>| -> Option<Vec<f64>> {
        let mut sums = vec![0.0; terms.len()];
        for part in parts {
            let coefficients = of(part)?;
            part.model.terms.iter().zip(coefficients).for_each(|(term, c)| sums[place(term)] += c);
        }
        Some(sums)
    };
    let estimates =
        |part: &Fitted| Some(part.model.coefficients.iter().map(|c| c.estimate).collect());
    let estimate = summed(&estimates).unwrap_or_default();
    let runs = parts[0].residuals.len();
    let mut random = Random::new(seed);
    let draws: Vec<Vec<f64>> = (0..RESAMPLES)
        .filter_map(|_| {
            let drawn: Vec<usize> = (0..runs).map(|_| random.below(runs)).collect();
            summed(&|part| part.drawn(&drawn))
        })
        .collect();
    let covariance = covariance(&draws, &estimate);
    let freedom = runs as f64 - terms.len().min(runs - 1) as f64;
    let t = student_quantile(0.5 + 0.5 * level, freedom);
    let coefficients = estimate
        .iter()
        .enumerate()
        .map(|(i, &estimate)| {
            let half = t * libm::sqrt(covariance[i][i]);
            Interval { estimate, low: (estimate - half).max(0.0), high: estimate + half, level }
        })
        .collect();
    CostModel {
        terms,
        coefficients,
        covariance,
        scatter: scatter(parts, freedom),
        freedom,
        criterion: parts.iter().map(|part| part.model.criterion).sum(),
        measured: parts[0].model.measured.clone(),
        rivals: Vec::new(),
        extensions: Vec::new(),
    }
}

/// Mean products of the distances of draws from the estimate.
fn covariance(draws: &[Vec<f64>], estimate: &[f64]) -> Vec<Vec<f64>> {
    let n = draws.len().max(1) as f64;
    let product = |i: usize, j: usize| {
        draws.iter().map(|x| (x[i] - estimate[i]) * (x[j] - estimate[j])).sum::<f64>() / n
    };
    (0..estimate.len()).map(|i| (0..estimate.len()).map(|j| product(i, j)).collect()).collect()
}

/// Relative deviation of whole runs from the sum of the models.
fn scatter(parts: &[Fitted], freedom: f64) -> f64 {
    let runs = parts[0].observations.len();
    let relative = |run: usize| {
        let cost: f64 = parts.iter().map(|part| part.observations[run].cost).sum();
        let model: f64 =
            parts.iter().map(|part| part.model.at(&part.observations[run].sizes)).sum();
        if model > 0.0 { cost / model - 1.0 } else { 0.0 }
    };
    libm::sqrt((0..runs).map(|run| relative(run) * relative(run)).sum::<f64>() / freedom)
}
