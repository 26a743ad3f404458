//! Price files to markets and bundles.
//!
//! Steps: find files; read rows and set bad ones aside ([`csv`], [`parquet`]); find out how far apart bars are and what
//! their times mean in UTC ([`resolve`]); check order, sessions and gaps, and find splits and dividends ([`assemble`]);
//! write the bundle.

mod assemble;
mod csv;
mod event_files;
mod events;
mod layout;
mod moment;
mod options;
mod parquet;
mod quarantine;
mod raw;
mod resolve;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use backcast_data::{Asset, Frequency, Market, SyntheticSpec, synthetic::PlainBars};
use backcast_types::Day;

pub use options::{
    AdjClose, BarLabel, ColumnMap, DateOrder, Format, IngestRequest, Prices, ReadOptions,
    read_frequency,
};

use crate::{
    Home, SAMPLE, StoreError,
    bundle::{BundleWriter, Heading, Lock, check_name},
    data_digest,
};
pub(crate) use assemble::Assembled;
use assemble::{Input, assemble};
use event_files::EventFiles;
use raw::Problems;

/// What an ingest did.
#[derive(Clone, Debug, PartialEq)]
pub struct IngestReport {
    /// Name of the bundle.
    pub bundle: String,
    /// Number of assets.
    pub assets: usize,
    /// Bars of all assets together.
    pub rows: usize,
    /// First session of any asset.
    pub first: Option<Day>,
    /// Last session of any asset.
    pub last: Option<Day>,
    /// How far apart bars are.
    pub frequency: Frequency,
    /// Number of splits.
    pub splits: usize,
    /// Number of dividends.
    pub dividends: usize,
    /// Bad rows that were set aside.
    pub quarantined: usize,
    /// What a user should know though it is no error.
    pub notices: Vec<String>,
    /// Hex digest of the data.
    pub digest: String,
}

/// Reads price files into a bundle, all or nothing.
///
/// # Errors
/// Anything in [`StoreError`]; a bundle of that name is then as it was before.
pub fn ingest(home: &Home, request: &IngestRequest) -> Result<IngestReport, StoreError> {
    let _span = backcast_spans::span!("store.ingest");
    check_target(&request.bundle)?;
    let mut problems = Problems::new(request.quarantine.is_some());
    let event_files = EventFiles::read(request)?;
    let inputs = read_sources(&request.sources, &request.options, &mut problems)?;
    let assembled = assemble(inputs, &event_files, &request.options, &mut problems)?;
    if let Some(path) = &request.quarantine {
        quarantine::write(path, problems.records())?;
    }
    if assembled.assets.is_empty() {
        return Err(StoreError::request(
            "no good row is left, so there is nothing to put into the bundle",
        ));
    }
    let lock = Lock::take(home, &request.bundle)?;
    let mut report = write_bundle(home, &request.bundle, lock, assembled, None)?;
    report.quarantined = problems.records().len();
    Ok(report)
}

/// Makes up a market and keeps it as a bundle, asset by asset, so that memory does not grow with it.
///
/// # Errors
/// [`StoreError::BundleName`], [`StoreError::Busy`], [`StoreError::DiskFull`], [`StoreError::Io`].
pub fn ingest_synthetic(
    home: &Home,
    spec: &SyntheticSpec,
    bundle: &str,
) -> Result<IngestReport, StoreError> {
    let _span = backcast_spans::span!("store.ingest");
    check_target(bundle)?;
    let lock = Lock::take(home, bundle)?;
    let mut writer = BundleWriter::begin(home, bundle, lock, &[])?;
    let mut report = IngestReport::empty(bundle, spec.frequency);
    for index in 0..spec.assets {
        let asset = spec.asset(index);
        report.count(&asset);
        writer.add(&asset)?;
    }
    report.digest = writer.finish(Heading {
        calendar: Some(spec.calendar().to_owned()),
        frequency: spec.frequency,
        periods_per_year: spec.periods_per_year(),
        origin: None,
    })?;
    Ok(report)
}

/// Keeps plain made-up bars as a bundle, an asset for each symbol, asset by asset as above.
///
/// # Errors
/// As [`ingest_synthetic`].
pub fn ingest_plain(
    home: &Home,
    plain: &PlainBars,
    symbols: impl IntoIterator<Item = String>,
    bundle: &str,
) -> Result<IngestReport, StoreError> {
    let _span = backcast_spans::span!("store.ingest");
    check_target(bundle)?;
    let lock = Lock::take(home, bundle)?;
    let mut writer = BundleWriter::begin(home, bundle, lock, &[])?;
    let mut report = IngestReport::empty(bundle, plain.frequency());
    for (index, symbol) in symbols.into_iter().enumerate() {
        let asset = Asset { symbol, ..plain.asset(index) };
        report.count(&asset);
        writer.add(&asset)?;
    }
    report.digest = writer.finish(Heading {
        calendar: plain.calendar().map(str::to_owned),
        frequency: plain.frequency(),
        periods_per_year: plain.periods_per_year(),
        origin: None,
    })?;
    Ok(report)
}

/// Whether a bundle of that name may be written.
fn check_target(name: &str) -> Result<(), StoreError> {
    check_name(name)?;
    if name == SAMPLE {
        let problem = "it is the name of the bundle inside the program; take another one";
        return Err(StoreError::BundleName { name: SAMPLE.to_owned(), problem });
    }
    Ok(())
}

impl IngestReport {
    fn empty(bundle: &str, frequency: Frequency) -> IngestReport {
        IngestReport {
            bundle: bundle.to_owned(),
            assets: 0,
            rows: 0,
            first: None,
            last: None,
            frequency,
            splits: 0,
            dividends: 0,
            quarantined: 0,
            notices: Vec::new(),
            digest: String::new(),
        }
    }

    fn count(&mut self, asset: &Asset) {
        self.assets += 1;
        self.rows += asset.bars.len();
        self.splits += asset.splits.len();
        self.dividends += asset.dividends.len();
        let (first, last) =
            (asset.bars.day.first().copied().map(Day), asset.bars.day.last().copied().map(Day));
        self.first = [self.first, first].into_iter().flatten().min();
        self.last = self.last.max(last);
    }
}

/// Reads one CSV or Parquet file, or a folder of them, into memory.
///
/// # Errors
/// Anything in [`StoreError`] that is about files.
pub fn read_file(path: &Path, options: &ReadOptions) -> Result<Market, StoreError> {
    let _span = backcast_spans::span!("store.read_prices");
    let mut problems = Problems::new(false);
    let inputs = read_sources(&[path.to_owned()], options, &mut problems)?;
    let assembled = assemble(inputs, &EventFiles::default(), options, &mut problems)?;
    Ok(market(raw::symbol_of(path), assembled))
}

/// An assembled market in memory.
pub(crate) fn market(name: String, assembled: Assembled) -> Market {
    let _span = backcast_spans::span!("store.digest");
    let mut market = Market {
        name,
        calendar: assembled.calendar.map(|c| c.name().to_owned()),
        frequency: assembled.frequency,
        periods_per_year: assembled.periods_per_year,
        assets: assembled.assets.into_iter().map(Arc::new).collect(),
        digest: String::new(),
    };
    market.digest = data_digest(&market);
    market
}

/// CSV files in memory as a market; the path of each gives its symbol.
pub(crate) fn assemble_texts(
    texts: Vec<(PathBuf, Vec<u8>)>,
    options: &ReadOptions,
) -> Result<Assembled, StoreError> {
    let mut problems = Problems::new(false);
    let mut inputs = Vec::new();
    for (path, text) in texts {
        let table = csv::read_bytes(&path, text, options, &mut problems)?;
        inputs.extend(table.assets.into_iter().map(|raw| Input { raw, yahoo: table.yahoo }));
    }
    problems.check()?;
    assemble(inputs, &EventFiles::default(), options, &mut problems)
}

/// Writes an assembled market as the valid version of a bundle.
pub(crate) fn write_bundle(
    home: &Home,
    name: &str,
    lock: Lock,
    assembled: Assembled,
    origin: Option<String>,
) -> Result<IngestReport, StoreError> {
    let assets = &assembled.assets;
    let mut extra: Vec<String> = Vec::new();
    for (column, _) in assets.iter().flat_map(|a| &a.bars.extra) {
        if !extra.contains(column) {
            extra.push(column.clone());
        }
    }
    let mut writer = BundleWriter::begin(home, name, lock, &extra)?;
    let mut report = IngestReport::empty(name, assembled.frequency);
    for asset in assets {
        report.count(asset);
        writer.add(asset)?;
    }
    report.digest = writer.finish(Heading {
        calendar: assembled.calendar.map(|c| c.name().to_owned()),
        frequency: assembled.frequency,
        periods_per_year: assembled.periods_per_year,
        origin,
    })?;
    report.notices = assembled.notices;
    Ok(report)
}

fn read_sources(
    sources: &[PathBuf],
    options: &ReadOptions,
    problems: &mut Problems,
) -> Result<Vec<Input>, StoreError> {
    let mut inputs = Vec::new();
    for source in sources {
        for path in files_of(source)? {
            let as_parquet = match options.format {
                Format::Parquet => true,
                Format::Auto => is_parquet(&path),
                Format::Yahoo | Format::Generic => false,
            };
            let table = if as_parquet {
                parquet::read(&path, options, problems)?
            } else {
                csv::read(&path, options, problems)?
            };
            inputs.extend(table.assets.into_iter().map(|raw| Input { raw, yahoo: table.yahoo }));
        }
    }
    problems.check()?;
    if sources.is_empty() {
        return Err(StoreError::request("no file to read was named"));
    }
    Ok(inputs)
}

fn is_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("parquet") || e.eq_ignore_ascii_case("pq"))
}

fn is_prices(path: &Path) -> bool {
    let text = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("csv") || e.eq_ignore_ascii_case("txt"));
    text || is_parquet(path)
}

/// The file itself, or the price files of a folder in order of name.
fn files_of(source: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let _span = backcast_spans::span!("store.find_files");
    let kind = fs::metadata(source).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::NoSource { path: source.to_owned() },
        _ => StoreError::io("read", source)(error),
    })?;
    if !kind.is_dir() {
        return Ok(vec![source.to_owned()]);
    }
    let entries = fs::read_dir(source).map_err(StoreError::io("read folder", source))?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| p.is_file() && is_prices(p)).collect();
    files.sort();
    if files.is_empty() {
        return Err(StoreError::NoFiles { path: source.to_owned() });
    }
    Ok(files)
}
