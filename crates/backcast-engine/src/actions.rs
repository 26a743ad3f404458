//! Splits and dividends of one asset as events at its rows.

use backcast_data::Asset;

/// Something that happens before the open of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    /// Holders before this row's open will be paid: cash a share, and where the claim is kept until it is due.
    Earn { amount: f64, claim: usize },
    /// The claim is paid.
    Pay { claim: usize },
    /// Each share becomes so many.
    Split { shares: f64 },
}

/// Actions in order of row; on one row dividends are earned, then paid, then shares split.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    /// Row and action.
    pub(crate) at: Vec<(usize, Action)>,
}

impl Actions {
    /// The actions of an asset. One on a day without a bar acts at the first row after.
    pub(crate) fn of(asset: &Asset) -> Actions {
        let row = |day: i32| asset.bars.day.partition_point(|d| *d < day);
        let mut at = Vec::new();
        for (claim, dividend) in asset.dividends.iter().enumerate() {
            let earned = row(dividend.ex_day.0);
            at.push((earned, 0, Action::Earn { amount: dividend.amount, claim }));
            at.push((row(dividend.pay_day.0).max(earned), 1, Action::Pay { claim }));
        }
        for split in &asset.splits {
            at.push((row(split.day.0), 2, Action::Split { shares: split.shares }));
        }
        at.retain(|(row, _, _)| *row < asset.bars.len());
        at.sort_by_key(|(row, order, _)| (*row, *order));
        Actions { at: at.into_iter().map(|(row, _, action)| (row, action)).collect() }
    }

    /// Number of the first action at or after a row.
    pub(crate) fn first_at(&self, row: usize) -> usize {
        self.at.partition_point(|(at, _)| *at < row)
    }

    /// Row of an action by its number; `usize::MAX` behind the last.
    #[inline]
    pub(crate) fn row(&self, action: usize) -> usize {
        self.at.get(action).map_or(usize::MAX, |(row, _)| *row)
    }
}
