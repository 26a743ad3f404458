//! What a page is made of. Every number arrives computed; this crate lays out, thins and formats.
//!
//! Conventions for all structs here:
//! - a time is `i64` nanoseconds UTC as it shall be *shown*: for daily bars midnight of the session date, for
//!   finer bars the bar's own time;
//! - a ratio (return, drawdown, win rate) is a plain number, 0.01 is one percent; the page writes the percent;
//! - `f64::NAN` means undefined and is shown as an em dash; infinities are shown the same way;
//! - lists that belong together (times and values, say) have equal length; a longer one is cut to the shorter.

/// One HTML page. Sections that are `None` are left out; empty ones say that there is nothing to show.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Heading and browser title, such as `Moving-average grid on five stocks`.
    pub title: String,
    /// One sentence under the heading: what was done to which data. May be empty.
    pub subtitle: String,
    /// Name and value of everything needed to repeat the result: version, data range, bundle, digest, parameters,
    /// seed, command. Shown on top, in this order.
    pub manifest: Vec<(String, String)>,
    /// What a reader must know before trusting the numbers, such as `fallback to the event engine because ...`.
    pub notices: Vec<String>,
    /// A parameter sweep.
    pub sweep: Option<Sweep>,
    /// A walk-forward test.
    pub walk_forward: Option<WalkForward>,
    /// A single run in full detail.
    pub run: Option<Run>,
    /// Where the time of a command went.
    pub profile: Option<crate::lab::Profile>,
    /// What was measured, a section for each.
    pub measured: Vec<crate::lab::Measured>,
    /// What a command costs at many sizes.
    pub scale: Option<crate::lab::Scale>,
}

impl Page {
    /// Whether it tells of a laboratory's measurements alone, not of backtests.
    pub(crate) fn is_of_the_laboratory(&self) -> bool {
        self.profile.is_some() || self.scale.is_some() || !self.measured.is_empty()
    }
}

/// A named figure on a card.
#[derive(Debug, Clone, Default)]
pub struct Metric {
    /// Short name, such as `Sharpe ratio`.
    pub name: String,
    /// Value, formatted by `format`.
    pub value: f64,
    /// How the value is written.
    pub format: Format,
    /// One sentence that explains the figure, shown as a tooltip. May be empty.
    pub help: String,
}

/// How a number is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Format {
    /// Digits after the point, with thousands separators: `1,234.50`.
    #[default]
    Plain,
    /// As `Plain`, with this many digits after the point.
    Decimals(u8),
    /// A ratio written as a percentage with this many digits after the point: 0.1234 is `12.3 %` with one.
    Percent(u8),
    /// Digits after the point and a unit behind the number: `1,234.50 USD`, `12 bars`.
    Unit(u8, String),
}

/// Values over time.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Nanoseconds UTC, ascending.
    pub times: Vec<i64>,
    /// One value per time.
    pub values: Vec<f64>,
}

/// One cash account: the portfolio of a pooled run, or one asset of a run in mode `each`.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Such as `Portfolio` or `AAPL`.
    pub name: String,
    /// Currency of the curves, such as `USD`; may be empty.
    pub currency: String,
    /// Figures on cards, most important first.
    pub metrics: Vec<Metric>,
    /// Equity in currency, one value per bar.
    pub equity: Series,
    /// Buy-and-hold of the same cash, where there is such a thing.
    pub buy_and_hold: Option<Series>,
    /// Drawdown as a positive ratio below the peak (0.2 is 20 % below); drawn downwards.
    pub drawdown: Series,
    /// Return of each calendar month that has data.
    pub monthly: Vec<MonthReturn>,
    /// Return of each calendar year, as far as known.
    pub yearly: Vec<(i32, f64)>,
}

/// Return of one calendar month.
#[derive(Debug, Clone, Copy)]
pub struct MonthReturn {
    /// Calendar year, such as 2008.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// Simple return, 0.01 is one percent.
    pub value: f64,
}

/// A single run.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Heading of the section; empty means `Run`. A sweep page may say `Best set on AAPL: fast 12, slow 140`.
    pub heading: String,
    /// One or more accounts; the reader chooses among several.
    pub accounts: Vec<Account>,
    /// Table with one row per asset (or account), shown under the cards.
    pub assets: Option<Table>,
    /// Prices and executions, one entry per asset; the reader chooses among several.
    pub candles: Vec<Candles>,
    /// All trades.
    pub trades: Option<Table>,
}

/// Prices of one asset, with the executions on them.
#[derive(Debug, Clone, Default)]
pub struct Candles {
    /// Such as `AAPL`.
    pub asset: String,
    /// Currency of the prices, such as `USD`; may be empty.
    pub currency: String,
    /// Nanoseconds UTC, ascending; one per bar.
    pub times: Vec<i64>,
    /// Opening prices.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Closing prices.
    pub close: Vec<f64>,
    /// Volumes, in shares or contracts; may be empty.
    pub volume: Vec<f64>,
    /// Executions, in time order.
    pub markers: Vec<Marker>,
}

/// One execution on the price chart.
#[derive(Debug, Clone)]
pub struct Marker {
    /// Nanoseconds UTC.
    pub time: i64,
    /// What it did to the position.
    pub kind: MarkerKind,
    /// Execution price.
    pub price: f64,
    /// Shares or contracts, positive.
    pub size: f64,
    /// Net profit or loss of the trade it closed, in currency; `None` for an entry.
    pub pnl: Option<f64>,
}

/// What an execution did to the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerKind {
    /// Bought to open a long position.
    EnterLong,
    /// Sold to close a long position.
    ExitLong,
    /// Sold to open a short position.
    EnterShort,
    /// Bought to close a short position.
    ExitShort,
}

/// A table whose columns can be sorted.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What the table shows, read out by screen readers and printed above it.
    pub caption: String,
    /// Columns, left to right.
    pub columns: Vec<Column>,
    /// Rows, each with one cell per column; missing cells are shown as undefined.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a [`Table`].
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Heading, with the unit where the format has none: `P&L (USD)`.
    pub name: String,
    /// How numbers of this column are written. A column is right-aligned when its first cell is a number.
    pub format: Format,
    /// Tooltip of the heading; may be empty.
    pub help: String,
}

/// A value in a [`Table`].
#[derive(Debug, Clone)]
pub enum Cell {
    /// Any text.
    Text(String),
    /// A number, written in the column's format.
    Number(f64),
    /// Nanoseconds UTC, written as a date (and time of day unless it is midnight).
    Time(i64),
    /// Undefined: an em dash, sorted last.
    Missing,
}

/// A parameter sweep: the same sets on one or more assets.
#[derive(Debug, Clone, Default)]
pub struct Sweep {
    /// The parameters, in the order in which trials are numbered.
    pub params: Vec<Param>,
    /// For each trial, the index of its value in each parameter's `values`: shape `(trials * params)`, row-major.
    /// `None` means the full grid, the last parameter running fastest.
    pub sets: Option<Vec<u32>>,
    /// The metrics the reader can choose, the first one at the start. Each costs about 8 kB for each asset
    /// and 10,000 sets; a map that is too long shows fewer digits, then fewer sets.
    pub metrics: Vec<SweepMetric>,
    /// One entry per asset; the reader chooses among several.
    pub assets: Vec<AssetSweep>,
    /// Index of the asset shown at the start, normally the one with `coarse` curves.
    pub chosen_asset: usize,
    /// "Which hold up": one row per asset or per set, whatever the caller computed.
    pub summary: Option<Table>,
}

/// A swept parameter.
#[derive(Debug, Clone, Default)]
pub struct Param {
    /// Name as in the spec.
    pub name: String,
    /// Unit, such as `bars`; may be empty.
    pub unit: String,
    /// Distinct values, ascending.
    pub values: Vec<f64>,
}

/// A metric computed for every set.
#[derive(Debug, Clone, Default)]
pub struct SweepMetric {
    /// Such as `Sharpe ratio`.
    pub name: String,
    /// How values are written; the page keeps no more digits than this shows.
    pub format: Format,
    /// Whether a larger value is a better one (false for drawdown, costs).
    pub higher_is_better: bool,
    /// The value that parts good from bad, if there is one (0 for a return): colours then diverge from it.
    pub neutral: Option<f64>,
    /// Tooltip; may be empty.
    pub help: String,
}

/// What a sweep found on one asset.
#[derive(Debug, Clone, Default)]
pub struct AssetSweep {
    /// Such as `AAPL`.
    pub asset: String,
    /// Currency of the curves; may be empty.
    pub currency: String,
    /// One list per [`Sweep::metrics`], each with one value per trial; NaN is undefined.
    pub values: Vec<Vec<f64>>,
    /// The best sets, best first.
    pub best: Option<Table>,
    /// Trial of each row of `best`, so that a click on the row shows its curve.
    pub best_trials: Vec<u32>,
    /// Buy-and-hold equity, in currency.
    pub buy_and_hold: Option<Series>,
    /// Full equity curves of a few trials (the best twenty), in currency.
    pub full: Vec<(u32, Series)>,
    /// Coarse equity curves of all trials, normally for the chosen asset only.
    pub coarse: Option<CoarseCurves>,
    /// Command that runs one set of this asset in full; the page appends ` --set params.NAME=VALUE` for each
    /// parameter. Empty hides the hint.
    pub run_command: String,
}

/// Short equity curves of every trial on a common time axis.
#[derive(Debug, Clone, Default)]
pub struct CoarseCurves {
    /// Nanoseconds UTC of the points, ascending; 128 of them, say.
    pub times: Vec<i64>,
    /// Shape `(trials, times)`, row-major, in currency. NaN where there is none.
    pub values: Vec<f32>,
}

/// A walk-forward test.
#[derive(Debug, Clone, Default)]
pub struct WalkForward {
    /// The stitched out-of-sample results, one entry per asset (or one for all); the reader chooses among several.
    pub accounts: Vec<Account>,
    /// The test windows, in time order, shaded behind the curves.
    pub windows: Vec<Window>,
    /// One row per window: ranges, chosen set, train metric, test metric, return.
    pub table: Option<Table>,
}

/// A test window of a walk-forward test.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// Such as `3: fast 12, slow 140`; shown when the pointer is on the window.
    pub label: String,
    /// First time of the window, nanoseconds UTC.
    pub from: i64,
    /// Last time of the window, nanoseconds UTC.
    pub to: i64,
}
