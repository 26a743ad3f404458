//! Golden comparison, random markets and other help for tests.

mod random_rules;

pub use random_rules::{RandomRules, RuleOptions, random_condition, random_rules};
