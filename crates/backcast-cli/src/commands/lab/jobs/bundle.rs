//! Loading of a bundle until it answers questions: with the first use of the calendar in a process, and without.

use std::hint::black_box;

use backcast_data::PortalData;
use backcast_spans::span;
use backcast_store::load_bundle;

use super::{Passes, Setting, Workload, markets::SEVEN};
use crate::failure::Failure;

pub(super) const FIRST: Workload = Workload {
    name: "bundle-first",
    about: "a bundle of 7 assets until it answers, with the calendar's first use in the process",
    unit: "load",
    calls: 1,
    spreads: false,
    run: first,
};
pub(super) const AGAIN: Workload = Workload {
    name: "bundle-again",
    about: "the same in a process that has used the calendar",
    unit: "load",
    calls: 1,
    spreads: false,
    run: again,
};

/// Once a process: a second time would find the calendar in use.
fn first(setting: &Setting, passes: &mut Passes) -> Result<String, Failure> {
    let mut digest = String::new();
    let job = span!("lab.job");
    passes.once(|| {
        digest = load(setting)?;
        Ok(())
    })?;
    drop(job);
    Ok(digest)
}

fn again(setting: &Setting, passes: &mut Passes) -> Result<String, Failure> {
    let before = load(setting)?;
    let mut digest = String::new();
    let job = span!("lab.job");
    passes.repeat(|| {
        digest = load(setting)?;
        Ok(())
    })?;
    drop(job);
    match digest == before {
        true => Ok(digest),
        false => Err(super::failed("the bundle changed while it was read")),
    }
}

/// Its digest.
fn load(setting: &Setting) -> Result<String, Failure> {
    let market = load_bundle(&setting.home, SEVEN, false)?;
    black_box(PortalData::new(&market).times().len());
    Ok(market.digest)
}
