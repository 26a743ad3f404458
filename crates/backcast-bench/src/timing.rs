//! Times of several sides of one job, taken in turns.
//!
//! In each round every side runs once, in listed order in even rounds and backwards in odd ones, so that a busy or slowing machine
//! touches all sides alike. Ratios are medians of the ratios of single rounds, which is what stays true on a busy machine.

use std::{
    convert::Infallible,
    hint::black_box,
    time::{Duration, Instant},
};

/// Time that short jobs are repeated for, beyond the rounds asked for.
const WORTH_MEASURING: Duration = Duration::from_millis(600);

/// Most rounds of a short job.
const MOST_ROUNDS: usize = 1001;

/// One way to do a job, which may fail with an `E`.
pub(crate) struct Side<'a, E = Infallible> {
    name: String,
    work: Box<dyn FnMut() -> Result<f64, E> + 'a>,
}

impl<'a> Side<'a> {
    /// Work whose result is dropped outside of the time.
    pub(crate) fn new<T>(name: impl Into<String>, mut work: impl FnMut() -> T + 'a) -> Side<'a> {
        let timed = move || {
            let begin = Instant::now();
            let kept = black_box(work());
            let seconds = begin.elapsed().as_secs_f64();
            drop(kept);
            seconds
        };
        Side::self_timed(name, timed)
    }

    /// Work that measures itself, in seconds.
    pub(crate) fn self_timed(
        name: impl Into<String>,
        mut work: impl FnMut() -> f64 + 'a,
    ) -> Side<'a> {
        Side { name: name.into(), work: Box::new(move || Ok(work())) }
    }
}

impl<'a> Side<'a, String> {
    /// Work that measures itself, in seconds, and may fail: another process.
    pub(crate) fn process(
        name: impl Into<String>,
        work: impl FnMut() -> Result<f64, String> + 'a,
    ) -> Side<'a, String> {
        Side { name: name.into(), work: Box::new(work) }
    }
}

/// Seconds of one side, in order of rounds.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    pub(crate) name: String,
    pub(crate) seconds: Vec<f64>,
}

impl Times {
    pub(crate) fn median(&self) -> f64 {
        median(self.seconds.clone())
    }

    pub(crate) fn least(&self) -> f64 {
        self.seconds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn most(&self) -> f64 {
        self.seconds.iter().copied().fold(0.0, f64::max)
    }

    /// How many times as long the other side takes: the median over rounds.
    pub(crate) fn ratio_of(&self, other: &Times) -> f64 {
        median(self.seconds.iter().zip(&other.seconds).map(|(own, other)| other / own).collect())
    }

    /// How much longer this side takes than another one, round by round.
    pub(crate) fn beyond(&self, other: &Times, name: impl Into<String>) -> Times {
        let pairs = self.seconds.iter().zip(&other.seconds);
        Times { name: name.into(), seconds: pairs.map(|(own, other)| own - other).collect() }
    }
}

/// Times all sides in at least `rounds` rounds, after one round that does not count.
pub(crate) fn measure(sides: Vec<Side<'_>>, rounds: usize) -> Vec<Times> {
    let Ok(times) = try_measure(sides, rounds);
    times
}

/// [`measure`] of sides that may fail: the first failure ends it, for a time that is missing would spoil the medians.
pub(crate) fn try_measure<E>(mut sides: Vec<Side<'_, E>>, rounds: usize) -> Result<Vec<Times>, E> {
    let begin = Instant::now();
    for side in &mut sides {
        (side.work)()?;
    }
    let round = begin.elapsed().max(Duration::from_nanos(100));
    let more = (WORTH_MEASURING.as_secs_f64() / round.as_secs_f64()) as usize;
    let rounds = rounds.max(more.min(MOST_ROUNDS));
    let mut times: Vec<Times> = sides
        .iter()
        .map(|side| Times { name: side.name.clone(), seconds: Vec::with_capacity(rounds) })
        .collect();
    for round in 0..rounds {
        for step in 0..sides.len() {
            let at = if round % 2 == 0 { step } else { sides.len() - 1 - step };
            times[at].seconds.push((sides[at].work)()?);
        }
    }
    Ok(times)
}

/// The middle value; of an even number, the upper one of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn sides_run_in_turns_and_back() {
        let order = RefCell::new(String::new());
        let side = |name: char| {
            let order = &order;
            Side::self_timed(name.to_string(), move || {
                order.borrow_mut().push(name);
                1.0
            })
        };
        let times = measure(vec![side('a'), side('b'), side('c')], 4);
        assert!(order.borrow().starts_with("abcabccbaabccba"), "{}", order.borrow());
        assert!(times.iter().all(|t| t.seconds.len() >= 4));
    }

    #[test]
    fn a_round_that_fails_ends_the_measurement() {
        let mut left = 5;
        let failing = Side::process("failing", move || {
            left -= 1;
            if left == 0 { Err("the child died".to_owned()) } else { Ok(1.0) }
        });
        let sound = Side::process("sound", || Ok(1.0));
        assert_eq!(try_measure(vec![sound, failing], 10).unwrap_err(), "the child died");
        let sound = || Side::process("sound", || Ok(2.0));
        let times = try_measure(vec![sound(), sound()], 10).unwrap();
        assert!(times.iter().all(|times| times.median() == 2.0));
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        let times = |seconds: &[f64]| Times { name: String::new(), seconds: seconds.to_vec() };
        // The machine was three times as slow in the last two rounds.
        let (own, other) = (times(&[1.0, 3.0, 3.0]), times(&[2.0, 6.0, 6.0]));
        assert_eq!(own.ratio_of(&other), 2.0);
        assert_eq!(other.beyond(&own, "").seconds, [1.0, 3.0, 3.0]);
        assert_eq!((own.median(), own.least(), own.most()), (3.0, 1.0, 3.0));
    }
}
