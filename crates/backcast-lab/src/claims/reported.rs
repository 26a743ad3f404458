//! What five reports said about speed, as figures with what speaks for and against them.
//!
//! Report 003 analysed RustyBT, 000 and 001 a fork of backtrader, 002 the memory manager of a desktop tool, 004 a profiler for command-line tools. Nothing here is believed: a
//! figure without its single runs is unproven, one that contradicts itself is refuted, and ours stand beside for the reader, not as a race:
//! other machines, other work.

use crate::stats::{Claim, Criteria, Fault, ShareVerdict, StatedRange, compose, evidence, gain_of};

/// A figure of a report.
#[derive(Clone, Copy, Debug)]
pub struct Reported {
    /// Number of the report.
    pub report: &'static str,
    /// What the figure is of.
    pub what: &'static str,
    /// As the report says it.
    pub said: &'static str,
    /// What it is made of.
    pub basis: Basis,
    /// What was really measured, and how.
    pub caveat: &'static str,
    /// What of our workloads comes nearest to it.
    pub ours: Option<Counterpart>,
}

/// What a figure is made of, as far as it can be judged without its runs.
#[derive(Clone, Copy, Debug)]
pub enum Basis {
    /// A figure without runs.
    OneFigure,
    /// What the report leaves out.
    NoFigure,
    /// One figure before and one after.
    TwoFigures {
        /// Before, in any unit.
        before: f64,
        /// After, in the same.
        after: f64,
        /// The gain that is claimed.
        gain: f64,
    },
    /// A figure with the range that it is said to lie in.
    Range(StatedRange),
    /// Gains of a time and of a rate, said to be of one change.
    TimeAndRate {
        /// Time before and after.
        time: [f64; 2],
        /// Calls a second before and after.
        rate: [f64; 2],
    },
    /// Time of a call, and calls a second of the same job.
    CallAndRate {
        /// Seconds a call.
        seconds: f64,
        /// Calls a second.
        rate: f64,
    },
    /// A sum of shares, as a fraction.
    SumOfShares(f64),
    /// Gains added up: each, and what they were said to make together.
    AddedGains {
        /// Each gain on its own.
        gains: &'static [f64],
        /// Their sum.
        said: f64,
    },
    /// Parts of a run with the time of the whole, in seconds.
    PartsBeyondWhole {
        /// All parts together.
        parts: f64,
        /// The run.
        whole: f64,
    },
}

/// What of our workloads comes nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The workload.
    pub workload: &'static str,
    /// What of it.
    pub measured: Measured,
}

/// What is looked at of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Time of a call.
    TimeOfCall,
    /// Calls in a second.
    CallsASecond,
    /// Time of all its calls.
    TimeOfAll,
    /// Bytes allocated in a call.
    BytesOfCall,
    /// Most memory at once.
    Peak,
    /// Share of a span in the whole job.
    Share(&'static str),
    /// Preparing data over computing.
    PreparationToComputation,
}

const fn ours(workload: &'static str, measured: Measured) -> Option<Counterpart> {
    Some(Counterpart { workload, measured })
}

/// All of them, in the order of the reports.
pub const REPORTED: &[Reported] = &[
    Reported {
        report: "000, 001",
        what: "backtrader, time of a run",
        said: "5.21 s to 4.79 s, 8.1 % faster",
        basis: Basis::TwoFigures { before: 5.21, after: 4.79, gain: 0.081 },
        caveat: "byte-code level 2, one of the means, strips asserts: the program is another one",
        ours: None,
    },
    Reported {
        report: "000, 001",
        what: "backtrader, operations a second",
        said: "329 to 409, with the 8.1 % above",
        basis: Basis::TimeAndRate { time: [5.21, 4.79], rate: [329.0, 409.0] },
        caveat: "time and rate of one job must move alike",
        ours: None,
    },
    Reported {
        report: "000, 001",
        what: "backtrader, test run on 8 workers",
        said: "31.34 s, between 31.68 and 31.92 s",
        basis: Basis::Range(StatedRange { value: 31.34, low: 31.68, high: 31.92 }),
        caveat: "said to be an improvement from about 30 s",
        ours: None,
    },
    Reported {
        report: "002",
        what: "memory of a desktop tool",
        said: "14 to 16 MB",
        basis: Basis::OneFigure,
        caveat: "not measured here: Backcast has no memory guard. Its manager keeps away from a process below 500 MB",
        ours: None,
    },
    Reported {
        report: "002",
        what: "memory freed by its manager",
        said: "1.1 MB, achieved",
        basis: Basis::OneFigure,
        caveat: "not measured here. In a process of 15 MB, below its own floor of 500 MB, that code cannot but say that it did not succeed",
        ours: None,
    },
    Reported {
        report: "002",
        what: "stability of its memory",
        said: "stable over 10 s, looked at each 0.5 s",
        basis: Basis::OneFigure,
        caveat: "not measured here. A spread of 20 % passes, and twenty looks at one process are one run; `backcast profile` says whether \
                 memory grows to the end",
        ours: None,
    },
    Reported {
        report: "003",
        what: "time of a history call",
        said: "0.23 ms",
        basis: Basis::OneFigure,
        caveat: "2,000 calls at one fixed session without adjustments: all but 7 came from a cache of windows; exceptions were swallowed",
        ours: ours("history-fixed-raw", Measured::TimeOfCall),
    },
    Reported {
        report: "003",
        what: "time of a history call that moves and adjusts",
        said: "nothing",
        basis: Basis::NoFigure,
        caveat: "what a backtest asks for: the clock moves, events apply; zipline-reloaded 3.2.1 took 283 us fixed and 476 us moving and \
                 adjusted on a busy machine of two cores",
        ours: ours("history-moving-adjusted", Measured::TimeOfCall),
    },
    Reported {
        report: "003",
        what: "history calls a second",
        said: "2,580 a second, with 0.23 ms a call",
        basis: Basis::CallAndRate { seconds: 0.23e-3, rate: 2580.0 },
        caveat: "one job has one rate",
        ours: ours("history-fixed-raw", Measured::CallsASecond),
    },
    Reported {
        report: "003",
        what: "memory of a history call",
        said: "226 kB a call",
        basis: Basis::OneFigure,
        caveat: "how it was derived was not to be seen; ours counts the bytes that the calls allocate, freed or not",
        ours: ours("history-moving-adjusted", Measured::BytesOfCall),
    },
    Reported {
        report: "003",
        what: "peak memory of the history calls",
        said: "326 MiB",
        basis: Basis::OneFigure,
        caveat: "of a Python process with its libraries",
        ours: ours("history-fixed-raw", Measured::Peak),
    },
    Reported {
        report: "003",
        what: "share of history windows in the framework",
        said: "58.4 %",
        basis: Basis::OneFigure,
        caveat: "a sum of cumulative shares of functions whose names match a list of words, of a run that is 40 % bundle load; the mark was 55 %",
        ours: ours("history-moving-adjusted", Measured::Share("data.history")),
    },
    Reported {
        report: "003",
        what: "share of data frames being made",
        said: "19 %",
        basis: Basis::OneFigure,
        caveat: "a cumulative share of one profiled run, 40 % of which was bundle load; windows here are columns of numbers \
                 and no data frame is made",
        ours: None,
    },
    Reported {
        report: "003",
        what: "share of the calendar in the framework",
        said: "21 %",
        basis: Basis::OneFigure,
        caveat: "its first use, once a process: the longer the run, the smaller the share. Its share of a bundle load stands below",
        ours: None,
    },
    Reported {
        report: "003",
        what: "bundle load",
        said: "313 ms, of which calendar 292 ms",
        basis: Basis::OneFigure,
        caveat: "the first use of the calendar, once a process; a bundle with a warm calendar took zipline-reloaded 52 ms",
        ours: ours("bundle-first", Measured::TimeOfCall),
    },
    Reported {
        report: "003",
        what: "bundle load, calendar in use",
        said: "21 ms, the rest of the 313",
        basis: Basis::OneFigure,
        caveat: "what pooling of bundles could save at most is in the line above",
        ours: ours("bundle-again", Measured::TimeOfCall),
    },
    Reported {
        report: "003",
        what: "share of the calendar in bundle load",
        said: "93 % (292 of 313 ms)",
        basis: Basis::OneFigure,
        caveat: "",
        ours: ours("bundle-first", Measured::Share("calendar.load")),
    },
    Reported {
        report: "003",
        what: "grid search of 100 backtests",
        said: "0.38 s, profiled",
        basis: Basis::OneFigure,
        caveat: "no orders, cash, costs or portfolio: two convolutions a trial, and the two means are compared bars apart; ours are 100 \
                 runs of one cash pool over the same number of assets and bars, with orders and costs",
        ours: ours("grid", Measured::TimeOfAll),
    },
    Reported {
        report: "003",
        what: "walk-forward of 80 backtests",
        said: "0.28 s, profiled",
        basis: Basis::OneFigure,
        caveat: "five windows, the best Sharpe ratio in the window it was chosen on, no step out of sample; ours has one",
        ours: ours("walk-forward", Measured::TimeOfAll),
    },
    Reported {
        report: "003",
        what: "preparing data against computing, in user code",
        said: "87 % to 0.6 %, 74 : 1 in the parts named",
        basis: Basis::OneFigure,
        caveat: "code of that strategy, not of an engine; its parts stand below",
        ours: ours("grid", Measured::PreparationToComputation),
    },
    Reported {
        report: "003",
        what: "lists of assets, in user code",
        said: "48.5 %",
        basis: Basis::OneFigure,
        caveat: "made anew in each trial from data that stay the same; with the two below it makes 93.7 %, where all preparing is said to be 87 %",
        ours: None,
    },
    Reported {
        report: "003",
        what: "filtering by asset, in user code",
        said: "39.1 %",
        basis: Basis::OneFigure,
        caveat: "of all ten assets together; bars of an asset are a column of their own here, and are not searched for",
        ours: None,
    },
    Reported {
        report: "003",
        what: "conversion, in user code",
        said: "6.1 %",
        basis: Basis::OneFigure,
        caveat: "from data frames to arrays in that strategy; rules here read columns as they are",
        ours: None,
    },
    Reported {
        report: "003",
        what: "time that layers waste",
        said: "14.85 ms x 100 and 13.8 s in a run of 0.38 s",
        basis: Basis::PartsBeyondWhole { parts: 1.485 + 13.8, whole: 0.38 },
        caveat: "39.1 % was of all ten assets already and was multiplied by ten again",
        ours: None,
    },
    Reported {
        report: "003",
        what: "fixed and variable cost",
        said: "457.5 % and 593.4 %",
        basis: Basis::SumOfShares(4.575 + 5.934),
        caveat: "sums of cumulative times, which hold each other; own times add up to 100 %. Fixed was what was called fewer than 10 times",
        ours: None,
    },
    Reported {
        report: "003",
        what: "gain of all proposals",
        said: "70 % + 20 to 25 % = 90 to 95 %",
        basis: Basis::AddedGains { gains: &[0.70, 0.25], said: 0.95 },
        caveat: "shares of different wholes; of its speed-ups, both sides timed the same function",
        ours: None,
    },
    Reported {
        report: "004",
        what: "cost of its own profiler",
        said: "below 5 %",
        basis: Basis::OneFigure,
        caveat: "the code that was to show it raises TypeError in every run; `cargo xtask bench profile` measures ours",
        ours: None,
    },
];

impl Reported {
    /// What can be said about the figure by itself, and why.
    pub fn judged(&self) -> (ShareVerdict, String) {
        match self.basis {
            Basis::OneFigure => (ShareVerdict::Unproven, "one figure without its runs".to_owned()),
            Basis::NoFigure => (ShareVerdict::Unproven, "no figure is given".to_owned()),
            Basis::TwoFigures { before, after, gain } => {
                let claim = Claim {
                    before: vec![before],
                    after: vec![after],
                    gain: Some(gain),
                    ..Claim::default()
                };
                (ShareVerdict::Unproven, faults(&claim))
            }
            Basis::Range(stated) => {
                let fault = Fault::OutsideItsOwnRange { stated };
                (ShareVerdict::Refuted, fault.to_string())
            }
            Basis::TimeAndRate { time, rate } => {
                let by_time = time[0] / time[1] - 1.0;
                let by_rate = rate[1] / rate[0] - 1.0;
                let said = format!(
                    "the rate rose by {:.1} %, the time allows {:.1} %",
                    by_rate * 100.0,
                    by_time * 100.0
                );
                (ShareVerdict::Refuted, said)
            }
            Basis::CallAndRate { seconds, rate } => {
                let said = format!(
                    "{:.2} ms a call are {:.0} calls a second, {rate:.0} a second are {:.2} ms a call",
                    seconds * 1e3,
                    1.0 / seconds,
                    1e3 / rate
                );
                (ShareVerdict::Refuted, said)
            }
            Basis::SumOfShares(sum) => {
                let said =
                    format!("{:.1} % of one whole: shares above 100 % are none", sum * 100.0);
                (ShareVerdict::Refuted, said)
            }
            Basis::AddedGains { gains, said } => (ShareVerdict::Refuted, multiplied(gains, said)),
            Basis::PartsBeyondWhole { parts, whole } => {
                let said = format!("{parts:.1} s are said to be parts of {whole:.2} s");
                (ShareVerdict::Refuted, said)
            }
        }
    }
}

fn faults(claim: &Claim) -> String {
    let found = evidence(claim, &Criteria::default()).map(|evidence| evidence.faults);
    let faults: Vec<String> = match found {
        Ok(faults) => faults.iter().map(Fault::to_string).collect(),
        Err(error) => vec![error.to_string()],
    };
    faults.join("; ")
}

/// Gains one on top of the other multiply what is left.
fn multiplied(gains: &[f64], said: f64) -> String {
    let ratio = |gain: &f64| crate::stats::Interval {
        estimate: 1.0 - gain,
        low: 1.0 - gain,
        high: 1.0 - gain,
        level: 0.95,
    };
    let ratios: Vec<_> = gains.iter().map(ratio).collect();
    let together = compose(&ratios).map(gain_of).map_or(f64::NAN, |gain| gain.estimate);
    format!(
        "gains multiply: together they make {:.1} %, not {:.0} %",
        together * 100.0,
        said * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reported_figure_is_confirmed_by_itself_and_contradictions_are_found() {
        let verdict = |what: &str| {
            let found = REPORTED.iter().find(|reported| reported.what == what);
            found.unwrap_or_else(|| panic!("no {what}")).judged()
        };
        assert!(REPORTED.iter().all(|one| one.judged().0 != ShareVerdict::Confirmed));
        for report in ["000", "001", "002", "003", "004"] {
            assert!(REPORTED.iter().any(|one| one.report.contains(report)), "nothing of {report}");
        }
        for share in ["19 %", "21 %", "48.5 %", "39.1 %", "6.1 %"] {
            assert!(REPORTED.iter().any(|one| one.said == share), "no {share}");
        }
        let (two, why) = verdict("backtrader, time of a run");
        assert_eq!(two, ShareVerdict::Unproven);
        assert!(why.contains("1 measurement before and 1 after"), "{why}");
        let refuted = [
            ("backtrader, operations a second", "rose by 24.3 %, the time allows 8.8 %"),
            ("backtrader, test run on 8 workers", "does not hold the stated 31.34"),
            ("history calls a second", "4348 calls a second"),
            ("fixed and variable cost", "1050.9 %"),
            ("gain of all proposals", "77.5 %, not 95 %"),
            ("time that layers waste", "15.3 s are said to be parts of 0.38 s"),
        ];
        for (what, why) in refuted {
            let (verdict, said) = verdict(what);
            assert_eq!(verdict, ShareVerdict::Refuted, "{what}");
            assert!(said.contains(why), "{what}: {said}");
        }
    }
}
