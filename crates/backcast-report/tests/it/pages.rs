//! Pages to be looked at.

use backcast_report::*;

pub(crate) const DAY: i64 = 86_400_000_000_000;

pub(crate) fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

pub(crate) fn column(name: &str, format: Format) -> Column {
    Column { name: name.to_owned(), format, help: String::new() }
}

pub(crate) fn series(values: &[f64]) -> Series {
    Series { times: (0..values.len() as i64).map(|i| i * DAY).collect(), values: values.to_vec() }
}

pub(crate) fn account(name: &str, equity: &[f64]) -> Account {
    Account {
        name: name.to_owned(),
        currency: "USD".to_owned(),
        metrics: vec![Metric {
            name: "Profit factor".to_owned(),
            value: f64::NAN,
            format: Format::Decimals(2),
            help: "gross profit over gross loss".to_owned(),
        }],
        equity: series(equity),
        buy_and_hold: Some(series(equity)),
        drawdown: series(&vec![0.1; equity.len()]),
        monthly: vec![MonthReturn { year: 1970, month: 1, value: -0.0123 }],
        yearly: vec![(1970, f64::NAN)],
    }
}

pub(crate) fn candles(bars: usize) -> Candles {
    Candles {
        asset: "AAPL".to_owned(),
        currency: "USD".to_owned(),
        times: (0..bars as i64).map(|i| i * DAY).collect(),
        open: vec![10.0; bars],
        high: vec![11.0; bars],
        low: vec![9.0; bars],
        close: vec![10.5; bars],
        volume: vec![1e6; bars],
        markers: vec![Marker {
            time: DAY,
            kind: MarkerKind::ExitLong,
            price: 10.0,
            size: 5.0,
            pnl: Some(-2.5),
        }],
    }
}

pub(crate) fn table(rows: usize) -> Table {
    Table {
        caption: "Trades".to_owned(),
        columns: vec![
            column("Asset", Format::Plain),
            column("P&L (USD)", Format::Decimals(2)),
            column("Entered", Format::Plain),
        ],
        rows: (0..rows)
            .map(|i| {
                vec![text("AAPL"), Cell::Number(-1234.5 - i as f64), Cell::Time(i as i64 * DAY)]
            })
            .collect(),
    }
}

pub(crate) fn run_page() -> Page {
    Page {
        title: "A run".to_owned(),
        manifest: vec![("Version".to_owned(), "0.1.0".to_owned())],
        notices: vec!["fallback to the event engine because of a stop".to_owned()],
        run: Some(Run {
            heading: String::new(),
            accounts: vec![account("Portfolio", &[100.0, 90.0, 120.0])],
            assets: None,
            candles: vec![candles(3)],
            trades: Some(table(3)),
        }),
        ..Page::default()
    }
}

/// A full grid of `side * side` sets on `assets` assets with thirteen metrics that vary smoothly with a little noise.
pub(crate) fn sweep_page(side: usize, assets: usize) -> Page {
    let param = |name: &str| Param {
        name: name.to_owned(),
        unit: "bars".to_owned(),
        values: (1..=side).map(|v| v as f64).collect(),
    };
    let metric = |i: usize| SweepMetric {
        name: format!("Metric {i}"),
        format: if i.is_multiple_of(3) { Format::Percent(1) } else { Format::Decimals(2) },
        higher_is_better: true,
        neutral: Some(0.0),
        help: String::new(),
    };
    let value = |asset: usize, i: usize, trial: usize| {
        let (x, y) = ((trial / side) as f64, (trial % side) as f64);
        let noise = ((trial * 7919 + asset * 104_729 + i * 31) % 1009) as f64 / 1009.0;
        (x / 17.0 + i as f64).sin() + (y / 23.0 + asset as f64).cos() + 0.1 * noise
    };
    let asset = |a: usize| AssetSweep {
        asset: format!("A{a}"),
        currency: "USD".to_owned(),
        values: (0..13)
            .map(|i| (0..side * side).map(|trial| value(a, i, trial)).collect())
            .collect(),
        best: Some(table(20)),
        best_trials: (0..20).collect(),
        run_command: "backcast run spec.toml".to_owned(),
        ..AssetSweep::default()
    };
    Page {
        title: "A sweep".to_owned(),
        sweep: Some(Sweep {
            params: vec![param("fast"), param("slow")],
            metrics: (0..13).map(metric).collect(),
            assets: (0..assets).map(asset).collect(),
            ..Sweep::default()
        }),
        ..Page::default()
    }
}

pub(crate) fn walk_forward_page() -> Page {
    Page {
        title: "A walk-forward test".to_owned(),
        walk_forward: Some(WalkForward {
            accounts: vec![account("All assets", &[100.0, 101.0, 99.0])],
            windows: vec![Window { label: "1: fast 3".to_owned(), from: 0, to: 2 * DAY }],
            table: Some(table(1)),
        }),
        ..Page::default()
    }
}

/// The text of the page outside the blocks that hold scripts, styles and packed data.
pub(crate) fn visible(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(start) = rest.find("<script").into_iter().chain(rest.find("<style")).min() {
        out.push_str(&rest[..start]);
        let end = rest[start..].find("</s").expect("the element ends") + start;
        rest = &rest[end + 2..];
    }
    out + rest
}

/// The content of the script element with this id.
pub(crate) fn block<'a>(html: &'a str, id: &str) -> &'a str {
    let start = html.find(&format!("<script id=\"{id}\"")).expect("the block is there");
    let open = start + html[start..].find('>').expect("the tag closes") + 1;
    &html[open..open + html[open..].find("</script>").expect("the element ends")]
}
