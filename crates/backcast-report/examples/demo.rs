//! Writes `run.html`, `sweep.html`, `walk_forward.html` and `empty.html` with made-up numbers into a folder:
//! `cargo run --release -p backcast-report --example demo -- FOLDER`. To look at the page without a backtest.

use std::path::PathBuf;

use backcast_report::*;

const DAY: i64 = 86_400_000_000_000;
const START: i64 = 11_690 * DAY; // 2002-01-03
const ASSETS: [&str; 5] = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    std::fs::create_dir_all(&folder)?;
    let pages = [
        ("run.html", run_page()),
        ("sweep.html", sweep_page()),
        ("walk_forward.html", walk_forward_page()),
        ("empty.html", empty_page()),
    ];
    for (name, page) in pages {
        let text = render(&page);
        println!("{name}: {} kB", text.len() / 1000);
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

// ---- made-up numbers

/// A small generator of repeatable noise (xorshift).
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Weekdays from the start.
fn days(count: usize) -> Vec<i64> {
    let weekday = |day: i64| (day / DAY + 3).rem_euclid(7) < 5;
    (0..).map(|i| START + i * DAY).filter(|&day| weekday(day)).take(count).collect()
}

fn walk(count: usize, start: f64, drift: f64, volatility: f64, seed: u64) -> Vec<f64> {
    let mut noise = Noise(seed * 7919 + 1);
    (0..seed % 50).for_each(|_| _ = noise.uniform());
    let mut value = start;
    (0..count)
        .map(|_| {
            value *= (drift + volatility * noise.normal()).exp();
            (value * 100.0).round() / 100.0
        })
        .collect()
}

fn drawdown(equity: &[f64]) -> Vec<f64> {
    let mut peak = f64::MIN;
    equity
        .iter()
        .map(|&value| {
            peak = peak.max(value);
            1.0 - value / peak
        })
        .collect()
}

// ---- pages

fn manifest(kind: &str) -> Vec<(String, String)> {
    let parameters = match kind {
        "run" => "fast = 10, slow = 30",
        _ => "fast = 2..101, slow = 102..201",
    };
    [
        ("Data", "2002-01-03 to 2014-07-16, daily, XNYS"),
        ("Bundle", "sample, version 1"),
        ("Parameters", parameters),
        ("Costs", "commission 0.1 %, slippage 2 bp"),
        ("Cash", "100,000 USD"),
        ("Semantics", "native"),
        ("Seed", "0"),
        ("Version", "Backcast 0.1.0, results version 1"),
        ("Data digest", "3f0a4c1b9d7e2a65c8b14f07a9e3d652"),
        ("Digest", "b7c91e04aa5d"),
        ("Command", "backcast sweep examples/sma_grid.toml --report report.html"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn metric(name: &str, value: f64, format: Format, help: &str) -> Metric {
    Metric { name: name.into(), value, format, help: help.into() }
}

fn metrics(seed: f64) -> Vec<Metric> {
    let bars = || Format::Unit(0, "bars".into());
    vec![
        metric(
            "Total return",
            1.234 + seed,
            Format::Percent(1),
            "Final equity over starting cash, less one.",
        ),
        metric(
            "CAGR",
            0.0711,
            Format::Percent(2),
            "Growth rate a year that gives the total return, over days / 365.25.",
        ),
        metric(
            "Volatility",
            0.187,
            Format::Percent(1),
            "Deviation of returns per bar, scaled to a year.",
        ),
        metric(
            "Sharpe ratio",
            0.46,
            Format::Decimals(2),
            "Mean return per unit of deviation, scaled to a year; no risk-free rate.",
        ),
        metric(
            "Sortino ratio",
            0.63,
            Format::Decimals(2),
            "As Sharpe, with the deviation of losing bars only.",
        ),
        metric(
            "Maximum drawdown",
            0.412,
            Format::Percent(1),
            "Largest fall of equity below its highest value so far.",
        ),
        metric("Longest drawdown", 611.0, bars(), "Bars from a peak until it was reached again."),
        metric("Calmar ratio", 0.17, Format::Decimals(2), "CAGR over maximum drawdown."),
        metric(
            "Exposure",
            0.582,
            Format::Percent(1),
            "Share of bars with a position at the close.",
        ),
        metric("Trades", 1234.0, Format::Decimals(0), "Closed round trips."),
        metric("Win rate", 0.38, Format::Percent(1), "Share of trades with a net profit."),
        metric(
            "Profit factor",
            f64::NAN,
            Format::Decimals(2),
            "Gross profit over gross loss; undefined without a loss.",
        ),
        metric("Costs paid", 13_482.17, Format::Unit(0, "USD".into()), "Commission and slippage."),
        metric("Best trade", -312.5, Format::Unit(2, "USD".into()), ""),
    ]
}

fn account(name: &str, seed: u64, bars: usize) -> Account {
    let times = days(bars);
    let equity = walk(bars, 100_000.0, 0.0003, 0.011, seed + 3);
    let fall = drawdown(&equity);
    let mut noise = Noise(seed + 99);
    let months =
        (2002..2015).flat_map(|year| (1..=12).map(move |month| (year, month))).take(bars / 21);
    Account {
        name: name.into(),
        currency: "USD".into(),
        metrics: metrics(seed as f64),
        equity: Series { times: times.clone(), values: equity },
        buy_and_hold: Some(Series {
            times: times.clone(),
            values: walk(bars, 100_000.0, 0.0004, 0.019, seed + 5),
        }),
        drawdown: Series { times, values: fall },
        monthly: months
            .map(|(year, month)| MonthReturn { year, month, value: 0.004 + 0.045 * noise.normal() })
            .collect(),
        yearly: (2002..2015).map(|year| (year, 0.05 + 0.15 * noise.normal())).collect(),
    }
}

fn candles(asset: &str, seed: u64, bars: usize) -> Candles {
    let close = walk(bars, 40.0, 0.0004, 0.018, seed);
    let mut noise = Noise(seed + 7);
    let open: Vec<f64> = close.iter().map(|c| c * (1.0 + 0.006 * noise.normal())).collect();
    let high =
        open.iter().zip(&close).map(|(o, c)| o.max(*c) * (1.0 + 0.008 * noise.uniform())).collect();
    let low =
        open.iter().zip(&close).map(|(o, c)| o.min(*c) * (1.0 - 0.008 * noise.uniform())).collect();
    let times = days(bars);
    let markers = (0..bars / 40).map(|i| Marker {
        time: times[i * 40 + 7],
        kind: if i % 2 == 0 { MarkerKind::EnterLong } else { MarkerKind::ExitLong },
        price: close[i * 40 + 7],
        size: 120.0 + i as f64,
        pnl: (i % 2 == 1).then_some(1000.0 * ((i % 7) as f64 - 3.0)),
    });
    Candles {
        asset: asset.into(),
        currency: "USD".into(),
        markers: markers.collect(),
        volume: (0..bars).map(|_| (2e6 * (1.0 + noise.uniform())).round()).collect(),
        times,
        open,
        high,
        low,
        close,
    }
}

fn column(name: &str, format: Format, help: &str) -> Column {
    Column { name: name.into(), format, help: help.into() }
}

fn text(value: &str) -> Cell {
    Cell::Text(value.into())
}

fn trades(count: usize) -> Table {
    let mut noise = Noise(77);
    let times = days(3270);
    let row = |i: usize| {
        let pnl = 1500.0 * noise.normal();
        vec![
            Cell::Number(i as f64 + 1.0),
            text(ASSETS[i % 5]),
            text(if i % 9 == 8 { "short" } else { "long" }),
            Cell::Time(times[i * 7 % 3200]),
            Cell::Number(41.27 + i as f64),
            Cell::Time(times[i * 7 % 3200 + 30]),
            Cell::Number(42.0 + i as f64),
            Cell::Number(1200.0),
            Cell::Number(pnl),
            if i % 50 == 3 { Cell::Missing } else { Cell::Number(pnl / 50_000.0) },
            Cell::Number(30.0),
        ]
    };
    Table {
        caption: format!("{count} closed trades; prices as traded, profit and loss net of costs"),
        columns: vec![
            column("#", Format::Decimals(0), ""),
            column("Asset", Format::Plain, ""),
            column("Side", Format::Plain, ""),
            column("Entered", Format::Plain, ""),
            column("Entry price (USD)", Format::Decimals(2), ""),
            column("Left", Format::Plain, ""),
            column("Exit price (USD)", Format::Decimals(2), ""),
            column("Size (shares)", Format::Decimals(0), ""),
            column("P&L (USD)", Format::Decimals(2), "Net of commission and slippage."),
            column("Return", Format::Percent(2), "P&L over the value of the entry."),
            column("Bars", Format::Decimals(0), "Bars between entry and exit."),
        ],
        rows: (0..count).map(row).collect(),
    }
}

fn run_page() -> Page {
    Page {
        title: "Moving-average crossover on five stocks".into(),
        subtitle: "Long when the 10-bar average crosses above the 30-bar average, flat when it crosses below; one cash pool.".into(),
        manifest: manifest("run"),
        notices: vec!["Ran on the event engine, because `stop_loss` needs prices inside the bar.".into()],
        run: Some(Run {
            heading: "Run".into(),
            accounts: ["Portfolio", "AAPL"].iter().enumerate().map(|(i, name)| account(name, i as u64, 3270)).collect(),
            assets: Some(asset_table()),
            candles: ASSETS.iter().enumerate().map(|(i, asset)| candles(asset, i as u64 + 3, 3270)).collect(),
            trades: Some(trades(731)),
        }),
        ..Page::default()
    }
}

fn asset_table() -> Table {
    let rows = ASSETS.iter().enumerate().map(|(i, asset)| {
        let i = i as f64;
        vec![
            text(asset),
            Cell::Number(0.9 - 0.3 * i),
            Cell::Number(120.0 + i),
            Cell::Number(0.4 + i / 50.0),
            Cell::Number(20_000.0 - 7000.0 * i),
            Cell::Number(1400.0 * i),
        ]
    });
    Table {
        caption: "Contribution of each asset".into(),
        columns: vec![
            column("Asset", Format::Plain, ""),
            column("Return", Format::Percent(1), ""),
            column("Trades", Format::Decimals(0), ""),
            column("Win rate", Format::Percent(1), ""),
            column("P&L (USD)", Format::Decimals(0), ""),
            column("Costs (USD)", Format::Decimals(0), ""),
        ],
        rows: rows.collect(),
    }
}

fn sweep_metrics() -> Vec<SweepMetric> {
    let metric = |name: &str, format, higher_is_better, neutral| SweepMetric {
        name: name.into(),
        format,
        higher_is_better,
        neutral,
        help: "As defined in the reference.".into(),
    };
    let bars = || Format::Unit(0, "bars".into());
    vec![
        metric("Total return", Format::Percent(1), true, Some(0.0)),
        metric("CAGR", Format::Percent(1), true, Some(0.0)),
        metric("Volatility", Format::Percent(1), false, None),
        metric("Sharpe ratio", Format::Decimals(2), true, Some(0.0)),
        metric("Sortino ratio", Format::Decimals(2), true, Some(0.0)),
        metric("Maximum drawdown", Format::Percent(1), false, None),
        metric("Longest drawdown", bars(), false, None),
        metric("Calmar ratio", Format::Decimals(2), true, Some(0.0)),
        metric("Exposure", Format::Percent(1), true, None),
        metric("Trades", Format::Decimals(0), true, None),
        metric("Win rate", Format::Percent(1), true, None),
        metric("Profit factor", Format::Decimals(2), true, Some(1.0)),
        metric("Costs paid", Format::Unit(0, "USD".into()), false, None),
    ]
}

fn asset_sweep(index: usize, asset: &str) -> AssetSweep {
    let (fasts, slows) = (100, 100);
    let mut noise = Noise(index as u64 + 11);
    let mut values = vec![Vec::new(); 13];
    for fast in 0..fasts {
        for slow in 0..slows {
            let (x, y) = (fast as f64 / 100.0, slow as f64 / 100.0);
            let hill = (-(x - 0.3 - 0.05 * index as f64).powi(2) * 9.0 - (y - 0.6).powi(2) * 5.0)
                .exp()
                + 0.25 * (9.0 * x + 4.0 * y).sin()
                + 0.05 * noise.normal();
            let undefined = fast > 95 && slow < 8;
            let sharpe = if undefined { f64::NAN } else { hill - 0.2 };
            let row = [
                3.5 * sharpe,
                0.1 * sharpe,
                0.2 + 0.02 * hill,
                sharpe,
                1.4 * sharpe,
                0.5 - 0.3 * hill,
                (900.0 - 500.0 * hill).round(),
                0.5 * sharpe,
                0.6 + 0.02 * hill,
                (60.0 - 50.0 * x).round(),
                0.4 + 0.1 * hill,
                1.1 + 0.8 * sharpe,
                9000.0 - 6000.0 * x,
            ];
            values.iter_mut().zip(row).for_each(|(list, value)| list.push(value));
        }
    }
    let mut order: Vec<u32> = (0..10_000).collect();
    order.sort_by(|&a, &b| values[3][b as usize].total_cmp(&values[3][a as usize]));
    order.retain(|&trial| !values[3][trial as usize].is_nan());
    let best_trials = order[..20].to_vec();
    let times = days(3270);
    let full: Vec<_> = best_trials
        .iter()
        .map(|&trial| {
            (
                trial,
                Series {
                    times: times.clone(),
                    values: walk(3270, 100_000.0, 0.0004, 0.012, u64::from(trial)),
                },
            )
        })
        .collect();
    let coarse = (index == 0).then(|| CoarseCurves {
        times: (0..128).map(|i| times[i * 3269 / 127]).collect(),
        values: (0..10_000_u64)
            .flat_map(|trial| walk(128, 100_000.0, 0.002, 0.04, trial))
            .map(|v| v as f32)
            .collect(),
    });
    let best = best_trials.iter().enumerate().map(|(rank, &trial)| {
        let t = trial as usize;
        vec![
            Cell::Number(rank as f64 + 1.0),
            Cell::Number((2 + t / 100) as f64),
            Cell::Number((102 + t % 100) as f64),
            Cell::Number(values[0][t]),
            Cell::Number(values[3][t]),
            Cell::Number(values[5][t]),
            Cell::Number(values[9][t]),
            Cell::Number(values[11][t]),
        ]
    });
    AssetSweep {
        asset: asset.into(),
        currency: "USD".into(),
        best: Some(Table {
            caption: format!("Best 20 of 10,000 sets on {asset}, by Sharpe ratio"),
            columns: vec![
                column("Rank", Format::Decimals(0), ""),
                column("fast", Format::Decimals(0), ""),
                column("slow", Format::Decimals(0), ""),
                column(
                    "Total return",
                    Format::Percent(1),
                    "Final equity over starting cash, less one.",
                ),
                column("Sharpe ratio", Format::Decimals(2), ""),
                column("Max drawdown", Format::Percent(1), ""),
                column("Trades", Format::Decimals(0), ""),
                column("Profit factor", Format::Decimals(2), ""),
            ],
            rows: best.collect(),
        }),
        best_trials,
        run_command: format!("backcast run examples/sma_grid.toml --assets {asset}"),
        buy_and_hold: Some(Series {
            times: times.clone(),
            values: walk(3270, 100_000.0, 0.0003, 0.019, index as u64 + 40),
        }),
        full,
        coarse,
        values,
    }
}

fn sweep_page() -> Page {
    let rows = ASSETS.iter().enumerate().map(|(i, asset)| {
        let i = i as f64;
        vec![
            text(asset),
            text("fast 32, slow 161"),
            Cell::Number(0.91 - 0.1 * i),
            Cell::Number(0.31 - 0.12 * i),
            Cell::Number(0.55),
            Cell::Number(0.42 - 0.1 * i),
            Cell::Number(0.61 - 0.2 * i),
        ]
    });
    Page {
        title: "Moving-average grid on five stocks".into(),
        subtitle:
            "10,000 pairs of averages on each of five stocks, with splits, dividends and costs."
                .into(),
        manifest: manifest("sweep"),
        sweep: Some(Sweep {
            params: vec![
                Param {
                    name: "fast".into(),
                    unit: "bars".into(),
                    values: (2..102).map(f64::from).collect(),
                },
                Param {
                    name: "slow".into(),
                    unit: "bars".into(),
                    values: (102..202).map(f64::from).collect(),
                },
            ],
            sets: None,
            metrics: sweep_metrics(),
            assets: ASSETS.iter().enumerate().map(|(i, asset)| asset_sweep(i, asset)).collect(),
            chosen_asset: 0,
            summary: Some(Table {
                caption: "All 10,000 sets of each asset; Sharpe ratio unless said otherwise".into(),
                columns: vec![
                    column("Asset", Format::Plain, ""),
                    column("Best set", Format::Plain, ""),
                    column("Best", Format::Decimals(2), ""),
                    column("Median", Format::Decimals(2), "Half of all sets are better."),
                    column("Buy-and-hold", Format::Decimals(2), ""),
                    column(
                        "Sets above buy-and-hold",
                        Format::Percent(0),
                        "Share of all sets with a higher Sharpe ratio than buy-and-hold.",
                    ),
                    column(
                        "Rank agreement",
                        Format::Decimals(2),
                        "Mean rank correlation of the sets with the other assets: 1 the same order, 0 none.",
                    ),
                ],
                rows: rows.collect(),
            }),
        }),
        ..Page::default()
    }
}

fn walk_forward_page() -> Page {
    let account = account("All assets", 2, 2600);
    let windows: Vec<Window> = (0..20)
        .map(|i| Window {
            label: format!("{}: fast {}, slow {}", i + 1, 5 + i * 3 % 11, 110 + i * 7 % 50),
            from: account.equity.times[i * 130],
            to: account.equity.times[(i + 1) * 130 - 1],
        })
        .collect();
    let rows = windows.iter().enumerate().map(|(i, window)| {
        let x = (i as f64 * 1.7).sin();
        vec![
            Cell::Number(i as f64 + 1.0),
            Cell::Time(window.from - 365 * DAY),
            Cell::Time(window.from - DAY),
            Cell::Time(window.from),
            Cell::Time(window.to),
            Cell::Number(5.0 + (i * 3 % 11) as f64),
            Cell::Number(110.0 + (i * 7 % 50) as f64),
            Cell::Number(0.9 + 0.2 * x),
            if i == 4 { Cell::Missing } else { Cell::Number(0.5 * x) },
            Cell::Number(0.06 * x),
        ]
    });
    Page {
        title: "Walk-forward test of the moving-average grid".into(),
        subtitle: "20 rolling windows: 252 sessions to choose, 130 to trade.".into(),
        manifest: manifest("walkforward"),
        walk_forward: Some(WalkForward {
            table: Some(Table {
                caption: "The set of each window was chosen by the mean Sharpe ratio over all assets on its training range".into(),
                columns: vec![
                    column("#", Format::Decimals(0), ""),
                    column("Train from", Format::Plain, ""),
                    column("Train to", Format::Plain, ""),
                    column("Test from", Format::Plain, ""),
                    column("Test to", Format::Plain, ""),
                    column("fast", Format::Decimals(0), ""),
                    column("slow", Format::Decimals(0), ""),
                    column("Train Sharpe", Format::Decimals(2), ""),
                    column("Test Sharpe", Format::Decimals(2), ""),
                    column("Test return", Format::Percent(2), ""),
                ],
                rows: rows.collect(),
            }),
            windows,
            accounts: vec![account],
        }),
        ..Page::default()
    }
}

/// Every section there is, with nothing in it.
fn empty_page() -> Page {
    Page {
        title: "Nothing".into(),
        sweep: Some(Sweep::default()),
        walk_forward: Some(WalkForward::default()),
        run: Some(Run::default()),
        ..Page::default()
    }
}
