//! A sweep as a page: maps of all sets, curves, the sets that hold up, the best run in full.

use backcast_metrics::Metric;
use backcast_report::{
    AssetSweep, Cell, CoarseCurves, Column, Format, Page, Param, Run, Series, Sweep, SweepMetric,
    Table,
};
use backcast_search::{AccountRows, Curves, Quiet, RunAccount, best_of};

use super::{
    CURRENCY,
    account::{Curve, section},
    cells::column,
    manifest::{Made, manifest},
    set_text, title,
};
use crate::{commands::sweep::Judged, failure::Failure, metrics, number};

/// Values on all maps together; more would make the page heavy.
const MAP_VALUES: usize = 300_000;
/// Sets up to which every cell of the chosen asset has a curve.
const CURVE_SETS: usize = 20_000;
/// Points of the curve of a cell.
const CURVE_POINTS: usize = 128;
/// Full curves of the chosen asset, and of each other asset.
const FULL_CURVES: [usize; 2] = [20, 3];

/// The page of a sweep of the spec called `spec_name` on the command line.
pub(crate) fn sweep(judged: &Judged, spec_name: &str) -> Result<Page, Failure> {
    let _span = backcast_spans::span!("report.collect");
    let result = &judged.result;
    let chosen = chosen_asset(judged);
    let command = format!("backcast sweep {spec_name}");
    let made = Made {
        id: format!("sweep {}", result.id),
        digest: result.digest.clone(),
        command: &command,
        pooled: judged.pooled(),
        windows: false,
    };
    let best = judged.result.accounts[chosen].best.first();
    let run = match best.filter(|best| !best.row.values[result.metric as usize].is_nan()) {
        Some(best) => best_run(judged, chosen, best.set)?,
        None => None,
    };
    Ok(Page {
        title: title(judged.spec, "Sweep"),
        subtitle: subtitle(judged),
        manifest: manifest(judged.spec, judged.market, &made),
        notices: notices(judged),
        sweep: Some(Sweep {
            params: params(judged),
            sets: sets(judged),
            metrics: shown_metrics(judged).into_iter().map(sweep_metric).collect(),
            assets: assets(judged, chosen, spec_name)?,
            chosen_asset: chosen,
            summary: Some(hold_up(judged)),
        }),
        run,
        ..Page::default()
    })
}

/// The run of the best set on the chosen asset, in full.
fn best_run(judged: &Judged, account: usize, set: usize) -> Result<Option<Run>, Failure> {
    let curves = judged.curves()?;
    let Some(result) = curves.run(account, set)? else { return Ok(None) };
    let name = judged.result.accounts[account].name.clone();
    let heading = format!("Best set on {name}: {}", set_text(&judged.result.sets, set));
    let (buy_and_hold, digest) = (curves.buy_and_hold(account, set)?, result.digest().to_string());
    let run = RunAccount { name, result, buy_and_hold, digest };
    Ok(Some(section(judged.market, &[run], heading)))
}

fn subtitle(judged: &Judged) -> String {
    let result = &judged.result;
    let sets = number::count(result.sets.count(), "parameter set");
    let on = match result.accounts.len() {
        _ if judged.pooled() => "one pool of cash".to_owned(),
        1 => result.accounts[0].name.clone(),
        n => format!("each of {n} assets"),
    };
    format!("{sets} on {on}, ranked by {}.", result.metric.title())
}

fn notices(judged: &Judged) -> Vec<String> {
    let mut notices = judged.result.notices.clone();
    if judged.result.sets.count() > CURVE_SETS {
        notices.push(format!(
            "only the best sets have curves here: there are more than {} sets",
            number::grouped(CURVE_SETS as f64, 0)
        ));
    }
    if judged.result.sets.count() > 1 {
        notices.push(
            "the best of many sets owes part of its result to luck; a walk-forward test shows how much is left"
                .to_owned(),
        );
    }
    notices
}

/// The asset with the most bars, the first of equals.
fn chosen_asset(judged: &Judged) -> usize {
    let accounts = &judged.result.accounts;
    (0..accounts.len()).rev().max_by_key(|i| judged.bars(&accounts[*i])).unwrap_or(0)
}

fn params(judged: &Judged) -> Vec<Param> {
    let param = |param: &backcast_engine::lanes::Param| {
        let mut values = param.values.clone();
        values.sort_by(f64::total_cmp);
        Param { name: param.name.clone(), unit: String::new(), values }
    };
    judged.result.sets.params().iter().map(param).collect()
}

/// Places of the values of each trial, where they are not the full grid in ascending order.
fn sets(judged: &Judged) -> Option<Vec<u32>> {
    let sets = &judged.result.sets;
    let params = params(judged);
    let full: f64 = params.iter().map(|param| param.values.len() as f64).product();
    let sorted = sets.params().iter().zip(&params).all(|(own, shown)| own.values == shown.values);
    if sorted && sets.count() as f64 == full {
        return None;
    }
    let place = |param: &Param, value: f64| {
        param.values.partition_point(|other| other.total_cmp(&value).is_lt()) as u32
    };
    let trial = |set: usize| {
        let values = sets.values(set);
        params.iter().zip(values).map(|(param, value)| place(param, value)).collect::<Vec<_>>()
    };
    Some((0..sets.count()).flat_map(trial).collect())
}

/// The metric of the ranking and a few more, as many as the page bears.
fn shown_metrics(judged: &Judged) -> Vec<Metric> {
    let result = &judged.result;
    let values = result.sets.count() * result.accounts.len();
    let room = (MAP_VALUES / values.max(1)).clamp(1, 5);
    let wanted = metrics::for_people(&judged.spec.metrics, result.metric);
    wanted.into_iter().filter(|metric| result.kept.contains(metric)).take(room).collect()
}

fn sweep_metric(metric: Metric) -> SweepMetric {
    let signed =
        [Metric::TotalReturn, Metric::Cagr, Metric::Sharpe, Metric::Sortino, Metric::Calmar];
    let neutral = match metric {
        metric if signed.contains(&metric) => Some(0.0),
        Metric::ProfitFactor => Some(1.0),
        _ => None,
    };
    SweepMetric {
        name: metric.title().to_owned(),
        format: metrics::page_format(metric),
        higher_is_better: metric.higher_is_better(),
        neutral,
        help: metric.help().to_owned(),
    }
}

fn assets(judged: &Judged, chosen: usize, spec_name: &str) -> Result<Vec<AssetSweep>, Failure> {
    let several = judged.result.accounts.len() > 1;
    let curves = judged.curves()?;
    (0..judged.result.accounts.len())
        .map(|account| {
            let page = asset(judged, &curves, account, account == chosen)?;
            let only = match several {
                true => format!(" --set data.assets={}", page.asset),
                false => String::new(),
            };
            Ok(AssetSweep { run_command: format!("backcast run {spec_name}{only}"), ..page })
        })
        .collect()
}

fn asset(
    judged: &Judged,
    curves: &Curves,
    account: usize,
    chosen: bool,
) -> Result<AssetSweep, Failure> {
    let result = &judged.result;
    let rows = &result.accounts[account];
    let column = |metric: &Metric| result.column(account, *metric).unwrap_or_default().to_vec();
    let ranked = result.column(account, result.metric).unwrap_or_default();
    let best = best_of(result.metric, ranked, FULL_CURVES[usize::from(!chosen)]);
    let best: Vec<usize> = best.into_iter().filter(|set| !ranked[*set].is_nan()).collect();
    let full = curves.full(account, &best)?;
    let series = |curve: &backcast_search::Curve, values: &[f64]| {
        let span = Curve { clock: &curve.times, days: &curve.days, start_cash: 0.0 };
        Series { times: span.times(judged.market), values: values.to_vec() }
    };
    let buy_and_hold = match full.first() {
        Some(first) => Some(series(first, &curves.buy_and_hold(account, first.set)?)),
        None => None,
    };
    let full = full.iter().map(|curve| (curve.set as u32, series(curve, &curve.equity))).collect();
    let coarse = match chosen && result.sets.count() <= CURVE_SETS {
        true => Some(coarse(judged, curves, account)?),
        false => None,
    };
    Ok(AssetSweep {
        asset: rows.name.clone(),
        currency: CURRENCY.to_owned(),
        values: shown_metrics(judged).iter().map(column).collect(),
        best: Some(best_table(judged, rows)),
        best_trials: rows.best.iter().map(|best| best.set as u32).collect(),
        buy_and_hold,
        full,
        coarse,
        run_command: String::new(),
    })
}

fn coarse(judged: &Judged, curves: &Curves, account: usize) -> Result<CoarseCurves, Failure> {
    let short = curves.coarse(account, CURVE_POINTS, &Quiet)?;
    let span = Curve { clock: &short.times, days: &short.days, start_cash: 0.0 };
    Ok(CoarseCurves { times: span.times(judged.market), values: short.values })
}

fn plain(name: &str) -> Column {
    Column { name: name.to_owned(), ..Column::default() }
}

/// The best sets of an asset.
fn best_table(judged: &Judged, rows: &AccountRows) -> Table {
    let result = &judged.result;
    let shown = metrics::for_people(&judged.spec.metrics, result.metric);
    let mut columns: Vec<Column> = result.sets.params().iter().map(|p| plain(&p.name)).collect();
    columns.extend(
        shown
            .iter()
            .map(|metric| column(metric.title(), metrics::page_format(*metric), metric.help())),
    );
    let row = |best: &backcast_search::Best| {
        let values = result.sets.values(best.set).into_iter();
        let metrics = shown.iter().map(|metric| best.row.values[*metric as usize]);
        values.chain(metrics).map(Cell::Number).collect()
    };
    let caption = format!("Best sets on {} by {}", rows.name, result.metric.title());
    Table { caption, columns, rows: rows.best.iter().map(row).collect() }
}

/// Which sets hold up across assets; with a single one, how its sets do as a whole.
fn hold_up(judged: &Judged) -> Table {
    let result = &judged.result;
    let format = metrics::page_format(result.metric);
    let total = result.accounts.len();
    if total == 1 {
        return accounts(judged, format);
    }
    let mut columns: Vec<Column> = result.sets.params().iter().map(|p| plain(&p.name)).collect();
    let metric = result.metric.title();
    columns.extend([
        column(
            &format!("Mean {metric}"),
            format.clone(),
            "Over the assets in which it is defined.",
        ),
        column(&format!("Worst {metric}"), format, "On the asset that suits the set least."),
        column(
            "Mean rank",
            Format::Decimals(0),
            "Mean over assets of the set's place among all sets; 1 is the best.",
        ),
        column(
            "Beats buy and hold on",
            Format::Unit(0, format!("of {total}")),
            "Assets on which the set is better than buying and holding, by the same metric.",
        ),
    ]);
    let row = |one: &backcast_search::HoldUp| {
        let values = result.sets.values(one.set).into_iter();
        let figures = [one.mean, one.worst, one.mean_rank, one.beating as f64];
        values.chain(figures).map(Cell::Number).collect()
    };
    let rows = judged.hold_up.iter().map(row).collect();
    Table {
        caption: format!("Sets with the best mean {metric} over {total} assets"),
        columns,
        rows,
    }
}

fn accounts(judged: &Judged, format: Format) -> Table {
    let columns = vec![
        plain("Asset"),
        column("Best", format.clone(), ""),
        column("Median", format.clone(), "Half of the sets are better."),
        column("Buy and hold", format, "By the same metric."),
        column("Sets that beat it", Format::Percent(1), ""),
    ];
    let rows = judged.result.accounts.iter().zip(&judged.summaries).map(|(account, s)| {
        let numbers = [s.best, s.median, s.benchmark, s.beating].map(Cell::Number);
        std::iter::once(Cell::Text(account.name.clone())).chain(numbers).collect()
    });
    let caption = format!("All sets by {}", judged.result.metric.title());
    Table { caption, columns, rows: rows.collect() }
}
