//! From the tree of a TOML document to a [`Spec`], section by section.

use std::path::{Path, PathBuf};

use backcast_metrics::Metric;
use backcast_types::Size;

use super::{
    BrokerSpec, CostSpec, DataSource, DataSpec, Expression, Leg, Mode, Override, ParamSpec, Spec,
    SpecError, SweepSpec, Values, WalkForwardSpec,
    node::{Entry, Node, Place, Source, Sources, Table, Value},
    overrides,
    section::{Section, number},
    units,
};

const SECTIONS: [&str; 9] =
    ["data", "params", "series", "rules", "costs", "broker", "sweep", "walkforward", "metrics"];
const RULES: [&str; 8] = [
    "enter_long",
    "exit_long",
    "enter_short",
    "exit_short",
    "entry_limit",
    "stop_loss",
    "take_profit",
    "trailing",
];
const COMMISSION_HELP: &str =
    "write \"0.1%\", \"2bp\", \"0.005 per share\", \"1 per trade\", or several with +";
const SLIPPAGE_HELP: &str = "write \"2bp\", \"0.1%\" or \"0.01 per share\"";
const SIZE_HELP: &str = "write \"100% of equity\", \"10 shares\", \"5000 cash\" or \"all cash\"";

pub(super) fn parse(
    text: &str,
    path: Option<&Path>,
    overrides: &[Override],
) -> Result<Spec, SpecError> {
    let name = path.map_or("spec".to_owned(), |path| path.display().to_string());
    let mut sources = Sources(vec![Source { name, text: text.into() }]);
    for item in overrides {
        let source = Source { name: item.origin.clone(), text: item.text.as_str().into() };
        sources.0.push(source);
    }
    let mut document = sources.document()?;
    for source in 1..sources.0.len() {
        overrides::apply(&sources, &mut document, source)?;
    }
    let spec = read(&sources, &document, path)?;
    Ok(Spec { path: path.map(Path::to_path_buf), sources: sources.clone(), ..spec })
}

fn read(sources: &Sources, document: &Table, path: Option<&Path>) -> Result<Spec, SpecError> {
    let top = Section { sources, name: "", table: document };
    let mut known = SECTIONS.to_vec();
    known.push("mode");
    top.only(&known)?;
    let empty = Table::default();
    let section = |name| top.section(name, &empty);
    let folder = path.and_then(Path::parent);
    let (rules, legs) = rules(section("rules")?, top)?;
    let sweep = sweep(section("sweep")?)?;
    let walk_forward = match top.get("walkforward") {
        Some(entry) => Some(walk_forward(section("walkforward")?, &entry.place, sweep.metric)?),
        None => None,
    };
    let mode = top.word("mode", &[("each", Mode::Each), ("pool", Mode::Pool)])?;
    if let (Some(Mode::Each), false, Some(entry)) = (mode, legs.is_empty(), top.get("mode")) {
        let message = "[rules.SYMBOL] tables are legs of one position, and mode \"each\" would run them apart";
        return Err(top.error(&entry.node.place, message, "write mode = \"pool\", or delete it"));
    }
    Ok(Spec {
        path: None,
        data: data(section("data")?, top, folder)?,
        params: params(section("params")?)?,
        series: series(section("series")?)?,
        rules,
        legs,
        costs: costs(section("costs")?)?,
        broker: broker(section("broker")?)?,
        mode,
        metrics: metrics(top)?,
        sweep,
        walk_forward,
        sources: Sources::default(),
    })
}

fn data(section: Section, top: Section, folder: Option<&Path>) -> Result<DataSpec, SpecError> {
    section.only(&["bundle", "file", "assets", "from", "to"])?;
    let bundle = section.text("bundle", "the name of a bundle")?;
    let file = section.text("file", "the path of a CSV or Parquet file")?;
    let (source, key) = match (bundle, file) {
        (Some(_), Some(_)) => {
            let place = &section.get("file").expect("it is there").place;
            let message = "[data] names both a bundle and a file";
            return Err(section.error(place, message, "delete one of the two"));
        }
        (Some(name), None) => (DataSource::Bundle(name.to_owned()), "bundle"),
        (None, Some(file)) => {
            let file = PathBuf::from(file);
            (DataSource::File(folder.map_or(file.clone(), |folder| folder.join(file))), "file")
        }
        (None, None) => {
            let place =
                top.get("data").map_or(Place { source: 0, span: 0..0 }, |e| e.place.clone());
            let message = "[data] names no data";
            let help = "write bundle = \"sample\" or file = \"prices.csv\" below [data]";
            return Err(section.error(&place, message, help));
        }
    };
    let (from, to) = (section.day("from")?, section.day("to")?);
    let range = section.get("to").or(section.get("from"));
    if let (Some(first), Some(last), Some(entry)) = (from, to, range)
        && first > last
    {
        let message = format!("`from` ({first}) is after `to` ({last})");
        return Err(section.error(&entry.node.place, message, "both days are included"));
    }
    let (assets, assets_place) = match section.get("assets") {
        None => (None, None),
        Some(entry) => (assets(section, entry)?, Some(entry.node.place.clone())),
    };
    Ok(DataSpec {
        source,
        assets,
        from,
        to,
        assets_place,
        source_place: section.get(key).expect("it is there").node.place.clone(),
        range_place: range.map(|entry| entry.node.place.clone()),
    })
}

fn assets(section: Section, entry: &Entry) -> Result<Option<Vec<String>>, SpecError> {
    let help = "write assets = [\"AAPL\", \"MSFT\"] or assets = \"all\"";
    let items = match &entry.node.value {
        Value::Text(text) if text == "all" => return Ok(None),
        Value::Text(text) => return Ok(Some(vec![text.clone()])),
        Value::Array(items) if !items.is_empty() => items,
        Value::Array(_) => {
            return Err(section.error(&entry.node.place, "`assets` is empty", help));
        }
        _ => return Err(section.wrong(entry, "a list of symbols", help)),
    };
    let mut symbols: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let Value::Text(symbol) = &item.value else {
            let message =
                format!("an asset must be a symbol in quotes; found {}", item.value.kind());
            return Err(section.error(&item.place, message, help));
        };
        if symbols.contains(symbol) {
            let message = format!("`{symbol}` is listed twice");
            return Err(section.error(&item.place, message, "delete one of the two"));
        }
        symbols.push(symbol.clone());
    }
    Ok(Some(symbols))
}

fn params(section: Section) -> Result<Vec<ParamSpec>, SpecError> {
    section.table.entries.iter().map(|entry| param(section, entry)).collect()
}

const PARAM_HELP: &str = "write 10, { from = 2, to = 101 }, { from = 0.1, to = 0.5, step = 0.1 } or { values = [5, 10, 20] }";

fn param(section: Section, entry: &Entry) -> Result<ParamSpec, SpecError> {
    check_name(section, entry, "parameter")?;
    let values = match &entry.node.value {
        Value::Array(items) => list(section, entry, items)?,
        Value::Table(table) => {
            range(Section { sources: section.sources, name: &entry.key, table }, entry)?
        }
        value => match number(value) {
            Some(number) => Values::List(vec![number]),
            None => return Err(section.wrong(entry, "a number, a range or a list", PARAM_HELP)),
        },
    };
    if values.is_empty() {
        let message = format!("parameter `{}` has no values", entry.key);
        let help = "`to` must not be below `from`, and a list needs at least one number";
        return Err(section.error(&entry.node.place, message, help));
    }
    Ok(ParamSpec { name: entry.key.clone(), values, place: entry.node.place.clone() })
}

fn list(section: Section, entry: &Entry, items: &[Node]) -> Result<Values, SpecError> {
    let mut values: Vec<f64> = Vec::with_capacity(items.len());
    for item in items {
        let Some(value) = number(&item.value) else {
            let message =
                format!("values of `{}` must be numbers; found {}", entry.key, item.value.kind());
            return Err(section.error(&item.place, message, PARAM_HELP));
        };
        if values.contains(&value) {
            let message = format!("{value} is twice among the values of `{}`", entry.key);
            return Err(section.error(&item.place, message, "delete one of the two"));
        }
        values.push(value);
    }
    Ok(Values::List(values))
}

fn range(table: Section, entry: &Entry) -> Result<Values, SpecError> {
    table.only(&["from", "to", "step", "count", "log", "values"])?;
    if let Some(values) = table.get("values") {
        if table.table.entries.len() > 1 {
            let message = format!("`{}` has both values and a range", entry.key);
            return Err(table.error(&entry.node.place, message, PARAM_HELP));
        }
        let Value::Array(items) = &values.node.value else {
            return Err(table.wrong(values, "a list of numbers", PARAM_HELP));
        };
        return list(table, entry, items);
    }
    let (Some(from), Some(to)) = (table.number("from", "")?, table.number("to", "")?) else {
        let message = format!("the range of `{}` needs `from` and `to`", entry.key);
        return Err(table.error(&entry.node.place, message, PARAM_HELP));
    };
    let (step, count) = (table.number("step", "")?, table.count("count")?);
    let log = table.bool("log")?.unwrap_or(false);
    match (step, count) {
        (Some(_), Some(_)) => {
            let message = format!("`{}` has both step and count", entry.key);
            Err(table.error(&entry.node.place, message, "delete one of the two"))
        }
        (_, Some(count)) => spaced(table, entry, from, to, count, log),
        (_, None) if log => {
            let message = format!("`{}` is spaced by ratio and needs a count", entry.key);
            let help = "write { from = 1, to = 1000, count = 4, log = true }";
            Err(table.error(&entry.node.place, message, help))
        }
        (None, None) if from.fract() != 0.0 || to.fract() != 0.0 => {
            let message = format!("the range of `{}` needs a step", entry.key);
            Err(table.error(&entry.node.place, message, PARAM_HELP))
        }
        (step, None) => {
            let step = step.unwrap_or(1.0);
            if step <= 0.0 {
                let place = &table.get("step").expect("it was read").node.place;
                return Err(table.error(
                    place,
                    format!("a step must be above 0; found {step}"),
                    "",
                ));
            }
            Ok(Values::range(from, to, step))
        }
    }
}

/// `count` values from `from` to `to`, evenly spaced or by a fixed ratio.
fn spaced(
    table: Section,
    entry: &Entry,
    from: f64,
    to: f64,
    count: usize,
    log: bool,
) -> Result<Values, SpecError> {
    let place = &entry.node.place;
    if from >= to || !(2..=1_000_000).contains(&count) {
        let message = format!("`{}` needs from below to and a count from 2 to 1000000", entry.key);
        return Err(table.error(place, message, PARAM_HELP));
    }
    if log && from <= 0.0 {
        let message = format!("`{}` is spaced by ratio and must begin above 0", entry.key);
        return Err(table.error(place, message, ""));
    }
    let last = (count - 1) as f64;
    let inner = (1..count - 1).map(|i| {
        let t = i as f64 / last;
        if log { from * (to / from).powf(t) } else { from + (to - from) * t }
    });
    Ok(Values::List([from].into_iter().chain(inner).chain([to]).collect()))
}

fn check_name(section: Section, entry: &Entry, what: &str) -> Result<(), SpecError> {
    let mut chars = entry.key.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if begins && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(());
    }
    let message = format!("`{}` is no name for a {what}", entry.key);
    let help = "a letter or _, then letters, digits and _";
    Err(section.error(&entry.place, message, help))
}

fn series(section: Section) -> Result<Vec<Expression>, SpecError> {
    let read = |entry| {
        check_name(section, entry, "series")?;
        section.expression(entry)
    };
    section.table.entries.iter().map(read).collect()
}

fn rules(section: Section, top: Section) -> Result<(Vec<Expression>, Vec<Leg>), SpecError> {
    let (mut rules, mut legs) = (Vec::new(), Vec::new());
    for entry in &section.table.entries {
        match &entry.node.value {
            Value::Table(table) => {
                let leg = Section { sources: section.sources, name: &entry.key, table };
                legs.push(Leg {
                    symbol: entry.key.clone(),
                    rules: rule_list(leg)?,
                    place: entry.place.clone(),
                });
            }
            _ if RULES.contains(&entry.key.as_str()) => rules.push(section.expression(entry)?),
            _ => return Err(section.unknown(entry, &RULES)),
        }
    }
    if let (Some(rule), Some(leg)) = (rules.first(), legs.first()) {
        let message = format!(
            "[rules] has both `{}` for every asset and rules of `{}` alone",
            rule.name, leg.symbol
        );
        let help = "write either [rules] or one [rules.SYMBOL] for each leg";
        return Err(section.error(&leg.place, message, help));
    }
    for leg in &legs {
        check_sides(section, &leg.rules, &leg.place)?;
    }
    if legs.is_empty() {
        let place = top.get("rules").map_or(Place { source: 0, span: 0..0 }, |e| e.place.clone());
        check_sides(section, &rules, &place)?;
    }
    Ok((rules, legs))
}

fn rule_list(section: Section) -> Result<Vec<Expression>, SpecError> {
    section.only(&RULES)?;
    section.table.entries.iter().map(|entry| section.expression(entry)).collect()
}

/// Refuses rules that never enter, and exits of a side that is never entered.
fn check_sides(section: Section, rules: &[Expression], place: &Place) -> Result<(), SpecError> {
    let find = |name: &str| rules.iter().find(|rule| rule.name == name);
    for (enter, exit) in [("enter_long", "exit_long"), ("enter_short", "exit_short")] {
        if let (None, Some(rule)) = (find(enter), find(exit)) {
            let message = format!("`{exit}` has nothing to exit: there is no `{enter}`");
            return Err(section.error(&rule.place, message, format!("add `{enter}` or delete it")));
        }
    }
    if find("enter_long").is_none() && find("enter_short").is_none() {
        let message = "there is no rule that enters a position";
        let help = "write enter_long = \"close > sma(close, 20)\" below [rules]";
        return Err(section.error(place, message, help));
    }
    Ok(())
}

fn costs(section: Section) -> Result<CostSpec, SpecError> {
    section.only(&["commission", "slippage"])?;
    let commission = charge(section, "commission", &["rate", "per_share", "per_trade"])?;
    let slippage = charge(section, "slippage", &["rate", "fixed"])?;
    Ok(CostSpec {
        commission_rate: commission.rate,
        commission_per_share: commission.per_share,
        commission_per_trade: commission.per_trade,
        slippage_rate: slippage.rate,
        slippage_fixed: slippage.per_share,
    })
}

fn charge(section: Section, key: &str, keys: &[&str]) -> Result<units::Charge, SpecError> {
    let help = if key == "commission" { COMMISSION_HELP } else { SLIPPAGE_HELP };
    let Some(entry) = section.get(key) else { return Ok(units::Charge::default()) };
    let charge = match &entry.node.value {
        Value::Text(text) => units::charge(text)
            .map_err(|why| section.error(&entry.node.place, format!("`{key}`: {why}"), help))?,
        Value::Integer(0) => units::Charge::default(),
        Value::Table(table) => {
            charge_table(Section { sources: section.sources, name: key, table }, keys)?
        }
        _ => return Err(section.wrong(entry, "an amount with its unit", help)),
    };
    let place = &entry.node.place;
    if charge.rate >= 1.0 {
        let message = format!("`{key}` takes {}% of the value", charge.rate * 100.0);
        return Err(section.error(place, message, "it must be below 100%"));
    }
    if key == "slippage" && charge.per_trade != 0.0 {
        return Err(section.error(place, "slippage moves the price of a share", help));
    }
    Ok(charge)
}

fn charge_table(table: Section, keys: &[&str]) -> Result<units::Charge, SpecError> {
    table.only(keys)?;
    let amount = |key: &str| -> Result<f64, SpecError> {
        let Some(entry) = table.get(key) else { return Ok(0.0) };
        let amount = match &entry.node.value {
            Value::Text(text) if key == "rate" => units::fraction(text)
                .map_err(|why| table.error(&entry.node.place, format!("`{key}`: {why}"), ""))?,
            value => match number(value) {
                Some(amount) => amount,
                None => return Err(table.wrong(entry, "a number", "0.001 is 0.1 %")),
            },
        };
        if amount < 0.0 {
            return Err(table.wrong(entry, "0 or more", ""));
        }
        Ok(amount)
    };
    let per_share = amount(if keys.contains(&"fixed") { "fixed" } else { "per_share" })?;
    Ok(units::Charge { rate: amount("rate")?, per_share, per_trade: amount("per_trade")? })
}

fn broker(section: Section) -> Result<BrokerSpec, SpecError> {
    section.only(&["cash", "size", "shares", "fill"])?;
    let cash = section.number("cash", "write cash = 100000")?.unwrap_or(100_000.0);
    if let (true, Some(entry)) = (cash <= 0.0 || cash > 1e15, section.get("cash")) {
        return Err(section.wrong(entry, "above 0 and at most 1e15", ""));
    }
    let whole_shares =
        section.word("shares", &[("whole", true), ("fractional", false)])?.unwrap_or(true);
    let mut size = Size::EquityFraction(1.0);
    if let Some(entry) = section.get("size") {
        let Value::Text(text) = &entry.node.value else {
            return Err(section.wrong(entry, "a size with its unit", SIZE_HELP));
        };
        size = units::size(text)
            .map_err(|why| section.error(&entry.node.place, format!("`size`: {why}"), SIZE_HELP))?;
        if let (Size::Shares(shares), true) = (size, whole_shares)
            && shares.fract() != 0.0
        {
            let message = format!("{shares} shares cannot be bought whole");
            let help = "write shares = \"fractional\" below [broker]";
            return Err(section.error(&entry.node.place, message, help));
        }
    }
    let same_close =
        section.word("fill", &[("next_open", false), ("same_close", true)])?.unwrap_or(false);
    Ok(BrokerSpec { cash, size, whole_shares, same_close })
}

fn sweep(section: Section) -> Result<SweepSpec, SpecError> {
    section.only(&["metric", "best", "where", "digests"])?;
    let constraint = section.get("where").map(|entry| section.expression(entry)).transpose()?;
    Ok(SweepSpec {
        metric: section.metric("metric")?.unwrap_or(Metric::Sharpe),
        best: section.count("best")?.unwrap_or(10),
        constraint,
        digests: section.bool("digests")?.unwrap_or(false),
    })
}

fn walk_forward(
    section: Section,
    place: &Place,
    metric: Metric,
) -> Result<WalkForwardSpec, SpecError> {
    section.only(&["train", "test", "step", "anchored", "metric"])?;
    let (Some(train), Some(test)) = (section.count("train")?, section.count("test")?) else {
        let message = "[walkforward] needs `train` and `test`, in sessions";
        return Err(section.error(place, message, "write train = 504 and test = 126"));
    };
    let step = section.count("step")?.unwrap_or(test);
    if step < test {
        let place = &section.get("step").expect("it is below test only if given").node.place;
        let message = format!("windows overlap: a step of {step} is below the test of {test}");
        let help = "the out-of-sample curve would count sessions twice; make step at least test";
        return Err(section.error(place, message, help));
    }
    let anchored = section.bool("anchored")?.unwrap_or(false);
    let metric = section.metric("metric")?.unwrap_or(metric);
    Ok(WalkForwardSpec { train, test, step, anchored, metric, place: place.clone() })
}

fn metrics(top: Section) -> Result<Vec<Metric>, SpecError> {
    let Some(entry) = top.get("metrics") else { return Ok(Metric::ALL.to_vec()) };
    let items = match &entry.node.value {
        Value::Array(items) if !items.is_empty() => items.as_slice(),
        Value::Text(_) => std::slice::from_ref(&entry.node),
        _ => return Err(top.wrong(entry, "a list of metrics", "write metrics = [\"sharpe\"]")),
    };
    let mut metrics = Vec::with_capacity(items.len());
    for item in items {
        let metric = top.metric_of("metrics", item)?;
        if metrics.contains(&metric) {
            let message = format!("`{}` is listed twice", metric.name());
            return Err(top.error(&item.place, message, "delete one of the two"));
        }
        metrics.push(metric);
    }
    Ok(metrics)
}
