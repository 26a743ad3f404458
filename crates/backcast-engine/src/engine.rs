//! The event engine: a stepper, and the loop that drives a strategy through it.
//!
//! Events of a row, in this order: splits and dividends, fills of waiting orders, the strategy at the close, fills at this close,
//! marking, record.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use backcast_data::Market;
use backcast_types::{AssetId, OrderStatus, Reason};

use crate::{
    actions::{Action, Actions},
    broker::{self, Bar, Broker},
    checks::{check_assets, check_config},
    clock::{Clock, Span},
    config::{FillTiming, RunConfig},
    desk::News,
    error::EngineError,
    lanes::prefetch,
    ledger::Ledger,
    recorder::Recorder,
    result::RunResult,
    run::Run,
    strategy::{Setup, Strategy, StrategyError, Wants},
};

/// What is said where positions could not be sold at the end.
pub(crate) const UNSOLD: &str = "too many orders to sell positions at the end";

/// Runs a strategy over a market.
///
/// # Errors
/// Assets, rows or settings that cannot be; whatever the strategy returns, with the rows before it.
pub fn run(
    market: &Market,
    assets: &[AssetId],
    span: &Span,
    config: &RunConfig,
    strategy: &mut dyn Strategy,
) -> Result<RunResult, EngineError> {
    let _span = backcast_spans::span!("engine.run");
    let mut engine = Engine::new(market, assets, span, config)?;
    strategy.init(&mut engine.setup()).map_err(EngineError::Init)?;
    match engine.drive(strategy) {
        Ok(()) => Ok(engine.finish()),
        Err(source) => Err(EngineError::Strategy { source, partial: Box::new(engine.finish()) }),
    }
}

/// One run, a row at a time. [`run`] is the usual way to use it.
pub struct Engine<'m> {
    market: &'m Market,
    run: Arc<Run>,
    feeds: Vec<Feed<'m>>,
    broker: Broker,
    recorder: Recorder,
    same_close: bool,
    whole: bool,
    next_row: usize,
    /// The row at which positions are sold and nothing is decided.
    last_row: usize,
    news: Vec<News>,
}

/// Bars of one asset and the place that was reached in them.
struct Feed<'m> {
    time: &'m [i64],
    open: &'m [f64],
    high: &'m [f64],
    low: &'m [f64],
    close: &'m [f64],
    cursor: Arc<AtomicUsize>,
    /// Whether it is the run's only asset, whose rows are the clock.
    alone: bool,
    /// Own row that comes next.
    next: usize,
    actions: Actions,
    next_action: usize,
    /// Own row of the next split or dividend.
    action_row: usize,
}

impl<'m> Engine<'m> {
    /// A run that has not begun.
    ///
    /// # Errors
    /// Assets, rows or settings that cannot be.
    #[expect(
        clippy::arc_with_non_send_sync,
        reason = "a strategy may keep the run, on its own thread"
    )]
    pub fn new(
        market: &'m Market,
        assets: &[AssetId],
        span: &Span,
        config: &RunConfig,
    ) -> Result<Engine<'m>, EngineError> {
        let _span = backcast_spans::span!("engine.prepare");
        check_assets(market, assets)?;
        check_config(config)?;
        let clock = Clock::new(market, assets, span)?;
        let rows = clock.rows();
        let data = |asset: &AssetId| &*market.assets[asset.index()];
        let seen: Vec<usize> =
            assets.iter().map(|a| clock.first_row(data(a)).wrapping_sub(1)).collect();
        let last = assets
            .iter()
            .zip(&seen)
            .map(|(asset, row)| (*asset, data(asset).bars.close.get(*row).copied().unwrap_or(0.0)));
        let ledger = Ledger::new(config.cash, last);
        let run = Arc::new(Run::new(config, assets, market.assets.len(), clock, ledger, &seen));
        let feeds = assets.iter().zip(&seen).enumerate().map(|(slot, (asset, row))| {
            Feed::new(data(asset), row.wrapping_add(1), run.cursor(slot).clone(), assets.len() == 1)
        });
        Ok(Engine {
            market,
            feeds: feeds.collect(),
            run,
            broker: Broker::new(config),
            recorder: Recorder::new(config.cash, rows),
            same_close: config.timing == FillTiming::SameClose,
            whole: config.whole_shares,
            next_row: 0,
            last_row: if config.liquidate { rows.wrapping_sub(1) } else { usize::MAX },
            news: Vec::new(),
        })
    }

    /// What a strategy is set up with, before the first bar.
    #[must_use]
    pub fn setup(&self) -> Setup<'_> {
        Setup { market: self.market, run: &self.run }
    }

    /// What a strategy is called with.
    #[must_use]
    pub fn run(&self) -> &Arc<Run> {
        &self.run
    }

    /// Takes a strategy through all rows that are left.
    ///
    /// # Errors
    /// Whatever the strategy returns. The row it failed at is not recorded.
    pub fn drive(&mut self, strategy: &mut dyn Strategy) -> Result<(), StrategyError> {
        let _span = backcast_spans::span!("engine.drive");
        let wants = strategy.wants();
        self.listen(wants);
        let (notifies, stretches) = (wants.notifications(), wants.contains(Wants::STRETCHES));
        while self.begin_bar() {
            if notifies {
                self.deliver(strategy)?;
            }
            if self.decides() {
                strategy.next(&self.run)?;
            }
            self.end_bar();
            if stretches && !self.recorder.orders_wait {
                self.pass_over(strategy.quiet_rows(&self.run));
            }
        }
        if notifies { self.deliver(strategy) } else { Ok(()) }
    }

    /// Sets which notifications are collected.
    pub fn listen(&mut self, wants: Wants) {
        self.run.desk.borrow_mut().wants = wants;
    }

    /// Whether the strategy is asked at this row: not at one where all positions are sold anyway.
    #[inline]
    #[must_use]
    pub fn decides(&self) -> bool {
        self.run.row() != self.last_row
    }

    /// Goes to the next row: splits and dividends, then fills of waiting orders. False where there is none.
    #[inline]
    pub fn begin_bar(&mut self) -> bool {
        let row = self.next_row;
        if row >= self.run.rows() {
            return false;
        }
        self.next_row += 1;
        self.run.set_row(row);
        let mut actions_due = false;
        for (slot, feed) in self.feeds.iter_mut().enumerate() {
            let live = feed.advance(&self.run, row);
            self.run.set_live(slot, live);
            actions_due |= live && feed.next > feed.action_row;
        }
        if actions_due {
            self.apply_actions();
        }
        if self.recorder.orders_wait {
            self.fill_orders();
        }
        true
    }

    /// Ends the row: marks positions, fills at this close, moves trailing stops, records.
    #[inline]
    pub fn end_bar(&mut self) {
        for (slot, feed) in self.feeds.iter().enumerate() {
            if self.run.is_live(slot) {
                self.run.ledger.mark(slot, feed.close[feed.next - 1]);
            }
        }
        if self.run.ordered.get() || self.recorder.orders_wait || !self.decides() {
            self.settle_orders();
        }
        self.recorder.record(&self.run.ledger);
    }

    /// Marks and records up to `rows` rows at a stretch, because nothing can happen in them: no order waits, nothing is decided. Stops before
    /// a row with a split or dividend, and before the row at which positions are sold.
    fn pass_over(&mut self, rows: usize) {
        let [feed] = &mut self.feeds[..] else { return };
        let left = self.run.rows() - self.next_row;
        let until_action = feed.action_row.saturating_sub(feed.next);
        let until_last = self.last_row.saturating_sub(self.next_row);
        let rows = rows.min(left).min(until_action).min(until_last);
        if rows == 0 {
            return;
        }
        // What the row after the stretch will read comes from memory while the stretch is marked.
        prefetch(feed.open, feed.next + rows + 1);
        prefetch(&self.run.clock().time, self.next_row + rows);
        let close = &feed.close[feed.next..feed.next + rows];
        self.recorder.record_stretch(&self.run.ledger, close);
        self.run.ledger.mark(0, close[rows - 1]);
        feed.next += rows;
        feed.cursor.store(feed.next - 1, Ordering::Relaxed);
        self.next_row += rows;
        self.run.set_row(self.next_row - 1);
    }

    /// Ends the run; orders that still wait stay unfilled.
    #[must_use]
    pub fn finish(self) -> RunResult {
        let _span = backcast_spans::span!("engine.finish");
        let mut desk = self.run.desk.take();
        let row = self.next_row.saturating_sub(1) as u32;
        let left: Vec<_> = desk.waiting.iter().chain(&desk.fresh).map(|w| w.id).collect();
        for id in left {
            desk.settle(id, OrderStatus::Ended(Reason::EndOfData), row);
        }
        self.recorder.finish(self.market, &self.run, desk)
    }

    /// Tells the strategy what has happened; what its answers cause is told at the next row.
    fn deliver(&mut self, strategy: &mut dyn Strategy) -> Result<(), StrategyError> {
        std::mem::swap(&mut self.news, &mut self.run.desk.borrow_mut().news);
        for news in self.news.drain(..) {
            match news {
                News::Order(event) => strategy.order_event(&self.run, event)?,
                News::Trade(trade) => strategy.trade_closed(&self.run, trade)?,
            }
        }
        Ok(())
    }

    #[cold]
    fn apply_actions(&mut self) {
        let mut desk = self.run.desk.borrow_mut();
        let stamp = self.run.stamp();
        for (slot, feed) in self.feeds.iter_mut().enumerate() {
            if !self.run.is_live(slot) {
                continue;
            }
            while feed.action_row < feed.next {
                let action = feed.take_action();
                if self.run.ledger.act(slot, action, self.whole, stamp) {
                    broker::trade_ended(&self.run.ledger, &mut desk, slot, stamp.row);
                }
                if let Action::Split { shares } = action {
                    desk.split(slot, shares, self.whole);
                }
            }
        }
    }

    #[inline(never)]
    fn fill_orders(&mut self) {
        self.broker.fill_waiting(&self.run, bars(&self.run, &self.feeds));
        self.recorder.orders_wait = !self.run.desk.borrow().waiting.is_empty();
    }

    #[cold]
    fn liquidate(&mut self) {
        let mut desk = self.run.desk.borrow_mut();
        let (assets, stamp) = (self.run.assets(), self.run.stamp());
        if self.broker.liquidate(assets, &self.run.ledger, &mut desk, stamp).is_err() {
            self.recorder.notices.push(UNSOLD.into());
        }
    }

    #[inline(never)]
    fn settle_orders(&mut self) {
        if self.run.ordered.get() {
            self.broker.accept(&self.run, self.same_close, bars(&self.run, &self.feeds));
        }
        if !self.decides() {
            self.liquidate();
        }
        broker::trail(&self.run, bars(&self.run, &self.feeds));
        self.recorder.orders_wait = !self.run.desk.borrow().waiting.is_empty();
    }
}

/// The bar of an asset that has one at this row.
fn bars<'b>(run: &'b Run, feeds: &'b [Feed<'_>]) -> impl Fn(usize) -> Option<Bar<'b>> {
    |slot| run.is_live(slot).then(|| feeds[slot].bar())
}

impl<'m> Feed<'m> {
    fn new(
        asset: &'m backcast_data::Asset,
        next: usize,
        cursor: Arc<AtomicUsize>,
        alone: bool,
    ) -> Feed<'m> {
        let bars = &asset.bars;
        let actions = Actions::of(asset);
        // At the first row nothing is held that an event could touch.
        let next_action = actions.first_at(next);
        let mut feed = Feed {
            time: &bars.time,
            open: &bars.open,
            high: &bars.high,
            low: &bars.low,
            close: &bars.close,
            cursor,
            alone,
            next,
            actions,
            next_action,
            action_row: usize::MAX,
        };
        feed.look_ahead();
        feed
    }

    /// Goes to the asset's bar at a row of the run's clock, where it has one: an integer compare and a store.
    #[inline]
    fn advance(&mut self, run: &Run, row: usize) -> bool {
        let live = self.alone || self.time.get(self.next) == run.clock().time.get(row);
        if live {
            self.cursor.store(self.next, Ordering::Relaxed);
            self.next += 1;
        }
        live
    }

    fn bar(&self) -> Bar<'m> {
        let row = self.next - 1;
        Bar { open: &self.open[row], high: &self.high[row], low: &self.low[row] }
    }

    fn take_action(&mut self) -> Action {
        let (_, action) = self.actions.at[self.next_action];
        self.next_action += 1;
        self.look_ahead();
        action
    }

    fn look_ahead(&mut self) {
        self.action_row = self.actions.row(self.next_action);
    }
}
