//! Statistics of measurements: pure functions, no input or output, equal bits on every machine.
//!
//! | question | answer |
//! |---|---|
//! | what do these values look like? | [`Summary`], [`percentile`], [`outliers`] |
//! | how sure is a mean, a median, anything? | [`student_interval`], [`median_interval`], [`bootstrap_interval`] |
//! | is B faster than A? | [`compare_pairs`] with a [`Verdict`]; how many pairs would it take: [`pairs_for`] |
//! | could this session have told? | [`noise_floor`] |
//! | a suite of tests, a session that goes on | [`benjamini_hochberg`], [`Looks`] |
//! | independent samples, signs only | [`mann_whitney`], [`wilcoxon_signed_rank`] |

pub mod distributions;
mod error;
mod interval;
mod multiple;
mod noise;
mod outliers;
mod pairs;
mod random;
mod ranks;
pub mod simulation;
mod summary;
mod verdict;

pub use error::StatsError;
pub use interval::{Interval, bootstrap_interval, median_interval, student_interval};
pub use multiple::{Looks, benjamini_hochberg};
pub use noise::{AA_ALARM, NoiseFloor, noise_floor, noise_floor_of_equals};
pub use outliers::{Label, Outliers, labels, outliers};
pub use pairs::{BOOTSTRAP_FROM, Comparison, Criteria, Method, Pair, PairOutliers, compare_pairs};
pub use random::Random;
pub use ranks::{MANN_WHITNEY_EXACT, RankTest, WILCOXON_EXACT, mann_whitney, wilcoxon_signed_rank};
pub use summary::{Summary, percentile};
pub use verdict::{POWER, Verdict, pairs_for};
