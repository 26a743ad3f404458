//! Writes `one.html`, `three.html` and `odd.html`, sweeps of other shapes than the usual two parameters, into a folder:
//! `cargo run --release -p backcast-report --example demo_grids -- FOLDER`.

use std::path::PathBuf;

use backcast_report::*;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    std::fs::create_dir_all(&folder)?;
    for (name, page) in [("one.html", one()), ("three.html", three()), ("odd.html", odd())] {
        std::fs::write(folder.join(name), render(&page))?;
    }
    Ok(())
}

fn param(name: &str, unit: &str, values: impl Iterator<Item = f64>) -> Param {
    Param { name: name.into(), unit: unit.into(), values: values.collect() }
}

fn metrics() -> Vec<SweepMetric> {
    let metric = |name: &str, format, neutral| SweepMetric {
        name: name.into(),
        format,
        higher_is_better: true,
        neutral,
        help: String::new(),
    };
    vec![
        metric("Sharpe ratio", Format::Decimals(2), Some(0.0)),
        metric("Total return", Format::Percent(1), Some(0.0)),
    ]
}

/// A page of the sweep of `params`, whose trials give `score`.
fn page(title: &str, params: Vec<Param>, sets: Option<Vec<u32>>, score: Vec<f64>) -> Page {
    let mut order: Vec<u32> = (0..score.len() as u32).collect();
    order.sort_by(|&a, &b| score[b as usize].total_cmp(&score[a as usize]));
    order.truncate(5);
    let rows = order
        .iter()
        .map(|&trial| vec![Cell::Number(f64::from(trial)), Cell::Number(score[trial as usize])]);
    let column = |name: &str, format| Column { name: name.into(), format, help: String::new() };
    let asset = AssetSweep {
        asset: "AAPL".into(),
        currency: "USD".into(),
        best: Some(Table {
            caption: "Best five sets".into(),
            columns: vec![
                column("Trial", Format::Decimals(0)),
                column("Sharpe ratio", Format::Decimals(2)),
            ],
            rows: rows.collect(),
        }),
        best_trials: order,
        coarse: Some(CoarseCurves {
            times: (0..128).map(|i| i * 10 * 86_400_000_000_000).collect(),
            values: score
                .iter()
                .flat_map(|s| (0..128).map(move |i| 1e5 * (1.0 + *s as f32 * i as f32 / 128.0)))
                .collect(),
        }),
        run_command: "backcast run spec.toml".into(),
        values: vec![score.clone(), score.iter().map(|s| s * 3.0).collect()],
        ..AssetSweep::default()
    };
    Page {
        title: title.into(),
        sweep: Some(Sweep {
            params,
            sets,
            metrics: metrics(),
            assets: vec![asset],
            ..Sweep::default()
        }),
        ..Page::default()
    }
}

fn one() -> Page {
    let score = (0..60).map(|i| (f64::from(i) / 9.0).sin() * 0.5).collect();
    page("One parameter", vec![param("period", "bars", (5..65).map(f64::from))], None, score)
}

/// Three parameters, of which the second exceeds the first.
fn three() -> Page {
    let params = vec![
        param("fast", "bars", (1..=20).map(|v| f64::from(v) * 5.0)),
        param("slow", "bars", (1..=20).map(|v| f64::from(v) * 10.0)),
        param("stop", "%", [0.5, 1.0, 2.5, 10.0].into_iter()),
    ];
    let (mut sets, mut score) = (Vec::new(), Vec::new());
    for fast in 0..20_u32 {
        for slow in 0..20_u32 {
            for stop in (0..4_u32).filter(|_| slow * 10 > fast * 5) {
                sets.extend([fast, slow, stop]);
                score.push(
                    (f64::from(fast) / 4.0).sin() + (f64::from(slow) / 6.0 + f64::from(stop)).cos()
                        - 0.5,
                );
            }
        }
    }
    page("Three parameters with a constraint", params, Some(sets), score)
}

/// Everything undefined, empty or alone.
fn odd() -> Page {
    let mut page = page(
        "Odd",
        vec![param("a", "", [7.0].into_iter()), param("b", "", [-0.25].into_iter())],
        None,
        vec![f64::NAN],
    );
    let series = |value: f64| Series { times: vec![0], values: vec![value] };
    page.run = Some(Run {
        accounts: vec![
            Account {
                name: "one bar".into(),
                equity: series(1e5),
                drawdown: series(0.0),
                ..Account::default()
            },
            Account {
                name: "undefined".into(),
                equity: series(f64::NAN),
                drawdown: series(f64::NAN),
                ..Account::default()
            },
            Account { name: "empty".into(), ..Account::default() },
        ],
        candles: vec![
            Candles { asset: "NONE".into(), ..Candles::default() },
            Candles {
                asset: "ONE".into(),
                times: vec![0],
                open: vec![1.0],
                high: vec![2.0],
                low: vec![0.5],
                close: vec![1.5],
                ..Candles::default()
            },
        ],
        ..Run::default()
    });
    page.walk_forward = Some(WalkForward {
        accounts: vec![Account {
            name: "lost".into(),
            equity: Series { times: vec![0, 1 << 56], values: vec![1e5, -5e4] },
            ..Account::default()
        }],
        ..WalkForward::default()
    });
    page
}
