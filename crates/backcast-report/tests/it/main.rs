//! The page as a reader gets it.

mod contents;
mod measured;
mod odd;
mod pages;
mod profiles;
mod scales;
mod size;
