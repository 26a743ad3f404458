//! Made-up markets: geometric Brownian motion from a seed, the same on every machine.
//!
//! [`SyntheticSpec`] makes a market as untidy as real ones: gaps, splits, dividends, late listings, delistings, missing days.
//! [`gbm`] and [`gbm_assets`] make plain bars without events for measurements.

mod random;
mod walk;

use std::{str::FromStr, sync::Arc};

use backcast_calendar::Calendar;
use backcast_types::Day;

use crate::{Asset, Bars, Dividend, Frequency, Market, Split};
use random::Random;
use walk::{Motion, Walk, Walked, round};

/// Every made-up market ends with this session, the last one of 2023 in New York.
pub const LAST_SESSION: &str = "2023-12-29";

const CALENDAR: &str = "XNYS";
const FIRST_YEAR: i16 = 1990;
const LAST_YEAR: i16 = 2023;
const SESSION_MINUTES: usize = 390;
const DAY_NS: i64 = 86_400_000_000_000;
const MINUTE_NS: i64 = 60_000_000_000;

/// A market to be made up, written as `assets=500,years=20,freq=1d,seed=7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntheticSpec {
    /// Number of assets, 1 to 100,000; 10 where nothing is said.
    pub assets: usize,
    /// Years up to the end of 2023, 1 to 34; 10 where nothing is said.
    pub years: u16,
    /// How far apart bars are, a day or up to 390 minutes; a day where nothing is said.
    pub frequency: Frequency,
    /// Another seed, another market; 1 where nothing is said.
    pub seed: u64,
}

/// Why a text describes no market.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntheticError {
    /// A part is not `key=value`.
    #[error("`{part}` is not written as key=value, as in assets=500,years=20,freq=1d,seed=7")]
    Part {
        /// The part.
        part: String,
    },
    /// A key that means nothing.
    #[error(
        "a made-up market has no `{key}`, did you mean `{nearest}`? it has assets, years, freq, seed"
    )]
    Key {
        /// The key.
        key: String,
        /// The most similar one that means something.
        nearest: &'static str,
    },
    /// A key that is there twice.
    #[error("`{key}` is given twice")]
    Twice {
        /// The key.
        key: String,
    },
    /// A value out of range.
    #[error("{key} cannot be `{value}`; it is {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

impl Default for SyntheticSpec {
    fn default() -> SyntheticSpec {
        SyntheticSpec { assets: 10, years: 10, frequency: Frequency::Daily, seed: 1 }
    }
}

impl FromStr for SyntheticSpec {
    type Err = SyntheticError;

    fn from_str(text: &str) -> Result<SyntheticSpec, SyntheticError> {
        let mut spec = SyntheticSpec::default();
        let mut seen: Vec<&str> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((key, value)) = part.split_once('=') else {
                return Err(SyntheticError::Part { part: part.to_owned() });
            };
            let (key, value) = (key.trim(), value.trim());
            if seen.contains(&key) {
                return Err(SyntheticError::Twice { key: key.to_owned() });
            }
            seen.push(key);
            spec.set(key, value)?;
        }
        Ok(spec)
    }
}

impl SyntheticSpec {
    fn set(&mut self, key: &str, value: &str) -> Result<(), SyntheticError> {
        let wrong =
            |key, expected| SyntheticError::Value { key, value: value.to_owned(), expected };
        match key {
            "assets" => {
                let number = value.parse().ok().filter(|n| (1..=100_000).contains(n));
                self.assets =
                    number.ok_or_else(|| wrong("assets", "a whole number from 1 to 100000"))?;
            }
            "years" => {
                let number = value.parse().ok().filter(|n| (1..=34).contains(n));
                self.years = number
                    .ok_or_else(|| wrong("years", "a whole number from 1 to 34 (1990 to 2023)"))?;
            }
            "freq" => {
                let minutes = |n: u16| (1..=390).contains(&n).then_some(Frequency::Minutes(n));
                let frequency = match value.strip_suffix('m') {
                    _ if value == "1d" => Some(Frequency::Daily),
                    Some(number) => number.parse().ok().and_then(minutes),
                    None => None,
                };
                self.frequency = frequency
                    .ok_or_else(|| wrong("freq", "1d, or minutes as in 1m and 5m, up to 390m"))?;
            }
            "seed" => {
                self.seed =
                    value.parse().map_err(|_| wrong("seed", "a whole number from 0 to 2^64 - 1"))?
            }
            _ => {
                let known = ["assets", "years", "freq", "seed"];
                let nearest =
                    known.into_iter().min_by_key(|known| strsim::damerau_levenshtein(known, key));
                return Err(SyntheticError::Key {
                    key: key.to_owned(),
                    nearest: nearest.expect("there are four"),
                });
            }
        }
        Ok(())
    }

    /// The whole market in memory.
    #[must_use]
    pub fn market(&self, name: &str) -> Market {
        let assets = (0..self.assets).map(|index| Arc::new(self.asset(index))).collect();
        Market {
            name: name.to_owned(),
            calendar: Some(CALENDAR.to_owned()),
            frequency: self.frequency,
            periods_per_year: self.periods_per_year(),
            assets,
            digest: String::new(),
        }
    }

    /// Name of the trading calendar.
    #[must_use]
    pub fn calendar(&self) -> &'static str {
        CALENDAR
    }

    /// Bars a year.
    #[must_use]
    pub fn periods_per_year(&self) -> f64 {
        periods_per_year(self.frequency)
    }

    /// One asset, `index` below [`assets`](SyntheticSpec::assets): the same whatever other assets there are.
    #[must_use]
    pub fn asset(&self, index: usize) -> Asset {
        let _span = backcast_spans::span!("data.synthesize");
        let first = Day::from_ymd(LAST_YEAR - self.years.clamp(1, 34) as i16 + 1, 1, 1)
            .expect("a new year");
        let sessions =
            xnys().sessions(first..=last_session()).expect("the calendar covers these years");
        let width = (self.assets.max(1) - 1).to_string().len().max(3);
        let mut life = Life::draw(self, index, sessions.len());
        for (at, day) in sessions.iter().enumerate().take(life.end).skip(life.begin) {
            life.session(at, *day, self.frequency);
        }
        let delisted = (life.end < sessions.len()).then(|| sessions[life.end - 1]);
        Asset {
            symbol: format!("S{index:0width$}"),
            bars: bars(life.walk.bars),
            splits: life.splits,
            dividends: life.dividends,
            delisted,
        }
    }
}

/// One asset as it goes from session to session.
struct Life {
    walk: Walk,
    /// Sessions of its life: first one, and one past the last.
    begin: usize,
    end: usize,
    /// Part of the price that is paid out each quarter; zero where it pays nothing.
    payout: f64,
    /// Sessions before the first payment.
    phase: usize,
    /// Sessions left without trade.
    halted: usize,
    splits: Vec<Split>,
    dividends: Vec<Dividend>,
}

impl Life {
    fn draw(spec: &SyntheticSpec, index: usize, sessions: usize) -> Life {
        let mut random = Random::new(spec.seed, index as u64);
        let late = random.chance(0.2);
        let begin = if late { random.whole(0, sessions * 3 / 5) } else { 0 };
        let delisted = random.chance(0.1);
        let end = if delisted {
            random.whole(begin + (sessions - begin) / 2, sessions - 1)
        } else {
            sessions
        };
        let payout = if random.chance(0.6) { 0.002 + 0.008 * random.uniform() } else { 0.0 };
        let phase = random.whole(1, 63);
        let price = 10.0 * libm::exp(2.5 * random.uniform());
        let sigma = 0.01 + 0.015 * random.uniform();
        let per_session = bars_a_session(spec.frequency);
        let volume = 1e5 * libm::exp(3.0 * random.uniform()) / per_session as f64;
        let motion = Motion::per_session(0.0003, sigma, 0.003, per_session);
        let walk = Walk { random, motion, digits: 2, volume, price, bars: Walked::default() };
        Life {
            walk,
            begin,
            end: end.max(begin + 1),
            payout,
            phase,
            halted: 0,
            splits: Vec::new(),
            dividends: Vec::new(),
        }
    }

    fn session(&mut self, at: usize, day: Day, frequency: Frequency) {
        let first = at == self.begin;
        if !first {
            self.walk.overnight();
            if self.walk.random.chance(0.004) {
                self.walk.price *= libm::exp(0.06 * self.walk.random.normal());
            }
            self.pay(at, day);
            self.split(day);
        }
        if self.is_missing() && !first {
            return;
        }
        let session = xnys().session(day).expect("the day is a session");
        match frequency {
            Frequency::Daily => self.walk.bar(session.close.0, day.0),
            Frequency::Minutes(step) => {
                let step = i64::from(step) * MINUTE_NS;
                let mut end = session.open.0 + step;
                while end <= session.close.0 {
                    // The first bar stays, so that a session without halt is never empty.
                    if end == session.open.0 + step || !self.walk.random.chance(0.002) {
                        self.walk.bar(end, day.0);
                    }
                    end += step;
                }
            }
        }
    }

    /// A quarterly dividend in whole cents.
    fn pay(&mut self, at: usize, day: Day) {
        if self.payout == 0.0 || !(at - self.begin + self.phase).is_multiple_of(63) {
            return;
        }
        let amount = round(self.walk.price * self.payout, 2);
        if amount > 0.0 && amount < 0.5 * self.walk.price {
            self.walk.price -= amount;
            self.dividends.push(Dividend { ex_day: day, pay_day: day.plus(14), amount });
        }
    }

    /// Splits bring high prices down and low ones up.
    fn split(&mut self, day: Day) {
        let price = self.walk.price;
        let shares = if price < 3.0 {
            0.1
        } else if price > 120.0 && self.walk.random.chance(0.01) {
            [2.0, 3.0, 1.5][self.walk.random.whole(0, 2)]
        } else {
            return;
        };
        self.walk.price /= shares;
        self.walk.volume *= shares;
        self.splits.push(Split { day, shares });
    }

    /// Single days without trade, and now and then a halt of up to ten sessions.
    fn is_missing(&mut self) -> bool {
        if self.halted > 0 {
            self.halted -= 1;
            return true;
        }
        if self.walk.random.chance(0.0003) {
            self.halted = self.walk.random.whole(1, 9);
            return true;
        }
        self.walk.random.chance(0.001)
    }
}

/// One asset of exactly `bars` daily bars without events; as [`gbm_assets`].
#[must_use]
pub fn gbm(bars: usize, seed: u64) -> Market {
    gbm_assets(1, bars, Frequency::Daily, seed)
}

/// Assets of exactly `bars` bars each at the same times, without events or holes: geometric Brownian motion of 1.5 % deviation
/// and 0.03 % drift a session, overnight gaps of 0.3 %, prices of six decimals.
///
/// Bars end with the last session of 2023 in New York. Where that calendar (from 1990) has too few sessions, bars lie on all days
/// or all minutes.
///
/// # Panics
/// Beyond 80,000 daily bars, for which there is no calendar.
#[must_use]
pub fn gbm_assets(assets: usize, bars: usize, frequency: Frequency, seed: u64) -> Market {
    let plain = PlainBars::new(bars, frequency, seed);
    Market {
        name: "gbm".to_owned(),
        assets: (0..assets).map(|index| Arc::new(plain.asset(index))).collect(),
        calendar: plain.calendar,
        frequency,
        periods_per_year: periods_per_year(frequency),
        digest: String::new(),
    }
}

/// Assets as those of [`gbm_assets`], made one by one.
#[derive(Clone, Debug)]
pub struct PlainBars {
    calendar: Option<String>,
    clock: Vec<(i64, i32)>,
    frequency: Frequency,
    seed: u64,
}

impl PlainBars {
    /// Exactly so many bars for each asset.
    ///
    /// # Panics
    /// Beyond 80,000 daily bars, for which there is no calendar.
    #[must_use]
    pub fn new(bars: usize, frequency: Frequency, seed: u64) -> PlainBars {
        let (calendar, clock) = gbm_clock(bars, frequency);
        PlainBars { calendar, clock, frequency, seed }
    }

    /// Most bars that the sessions since 1990 have room for. With more of them bars lie on all days, at all hours.
    #[must_use]
    pub fn room(frequency: Frequency) -> usize {
        let sessions = gbm_sessions();
        match frequency {
            Frequency::Daily => sessions.len(),
            Frequency::Minutes(step) => {
                sessions.iter().map(|day| minute_bars(*day, step).len()).sum()
            }
        }
    }

    /// One asset: the same whatever other assets there are.
    #[must_use]
    pub fn asset(&self, index: usize) -> Asset {
        let _span = backcast_spans::span!("data.synthesize");
        let per_session = bars_a_session(self.frequency);
        let mut random = Random::new(self.seed, index as u64);
        let price = 50.0 + 100.0 * random.uniform();
        let motion = Motion::per_session(0.0003, 0.015, 0.003, per_session);
        let volume = 1e6 / per_session as f64;
        let mut walk = Walk { random, motion, digits: 6, volume, price, bars: Walked::default() };
        let mut before = None;
        for &(time, day) in &self.clock {
            if before.is_some_and(|before| before != day) {
                walk.overnight();
            }
            before = Some(day);
            walk.bar(time, day);
        }
        Asset {
            symbol: format!("G{index}"),
            bars: bars(walk.bars),
            splits: Vec::new(),
            dividends: Vec::new(),
            delisted: None,
        }
    }

    /// Name of the trading calendar, where bars lie in its sessions.
    #[must_use]
    pub fn calendar(&self) -> Option<&str> {
        self.calendar.as_deref()
    }

    /// How far apart bars are.
    #[must_use]
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// Bars a year.
    #[must_use]
    pub fn periods_per_year(&self) -> f64 {
        periods_per_year(self.frequency)
    }
}

/// Times and days of so many bars.
fn gbm_clock(bars: usize, frequency: Frequency) -> (Option<String>, Vec<(i64, i32)>) {
    let mut clock = Vec::with_capacity(bars);
    for day in gbm_sessions().iter().rev() {
        if clock.len() >= bars {
            break;
        }
        match frequency {
            Frequency::Daily => {
                let session = xnys().session(*day).expect("the day is a session");
                clock.push((session.close.0, day.0));
            }
            Frequency::Minutes(step) => {
                clock.extend(minute_bars(*day, step).rev().map(|end| (end, day.0)));
            }
        }
    }
    if clock.len() < bars {
        return (None, every_day(bars, frequency));
    }
    clock.truncate(bars);
    clock.reverse();
    (Some(CALENDAR.to_owned()), clock)
}

/// Times at which the bars of a session end.
fn minute_bars(day: Day, step: u16) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator {
    let session = xnys().session(day).expect("the day is a session");
    let step = i64::from(step) * MINUTE_NS;
    let count = ((session.close.0 - session.open.0) / step) as i32;
    (1..count + 1).map(move |bar| session.open.0 + i64::from(bar) * step)
}

/// Sessions that plain bars lie in, oldest first.
fn gbm_sessions() -> &'static [Day] {
    let first = Day::from_ymd(FIRST_YEAR, 1, 1).expect("a new year");
    xnys().sessions(first..=last_session()).expect("the calendar covers these years")
}

/// Times and days on all days, at all hours.
fn every_day(bars: usize, frequency: Frequency) -> Vec<(i64, i32)> {
    let step = match frequency {
        Frequency::Daily => DAY_NS,
        Frequency::Minutes(step) => i64::from(step) * MINUTE_NS,
    };
    assert!(frequency != Frequency::Daily || bars <= 80_000, "no calendar has {bars} daily bars");
    let end = (i64::from(last_session().0) + 1) * DAY_NS;
    (0..bars as i64)
        .rev()
        .map(|back| end - back * step)
        .map(|time| (time, ((time - 1).div_euclid(DAY_NS)) as i32))
        .collect()
}

fn bars(walked: Walked) -> Bars {
    let [open, high, low, close, volume] = walked.columns;
    Bars {
        time: walked.time.into(),
        day: walked.day.into(),
        open: open.into(),
        high: high.into(),
        low: low.into(),
        close: close.into(),
        volume: volume.into(),
        extra: Vec::new(),
    }
}

fn xnys() -> &'static Calendar {
    Calendar::named(CALENDAR).expect("the calendar is part of the program")
}

fn last_session() -> Day {
    LAST_SESSION.parse().expect("the constant is a date")
}

fn bars_a_session(frequency: Frequency) -> usize {
    match frequency {
        Frequency::Daily => 1,
        Frequency::Minutes(step) => (SESSION_MINUTES / usize::from(step)).max(1),
    }
}

fn periods_per_year(frequency: Frequency) -> f64 {
    252.0 * bars_a_session(frequency) as f64
}
