//! Time of one run of 1,000,000 minute bars through the event engine, SMA(10) over SMA(30), averages included.
//!
//! `cargo run --release -p backcast-engine --example event_speed`

use std::{sync::Arc, time::Instant};

use backcast_data::{Asset, Bars, Frequency, Market};
use backcast_engine::{Engine, RuleStrategy, RunConfig, Span, Strategy};
use backcast_rules::{Definitions, Program, Text, compile};
use backcast_types::AssetId;

fn main() {
    let market = market(1_000_000);
    let program = Arc::new(program());
    let config = RunConfig { cash: 1e6, ..RunConfig::default() };
    let (mut times, mut rules) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let started = Instant::now();
        let mut strategy = RuleStrategy::new(program.clone(), &[10.0, 30.0]);
        let mut engine =
            Engine::new(&market, &[AssetId(0)], &Span::ALL, &config).expect("a run that can begin");
        strategy.init(&mut engine.setup()).expect("rules that evaluate");
        let evaluated = started.elapsed().as_secs_f64() * 1e3;
        engine.drive(&mut strategy).expect("a run without errors");
        let result = engine.finish();
        times.push(started.elapsed().as_secs_f64() * 1e3);
        rules.push(evaluated);
        if times.len() == 1 {
            println!("{} trades, equity {:.2}", result.trades.len(), result.equity[999_999]);
        }
    }
    rules.sort_by(f64::total_cmp);
    println!("{:.2} ms of it for the rules", rules[5]);
    times.sort_by(f64::total_cmp);
    println!("{:.2} ms [{:.2}-{:.2}], median of {}", times[5], times[0], times[10], times.len());
}

/// A random walk in minutes from a fixed seed.
fn market(bars: usize) -> Market {
    let mut state = 7u64;
    let mut uniform = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut price = 100.0;
    let mut close = Vec::with_capacity(bars);
    for _ in 0..bars {
        price *= 1.0 + (uniform() + uniform() + uniform() - 1.5) * 0.002;
        close.push(price);
    }
    let open: Vec<f64> = close.iter().map(|x| x * (1.0 + (uniform() - 0.5) * 0.0002)).collect();
    let high: Vec<f64> = open.iter().zip(&close).map(|(a, b)| a.max(*b)).collect();
    let low: Vec<f64> = open.iter().zip(&close).map(|(a, b)| a.min(*b)).collect();
    let minutes = (0..bars as i64).map(|i| 26_000_000 + i);
    let bars = Bars {
        time: minutes.clone().map(|m| m * 60_000_000_000).collect::<Vec<_>>().into(),
        day: minutes.map(|m| (m / 1440) as i32).collect::<Vec<_>>().into(),
        open: open.into(),
        high: high.into(),
        low: low.into(),
        volume: vec![1000.0; close.len()].into(),
        close: close.into(),
        extra: Vec::new(),
    };
    let (splits, dividends) = (Vec::new(), Vec::new());
    let asset = Asset { symbol: "WALK".into(), bars, splits, dividends, delisted: None };
    Market {
        name: "walk".into(),
        calendar: None,
        frequency: Frequency::Minutes(1),
        periods_per_year: 525_600.0,
        assets: vec![Arc::new(asset)],
        digest: String::new(),
    }
}

fn program() -> Program {
    let params = ["fast".to_owned(), "slow".to_owned()];
    let rule = |name, text| Text { name, text, offset: 0 };
    let rules = [
        rule("enter_long", "cross_above(sma(close, fast), sma(close, slow))"),
        rule("exit_long", "cross_below(sma(close, fast), sma(close, slow))"),
    ];
    let definitions = Definitions { params: &params, rules: &rules, ..Definitions::default() };
    compile(&definitions).expect("rules that compile")
}
