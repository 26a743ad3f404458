//! What the product may be built from: a deny-list, a ceiling for the program, licences, sources.
//!
//! Compile time is part of the product: one careless feature adds minutes to the first command.

use std::collections::{BTreeMap, BTreeSet};

use super::licence;
use super::metadata::{Kind, Metadata};

/// Most crates that may be compiled for the command-line program, build scripts included.
const CEILING: usize = 230;
/// The package of the program.
pub(super) const PROGRAM: &str = "backcast-cli";
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Not even through others: (name, why).
const DENIED: [(&str, &str); 12] = [
    ("polars", "minutes of compile time; the arrow crates do"),
    ("datafusion", "minutes of compile time"),
    ("duckdb", "minutes of compile time"),
    ("arrow", "the umbrella crate drags in everything; name arrow-array and friends"),
    ("arrow-cast", "84 CPU seconds; comes through arrow-csv"),
    ("arrow-csv", "drags in arrow-cast and arrow-ord"),
    ("openssl", "nothing here talks to a network"),
    ("openssl-sys", "nothing here talks to a network"),
    ("native-tls", "nothing here talks to a network"),
    ("reqwest", "nothing here talks to a network"),
    ("chrono-tz", "zones come from jiff's bundled table alone"),
    ("pprof", "signal-safety trouble; spans are our own"),
];

/// Not named by a crate of ours: (name, the crates that may, why).
const DENIED_TO_US: [(&str, &[&str], &str); 5] = [
    ("pyo3", &["backcast-python"], "Python is known to one crate"),
    ("tokio", &["backcast-cli"], "the wheel carries no server"),
    ("mimalloc", &["backcast-cli", "backcast-bench"], "a library chooses no allocator"),
    ("anyhow", &[], "library errors are enums, the program prints them by miette"),
    ("chrono", &[], "time is jiff's"),
];

/// One line for each forbidden package, wrong licence or source, and for too many crates.
pub(super) fn check(metadata: &Metadata, compiled: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for package in metadata.packages.values() {
        if let Some((name, why)) = DENIED.iter().find(|(name, _)| *name == package.name) {
            faults.push(format!("{name} {} is in the tree: {why}", package.version));
        }
        if package.source.as_deref().is_some_and(|source| source != REGISTRY) {
            faults.push(format!("{} is not from the crates.io registry", package.name));
        }
    }
    for package in metadata.ours() {
        for (used, _) in &package.uses {
            let used = metadata.packages.get(used).map_or("", |used| used.name.as_str());
            for (name, allowed, why) in &DENIED_TO_US {
                if *name == used && !allowed.contains(&package.name.as_str()) {
                    faults.push(format!("{} uses {name}: {why}", package.name));
                }
            }
        }
    }
    faults.extend(licences(metadata));
    if compiled.len() > CEILING {
        let count = compiled.len();
        faults.push(format!("{PROGRAM} is built from {count} crates, more than {CEILING}"));
    }
    faults
}

/// Packages that occur in more than one version: `name v1.0, v2.0`.
pub(super) fn duplicates(compiled: &BTreeSet<String>) -> Vec<String> {
    let mut versions = BTreeMap::<&str, Vec<&str>>::new();
    for (name, version) in compiled.iter().filter_map(|package| package.split_once(' ')) {
        versions.entry(name).or_default().push(version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    versions.iter().map(|(name, versions)| format!("{name} {}", versions.join(", "))).collect()
}

/// Everything that is linked or runs in a build needs a permissive licence; tests may use more.
fn licences(metadata: &Metadata) -> Vec<String> {
    let members: Vec<&str> = metadata.members.iter().map(String::as_str).collect();
    let linked = metadata.reach(&members, &[Kind::Normal, Kind::Build]);
    linked
        .iter()
        .map(|id| &metadata.packages[id])
        .filter_map(|package| match &package.license {
            Some(expression) if licence::allowed(expression) => None,
            Some(expression) => {
                Some(format!("{} {}: licence `{expression}`", package.name, package.version))
            }
            None => Some(format!("{} {}: names no licence", package.name, package.version)),
        })
        .collect()
}
