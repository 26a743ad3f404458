//! The series that rules compare, one for each combination of the parameters it depends on, made once and shared by all sets.

use std::ops::Range;

use backcast_data::Market;
use backcast_rules::{EvalError, Evaluator, NodeId, Program, Stream};
use backcast_types::AssetId;

use super::{
    compare::{LaneSeries, narrow},
    param_sets::{ParamSets, Picker},
    signals::{OperandId, Operands},
    vector::{Isa, Kernel, LaneVector, dispatch, put_byte},
};

/// Results that the evaluator may keep beside the table before it lets go of them.
const RESULTS_KEPT: usize = 64;

/// Values below which a second thread costs more than it brings.
const SMALLEST_SHARED_WORK: usize = 200_000;

/// Bars that are read at a time.
const PIECE: usize = 64 * 8;

/// What a combination that no set uses has for a place.
const UNUSED: u32 = u32::MAX;

/// 64 values as `f32`.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Narrow(pub(crate) [f32; 64]);

/// One series in words of 64 bars, padded with undefined values. What it is compared by is kept; the values themselves are read
/// again where that does not decide.
pub(crate) struct Series {
    source: Source,
    /// The values by [`narrow`].
    pub(crate) narrow: Vec<Narrow>,
    /// Bits of the bars that are undefined.
    pub(crate) undefined: Vec<u64>,
    /// The first word in which something is defined.
    pub(crate) first: usize,
}

enum Source {
    Constant(f64),
    Stream(Stream),
}

/// Series of one operand.
struct Operand {
    picker: Picker,
    /// Place of each combination among the series.
    places: Vec<u32>,
    series: Vec<Series>,
}

/// Series that the sets of a plan share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SharedSeries {
    /// Series that each set looks at.
    pub of_set: usize,
    /// Series that were made for all sets together.
    pub made: usize,
    /// What they take.
    pub bytes: usize,
}

/// Series of all operands of a plan.
pub(crate) struct OperandTable {
    operands: Vec<Operand>,
}

impl OperandTable {
    /// Makes the series that a range of sets needs, on several threads where there is enough to do.
    pub(crate) fn new(
        program: &Program,
        market: &Market,
        asset: AssetId,
        wanted: &[NodeId],
        sets: &ParamSets,
        range: Range<usize>,
        (isa, threads): (Isa, usize),
    ) -> Result<OperandTable, EvalError> {
        let _span = backcast_spans::span!("engine.operands");
        let rows = market.assets[asset.index()].bars.len();
        let mut operands = Vec::with_capacity(wanted.len());
        let mut jobs = Vec::new();
        for node in wanted {
            let mask = program.depends(*node);
            let mut places = vec![UNUSED; sets.combinations(mask).unwrap_or(0)];
            for (place, combination) in sets.used(mask, range.clone()).into_iter().enumerate() {
                places[combination] = place as u32;
                jobs.push((*node, sets.combination_values(mask, combination)));
            }
            operands.push(Operand { picker: sets.picker(mask), places, series: Vec::new() });
        }
        let maker = Maker { isa, program, rows, evaluator: Evaluator::new(program, market, asset) };
        let mut made = maker.all(&jobs, threads)?.into_iter();
        for operand in &mut operands {
            let n = operand.places.iter().filter(|place| **place != UNUSED).count();
            operand.series = made.by_ref().take(n).collect();
        }
        Ok(OperandTable { operands })
    }

    /// Series that sets look at, those of single numbers left out.
    pub(crate) fn shared(&self) -> SharedSeries {
        let mut shared = SharedSeries::default();
        for operand in &self.operands {
            let streams = operand.series.iter().filter(|series| series.is_stream());
            shared.of_set += usize::from(streams.clone().next().is_some());
            shared.made += streams.clone().count();
            shared.bytes += streams.map(Series::bytes).sum::<usize>();
        }
        shared
    }

    /// The view of eight sets, which are given by their places in the product.
    pub(crate) fn group(&self, places: &[u64; 8]) -> Group<'_> {
        let of = |o: &Operand| places.map(|p| o.places[o.picker.pick(p)]);
        Group { table: self, places: self.operands.iter().map(of).collect() }
    }
}

/// Eight sets' view of the operands.
pub(crate) struct Group<'t> {
    table: &'t OperandTable,
    /// Place of each lane's series, by operand.
    places: Vec<[u32; 8]>,
}

impl Operands for Group<'_> {
    #[inline(always)]
    fn lanes(&self, operand: OperandId) -> LaneSeries<'_> {
        let series = &self.table.operands[operand.0].series;
        let places = &self.places[operand.0];
        let mut out = [&series[places[0] as usize]; 8];
        for lane in 1..8 {
            out[lane] = &series[places[lane] as usize];
        }
        out
    }
}

/// Makes series one after the other.
#[derive(Clone)]
struct Maker<'m> {
    isa: Isa,
    program: &'m Program,
    rows: usize,
    evaluator: Evaluator<'m>,
}

impl Maker<'_> {
    /// The series of all jobs, in their order.
    fn all(
        mut self,
        jobs: &[(NodeId, Vec<f64>)],
        threads: usize,
    ) -> Result<Vec<Series>, EvalError> {
        let work = jobs.len() * self.rows;
        if threads < 2 || work < SMALLEST_SHARED_WORK {
            return self.some(jobs);
        }
        // What all threads share, sums of prefixes for instance, is made once, with the first series.
        let (first, rest) = jobs.split_at(1);
        let mut out = self.some(first)?;
        let piece = rest.len().div_ceil(threads).max(1);
        let parts = std::thread::scope(|scope| {
            let others: Vec<_> = rest
                .chunks(piece)
                .skip(1)
                .map(|jobs| {
                    let mut maker = self.clone();
                    let worker = std::thread::Builder::new().name("worker".to_owned());
                    worker.spawn_scoped(scope, move || maker.some(jobs)).map_err(|_| jobs)
                })
                .collect();
            let mut parts = vec![self.some(&rest[..piece.min(rest.len())])];
            parts.extend(others.into_iter().map(|part| match part {
                Ok(part) => part.join().expect("making series does not panic"),
                // Where the system gives no more threads, this one does the work.
                Err(jobs) => self.some(jobs),
            }));
            parts
        });
        for part in parts {
            out.extend(part?);
        }
        Ok(out)
    }

    fn some(&mut self, jobs: &[(NodeId, Vec<f64>)]) -> Result<Vec<Series>, EvalError> {
        let _span = backcast_spans::span!("engine.operands_work");
        let mut out = Vec::with_capacity(jobs.len());
        let mut buffer = [0.0; PIECE];
        for (at, (node, params)) in jobs.iter().enumerate() {
            let source = match self.program.scalar(*node, params) {
                Some(x) => Source::Constant(x),
                None => Source::Stream(self.evaluator.stream(*node, params)?),
            };
            out.push(Series::read(self.isa, source, self.rows, &mut buffer));
            // The results stand here; the evaluator keeps only what later series are made from.
            if at % RESULTS_KEPT == RESULTS_KEPT - 1 {
                self.evaluator.forget_series();
            }
        }
        Ok(out)
    }
}

impl Series {
    /// The same value at every row.
    #[cfg(test)]
    pub(crate) fn constant(isa: Isa, x: f64, rows: usize) -> Series {
        Series::read(isa, Source::Constant(x), rows, &mut [0.0; PIECE])
    }

    /// Reads a series piece by piece through a buffer, whatever that held before.
    fn read(isa: Isa, source: Source, rows: usize, buffer: &mut [f64; PIECE]) -> Series {
        let words = rows.div_ceil(64);
        let (narrow, undefined) = (Vec::with_capacity(words), Vec::with_capacity(words));
        let mut series = Series { source, narrow, undefined, first: 0 };
        for from in (0..rows).step_by(PIECE) {
            let piece = &mut buffer[..(rows - from).min(PIECE).next_multiple_of(64)];
            series.source.fill(from, piece);
            dispatch(isa, Push { values: piece, to: &mut series });
        }
        let layout = size_of_val(&series.narrow[..]) + size_of_val(&series.undefined[..]);
        backcast_spans::copied(layout as u64);
        series.first = series.undefined.iter().take_while(|undefined| **undefined == !0).count();
        series
    }

    fn is_stream(&self) -> bool {
        matches!(self.source, Source::Stream(_))
    }

    /// What is kept beside the source, which series may share.
    fn bytes(&self) -> usize {
        size_of_val(&self.narrow[..]) + size_of_val(&self.undefined[..])
    }

    /// The values of a word.
    pub(crate) fn values(&self, word: usize) -> [f64; 64] {
        let mut values = [0.0; 64];
        self.source.fill(word * 64, &mut values);
        values
    }
}

impl Source {
    fn fill(&self, from: usize, out: &mut [f64]) {
        match self {
            Source::Constant(x) => out.fill(*x),
            Source::Stream(stream) => stream.fill(from, out),
        }
    }
}

/// Adds whole words to a series.
struct Push<'a> {
    values: &'a [f64],
    to: &'a mut Series,
}

impl Kernel for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: LaneVector>(self) {
        for bars in self.values.as_chunks::<64>().0 {
            let (mut narrowed, mut undefined) = ([0.0; 64], 0);
            for (to, x) in narrowed.iter_mut().zip(bars) {
                *to = narrow(*x);
            }
            for (k, bars) in bars.as_chunks::<8>().0.iter().enumerate() {
                let values = V::load(bars);
                put_byte(&mut undefined, k, !V::bits(values.le(values)));
            }
            self.to.narrow.push(Narrow(narrowed));
            self.to.undefined.push(undefined);
        }
    }
}
