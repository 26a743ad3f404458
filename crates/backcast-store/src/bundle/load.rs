//! A bundle's folder to a market, without reading its columns.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_buffer::Buffer;
use backcast_data::{Asset, Market};
use backcast_types::Day;

use super::{
    BARS, CURRENT, DIVIDENDS, FORMAT, MANIFEST, Manifest, SPLITS, folder,
    manifest::{FileEntry, parse_frequency},
};
use crate::{
    Home, StoreError,
    columns::{self, IpcFile},
    file_digest::file_digest,
    map::map_file,
    sample::{self, Prepared},
};

/// The market of a bundle. `sample` is there without any setup: its first use unpacks it into the state folder, or reads
/// it into memory where that cannot be written.
///
/// Manifest and metadata are checked each time; column bytes only with `verify`.
///
/// # Errors
/// [`StoreError::UnknownBundle`], [`StoreError::NewerFormat`], [`StoreError::Damaged`], [`StoreError::Io`].
pub fn load_bundle(home: &Home, name: &str, verify: bool) -> Result<Market, StoreError> {
    let _span = backcast_spans::span!("store.load_bundle");
    let (version, manifest) = if name == sample::SAMPLE {
        match sample::prepare(home)? {
            Prepared::OnDisk(version, manifest) => (version, manifest),
            Prepared::InMemory(market) => return Ok(market),
        }
    } else {
        open_current(home, name)?
    };
    load_version(&version, name, manifest, verify)
}

/// The valid version of a bundle and its manifest, checked against its checksum.
pub(crate) fn open_current(home: &Home, name: &str) -> Result<(PathBuf, Manifest), StoreError> {
    super::check_name(name)?;
    // A version may be removed between reading its name and opening it, when an ingest has just replaced it.
    let mut last = None;
    for _ in 0..8 {
        match try_open(home, name)? {
            Opened::Ready(opened) => return Ok(*opened),
            Opened::Gone(version) if last.as_ref() != Some(&version) => last = Some(version),
            Opened::Gone(version) => {
                let problem = format!("{} is missing", version.join(MANIFEST).display());
                return Err(StoreError::Damaged { name: name.to_owned(), problem });
            }
        }
    }
    Err(StoreError::Busy { name: name.to_owned() })
}

enum Opened {
    Ready(Box<(PathBuf, Manifest)>),
    Gone(PathBuf),
}

fn try_open(home: &Home, name: &str) -> Result<Opened, StoreError> {
    let folder = folder(home, name);
    let _span = backcast_spans::span!("store.open", digest = file_digest(&folder.join(CURRENT)));
    let damaged = |problem: String| StoreError::Damaged { name: name.to_owned(), problem };
    let current = match fs::read_to_string(folder.join(CURRENT)) {
        Ok(text) => text,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Err(super::manage::unknown(home, name));
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(damaged("file `current` is unreadable".to_owned()));
        }
        Err(error) => return Err(StoreError::io("read", folder.join(CURRENT))(error)),
    };
    let Some((version, checksum)) = current.trim_end().split_once(' ') else {
        return Err(damaged("file `current` is unreadable".to_owned()));
    };
    if version.contains(['/', '\\']) || version.starts_with('.') {
        return Err(damaged("file `current` names no version".to_owned()));
    }
    let version = folder.join(version);
    let path = version.join(MANIFEST);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::Gone(version)),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    };
    check_format(name, &bytes)?;
    if *blake3::hash(&bytes).to_hex() != *checksum {
        return Err(damaged("manifest.json differs from its checksum".to_owned()));
    }
    let manifest =
        serde_json::from_slice(&bytes).map_err(|e| damaged(format!("manifest.json: {e}")))?;
    Ok(Opened::Ready(Box::new((version, manifest))))
}

/// A manifest of a newer format is refused by its number alone, whatever else it holds.
fn check_format(name: &str, manifest: &[u8]) -> Result<(), StoreError> {
    #[derive(serde::Deserialize)]
    struct Format {
        format: u64,
    }
    match serde_json::from_slice::<Format>(manifest) {
        Ok(Format { format }) if format > FORMAT => {
            Err(StoreError::NewerFormat { name: name.to_owned(), found: format, known: FORMAT })
        }
        _ => Ok(()),
    }
}

/// The market in a version's folder.
pub(crate) fn load_version(
    version: &Path,
    name: &str,
    manifest: Manifest,
    verify: bool,
) -> Result<Market, StoreError> {
    let damaged = |file: &str, problem: String| StoreError::Damaged {
        name: name.to_owned(),
        problem: format!("{file}: {problem}"),
    };
    let frequency = parse_frequency(&manifest.frequency)
        .ok_or_else(|| damaged(MANIFEST, format!("unknown frequency `{}`", manifest.frequency)))?;
    let bars = open_file(version, name, BARS, &manifest.bars, true)?;
    if bars.len() != manifest.assets.len() {
        return Err(damaged(
            BARS,
            format!("it has {} assets instead of {}", bars.len(), manifest.assets.len()),
        ));
    }
    let mut assets = Vec::with_capacity(bars.len());
    for (index, entry) in manifest.assets.iter().enumerate() {
        if verify && *bars.body_hash(index).to_hex() != *entry.blake3 {
            let problem = format!("the columns of {} differ from their checksum", entry.symbol);
            return Err(damaged(BARS, problem));
        }
        let batch = bars.batch(index).map_err(|e| damaged(BARS, e))?;
        let found = columns::bars_of(&batch, &entry.extra)
            .filter(|found| found.len() as u64 == entry.rows)
            .ok_or_else(|| {
                damaged(
                    BARS,
                    format!("the columns of {} are not as its manifest says", entry.symbol),
                )
            })?;
        assets.push(Asset {
            symbol: entry.symbol.clone(),
            bars: found,
            splits: Vec::new(),
            dividends: Vec::new(),
            delisted: entry.delisted.map(Day),
        });
    }
    let stray = |file| damaged(file, "it names an asset that is not there".to_owned());
    for (asset, split) in events(version, name, SPLITS, &manifest.splits, columns::splits_of)? {
        assets.get_mut(asset as usize).ok_or_else(|| stray(SPLITS))?.splits.push(split);
    }
    for (asset, dividend) in
        events(version, name, DIVIDENDS, &manifest.dividends, columns::dividends_of)?
    {
        assets.get_mut(asset as usize).ok_or_else(|| stray(DIVIDENDS))?.dividends.push(dividend);
    }
    Ok(Market {
        name: name.to_owned(),
        calendar: manifest.calendar,
        frequency,
        periods_per_year: manifest.periods_per_year,
        assets: assets.into_iter().map(Arc::new).collect(),
        digest: manifest.digest,
    })
}

/// Maps a file of a version and checks length and metadata; files of events are small and are checked whole.
fn open_file(
    version: &Path,
    name: &str,
    file: &str,
    entry: &FileEntry,
    metadata_only: bool,
) -> Result<IpcFile, StoreError> {
    let path = version.join(file);
    let _span = backcast_spans::span!(
        "store.map_file",
        digest = backcast_spans::digest((&path, &entry.blake3))
    );
    let damaged = |problem: String| StoreError::Damaged {
        name: name.to_owned(),
        problem: format!("{file}: {problem}"),
    };
    let bytes = read(&path, metadata_only).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => damaged("it is missing".to_owned()),
        _ => StoreError::io("read", &path)(error),
    })?;
    if bytes.len() as u64 != entry.bytes {
        let what =
            if (bytes.len() as u64) < entry.bytes { "it is cut off" } else { "it is too long" };
        return Err(damaged(format!("{what}: {} bytes instead of {}", bytes.len(), entry.bytes)));
    }
    if !metadata_only && *blake3::hash(&bytes).to_hex() != *entry.blake3 {
        return Err(damaged("it differs from its checksum".to_owned()));
    }
    IpcFile::open(bytes, metadata_only.then_some(entry.blake3.as_str())).map_err(damaged)
}

fn read(path: &Path, map: bool) -> io::Result<Buffer> {
    if map { map_file(path) } else { Ok(Buffer::from(fs::read(path)?)) }
}

fn events<E>(
    version: &Path,
    name: &str,
    file: &str,
    entry: &FileEntry,
    convert: impl Fn(&arrow_array::RecordBatch) -> Option<Vec<(u32, E)>>,
) -> Result<Vec<(u32, E)>, StoreError> {
    if entry.rows == 0 {
        return Ok(Vec::new());
    }
    let damaged = |problem: String| StoreError::Damaged {
        name: name.to_owned(),
        problem: format!("{file}: {problem}"),
    };
    let ipc = open_file(version, name, file, entry, false)?;
    let mut all = Vec::new();
    for index in 0..ipc.len() {
        let batch = ipc.batch(index).map_err(damaged)?;
        all.extend(convert(&batch).ok_or_else(|| damaged("it lacks columns".to_owned()))?);
    }
    if all.len() as u64 != entry.rows {
        return Err(damaged(format!("it has {} events instead of {}", all.len(), entry.rows)));
    }
    Ok(all)
}
