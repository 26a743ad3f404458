//! The share of a span: read from single profiles, judged over several.

use serde::{Deserialize, Serialize};

use super::ClaimError;
use crate::{
    profile::{Kind, Profile, Row, Source, View, share_interval},
    stats::{Interval, ShareVerdict, StatsError, judge_share, student_interval},
};

/// Which share is meant: of what, in what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanShare {
    /// Name of a span, a function or a symbol; `engine.*` is all that begin with `engine.`.
    pub span: String,
    /// The span that is the whole; all thread time where none is named.
    pub of: Option<String>,
    /// Whether only time in it alone counts, without all that it called.
    pub own: bool,
}

/// A share in one run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunShare {
    /// From 0 to 1.
    pub share: f64,
    /// Samples in the span and in the whole; nothing where times are exact.
    pub samples: Option<(u64, u64)>,
}

impl SpanShare {
    /// The share in one profile. A recursion counts once, at its outermost call.
    ///
    /// # Errors
    /// [`ClaimError::UnknownSpan`], [`ClaimError::NotInside`], [`ClaimError::NoSamples`].
    pub fn in_profile(&self, profile: &Profile) -> Result<RunShare, ClaimError> {
        let view = View::of(profile);
        let unknown = |span: &str| ClaimError::UnknownSpan {
            span: span.to_owned(),
            profile: profile.name.clone(),
            known: names(&view),
        };
        if view.total_ns == 0 || names(&view).is_empty() {
            return Err(ClaimError::NoSamples { profile: profile.name.clone() });
        }
        let sums = self.sums(&view);
        if let Some(of) = self.of.as_deref().filter(|_| !sums.whole_found) {
            return Err(unknown(of));
        }
        match &self.of {
            _ if !sums.span_found => return Err(unknown(&self.span)),
            Some(of) if !sums.span_inside => {
                return Err(ClaimError::NotInside { span: self.span.clone(), of: of.clone() });
            }
            _ => {}
        }
        let whole = if self.of.is_some() { sums.whole } else { Time::of_all(&view) };
        if whole.ns == 0 {
            return Err(ClaimError::NoSamples { profile: profile.name.clone() });
        }
        let sampled = !sums.exact && whole.samples > 0;
        Ok(RunShare {
            share: sums.span.ns as f64 / whole.ns as f64,
            samples: sampled.then_some((sums.span.samples.min(whole.samples), whole.samples)),
        })
    }

    /// One walk down the tree, with the depths at which the whole and the span were entered.
    fn sums(&self, view: &View<'_>) -> Sums {
        let mut sums = Sums::default();
        let (mut in_whole, mut in_span) = (None, None);
        for row in &view.rows {
            in_whole = in_whole.filter(|depth| row.depth > *depth);
            in_span = in_span.filter(|depth| row.depth > *depth);
            if self.of.as_deref().is_some_and(|of| matches(of, row)) && in_whole.is_none() {
                in_whole = Some(row.depth);
                sums.whole_found = true;
                sums.whole.add(row.total_ns, row.total_samples);
            }
            if !matches(&self.span, row) {
                continue;
            }
            sums.span_found = true;
            if self.of.is_some() && in_whole.is_none() {
                continue;
            }
            sums.span_inside = true;
            sums.exact |= row.source == Source::Spans;
            if self.own {
                sums.span.add(row.own_ns, row.samples);
            } else if in_span.is_none() {
                in_span = Some(row.depth);
                sums.span.add(row.total_ns, row.total_samples);
            }
        }
        sums
    }
}

#[derive(Clone, Copy, Default)]
struct Time {
    ns: u64,
    samples: u64,
}

impl Time {
    fn of_all(view: &View<'_>) -> Time {
        Time { ns: view.total_ns, samples: view.samples }
    }

    fn add(&mut self, ns: u64, samples: u64) {
        self.ns += ns;
        self.samples += samples;
    }
}

#[derive(Default)]
struct Sums {
    span: Time,
    whole: Time,
    span_found: bool,
    span_inside: bool,
    whole_found: bool,
    exact: bool,
}

/// Threads have names too, which are no spans.
fn matches(wanted: &str, row: &Row<'_>) -> bool {
    row.kind != Kind::Thread
        && match wanted.strip_suffix('*') {
            Some(beginning) => row.name.starts_with(beginning),
            None => row.name == wanted,
        }
}

/// Names that could have been meant, each once.
pub(super) fn names(view: &View<'_>) -> Vec<String> {
    let named =
        view.rows.iter().filter(|row| !matches!(row.kind, Kind::Thread | Kind::Unattributed));
    let mut names: Vec<String> = named.map(|row| row.name.to_string()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What several runs say about a claimed share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareEvidence {
    /// The share in each run.
    pub shares: Vec<f64>,
    /// What they say together; nothing where they cannot.
    pub measured: Option<Interval>,
    /// What that says about the claim.
    pub verdict: ShareVerdict,
    /// What limits it.
    pub caution: Option<Caution>,
}

/// What limits evidence of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// Exact times of one run: how far the next run is from them is unknown.
    SingleRun,
    /// Samples of one run: the interval holds the chance of sampling, not what differs between runs.
    SamplesOfOneRun,
}

impl std::fmt::Display for Caution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Caution::SingleRun => "one run has no spread: how far the next is from it is unknown",
            Caution::SamplesOfOneRun => {
                "the samples are of one run: what differs between runs is not in the interval"
            }
        })
    }
}

/// Judges a claimed share by the runs: Student's t over their shares, or the interval of the samples where there is one run
/// of them. Claim, tolerance and shares are fractions.
///
/// # Errors
/// [`StatsError::TooFew`] without runs, [`StatsError::Parameter`] for a claim outside [0, 1], a tolerance of zero or less or a level
/// outside (0, 1).
///
/// # Examples
/// ```
/// # use backcast_lab::{claims::{RunShare, weigh_share}, stats::ShareVerdict};
/// let runs = [0.60, 0.61, 0.62].map(|share| RunShare { share, samples: None });
/// assert_eq!(weigh_share(&runs, 0.615, 0.05, 0.95).unwrap().verdict, ShareVerdict::Confirmed);
/// assert_eq!(weigh_share(&runs, 0.900, 0.05, 0.95).unwrap().verdict, ShareVerdict::Refuted);
/// assert_eq!(weigh_share(&runs[..1], 0.615, 0.05, 0.95).unwrap().verdict, ShareVerdict::Unproven);
/// ```
pub fn weigh_share(
    runs: &[RunShare],
    claimed: f64,
    tolerance: f64,
    level: f64,
) -> Result<ShareEvidence, StatsError> {
    let shares: Vec<f64> = runs.iter().map(|run| run.share).collect();
    let (measured, caution) = match runs {
        [] => return Err(StatsError::TooFew { what: "a claim", needed: 1, found: 0 }),
        [RunShare { share, samples: Some((_, all)) }] => {
            if !(level > 0.0 && level < 1.0) {
                let allowed = "between 0 and 1";
                return Err(StatsError::Parameter { name: "level", value: level, allowed });
            }
            // Samples stand for times of their own: the share of time is no ratio of their numbers.
            (Some(share_interval(*share, *all, level)), Some(Caution::SamplesOfOneRun))
        }
        [one] => {
            // The claim itself is checked all the same.
            judge_share(claimed, tolerance, &point(one.share, level))?;
            (None, Some(Caution::SingleRun))
        }
        _ => (Some(student_interval(&shares, level)?.within(0.0, 1.0)), None),
    };
    let verdict = match &measured {
        Some(measured) => judge_share(claimed, tolerance, measured)?,
        None => ShareVerdict::Unproven,
    };
    Ok(ShareEvidence { shares, measured, verdict, caution })
}

fn point(value: f64, level: f64) -> Interval {
    Interval { estimate: value, low: value, high: value, level }
}
