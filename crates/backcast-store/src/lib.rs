//! Bars and results to files and back: CSV, Parquet, bundles, the sample.
