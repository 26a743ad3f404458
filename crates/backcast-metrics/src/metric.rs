//! The names of the metrics and what they mean.

/// One number that judges a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Metric {
    /// Last equity by starting cash, less one.
    TotalReturn,
    /// Total return as a yearly rate.
    Cagr,
    /// Deviation of the period returns, scaled to a year.
    Volatility,
    /// Mean by deviation of the period returns, scaled to a year.
    Sharpe,
    /// Mean by downside deviation of the period returns, scaled to a year.
    Sortino,
    /// Largest fall of equity from a peak, as a positive fraction of the peak.
    MaxDrawdown,
    /// Longest run of bars without a new peak of equity.
    MaxDrawdownBars,
    /// Yearly rate by largest drawdown.
    Calmar,
    /// Bars with a position at the close, as a fraction of all bars.
    Exposure,
    /// Number of closed round trips.
    Trades,
    /// Trades with a profit after costs, as a fraction of all trades.
    WinRate,
    /// Profits of winning trades by losses of losing trades.
    ProfitFactor,
    /// Commission and slippage, in cash.
    CostsPaid,
}

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A fraction, shown in per cent.
    Fraction,
    /// A plain number.
    Ratio,
    /// A number of bars.
    Bars,
    /// A number of trades.
    Count,
    /// Money.
    Cash,
}

impl Metric {
    /// How many there are.
    pub const COUNT: usize = 13;

    /// All of them in their fixed order.
    pub const ALL: [Metric; Metric::COUNT] = [
        Metric::TotalReturn,
        Metric::Cagr,
        Metric::Volatility,
        Metric::Sharpe,
        Metric::Sortino,
        Metric::MaxDrawdown,
        Metric::MaxDrawdownBars,
        Metric::Calmar,
        Metric::Exposure,
        Metric::Trades,
        Metric::WinRate,
        Metric::ProfitFactor,
        Metric::CostsPaid,
    ];

    /// Name in files, flags and columns.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Metric::TotalReturn => "total_return",
            Metric::Cagr => "cagr",
            Metric::Volatility => "volatility",
            Metric::Sharpe => "sharpe",
            Metric::Sortino => "sortino",
            Metric::MaxDrawdown => "max_drawdown",
            Metric::MaxDrawdownBars => "max_drawdown_bars",
            Metric::Calmar => "calmar",
            Metric::Exposure => "exposure",
            Metric::Trades => "trades",
            Metric::WinRate => "win_rate",
            Metric::ProfitFactor => "profit_factor",
            Metric::CostsPaid => "costs_paid",
        }
    }

    /// The metric of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().find(|m| m.name() == name)
    }

    /// Name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Metric::TotalReturn => "Total return",
            Metric::Cagr => "CAGR",
            Metric::Volatility => "Volatility",
            Metric::Sharpe => "Sharpe",
            Metric::Sortino => "Sortino",
            Metric::MaxDrawdown => "Max drawdown",
            Metric::MaxDrawdownBars => "Max drawdown length",
            Metric::Calmar => "Calmar",
            Metric::Exposure => "Exposure",
            Metric::Trades => "Trades",
            Metric::WinRate => "Win rate",
            Metric::ProfitFactor => "Profit factor",
            Metric::CostsPaid => "Costs paid",
        }
    }

    /// What it is measured in.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Metric::TotalReturn | Metric::Cagr | Metric::Volatility => Unit::Fraction,
            Metric::MaxDrawdown | Metric::Exposure | Metric::WinRate => Unit::Fraction,
            Metric::Sharpe | Metric::Sortino | Metric::Calmar | Metric::ProfitFactor => Unit::Ratio,
            Metric::MaxDrawdownBars => Unit::Bars,
            Metric::Trades => Unit::Count,
            Metric::CostsPaid => Unit::Cash,
        }
    }

    /// One sentence that defines it.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Metric::TotalReturn => "Last equity divided by starting cash, less one.",
            Metric::Cagr => "Total return as a yearly rate, over days / 365.25.",
            Metric::Volatility => {
                "Standard deviation (n - 1) of the returns per bar, scaled to a year."
            }
            Metric::Sharpe => {
                "Mean return per bar divided by its standard deviation (n - 1), scaled to a year; risk-free rate 0."
            }
            Metric::Sortino => {
                "Mean return per bar divided by sqrt(sum(min(r, 0)^2) / n), scaled to a year."
            }
            Metric::MaxDrawdown => {
                "Largest fall of equity from a peak, starting cash included, as a fraction of the peak."
            }
            Metric::MaxDrawdownBars => "Longest run of bars without a new peak of equity.",
            Metric::Calmar => "CAGR divided by maximum drawdown, over the whole range.",
            Metric::Exposure => "Share of bars that close with a position.",
            Metric::Trades => "Closed round trips; a position still open at the end is no trade.",
            Metric::WinRate => "Share of trades with a profit after all costs, dividends included.",
            Metric::ProfitFactor => "Profits of winning trades divided by losses of the others.",
            Metric::CostsPaid => "Commission and slippage of all fills, in cash.",
        }
    }

    /// Whether more is better; ranking of a metric goes by this.
    #[must_use]
    pub fn higher_is_better(self) -> bool {
        !matches!(
            self,
            Metric::Volatility | Metric::MaxDrawdown | Metric::MaxDrawdownBars | Metric::CostsPaid
        )
    }
}

/// A choice of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricSet(u16);

impl MetricSet {
    /// All thirteen.
    pub const ALL: MetricSet = MetricSet((1 << Metric::COUNT) - 1);

    /// Those of a list.
    #[must_use]
    pub fn of(metrics: &[Metric]) -> MetricSet {
        MetricSet(metrics.iter().fold(0, |bits, m| bits | 1 << *m as u16))
    }

    /// Whether a metric is among them.
    #[must_use]
    pub fn contains(self, metric: Metric) -> bool {
        self.0 >> metric as u16 & 1 != 0
    }

    /// Whether one of them needs what fills add up to.
    #[must_use]
    pub fn needs_tally(self) -> bool {
        use Metric::{CostsPaid, Exposure, ProfitFactor, Trades, WinRate};
        [Exposure, Trades, WinRate, ProfitFactor, CostsPaid].iter().any(|m| self.contains(*m))
    }

    /// Whether one of them needs the squares of negative returns or the length of drawdowns.
    #[must_use]
    pub fn needs_path(self) -> bool {
        self.contains(Metric::Sortino) || self.contains(Metric::MaxDrawdownBars)
    }
}
