//! The bundle inside the program: five US stocks, 2000 to 2013, with splits and dividends.
//!
//! The price files of `sample/` are carried compressed. The first use unpacks them into the state folder by the same
//! steps as any ingest.

use std::{io::Read, path::PathBuf};

use backcast_data::Market;
use flate2::read::DeflateDecoder;

use crate::{
    AdjClose, Home, ReadOptions, StoreError,
    bundle::{Lock, Manifest, open_current},
    ingest::{self, assemble_texts},
};

/// Name of the bundle that needs no setup.
pub const SAMPLE: &str = "sample";

const FILES: [(&str, &[u8]); 5] = [
    ("AAPL.csv", include_bytes!(concat!(env!("OUT_DIR"), "/AAPL.csv.deflate"))),
    ("FB.csv", include_bytes!(concat!(env!("OUT_DIR"), "/FB.csv.deflate"))),
    ("GOOG.csv", include_bytes!(concat!(env!("OUT_DIR"), "/GOOG.csv.deflate"))),
    ("IBM.csv", include_bytes!(concat!(env!("OUT_DIR"), "/IBM.csv.deflate"))),
    ("MSFT.csv", include_bytes!(concat!(env!("OUT_DIR"), "/MSFT.csv.deflate"))),
];

/// Raised whenever the sample or what ingest makes of it changes, so that old copies are unpacked anew.
const ORIGIN: &str = "sample 1";

/// Where the sample is.
pub(crate) enum Prepared {
    /// In a version's folder.
    OnDisk(PathBuf, Manifest),
    /// The state folder cannot be written.
    InMemory(Market),
}

/// Sees to it that the sample is unpacked; where the state folder cannot be written, gives it from memory.
pub(crate) fn prepare(home: &Home) -> Result<Prepared, StoreError> {
    if let Some(found) = current(home)? {
        return Ok(found);
    }
    match unpack(home) {
        Err(StoreError::Io { .. } | StoreError::DiskFull { .. } | StoreError::Busy { .. }) => {
            Ok(Prepared::InMemory(ingest::market(SAMPLE.to_owned(), assembled()?)))
        }
        other => other,
    }
}

/// The sample as it lies there; `None` where it is absent or of another version of the program.
fn current(home: &Home) -> Result<Option<Prepared>, StoreError> {
    match open_current(home, SAMPLE) {
        Ok((version, manifest)) if manifest.origin.as_deref() == Some(ORIGIN) => {
            Ok(Some(Prepared::OnDisk(version, manifest)))
        }
        Ok(_) | Err(StoreError::UnknownBundle { .. } | StoreError::Io { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn unpack(home: &Home) -> Result<Prepared, StoreError> {
    let _span = backcast_spans::span!("store.unpack_sample");
    let lock = Lock::take(home, SAMPLE)?;
    // Another process may have unpacked it while this one waited.
    if let Some(found) = current(home)? {
        return Ok(found);
    }
    ingest::write_bundle(home, SAMPLE, lock, assembled()?, Some(ORIGIN.to_owned()))?;
    let (version, manifest) = open_current(home, SAMPLE)?;
    Ok(Prepared::OnDisk(version, manifest))
}

fn assembled() -> Result<ingest::Assembled, StoreError> {
    let options = ReadOptions {
        calendar: Some("XNYS".to_owned()),
        adj_close: Some(AdjClose::Wiki),
        ..ReadOptions::default()
    };
    let inflate = |bytes: &[u8]| {
        let _span = backcast_spans::span!("store.decompress");
        let mut text = Vec::new();
        DeflateDecoder::new(bytes).read_to_end(&mut text).expect("the build compressed it");
        text
    };
    assemble_texts(
        FILES.iter().map(|(name, bytes)| (PathBuf::from(name), inflate(bytes))).collect(),
        &options,
    )
}
