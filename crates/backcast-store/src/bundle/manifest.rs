//! What a bundle says about itself.

use backcast_data::Frequency;
use backcast_types::Day;
use serde::{Deserialize, Serialize};

/// The format that this program writes, and the newest that it reads.
pub(crate) const FORMAT: u64 = 1;

/// `manifest.json`. It holds no time of writing, so that equal data give equal bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u64,
    /// What the sample was made of; absent in other bundles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
    /// Hex digest of the data.
    pub(crate) digest: String,
    pub(crate) calendar: Option<String>,
    /// `1d`, `5m`.
    pub(crate) frequency: String,
    pub(crate) periods_per_year: f64,
    pub(crate) assets: Vec<AssetEntry>,
    pub(crate) bars: FileEntry,
    pub(crate) splits: FileEntry,
    pub(crate) dividends: FileEntry,
}

/// One asset; its place in the list is that of its batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AssetEntry {
    pub(crate) symbol: String,
    pub(crate) rows: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delisted: Option<i32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) extra: Vec<String>,
    /// Of the column bytes.
    pub(crate) blake3: String,
}

/// A file beside the manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    pub(crate) bytes: u64,
    /// Number of events, or of batches in the bars file.
    pub(crate) rows: u64,
    /// Of the metadata in the bars file, of the whole file otherwise.
    pub(crate) blake3: String,
}

/// Reads `1d`, `1m`, `15m`.
pub(crate) fn parse_frequency(text: &str) -> Option<Frequency> {
    if text == "1d" {
        return Some(Frequency::Daily);
    }
    let minutes: u16 = text.strip_suffix('m')?.parse().ok()?;
    (minutes > 0).then_some(Frequency::Minutes(minutes))
}

/// First and last day of bars as text for people.
pub(crate) fn span(days: &[i32]) -> Option<(Day, Day)> {
    Some((Day(*days.first()?), Day(*days.last()?)))
}
