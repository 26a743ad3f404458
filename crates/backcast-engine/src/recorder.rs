//! Writes the curve down, and at the end looks at it in blocks of 32 bars as the lanes do.

use backcast_data::Market;
use backcast_metrics::{CurveTotals, Metric, MetricSet, Tally, Timeline, finish};
use backcast_types::AssetId;

use crate::{
    clock::Clock,
    desk::Desk,
    lanes::{Isa, curve_totals},
    ledger::{Book, Ledger},
    result::{Positions, RunResult},
    run::Run,
};

/// The record of a run that goes on.
pub(crate) struct Recorder {
    start: f64,
    equity: Vec<f64>,
    /// Rows at whose close a position was held.
    exposed: usize,
    /// Whether some order waits; here because the loop asks at each row.
    pub(crate) orders_wait: bool,
    pub(crate) notices: Vec<String>,
}

impl Recorder {
    pub(crate) fn new(start: f64, rows: usize) -> Recorder {
        Recorder {
            start,
            equity: Vec::with_capacity(rows),
            exposed: 0,
            orders_wait: false,
            notices: Vec::new(),
        }
    }

    /// Records the close of a row.
    #[inline]
    pub(crate) fn record(&mut self, ledger: &Ledger) {
        self.equity.push(ledger.equity());
        self.exposed += usize::from(ledger.holds());
    }

    /// Records the closes of some rows during which cash and the only position do not change.
    pub(crate) fn record_stretch(&mut self, ledger: &Ledger, close: &[f64]) {
        let (cash, position) = (ledger.cash(), ledger.position(0));
        self.equity.extend(close.iter().map(|close| cash + position * close));
        self.exposed += if ledger.holds() { close.len() } else { 0 };
    }

    /// The result of a run that has ended.
    pub(crate) fn finish(self, market: &Market, run: &Run, desk: Desk) -> RunResult {
        let totals = curve_totals(Isa::detect(), &self.equity, self.start);
        let Recorder { start, equity, exposed, notices, .. } = self;
        Record { start, equity, exposed, totals, notices }.result(
            market,
            run.assets(),
            run.clock(),
            run.ledger.take_book(),
            desk,
        )
    }
}

/// The record of a run that has ended, but for what broker and ledger wrote down.
pub(crate) struct Record {
    pub(crate) start: f64,
    pub(crate) equity: Vec<f64>,
    /// Rows at whose close a position was held.
    pub(crate) exposed: usize,
    pub(crate) totals: CurveTotals,
    pub(crate) notices: Vec<String>,
}

impl Record {
    /// Everything the run did.
    pub(crate) fn result(
        self,
        market: &Market,
        assets: &[AssetId],
        clock: &Clock,
        book: Book,
        desk: Desk,
    ) -> RunResult {
        let rows = self.equity.len();
        let (clock, days) = (clock.time.first_rows(rows), clock.day.first_rows(rows));
        let time = Timeline {
            bars: rows as f64,
            days: days.last().map_or(0.0, |last| f64::from(last - days[0])),
            periods_per_year: market.periods_per_year,
        };
        let tally = Tally { exposed: self.exposed as f64, ..book.tally };
        RunResult {
            assets: assets.to_vec(),
            clock,
            days,
            start_cash: self.start,
            row: finish(&self.totals, &tally, &time, self.start, MetricSet::of(&Metric::ALL)),
            equity: self.equity,
            positions: Positions { rows, assets: assets.len(), changes: book.changes },
            orders: desk.orders,
            order_events: desk.events,
            fills: desk.fills,
            trades: book.trades,
            payments: book.payments,
            tally,
            notices: self.notices,
        }
    }
}
