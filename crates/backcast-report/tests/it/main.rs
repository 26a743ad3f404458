//! The page as a reader gets it.

mod contents;
mod odd;
mod pages;
mod profiles;
mod size;
