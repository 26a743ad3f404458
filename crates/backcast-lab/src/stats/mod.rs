//! Statistics of measurements: pure functions, no input or output, equal bits on every machine.
//!
//! | question | answer |
//! |---|---|
//! | what do these values look like? | [`Summary`], [`percentile`], [`outliers`] |
//! | how sure is a mean, a median, anything? | [`student_interval`], [`positive_interval`], [`median_interval`], [`bootstrap_interval`] |
//! | is B faster than A? | [`compare_pairs`] with a [`Verdict`]; how many pairs would it take: [`pairs_for`] |
//! | could this session have told? | [`noise_floor`] |
//! | a suite of tests, a session that goes on | [`benjamini_hochberg`], [`Looks`] |
//! | independent samples, signs only | [`compare_unpaired`], [`mann_whitney`], [`wilcoxon_signed_rank`] |
//! | is a claimed gain proven, what do gains make together? | [`evidence`], [`compose`] |
//! | is a share what it is said to be? | [`share_interval`], [`judge_share`] |
//! | does memory grow with each repeat? | [`growth`] |
//! | when did a history change? | [`change_points`] |
//! | what is fixed, what grows with size? | [`fit_cost`], [`fit_parts`] |
//! | what do many machines say together? | [`merge_ratios`] |

mod change;
mod cost;
pub mod distributions;
mod error;
mod evidence;
mod growth;
mod interval;
mod machines;
mod multiple;
mod noise;
mod outliers;
mod pairs;
mod random;
mod ranks;
mod share;
pub mod simulation;
mod summary;
mod unpaired;
mod verdict;

pub use change::{ChangeOptions, ChangePoint, Changes, change_points};
pub use cost::{
    CostModel, MOST_SIZES, MeasuredRun, Observation, PartsModel, Shape, Term, fit_cost, fit_parts,
    nonnegative_least_squares,
};
pub use error::StatsError;
pub use evidence::{Claim, Evidence, Fault, StatedRange, compose, evidence, gain_of};
pub use growth::{GROWTH_REPEATS, Growth, GrowthVerdict, growth};
pub use interval::{
    Interval, bootstrap_interval, median_interval, positive_interval, student_interval,
};
pub use machines::{Merged, merge_ratios};
pub use multiple::{Looks, benjamini_hochberg};
pub use noise::{AA_ALARM, NoiseFloor, noise_floor, noise_floor_of_equals};
pub use outliers::{Label, Outliers, labels, outliers};
pub use pairs::{BOOTSTRAP_FROM, Comparison, Criteria, Method, Pair, PairOutliers, compare_pairs};
pub use random::Random;
pub use ranks::{MANN_WHITNEY_EXACT, RankTest, WILCOXON_EXACT, mann_whitney, wilcoxon_signed_rank};
pub use share::{ShareVerdict, judge_share, samples_for_share, share_interval};
pub use summary::{Summary, percentile};
pub use unpaired::{UnpairedComparison, compare_unpaired};
pub use verdict::{POWER, Verdict, pairs_for};
