//! Bundles: immutable, versioned folders of columns that are mapped, not read.
//!
//! ```text
//! .backcast/bundles/NAME/current                 which version is valid, and the checksum of its manifest
//! .backcast/bundles/NAME/VERSION/manifest.json   format, calendar, frequency, assets, checksums of the other files
//!                                bars.arrow      one record batch an asset: time, day, open .. volume, extra columns
//!                                splits.arrow    asset, day, shares
//!                                dividends.arrow asset, ex_day, pay_day, amount
//! .backcast/bundles/.NAME.lock                   held while the bundle is written
//! ```
//!
//! A version never changes. Ingest writes a new one aside, gives it its name, and then replaces `current` by a rename, which
//! is the moment in which the bundle changes; old versions are removed after that, and readers that have mapped them keep
//! them alive.

mod load;
mod lock;
mod manage;
mod manifest;
mod write;

use std::path::PathBuf;

pub use load::load_bundle;
pub(crate) use load::open_current;
pub(crate) use lock::Lock;
pub use manage::{
    BundleInfo, VerifyReport, list_bundles, remove_bundle, show_bundle, verify_bundle,
};
pub(crate) use manifest::{FORMAT, Manifest, parse_frequency};
pub(crate) use write::{BundleWriter, Heading};

use crate::{Home, StoreError};

const BARS: &str = "bars.arrow";
const SPLITS: &str = "splits.arrow";
const DIVIDENDS: &str = "dividends.arrow";
const MANIFEST: &str = "manifest.json";
const CURRENT: &str = "current";
/// What folders and files that are being written begin with.
const ASIDE: &str = ".new-";

/// The folder of a bundle.
pub(crate) fn folder(home: &Home, name: &str) -> PathBuf {
    home.bundles().join(name)
}

/// Whether `name` can be a bundle's: letters, digits, `-`, `_` and `.`, not beginning with a point or a dash.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let problem = if name.is_empty() {
        "it is empty"
    } else if name.len() > 100 {
        "it has more than 100 characters"
    } else if name.starts_with(['.', '-']) {
        "it begins with a point or a dash"
    } else if !name.chars().all(good) {
        "only letters, digits, `-`, `_` and `.` may be in it"
    } else {
        return Ok(());
    };
    Err(StoreError::BundleName { name: name.to_owned(), problem })
}
