//! What runs of a workload come to.

use backcast_lab::{
    profile::Area,
    stats::{Interval, Summary, median_interval},
};
use serde::Serialize;

use super::{
    measure::Measured,
    shares::{self, Share},
};
use crate::failure::Failure;

/// Level of the interval of a median.
const LEVEL: f64 = 0.95;

/// Figures of a workload on so many threads. Times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) workload: &'static str,
    pub(super) threads: usize,
    /// Calls of one pass, and of what.
    pub(super) calls: u32,
    pub(super) unit: &'static str,
    /// Time of a call, one value for each process.
    pub(super) call: Summary,
    /// Of its median; nothing where there are too few runs.
    pub(super) median: Option<Interval>,
    /// Median time of a call in the first pass of a process.
    pub(super) first_call: f64,
    /// Bytes that a call asks for, given back or not.
    pub(super) bytes_of_call: Option<f64>,
    /// Median of the processes' peaks.
    pub(super) peak_bytes: Option<f64>,
    /// Components of the job; empty for more than one thread.
    pub(super) shares: Vec<Share>,
    /// Of what came out, the same in all runs.
    pub(super) digest: String,
}

impl Figures {
    /// All of them.
    pub(super) fn of(measured: &Measured) -> Result<Figures, Failure> {
        let calls = f64::from(measured.workload.calls);
        let summary = |values: Vec<f64>| Summary::of(&values).map_err(unsummed);
        let told = || measured.runs.iter().map(|run| &run.told);
        let times: Vec<f64> = told().map(|told| told.pass_ns() / 1e9 / calls).collect();
        let peaks: Vec<f64> =
            measured.runs.iter().filter_map(|run| Some(run.peak_bytes? as f64)).collect();
        let profiled = !measured.profiles.is_empty();
        let bytes = profiled.then(|| shares::bytes_of_pass(&measured.profiles)).transpose()?;
        Ok(Figures {
            workload: measured.workload.name,
            threads: measured.threads,
            calls: measured.workload.calls,
            unit: measured.workload.unit,
            median: median_interval(&times, LEVEL).map_err(unsummed)?,
            call: summary(times)?,
            first_call: summary(told().map(|told| told.first_ns as f64 / 1e9 / calls).collect())?
                .median,
            bytes_of_call: bytes.map(|bytes| bytes / calls),
            peak_bytes: Summary::of(&peaks).ok().map(|summary| summary.median),
            shares: if profiled { shares::of_job(&measured.profiles)? } else { Vec::new() },
            digest: told().next().map(|told| told.digest.clone()).unwrap_or_default(),
        })
    }

    /// Calls a second at the median.
    pub(super) fn rate(&self) -> f64 {
        1.0 / self.call.median
    }

    /// Time in components that prepare data over time in those that compute, where both took some.
    pub(super) fn preparation_to_computation(&self) -> Option<f64> {
        let of = |area: Area| {
            let own = self.shares.iter().filter(|share| Area::of_span(&share.name) == area);
            own.map(|share| share.own.estimate).sum::<f64>()
        };
        let (data, computation) = (of(Area::Data), of(Area::Computation));
        (data > 0.0 && computation > 0.0).then(|| data / computation)
    }

    /// Time of all calls of a pass at the median.
    pub(super) fn pass(&self) -> f64 {
        self.call.median * f64::from(self.calls)
    }
}

pub(super) fn unsummed(error: backcast_lab::stats::StatsError) -> Failure {
    Failure::could_not_measure(format!("could not measure: {error}"))
}
