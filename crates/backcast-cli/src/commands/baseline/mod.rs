//! `backcast baseline`: sessions kept for later, their history, and gates on it.

mod check;
mod failures;
mod history;
mod known;
mod measured;
mod merge;
mod save;
mod show;
mod watch;

pub(crate) use self::show::figure as figure_words;
use backcast_lab::baseline::{Contents, Measure, Store};
use backcast_store::Home;
use clap::{Subcommand, ValueEnum};

use crate::{failure::Failure, number, terminal::Terminal};

/// Keep measurements, see their history, be told of regressions
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast baseline save examples/sma_grid.toml\n  \
    backcast baseline check examples/sma_grid.toml --threshold 5%\n  \
    backcast baseline history\n  \
    backcast baseline merge ../other-machine --from 1a2b3c4 --to 5d6e7f8\n  \
    backcast baseline watch --every 1h --suite examples/suite.toml --on-regression 'notify-send slower'\n\n\
    Baselines live in .backcast/baselines, a file per session. Times of different classes of machines are never compared.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Save(Box<save::Args>),
    Check(Box<check::Args>),
    History(history::Args),
    Merge(merge::Args),
    Watch(Box<watch::Args>),
}

impl Args {
    /// What the live page calls it; nothing for what measures nothing.
    pub(crate) fn publishes_as(&self) -> Option<&'static str> {
        match self.action {
            Action::Save(_) => Some("baseline save"),
            Action::Check(_) => Some("baseline check"),
            Action::Watch(_) => Some("baseline watch"),
            Action::History(_) | Action::Merge(_) => None,
        }
    }
}

/// Does what was asked.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    match &args.action {
        Action::Save(args) => save::run(args, terminal).map_err(Failure::of_gate),
        Action::Check(args) => check::run(args, terminal).map_err(Failure::of_gate),
        Action::History(args) => history::run(args, terminal),
        Action::Merge(args) => merge::run(args, terminal),
        Action::Watch(args) => watch::run(args, terminal).map_err(Failure::of_gate),
    }
}

/// A measure by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MeasureWord {
    /// Time on the clock.
    Wall,
    /// Processor time.
    Cpu,
    /// Most memory of one process.
    Peak,
}

impl MeasureWord {
    fn measure(self) -> Measure {
        match self {
            MeasureWord::Wall => Measure::Wall,
            MeasureWord::Cpu => Measure::Cpu,
            MeasureWord::Peak => Measure::Peak,
        }
    }
}

/// The project's own store.
pub(crate) fn own_store() -> Result<Store, Failure> {
    Ok(Store::at(Home::find()?.path().join("baselines")))
}

/// What a store holds; what it holds and cannot be read is told.
pub(crate) fn contents(store: &Store, terminal: &mut Terminal) -> Result<Contents, Failure> {
    let contents = store.contents()?;
    if let Some(first) = contents.unread.first() {
        let n = contents.unread.len();
        terminal.say(&format!(
            "note: {} left out: {}",
            if n == 1 {
                "a record is".to_owned()
            } else {
                format!("{} are", number::count(n, "record"))
            },
            first.error
        ));
    }
    Ok(contents)
}
