//! The series that rules compare, one for each combination of the parameters it depends on, made once and shared by all sets.

use std::ops::Range;

use backcast_data::Market;
use backcast_rules::{EvalError, Evaluator, NodeId, Program};
use backcast_types::AssetId;

use super::{
    param_sets::{ParamSets, Picker},
    signals::{OperandId, Operands},
};

/// Eight values, aligned to a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Line(pub(crate) [f64; 8]);

/// Lines of a word of 64 bars.
pub(crate) const LINES: usize = 8;

/// Results that the evaluator may keep beside the table before it lets go of them.
const RESULTS_KEPT: usize = 64;

/// What a combination that no set uses has for a place.
const UNUSED: u32 = u32::MAX;

/// Series of one operand.
#[derive(Debug)]
struct Operand {
    picker: Picker,
    /// Place of each combination among the series.
    places: Vec<u32>,
    values: Vec<Line>,
}

/// Series of all operands of a plan; each is padded with undefined values to whole words.
#[derive(Debug)]
pub(crate) struct OperandTable {
    operands: Vec<Operand>,
    lines: usize,
}

impl OperandTable {
    /// Makes the series that a range of sets needs.
    pub(crate) fn new(
        program: &Program,
        market: &Market,
        asset: AssetId,
        wanted: &[NodeId],
        sets: &ParamSets,
        range: Range<usize>,
    ) -> Result<OperandTable, EvalError> {
        let rows = market.assets[asset.index()].bars.len();
        let lines = rows.div_ceil(64) * LINES;
        let mut maker = Maker {
            program,
            sets,
            range,
            lines,
            rows,
            evaluator: Evaluator::new(program, market, asset),
        };
        let operands = wanted.iter().map(|node| maker.operand(*node)).collect::<Result<_, _>>()?;
        Ok(OperandTable { operands, lines })
    }

    /// The view of eight sets, which are given by their places in the product.
    pub(crate) fn group<'t>(&'t self, places: &[u64; 8], to: &mut Vec<[u32; 8]>) -> Group<'t> {
        to.clear();
        to.extend(self.operands.iter().map(|o| places.map(|p| o.places[o.picker.pick(p)])));
        Group { table: self, places: std::mem::take(to) }
    }
}

/// Eight sets' view of the operands.
pub(crate) struct Group<'t> {
    table: &'t OperandTable,
    /// Place of each lane's series, by operand; handed back for reuse.
    pub(crate) places: Vec<[u32; 8]>,
}

impl Operands for Group<'_> {
    #[inline(always)]
    fn lanes(&self, operand: OperandId) -> [&[Line]; 8] {
        let lines = self.table.lines;
        let values = &self.table.operands[operand.0].values;
        let places = &self.places[operand.0];
        let mut out = [&values[..0]; 8];
        for lane in 0..8 {
            let start = places[lane] as usize * lines;
            out[lane] = &values[start..start + lines];
        }
        out
    }
}

/// Makes series one after the other.
struct Maker<'m> {
    program: &'m Program,
    sets: &'m ParamSets,
    range: Range<usize>,
    lines: usize,
    rows: usize,
    evaluator: Evaluator<'m>,
}

impl Maker<'_> {
    /// Series of one operand for every combination of its parameters that the range of sets uses.
    fn operand(&mut self, node: NodeId) -> Result<Operand, EvalError> {
        let mask = self.program.depends(node);
        let used = self.sets.used(mask, self.range.clone());
        let mut places = vec![UNUSED; self.sets.combinations(mask).unwrap_or(0)];
        let mut values = Vec::with_capacity(used.len() * self.lines);
        for (place, combination) in used.into_iter().enumerate() {
            places[combination] = place as u32;
            let params = self.sets.combination_values(mask, combination);
            match self.program.scalar(node, &params) {
                Some(x) => append(&mut values, &vec![x; self.rows], self.lines),
                None => {
                    append(&mut values, &self.evaluator.series(node, &params)?.values, self.lines)
                }
            }
            // What others share, sums of prefixes for instance, is small; the results themselves now stand here.
            if place % RESULTS_KEPT == RESULTS_KEPT - 1 {
                self.evaluator.forget_series();
            }
        }
        Ok(Operand { picker: self.sets.picker(mask), places, values })
    }
}

/// Adds one series, padded with undefined values.
fn append(to: &mut Vec<Line>, values: &[f64], lines: usize) {
    let end = to.len() + lines;
    let (whole, rest) = values.as_chunks::<8>();
    to.extend(whole.iter().map(|line| Line(*line)));
    let mut last = [f64::NAN; 8];
    last[..rest.len()].copy_from_slice(rest);
    if !rest.is_empty() {
        to.push(Line(last));
    }
    to.resize(end, Line([f64::NAN; 8]));
}
