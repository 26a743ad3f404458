//! Markets of the workloads: made up from a seed, with splits, dividends, late listings and missing days, and kept as bundles.

use backcast_data::{Frequency, synthetic::SyntheticSpec};
use backcast_store::{Home, ingest_synthetic};

use crate::failure::Failure;

/// Ten assets over two years, of which searches use the last sessions.
pub(super) const TEN: &str = "lab-ten";

/// Seven assets over two years, for windows of history.
pub(super) const SEVEN: &str = "lab-seven";

/// From here on there are 252 sessions.
pub(super) const FROM_252: &str = "2022-12-29";

/// From here on there are 400 sessions.
pub(super) const FROM_400: &str = "2022-05-27";

const SEED: u64 = 42;

/// Makes the bundles of all workloads.
pub(in super::super) fn make_markets(home: &Home) -> Result<(), Failure> {
    for (bundle, assets) in [(TEN, 10), (SEVEN, 7)] {
        let spec = SyntheticSpec { assets, years: 2, frequency: Frequency::Daily, seed: SEED };
        ingest_synthetic(home, &spec, bundle)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use backcast_calendar::Calendar;
    use backcast_data::synthetic::LAST_SESSION;
    use backcast_types::Day;

    use super::*;

    #[test]
    fn ranges_have_the_sessions_that_they_say() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let calendar = Calendar::named("XNYS").unwrap();
        for (from, sessions) in [(FROM_252, 252), (FROM_400, 400)] {
            let found = calendar.sessions(day(from)..=day(LAST_SESSION)).unwrap();
            assert_eq!((found.len(), found[0]), (sessions, day(from)));
        }
    }
}
