//! Log-linear histogram of tick counts: 16 buckets of equal width to each power of two, so a bucket is at most 6.25 %
//! wide and its index follows from the leading bits.
//!
//! Buckets 0 to 15 hold the values 0 to 15; beyond, bucket `16 * (k - 3) + m` holds values from `(16 + m) << (k - 4)`
//! up to the next bucket, where `k` is the position of the highest bit.

/// Buckets to each octave.
pub(crate) const PER_OCTAVE: usize = 16;

/// Octaves of all values.
pub(crate) const OCTAVES: usize = 61;

const BITS: u32 = PER_OCTAVE.trailing_zeros();

/// The bucket that holds a value.
#[must_use]
#[inline]
pub fn bucket_of(ticks: u64) -> usize {
    if ticks < PER_OCTAVE as u64 {
        return ticks as usize;
    }
    let high = 63 - ticks.leading_zeros();
    let within = (ticks >> (high - BITS)) as usize & (PER_OCTAVE - 1);
    (high - BITS + 1) as usize * PER_OCTAVE + within
}

/// The values that a bucket holds: from `start` up to, not including, `end`, in ticks. Beyond the last bucket there is none.
///
/// # Examples
/// ```
/// use backcast_spans::histogram::{bucket_of, range_of};
/// assert!(range_of(bucket_of(1_000_000)).contains(&1_000_000));
/// ```
#[must_use]
pub fn range_of(bucket: usize) -> std::ops::Range<u64> {
    let low = |bucket: usize| {
        if bucket < PER_OCTAVE {
            return bucket as u64;
        }
        let octave = bucket / PER_OCTAVE;
        u64::try_from(((PER_OCTAVE + bucket % PER_OCTAVE) as u128) << (octave - 1).min(64))
            .unwrap_or(u64::MAX)
    };
    low(bucket)..low(bucket + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_one_another_without_gap_and_are_narrow() {
        let mut next = 0;
        for bucket in 0..OCTAVES * PER_OCTAVE {
            let range = range_of(bucket);
            assert_eq!(range.start, next, "bucket {bucket}");
            let width = range.end - range.start;
            assert!(width as f64 <= 0.0625 * range.start.max(16) as f64, "bucket {bucket}");
            assert_eq!((bucket_of(range.start), bucket_of(range.end - 1)), (bucket, bucket));
            next = range.end;
        }
        assert_eq!(bucket_of(u64::MAX), OCTAVES * PER_OCTAVE - 1);
    }
}
