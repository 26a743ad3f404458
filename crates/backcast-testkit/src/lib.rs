//! Golden comparison, random markets and other help for tests.

mod fills;
mod golden;
mod market;
mod random_market;
mod random_rules;
mod shared;

pub use fills::{Script, check_fills, check_fills_with};
pub use golden::{TOLERANCE, assert_close, assert_golden};
pub use market::{asset, market, parse_bars};
pub use random_market::{MarketOptions, random_market};
pub use random_rules::{RandomRules, RuleOptions, random_condition, random_rules};
pub use shared::{repository_root, shared};
