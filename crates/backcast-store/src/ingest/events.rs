//! Splits and dividends: out of an adjusted close, or out of files of their own.

use backcast_data::{Asset, Dividend, Split};
use backcast_types::Day;

use super::options::{AdjClose, Prices};

/// A step of the ratio of adjusted to traded close below this is no event; amounts are rounded to it.
const TINY: f64 = 1e-6;
/// A split and the move of the close at it agree within this.
const ALIKE: f64 = 0.25;

/// Events that explain how the ratio of adjusted to traded close steps from row to row.
///
/// At an event the ratio of the row before is `step` times that of the row. With WIKI prices `step = C / (C + D)` for the
/// close C of the ex-date, with Yahoo `step = 1 - D / C_previous`. A step within 1e-6 of n/m (n, m up to 20) whose close moved
/// alike within 25 % is a split, anything else a dividend; its amount is rounded to 1e-6.
///
/// # Errors
/// Row of a step that is neither, with the step.
pub(crate) fn recover(
    days: &[i32],
    close: &[f64],
    adjusted: &[f64],
    rule: AdjClose,
    prices: Prices,
) -> Result<(Vec<Split>, Vec<Dividend>), (usize, f64)> {
    let _span = backcast_spans::span!("store.recover_events");
    let (mut splits, mut dividends) = (Vec::new(), Vec::new());
    // A traded price in cents is exact; one that was divided by splits is rounded, as every adjusted close is.
    let traded = if prices == Prices::AsTraded { 4 } else { 2 };
    let (close_grain, adjusted_grain) = (grain(close, traded), grain(adjusted, 2));
    for row in 1..days.len() {
        let ratio = |row: usize| adjusted[row] / close[row];
        let step = ratio(row - 1) / ratio(row);
        // What rounding of the printed numbers alone may do to the step.
        let noise: f64 = [row - 1, row]
            .iter()
            .map(|&r| adjusted_grain / adjusted[r] + close_grain / close[r])
            .sum();
        let tolerance = TINY + 0.5 * noise;
        if (step - 1.0).abs() <= tolerance {
            continue;
        }
        let day = Day(days[row]);
        if prices == Prices::AsTraded
            && let Some(shares) = split(step, close[row] / close[row - 1], TINY)
        {
            splits.push(Split { day, shares });
            continue;
        }
        let amount = match rule {
            AdjClose::Yahoo => close[row - 1] * (1.0 - step),
            AdjClose::Wiki | AdjClose::Ignore => close[row] / step - close[row],
        };
        let amount = (amount / TINY).round() * TINY;
        // Multiples of 1e-6 as a text would give them, not as a product does.
        let amount: f64 = format!("{amount:.6}").parse().expect("a number was written");
        if amount < 0.0 || !amount.is_finite() {
            return Err((row, step));
        }
        if amount > 0.0 {
            dividends.push(Dividend { ex_day: day, pay_day: day, amount });
        }
    }
    Ok((splits, dividends))
}

/// New shares for each old one, where the step is that of a split.
fn split(step: f64, moved: f64, tolerance: f64) -> Option<f64> {
    if (moved / step - 1.0).abs() > ALIKE {
        return None;
    }
    (1..=20u32).find_map(|new| {
        let old = (step * f64::from(new)).round();
        let near = (step - old / f64::from(new)).abs() <= tolerance;
        ((1.0..=20.0).contains(&old) && near && old != f64::from(new)).then(|| f64::from(new) / old)
    })
}

/// The power of ten that all numbers are multiples of, from `fewest` digits down to 1e-8; zero where they have more digits,
/// or fewer, which is no rounding.
fn grain(column: &[f64], fewest: i32) -> f64 {
    for digits in 0..=8 {
        let scale = 10f64.powi(digits);
        let whole = |x: &f64| {
            let scaled = x * scale;
            (scaled - scaled.round()).abs() <= 1e-9 * scaled.abs().max(1.0)
        };
        if column.iter().all(whole) {
            return if digits >= fewest { 1.0 / scale } else { 0.0 };
        }
    }
    0.0
}

/// Leaves out events that no bar can show: on or before the first session, or after the last. Returns how many.
pub(crate) fn trim(asset: &mut Asset) -> usize {
    let (Some(&first), Some(&last)) = (asset.bars.day.first(), asset.bars.day.last()) else {
        return 0;
    };
    let inside = |day: Day| day.0 > first && day.0 <= last;
    let before = asset.splits.len() + asset.dividends.len();
    asset.splits.retain(|split| inside(split.day));
    asset.dividends.retain(|dividend| inside(dividend.ex_day));
    before - asset.splits.len() - asset.dividends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_told_from_a_dividend_by_the_move_of_the_close() {
        assert_eq!(split(0.5, 0.52, TINY), Some(2.0));
        assert_eq!(split(2.0 / 3.0, 0.66, TINY), Some(1.5));
        assert_eq!(split(10.0, 9.8, TINY), Some(0.1));
        assert_eq!(split(0.95, 1.3, TINY), None);
        assert_eq!(split(0.9957, 1.0, TINY), None);
    }

    #[test]
    fn both_rules_give_back_the_dividend_that_made_the_adjusted_close() {
        let (close, days) = ([100.0, 98.0, 99.0], [1, 2, 3]);
        let wiki = 98.0 / (98.0 + 0.56);
        let yahoo = 1.0 - 0.56 / 100.0;
        for (rule, step) in [(AdjClose::Wiki, wiki), (AdjClose::Yahoo, yahoo)] {
            let adjusted = [100.0 * step, 98.0, 99.0];
            let (splits, dividends) =
                recover(&days, &close, &adjusted, rule, Prices::AsTraded).unwrap();
            assert!(splits.is_empty());
            assert_eq!(dividends, [Dividend { ex_day: Day(2), pay_day: Day(2), amount: 0.56 }]);
        }
    }

    #[test]
    fn rounded_columns_do_not_make_dividends_out_of_their_rounding() {
        let close: Vec<f64> = (0..500)
            .map(|i| 0.8 + 0.01 * f64::from(i % 37))
            .map(|x: f64| (x * 1e6).round() / 1e6)
            .collect();
        let adjusted: Vec<f64> =
            close.iter().map(|c| (c * 0.912_345_678 * 1e6).round() / 1e6).collect();
        let days: Vec<i32> = (0..500).collect();
        let (splits, dividends) =
            recover(&days, &close, &adjusted, AdjClose::Yahoo, Prices::SplitAdjusted).unwrap();
        assert!(splits.is_empty() && dividends.is_empty(), "{dividends:?}");
    }

    #[test]
    fn a_rise_that_is_no_split_is_an_error() {
        let found =
            recover(&[1, 2], &[100.0, 100.0], &[107.0, 100.0], AdjClose::Wiki, Prices::AsTraded);
        assert_eq!(found.unwrap_err().0, 1);
    }
}
