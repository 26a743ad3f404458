//! Questions about bundles as wholes: which there are, what is in one, is it sound, away with it.

use std::{fs, io};

use backcast_data::{Frequency, Market};
use backcast_types::Day;

use super::{CURRENT, FORMAT, Lock, check_name, folder, load_bundle, manifest::span};
use crate::{Home, SAMPLE, StoreError, digest, error::nearest};

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq)]
pub struct BundleInfo {
    /// Its name.
    pub name: String,
    /// Symbols in listed order, with their number of bars.
    pub assets: Vec<(String, usize)>,
    /// Bars of all assets together.
    pub rows: usize,
    /// First session of any asset.
    pub first: Option<Day>,
    /// Last session of any asset.
    pub last: Option<Day>,
    /// Columns that at least one asset has, the usual five first.
    pub columns: Vec<String>,
    /// Number of splits.
    pub splits: usize,
    /// Number of dividends.
    pub dividends: usize,
    /// Name of the trading calendar.
    pub calendar: Option<String>,
    /// How far apart bars are.
    pub frequency: Frequency,
    /// Bars a year, for metrics.
    pub periods_per_year: f64,
    /// Hex digest of the data.
    pub digest: String,
    /// Format of the files.
    pub format: u64,
}

/// What a verification looked at; it found everything as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Number of assets.
    pub assets: usize,
    /// Bars of all assets together.
    pub rows: usize,
    /// Hex digest of the data, recomputed.
    pub digest: String,
}

/// All bundles in order of name, `sample` among them. A damaged bundle is listed by its error.
///
/// # Errors
/// [`StoreError::Io`] where the state folder cannot be read.
pub fn list_bundles(home: &Home) -> Result<Vec<Result<BundleInfo, StoreError>>, StoreError> {
    Ok(names(home)?.iter().map(|name| show_bundle(home, name)).collect())
}

/// What one bundle holds.
///
/// # Errors
/// As [`load_bundle`].
pub fn show_bundle(home: &Home, name: &str) -> Result<BundleInfo, StoreError> {
    Ok(info(&load_bundle(home, name, false)?))
}

fn info(market: &Market) -> BundleInfo {
    let mut columns = vec!["open", "high", "low", "close", "volume"];
    for asset in &market.assets {
        for (name, _) in &asset.bars.extra {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let spans = || market.assets.iter().filter_map(|a| span(&a.bars.day));
    BundleInfo {
        name: market.name.clone(),
        assets: market.assets.iter().map(|a| (a.symbol.clone(), a.bars.len())).collect(),
        rows: market.assets.iter().map(|a| a.bars.len()).sum(),
        first: spans().map(|(first, _)| first).min(),
        last: spans().map(|(_, last)| last).max(),
        columns: columns.into_iter().map(str::to_owned).collect(),
        splits: market.assets.iter().map(|a| a.splits.len()).sum(),
        dividends: market.assets.iter().map(|a| a.dividends.len()).sum(),
        calendar: market.calendar.clone(),
        frequency: market.frequency,
        periods_per_year: market.periods_per_year,
        digest: market.digest.clone(),
        format: FORMAT,
    }
}

/// Reads every byte of a bundle and compares it with the checksums and the digest.
///
/// # Errors
/// [`StoreError::Damaged`], which names file and asset; else as [`load_bundle`].
pub fn verify_bundle(home: &Home, name: &str) -> Result<VerifyReport, StoreError> {
    let market = load_bundle(home, name, true)?;
    let digest = digest::data_digest(&market);
    if digest != market.digest {
        let problem =
            format!("its data have digest {digest}, not {} as the manifest says", market.digest);
        return Err(StoreError::Damaged { name: name.to_owned(), problem });
    }
    let rows = market.assets.iter().map(|a| a.bars.len()).sum();
    Ok(VerifyReport { assets: market.assets.len(), rows, digest })
}

/// Removes a bundle; programs that have it mapped go on. `sample` comes back at its next use.
///
/// # Errors
/// [`StoreError::UnknownBundle`], [`StoreError::Busy`], [`StoreError::Io`].
pub fn remove_bundle(home: &Home, name: &str) -> Result<(), StoreError> {
    check_name(name)?;
    let folder = folder(home, name);
    if !folder.is_dir() {
        return if name == SAMPLE { Ok(()) } else { Err(unknown(home, name)) };
    }
    let lock = Lock::take(home, name)?;
    // Without `current` it is no bundle any more, whatever happens while the rest goes.
    match fs::remove_file(folder.join(CURRENT)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::io("remove", folder.join(CURRENT))(error));
        }
        _ => {}
    }
    fs::remove_dir_all(&folder).map_err(StoreError::io("remove", &folder))?;
    drop(lock);
    Ok(())
}

fn names(home: &Home) -> Result<Vec<String>, StoreError> {
    let mut names = vec![SAMPLE.to_owned()];
    let folder = home.bundles();
    match fs::read_dir(&folder) {
        Ok(entries) => {
            let entries = entries.flatten().filter(|e| e.path().join(CURRENT).is_file());
            names.extend(entries.filter_map(|e| e.file_name().into_string().ok()));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::io("read folder", folder)(error)),
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// The error for a name that no bundle has.
pub(super) fn unknown(home: &Home, name: &str) -> StoreError {
    let known = names(home).unwrap_or_else(|_| vec![SAMPLE.to_owned()]);
    let nearest = nearest(name, known.iter().map(String::as_str));
    StoreError::UnknownBundle { name: name.to_owned(), nearest, known }
}
