//! Orders and bars in, fills out, all as text.

use std::collections::HashMap;

use backcast_engine::{
    Distance, Guard, Run, RunConfig, RunResult, Setup, Span, Strategy, StrategyError, Ticket, run,
};
use backcast_types::{OrderEvent, OrderId, OrderKind, OrderStatus, Side, Size};
use expect_test::Expect;

use crate::market::{asset, lines, market, moment, value, word_after};

/// Compares the fills of some orders with what is expected, under the default configuration (100,000 in cash, whole shares, no
/// costs, next open).
///
/// Orders are separated by `;` or lines: `[WHEN] buy 10 limit 99`. `WHEN` is the bar at whose close the order is made, the first
/// one where it is left out. Sizes: `10`, `10.5`, `$500`, `50%` (of equity), `all`. Then `limit PRICE` or `stop PRICE`, and any of
/// `reverse`, `loss D`, `target D`, `trail D`, where D is `5%` or a price distance. `close` closes the position, `cancel 0`
/// withdraws order 0.
///
/// # Panics
/// Where the fills differ, or the text cannot be read.
#[track_caller]
pub fn check_fills(orders: &str, bars: &str, expected: Expect) {
    check_fills_with(&RunConfig::default(), orders, bars, expected);
}

/// [`check_fills`] under another configuration.
///
/// # Panics
/// As [`check_fills`].
#[track_caller]
pub fn check_fills_with(config: &RunConfig, orders: &str, bars: &str, expected: Expect) {
    let market = market(vec![asset("TEST", bars)]);
    let assets = [backcast_types::AssetId(0)];
    let mut script = Script::new(orders);
    let result = run(&market, &assets, &Span::ALL, config, &mut script);
    let result = result.unwrap_or_else(|e| panic!("{orders}: {e}"));
    let names: Vec<&str> =
        lines(bars).map(|line| line.split_whitespace().next().unwrap_or_default()).collect();
    expected.assert_eq(&told(&result, &names));
}

/// Fills and refusals, one a line.
fn told(result: &RunResult, rows: &[&str]) -> String {
    let mut told: Vec<String> = Vec::new();
    for OrderEvent { order, status, row } in &result.order_events {
        let at = rows[*row as usize];
        match status {
            OrderStatus::Open => {}
            OrderStatus::Filled => {
                let fill = result.fills.iter().find(|f| f.order == *order);
                let fill = fill.expect("a filled order has a fill");
                let side = if fill.quantity > 0.0 { "buy" } else { "sell" };
                let fee = match fill.commission {
                    0.0 => String::new(),
                    fee => format!(" fee {fee:.2}"),
                };
                let shares = fill.quantity.abs();
                told.push(format!("{at} {side} {shares} at {:.2}{fee}", fill.price));
            }
            OrderStatus::Rejected(reason) => {
                told.push(format!("{at} order {} rejected: {reason:?}", order.0));
            }
            OrderStatus::Ended(reason) => {
                told.push(format!("{at} order {} ended: {reason:?}", order.0));
            }
        }
    }
    match told.len() {
        0 | 1 => told.concat(),
        _ => told.join("\n") + "\n",
    }
}

/// A strategy that does what a text says, on the first asset of the run.
pub struct Script {
    /// By time of the bar; `None` stands for the first.
    steps: HashMap<Option<i64>, Vec<Step>>,
}

#[derive(Clone)]
enum Step {
    Order { side: Side, kind: OrderKind, size: Size, reverse: bool, guard: Guard },
    Close,
    Cancel(u32),
}

impl Script {
    /// Orders as [`check_fills`] reads them.
    ///
    /// # Panics
    /// On an order that cannot be read.
    #[must_use]
    pub fn new(orders: &str) -> Script {
        let mut steps: HashMap<_, Vec<Step>> = HashMap::new();
        for order in orders.split([';', '\n']).map(str::trim).filter(|order| !order.is_empty()) {
            let timed = order.starts_with(|c: char| c.is_ascii_digit());
            let when = timed.then(|| moment(order).0);
            let rest =
                if timed { order.split_once(' ').map_or("", |(_, rest)| rest) } else { order };
            steps.entry(when).or_default().push(step(rest.trim()));
        }
        Script { steps }
    }
}

impl Strategy for Script {
    fn init(&mut self, _: &mut Setup<'_>) -> Result<(), StrategyError> {
        Ok(())
    }

    fn next(&mut self, run: &Run) -> Result<(), StrategyError> {
        let asset = run.assets()[0];
        let first = if run.row() == 0 { self.steps.get(&None) } else { None };
        let now = self.steps.get(&Some(run.time().0));
        for step in first.into_iter().chain(now).flatten() {
            match step.clone() {
                Step::Order { side, kind, size, reverse, guard } => {
                    run.submit(&Ticket { asset, side, kind, size, reverse, guard })?;
                }
                Step::Close => {
                    run.close(asset)?;
                }
                Step::Cancel(number) => {
                    run.cancel(OrderId(number));
                }
            }
        }
        Ok(())
    }
}

fn step(text: &str) -> Step {
    let words: Vec<&str> = text.split_whitespace().collect();
    let side = match words.first() {
        Some(&"buy") => Side::Buy,
        Some(&"sell") => Side::Sell,
        Some(&"close") => return Step::Close,
        Some(&"cancel") => {
            return Step::Cancel(words[1].parse().expect("the number of an order"));
        }
        _ => panic!("no order: `{text}`"),
    };
    let kind = match (value(text, "limit"), value(text, "stop")) {
        (Some(limit), _) => OrderKind::Limit { limit },
        (None, Some(stop)) => OrderKind::Stop { stop },
        (None, None) => OrderKind::Market,
    };
    let distance = |name: &str| word_after(text, name).map(distance);
    let guard = Guard {
        stop_loss: distance("loss"),
        take_profit: distance("target"),
        trailing: distance("trail"),
    };
    Step::Order { side, kind, size: size(words[1]), reverse: words.contains(&"reverse"), guard }
}

fn size(word: &str) -> Size {
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("no size: `{word}`"));
    match word {
        "all" => Size::AllIn,
        "position" => Size::Position,
        _ if word.starts_with('$') => Size::Value(number(&word[1..])),
        _ if word.ends_with('%') => Size::EquityFraction(number(&word[..word.len() - 1]) / 100.0),
        _ => Size::Shares(number(word)),
    }
}

fn distance(word: &str) -> Distance {
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("no distance: `{word}`"));
    match word.strip_suffix('%') {
        Some(percent) => Distance::Fraction(number(percent) / 100.0),
        None => Distance::Price(number(word)),
    }
}
