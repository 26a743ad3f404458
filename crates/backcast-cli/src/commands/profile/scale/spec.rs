//! A spec over numbers of bars, assets and parameter sets.

use std::{ffi::OsString, path::Path};

use backcast_data::{
    Frequency, Market,
    synthetic::{self, PlainBars},
};
use backcast_lab::{child::Subject, scale::Grid};
use backcast_search::Spec;
use backcast_store::Home;

use super::{
    markets::Markets,
    sets::{self, SubGrid},
    work::{Work, ranges},
};
use crate::{
    commands::profile::Args,
    failure::Failure,
    own_command::{self, Kind},
    spec_file,
};

/// What a spec can be measured over.
const SIZES: [&str; 3] = ["bars", "assets", "sets"];
/// The first day of made-up markets.
const FIRST_DAY: &str = "1990-01-01";

/// All that is to be made and run for a spec.
pub(super) fn work(path: &Path, args: &Args) -> Result<Work, Failure> {
    let options = &args.scale;
    if let Some(range) = options.ranges.iter().find(|range| !SIZES.contains(&&*range.name)) {
        return Err(Failure::usage(format!("a spec has no size `{}`", range.name))
            .help(format!("it has {}; in commands after `--`, names are free", SIZES.join(", "))));
    }
    if args.changes.has_range() {
        return Err(Failure::usage("--from and --to do not go with --scale")
            .help("made-up markets have days of their own; bars=FROM..TO says how long they are"));
    }
    let spec = spec_file::read(path, &args.changes.overrides())?;
    let market = spec.load(&Home::find()?)?;
    let kind = args.by.unwrap_or_else(|| Kind::of(&spec));
    let mut grid = Grid::new(&options.ranges, options.steps.map(usize::from))?;
    let subgrids = match grid.names.iter().position(|name| name == "sets") {
        Some(at) => {
            let chosen = sets::chosen(path, &spec, &args.changes, kind, &grid.values[at])?;
            let mut values = grid.values.clone();
            values[at] = chosen.iter().map(|subgrid| subgrid.count).collect();
            grid = Grid::of_values(grid.names, values)?;
            chosen
        }
        None => Vec::new(),
    };
    let usual = Usual::of(&spec, &market);
    let (frequency, notices) = frequency(&grid, &usual, &market)?;
    check_legs(&spec, &grid, &usual)?;
    let shape = |point: &[u64]| {
        let size = |name, usual| {
            let at = grid.names.iter().position(|known| known == name);
            at.map_or(usual, |at| point[at])
        };
        (size("bars", usual.bars), size("assets", usual.assets), size("sets", 0))
    };
    let mut markets: Vec<(u64, u64)> = Vec::new();
    let mut subjects = Vec::with_capacity(grid.points.len());
    for point in &grid.points {
        let (bars, assets, sets) = shape(point);
        if !markets.contains(&(bars, assets)) {
            markets.push((bars, assets));
        }
        let subgrid = subgrids.iter().find(|subgrid| subgrid.count == sets);
        subjects.push(subject(path, args, &spec, kind, &Markets::bundle(bars, assets), subgrid)?);
    }
    let command =
        format!("backcast profile --scale {} {}{}", ranges(&grid), path.display(), args.changes);
    Ok(Work {
        name: format!("backcast {kind} {}{}", path.display(), args.changes),
        markets: Some(Markets {
            sizes: markets,
            frequency,
            symbols: usual.symbols,
            command: command.clone(),
        }),
        command,
        notices,
        subjects,
        grid,
    })
}

/// What a spec runs on by itself: sizes that are not named stay as they are there.
struct Usual {
    bars: u64,
    assets: u64,
    /// Names that its rules may speak of, those that it trades first.
    symbols: Vec<String>,
}

impl Usual {
    fn of(spec: &Spec, market: &Market) -> Usual {
        let all = || market.assets.iter().map(|asset| asset.symbol.clone()).collect();
        let traded: Vec<String> = spec.data.assets.clone().unwrap_or_else(all);
        let bars = market.assets.iter().filter(|asset| traded.contains(&asset.symbol));
        let bars = bars.map(|asset| asset.bars.len()).max().unwrap_or(1).max(1) as u64;
        let assets = traded.len().max(1) as u64;
        let mut symbols = traded;
        for asset in &market.assets {
            if !symbols.contains(&asset.symbol) {
                symbols.push(asset.symbol.clone());
            }
        }
        Usual { bars, assets, symbols }
    }
}

/// Bars as far apart as the spec's own, or minutes where its own would be older than the calendar.
fn frequency(
    grid: &Grid,
    usual: &Usual,
    market: &Market,
) -> Result<(Frequency, Vec<String>), Failure> {
    let at = grid.names.iter().position(|name| name == "bars");
    let most = at.map_or(usual.bars, |at| grid.largest()[at]);
    if most <= PlainBars::room(market.frequency) as u64 {
        return Ok((market.frequency, Vec::new()));
    }
    let minutes = Frequency::Minutes(1);
    let room = PlainBars::room(minutes) as u64;
    if most > room {
        let room = backcast_lab::profile::words::count(room);
        return Err(Failure::usage(format!("a made-up market has room for {room} bars at most"))
            .help("--at bars=10M says what more of them would take"));
    }
    let notice = format!(
        "bars are one minute apart: since 1990 there are not so many of {}",
        market.frequency
    );
    Ok((minutes, vec![notice]))
}

/// Rules of single assets need those assets at every point.
fn check_legs(spec: &Spec, grid: &Grid, usual: &Usual) -> Result<(), Failure> {
    let at = grid.names.iter().position(|name| name == "assets");
    let least = at.map_or(usual.assets, |at| grid.points[0][at]);
    let needed = spec.legs.len();
    if least >= needed as u64 {
        return Ok(());
    }
    Err(Failure::usage(format!("the spec has rules for {needed} assets, not for {least}"))
        .help(format!("begin with assets={needed}..")))
}

/// This program at work on the spec, with a made-up market in place of its own.
fn subject(
    path: &Path,
    args: &Args,
    spec: &Spec,
    kind: Kind,
    bundle: &str,
    subgrid: Option<&SubGrid>,
) -> Result<Subject, Failure> {
    let path = std::path::absolute(path)
        .map_err(|error| Failure::new(format!("cannot find {}: {error}", path.display())))?;
    let mut set = vec![format!("data.bundle={bundle}"), "data.assets=all".to_owned()];
    if spec.data.from.is_some() {
        set.push(format!("data.from={FIRST_DAY}"));
    }
    if spec.data.to.is_some() {
        set.push(format!("data.to={}", synthetic::LAST_SESSION));
    }
    set.extend(subgrid.into_iter().flat_map(|subgrid| subgrid.set.clone()));
    let mut arguments: Vec<OsString> = vec![kind.to_string().into(), path.into()];
    arguments.extend(args.changes.words());
    arguments.extend(set.into_iter().flat_map(|text| ["--set".into(), OsString::from(text)]));
    own_command::with_arguments(arguments)
}
