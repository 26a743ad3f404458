//! Programs to series and bitmaps, whole columns at a time, every result kept.

mod compare;
mod loops;
mod parameters;
mod rolling;
mod series;
mod stream;

pub use loops::{Loops, Rows, Sides};
pub use series::Series;
pub use stream::Stream;

use std::sync::Arc;

use backcast_data::{Asset, Column, Factors, Market, forward_column, forward_factors};
use backcast_indicators::{FastPath, IndicatorSpec, PrefixSums, SeriesView};
use backcast_types::AssetId;
use rustc_hash::FxHashMap;

use crate::{
    bits::Bits,
    error::EvalError,
    program::{ColumnRef, CrossDir, Home, Node, NodeId, Program},
};
use loops::Baseline;
use rolling::Rolling;
use stream::Source;

/// A node and the bits of the parameters it depends on, those alone: what differs elsewhere is computed once.
type Key = (NodeId, Box<[u64]>);

/// Most parts of an expression that are computed anew for each reader; what is larger is kept as a whole, so that expressions
/// that use each other many times are not computed many times.
const STREAMED_PARTS: usize = 16;

/// Rows from which on prefix sums are not kept for a single reader: they would leave the cache.
const LONG_SERIES: usize = 1 << 16;

/// What becomes of the sums behind a moving average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sums {
    /// Other windows will read them too.
    Kept,
    /// One reader goes through the series once.
    AsRead,
}

/// Computes nodes of one program over all rows of one asset.
///
/// Results are kept and shared, also with clones: a clone on another thread begins with what is there and costs only
/// reference counts.
#[derive(Clone)]
pub struct Evaluator<'m> {
    program: &'m Program,
    market: &'m Market,
    asset: AssetId,
    loops: &'static dyn Loops,
    /// Series on the rows of their home asset.
    series: FxHashMap<Key, Arc<Series>>,
    /// Series of other assets, seen from the own rows.
    aligned: FxHashMap<Key, Arc<Series>>,
    bools: FxHashMap<Key, Arc<Bits>>,
    prefixes: FxHashMap<Key, Arc<PrefixSums>>,
    rolling: FxHashMap<Key, Arc<Rolling>>,
    factors: FxHashMap<AssetId, Arc<Factors>>,
    /// By asset: for each own row the number of its rows at or before.
    rows_before: FxHashMap<AssetId, Arc<[usize]>>,
    asked: Asked,
}

/// How often conditions were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// They were there.
    pub kept: u64,
    /// They were computed.
    pub computed: u64,
}

impl<'m> Evaluator<'m> {
    /// Nothing is computed yet.
    ///
    /// # Panics
    /// Later, if `asset` is none of the market.
    #[must_use]
    pub fn new(program: &'m Program, market: &'m Market, asset: AssetId) -> Evaluator<'m> {
        Evaluator {
            program,
            market,
            asset,
            loops: &Baseline,
            series: FxHashMap::default(),
            aligned: FxHashMap::default(),
            bools: FxHashMap::default(),
            prefixes: FxHashMap::default(),
            rolling: FxHashMap::default(),
            factors: FxHashMap::default(),
            rows_before: FxHashMap::default(),
            asked: Asked::default(),
        }
    }

    /// The same with loops for better vector instructions; results do not depend on them.
    #[must_use]
    pub fn with_loops(self, loops: &'static dyn Loops) -> Evaluator<'m> {
        Evaluator { loops, ..self }
    }

    /// Rows of the asset, the length of every result.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.own().bars.len()
    }

    /// Values of a numeric node at every row; a single number is repeated.
    ///
    /// # Errors
    /// Parameters that do not fit, assets or columns that the market does not have, a node that is a condition.
    pub fn series(&mut self, node: NodeId, params: &[f64]) -> Result<Arc<Series>, EvalError> {
        self.check(params)?;
        if self.program.is_bool(node) {
            return Err(EvalError::NotANumber { node: node.index() });
        }
        if self.home(node) == self.asset
            && let Some(found) = self.series.get(&self.key(node, params))
        {
            return Ok(found.clone());
        }
        let _span = backcast_spans::span!("rules.series", digest = self.digest(node, params));
        let source = self.seen_from(self.asset, node, params)?;
        Ok(self.whole(source, self.asset))
    }

    /// A numeric node to be read in pieces. Arithmetic, shifts and moving averages are computed as they are read and not
    /// kept, unless they are already there.
    ///
    /// # Errors
    /// As [`Evaluator::series`].
    pub fn stream(&mut self, node: NodeId, params: &[f64]) -> Result<Stream, EvalError> {
        self.check(params)?;
        if self.program.is_bool(node) {
            return Err(EvalError::NotANumber { node: node.index() });
        }
        let source = self.streamed(node, params, Sums::Kept)?;
        Ok(Stream { loops: self.loops, source, rows: self.rows() })
    }

    /// A condition at every row.
    ///
    /// # Errors
    /// As [`Evaluator::series`], and for a node that is a series.
    pub fn bools(&mut self, node: NodeId, params: &[f64]) -> Result<Arc<Bits>, EvalError> {
        self.check(params)?;
        if let Some(found) = self.bools.get(&self.key(node, params)) {
            self.asked.kept += 1;
            return Ok(found.clone());
        }
        self.asked.computed += 1;
        let _span = backcast_spans::span!("rules.condition", digest = self.digest(node, params));
        self.condition(node, params)
    }

    /// How often this one was asked for conditions by [`Evaluator::bools`]; a clone goes on counting for itself.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.asked
    }

    /// Moving sums of a numeric node, shared by all windows over it; rows as [`Evaluator::series`].
    ///
    /// # Errors
    /// As [`Evaluator::series`].
    pub fn prefix_sums(
        &mut self,
        node: NodeId,
        params: &[f64],
    ) -> Result<Arc<PrefixSums>, EvalError> {
        let series = self.series(node, params)?;
        let key = self.key(node, params);
        if let Some(found) = self.prefixes.get(&key) {
            return Ok(found.clone());
        }
        let sums = self.moving_sums(node, params, &series);
        if self.home(node) == self.asset {
            self.prefixes.insert(key, sums.clone());
        }
        Ok(sums)
    }

    /// Forgets all results, so that their memory is free once nobody else holds them.
    pub fn clear(&mut self) {
        self.series.clear();
        self.aligned.clear();
        self.bools.clear();
        self.prefixes.clear();
        self.rolling.clear();
    }

    /// Forgets series and conditions, keeping what is small and shared: factors and moving sums.
    pub fn forget_series(&mut self) {
        self.series.clear();
        self.aligned.clear();
        self.bools.clear();
    }

    fn own(&self) -> &'m Asset {
        &self.market.assets[self.asset.index()]
    }

    fn check(&self, params: &[f64]) -> Result<(), EvalError> {
        let expected = self.program.params().len();
        if params.len() == expected {
            return Ok(());
        }
        Err(EvalError::ParamCount { expected, found: params.len() })
    }

    /// Stands for what a node is on this asset, in digests of arguments of spans.
    fn digest(&self, node: NodeId, params: &[f64]) -> u64 {
        let program = self.program.span_digest(node, params);
        backcast_spans::digest((self.market.span_digest(), self.asset, program))
    }

    fn key(&self, node: NodeId, params: &[f64]) -> Key {
        let used = self.program.depends(node);
        let values = params.iter().enumerate().filter(|(i, _)| used >> i & 1 == 1);
        (node, values.map(|(_, value)| value.to_bits()).collect())
    }

    /// The asset on whose rows a node is computed; the own one where its asset is not in the market.
    fn home(&self, node: NodeId) -> AssetId {
        match self.program.home(node) {
            Home::Asset(index) => self.market.find(&self.program.assets()[index]),
            Home::Own | Home::Nowhere => None,
        }
        .unwrap_or(self.asset)
    }

    /// A numeric node on the rows of `viewer`, which is its home or the own asset; computed as a whole and kept.
    fn seen_from(
        &mut self,
        viewer: AssetId,
        node: NodeId,
        params: &[f64],
    ) -> Result<Source, EvalError> {
        if let Some(x) = self.program.scalar(node, params) {
            return Ok(Source::Scalar(x));
        }
        let home = self.home(node);
        if home == viewer {
            return self.at_home(node, params).map(Source::Series);
        }
        let key = self.key(node, params);
        if let Some(found) = self.aligned.get(&key) {
            return Ok(Source::Series(found.clone()));
        }
        let series = self.at_home(node, params)?;
        let rows = self.rows_before(home);
        let seen = rows.iter().map(|n| n.checked_sub(1).map_or(f64::NAN, |row| series.values[row]));
        let seen: Vec<f64> = seen.collect();
        backcast_spans::copied(size_of_val(&seen[..]) as u64);
        let seen = Arc::new(Series::new(seen));
        self.aligned.insert(key, seen.clone());
        Ok(Source::Series(seen))
    }

    /// A numeric node on the own rows, computed as it is read where that is cheap.
    fn streamed(&mut self, node: NodeId, params: &[f64], sums: Sums) -> Result<Source, EvalError> {
        let mut parts = STREAMED_PARTS;
        self.streamed_part(node, params, sums, &mut parts)
    }

    fn streamed_part(
        &mut self,
        node: NodeId,
        params: &[f64],
        sums: Sums,
        parts: &mut usize,
    ) -> Result<Source, EvalError> {
        let program = self.program;
        let away = self.home(node) != self.asset;
        let is_scalar = program.scalar(node, params).is_some();
        if away || is_scalar || *parts == 0 || self.series.contains_key(&self.key(node, params)) {
            return self.seen_from(self.asset, node, params);
        }
        *parts -= 1;
        Ok(match program.node(node) {
            Node::Unary(op, a) => {
                Source::Unary(*op, Box::new(self.streamed_part(*a, params, sums, parts)?))
            }
            Node::Binary(op, a, b) => {
                let a = self.streamed_part(*a, params, sums, parts)?;
                Source::Binary(
                    *op,
                    Box::new(a),
                    Box::new(self.streamed_part(*b, params, sums, parts)?),
                )
            }
            Node::Shift(a, by) => {
                Source::Shift(Box::new(self.streamed_part(*a, params, sums, parts)?), *by)
            }
            Node::Indicator { spec, inputs, .. }
                if spec.fast_path == Some(FastPath::PrefixAverage) =>
            {
                self.average(node, inputs[0], params, sums)?
            }
            _ => self.seen_from(self.asset, node, params)?,
        })
    }

    /// A moving average over the sums of its input, which all its windows share.
    fn average(
        &mut self,
        node: NodeId,
        input: NodeId,
        params: &[f64],
        sums: Sums,
    ) -> Result<Source, EvalError> {
        let window = self.program.indicator_params(node, params)?[0] as usize;
        let home = self.home(node);
        let key = self.key(input, params);
        if let (Some(found), true) = (self.prefixes.get(&key), self.home(input) == home) {
            return Ok(Source::Average(found.clone(), window));
        }
        let long = self.market.assets[home.index()].bars.len() >= LONG_SERIES;
        if sums == Sums::AsRead && long && self.home(input) == home {
            let rolling = match self.rolling.get(&key) {
                Some(found) => found.clone(),
                None => Arc::new(Rolling::new(self.values(input, home, params)?)),
            };
            self.rolling.insert(key, rolling.clone());
            return Ok(Source::Rolling(rolling, window));
        }
        let source = self.seen_from(home, input, params)?;
        let series = self.whole(source, home);
        let sums = self.moving_sums(input, params, &series);
        if self.home(input) == home {
            self.prefixes.insert(key, sums.clone());
        }
        Ok(Source::Average(sums, window))
    }

    fn moving_sums(&self, node: NodeId, params: &[f64], series: &Series) -> Arc<PrefixSums> {
        let _span = backcast_spans::span!("rules.moving_sums", digest = self.digest(node, params));
        Arc::new(PrefixSums::starting_at(&series.values, series.valid_from))
    }

    /// The values of a node on the rows of its home. A column is not looked through, which would take a pass over all of it.
    fn values(
        &mut self,
        node: NodeId,
        home: AssetId,
        params: &[f64],
    ) -> Result<Column<f64>, EvalError> {
        if let Node::Column { column, asset } = self.program.node(node) {
            return self.column(*column, *asset);
        }
        let source = self.seen_from(home, node, params)?;
        Ok(self.whole(source, home).values.clone())
    }

    /// A source as a series on the rows of an asset.
    fn whole(&self, source: Source, asset: AssetId) -> Arc<Series> {
        match source {
            Source::Series(series) => series,
            source => {
                Arc::new(source.collect(self.loops, self.market.assets[asset.index()].bars.len()))
            }
        }
    }

    fn rows_before(&mut self, other: AssetId) -> Arc<[usize]> {
        let (own, theirs) = (self.own(), &self.market.assets[other.index()].bars.time);
        let count = || {
            let mut next = 0;
            let rows = own.bars.time.iter().map(|time| {
                next += theirs[next..].iter().take_while(|t| *t <= time).count();
                next
            });
            rows.collect()
        };
        self.rows_before.entry(other).or_insert_with(count).clone()
    }

    /// A series on the rows of its home asset.
    fn at_home(&mut self, node: NodeId, params: &[f64]) -> Result<Arc<Series>, EvalError> {
        let key = self.key(node, params);
        if let Some(found) = self.series.get(&key) {
            return Ok(found.clone());
        }
        let home = self.home(node);
        let rows = self.market.assets[home.index()].bars.len();
        let program = self.program;
        let computed = match program.node(node) {
            Node::Column { column, asset } => Series::new(self.column(*column, *asset)?),
            Node::Unary(op, a) => Source::Unary(*op, Box::new(self.seen_from(home, *a, params)?))
                .collect(self.loops, rows),
            Node::Binary(op, a, b) => {
                let a = self.seen_from(home, *a, params)?;
                let b = self.seen_from(home, *b, params)?;
                Source::Binary(*op, Box::new(a), Box::new(b)).collect(self.loops, rows)
            }
            Node::Shift(a, by) => Source::Shift(Box::new(self.seen_from(home, *a, params)?), *by)
                .collect(self.loops, rows),
            Node::Indicator { spec, inputs, .. }
                if spec.fast_path == Some(FastPath::PrefixAverage) =>
            {
                self.average(node, inputs[0], params, Sums::Kept)?.collect(self.loops, rows)
            }
            Node::Indicator { spec, inputs, params: nodes, output } => {
                self.indicator(node, (spec, inputs, nodes), params)?.swap_remove(*output)
            }
            _ => return Err(EvalError::NotANumber { node: node.index() }),
        };
        let computed = Arc::new(computed);
        self.series.insert(key, computed.clone());
        Ok(computed)
    }

    fn column(
        &mut self,
        column: ColumnRef,
        asset: Option<usize>,
    ) -> Result<Column<f64>, EvalError> {
        let id = match asset {
            None => self.asset,
            Some(index) => {
                let symbol = &self.program.assets()[index];
                let found = self.market.find(symbol);
                found.ok_or_else(|| EvalError::MissingAsset { symbol: symbol.clone() })?
            }
        };
        let market: &'m Market = self.market;
        let asset: &'m Asset = &market.assets[id.index()];
        let values = match column {
            ColumnRef::Raw(field) => asset.bars.field(field).clone(),
            ColumnRef::Adjusted(field) => {
                let factors = self.factors.entry(id);
                let factors = factors.or_insert_with(|| Arc::new(forward_factors(asset)));
                forward_column(asset, field, factors)
            }
            ColumnRef::Extra(index) => {
                let name = &self.program.columns()[index];
                let found = asset.bars.extra.iter().find(|(column, _)| column == name);
                let (_, values) = found.ok_or_else(|| EvalError::MissingColumn {
                    column: name.clone(),
                    symbol: asset.symbol.clone(),
                })?;
                values.clone()
            }
        };
        Ok(values)
    }

    /// All outputs of an indicator; those that the program has too are kept at once.
    fn indicator(
        &mut self,
        node: NodeId,
        (spec, inputs, nodes): (&'static IndicatorSpec, &[NodeId], &[NodeId]),
        params: &[f64],
    ) -> Result<Vec<Series>, EvalError> {
        let values = self.program.indicator_params(node, params)?;
        let home = self.home(node);
        let mut read = Vec::new();
        for input in inputs {
            let source = self.seen_from(home, *input, params)?;
            read.push(self.whole(source, home));
        }
        let _span = backcast_spans::span!("rules.indicator", digest = self.digest(node, params));
        let views: Vec<SeriesView<'_>> = read.iter().map(|series| series.view()).collect();
        let outputs = backcast_indicators::compute(spec, &views, &values)?;
        let outputs: Vec<Series> = outputs.into_iter().map(|o| Series::new(o.values)).collect();
        if outputs.len() > 1 {
            self.keep_siblings((spec, inputs, nodes), &outputs, params);
        }
        Ok(outputs)
    }

    fn keep_siblings(
        &mut self,
        (spec, inputs, nodes): (&'static IndicatorSpec, &[NodeId], &[NodeId]),
        outputs: &[Series],
        params: &[f64],
    ) {
        for (index, other) in self.program.nodes().iter().enumerate() {
            let Node::Indicator { spec: s, inputs: i, params: p, output } = other else { continue };
            if std::ptr::eq(*s, spec) && i == inputs && p == nodes {
                let key = self.key(NodeId(index as u32), params);
                self.series.insert(key, Arc::new(outputs[*output].clone()));
            }
        }
    }

    /// One direction of a crossing; the other is kept too where the program asks for it.
    fn crossed(
        &mut self,
        dir: CrossDir,
        a: NodeId,
        b: NodeId,
        params: &[f64],
    ) -> Result<Bits, EvalError> {
        let sums = Sums::AsRead;
        let sides = (self.streamed(a, params, sums)?, self.streamed(b, params, sums)?);
        let [up, down] = compare::crossings(self.loops, &sides.0, &sides.1, self.rows());
        let (wanted, other, other_dir) = match dir {
            CrossDir::Above => (up, down, CrossDir::Below),
            CrossDir::Below => (down, up, CrossDir::Above),
        };
        let is_other =
            |node: &Node| matches!(node, Node::Cross(d, x, y) if (*d, *x, *y) == (other_dir, a, b));
        if let Some(at) = self.program.nodes().iter().position(is_other) {
            let key = self.key(NodeId(at as u32), params);
            self.bools.entry(key).or_insert_with(|| Arc::new(other));
        }
        Ok(wanted)
    }

    /// A condition on the rows of the own asset.
    fn condition(&mut self, node: NodeId, params: &[f64]) -> Result<Arc<Bits>, EvalError> {
        let key = self.key(node, params);
        if let Some(found) = self.bools.get(&key) {
            return Ok(found.clone());
        }
        let rows = self.rows();
        let program = self.program;
        let computed = match program.node(node) {
            Node::Bool(value) => Bits::constant(rows, *value),
            Node::Compare(op, a, b) => {
                let sums = Sums::AsRead;
                let (a, b) = (self.streamed(*a, params, sums)?, self.streamed(*b, params, sums)?);
                compare::comparison(self.loops, *op, &a, &b, rows)
            }
            Node::Cross(dir, a, b) => self.crossed(*dir, *a, *b, params)?,
            Node::And(a, b) => {
                let a = self.condition(*a, params)?;
                a.and(&*self.condition(*b, params)?)
            }
            Node::Or(a, b) => {
                let a = self.condition(*a, params)?;
                a.or(&*self.condition(*b, params)?)
            }
            Node::Not(a) => self.condition(*a, params)?.not(),
            Node::Shift(a, by) if program.is_bool(node) => self.condition(*a, params)?.shifted(*by),
            _ => return Err(EvalError::NotACondition { node: node.index() }),
        };
        let computed = Arc::new(computed);
        self.bools.insert(key, computed.clone());
        Ok(computed)
    }
}
