//! Figures of one command on one class of machines, oldest first, and where their level changed.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Figure, Measure, gate::log_ratio};
use crate::stats::{ChangeOptions, Changes, Interval, Label, StatsError, change_points, labels};

/// Sessions of one level from which far ones can be told.
const ENOUGH_FOR_OUTLIERS: usize = 6;

/// A history with its changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Name of the command.
    pub subject: String,
    /// Key of the class of machines.
    pub class: String,
    /// What is looked at.
    pub measure: Measure,
    /// In order of time.
    pub figures: Vec<Figure>,
    /// Where the level changed; positions are those of `figures`.
    pub changes: Changes,
}

impl History {
    /// Puts figures in order and finds the changes. Changes below `minimum_change` (relative) are not looked for.
    ///
    /// # Errors
    /// [`StatsError`] for a figure that is no positive number, or a negative `minimum_change`.
    pub fn of(
        subject: &str,
        class: &str,
        measure: Measure,
        mut figures: Vec<Figure>,
        minimum_change: f64,
    ) -> Result<History, StatsError> {
        figures.sort_by(Figure::in_time);
        let medians: Vec<f64> = figures.iter().map(|figure| figure.median).collect();
        // Sessions of the same command spread even where their runs agree.
        let usual = measure.usual_spread();
        let noise: Vec<f64> =
            figures.iter().map(|figure| figure.error.hypot(0.5 * usual)).collect();
        let options = ChangeOptions { minimum_change, ..ChangeOptions::default() };
        let changes = change_points(&medians, Some(&noise), &options)?;
        Ok(History {
            subject: subject.to_owned(),
            class: class.to_owned(),
            measure,
            figures,
            changes,
        })
    }

    /// The figures since the last change.
    pub fn present(&self) -> &[Figure] {
        let begin = self.changes.points.last().map_or(0, |point| point.index);
        &self.figures[begin..]
    }

    /// Stretches of one level, as positions in `figures`; one more than there are changes, and none without figures.
    pub fn levels(&self) -> Vec<Range<usize>> {
        let begins = self.changes.points.iter().map(|point| point.index);
        let begins: Vec<usize> = std::iter::once(0).chain(begins).collect();
        let ends = begins.iter().skip(1).copied().chain([self.figures.len()]);
        let levels = begins.iter().zip(ends).map(|(begin, end)| *begin..end);
        levels.filter(|level| !level.is_empty()).collect()
    }

    /// Neighbours of which the earlier one is of a commit that `descends` (first argument) from that of the later one (second): a clock
    /// went back between the two, or an older commit was measured later. Their order is that of the clocks, which is all that there is.
    pub fn out_of_order(&self, mut descends: impl FnMut(&str, &str) -> bool) -> Vec<[&Figure; 2]> {
        let clean = |commit: &'_ Option<String>| -> Option<String> {
            commit.as_ref().map(|commit| commit.trim_end_matches('+').to_owned())
        };
        let mut wrong = |[earlier, later]: &[&Figure; 2]| {
            let commits = clean(&earlier.commit).zip(clean(&later.commit));
            commits.is_some_and(|(earlier, later)| earlier != later && descends(&earlier, &later))
        };
        let neighbours = self.figures.windows(2).map(|two| [&two[0], &two[1]]);
        neighbours.filter(|two| wrong(two)).collect()
    }

    /// What a change, told by its number, did: the level after it by the level before it, with the interval that the spread of
    /// their sessions leaves. Nothing where there is no such change.
    ///
    /// # Errors
    /// [`StatsError::Parameter`] for a level of confidence outside (0, 1).
    pub fn ratio_of_change(
        &self,
        change: usize,
        level: f64,
    ) -> Result<Option<Interval>, StatsError> {
        let levels = self.levels();
        let (Some(before), Some(after)) = (levels.get(change), levels.get(change + 1)) else {
            return Ok(None);
        };
        let of = |range: &Range<usize>| &self.figures[range.clone()];
        let (log, ..) = log_ratio(of(before), of(after), self.measure, level)?;
        Ok(Some(log.map(libm::exp)))
    }
}

/// Logarithms of the medians without those severely far from the rest, and the ids of these. Among few sessions none can be told.
pub(super) fn level_of(figures: &[Figure]) -> (Vec<f64>, Vec<String>) {
    let logs: Vec<f64> = figures.iter().map(|figure| libm::log(figure.median)).collect();
    let told = (logs.len() >= ENOUGH_FOR_OUTLIERS).then(|| labels(&logs).ok()).flatten();
    let Some(told) = told else { return (logs, Vec::new()) };
    let far = |label: &Label| matches!(label, Label::LowSevere | Label::HighSevere);
    let kept = logs.iter().zip(&told).filter(|(_, label)| !far(label)).map(|(log, _)| *log);
    let left_out = figures.iter().zip(&told).filter(|(_, label)| far(label));
    (kept.collect(), left_out.map(|(figure, _)| figure.id.clone()).collect())
}
