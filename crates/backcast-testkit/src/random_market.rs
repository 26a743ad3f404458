//! Small markets from a seed, with everything that makes a run hard.

use backcast_data::{Asset, Bars, Dividend, Frequency, Market, Split};
use backcast_types::Day;

use crate::market::market;

/// What a random market may contain.
#[derive(Clone, Debug)]
pub struct MarketOptions {
    /// Number of assets, called A, B, C and so on.
    pub assets: usize,
    /// Bars of the longest asset, at least one.
    pub rows: usize,
    /// Whether shares are split.
    pub splits: bool,
    /// Whether dividends are paid, some of them days after the ex-date.
    pub dividends: bool,
    /// Whether assets miss bars, are listed late or leave early.
    pub gaps: bool,
    /// Bars of a day; more than one makes minute bars.
    pub bars_a_day: usize,
}

impl Default for MarketOptions {
    /// One asset, 200 daily bars, splits and dividends.
    fn default() -> MarketOptions {
        MarketOptions {
            assets: 1,
            rows: 200,
            splits: true,
            dividends: true,
            gaps: false,
            bars_a_day: 1,
        }
    }
}

/// A market from a seed; equal seeds and options give equal markets. Prices are rounded, to halves in some, so that ties come up.
#[must_use]
pub fn random_market(seed: u64, options: &MarketOptions) -> Market {
    let name = |i: usize| char::from(b'A' + (i % 26) as u8).to_string();
    let assets = (0..options.assets).map(|i| {
        let mut draw = Draw(seed ^ (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random_asset(&name(i), &mut draw, options)
    });
    let mut market = market(assets.collect());
    market.name = format!("random {seed}");
    if options.bars_a_day > 1 {
        market.frequency = Frequency::Minutes(1);
        market.periods_per_year = 252.0 * options.bars_a_day as f64;
    }
    market
}

fn random_asset(symbol: &str, draw: &mut Draw, options: &MarketOptions) -> Asset {
    let bars_a_day = options.bars_a_day.max(1);
    let tick = draw.pick(&[0.01, 0.01, 0.25, 0.5]);
    let mut price = draw.pick(&[3.0, 20.0, 150.0, 4_000.0]);
    let volatility = draw.pick(&[0.005, 0.02, 0.06]);
    let (first, last) = match options.gaps {
        true => (draw.below(options.rows / 3 + 1), options.rows - draw.below(options.rows / 4 + 1)),
        false => (0, options.rows),
    };
    let (mut splits, mut dividends) = (Vec::new(), Vec::new());
    let mut columns: [Vec<f64>; 5] = Default::default();
    let (mut time, mut day) = (Vec::new(), Vec::new());
    for row in 0..options.rows {
        let (session, inside) = (row / bars_a_day, row % bars_a_day);
        // Five sessions, then two days without.
        let today = 11_000 + (session / 5 * 7 + session % 5) as i32;
        if inside == 0 && row > first {
            if options.splits && draw.one_in(30) {
                let shares = draw.pick(&[2.0, 3.0, 1.5, 0.5, 0.1, 7.0]);
                price /= shares;
                splits.push(Split { day: Day(today), shares });
            }
            if options.dividends && draw.one_in(20) {
                let amount = round(price * 0.02, 0.01);
                price = round(price - amount, tick);
                let pay_day = Day(today + draw.pick(&[0, 0, 2, 9]));
                dividends.push(Dividend { ex_day: Day(today), pay_day, amount });
            }
        }
        let open = round(price * (1.0 + draw.signed() * volatility * 0.3), tick);
        let close = round(open * (1.0 + draw.signed() * volatility), tick);
        price = close;
        if row < first || row >= last || (options.gaps && draw.one_in(15)) {
            continue;
        }
        let reach = 1.0 + draw.unit() * volatility;
        let high = round(open.max(close) * reach, tick).max(open).max(close);
        let low = round(open.min(close) / reach, tick).min(open).min(close);
        let volume = (draw.unit() * 1e6).floor() + 1.0;
        time.push((i64::from(today) * 1440 + 870 + inside as i64) * 60_000_000_000);
        day.push(today);
        for (column, x) in columns.iter_mut().zip([open, high, low, close, volume]) {
            column.push(x);
        }
    }
    let [open, high, low, close, volume] = columns.map(Into::into);
    let (time, day) = (time.into(), day.into());
    let bars = Bars { time, day, open, high, low, close, volume, extra: Vec::new() };
    Asset { symbol: symbol.into(), bars, splits, dividends, delisted: None }
}

/// A positive multiple of `tick`.
fn round(price: f64, tick: f64) -> f64 {
    ((price / tick).round() * tick).max(tick)
}

/// Source: S. Vigna, "splitmix64", 2015, public domain description of the generator.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn signed(&mut self) -> f64 {
        self.unit() * 2.0 - 1.0
    }
}
