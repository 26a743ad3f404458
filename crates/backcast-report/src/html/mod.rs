//! The page's markup, by maud. One file per section.

mod page;

pub(crate) use page::page;
