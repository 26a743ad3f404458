//! 10,000 pairs of averages on ten years of daily bars: the sweep against a scalar loop and a kernel made for this job.

use backcast_data::Market;
use backcast_engine::lanes::Isa;

use super::{Job, Options, THREE, swept, three_of};
use crate::{
    figures::{Line, Report},
    markets::{CASH, RATE, Windows, daily},
    opponents::{Money, Prices, Three, check_equal, lane_kernel, scalar},
    timing::{Side, Times, measure},
};

pub(crate) const JOB: Job = Job {
    name: "grid",
    about: "10,000 pairs (fast 2..101, slow 102..201) x 2,520 daily bars, prices in memory to rows in memory",
    run,
};

const BARS: usize = 2520;
const WINDOWS: Windows = Windows { fast: 2..=101, slow: 102..=201 };

struct Variant {
    all_metrics: bool,
    isa: Isa,
    threads: usize,
}

impl Variant {
    fn name(&self) -> String {
        let metrics = if self.all_metrics { "13 metrics" } else { "3 metrics" };
        format!("sweep, {metrics}, {}, {}", self.isa.name(), threads(self.threads))
    }

    /// Seconds on two threads.
    fn target(&self) -> Option<f64> {
        match (self.threads, self.isa, self.all_metrics) {
            (2, Isa::Avx512, false) => Some(0.009),
            (2, Isa::Avx512, true) => Some(0.010),
            (2, Isa::Avx2, false) => Some(0.012),
            (2, Isa::Avx2, true) => Some(0.015),
            _ => None,
        }
    }
}

fn threads(count: usize) -> String {
    format!("{count} thread{}", if count == 1 { "" } else { "s" })
}

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let market = daily(1, BARS);
    let (three, all) = (WINDOWS.spec(&THREE, "")?, WINDOWS.spec(&[], "")?);
    let prices = Prices::of(&market.assets[0]);
    let money = Money::of(&market, CASH, RATE);
    let (fast, slow) = WINDOWS.lists();
    let averages = scalar::Averages::new(prices.close, &fast, &slow);
    let best = Isa::detect();
    check(&market, &averages)?;

    let mut variants = Vec::new();
    for &threads in &options.threads {
        for isa in Isa::ALL.into_iter().rev().filter(|isa| isa.available()) {
            for all_metrics in [false, true] {
                variants.push(Variant { all_metrics, isa, threads });
            }
        }
    }
    let mut sides: Vec<Side> = Vec::new();
    for variant in &variants {
        let spec = if variant.all_metrics { &all } else { &three };
        let market = &market;
        sides.push(Side::new(variant.name(), move || {
            swept(spec, market, variant.isa, variant.threads)
        }));
    }
    for &count in &options.threads {
        let (averages, money, fast, slow) = (&averages, &money, &fast, &slow);
        let mut out = vec![Three::default(); WINDOWS.count()];
        sides.push(Side::new(format!("scalar loop, {}", threads(count)), move || {
            scalar::grid(prices, averages, money, count, &mut out);
        }));
        let name = format!("fixed kernel, {}, {}", best.name(), threads(count));
        sides.push(Side::new(name, move || {
            lane_kernel::grid(prices, (fast, slow), money, (best, count))
        }));
    }
    let times = measure(sides, options.runs);
    Ok(Report { job: job.name, about: job.about, lines: lines(&variants, &times, best) })
}

/// No side is timed before all give the same rows.
fn check(market: &Market, averages: &scalar::Averages) -> Result<(), String> {
    let prices = Prices::of(&market.assets[0]);
    let money = Money::of(market, CASH, RATE);
    let (fast, slow) = WINDOWS.lists();
    let mut loops = vec![Three::default(); WINDOWS.count()];
    scalar::grid(prices, averages, &money, 1, &mut loops);
    for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
        let ours = swept(&WINDOWS.spec(&THREE, "")?, market, isa, 2)?;
        check_equal("sweep against scalar loop", &three_of(&ours, 0)?, &loops)?;
        let fixed = lane_kernel::grid(prices, (&fast, &slow), &money, (isa, 2));
        check_equal("fixed kernel against scalar loop", &fixed, &loops)?;
    }
    Ok(())
}

fn lines(variants: &[Variant], times: &[Times], best: Isa) -> Vec<Line> {
    let evaluations = Some((WINDOWS.count() * BARS) as f64);
    let (ours, opponents) = times.split_at(variants.len());
    let mut lines = Vec::new();
    for (variant, own) in variants.iter().zip(ours) {
        let mut line = Line::new(own, evaluations);
        if let Some(seconds) = variant.target() {
            line = line.within(seconds);
        }
        let mut at = variants.iter().filter(|v| v.isa == variant.isa && !v.all_metrics);
        let at = at.position(|v| v.threads == variant.threads).unwrap_or(0) * 2;
        let six = (variant.isa == best && !variant.all_metrics).then_some(6.0);
        line = line.against(own, &opponents[at], six);
        line = line.against(own, &opponents[at + 1], None);
        lines.push(line);
    }
    lines.extend(opponents.iter().map(|times| Line::new(times, evaluations)));
    lines
}
