//! Bars in memory, splits and dividends, the portal that hides the future, made-up markets.

mod adjust;
mod column;
mod market;
mod portal;
pub mod synthetic;

pub use adjust::{Factors, forward_column, forward_factors};
pub use column::Column;
pub use market::{Asset, Bars, Dividend, Field, Frequency, Market, Split};
pub use portal::{Item, Portal, PortalData, PortalError, Window};
pub use synthetic::{SyntheticError, SyntheticSpec};
