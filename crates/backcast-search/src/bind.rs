//! A spec meets its data: symbols become assets, texts become programs.

use std::{ops::Range, sync::Arc};

use backcast_data::Market;
use backcast_engine::{
    config::{Commission, FillTiming, RunConfig, Sizing, Slippage},
    lanes::unsupported,
};
use backcast_rules::{Definitions, EvalError, Program, RuleError, Text, compile_tables};
use backcast_types::{AssetId, Size};

use crate::spec::{Expression, Mode, Place, Spec, SpecError, suggestion};

/// A spec that is known to fit a market.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Assets that are traded, in listed order.
    pub assets: Vec<AssetId>,
    /// For each asset of `assets`, the rules that trade it.
    pub programs: Vec<Arc<Program>>,
    /// Cash, sizes, costs and fills.
    pub config: RunConfig,
    /// One run each asset, or one pool.
    pub mode: Mode,
    /// For each asset, its rows between `from` and `to`; earlier rows are warm-up.
    pub rows: Vec<Range<usize>>,
}

/// A run of each parameter set: one asset, or a pool of assets.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Symbol of the asset, or `pool`.
    pub(crate) name: String,
    /// Positions in [`Bound::assets`].
    pub(crate) members: Range<usize>,
}

impl Bound {
    /// The runs that each parameter set stands for.
    pub(crate) fn accounts(&self, market: &Market) -> Vec<Account> {
        let all = 0..self.assets.len();
        match self.mode {
            Mode::Pool => vec![Account { name: "pool".to_owned(), members: all }],
            Mode::Each => all
                .map(|i| {
                    let symbol = market.assets[self.assets[i].index()].symbol.clone();
                    Account { name: symbol, members: i..i + 1 }
                })
                .collect(),
        }
    }

    /// Why lanes cannot do this: several assets share cash, or rules wait inside the bars.
    pub(crate) fn fallback(&self) -> Option<String> {
        if self.mode == Mode::Pool && self.assets.len() > 1 {
            return Some("its assets share one pool of cash".to_owned());
        }
        self.programs.iter().find_map(|program| unsupported(program))
    }
}

impl Spec {
    /// Compiles the rules for a market. `default` is the mode where the spec names none.
    ///
    /// # Errors
    /// An unknown asset, a mistake in an expression, a range without bars; each with its place.
    pub fn bind(&self, market: &Market, default: Mode) -> Result<Bound, SpecError> {
        let _span = backcast_spans::span!("search.bind");
        let named = self.named_assets(market)?;
        let mode = match self.mode {
            Some(mode) => mode,
            None if self.legs.is_empty() => default,
            None => Mode::Pool,
        };
        let (assets, programs) = self.programs(market, &named)?;
        let rows: Vec<_> = assets
            .iter()
            .map(|id| market.assets[id.index()].bars.rows(self.data.from, self.data.to))
            .collect();
        if rows.iter().all(|rows| rows.is_empty()) {
            return Err(self.no_rows(market, &assets));
        }
        Ok(Bound { assets, programs, config: self.config(), mode, rows })
    }

    /// Money side of the spec.
    #[must_use]
    pub fn config(&self) -> RunConfig {
        let size = match self.broker.size {
            Size::Shares(n) => Sizing::Shares(n),
            Size::Value(v) => Sizing::Value(v),
            Size::EquityFraction(f) => Sizing::EquityFraction(f),
            Size::AllIn | Size::Position => Sizing::AllIn,
        };
        RunConfig {
            cash: self.broker.cash,
            size,
            whole_shares: self.broker.whole_shares,
            commission: Commission {
                rate: self.costs.commission_rate,
                per_share: self.costs.commission_per_share,
                per_trade: self.costs.commission_per_trade,
            },
            slippage: Slippage { rate: self.costs.slippage_rate, fixed: self.costs.slippage_fixed },
            timing: if self.broker.same_close {
                FillTiming::SameClose
            } else {
                FillTiming::NextOpen
            },
            liquidate: false,
        }
    }

    fn named_assets(&self, market: &Market) -> Result<Vec<AssetId>, SpecError> {
        let Some(symbols) = &self.data.assets else {
            return Ok((0..market.assets.len() as u32).map(AssetId).collect());
        };
        let place = self.data.assets_place.as_ref().expect("symbols were read from somewhere");
        symbols.iter().map(|symbol| self.asset(market, symbol, place)).collect()
    }

    fn asset(&self, market: &Market, symbol: &str, place: &Place) -> Result<AssetId, SpecError> {
        market.find(symbol).ok_or_else(|| {
            let names: Vec<&str> = market.assets.iter().map(|a| a.symbol.as_str()).collect();
            let message = format!("{} has no asset `{symbol}`", market.name);
            let place = self.word_in(place, symbol);
            let help = match names.len() {
                0..=40 => suggestion(symbol, names),
                n => format!("it has {n} assets; `backcast bundles show` lists them"),
            };
            self.sources.error(&place, message, help)
        })
    }

    /// The quoted word inside a place, or the place itself.
    fn word_in(&self, place: &Place, word: &str) -> Place {
        let text = &self.sources.0[place.source].text[place.span.clone()];
        match text.find(word) {
            Some(at) => {
                let start = place.span.start + at;
                Place { source: place.source, span: start..start + word.len() }
            }
            None => place.clone(),
        }
    }

    fn programs(
        &self,
        market: &Market,
        named: &[AssetId],
    ) -> Result<(Vec<AssetId>, Vec<Arc<Program>>), SpecError> {
        if self.legs.is_empty() {
            let program = Arc::new(self.compile(market, &[&self.rules])?.remove(0));
            return Ok((named.to_vec(), vec![program; named.len()]));
        }
        let mut of_leg = Vec::with_capacity(self.legs.len());
        for leg in &self.legs {
            let id = self.asset(market, &leg.symbol, &leg.place)?;
            if !named.contains(&id) {
                let message = format!("`{}` has rules but is not among `assets`", leg.symbol);
                return Err(self.sources.error(&leg.place, message, "add it to assets"));
            }
            of_leg.push(id);
        }
        let tables: Vec<&[Expression]> = self.legs.iter().map(|leg| &leg.rules[..]).collect();
        let programs = self.compile(market, &tables)?;
        let mut pairs: Vec<_> =
            of_leg.into_iter().zip(programs.into_iter().map(Arc::new)).collect();
        // Orders of a bar are filled in listed order, whatever the order of the tables.
        pairs.sort_by_key(|(id, _)| named.iter().position(|other| other == id));
        Ok(pairs.into_iter().unzip())
    }

    /// Programs of several tables of rules, errors placed in the file.
    fn compile(
        &self,
        market: &Market,
        tables: &[&[Expression]],
    ) -> Result<Vec<Program>, SpecError> {
        let mut map = OffsetMap::default();
        let series: Vec<Text> = self.series.iter().map(|e| map.text(e)).collect();
        let rules: Vec<Vec<Text>> =
            tables.iter().map(|t| t.iter().map(|e| map.text(e)).collect()).collect();
        let params = self.param_names();
        let assets: Vec<String> = market.assets.iter().map(|a| a.symbol.clone()).collect();
        let columns = extra_columns(market);
        let definitions: Vec<_> = rules
            .iter()
            .map(|rules| Definitions {
                columns: &columns,
                assets: &assets,
                params: &params,
                series: &series,
                rules,
            })
            .collect();
        compile_tables(&definitions).map_err(|error| map.place(self, error))
    }

    /// Names of the parameters in the order of the file.
    #[must_use]
    pub fn param_names(&self) -> Vec<String> {
        self.params.iter().map(|param| param.name.clone()).collect()
    }

    fn no_rows(&self, market: &Market, assets: &[AssetId]) -> SpecError {
        let place = self.data.range_place.as_ref().unwrap_or(&self.data.source_place);
        let bars =
            assets.iter().map(|id| &market.assets[id.index()].bars).filter(|b| !b.is_empty());
        let span = bars.fold(None, |span: Option<(i32, i32)>, bars| {
            let (first, last) = (bars.day[0], bars.day[bars.len() - 1]);
            let (a, b) = span.unwrap_or((first, last));
            Some((a.min(first), b.max(last)))
        });
        let help = span.map_or("the data has no bars at all".to_owned(), |(first, last)| {
            let (first, last) = (backcast_types::Day(first), backcast_types::Day(last));
            format!("the data goes from {first} to {last}")
        });
        self.sources.error(place, "there is no bar between `from` and `to`", help)
    }

    /// An evaluation error placed at the parameter or the rules it speaks of.
    pub(crate) fn place_eval(&self, error: &EvalError) -> SpecError {
        let param = match error {
            EvalError::Parameter { param, .. } => self.params.iter().find(|p| &p.name == param),
            _ => None,
        };
        let first = self.rules.first().or(self.legs.first().and_then(|leg| leg.rules.first()));
        let place = param.map(|p| &p.place).or(first.map(|rule| &rule.place));
        let place = place.unwrap_or(&self.data.source_place);
        self.sources.error(place, error.to_string(), "")
    }
}

/// Names of extra columns of all assets, in order of first appearance.
fn extra_columns(market: &Market) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for asset in &market.assets {
        for (name, _) in &asset.bars.extra {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// Gives each expression a stretch of one long line of offsets, so that errors find back to their file or override.
#[derive(Default)]
pub(crate) struct OffsetMap {
    starts: Vec<(usize, Place, Option<Range<usize>>)>,
    end: usize,
}

impl OffsetMap {
    pub(crate) fn text<'a>(&mut self, expression: &'a Expression) -> Text<'a> {
        let offset = self.end;
        self.starts.push((offset, expression.place.clone(), expression.inner.clone()));
        // One more than its length: an error may point at the end of the text.
        self.end += expression.text.len() + 1;
        Text { name: &expression.name, text: &expression.text, offset }
    }

    pub(crate) fn place(&self, spec: &Spec, error: RuleError) -> SpecError {
        let at = self.starts.partition_point(|(start, _, _)| *start <= error.offset);
        let help = error.help.clone().unwrap_or_default();
        let Some((start, place, inner)) = at.checked_sub(1).map(|i| &self.starts[i]) else {
            return spec.sources.error(&spec.data.source_place, error.message, help);
        };
        let place = match inner {
            None => place.clone(),
            Some(inner) => {
                let from = place.span.start + inner.start + (error.offset - start);
                let end = (from + error.len).min(place.span.start + inner.end).max(from);
                Place { source: place.source, span: from..end }
            }
        };
        spec.sources.error(&place, error.message, help)
    }
}
