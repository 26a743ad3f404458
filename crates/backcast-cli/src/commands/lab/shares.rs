//! Where the time of a workload goes, over several profiles of it.

use std::collections::BTreeMap;

use backcast_lab::{
    claims::{Part, parts},
    profile::Profile,
    stats::{Interval, student_interval},
};
use serde::Serialize;

use super::{
    figures::unsummed,
    jobs::{JOB_SPAN, WORK_SPAN},
};
use crate::failure::Failure;

/// Level of the intervals of shares.
const LEVEL: f64 = 0.95;
/// Steps of the workloads themselves, which are no component of the program.
const OURS: &str = "lab.";

/// A component of a job. Own shares of all components and of what is in none add up to one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Share {
    /// Its span.
    pub(super) name: String,
    /// Mean over the profiles of its own share of the job, with interval.
    pub(super) own: Interval,
    /// The same with all that it called.
    pub(super) total: Interval,
    /// Calls in one job, on average.
    pub(super) calls: f64,
}

/// Name of what is in no component: the workload's own loop, and getting ready.
pub(super) const REST: &str = "(unattributed)";

/// Components of the job by own time, the rest last.
pub(super) fn of_job(profiles: &[Profile]) -> Result<Vec<Share>, Failure> {
    let mut found: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    let mut rest = vec![0.0; profiles.len()];
    for (profile, rest) in profiles.iter().zip(&mut rest) {
        for part in parts(profile, JOB_SPAN)? {
            match part.name.starts_with(OURS) {
                true => *rest += part.own,
                false => found.entry(part.name.clone()).or_default().push(part),
            }
        }
    }
    let n = profiles.len() as f64;
    let share = |(name, parts): (String, Vec<Part>)| {
        // A component that a profile does not have took none of its time.
        let all = |of: fn(&Part) -> f64| {
            let mut values: Vec<f64> = parts.iter().map(of).collect();
            values.resize(profiles.len(), 0.0);
            of_shares(&values)
        };
        Ok(Share {
            own: all(|part| part.own)?,
            total: all(|part| part.total)?,
            calls: parts.iter().map(|part| part.calls as f64).sum::<f64>() / n,
            name,
        })
    };
    let mut shares: Vec<Share> = found.into_iter().map(share).collect::<Result<_, Failure>>()?;
    shares.sort_by(|a, b| b.own.estimate.total_cmp(&a.own.estimate));
    let own = of_shares(&rest)?;
    shares.push(Share { name: REST.to_owned(), total: own, own, calls: 0.0 });
    Ok(shares)
}

/// No share is less than nothing or more than all, however far the runs lie apart.
fn of_shares(values: &[f64]) -> Result<Interval, Failure> {
    let interval = student_interval(values, LEVEL).map_err(unsummed)?;
    Ok(interval.within(0.0, 1.0))
}

/// Bytes that all calls of one pass asked for, given back or not; the mean over the profiles.
pub(super) fn bytes_of_pass(profiles: &[Profile]) -> Result<f64, Failure> {
    let mut sum = 0.0;
    for profile in profiles {
        sum += parts(profile, WORK_SPAN)?.iter().map(|p| p.allocated_bytes as f64).sum::<f64>();
    }
    Ok(sum / profiles.len() as f64)
}
