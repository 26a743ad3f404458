//! A strategy and how to test it, read from a TOML file: data, parameters, rules, costs, broker.
//!
//! Every key is checked, every error knows its place in the file, and what is not said has one default.

mod canonical;
mod error;
mod node;
mod overrides;
mod parse;
mod section;
mod units;
mod values;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use backcast_metrics::Metric;
use backcast_types::{Day, Size};

pub use self::{error::SpecError, overrides::Override, values::Values};
pub(crate) use self::{
    error::suggestion,
    node::{Place, Sources},
};

/// What a spec file says, overrides applied.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The file, where the spec came from one.
    pub path: Option<PathBuf>,
    /// What is traded, and when.
    pub data: DataSpec,
    /// Parameters in the order of the file.
    pub params: Vec<ParamSpec>,
    /// Named intermediate series in the order of the file.
    pub series: Vec<Expression>,
    /// Rules of every asset; empty where `legs` has rules of single assets.
    pub rules: Vec<Expression>,
    /// Rules of single assets, `[rules.SYMBOL]`.
    pub legs: Vec<Leg>,
    /// What trading costs.
    pub costs: CostSpec,
    /// Cash, sizes and fills.
    pub broker: BrokerSpec,
    /// One run each asset, or one cash pool; `None` leaves it to the command.
    pub mode: Option<Mode>,
    /// Metrics to show, in this order; all thirteen where the file names none.
    pub metrics: Vec<Metric>,
    /// How a sweep is judged.
    pub sweep: SweepSpec,
    /// Windows, where the file has `[walkforward]`.
    pub walk_forward: Option<WalkForwardSpec>,
    pub(crate) sources: Sources,
}

/// `[data]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSpec {
    /// Where bars come from.
    pub source: DataSource,
    /// Symbols to trade, in this order; `None` is every asset of the source.
    pub assets: Option<Vec<String>>,
    /// First session on which decisions are made; earlier bars serve as warm-up.
    pub from: Option<Day>,
    /// Last session, inclusive.
    pub to: Option<Day>,
    pub(crate) assets_place: Option<Place>,
    pub(crate) source_place: Place,
    pub(crate) range_place: Option<Place>,
}

/// Where bars come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// A bundle by name, `sample` among them.
    Bundle(String),
    /// A CSV or Parquet file; a relative path counts from the spec's folder.
    File(PathBuf),
}

/// One of `[params]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// Name that rules use.
    pub name: String,
    /// Its values, at least one.
    pub values: Values,
    pub(crate) place: Place,
}

/// An expression with a name: a rule or a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// `enter_long`, or the name of the series.
    pub name: String,
    /// The expression as written.
    pub text: String,
    pub(crate) place: Place,
    /// Bytes of the text itself within `place`, where it has no escapes.
    pub(crate) inner: Option<Range<usize>>,
}

/// `[rules.SYMBOL]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Leg {
    /// The asset.
    pub symbol: String,
    /// Its rules.
    pub rules: Vec<Expression>,
    pub(crate) place: Place,
}

/// `[costs]`. Rates are fractions of the traded value (0.001 is 0.1 %).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CostSpec {
    /// Commission as a fraction of the traded value.
    pub commission_rate: f64,
    /// Commission in cash per share.
    pub commission_per_share: f64,
    /// Commission in cash per fill.
    pub commission_per_trade: f64,
    /// Slippage as a fraction of the price.
    pub slippage_rate: f64,
    /// Slippage in cash per share.
    pub slippage_fixed: f64,
}

/// `[broker]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrokerSpec {
    /// Cash at the start.
    pub cash: f64,
    /// How much an entry buys.
    pub size: Size,
    /// Whole shares only.
    pub whole_shares: bool,
    /// Market orders fill at the close of the deciding bar instead of the next open.
    pub same_close: bool,
}

/// How assets share cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// An independent run for every asset.
    Each,
    /// One run with one pool of cash for all assets.
    Pool,
}

impl Mode {
    /// `each` or `pool`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mode::Each => "each",
            Mode::Pool => "pool",
        }
    }
}

/// `[sweep]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepSpec {
    /// What sets are ranked by.
    pub metric: Metric,
    /// Sets in the table of the best.
    pub best: usize,
    /// Which sets are tried, over parameters alone: `fast < slow`.
    pub constraint: Option<Expression>,
    /// Whether the digest of every single run is made.
    pub digests: bool,
}

/// `[walkforward]`: windows counted in sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct WalkForwardSpec {
    /// Sessions of a training window; of the first one where windows are anchored.
    pub train: usize,
    /// Sessions of an out-of-sample window.
    pub test: usize,
    /// Sessions between the starts of windows; `test` where not given.
    pub step: usize,
    /// Whether all training windows begin at the first session.
    pub anchored: bool,
    /// What a set is chosen by.
    pub metric: Metric,
    pub(crate) place: Place,
}

impl Spec {
    /// Reads a spec from its text. `path` names it in messages and is what relative data files count from.
    ///
    /// # Errors
    /// The first mistake, with its place in the file or in the override.
    pub fn parse(
        text: &str,
        path: Option<&Path>,
        overrides: &[Override],
    ) -> Result<Spec, SpecError> {
        let _span = backcast_spans::span!("search.read_spec");
        parse::parse(text, path, overrides)
    }

    /// Number of parameter sets before `[sweep] where`, as a float because it may be astronomical.
    #[must_use]
    pub fn set_count(&self) -> f64 {
        self.params.iter().map(|param| param.values.len() as f64).product()
    }
}
