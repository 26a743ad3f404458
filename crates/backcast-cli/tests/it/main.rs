//! The built program, run as a user runs it: stdout, stderr, exit code, and what it leaves behind.

mod advice;
mod bad_files;
mod bad_specs;
mod bad_targets;
mod baselines;
mod benches;
mod certificates;
mod children;
mod claims;
mod dashboard;
mod examples;
mod frames;
mod ingests;
mod lab_pages;
mod leaks;
mod live;
mod merges;
mod patience;
mod profile_ends;
mod profiles;
mod program;
mod questions;
mod recordings;
mod revisions;
mod scales;
mod sweeps;
mod walkforwards;
mod watches;

use backcast_spans::alloc::Counting;

/// Counts where this program is itself what is measured.
#[global_allocator]
static ALLOCATOR: Counting<std::alloc::System> = Counting(std::alloc::System);
