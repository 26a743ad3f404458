//! When one session trades, in minutes from 00:00 UTC of its date.

/// Opening hours of one session, in minutes from 00:00 UTC of the session's date: negative is the evening before, above
/// 1440 the day after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hours {
    pub(crate) open: i32,
    pub(crate) close: i32,
    pub(crate) break_: Option<(i32, i32)>,
}

impl Hours {
    /// Open before close, the break inside, and no more than two days away from the session's date.
    pub(crate) fn is_sound(self) -> bool {
        let near = |minute: i32| (-2880..=4320).contains(&minute);
        let pause = self.break_.is_none_or(|(a, b)| self.open < a && a < b && b < self.close);
        self.open < self.close && near(self.open) && near(self.close) && pause
    }
}
