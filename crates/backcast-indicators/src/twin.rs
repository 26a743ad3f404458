//! The bar-by-bar form of an indicator, and the loop that turns it into a whole-slice kernel.

/// An indicator that takes one bar at a time: `I` inputs, `O` outputs.
///
/// Inside, `NaN` stands for a missing input and an undefined output, so that twins can be chained without branches.
pub trait Twin<const I: usize, const O: usize> {
    /// Takes the next bar and gives its outputs; `NaN` means missing or undefined.
    fn step(&mut self, bar: [f64; I]) -> [f64; O];

    /// Takes the next bar and gives the outputs that are defined at it.
    fn push(&mut self, bar: [f64; I]) -> [Option<f64>; O] {
        whole_step(self, bar).map(|value| value.is_finite().then_some(value))
    }
}

/// A bar-by-bar indicator whose kind is known at run time only; made by [`crate::stream`].
pub trait Streaming: Send {
    /// Takes the next bar, `inputs` in the order of the specification, and writes one value per output,
    /// `NaN` where undefined. An input that is not given counts as missing, surplus ones are ignored.
    fn push(&mut self, inputs: &[f64], out: &mut [f64]);
}

/// A step under the rule that a bar is missing as a whole or not at all.
fn whole_step<const I: usize, const O: usize, T: Twin<I, O> + ?Sized>(
    twin: &mut T,
    bar: [f64; I],
) -> [f64; O] {
    let complete = bar.iter().all(|value| value.is_finite());
    let outputs = twin.step(if complete { bar } else { [f64::NAN; I] });
    outputs.map(defined)
}

/// One kind of undefined only: no infinity, and `NaN` with one bit pattern.
#[inline(always)]
pub(crate) fn defined(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// Whole-slice kernel of a recursive indicator: its twin, run from `start` over all inputs.
/// Entries of the outputs before `start` are left alone.
pub(crate) fn drive<const I: usize, const O: usize, T: Twin<I, O>>(
    mut twin: T,
    inputs: &[&[f64]],
    start: usize,
    outputs: &mut [&mut [f64]],
) {
    let Ok(inputs) = <[&[f64]; I]>::try_from(inputs) else {
        return;
    };
    let bars = inputs.iter().map(|input| input.len()).min().unwrap_or(0);
    let inputs = inputs.map(|input| &input[..bars]);
    for index in start..bars {
        let values = whole_step(&mut twin, inputs.map(|input| input[index]));
        for (output, value) in outputs.iter_mut().zip(values) {
            output[index] = value;
        }
    }
}

/// Hides the kind of a twin behind [`Streaming`].
pub(crate) fn boxed<const I: usize, const O: usize, T>(twin: T) -> Box<dyn Streaming>
where
    T: Twin<I, O> + Send + 'static,
{
    Box::new(Erased(twin))
}

struct Erased<const I: usize, const O: usize, T>(T);

impl<const I: usize, const O: usize, T: Twin<I, O> + Send> Streaming for Erased<I, O, T> {
    fn push(&mut self, inputs: &[f64], out: &mut [f64]) {
        let bar = std::array::from_fn(|index| inputs.get(index).copied().unwrap_or(f64::NAN));
        let values = whole_step(&mut self.0, bar);
        for (slot, value) in out.iter_mut().zip(values) {
            *slot = value;
        }
    }
}
