//! `cargo xtask check`: rules of the tree that no compiler keeps.

mod dependencies;
mod documents;
mod layers;
mod licence;
mod metadata;
mod sources;

use metadata::{Metadata, compiled_for};

/// Prints warnings and faults; fails when there is a fault.
pub(crate) fn run() -> Result<(), String> {
    let metadata = Metadata::read()?;
    let compiled = compiled_for(dependencies::PROGRAM)?;
    let sources = sources::check()?;
    let mut faults = layers::check(&metadata);
    faults.extend(dependencies::check(&metadata, &compiled));
    faults.extend(sources.faults);
    for warning in &sources.warnings {
        println!("warning: {warning}");
    }
    let duplicates = dependencies::duplicates(&compiled);
    if !duplicates.is_empty() {
        println!("note: compiled twice for the program: {}", duplicates.join("; "));
    }
    for fault in &faults {
        println!("fault: {fault}");
    }
    println!(
        "{} crates of ours, {} compiled for the program, {} faults, {} warnings",
        metadata.members.len(),
        compiled.len(),
        faults.len(),
        sources.warnings.len(),
    );
    if faults.is_empty() { Ok(()) } else { Err(format!("{} faults in the tree", faults.len())) }
}
