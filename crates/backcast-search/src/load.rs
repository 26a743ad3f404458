//! From a spec to the market it names.

use backcast_data::Market;
use backcast_store::{Home, ReadOptions, StoreError, load_bundle, read_file};

use crate::spec::{DataSource, Spec};

impl Spec {
    /// Loads the bundle or file of `[data]`. A file is read with usual column names and times in UTC; anything else is
    /// better ingested into a bundle first.
    ///
    /// # Errors
    /// Whatever is wrong with the bundle or file.
    pub fn load(&self, home: &Home) -> Result<Market, StoreError> {
        match &self.data.source {
            DataSource::Bundle(name) => load_bundle(home, name, false),
            DataSource::File(path) => read_file(path, &ReadOptions::default()),
        }
    }
}
