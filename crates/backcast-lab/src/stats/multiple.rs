//! Many comparisons at once, and one comparison looked at many times.

use serde::{Deserialize, Serialize};

use super::{
    StatsError,
    distributions::{normal_cdf, normal_quantile},
    error,
};

/// Adjusted probabilities of a suite: those at most `q` are discoveries of which at most the fraction `q` is false.
///
/// Source: Y. Benjamini and Y. Hochberg, Journal of the Royal Statistical Society B 57(1), 1995.
///
/// # Errors
/// [`StatsError::NotFinite`]; [`StatsError::Parameter`] for a probability outside [0, 1].
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    error::finite(p, 0, "an adjustment for many tests")?;
    if let Some(&value) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(StatsError::Parameter { name: "p", value, allowed: "from 0 to 1" });
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let (mut adjusted, mut least) = (vec![1.0; p.len()], 1.0f64);
    for (place, &i) in order.iter().enumerate() {
        let rank = p.len() - place;
        least = least.min(p[i] * p.len() as f64 / rank as f64);
        adjusted[i] = least;
    }
    Ok(adjusted)
}

/// Looks at a session that may go on, fixed before it starts, with the rate of false alarms spent over them.
///
/// Stopping at the first significant look without this inflates false alarms without bound. The rate is spent as O'Brien and Fleming
/// would (K. Lan and D. DeMets, Biometrika 70(3), 1983): little at early looks, nearly all at the last. Each look tests at the rate
/// it adds, so the sum bounds the total whatever the looks have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Looks {
    pairs: Vec<u32>,
    level: f64,
}

impl Looks {
    /// Looks after these numbers of pairs, rising, at a total level of confidence.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] without looks; [`StatsError::Parameter`] if they do not rise, or for a level outside (0, 1).
    pub fn new(pairs: &[u32], level: f64) -> Result<Looks, StatsError> {
        error::level(level)?;
        if pairs.is_empty() {
            return Err(StatsError::TooFew { what: "a plan of looks", needed: 1, found: 0 });
        }
        let mut before = 0;
        for &at in pairs {
            if at <= before {
                let allowed = "more pairs than the look before it";
                return Err(StatsError::Parameter { name: "a look", value: at.into(), allowed });
            }
            before = at;
        }
        Ok(Looks { pairs: pairs.to_vec(), level })
    }

    /// Numbers of pairs at which is looked.
    pub fn pairs(&self) -> &[u32] {
        &self.pairs
    }

    /// Level of the intervals of one look, counted from 0; `None` after the last.
    pub fn level_at(&self, look: usize) -> Option<f64> {
        let spent = |look: usize| {
            let part = f64::from(self.pairs[look]) / f64::from(self.pairs[self.pairs.len() - 1]);
            let z = -normal_quantile(0.5 * (1.0 - self.level));
            2.0 * normal_cdf(-z / libm::sqrt(part))
        };
        let before = |look: usize| if look == 0 { 0.0 } else { spent(look - 1) };
        (look < self.pairs.len()).then(|| 1.0 - (spent(look) - before(look)))
    }
}
