//! Writing a bundle aside, then putting it in place by renames.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
};

use arrow_array::RecordBatch;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, SchemaRef};
use backcast_data::{Asset, Dividend, Frequency, Split};

use super::{
    ASIDE, BARS, CURRENT, DIVIDENDS, FORMAT, Lock, MANIFEST, Manifest, SPLITS, folder,
    manifest::{AssetEntry, FileEntry},
};
use crate::{Home, StoreError, columns, columns::IpcFile, digest, map::map_file};

/// A bundle that is being written. Dropped before [`finish`](BundleWriter::finish) it leaves nothing behind.
pub(crate) struct BundleWriter {
    name: String,
    folder: PathBuf,
    aside: Option<PathBuf>,
    was_there: bool,
    schema: SchemaRef,
    bars: Option<FileWriter<BufWriter<File>>>,
    assets: Vec<AssetEntry>,
    digests: Vec<blake3::Hash>,
    splits: Vec<(u32, Split)>,
    dividends: Vec<(u32, Dividend)>,
    _lock: Lock,
}

/// What holds for all assets of a bundle.
pub(crate) struct Heading {
    pub(crate) calendar: Option<String>,
    pub(crate) frequency: Frequency,
    pub(crate) periods_per_year: f64,
    pub(crate) origin: Option<String>,
}

impl BundleWriter {
    /// Begins a new version under `lock`; what killed writers left is removed.
    pub(crate) fn begin(
        home: &Home,
        name: &str,
        lock: Lock,
        extra: &[String],
    ) -> Result<BundleWriter, StoreError> {
        let _span = backcast_spans::span!("store.begin_bundle");
        let folder = folder(home, name);
        let was_there = folder.is_dir();
        fs::create_dir_all(&folder).map_err(StoreError::io("make folder", &folder))?;
        let valid = valid_version(&folder);
        sweep(&folder, valid.as_deref())?;
        let aside = folder.join(format!("{ASIDE}{}", process::id()));
        let schema = columns::bars_schema(extra);
        let mut writer = BundleWriter {
            name: name.to_owned(),
            folder,
            aside: Some(aside.clone()),
            was_there,
            schema,
            bars: None,
            assets: Vec::new(),
            digests: Vec::new(),
            splits: Vec::new(),
            dividends: Vec::new(),
            _lock: lock,
        };
        fs::create_dir(&aside).map_err(StoreError::io("make folder", &aside))?;
        writer.bars = Some(create(&aside.join(BARS), &writer.schema)?);
        Ok(writer)
    }

    /// Writes an asset; assets are listed in the order of these calls.
    pub(crate) fn add(&mut self, asset: &Asset) -> Result<(), StoreError> {
        let _span = backcast_spans::span!("store.write_asset");
        let number = self.assets.len() as u32;
        let path = self.path(BARS);
        let batch = columns::bars_batch(&asset.bars, &self.schema).map_err(failed(&path))?;
        let bars = self.bars.as_mut().expect("bars are open until the bundle is finished");
        bars.write(&batch).map_err(failed(&path))?;
        self.digests.push(digest::asset_digest(asset));
        self.splits.extend(asset.splits.iter().map(|e| (number, *e)));
        self.dividends.extend(asset.dividends.iter().map(|e| (number, *e)));
        self.assets.push(AssetEntry {
            symbol: asset.symbol.clone(),
            rows: asset.bars.len() as u64,
            delisted: asset.delisted.map(|day| day.0),
            extra: asset.bars.extra.iter().map(|(name, _)| name.clone()).collect(),
            blake3: String::new(),
        });
        Ok(())
    }

    /// Writes the rest, checks what stands on disk, and makes the version the valid one.
    pub(crate) fn finish(mut self, heading: Heading) -> Result<String, StoreError> {
        let _span = backcast_spans::span!("store.finish_bundle");
        let bars = self.close_bars()?;
        let splits = columns::splits_batch(&self.splits).map_err(failed(&self.path(SPLITS)))?;
        let splits = self.write_events(SPLITS, &splits)?;
        let dividends =
            columns::dividends_batch(&self.dividends).map_err(failed(&self.path(DIVIDENDS)))?;
        let dividends = self.write_events(DIVIDENDS, &dividends)?;
        let digest = digest::combine(heading.frequency, self.digests.iter().copied());
        let manifest = Manifest {
            format: FORMAT,
            origin: heading.origin,
            digest: digest.clone(),
            calendar: heading.calendar,
            frequency: heading.frequency.to_string(),
            periods_per_year: heading.periods_per_year,
            assets: std::mem::take(&mut self.assets),
            bars,
            splits,
            dividends,
        };
        let mut text = serde_json::to_vec(&manifest).expect("a manifest is plain data");
        text.push(b'\n');
        write_whole(&self.path(MANIFEST), &text)?;
        self.put_in_place(&digest, &text)?;
        Ok(digest)
    }

    fn close_bars(&mut self) -> Result<FileEntry, StoreError> {
        let path = self.path(BARS);
        close(self.bars.take().expect("bars are open until the bundle is finished"), &path)?;
        let bytes = map_file(&path).map_err(StoreError::io("read", &path))?;
        let len = bytes.len() as u64;
        let ipc = IpcFile::open(bytes, None).map_err(|e| StoreError::file(&path, e))?;
        for (index, entry) in self.assets.iter_mut().enumerate() {
            entry.blake3 = ipc.body_hash(index).to_hex().to_string();
        }
        let blake3 = ipc.metadata_hash().to_hex().to_string();
        Ok(FileEntry { bytes: len, rows: self.assets.len() as u64, blake3 })
    }

    fn write_events(&self, file: &str, batch: &RecordBatch) -> Result<FileEntry, StoreError> {
        let path = self.path(file);
        let mut writer = create(&path, &batch.schema())?;
        if batch.num_rows() > 0 {
            writer.write(batch).map_err(failed(&path))?;
        }
        close(writer, &path)?;
        let bytes = fs::read(&path).map_err(StoreError::io("read", &path))?;
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        Ok(FileEntry { bytes: bytes.len() as u64, rows: batch.num_rows() as u64, blake3 })
    }

    fn put_in_place(&mut self, digest: &str, manifest: &[u8]) -> Result<(), StoreError> {
        let aside = self.aside.clone().expect("a version is put in place once");
        let version = (1..)
            .map(|n| format!("{}-{n}", &digest[..12]))
            .find(|version| !self.folder.join(version).exists())
            .expect("numbers do not end");
        let target = self.folder.join(&version);
        fs::rename(&aside, &target).map_err(StoreError::io("rename", &aside))?;
        self.aside = Some(target);
        let next = self.folder.join(format!("{ASIDE}{CURRENT}"));
        let pointer = format!("{version} {}\n", blake3::hash(manifest).to_hex());
        write_whole(&next, pointer.as_bytes())?;
        let current = self.folder.join(CURRENT);
        fs::rename(&next, &current).map_err(StoreError::io("replace", &current))?;
        self.aside = None;
        self.was_there = true;
        if let Ok(folder) = File::open(&self.folder) {
            // The bundle is valid already; a system that cannot sync folders only risks the rename in a power cut.
            let _ = folder.sync_all();
        }
        // Old versions that cannot be removed now are removed by the next ingest.
        let _ = sweep(&self.folder, Some(&version));
        Ok(())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.aside.as_ref().expect("files are written before the version is in place").join(file)
    }
}

impl Drop for BundleWriter {
    fn drop(&mut self) {
        self.bars = None;
        if let Some(aside) = &self.aside {
            let _ = fs::remove_dir_all(aside);
            let _ = fs::remove_file(self.folder.join(format!("{ASIDE}{CURRENT}")));
        }
        if !self.was_there {
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

impl std::fmt::Debug for BundleWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BundleWriter({})", self.name)
    }
}

/// The version that `current` names.
fn valid_version(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join(CURRENT)).ok()?;
    Some(text.split_once(' ')?.0.to_owned())
}

/// Removes all but the valid version from a bundle's folder.
fn sweep(folder: &Path, valid: Option<&str>) -> Result<(), StoreError> {
    let entries = fs::read_dir(folder).map_err(StoreError::io("read folder", folder))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name == CURRENT || valid.is_some_and(|valid| name == valid) {
            continue;
        }
        let path = entry.path();
        let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        gone.map_err(StoreError::io("remove", &path))?;
    }
    Ok(())
}

fn create(path: &Path, schema: &SchemaRef) -> Result<FileWriter<BufWriter<File>>, StoreError> {
    let file = File::create_new(path).map_err(StoreError::io("write", path))?;
    columns::writer(BufWriter::with_capacity(1 << 20, file), schema).map_err(failed(path))
}

fn close(mut writer: FileWriter<BufWriter<File>>, path: &Path) -> Result<(), StoreError> {
    writer.finish().map_err(failed(path))?;
    let buffered = writer.into_inner().map_err(failed(path))?;
    let file = buffered.into_inner().map_err(|e| StoreError::io("write", path)(e.into_error()))?;
    file.sync_all().map_err(StoreError::io("write", path))
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(StoreError::io("write", path))
}

/// An error of the Arrow writer; what the system said comes out as such.
fn failed(path: &Path) -> impl FnOnce(ArrowError) -> StoreError {
    let path = path.to_owned();
    move |error| match error {
        ArrowError::IoError(_, source) => StoreError::io("write", path)(source),
        other => StoreError::io("write", path)(io::Error::other(other.to_string())),
    }
}
