//! One run of a spec, with everything to look at afterwards.

use std::path::{Path, PathBuf};

use backcast_data::Market;
use backcast_engine::{Manifest, RunResult, Span};
use backcast_metrics::Row;

use crate::{
    SearchError,
    bind::{Account, Bound},
    buy_and_hold::buy_and_hold,
    saved::{self, SavedSpec},
    single::Single,
    spec::{Mode, Spec, SpecError},
    sweep::too_few,
    tables,
    warm_up::first_entry,
};

/// A finished run of a spec: one account in mode `pool`, one for each asset in mode `each`.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// Twelve hex digits of the manifest's hash.
    pub id: String,
    /// What decides the result.
    pub manifest: Manifest,
    /// Values of the parameters, in the order of the spec.
    pub params: Vec<f64>,
    /// How assets shared cash.
    pub mode: Mode,
    /// One for each run.
    pub accounts: Vec<RunAccount>,
    /// What a reader must know.
    pub notices: Vec<String>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct RunAccount {
    /// Symbol of the asset, or `pool`.
    pub name: String,
    /// Curve, orders, fills, trades, metrics.
    pub result: RunResult,
    /// Equity of buy and hold at each row of the run, in cash.
    pub buy_and_hold: Vec<f64>,
    /// Digest of the run in hex.
    pub digest: String,
}

/// Runs the only parameter set of a spec. The mode is `pool` where the spec names none.
///
/// # Errors
/// A spec that does not fit its data, has several sets, or can never trade for want of data.
pub fn run_spec(spec: &Spec, market: &Market) -> Result<RunOutcome, SearchError> {
    let _span = backcast_spans::span!("search.run");
    let bound = spec.bind(market, Mode::Pool)?;
    let params = spec.only_set()?;
    check_can_trade(spec, market, &bound, &params)?;
    let span = Span::Days { from: spec.data.from, to: spec.data.to };
    let manifest = spec.manifest("run", market, &bound);
    let single = Single { spec, market, bound: &bound };
    let mut accounts = Vec::new();
    let mut notices = Vec::new();
    for account in bound.accounts(market) {
        if account.members.clone().all(|member| bound.rows[member].is_empty()) {
            notices.push(format!("{} has no bar in the range", account.name));
            continue;
        }
        let mut result = single.run(&account, &params, &span, &bound.config)?;
        if let Some(why) = cannot_trade(market, &bound, &account, &params) {
            result.row = Row::EMPTY;
            notices.push(format!("the row of {} is empty: {why}", account.name));
        }
        for notice in &result.notices {
            if !notices.contains(notice) {
                notices.push(notice.clone());
            }
        }
        accounts.push(finished(market, &bound, &account, &params, &span, result)?);
    }
    let id = manifest.run_id();
    Ok(RunOutcome { id, manifest, params, mode: bound.mode, accounts, notices })
}

fn finished(
    market: &Market,
    bound: &Bound,
    account: &Account,
    params: &[f64],
    span: &Span,
    result: RunResult,
) -> Result<RunAccount, SearchError> {
    let buy_and_hold = buy_and_hold(market, bound, account, params, span)?;
    let digest = result.digest().to_string();
    Ok(RunAccount { name: account.name.clone(), result, buy_and_hold, digest })
}

/// Why an account cannot trade for want of data, as a sweep would say it; `None` where it can.
fn cannot_trade(
    market: &Market,
    bound: &Bound,
    account: &Account,
    params: &[f64],
) -> Option<String> {
    let needs = |member: usize| {
        let first = first_entry(&bound.programs[member], params);
        match first {
            Some(row) if row < bound.rows[member].end => None,
            first => Some((first.map_or(usize::MAX, |row| row + 1), member)),
        }
    };
    let needs = account.members.clone().map(needs).collect::<Option<Vec<_>>>()?;
    let (needs, member) = needs.into_iter().min()?;
    let symbol = &market.assets[bound.assets[member].index()].symbol;
    Some(too_few(symbol, bound.rows[member].end, needs))
}

fn check_can_trade(
    spec: &Spec,
    market: &Market,
    bound: &Bound,
    params: &[f64],
) -> Result<(), SearchError> {
    let mut needs = None;
    let mut longest = 0;
    for (i, (program, rows)) in bound.programs.iter().zip(&bound.rows).enumerate() {
        let first = first_entry(program, params);
        if first.is_some_and(|row| row < rows.end) && !rows.is_empty() {
            return Ok(());
        }
        needs = needs.min(first).or(first);
        if rows.end > bound.rows[longest].end {
            longest = i;
        }
    }
    let symbol = &market.assets[bound.assets[longest].index()].symbol;
    let needs = needs.map(|row| row + 1);
    Err(spec.never_trades(symbol, bound.rows[longest].end, needs).into())
}

impl Spec {
    /// The values of the parameters, where each has just one.
    pub(crate) fn only_set(&self) -> Result<Vec<f64>, SpecError> {
        let one = |param: &crate::spec::ParamSpec| {
            param.values.single().ok_or_else(|| {
                let (name, count) = (&param.name, param.values.len());
                let message = format!("a run takes one value of `{name}`, and there are {count}");
                let first = param.values.get(0);
                let help = format!("choose one with --set params.{name}={first}, or use `sweep`");
                self.sources.error(&param.place, message, help)
            })
        };
        self.params.iter().map(one).collect()
    }
}

/// A run that was saved earlier.
#[derive(Clone, Debug)]
pub struct SavedRun {
    /// Its id.
    pub id: String,
    /// Its spec, overrides included.
    pub spec: Spec,
    /// Digests of its accounts.
    pub digests: Vec<String>,
}

impl RunOutcome {
    /// Saves the run below `home` (`.backcast`) as `runs/ID/`: `manifest.json`, and Parquet files of orders, fills, trades
    /// and equity. Returns the folder.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn save(&self, spec: &Spec, market: &Market, home: &Path) -> Result<PathBuf, SearchError> {
        let _span = backcast_spans::span!("search.save_run");
        let folder = home.join("runs").join(&self.id);
        std::fs::create_dir_all(&folder).map_err(SearchError::io("make", &folder))?;
        tables::write(&folder.join("orders.parquet"), &tables::orders(self, market))?;
        tables::write(&folder.join("fills.parquet"), &tables::fills(self, market))?;
        tables::write(&folder.join("trades.parquet"), &tables::trades(self, market))?;
        tables::write(&folder.join("equity.parquet"), &tables::equity(self))?;
        let digests = self.accounts.iter().map(|account| account.digest.clone()).collect();
        let manifest = SavedSpec::of("run", spec, &self.manifest, digests);
        manifest.write(&folder.join("manifest.json"))?;
        Ok(folder)
    }
}

/// Reads what is needed to repeat a run below `home` (`.backcast`): running its spec on the same data gives the same
/// digests, and anything else is seen by comparing them.
///
/// # Errors
/// [`SearchError::UnknownId`] where there is none; a manifest that cannot be read.
pub fn saved_run(home: &Path, id: &str) -> Result<SavedRun, SearchError> {
    let saved = saved::find(home, "run", id)?;
    Ok(SavedRun { id: id.to_owned(), spec: saved.spec()?, digests: saved.digests })
}
