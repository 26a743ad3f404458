//! Made-up markets for a spec: one for each number of bars and assets, in a folder that goes when all is measured.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use backcast_data::{Frequency, synthetic::PlainBars};
use backcast_lab::{
    child::Subject,
    profile::{Scratch, words},
};
use backcast_store::{Home, ingest_plain};

use super::SEED;
use crate::failure::Failure;

/// Bytes of a bar in a bundle: a time, a day, five columns.
const BAR_BYTES: u64 = 52;

/// Markets that are to be made.
#[derive(Debug)]
pub(super) struct Markets {
    /// Bars and assets of each.
    pub(super) sizes: Vec<(u64, u64)>,
    pub(super) frequency: Frequency,
    /// Names of their first assets; the others have made-up ones.
    pub(super) symbols: Vec<String>,
    /// The command that made them necessary.
    pub(super) command: String,
}

impl Markets {
    /// Name of the bundle of a size.
    pub(super) fn bundle(bars: u64, assets: u64) -> String {
        format!("bars-{bars}-assets-{assets}")
    }

    /// Makes all of them, each once.
    pub(super) fn make(&self, scratch: &Scratch, stop: &AtomicBool) -> Result<(), Failure> {
        self.check_room(scratch)?;
        let home = Home::at(project(scratch).join(".backcast"));
        let mut sizes = self.sizes.clone();
        sizes.sort_unstable();
        let mut plain: Option<(u64, PlainBars)> = None;
        for (bars, assets) in sizes {
            if plain.as_ref().is_none_or(|(made, _)| *made != bars) {
                plain = Some((bars, PlainBars::new(bars as usize, self.frequency, SEED)));
            }
            let (_, plain) = plain.as_ref().expect("it was made just now");
            // A market that is not finished is not used: what follows stops as well.
            let symbols = self.names(assets).take_while(|_| !stop.load(Ordering::Relaxed));
            ingest_plain(&home, plain, symbols, &Markets::bundle(bars, assets))?;
            if stop.load(Ordering::Relaxed) {
                return Err(Failure::begin_again(&self.command));
            }
        }
        Ok(())
    }

    fn names(&self, assets: u64) -> impl Iterator<Item = String> {
        let made_up = (0..).map(|i| format!("G{i}")).filter(|name| !self.symbols.contains(name));
        self.symbols.iter().cloned().chain(made_up).take(assets as usize)
    }

    fn check_room(&self, scratch: &Scratch) -> Result<(), Failure> {
        let needed: u64 = self
            .sizes
            .iter()
            .map(|(bars, assets)| bars.saturating_mul(*assets).saturating_mul(BAR_BYTES))
            .fold(0, u64::saturating_add);
        // Where the system does not say, the writing itself will.
        let free = scratch.room().unwrap_or(u64::MAX);
        if needed < free {
            return Ok(());
        }
        let message = format!(
            "the made-up markets take {}, and {} has {} left",
            words::bytes(needed),
            std::env::temp_dir().display(),
            words::bytes(free)
        );
        Err(Failure::could_not_measure(message)
            .help("TMPDIR names another folder; fewer --steps and smaller sizes take less"))
    }

    /// A command that finds the markets, and writes what it keeps beside them.
    pub(super) fn surround(subject: Subject, scratch: &Scratch) -> Subject {
        Subject { dir: Some(project(scratch)), ..subject }
    }
}

/// The folder that commands run in.
fn project(scratch: &Scratch) -> PathBuf {
    scratch.path("project")
}
