//! Comparison with answers that were written down.

use std::path::Path;

/// Relative distance up to which numbers of another program count as equal.
pub const TOLERANCE: f64 = 1e-9;

/// Compares series with those of a golden file; two undefined values (NaN) are equal.
///
/// # Panics
/// With the first row that differs by more than [`TOLERANCE`], relative to the larger of the two, or in length.
pub fn assert_close(name: &str, expected: &[f64], found: &[f64]) {
    assert_eq!(expected.len(), found.len(), "{name}: number of rows");
    for (row, (e, f)) in expected.iter().zip(found).enumerate() {
        let same = (e.is_nan() && f.is_nan())
            || (e - f).abs() <= TOLERANCE * e.abs().max(f.abs()).max(f64::MIN_POSITIVE);
        assert!(same, "{name}, row {row}: expected {e}, found {f}");
    }
}

/// Compares text with a file, or writes the file where `UPDATE_EXPECT` is set.
///
/// # Panics
/// With both texts where they differ, or where the file cannot be read or written.
pub fn assert_golden(path: impl AsRef<Path>, found: &str) {
    let path = path.as_ref();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, found).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        return;
    }
    let expected =
        std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(
        expected == found,
        "{} differs; `cargo xtask golden` rewrites it\nexpected:\n{expected}\nfound:\n{found}",
        path.display()
    );
}
