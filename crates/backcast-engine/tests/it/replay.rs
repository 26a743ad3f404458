//! A ledger of its own: replays fills and payments of a finished run and compares every row.

use backcast_data::Market;
use backcast_engine::RunResult;

/// Checks that cash and positions of a run move by its fills, by dividends and by splits alone, and that every number of the
/// result agrees.
pub(crate) fn check_books(market: &Market, result: &RunResult, whole: bool) {
    let mut cash = result.start_cash;
    let mut held = vec![0.0; result.assets.len()];
    let mut close = vec![0.0; result.assets.len()];
    let (mut fills, mut payments) =
        (result.fills.iter().peekable(), result.payments.iter().peekable());
    let mut exposed = 0.0;
    for row in 0..result.clock.len() {
        let time = result.clock[row];
        for (slot, asset) in result.assets.iter().enumerate() {
            let asset = &market.assets[asset.index()];
            let Ok(own) = asset.bars.time.binary_search(&time) else { continue };
            let last_day = own.checked_sub(1).map_or(i32::MIN, |before| asset.bars.day[before]);
            let today = asset.bars.day[own];
            for split in asset.splits.iter().filter(|s| s.day.0 > last_day && s.day.0 <= today) {
                let restated = held[slot] * split.shares;
                held[slot] = if whole { restated.trunc() + 0.0 } else { restated };
            }
            close[slot] = asset.bars.close[own];
        }
        while let Some(payment) = payments.next_if(|p| p.row as usize == row) {
            cash += payment.amount;
        }
        while let Some(fill) = fills.next_if(|f| f.row as usize == row) {
            let slot = result.slot(fill.asset).unwrap();
            held[slot] += fill.quantity;
            // The two legs of a turn were added up; what rounding leaves of a closed position is none.
            if held[slot].abs() < 1e-9 * fill.quantity.abs() {
                held[slot] = 0.0;
            }
            cash -= fill.quantity * fill.price + fill.commission;
            assert!(fill.commission >= 0.0 && fill.slippage >= 0.0);
            assert!(!whole || fill.quantity.fract() == 0.0);
        }
        let equity = cash + held.iter().zip(&close).map(|(q, p)| q * p).sum::<f64>();
        let scale = result.start_cash.abs().max(equity.abs());
        assert!((equity - result.equity[row]).abs() < 1e-9 * scale, "row {row}");
        for (slot, held) in held.iter().enumerate() {
            let told = result.positions.at(slot, row);
            assert!((told - held).abs() <= 1e-9 * held.abs(), "row {row}: {told} {held}");
        }
        exposed += f64::from(held.iter().any(|q| *q != 0.0));
    }
    assert!(fills.next().is_none() && payments.next().is_none());
    assert_eq!(result.tally.exposed, exposed);
    assert_eq!(result.tally.trades, result.trades.len() as f64);
    let costs: f64 = result.fills.iter().map(|f| f.commission + f.slippage).sum();
    assert!((costs - result.tally.costs).abs() <= 1e-9 * costs.max(1.0));
    for (slot, _) in result.assets.iter().enumerate() {
        let column = result.positions.column(slot);
        assert!((0..column.len()).all(|row| column[row] == result.positions.at(slot, row)));
    }
}
