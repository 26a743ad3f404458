//! The command line as a whole: options of every command, and the list of commands.

use clap::{Parser, Subcommand, ValueEnum};

use crate::{commands::*, terminal::Stream};

/// Backtest trading strategies, sweep their parameters and judge what holds up.
#[derive(Debug, Parser)]
#[command(
    name = "backcast",
    version,
    max_term_width = 100,
    propagate_version = false,
    after_help = "First steps:\n  \
        backcast sweep examples/sma_grid.toml --report report.html\n  \
        backcast run examples/sma_cross.toml\n  \
        backcast eval \"sma(close, 30)\" --data sample:AAPL"
)]
pub(crate) struct Cli {
    /// When to use colours; NO_COLOR is respected
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        help = "Colours: auto, always or never (NO_COLOR is respected)"
    )]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ingest(ingest::Args),
    Bundles(bundles::Args),
    Calendar(calendar::Args),
    Indicators(indicators::Args),
    Eval(eval::Args),
    Run(run::Args),
    Sweep(sweep::Args),
    Walkforward(walkforward::Args),
    Report(report::Args),
    Profile(Box<profile::Args>),
    Advise(Box<advise::Args>),
    Dashboard(dashboard::Args),
    Bench(Box<bench::Args>),
    Baseline(baseline::Args),
    Certify(Box<certify::Args>),
    Verify(verify::Args),
    Optimize(Box<optimize::Args>),
    Lab(lab::Args),
    Doctor(doctor::Args),
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether text on that stream gets colours.
    pub(crate) fn applies_to(self, stream: Stream) -> bool {
        let refused = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => stream.is_terminal() && !refused(),
        }
    }
}
