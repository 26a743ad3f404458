//! Bars and results to files and back: CSV, Parquet, bundles, the sample.

mod atomic;
mod bundle;
mod columns;
mod digest;
mod error;
mod file_digest;
mod file_lock;
mod home;
mod ingest;
mod map;
mod sample;
mod table;

pub use atomic::write_file;
pub use bundle::{
    BundleInfo, VerifyReport, list_bundles, load_bundle, remove_bundle, show_bundle, verify_bundle,
};
pub use digest::data_digest;
pub use error::{RowError, StoreError};
pub use file_lock::FileLock;
pub use home::Home;
pub use ingest::{
    AdjClose, BarLabel, ColumnMap, DateOrder, Format, IngestReport, IngestRequest, Prices,
    ReadOptions, ingest, ingest_plain, ingest_synthetic, read_file, read_frequency,
};
pub use sample::SAMPLE;
pub use table::{Table, TableColumn, TableFormat, render_table, write_table};
