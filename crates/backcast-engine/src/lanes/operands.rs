//! The series that rules compare, one for each combination of the parameters it depends on, made once and shared by all sets.

use std::ops::Range;

use backcast_data::Market;
use backcast_rules::{EvalError, Evaluator, NodeId, Program, band_above, band_below};
use backcast_types::AssetId;

use super::{
    param_sets::{ParamSets, Picker},
    signals::{Kind, OperandId, Operands, Uses},
};

/// Eight values, aligned to a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Line(pub(crate) [f64; 8]);

/// Lines of a word of 64 bars.
pub(crate) const LINES: usize = 8;

/// What a combination that no set uses has for a place.
const UNUSED: u32 = u32::MAX;

/// Series of one operand.
#[derive(Debug)]
struct Operand {
    picker: Picker,
    /// Place of each combination among the series.
    places: Vec<u32>,
    values: Vec<Line>,
    above: Vec<Line>,
    below: Vec<Line>,
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
        wanted: &[(NodeId, Uses)],
        sets: &ParamSets,
        range: Range<usize>,
    ) -> Result<OperandTable, EvalError> {
        let rows = market.assets[asset.index()].bars.len();
        let lines = rows.div_ceil(64) * LINES;
        let mut evaluator = Evaluator::new(program, market, asset);
        let operands = wanted
            .iter()
            .map(|(node, uses)| {
                operand(&mut evaluator, program, *node, *uses, sets, range.clone(), lines, rows)
            })
            .collect::<Result<_, _>>()?;
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
    fn lanes(&self, operand: OperandId, kind: Kind) -> [&[Line]; 8] {
        let lines = self.table.lines;
        let operand_table = &self.table.operands[operand.0];
        let from = match kind {
            Kind::Values => &operand_table.values,
            Kind::Above => &operand_table.above,
            Kind::Below => &operand_table.below,
        };
        self.places[operand.0].map(|place| {
            let start = place as usize * lines;
            &from[start..start + lines]
        })
    }
}

/// Series of one operand for every combination of its parameters that a range of sets uses.
#[expect(
    clippy::too_many_arguments,
    reason = "one step of `OperandTable::new`, whose locals these are"
)]
fn operand(
    evaluator: &mut Evaluator<'_>,
    program: &Program,
    node: NodeId,
    uses: Uses,
    sets: &ParamSets,
    range: Range<usize>,
    lines: usize,
    rows: usize,
) -> Result<Operand, EvalError> {
    let mask = program.depends(node);
    let used = sets.used(mask, range);
    let mut places = vec![UNUSED; sets.combinations(mask).unwrap_or(0)];
    let mut made = Operand {
        picker: sets.picker(mask),
        places: Vec::new(),
        values: Vec::with_capacity(if uses.values { used.len() * lines } else { 0 }),
        above: Vec::with_capacity(if uses.bands { used.len() * lines } else { 0 }),
        below: Vec::with_capacity(if uses.bands { used.len() * lines } else { 0 }),
    };
    for (place, combination) in used.into_iter().enumerate() {
        places[combination] = place as u32;
        let params = sets.combination_values(mask, combination);
        match program.scalar(node, &params) {
            Some(x) => made.push(uses, std::iter::repeat_n(x, rows), lines),
            None => {
                let series = evaluator.series(node, &params)?;
                made.push(uses, series.values.iter().copied(), lines);
            }
        }
    }
    made.places = places;
    Ok(made)
}

impl Operand {
    fn push(&mut self, uses: Uses, values: impl Iterator<Item = f64> + Clone, lines: usize) {
        if uses.values {
            fill(&mut self.values, values.clone(), lines);
        }
        if uses.bands {
            fill(&mut self.above, values.clone().map(band_above), lines);
            fill(&mut self.below, values.map(band_below), lines);
        }
    }
}

/// Adds one series, padded with undefined values.
fn fill(to: &mut Vec<Line>, values: impl Iterator<Item = f64>, lines: usize) {
    let start = to.len();
    to.resize(start + lines, Line([f64::NAN; 8]));
    let places = to[start..].iter_mut().flat_map(|line| &mut line.0);
    for (place, x) in places.zip(values) {
        *place = x;
    }
}
