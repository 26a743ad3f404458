//! The portal: small cases by hand, and the recorded answers of a reference program.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use backcast_calendar::Calendar;
use backcast_data::{
    Asset, Bars, Dividend, Field, Frequency, Item, Market, Portal, PortalData, PortalError, Split,
};
use backcast_types::{AssetId, Day, Timestamp};
use serde_json::Value;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Daily bars with open = high = low = close on days of January 2024.
fn asset(symbol: &str, closes: &[(i32, f64)]) -> Asset {
    let first = day("2023-12-31").0;
    let close: Vec<f64> = closes.iter().map(|(_, close)| *close).collect();
    let days: Vec<i32> = closes.iter().map(|(d, _)| first + d).collect();
    Asset {
        symbol: symbol.to_owned(),
        bars: Bars {
            time: days.iter().map(|d| Timestamp::midnight(Day(d + 1)).0).collect::<Vec<_>>().into(),
            day: days.into(),
            open: close.clone().into(),
            high: close.clone().into(),
            low: close.clone().into(),
            close: close.clone().into(),
            volume: vec![100.0; close.len()].into(),
            extra: Vec::new(),
        },
        splits: Vec::new(),
        dividends: Vec::new(),
        delisted: None,
    }
}

fn market(assets: Vec<Asset>) -> Market {
    Market {
        name: "test".to_owned(),
        calendar: None,
        frequency: Frequency::Daily,
        periods_per_year: 252.0,
        assets: assets.into_iter().map(Arc::new).collect(),
        digest: String::new(),
    }
}

fn at<'p>(data: &'p PortalData<'p>, january: i32) -> Portal<'p> {
    data.at(Timestamp::midnight(Day(day("2024-01-01").0 + january)))
}

const A: AssetId = AssetId(0);
const B: AssetId = AssetId(1);

#[test]
fn a_window_without_event_is_a_slice_of_the_column() {
    let market = market(vec![asset("A", &[(1, 10.0), (2, 11.0), (3, 12.0), (4, 13.0)])]);
    let data = PortalData::new(&market);
    let window = at(&data, 3).history(A, Field::Close, 2).unwrap();
    assert!(matches!(window.values, Cow::Borrowed(_)));
    assert_eq!(*window.values, [11.0, 12.0]);
    assert_eq!(window.days, [day("2024-01-02").0, day("2024-01-03").0]);
    assert_eq!(
        at(&data, 3).history(A, Field::Close, 4),
        Err(PortalError::BeforeData { asked: 4, available: 3 })
    );
    assert_eq!(at(&data, 3).history(A, Field::Close, 0), Err(PortalError::Empty));
    assert!(at(&data, 3).history(B, Field::Close, 1).is_err());
}

#[test]
fn rows_before_an_event_are_adjusted_from_its_day_on() {
    let mut a = asset("A", &[(1, 100.0), (2, 100.0), (3, 50.0), (4, 49.0)]);
    a.splits.push(Split { day: day("2024-01-03"), shares: 2.0 });
    a.dividends.push(Dividend {
        ex_day: day("2024-01-04"),
        pay_day: day("2024-01-04"),
        amount: 1.0,
    });
    let market = market(vec![a]);
    let data = PortalData::new(&market);
    assert_eq!(*at(&data, 2).history(A, Field::Close, 2).unwrap().values, [100.0, 100.0]);
    assert_eq!(*at(&data, 3).history(A, Field::Close, 3).unwrap().values, [50.0, 50.0, 50.0]);
    assert_eq!(*at(&data, 3).history(A, Field::Volume, 3).unwrap().values, [200.0, 200.0, 100.0]);
    let ratio = 1.0 - 1.0 / 50.0;
    assert_eq!(
        *at(&data, 4).history(A, Field::Open, 4).unwrap().values,
        [50.0 * ratio, 50.0 * ratio, 49.0, 49.0]
    );
    assert_eq!(
        *at(&data, 4).history(A, Field::Volume, 4).unwrap().values,
        [200.0, 200.0, 100.0, 100.0]
    );
}

#[test]
fn late_listing_holes_and_delisting_are_absent_and_price_fills_forward() {
    let mut b = asset("B", &[(2, 20.0), (4, 22.0)]);
    b.delisted = Some(day("2024-01-04"));
    let market = market(vec![asset("A", &[(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0), (5, 1.0)]), b]);
    let data = PortalData::new(&market);
    let show = |item: Item| -> Vec<String> {
        at(&data, 5).history(B, item, 5).unwrap().values.iter().map(f64::to_string).collect()
    };
    assert_eq!(show(Field::Close.into()), ["NaN", "20", "NaN", "22", "NaN"]);
    assert_eq!(show(Item::Price), ["NaN", "20", "20", "22", "NaN"]);
    assert_eq!(show(Field::Volume.into()), ["0", "100", "0", "100", "0"]);
    let told = |january| {
        let portal = at(&data, january);
        let price = portal.current(B, Item::Price).unwrap().to_string();
        let close = portal.current(B, Field::Close).unwrap().to_string();
        (portal.can_trade(B).unwrap(), portal.is_stale(B).unwrap(), price, close)
    };
    assert_eq!(told(1), (false, false, "NaN".to_owned(), "NaN".to_owned()));
    assert_eq!(told(2), (true, false, "20".to_owned(), "20".to_owned()));
    assert_eq!(told(3), (true, true, "20".to_owned(), "NaN".to_owned()));
    assert_eq!(told(5), (false, false, "NaN".to_owned(), "NaN".to_owned()));
    assert_eq!(at(&data, 5).last_traded(B).unwrap().unwrap().to_string(), "2024-01-05T00:00:00Z");
}

#[test]
fn later_data_change_no_earlier_answer() {
    let mut long = asset("A", &[(1, 10.0), (2, 11.0), (3, 5.0), (4, 6.0)]);
    let short = asset("A", &[(1, 10.0), (2, 11.0)]);
    long.splits.push(Split { day: day("2024-01-03"), shares: 2.0 });
    let (long, short) = (market(vec![long]), market(vec![short]));
    let (long, short) = (PortalData::new(&long), PortalData::new(&short));
    for item in [Item::Price, Field::High.into(), Field::Volume.into()] {
        assert_eq!(at(&long, 2).history(A, item, 2), at(&short, 2).history(A, item, 2));
    }
}

#[test]
fn minute_windows_end_at_the_clock() {
    let spec: backcast_data::SyntheticSpec = "assets=1,years=1,freq=1m,seed=5".parse().unwrap();
    let market = spec.market("m");
    let data = PortalData::new(&market);
    let bars = &market.assets[0].bars;
    let portal = data.at(Timestamp(bars.time[500] + 1));
    let window = portal.history(A, Field::Close, 20).unwrap();
    assert_eq!(*window.times, bars.time[481..=500]);
    assert_eq!(window.values[19], bars.close[500]);
}

// ---- the reference's answers ----

/// `rows[0]` is the header.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

fn reference_market(folder: &Path) -> Market {
    let xnys = Calendar::named("XNYS").unwrap();
    let daily = table(&folder.join("daily.csv"));
    let (splits, dividends) =
        (table(&folder.join("splits.csv")), table(&folder.join("dividends.csv")));
    let assets = table(&folder.join("assets.csv")).into_iter().map(|listed| {
        let own = |rows: &[BTreeMap<String, String>]| -> Vec<BTreeMap<String, String>> {
            rows.iter().filter(|row| row["symbol"] == listed["symbol"]).cloned().collect()
        };
        let rows = own(&daily);
        let number = |name: &str| {
            rows.iter().map(|row| row[name].parse::<f64>().unwrap()).collect::<Vec<_>>().into()
        };
        let days: Vec<i32> = rows.iter().map(|row| day(&row["date"]).0).collect();
        Asset {
            symbol: listed["symbol"].clone(),
            bars: Bars {
                time: days
                    .iter()
                    .map(|d| xnys.session(Day(*d)).unwrap().close.0)
                    .collect::<Vec<_>>()
                    .into(),
                day: days.into(),
                open: number("open"),
                high: number("high"),
                low: number("low"),
                close: number("close"),
                volume: number("volume"),
                extra: Vec::new(),
            },
            splits: own(&splits)
                .iter()
                .map(|row| Split {
                    day: day(&row["effective_date"]),
                    shares: row["new_shares"].parse::<f64>().unwrap()
                        / row["old_shares"].parse::<f64>().unwrap(),
                })
                .collect(),
            dividends: own(&dividends)
                .iter()
                .map(|row| Dividend {
                    ex_day: day(&row["ex_date"]),
                    pay_day: day(&row["pay_date"]),
                    amount: row["amount"].parse().unwrap(),
                })
                .collect(),
            delisted: Some(day(&listed["end_date"])),
        }
    });
    Market { calendar: Some("XNYS".to_owned()), ..market(assets.collect()) }
}

fn answers(folder: &Path, name: &str) -> Vec<Value> {
    let file = fs::File::open(folder.join(name)).unwrap();
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

fn item(name: &str) -> Item {
    match Field::ALL.into_iter().find(|f| f.name() == name) {
        Some(field) => field.into(),
        None => Item::Price,
    }
}

fn same(got: f64, want: &Value) -> bool {
    match want.as_f64() {
        Some(want) => (got - want).abs() <= 1e-12 * want.abs().max(1.0),
        None => got.is_nan(),
    }
}

/// Whether the window of one recorded question comes out, before rounding.
fn window_matches(data: &PortalData, market: &Market, asked: &Value) -> bool {
    let portal = data.at(asked["sim_dt"].as_str().unwrap().parse().unwrap());
    let n = asked["bar_count"].as_u64().unwrap() as usize;
    asked["assets"].as_array().unwrap().iter().enumerate().all(|(i, symbol)| {
        let id = market.find(symbol.as_str().unwrap()).unwrap();
        match portal.history(id, item(asked["field"].as_str().unwrap()), n) {
            Err(PortalError::BeforeData { .. }) => asked["error"] == "window_before_start",
            Err(_) => false,
            Ok(window) if asked["error"].is_null() => {
                let unrounded = &asked["unrounded"][i];
                let rounded = unrounded.is_null();
                let want = if rounded { &asked["values"][i] } else { unrounded };
                let want = want.as_array().unwrap();
                let near = |(got, want): (&f64, &Value)| {
                    same(*got, want)
                        || (rounded && want.as_f64().is_some_and(|w| (got - w).abs() <= 1e-9))
                };
                Day(window.days[0]).to_string() == asked["first"]
                    && window.values.len() == want.len()
                    && window.values.iter().zip(want).all(near)
            }
            Ok(_) => false,
        }
    })
}

/// The reference's market; without `after_a_hole` it lacks the one dividend whose day follows a session without a bar, which the
/// reference does not adjust for (the portal takes the last known close).
fn reference(after_a_hole: bool) -> (PathBuf, Market) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/portal");
    let mut market = reference_market(&folder);
    if !after_a_hole {
        let id = market.find("YEW").unwrap();
        let asset = Arc::get_mut(&mut market.assets[id.index()]).unwrap();
        asset.dividends.retain(|d| d.ex_day != day("2021-08-11"));
    }
    (folder, market)
}

#[test]
fn windows_are_those_of_the_reference() {
    for (after_a_hole, expected) in [(false, 382), (true, 358)] {
        let (folder, market) = reference(after_a_hole);
        let data = PortalData::new(&market);
        let asked = answers(&folder, "history.jsonl.gz");
        let (right, wrong): (Vec<&Value>, Vec<&Value>) =
            asked.iter().partition(|asked| window_matches(&data, &market, asked));
        let told: Vec<String> = wrong
            .iter()
            .map(|q| format!("{} {} {} {}", q["id"], q["assets"], q["field"], q["sim_dt"]))
            .collect();
        println!("{} of {} windows match", right.len(), asked.len());
        assert_eq!(right.len(), expected, "{told:#?}");
    }
}

#[test]
fn current_values_are_those_of_the_reference() {
    for (after_a_hole, expected) in [(false, 270), (true, 267)] {
        let (folder, market) = reference(after_a_hole);
        let data = PortalData::new(&market);
        let (mut right, mut wrong) = (0, Vec::new());
        for asked in answers(&folder, "spot.jsonl.gz") {
            let portal = data.at(asked["sim_dt"].as_str().unwrap().parse().unwrap());
            for row in asked["rows"].as_array().unwrap() {
                if current_matches(&portal, &market, row) {
                    right += 1
                } else {
                    wrong.push(row.to_string())
                }
            }
        }
        println!("{right} of {} current values match", right + wrong.len());
        assert_eq!(right, expected, "{wrong:#?}");
    }
}

fn current_matches(portal: &Portal, market: &Market, row: &Value) -> bool {
    let id = market.find(row["asset"].as_str().unwrap()).unwrap();
    let names = ["open", "high", "low", "close", "volume", "price"];
    let last = portal.last_traded(id).unwrap().map(|t| t.utc_day().to_string());
    names.iter().all(|name| same(portal.current(id, item(name)).unwrap(), &row[*name]))
        && row["can_trade"] == portal.can_trade(id).unwrap()
        && row["is_stale"] == portal.is_stale(id).unwrap()
        && last.as_deref() == row["last_traded"].as_str()
}
