//! Conditions as bitmaps: one bit a bar, one word of 64 bars for each of eight parameter sets side by side.
//!
//! Logic has three values, so each condition has a plane of the bars where it is true and one where it is false; only the planes that
//! rules ask for are made. A comparison with something undefined is neither.

use std::ops::{Deref, DerefMut};

use backcast_rules::{CompareOp, CrossDir, Node, NodeId, Program};
use rustc_hash::FxHashMap;

use super::{
    compare::{LaneSeries, less, sides},
    vector::LaneVector,
};

/// The same 64 bars of eight parameter sets, on one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub(crate) struct Words(pub(crate) [u64; 8]);

impl Words {
    /// The same word for all sets.
    #[inline(always)]
    pub(crate) fn splat(word: u64) -> Words {
        Words([word; 8])
    }
}

impl Deref for Words {
    type Target = [u64; 8];

    #[inline(always)]
    fn deref(&self) -> &[u64; 8] {
        &self.0
    }
}

impl DerefMut for Words {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u64; 8] {
        &mut self.0
    }
}

/// A plane by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plane(usize);

/// An operand by its number in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OperandId(pub(crate) usize);

/// One pass over all words.
#[derive(Clone, Copy, Debug)]
enum Step {
    Fill {
        all: bool,
        to: Plane,
    },
    Less {
        left: OperandId,
        right: OperandId,
        or_equal: bool,
        to: Plane,
    },
    /// Both directions at once: they share their comparisons.
    Cross {
        left: OperandId,
        right: OperandId,
        up: Plane,
        down: Plane,
    },
    And {
        a: Plane,
        b: Plane,
        to: Plane,
    },
    Or {
        a: Plane,
        b: Plane,
        to: Plane,
    },
    AndNot {
        a: Plane,
        b: Plane,
        to: Plane,
    },
    Shift {
        from: Plane,
        by: usize,
        to: Plane,
    },
}

/// The planes of a program's rules and how they are made.
#[derive(Debug)]
pub(crate) struct Signals {
    steps: Vec<Step>,
    planes: usize,
    /// Numeric nodes that are compared.
    pub(crate) operands: Vec<NodeId>,
    pub(crate) enter_long: Option<Plane>,
    pub(crate) exit_long: Option<Plane>,
    pub(crate) enter_short: Option<Plane>,
    pub(crate) exit_short: Option<Plane>,
}

/// Writes the steps.
struct Builder<'p> {
    program: &'p Program,
    signals: Signals,
    conditions: FxHashMap<(NodeId, bool), Plane>,
    crosses: FxHashMap<(NodeId, NodeId), (Plane, Plane)>,
}

impl Signals {
    /// The steps for the four conditions of a program.
    pub(crate) fn new(program: &Program) -> Signals {
        let signals = Signals {
            steps: Vec::new(),
            planes: 0,
            operands: Vec::new(),
            enter_long: None,
            exit_long: None,
            enter_short: None,
            exit_short: None,
        };
        let mut builder = Builder {
            program,
            signals,
            conditions: FxHashMap::default(),
            crosses: FxHashMap::default(),
        };
        let rules = program.rules();
        let mut plane = |node: Option<NodeId>| node.map(|node| builder.condition(node, true));
        let (enter_long, exit_long) = (plane(rules.enter_long), plane(rules.exit_long));
        let (enter_short, exit_short) = (plane(rules.enter_short), plane(rules.exit_short));
        Signals { enter_long, exit_long, enter_short, exit_short, ..builder.signals }
    }

    /// Whether any rule can sell short.
    pub(crate) fn short(&self) -> bool {
        self.enter_short.is_some()
    }
}

impl Builder<'_> {
    fn plane(&mut self) -> Plane {
        self.signals.planes += 1;
        Plane(self.signals.planes - 1)
    }

    fn operand(&mut self, node: NodeId) -> OperandId {
        let operands = &mut self.signals.operands;
        let known = operands.iter().position(|n| *n == node);
        OperandId(known.unwrap_or_else(|| {
            operands.push(node);
            operands.len() - 1
        }))
    }

    /// The plane of the bars where `node` is `truth`.
    fn condition(&mut self, node: NodeId, truth: bool) -> Plane {
        if let Some(plane) = self.conditions.get(&(node, truth)) {
            return *plane;
        }
        let plane = match *self.program.node(node) {
            Node::Bool(b) => self.fill(b == truth),
            Node::Not(a) => self.condition(a, !truth),
            Node::And(a, b) => self.join(a, b, truth, truth),
            Node::Or(a, b) => self.join(a, b, truth, !truth),
            Node::Shift(a, by) => {
                let (from, to) = (self.condition(a, truth), self.plane());
                self.signals.steps.push(Step::Shift { from, by, to });
                to
            }
            Node::Compare(op, a, b) => self.compare(op, a, b, truth),
            Node::Cross(dir, a, b) => self.cross(dir, a, b, truth),
            _ => unreachable!("the compiler of rules lets no number stand for a condition"),
        };
        self.conditions.insert((node, truth), plane);
        plane
    }

    fn fill(&mut self, all: bool) -> Plane {
        let to = self.plane();
        self.signals.steps.push(Step::Fill { all, to });
        to
    }

    fn join(&mut self, a: NodeId, b: NodeId, truth: bool, both: bool) -> Plane {
        let (a, b) = (self.condition(a, truth), self.condition(b, truth));
        let to = self.plane();
        self.signals.steps.push(if both { Step::And { a, b, to } } else { Step::Or { a, b, to } });
        to
    }

    fn less(&mut self, left: NodeId, right: NodeId, or_equal: bool) -> Plane {
        let (left, right) = (self.operand(left), self.operand(right));
        let to = self.plane();
        self.signals.steps.push(Step::Less { left, right, or_equal, to });
        to
    }

    fn compare(&mut self, op: CompareOp, a: NodeId, b: NodeId, truth: bool) -> Plane {
        match (op, truth) {
            (CompareOp::Gt, true) | (CompareOp::Le, false) => self.less(b, a, false),
            (CompareOp::Ge, true) | (CompareOp::Lt, false) => self.less(b, a, true),
            (CompareOp::Lt, true) | (CompareOp::Ge, false) => self.less(a, b, false),
            (CompareOp::Le, true) | (CompareOp::Gt, false) => self.less(a, b, true),
            (CompareOp::Eq, true) | (CompareOp::Ne, false) => {
                let (a, b, to) = (self.less(a, b, true), self.less(b, a, true), self.plane());
                self.signals.steps.push(Step::And { a, b, to });
                to
            }
            (CompareOp::Ne, true) | (CompareOp::Eq, false) => {
                let (a, b, to) = (self.less(a, b, false), self.less(b, a, false), self.plane());
                self.signals.steps.push(Step::Or { a, b, to });
                to
            }
        }
    }

    fn cross(&mut self, dir: CrossDir, a: NodeId, b: NodeId, truth: bool) -> Plane {
        let (up, down) = match self.crosses.get(&(a, b)) {
            Some(both) => *both,
            None => {
                let (left, right) = (self.operand(a), self.operand(b));
                let (up, down) = (self.plane(), self.plane());
                self.signals.steps.push(Step::Cross { left, right, up, down });
                self.crosses.insert((a, b), (up, down));
                (up, down)
            }
        };
        let crossed = if dir == CrossDir::Above { up } else { down };
        if truth {
            return crossed;
        }
        // False is where both are defined and there is no cross.
        let defined = self.compare(CompareOp::Le, a, b, true);
        let rest = self.compare(CompareOp::Gt, a, b, true);
        let (either, to) = (self.plane(), self.plane());
        self.signals.steps.push(Step::Or { a: defined, b: rest, to: either });
        self.signals.steps.push(Step::AndNot { a: either, b: crossed, to });
        to
    }
}

/// Series of an operand for eight sets.
pub(crate) trait Operands {
    /// Values of one operand for each lane.
    fn lanes(&self, operand: OperandId) -> LaneSeries<'_>;
}

/// Planes of one group of sets; kept from group to group.
#[derive(Debug, Default)]
pub(crate) struct Planes {
    planes: Vec<Vec<Words>>,
}

impl Planes {
    /// The words of a plane.
    pub(crate) fn get(&self, plane: Plane) -> &[Words] {
        &self.planes[plane.0]
    }

    fn resize(&mut self, signals: &Signals, words: usize) {
        self.planes.resize_with(signals.planes, Vec::new);
        for plane in &mut self.planes {
            plane.resize(words, Words::default());
        }
    }

    /// Makes all planes of a group of sets.
    #[inline(always)]
    pub(crate) fn make<V: LaneVector>(
        &mut self,
        signals: &Signals,
        words: usize,
        operands: &impl Operands,
    ) {
        let _span = backcast_spans::span!("engine.signals");
        self.resize(signals, words);
        for step in &signals.steps {
            self.step::<V>(*step, operands);
        }
    }

    #[inline(always)]
    fn step<V: LaneVector>(&mut self, step: Step, operands: &impl Operands) {
        match step {
            Step::Fill { all, to } => {
                self.planes[to.0].fill(Words::splat(if all { !0 } else { 0 }))
            }
            Step::Less { left, right, or_equal, to } => {
                let (left, right) = (operands.lanes(left), operands.lanes(right));
                let to = &mut self.planes[to.0];
                if or_equal {
                    less::<V, true>(&left, &right, to);
                } else {
                    less::<V, false>(&left, &right, to);
                }
            }
            Step::Cross { left, right, up, down } => {
                let (left, right) = (operands.lanes(left), operands.lanes(right));
                let [up, down] =
                    self.planes.get_disjoint_mut([up.0, down.0]).expect("planes are distinct");
                sides::<V>(&left, &right, up, down);
                let mut latches = Latches::default();
                for (up, down) in up.iter_mut().zip(down) {
                    latch_crosses(&mut latches, up, down);
                }
            }
            Step::And { a, b, to } => self.words(a, b, to, |a, b| a & b),
            Step::Or { a, b, to } => self.words(a, b, to, |a, b| a | b),
            Step::AndNot { a, b, to } => self.words(a, b, to, |a, b| a & !b),
            Step::Shift { from, by, to } => {
                let [from, to] =
                    self.planes.get_disjoint_mut([from.0, to.0]).expect("planes are distinct");
                shift(from, by, to);
            }
        }
    }

    #[inline(always)]
    fn words(&mut self, a: Plane, b: Plane, to: Plane, op: impl Fn(u64, u64) -> u64) {
        let mut out = std::mem::take(&mut self.planes[to.0]);
        for ((out, a), b) in out.iter_mut().zip(self.get(a)).zip(self.get(b)) {
            for lane in 0..8 {
                out[lane] = op(a[lane], b[lane]);
            }
        }
        self.planes[to.0] = out;
    }
}

/// Moves every bar's bit to `by` bars later; the first bars get none.
fn shift(from: &[Words], by: usize, to: &mut [Words]) {
    let (whole, bits) = (by / 64, by % 64);
    for (w, out) in to.iter_mut().enumerate() {
        let at = |w: Option<usize>| w.map_or(Words::default(), |w| from[w]);
        let (high, low) = (at(w.checked_sub(whole)), at(w.checked_sub(whole + 1)));
        for lane in 0..8 {
            out[lane] =
                if bits == 0 { high[lane] } else { high[lane] << bits | low[lane] >> (64 - bits) };
        }
    }
}

/// What both directions of a cross remember from word to word, per lane: bit 63 of the latches.
#[derive(Clone, Copy, Default)]
struct Latches {
    was_above: Words,
    was_below: Words,
}

/// The last state that was not a tie, as a carry chain: `set` generates, whatever is not `clear` propagates.
#[inline(always)]
pub(crate) fn latch(set: u64, clear: u64, carry: u64) -> u64 {
    let pass = !clear;
    let sum = pass.wrapping_add(set).wrapping_add(carry);
    (pass & set) | ((pass | set) & !sum)
}

/// Turns the bars above and below of one word into the bars of a cross, in place.
#[inline(always)]
fn latch_crosses(latches: &mut Latches, up: &mut Words, down: &mut Words) {
    for lane in 0..8 {
        let (a, b) = (up[lane], down[lane]);
        let last_above = latch(a, b, latches.was_above[lane]);
        let last_below = latch(b, a, latches.was_below[lane]);
        up[lane] = a & (last_below << 1 | latches.was_below[lane]);
        down[lane] = b & (last_above << 1 | latches.was_above[lane]);
        latches.was_above[lane] = last_above >> 63;
        latches.was_below[lane] = last_below >> 63;
    }
}
