//! `backcast bundles`: which data there is, what is in it, is it sound, away with it.

use backcast_store::{BundleInfo, Home, list_bundles, remove_bundle, show_bundle, verify_bundle};

use crate::{
    failure::Failure,
    number,
    table::{Cell, Column, Format, Table},
    terminal::Terminal,
};

/// Data that was ingested: list, show, verify, remove
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
enum Action {
    /// All bundles; `sample` is always there
    List {
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// What one bundle holds, asset by asset
    Show {
        /// Name of the bundle
        name: String,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Read every byte of a bundle and compare it with its checksums
    Verify {
        /// Name of the bundle
        name: String,
    },
    /// Remove a bundle
    Remove {
        /// Name of the bundle
        name: String,
    },
}

/// Does it.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let home = Home::find()?;
    match &args.action {
        Action::List { format } => list(&home, *format, terminal),
        Action::Show { name, format } => show(&home, name, *format, terminal),
        Action::Verify { name } => {
            let report = verify_bundle(&home, name)?;
            let assets = number::count(report.assets, "asset");
            let bars = number::count(report.rows, "bar");
            terminal
                .print(&format!("{name} is sound: {assets}, {bars}, digest {}\n", report.digest))
        }
        Action::Remove { name } => {
            remove_bundle(&home, name)?;
            terminal.say(&format!("removed {name}"));
            Ok(())
        }
    }
}

fn list(home: &Home, format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
    let names = [
        "bundle",
        "frequency",
        "assets",
        "bars",
        "first",
        "last",
        "calendar",
        "splits",
        "dividends",
        "digest",
    ];
    let mut table = Table::new(names.map(Column::new).to_vec());
    let mut damaged = Vec::new();
    for bundle in list_bundles(home)? {
        match bundle {
            Ok(info) => table.push(row(&info, format)),
            Err(error) => damaged.push(error),
        }
    }
    table.print(format, terminal)?;
    terminal.flush()?;
    for error in damaged {
        terminal.show(&error.into());
    }
    Ok(())
}

fn row(info: &BundleInfo, format: Format) -> Vec<Cell> {
    let digest = match format {
        Format::Table => info.digest.chars().take(12).collect(),
        _ => info.digest.clone(),
    };
    vec![
        info.name.as_str().into(),
        info.frequency.to_string().into(),
        info.assets.len().into(),
        info.rows.into(),
        info.first.map(|day| day.to_string()).into(),
        info.last.map(|day| day.to_string()).into(),
        info.calendar.clone().into(),
        info.splits.into(),
        info.dividends.into(),
        digest.into(),
    ]
}

fn show(home: &Home, name: &str, format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
    let market = backcast_store::load_bundle(home, name, false)?;
    let names = ["asset", "bars", "first", "last", "splits", "dividends", "delisted"];
    let mut table = Table::new(names.map(Column::new).to_vec());
    for asset in &market.assets {
        let bars = &asset.bars;
        let edge = |row: Option<usize>| row.map(|row| bars.session(row).to_string());
        let last = bars.len().checked_sub(1);
        table.push(vec![
            asset.symbol.as_str().into(),
            bars.len().into(),
            edge(last.map(|_| 0)).into(),
            edge(last).into(),
            asset.splits.len().into(),
            asset.dividends.len().into(),
            asset.delisted.map(|day| day.to_string()).into(),
        ]);
    }
    if format == Format::Table {
        terminal.print(&heading(&show_bundle(home, name)?))?;
    }
    table.print(format, terminal)
}

fn heading(info: &BundleInfo) -> String {
    let line = |name: &str, text: &str| format!("{name:<10}{text}\n");
    let year = number::grouped(info.periods_per_year, 0);
    let calendar = info.calendar.as_deref().unwrap_or("none: sessions are the days with bars");
    [
        line("bundle", &info.name),
        line("bars", &format!("{}, {year} a year", info.frequency)),
        line("calendar", calendar),
        line("columns", &info.columns.join(", ")),
        line("digest", &info.digest),
        line("format", &info.format.to_string()),
        "\n".to_owned(),
    ]
    .concat()
}
