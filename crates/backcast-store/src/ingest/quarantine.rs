//! The file of rows that were set aside.

use std::path::Path;

use crate::{RowError, StoreError, atomic::write_file};

/// Writes `file,row,line,column,found,problem,record`, one line a bad row; all or nothing.
pub(crate) fn write(path: &Path, records: &[(RowError, String)]) -> Result<(), StoreError> {
    let _span = backcast_spans::span!("store.write_quarantine");
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| StoreError::file(path, error.to_string());
    writer
        .write_record(["file", "row", "line", "column", "found", "problem", "record"])
        .map_err(failed)?;
    for (bad, record) in records {
        let line = bad.line.map(|line| line.to_string()).unwrap_or_default();
        let file = bad.path.display().to_string();
        let row = bad.row.to_string();
        let cells = [&file, &row, &line, &bad.column, &bad.found, &bad.problem, record];
        writer.write_record(cells).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| StoreError::file(path, e.to_string()))?;
    write_file(path, &bytes)
}
