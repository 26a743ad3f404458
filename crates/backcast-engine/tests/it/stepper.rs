//! The seam between engine and strategy.

use std::sync::Arc;

use backcast_data::Field;
use backcast_engine::{
    Distance, Engine, EngineError, FillTiming, Guard, Line, Run, RunConfig, Setup, Span, Strategy,
    StrategyError, Ticket, TicketError, TradeId, Wants, excursions, run,
};
use backcast_testkit::{Script, asset, market};
use backcast_types::{AssetId, OrderEvent, OrderKind, OrderStatus, Side, Size};

const A: AssetId = AssetId(0);
const BARS: &str = "09:30 close 100
                    09:31 close 101
                    09:32 close 102
                    09:33 close 103";

fn one() -> backcast_data::Market {
    market(vec![asset("TEST", BARS)])
}

#[derive(Default)]
struct Watcher {
    wants: Wants,
    close: Option<Line>,
    kept: Option<Arc<Run>>,
    seen: Vec<(Option<f64>, Option<f64>, usize)>,
    events: Vec<(usize, OrderStatus)>,
    trades: Vec<f64>,
    fail_at: Option<usize>,
}

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("the moon is in the wrong house")]
struct Moon;

impl Strategy for Watcher {
    fn wants(&self) -> Wants {
        self.wants
    }

    fn init(&mut self, setup: &mut Setup<'_>) -> Result<(), StrategyError> {
        let line = setup.line(setup.assets()[0], Field::Close)?;
        self.close = Some(line);
        self.kept = Some(setup.run().clone());
        Ok(())
    }

    fn next(&mut self, run: &Run) -> Result<(), StrategyError> {
        if self.fail_at == Some(run.row()) {
            return Err(Box::new(Moon));
        }
        let close = self.close.as_ref().unwrap();
        self.seen.push((close.get(0), close.get(1), close.len()));
        match run.row() {
            0 => drop(run.buy(A, Size::Shares(10.0))?),
            1 => drop(run.close(A)?),
            _ => {}
        }
        Ok(())
    }

    fn order_event(&mut self, run: &Run, event: OrderEvent) -> Result<(), StrategyError> {
        assert_eq!(run.status(event.order), self.kept.as_ref().unwrap().status(event.order));
        self.events.push((run.row(), event.status));
        Ok(())
    }

    fn trade_closed(&mut self, run: &Run, trade: TradeId) -> Result<(), StrategyError> {
        self.trades.push(run.trade(trade).unwrap().net_profit);
        Ok(())
    }
}

#[test]
fn line_ends_at_the_clock() {
    let mut watcher = Watcher::default();
    run(&one(), &[A], &Span::ALL, &RunConfig::default(), &mut watcher).unwrap();
    let expected = [
        (Some(100.0), None, 1),
        (Some(101.0), Some(100.0), 2),
        (Some(102.0), Some(101.0), 3),
        (Some(103.0), Some(102.0), 4),
    ];
    assert_eq!(watcher.seen, expected);
}

#[test]
fn line_reaches_back_before_the_span() {
    let mut watcher = Watcher::default();
    run(&one(), &[A], &Span::Rows(2..4), &RunConfig::default(), &mut watcher).unwrap();
    assert_eq!(watcher.seen[0], (Some(102.0), Some(101.0), 3));
}

#[test]
fn notifications_come_to_those_who_asked() {
    let mut silent = Watcher::default();
    run(&one(), &[A], &Span::ALL, &RunConfig::default(), &mut silent).unwrap();
    assert_eq!((silent.events.len(), silent.trades.len()), (0, 0));
    let mut watcher = Watcher { wants: Wants::ORDERS | Wants::TRADES, ..Watcher::default() };
    run(&one(), &[A], &Span::ALL, &RunConfig::default(), &mut watcher).unwrap();
    let told = [
        (1, OrderStatus::Open),
        (1, OrderStatus::Filled),
        (2, OrderStatus::Open),
        (2, OrderStatus::Filled),
    ];
    assert_eq!(watcher.events, told);
    assert_eq!(watcher.trades, [10.0]);
}

#[test]
fn error_comes_out_as_it_went_in_and_leaves_the_rows_before_whole() {
    let mut watcher = Watcher { fail_at: Some(2), ..Watcher::default() };
    let failed = run(&one(), &[A], &Span::ALL, &RunConfig::default(), &mut watcher).unwrap_err();
    let EngineError::Strategy { source, partial } = failed else { panic!("not the strategy") };
    assert_eq!(*source.downcast::<Moon>().unwrap(), Moon);
    assert_eq!(partial.equity, [100_000.0, 100_000.0]);
    assert_eq!((partial.clock.len(), partial.days.len(), partial.positions.rows), (2, 2, 2));
}

#[test]
fn engine_can_be_stepped_by_hand() {
    let market = one();
    let mut engine = Engine::new(&market, &[A], &Span::ALL, &RunConfig::default()).unwrap();
    let run = engine.run().clone();
    let mut values = Vec::new();
    while engine.begin_bar() {
        if run.row() == 0 {
            run.buy(A, Size::Shares(10.0)).unwrap();
        }
        engine.end_bar();
        values.push((run.position(A), run.cash(), run.value()));
    }
    assert_eq!(values[1], (10.0, 98_990.0, 100_000.0));
    assert_eq!(engine.finish().equity, [100_000.0, 100_000.0, 100_010.0, 100_020.0]);
}

#[test]
fn tickets_that_make_no_sense_are_refused_at_once() {
    let market = one();
    let mut engine = Engine::new(&market, &[A], &Span::ALL, &RunConfig::default()).unwrap();
    assert!(engine.begin_bar());
    let run = engine.run().clone();
    let ticket = Ticket {
        asset: A,
        side: Side::Buy,
        kind: OrderKind::Market,
        size: Size::Shares(1.0),
        reverse: false,
        guard: Guard::NONE,
    };
    let refused = |ticket: &Ticket| run.submit(ticket).unwrap_err();
    let elsewhere = Ticket { asset: AssetId(7), ..ticket };
    assert_eq!(refused(&elsewhere), TicketError::Asset(AssetId(7)));
    let free = Ticket { kind: OrderKind::Limit { limit: 0.0 }, ..ticket };
    assert_eq!(refused(&free), TicketError::Price(0.0));
    let none = Ticket { size: Size::Shares(-1.0), ..ticket };
    assert_eq!(refused(&none), TicketError::Size(-1.0));
    let guard = Guard { stop_loss: Some(Distance::Price(0.0)), ..Guard::NONE };
    assert_eq!(refused(&Ticket { guard, ..ticket }), TicketError::Distance(0.0));
    assert_eq!(run.close(A), Ok(None));
    engine.end_bar();
    assert!(engine.finish().orders.is_empty());
}

#[test]
fn assets_and_rows_that_are_not_there_are_refused() {
    let refused = |assets: &[AssetId], span: Span| {
        let error = run(&one(), assets, &span, &RunConfig::default(), &mut Script::new(""));
        error.unwrap_err().to_string()
    };
    assert_eq!(refused(&[], Span::ALL), "a run needs at least one asset");
    assert_eq!(
        refused(&[AssetId(3)], Span::ALL),
        "asset number 3 is not in the market, which has 1"
    );
    assert_eq!(refused(&[A, A], Span::ALL), "asset TEST is listed twice");
    assert_eq!(refused(&[A], Span::Rows(2..9)), "rows 2..9 were asked for, but there are 4");
}

#[test]
fn run_over_no_rows_has_an_empty_row() {
    let config = RunConfig::default();
    let result = run(&one(), &[A], &Span::Rows(2..2), &config, &mut Script::new("buy 1")).unwrap();
    assert!(result.equity.is_empty() && result.row == backcast_metrics::Row::EMPTY);
}

#[test]
fn excursions_look_at_the_bars_that_were_held() {
    let stock = asset(
        "TEST",
        "2001-01-01 close 100
         2001-01-02 open 100 high 104 low 98 close 101
         2001-01-03 open 50 high 60 low 45 close 55 split 2
         2001-01-04 open 55 high 90 low 10 close 50",
    );
    let stock_market = market(vec![stock.clone()]);
    let mut script = Script::new("buy 10; 2001-01-03 close");
    let result = run(&stock_market, &[A], &Span::ALL, &RunConfig::default(), &mut script).unwrap();
    let found = excursions(&result.trades[0], &stock, FillTiming::NextOpen);
    // Entry at 50 in new shares; lowest 45, highest 60; the bar of the exit at its open is not held.
    assert!((found.adverse - 0.1).abs() < 1e-12 && (found.favourable - 0.2).abs() < 1e-12);
}
