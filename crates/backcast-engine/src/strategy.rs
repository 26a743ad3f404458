//! What a strategy is to the engine: asked once what it wants, set up once, then called at each close.

use std::{
    ops::BitOr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use backcast_data::{Column, Field, Market, forward_column, forward_factors};
use backcast_types::{AssetId, OrderEvent};

use crate::{error::TicketError, run::Run};

/// Whatever went wrong in a strategy. It comes out of the engine as it went in.
pub type StrategyError = Box<dyn std::error::Error + Send + Sync>;

/// Something that decides at each close.
///
/// No `&mut` engine is alive while it does: all it sees is a shared [`Run`].
pub trait Strategy {
    /// Which notifications it wants; asked once.
    fn wants(&self) -> Wants {
        Wants::NONE
    }

    /// Asks for lines and computes indicators over whole columns. Lines end at the clock once the run goes.
    ///
    /// # Errors
    /// Whatever stops the run before its first bar.
    fn init(&mut self, setup: &mut Setup<'_>) -> Result<(), StrategyError> {
        let _ = setup;
        Ok(())
    }

    /// Decides at the close of a row.
    ///
    /// # Errors
    /// Whatever stops the run; the rows before stay whole.
    fn next(&mut self, run: &Run) -> Result<(), StrategyError>;

    /// For how many rows after this one [`Strategy::next`] would do nothing, whatever prices do, if no order fills meanwhile. The engine
    /// need not ask at these rows: it marks and records them at a stretch. Only asked of a strategy that sets [`Wants::STRETCHES`], in
    /// runs with one asset.
    fn quiet_rows(&self, run: &Run) -> usize {
        let _ = run;
        0
    }

    /// Something happened to an order; called where [`Wants::ORDERS`] was asked for.
    ///
    /// # Errors
    /// As [`Strategy::next`].
    fn order_event(&mut self, run: &Run, event: OrderEvent) -> Result<(), StrategyError> {
        let _ = (run, event);
        Ok(())
    }

    /// A round trip ended; called where [`Wants::TRADES`] was asked for. [`Run::trade`] has the details.
    ///
    /// # Errors
    /// As [`Strategy::next`].
    fn trade_closed(&mut self, run: &Run, trade: TradeId) -> Result<(), StrategyError> {
        let _ = (run, trade);
        Ok(())
    }
}

/// A closed trade by its number in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TradeId(pub u32);

/// A set of notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants(u8);

impl Wants {
    /// None.
    pub const NONE: Wants = Wants(0);
    /// [`Strategy::order_event`].
    pub const ORDERS: Wants = Wants(1);
    /// [`Strategy::trade_closed`].
    pub const TRADES: Wants = Wants(2);

    /// [`Strategy::quiet_rows`], rather than every row.
    pub const STRETCHES: Wants = Wants(4);

    /// Whether any notification is asked for.
    #[must_use]
    pub(crate) fn notifications(self) -> bool {
        self.contains(Wants::ORDERS) || self.contains(Wants::TRADES)
    }

    /// Whether all of `other` are asked for.
    #[must_use]
    pub fn contains(self, other: Wants) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Wants {
    type Output = Wants;

    fn bitor(self, other: Wants) -> Wants {
        Wants(self.0 | other.0)
    }
}

/// A series that ends at the clock: a whole shared buffer and the cursor of its feed.
#[derive(Clone, Debug)]
pub struct Line {
    values: Column<f64>,
    cursor: Arc<AtomicUsize>,
}

impl Line {
    /// The value so many of the asset's bars ago, 0 being its last bar; `None` before the first bar and where undefined.
    #[inline]
    #[must_use]
    pub fn get(&self, back: usize) -> Option<f64> {
        let row = self.cursor.load(Ordering::Relaxed).checked_sub(back)?;
        self.values.get(row).copied().filter(|x| !x.is_nan())
    }

    /// Rows of the asset seen so far, those before the run included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cursor.load(Ordering::Relaxed).wrapping_add(1).min(self.values.len())
    }

    /// Whether no row was seen yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a strategy is set up with.
pub struct Setup<'a> {
    pub(crate) market: &'a Market,
    pub(crate) run: &'a Arc<Run>,
}

impl<'a> Setup<'a> {
    /// All data, for indicators over whole columns.
    #[must_use]
    pub fn market(&self) -> &'a Market {
        self.market
    }

    /// Assets of the run in listed order.
    #[must_use]
    pub fn assets(&self) -> &'a [AssetId] {
        self.run.assets()
    }

    /// The run, for those who must keep it.
    #[must_use]
    pub fn run(&self) -> &'a Arc<Run> {
        self.run
    }

    /// A column of traded prices or volumes.
    ///
    /// # Errors
    /// [`TicketError::Asset`] for an asset that takes no part.
    pub fn line(&self, asset: AssetId, field: Field) -> Result<Line, TicketError> {
        let cursor = self.cursor(asset)?;
        Ok(Line { values: self.market.assets[asset.index()].bars.field(field).clone(), cursor })
    }

    /// A forward-adjusted column.
    ///
    /// # Errors
    /// As [`Setup::line`].
    pub fn adjusted_line(&self, asset: AssetId, field: Field) -> Result<Line, TicketError> {
        let cursor = self.cursor(asset)?;
        let data = &self.market.assets[asset.index()];
        Ok(Line { values: forward_column(data, field, &forward_factors(data)), cursor })
    }

    /// A series of one's own as a line: one value for each row of the asset, NaN where undefined.
    ///
    /// # Errors
    /// As [`Setup::line`].
    pub fn own_line(&self, asset: AssetId, values: Column<f64>) -> Result<Line, TicketError> {
        Ok(Line { values, cursor: self.cursor(asset)? })
    }

    fn cursor(&self, asset: AssetId) -> Result<Arc<AtomicUsize>, TicketError> {
        Ok(self.run.cursor(self.run.slot(asset)?).clone())
    }
}
