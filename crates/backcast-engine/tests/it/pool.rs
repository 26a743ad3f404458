//! Several assets on one cash pool.

use backcast_engine::{Run, RunConfig, RunResult, Span, Strategy, StrategyError, run};
use backcast_testkit::{asset, market};
use backcast_types::{AssetId, Day, OrderStatus, Reason, Size};

const A: AssetId = AssetId(0);
const B: AssetId = AssetId(1);

/// Calls a function at each row.
struct At<F>(F);

impl<F: FnMut(&Run) -> Result<(), StrategyError>> Strategy for At<F> {
    fn next(&mut self, run: &Run) -> Result<(), StrategyError> {
        (self.0)(run)
    }
}

fn two() -> backcast_data::Market {
    market(vec![
        asset(
            "A",
            "2001-01-01 close 100
             2001-01-02 close 100
             2001-01-03 close 110
             2001-01-04 close 120",
        ),
        asset(
            "B",
            "2001-01-02 close 10
             2001-01-04 close 20
             2001-01-05 close 30",
        ),
    ])
}

fn played(assets: &[AssetId], next: impl FnMut(&Run) -> Result<(), StrategyError>) -> RunResult {
    let config = RunConfig { cash: 1_000.0, ..RunConfig::default() };
    run(&two(), assets, &Span::ALL, &config, &mut At(next)).unwrap()
}

#[test]
fn clock_is_the_union_and_an_asset_without_a_bar_stands_still() {
    let mut seen = Vec::new();
    let result = played(&[A, B], |run| {
        seen.push((run.has_bar(A), run.has_bar(B), run.own_row(B)));
        if run.row() == 1 {
            run.buy(B, Size::Shares(10.0))?;
        }
        Ok(())
    });
    assert_eq!(result.days.to_vec(), [11_323, 11_324, 11_325, 11_326, 11_327]);
    assert_eq!(
        seen,
        [
            (true, false, None),
            (true, true, Some(0)),
            (true, false, Some(0)),
            (true, true, Some(1)),
            (false, true, Some(2)),
        ]
    );
    // Ordered on the second, B trades again on the fourth only.
    assert_eq!((result.fills[0].row, result.fills[0].price), (3, 20.0));
    assert_eq!(result.equity, [1_000.0, 1_000.0, 1_000.0, 1_000.0, 1_100.0]);
}

#[test]
fn earlier_listed_asset_takes_the_cash() {
    let at_three = |run: &Run| if run.row() == 2 { both_all(run) } else { Ok(()) };
    let listed = played(&[A, B], at_three);
    assert_eq!((listed.fills[0].asset, listed.fills.len()), (A, 2));
    let turned = played(&[B, A], at_three);
    assert_eq!(turned.fills[0].asset, B);
}

fn both_all(run: &Run) -> Result<(), StrategyError> {
    run.buy(B, Size::AllIn)?;
    run.buy(A, Size::AllIn)?;
    Ok(())
}

#[test]
fn fraction_of_equity_counts_positions_at_their_last_price() {
    let result = played(&[A, B], |run| {
        if run.row() == 1 {
            run.buy(A, Size::Shares(5.0))?;
        }
        if run.row() == 2 {
            run.buy(B, Size::EquityFraction(0.2))?;
        }
        Ok(())
    });
    // Row 3: cash 450, five of A at their close of 110: equity 1,000, a fifth of it at 20 a share.
    assert_eq!(result.fills[1].quantity, 10.0);
    assert_eq!(result.equity[3], 450.0 - 200.0 + 5.0 * 120.0 + 10.0 * 20.0);
}

#[test]
fn short_sales_of_all_assets_together_stay_within_equity() {
    let result = played(&[A, B], |run| {
        if run.row() == 1 {
            run.sell(A, Size::Shares(6.0))?;
        }
        if run.row() == 2 {
            run.sell(B, Size::Shares(30.0))?;
            run.sell(B, Size::EquityFraction(1.0))?;
        }
        Ok(())
    });
    let status = |order: usize| {
        let mut events = result.order_events.iter().filter(|e| e.order.0 as usize == order);
        events.next_back().unwrap().status
    };
    // Row 3: six of A sold at 110 make 660 of an equity of 1,000; 600 more is too much, 340 is not.
    assert_eq!(status(1), OrderStatus::Rejected(Reason::ShortBeyondEquity));
    assert_eq!(result.fills[1].quantity, -17.0);
}

#[test]
fn span_cuts_the_clock_but_not_the_past() {
    let config = RunConfig::default();
    let span = Span::Days { from: Some(Day(11_325)), to: Some(Day(11_326)) };
    let mut first = None;
    let result = run(
        &two(),
        &[A, B],
        &span,
        &config,
        &mut At(|run: &Run| {
            first.get_or_insert((run.own_row(A), run.own_row(B), run.close_price(B)));
            Ok(())
        }),
    )
    .unwrap();
    assert_eq!(result.clock.len(), 2);
    assert_eq!(first, Some((Some(2), Some(0), Some(10.0))));
}
