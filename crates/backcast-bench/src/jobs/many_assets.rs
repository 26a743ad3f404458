//! A small grid on several assets: what a sweep costs beyond its bars.

use backcast_engine::lanes::Isa;

use super::{Job, Options, THREE, swept, three_of};
use crate::{
    figures::{Line, Report},
    markets::{CASH, RATE, Windows, daily},
    opponents::{Money, Prices, Three, check_equal, scalar},
    timing::{Side, measure},
};

pub(crate) const JOB: Job = Job {
    name: "assets",
    about: "100 pairs (fast 5..14, slow 20..29) x 10 assets x 252 daily bars, one thread",
    run,
};

const ASSETS: usize = 10;
const BARS: usize = 252;
const WINDOWS: Windows = Windows { fast: 5..=14, slow: 20..=29 };

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let market = daily(ASSETS, BARS);
    let (three, all) = (WINDOWS.spec(&THREE, "")?, WINDOWS.spec(&[], "")?);
    let money = Money::of(&market, CASH, RATE);
    let (fast, slow) = WINDOWS.lists();
    let prices: Vec<Prices> = market.assets.iter().map(|asset| Prices::of(asset)).collect();
    let averages: Vec<_> =
        prices.iter().map(|p| scalar::Averages::new(p.close, &fast, &slow)).collect();
    let by_loop = || {
        let mut out = vec![Three::default(); WINDOWS.count() * ASSETS];
        let accounts = out.chunks_mut(WINDOWS.count());
        for ((out, prices), averages) in accounts.zip(&prices).zip(&averages) {
            scalar::grid(*prices, averages, &money, 1, out);
        }
        out
    };
    let ours = swept(&three, &market, Isa::detect(), 1)?;
    for (account, loops) in by_loop().chunks(WINDOWS.count()).enumerate() {
        check_equal("sweep against scalar loop", &three_of(&ours, account)?, loops)?;
    }

    let sides = vec![
        Side::new("sweep, 3 metrics", || swept(&three, &market, Isa::detect(), 1)),
        Side::new("sweep, 13 metrics", || swept(&all, &market, Isa::detect(), 1)),
        Side::new("scalar loop", by_loop),
    ];
    let times = measure(sides, options.runs);
    let evaluations = Some((WINDOWS.count() * ASSETS * BARS) as f64);
    let line = |at: usize| Line::new(&times[at], evaluations);
    let ours = |at: usize| line(at).within(0.0004).against(&times[at], &times[2], None);
    Ok(Report { job: job.name, about: job.about, lines: vec![ours(0), ours(1), line(2)] })
}
