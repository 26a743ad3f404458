//! A compiled set of rules: a graph of nodes without doubles, children before parents.

use backcast_data::Field;
use backcast_indicators::IndicatorSpec;
use backcast_spans::digest;
use rustc_hash::FxHashMap;

use crate::{numeric, unit::Unit};

/// A node by its position in [`Program::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// Position in [`Program::nodes`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A column of an asset's bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnRef {
    /// Forward adjusted: prices by splits and dividends, volumes by splits.
    Adjusted(Field),
    /// As traded.
    Raw(Field),
    /// An extra column of the data, by its position in [`crate::Definitions::columns`].
    Extra(usize),
}

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`
    Neg,
    /// `abs(x)`
    Abs,
    /// `sqrt(x)`, undefined below zero.
    Sqrt,
    /// Natural logarithm `log(x)`, undefined at and below zero.
    Log,
    /// `exp(x)`
    Exp,
}

/// A function of two numbers. A result that is no finite number is undefined, as x / 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `min(a, b)`: a where a < b, else b.
    Min,
    /// `max(a, b)`: a where a > b, else b.
    Max,
}

/// A comparison of two numbers, bit by bit without a tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `==`
    Eq,
    /// `!=`
    Ne,
}

impl CompareOp {
    pub(crate) fn from_text(text: &str) -> Option<CompareOp> {
        Some(match text {
            ">" => CompareOp::Gt,
            ">=" => CompareOp::Ge,
            "<" => CompareOp::Lt,
            "<=" => CompareOp::Le,
            "==" => CompareOp::Eq,
            "!=" => CompareOp::Ne,
            _ => return None,
        })
    }
}

/// Which way two series cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrossDir {
    /// The left one was below and is above.
    Above,
    /// The left one was above and is below.
    Below,
}

/// One step of a program.
#[derive(Clone, Debug)]
pub enum Node {
    /// A constant, finite and never -0.0.
    Const(f64),
    /// The value of the parameter at that position.
    Param(usize),
    /// A column of the run's own asset (`None`) or of the asset at that position in [`crate::Definitions::assets`].
    Column {
        /// Which column.
        column: ColumnRef,
        /// Whose.
        asset: Option<usize>,
    },
    /// One output of an indicator.
    Indicator {
        /// The indicator.
        spec: &'static IndicatorSpec,
        /// Series it reads.
        inputs: Vec<NodeId>,
        /// Its parameters: scalar nodes.
        params: Vec<NodeId>,
        /// Position of the output in the indicator's list.
        output: usize,
    },
    /// A function of one number.
    Unary(UnaryOp, NodeId),
    /// A function of two numbers.
    Binary(BinaryOp, NodeId, NodeId),
    /// Series or condition so many bars ago, at least one.
    Shift(NodeId, usize),
    /// A comparison of two numbers.
    Compare(CompareOp, NodeId, NodeId),
    /// Holds at the bar where the left side gets past the right one; see [`crate::band_above`].
    Cross(CrossDir, NodeId, NodeId),
    /// A constant condition.
    Bool(bool),
    /// Both hold.
    And(NodeId, NodeId),
    /// One of them holds.
    Or(NodeId, NodeId),
    /// It does not hold.
    Not(NodeId),
}

impl Node {
    /// The nodes it is computed from, indicator parameters included.
    #[must_use]
    pub fn children(&self) -> Vec<NodeId> {
        match self {
            Node::Const(_) | Node::Param(_) | Node::Column { .. } | Node::Bool(_) => Vec::new(),
            Node::Indicator { inputs, params, .. } => [&inputs[..], &params[..]].concat(),
            Node::Unary(_, a) | Node::Shift(a, _) | Node::Not(a) => vec![*a],
            Node::Binary(_, a, b)
            | Node::Compare(_, a, b)
            | Node::Cross(_, a, b)
            | Node::And(a, b)
            | Node::Or(a, b) => vec![*a, *b],
        }
    }

    /// Equal keys, equal nodes of one program.
    fn key(&self) -> Vec<u64> {
        let children = self.children().into_iter().map(|child| u64::from(child.0));
        self.own_key().into_iter().chain(children).collect()
    }

    /// What it is apart from its children.
    fn own_key(&self) -> Vec<u64> {
        let (tag, details): (u64, Vec<u64>) = match self {
            Node::Const(x) => (0, vec![x.to_bits()]),
            Node::Param(i) => (1, vec![*i as u64]),
            Node::Column { column, asset } => {
                let (kind, which) = match column {
                    ColumnRef::Adjusted(field) => (0, *field as u64),
                    ColumnRef::Raw(field) => (1, *field as u64),
                    ColumnRef::Extra(i) => (2, *i as u64),
                };
                (2, vec![kind, which, asset.map_or(0, |a| a as u64 + 1)])
            }
            Node::Indicator { spec, output, .. } => {
                (3, vec![std::ptr::from_ref(*spec) as u64, *output as u64])
            }
            Node::Unary(op, _) => (4, vec![*op as u64]),
            Node::Binary(op, _, _) => (5, vec![*op as u64]),
            Node::Shift(_, by) => (6, vec![*by as u64]),
            Node::Compare(op, _, _) => (7, vec![*op as u64]),
            Node::Cross(dir, _, _) => (8, vec![*dir as u64]),
            Node::Bool(b) => (9, vec![u64::from(*b)]),
            Node::And(..) => (10, Vec::new()),
            Node::Or(..) => (11, Vec::new()),
            Node::Not(_) => (12, Vec::new()),
        };
        std::iter::once(tag).chain(details).collect()
    }
}

/// Whose rows a node is computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// No series in it.
    Nowhere,
    /// The run's own asset, or several assets seen from it.
    Own,
    /// Another asset alone, by position in the program's list.
    Asset(usize),
}

impl Home {
    fn join(self, other: Home) -> Home {
        match (self, other) {
            (Home::Nowhere, home) | (home, Home::Nowhere) => home,
            (a, b) if a == b => a,
            _ => Home::Own,
        }
    }
}

/// The nodes that rules ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Condition to buy.
    pub enter_long: Option<NodeId>,
    /// Condition to sell what was bought.
    pub exit_long: Option<NodeId>,
    /// Condition to sell short.
    pub enter_short: Option<NodeId>,
    /// Condition to buy back what was sold short.
    pub exit_short: Option<NodeId>,
    /// Price of the limit order an entry becomes; adjusted or traded, as [`Program::unit`] says.
    pub entry_limit: Option<NodeId>,
    /// Distance of the stop from the entry price: a fraction where its unit is a number, else a price distance.
    pub stop_loss: Option<NodeId>,
    /// Distance of the target from the entry price, likewise.
    pub take_profit: Option<NodeId>,
    /// Distance of the trailing stop from the best price since entry, likewise.
    pub trailing: Option<NodeId>,
}

impl Rules {
    /// All rules by name, in the order of this struct.
    #[must_use]
    pub fn by_name(&self) -> [(&'static str, Option<NodeId>); 8] {
        [
            ("enter_long", self.enter_long),
            ("exit_long", self.exit_long),
            ("enter_short", self.enter_short),
            ("exit_short", self.exit_short),
            ("entry_limit", self.entry_limit),
            ("stop_loss", self.stop_loss),
            ("take_profit", self.take_profit),
            ("trailing", self.trailing),
        ]
    }
}

/// Compiled rules. Equal expressions are one node, so what is shared is computed once.
#[derive(Clone, Debug, Default)]
pub struct Program {
    nodes: Vec<Node>,
    units: Vec<Unit>,
    homes: Vec<Home>,
    depends: Vec<u64>,
    depths: Vec<u32>,
    keys: FxHashMap<Vec<u64>, NodeId>,
    pub(crate) rules: Rules,
    params: Vec<String>,
    assets: Vec<String>,
    columns: Vec<String>,
}

impl Program {
    /// A program without nodes that knows its names.
    pub(crate) fn named(params: &[String], assets: &[String], columns: &[String]) -> Program {
        Program {
            params: params.to_vec(),
            assets: assets.to_vec(),
            columns: columns.to_vec(),
            ..Program::default()
        }
    }

    /// All nodes, children before parents.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One node.
    ///
    /// # Panics
    /// If the id is of another program with more nodes.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The nodes of the rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Parameters the value of a node depends on: bit i for parameter i.
    #[must_use]
    pub fn depends(&self, id: NodeId) -> u64 {
        self.depends[id.index()]
    }

    /// Names of the parameters, in the order of their values.
    #[must_use]
    pub fn params(&self) -> &[String] {
        &self.params
    }

    /// Symbols of the assets that [`Node::Column`] counts.
    #[must_use]
    pub fn assets(&self) -> &[String] {
        &self.assets
    }

    /// Names of the extra columns that [`ColumnRef::Extra`] counts.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What a node is measured in.
    #[must_use]
    pub fn unit(&self, id: NodeId) -> Unit {
        self.units[id.index()]
    }

    /// Whether a node is a condition.
    #[must_use]
    pub fn is_bool(&self, id: NodeId) -> bool {
        self.unit(id) == Unit::Condition
    }

    /// Value of a node that is made of constants and parameters alone, NaN where that is undefined (`1 / p` for p = 0).
    /// `None` for a series, a condition, or too few parameters.
    #[must_use]
    pub fn scalar(&self, id: NodeId, params: &[f64]) -> Option<f64> {
        if self.unit(id) != Unit::Scalar {
            return None;
        }
        match *self.node(id) {
            Node::Const(x) => Some(x),
            Node::Param(i) => params.get(i).copied(),
            Node::Unary(op, a) => Some(numeric::unary(op, self.scalar(a, params)?)),
            Node::Binary(op, a, b) => {
                Some(numeric::binary(op, self.scalar(a, params)?, self.scalar(b, params)?))
            }
            _ => None,
        }
    }

    /// Rows of an asset before the first one at which the node can be defined, with these parameter values and data that
    /// misses nothing; 0 where a parameter cannot be used.
    #[must_use]
    pub fn warm_up(&self, id: NodeId, params: &[f64]) -> usize {
        let mut rows = vec![0usize; id.index() + 1];
        for (at, node) in self.nodes[..=id.index()].iter().enumerate() {
            let below = node.children().iter().map(|c| rows[c.index()]).max().unwrap_or(0);
            let own = match node {
                Node::Shift(_, by) => *by,
                Node::Indicator { spec, params: nodes, output, .. } => {
                    let values: Option<Vec<f64>> =
                        nodes.iter().map(|p| self.scalar(*p, params)).collect();
                    match values.filter(|v| backcast_indicators::validate(spec, v).is_ok()) {
                        Some(values) => (spec.warm_up)(&values, *output).saturating_sub(1),
                        None => 0,
                    }
                }
                _ => 0,
            };
            rows[at] = below.saturating_add(own);
        }
        rows[id.index()]
    }

    /// Stands for what a node computes with these values of all parameters, in whatever program it is: for digests of arguments of
    /// spans.
    ///
    /// # Panics
    /// If there are fewer values than parameters.
    #[must_use]
    pub fn span_digest(&self, id: NodeId, params: &[f64]) -> u64 {
        let mut known: Vec<u64> = Vec::with_capacity(id.index() + 1);
        for node in &self.nodes[..=id.index()] {
            let below: Vec<u64> =
                node.children().iter().map(|child| known[child.index()]).collect();
            let own = match node {
                Node::Param(i) => digest(Node::Const(params[*i]).own_key()),
                Node::Column { column, asset } => {
                    let own_column = match column {
                        ColumnRef::Extra(i) => Some(&self.columns[*i]),
                        ColumnRef::Adjusted(_) | ColumnRef::Raw(_) => None,
                    };
                    digest((column, own_column, asset.map(|i| &self.assets[i])))
                }
                node => digest(node.own_key()),
            };
            known.push(digest((own, below)));
        }
        known[id.index()]
    }

    pub(crate) fn home(&self, id: NodeId) -> Home {
        self.homes[id.index()]
    }

    /// Levels of the graph below and with a node.
    pub(crate) fn depth(&self, id: NodeId) -> u32 {
        self.depths[id.index()]
    }

    /// The node, made anew only if there is no equal one.
    pub(crate) fn add(&mut self, node: Node, unit: Unit) -> NodeId {
        let key = node.key();
        if let Some(id) = self.keys.get(&key) {
            return *id;
        }
        let id = NodeId(self.nodes.len() as u32);
        let children = node.children();
        let (home, own_bit) = match &node {
            Node::Column { asset: None, .. } => (Home::Own, 0),
            Node::Column { asset: Some(asset), .. } => (Home::Asset(*asset), 0),
            Node::Param(i) => (Home::Nowhere, 1u64 << i),
            // Conditions live on the run's own clock: a latch over repeated rows of another asset would see no change.
            _ if unit == Unit::Condition => (Home::Own, 0),
            _ => (Home::Nowhere, 0),
        };
        self.homes.push(children.iter().fold(home, |h, c| h.join(self.home(*c))));
        self.depends.push(children.iter().fold(own_bit, |bits, c| bits | self.depends(*c)));
        self.depths.push(1 + children.iter().map(|c| self.depth(*c)).max().unwrap_or(0));
        self.nodes.push(node);
        self.units.push(unit);
        self.keys.insert(key, id);
        id
    }
}
