//! Bars in memory, splits and dividends, the portal, made-up markets.
