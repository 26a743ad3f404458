//! `backcast baseline merge`: stores of several machines in one, and what one change did on all of them.

use std::path::{Path, PathBuf};

use backcast_lab::baseline::{AcrossMachines, Store, across_machines};

use super::{MeasureWord, contents, own_store, show};
use crate::{
    failure::Failure,
    measuring::share,
    number,
    table::{Column, Format, Table},
    terminal::Terminal,
};

/// Take over the baselines of other machines, and compare two commits on all of them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast baseline merge ../other-project /mnt/machine-b/.backcast\n  \
    backcast baseline merge --from 1a2b3c4 --to 5d6e7f8\n\n\
    A merge is a union: the order does not matter, nor how often. Ratios of two commits are taken within each\n\
    class of machines and then merged (random effects); times of two classes are never compared.")]
pub(super) struct Args {
    /// Folders of projects, their .backcast, or .backcast/baselines
    #[arg(value_name = "FOLDER", required_unless_present = "earlier")]
    folders: Vec<PathBuf>,
    /// The earlier commit of a comparison
    #[arg(long = "from", value_name = "COMMIT", requires = "later")]
    earlier: Option<String>,
    /// The later one
    #[arg(long = "to", value_name = "COMMIT", requires = "earlier")]
    later: Option<String>,
    /// What is compared
    #[arg(long, value_enum, value_name = "WHAT", default_value = "wall")]
    measure: MeasureWord,
    /// Level of intervals
    #[arg(long, value_name = "PERCENT", default_value = "95%", value_parser = share)]
    level: f64,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let store = own_store()?;
    // All are looked at before the first is taken over.
    let others: Vec<Store> =
        args.folders.iter().map(|folder| store_in(folder)).collect::<Result<_, _>>()?;
    for other in &others {
        let merged = store.merge(other)?;
        terminal.say(&format!(
            "{}: {} taken over, {} known{}",
            other.folder().display(),
            number::count(merged.added, "session"),
            number::grouped(merged.known as f64, 0),
            merged.unread.first().map_or(String::new(), |first| format!(
                ", {} left out: {}",
                merged.unread.len(),
                first.error
            )),
        ));
    }
    let (Some(earlier), Some(later)) = (&args.earlier, &args.later) else { return Ok(()) };
    let contents = contents(&store, terminal)?;
    let all = across_machines(&contents, args.measure.measure(), earlier, later, args.level)?;
    if all.is_empty() {
        return Err(Failure::could_not_measure(format!(
            "no class of machines has sessions of both `{earlier}` and `{later}`"
        ))
        .help(
            "`backcast baseline history` lists the commits; a + marks sources that had changed",
        ));
    }
    table(&all, args.format).print(args.format, terminal)
}

/// The store that a folder means.
fn store_in(folder: &Path) -> Result<Store, Failure> {
    let places = ["", "baselines", ".backcast/baselines"].map(|place| folder.join(place));
    let found = places.iter().find(|place| place.join("records").is_dir());
    let path = || folder.to_path_buf();
    let store = found.map(Store::at).ok_or_else(|| {
        Failure::from(backcast_lab::baseline::BaselineError::NoStore { path: path() })
    })?;
    Ok(store)
}

fn table(all: &[AcrossMachines], format: Format) -> Table {
    let for_people = format == Format::Table;
    let names: &[&str] = if for_people {
        &["command", "machines", "change"]
    } else {
        &["command", "class", "machines", "ratio", "ratio_low", "ratio_high", "between", "same_p"]
    };
    let mut table = Table::new(names.iter().map(|name| Column::new(*name)).collect());
    for across in all {
        let merged = &across.merged;
        if for_people {
            for (class, ratio) in &across.classes {
                table.push(vec![
                    across.subject.as_str().into(),
                    class.as_str().into(),
                    show::interval(ratio).into(),
                ]);
            }
            table.push(vec![
                across.subject.as_str().into(),
                format!("all {}", merged.machines).into(),
                show::interval(&merged.ratio).into(),
            ]);
            continue;
        }
        let each = across.classes.iter().map(|(class, ratio)| (Some(class.clone()), 1, ratio));
        for (class, machines, ratio) in each.chain([(None, merged.machines, &merged.ratio)]) {
            let together = class.is_none();
            table.push(vec![
                across.subject.as_str().into(),
                class.into(),
                machines.into(),
                ratio.estimate.into(),
                ratio.low.into(),
                ratio.high.into(),
                together.then_some(merged.between).into(),
                together.then_some(merged.same_p).into(),
            ]);
        }
    }
    table
}
