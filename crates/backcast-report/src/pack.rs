//! Many numbers in few bytes: each list becomes whole steps, their differences, variable-length bytes, and the whole is
//! gzipped once and written as base64. `page.js` (`unpack`) is the other half.
//!
//! Layout of a list in the stream, one code per value, little-endian base 128 with a continuation bit: 0 means absent
//! (no such value exists), 1 undefined, else 2 plus the zigzag of the difference to the last defined value in steps.

use std::collections::HashMap;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

/// Largest magnitude in steps: sums stay exact in the browser's numbers.
const MAX_STEPS: f64 = (1_u64 << 50) as f64;

/// Where a list stands in the stream and how to read it: `value = steps * step`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Packed {
    /// First byte.
    at: usize,
    /// Number of values.
    n: usize,
    /// Size of a step.
    step: f64,
}

/// A growing stream of lists; equal lists are stored once.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
    seen: HashMap<Vec<u8>, usize>,
}

/// A value to be packed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Slot {
    /// There is no such value.
    Absent,
    /// There is one, but it is undefined where it is not finite.
    Value(f64),
}

impl Packer {
    /// Appends `values`, rounded to whole `step`s (positive).
    pub(crate) fn add(&mut self, values: impl IntoIterator<Item = Slot>, step: f64) -> Packed {
        let mut list = Vec::new();
        let mut n = 0;
        let mut last = 0_i64;
        for slot in values {
            n += 1;
            let code = match slot {
                Slot::Absent => 0,
                Slot::Value(value) if !value.is_finite() => 1,
                Slot::Value(value) => {
                    let steps = (value / step).round().clamp(-MAX_STEPS, MAX_STEPS) as i64;
                    let difference = steps - last;
                    last = steps;
                    2 + ((difference << 1) ^ (difference >> 63)) as u64
                }
            };
            push_varint(&mut list, code);
        }
        let at = *self.seen.entry(list).or_insert_with_key(|list| {
            let at = self.bytes.len();
            self.bytes.extend_from_slice(list);
            at
        });
        Packed { at, n, step }
    }

    /// Appends values that all exist, in steps fine enough to draw them.
    pub(crate) fn add_values(&mut self, values: &[f64]) -> Packed {
        let step = drawing_step(values);
        self.add(values.iter().map(|&value| Slot::Value(value)), step)
    }

    /// Appends times, given in nanoseconds, as milliseconds.
    pub(crate) fn add_times(&mut self, times: &[i64]) -> Packed {
        let milliseconds = times.iter().map(|time| Slot::Value(time.div_euclid(1_000_000) as f64));
        self.add(milliseconds, 1.0)
    }

    /// The stream as text for the page; empty when nothing was added.
    pub(crate) fn finish(self) -> String {
        if self.bytes.is_empty() { String::new() } else { gzip_base64(&self.bytes) }
    }
}

/// A power of ten near 1e-5 of the smallest magnitude among positive values, so that a logarithmic axis shows no stairs;
/// 1e-6 of the largest where some are not positive.
fn drawing_step(values: &[f64]) -> f64 {
    let defined = || values.iter().copied().filter(|value| value.is_finite());
    let low = defined().fold(f64::INFINITY, f64::min);
    let high = defined().fold(0.0, |high: f64, value| high.max(value.abs()));
    let exponent = if low > 0.0 && low.is_finite() {
        low.log10().floor() - 5.0
    } else if high > 0.0 {
        high.log10().floor() - 6.0
    } else {
        0.0
    };
    // A list of tiny and huge values gives up the tiny ones before it loses the huge ones.
    let floor = (high / MAX_STEPS).max(f64::MIN_POSITIVE).log10().ceil();
    10_f64.powi(exponent.max(floor).clamp(-300.0, 300.0) as i32)
}

fn push_varint(out: &mut Vec<u8>, mut code: u64) {
    while code >= 0x80 {
        out.push(code as u8 | 0x80);
        code >>= 7;
    }
    out.push(code as u8);
}

/// Gzipped and written as base64.
pub(crate) fn gzip_base64(bytes: &[u8]) -> String {
    let _span = backcast_spans::span!("report.compress");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let gzipped = encoder.write_all(bytes).and_then(|()| encoder.finish());
    STANDARD.encode(gzipped.expect("writing to a vector does not fail"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `unpack` in `page.js` does.
    fn unpack(packer: &Packer, packed: Packed) -> Vec<Option<f64>> {
        let mut at = packed.at;
        let mut last = 0_i64;
        (0..packed.n)
            .map(|_| {
                let (mut code, mut shift) = (0_u64, 0);
                loop {
                    let byte = packer.bytes[at];
                    at += 1;
                    code |= u64::from(byte & 0x7f) << shift;
                    shift += 7;
                    if byte < 0x80 {
                        break;
                    }
                }
                if code < 2 {
                    return if code == 0 { None } else { Some(f64::NAN) };
                }
                let zigzag = code - 2;
                last += (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
                Some(last as f64 * packed.step)
            })
            .collect()
    }

    #[test]
    fn values_return_within_half_a_step() {
        let mut packer = Packer::default();
        let values = [Slot::Value(1.25), Slot::Absent, Slot::Value(f64::NAN), Slot::Value(-1e6)];
        let packed = packer.add(values, 0.01);
        let back = unpack(&packer, packed);
        assert!((back[0].unwrap() - 1.25).abs() < 0.0051);
        assert_eq!(back[1], None);
        assert!(back[2].unwrap().is_nan());
        assert!((back[3].unwrap() + 1e6).abs() < 0.0051);
    }

    #[test]
    fn equal_lists_share_their_bytes() {
        let mut packer = Packer::default();
        let first = packer.add_times(&[0, 86_400_000_000_000]);
        let size = packer.bytes.len();
        assert_eq!(packer.add_times(&[0, 86_400_000_000_000]), first);
        assert_eq!(packer.bytes.len(), size);
    }

    #[test]
    fn steps_suit_the_smallest_positive_value() {
        assert_eq!(drawing_step(&[100.0, 1e8]), 1e-3);
        assert_eq!(drawing_step(&[0.0, 0.5]), 1e-7);
        assert_eq!(drawing_step(&[]), 1.0);
        let mut packer = Packer::default();
        let packed = packer.add_values(&[1e-9, 1e300]);
        let back = unpack(&packer, packed)[1].unwrap();
        assert!((back / 1e300 - 1.0).abs() < 1e-9);
    }
}
