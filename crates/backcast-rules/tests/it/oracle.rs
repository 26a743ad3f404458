//! A slow interpreter that asks every bar anew, as DESIGN 12 reads: what the fast evaluator is judged by.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use backcast_data::{Factors, Market, forward_factors};
use backcast_indicators::stream;
use backcast_rules::{BinaryOp, ColumnRef, CompareOp, CrossDir, Node, NodeId, Program, UnaryOp};

/// Answers about one program on the rows of asset `own`.
pub(crate) struct Oracle<'a> {
    pub(crate) program: &'a Program,
    pub(crate) market: &'a Market,
    pub(crate) own: usize,
    pub(crate) params: &'a [f64],
    factors: Vec<Factors>,
    indicators: RefCell<HashMap<NodeId, Rc<Vec<Option<f64>>>>>,
}

impl<'a> Oracle<'a> {
    pub(crate) fn new(
        program: &'a Program,
        market: &'a Market,
        own: usize,
        params: &'a [f64],
    ) -> Oracle<'a> {
        let factors = market.assets.iter().map(|asset| forward_factors(asset)).collect();
        Oracle { program, market, own, params, factors, indicators: RefCell::default() }
    }

    /// A numeric node at a row of the run's own asset.
    pub(crate) fn number(&self, node: NodeId, row: usize) -> Option<f64> {
        self.seen(self.own, node, row)
    }

    /// A condition at a row of the run's own asset.
    pub(crate) fn truth(&self, node: NodeId, row: usize) -> Option<bool> {
        match self.program.node(node) {
            Node::Bool(value) => Some(*value),
            Node::Compare(op, a, b) => {
                let (a, b) = (self.number(*a, row)?, self.number(*b, row)?);
                Some(match op {
                    CompareOp::Gt => a > b,
                    CompareOp::Ge => a >= b,
                    CompareOp::Lt => a < b,
                    CompareOp::Le => a <= b,
                    CompareOp::Eq => a == b,
                    CompareOp::Ne => a != b,
                })
            }
            Node::Cross(dir, a, b) => {
                let wanted = if *dir == CrossDir::Above { 1 } else { -1 };
                let now = self.side(*a, *b, row)?;
                let before = (0..row).rev().filter_map(|r| self.side(*a, *b, r)).find(|s| *s != 0);
                Some(now == wanted && before == Some(-wanted))
            }
            Node::And(a, b) => match (self.truth(*a, row), self.truth(*b, row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Node::Or(a, b) => match (self.truth(*a, row), self.truth(*b, row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Node::Not(a) => self.truth(*a, row).map(|value| !value),
            Node::Shift(a, by) => self.truth(*a, row.checked_sub(*by)?),
            other => panic!("{other:?} is no condition"),
        }
    }

    /// 1 above, -1 below, 0 equal.
    fn side(&self, a: NodeId, b: NodeId, row: usize) -> Option<i32> {
        let (a, b) = (self.number(a, row)?, self.number(b, row)?);
        let band = 2f64.powi(-40) * b.abs();
        Some(i32::from(a > b + band) - i32::from(a < b - band))
    }

    /// A numeric node from a row of `viewer`: the last row of its home at or before that time.
    fn seen(&self, viewer: usize, node: NodeId, row: usize) -> Option<f64> {
        let home = self.home(node).unwrap_or(viewer);
        if home == viewer {
            return self.at(viewer, node, row);
        }
        let time = self.market.assets[viewer].bars.time[row];
        let times = &self.market.assets[home].bars.time;
        let last = (0..times.len()).rev().find(|r| times[*r] <= time)?;
        self.at(home, node, last)
    }

    /// A numeric node at a row of its home.
    fn at(&self, home: usize, node: NodeId, row: usize) -> Option<f64> {
        let seen = |child: NodeId| self.seen(home, child, row);
        let value = match self.program.node(node) {
            Node::Const(x) => *x,
            Node::Param(i) => self.params[*i],
            Node::Column { column, .. } => self.column(home, *column, row),
            Node::Unary(op, a) => {
                let a = seen(*a)?;
                match op {
                    UnaryOp::Neg => -a,
                    UnaryOp::Abs => a.abs(),
                    UnaryOp::Sqrt => a.sqrt(),
                    UnaryOp::Log => libm::log(a),
                    UnaryOp::Exp => libm::exp(a),
                }
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (seen(*a)?, seen(*b)?);
                match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Sub => a - b,
                    BinaryOp::Mul => a * b,
                    BinaryOp::Div => a / b,
                    BinaryOp::Min if a < b => a,
                    BinaryOp::Max if a > b => a,
                    BinaryOp::Min | BinaryOp::Max => b,
                }
            }
            Node::Shift(a, by) => return self.seen(home, *a, row.checked_sub(*by)?),
            Node::Indicator { .. } => return self.indicator(home, node)[row],
            other => panic!("{other:?} is no number"),
        };
        value.is_finite().then_some(value)
    }

    fn column(&self, home: usize, column: ColumnRef, row: usize) -> f64 {
        let asset = &self.market.assets[home];
        match column {
            ColumnRef::Raw(field) => asset.bars.field(field)[row],
            ColumnRef::Extra(i) => asset.bars.extra[i].1[row],
            ColumnRef::Adjusted(field) => {
                let factors = &self.factors[home];
                let volume = field == backcast_data::Field::Volume;
                let by = if volume { &factors.volume } else { &factors.price };
                asset.bars.field(field)[row] * by.as_ref().map_or(1.0, |by| by[row])
            }
        }
    }

    /// An indicator bar by bar over all rows of its home.
    fn indicator(&self, home: usize, node: NodeId) -> Rc<Vec<Option<f64>>> {
        if let Some(found) = self.indicators.borrow().get(&node) {
            return found.clone();
        }
        let Node::Indicator { spec, inputs, params, output } = self.program.node(node) else {
            panic!("no indicator");
        };
        let params: Vec<f64> =
            params.iter().map(|p| self.at(home, *p, 0).unwrap_or(f64::NAN)).collect();
        let mut twin = stream(spec, &params).unwrap();
        let mut out = vec![0.0; spec.outputs.len()];
        let values = (0..self.market.assets[home].bars.len()).map(|row| {
            let bar = inputs.iter().map(|input| self.seen(home, *input, row));
            let bar: Vec<f64> = bar.map(|x| x.unwrap_or(f64::NAN)).collect();
            twin.push(&bar, &mut out);
            out[*output].is_finite().then_some(out[*output])
        });
        let values = Rc::new(values.collect::<Vec<_>>());
        self.indicators.borrow_mut().insert(node, values.clone());
        values
    }

    /// The one asset a node reads, the own one where it reads several, none where it reads nothing.
    fn home(&self, node: NodeId) -> Option<usize> {
        let assets = self.assets(node);
        match assets.len() {
            0 => None,
            1 => assets.first().copied(),
            _ => Some(self.own),
        }
    }

    fn assets(&self, node: NodeId) -> BTreeSet<usize> {
        match self.program.node(node) {
            Node::Column { asset: None, .. } => [self.own].into(),
            Node::Column { asset: Some(asset), .. } => {
                let id = self.market.find(&self.program.assets()[*asset]).unwrap();
                [id.index()].into()
            }
            other => other.children().into_iter().flat_map(|child| self.assets(child)).collect(),
        }
    }
}
