//! What became of advice: each prediction, and what was measured once it was tried.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Place, Prediction, Rule, StoreError, Suggestion};
use crate::stats::{Interval, Summary};

/// What a file of it says it is.
pub(super) const FORMAT: &str = "backcast-advice";
/// Newest version that is read and the one that is written.
pub(super) const VERSION: u32 = 1;
/// Trials that a rule is believed to have passed before its first one: few trials say little.
const PRIOR_TRIALS: f64 = 2.0;

/// All advice on one command at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Always `backcast-advice`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// When, in UTC.
    pub taken_at: String,
    /// Its words.
    pub command: Vec<String>,
    /// One for each suggestion.
    pub entries: Vec<Entry>,
}

/// A suggestion and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The rule, by name: rules of other versions are kept too.
    pub rule: String,
    /// Name of the suggestion.
    pub name: String,
    /// Where.
    pub place: Place,
    /// What it was to bring.
    pub predicted: Prediction,
    /// What it brought, where it was tried.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tried: Option<Tried>,
}

/// A trial of a suggestion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// What was changed: settings, or another command.
    pub change: String,
    /// Share of the wall time that was saved, measured in pairs of fresh processes; nothing where it was not measured.
    pub gain: Option<Interval>,
    /// Whether the results were equal, and by what.
    pub equal: bool,
    /// What decided on that, or where the results part.
    pub equality: String,
    /// Why the measurement is not to be trusted, a sentence each.
    pub doubts: Vec<String>,
}

/// What became of the predictions of one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleRecord {
    /// Suggestions made.
    pub predictions: usize,
    /// Those that were tried: measured without doubt, or found to move a result.
    pub tried: usize,
    /// Those whose measured interval meets the predicted one.
    pub held: usize,
    /// Those that moved a result, and were never timed: they say nothing of a gain.
    pub moved: usize,
    /// Median of the measured gains.
    pub median_gain: Option<f64>,
    /// Measured by predicted, each from 0 to 2.
    realised: Vec<f64>,
}

/// What became of all predictions, by the names of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackRecord {
    /// Rules in order of their names.
    pub rules: BTreeMap<String, RuleRecord>,
}

impl Record {
    /// The record of some suggestions; what was tried stands beside its name.
    pub fn new(
        taken_at: String,
        command: Vec<String>,
        suggestions: &[Suggestion],
        tried: &[(String, Tried)],
    ) -> Record {
        let entry = |suggestion: &Suggestion| Entry {
            rule: suggestion.rule.name().to_owned(),
            name: suggestion.name.clone(),
            place: suggestion.place.clone(),
            predicted: suggestion.prediction.clone(),
            tried: tried
                .iter()
                .find(|(name, _)| *name == suggestion.name)
                .map(|(_, tried)| tried.clone()),
        };
        Record {
            format: FORMAT.to_owned(),
            version: VERSION,
            taken_at,
            command,
            entries: suggestions.iter().map(entry).collect(),
        }
    }

    /// The same text for equal records.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a record holds text and numbers alone")
    }

    /// Reads a record; `what` names it in messages.
    ///
    /// # Errors
    /// [`StoreError::Bench`] for other formats, newer versions and malformed files.
    pub fn from_json(text: &str, what: &str) -> Result<Record, StoreError> {
        Ok(crate::bench::read_json(text, what, FORMAT, VERSION)?)
    }
}

impl Tried {
    /// Whether it says something about the prediction: measured without doubt, or a result moved.
    pub fn counts(&self) -> bool {
        !self.equal || (self.gain.is_some() && self.doubts.is_empty())
    }

    /// Whether what was measured is compatible with what was predicted.
    pub fn holds(&self, predicted: &Interval) -> bool {
        let meets = |gain: Interval| gain.low <= predicted.high && predicted.low <= gain.high;
        self.equal && self.gain.is_some_and(meets)
    }
}

impl TrackRecord {
    /// Counts what became of all entries.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> TrackRecord {
        let mut gains = BTreeMap::<String, Vec<f64>>::new();
        let mut track = TrackRecord::default();
        for entry in records.into_iter().flat_map(|record| &record.entries) {
            let rule = track.rules.entry(entry.rule.clone()).or_default();
            rule.predictions += 1;
            let Some(tried) = entry.tried.as_ref().filter(|tried| tried.counts()) else { continue };
            rule.tried += 1;
            rule.held += usize::from(tried.holds(&entry.predicted.gain));
            rule.moved += usize::from(!tried.equal);
            let Some(gain) = tried.gain.filter(|_| tried.equal).map(|gain| gain.estimate) else {
                continue;
            };
            gains.entry(entry.rule.clone()).or_default().push(gain);
            let expected = entry.predicted.gain.estimate;
            rule.realised.push(if expected > 0.0 {
                (gain / expected).clamp(0.0, 2.0)
            } else {
                1.0
            });
        }
        for (name, gains) in gains {
            let rule = track.rules.get_mut(&name).expect("it was counted above");
            rule.median_gain = Summary::of(&gains).ok().map(|summary| summary.median);
        }
        track
    }

    /// The record of a rule.
    pub fn rule(&self, rule: Rule) -> RuleRecord {
        self.rules.get(rule.name()).cloned().unwrap_or_default()
    }

    /// Rules that held most often first, then those that were never measured. Of few trials no more is made than they say.
    pub fn ranked(&self) -> Vec<(&str, &RuleRecord)> {
        let mut rules: Vec<_> =
            self.rules.iter().map(|(name, rule)| (name.as_str(), rule)).collect();
        rules.sort_by(|(_, a), (_, b)| {
            b.reliability().total_cmp(&a.reliability()).then(b.trust().total_cmp(&a.trust()))
        });
        rules
    }

    /// What may be expected of a suggestion: the middle of its prediction, times what predictions of its rule came to.
    pub fn expected_gain(&self, suggestion: &Suggestion) -> f64 {
        suggestion.prediction.gain.estimate * self.rule(suggestion.rule).trust()
    }

    /// Puts suggestions in order, the largest expected gain first.
    pub fn rank(&self, suggestions: &mut [Suggestion]) {
        suggestions.sort_by(|a, b| self.expected_gain(b).total_cmp(&self.expected_gain(a)));
    }
}

impl RuleRecord {
    /// Measured by predicted gain, on average; 1 without trials, and near to it with few.
    pub fn trust(&self) -> f64 {
        let sum: f64 = self.realised.iter().sum();
        (PRIOR_TRIALS + sum) / (PRIOR_TRIALS + self.realised.len() as f64)
    }

    /// Trials that measured a gain.
    pub fn measured(&self) -> usize {
        self.tried - self.moved
    }

    /// Share of the measured predictions that held; nothing without measurements.
    pub fn coverage(&self) -> Option<f64> {
        let measured = self.measured();
        (measured > 0).then(|| self.held as f64 / measured as f64)
    }

    /// Chance that the next prediction holds, by Laplace's rule of succession; below all others without measurements.
    fn reliability(&self) -> f64 {
        match self.measured() {
            0 => 0.0,
            measured => (self.held + 1) as f64 / (measured + 2) as f64,
        }
    }
}
