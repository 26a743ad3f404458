//! Which arguments a call has seen, in bounded memory.
//!
//! Digests are kept exactly until the set is full. From then on only those are kept and counted whose hash ends in so many
//! zero bits, and each stands for that many more: distinct sampling after P. B. Gibbons, "Distinct sampling for highly-accurate
//! answers to distinct values queries", VLDB 2001.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Digests kept for one site.
const MOST: usize = 4096;

/// A digest of arguments for `span!("name", digest = ..)`: equal ones have equal digests, within one run of a program.
#[must_use]
pub fn digest(arguments: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    arguments.hash(&mut hasher);
    hasher.finish()
}

/// A call whose arguments were looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Whether an earlier call had the same.
    pub(crate) repeated: bool,
    /// It stands for 2 to the power of this many calls.
    pub(crate) level: u8,
}

/// The digests seen at one site.
#[derive(Debug, Default)]
pub(crate) struct DigestSet {
    seen: HashSet<u64>,
    /// A hash must end in so many zero bits to be kept.
    level: u32,
}

impl DigestSet {
    /// Looks a digest up and remembers it; nothing where it is not among those that are counted.
    pub(crate) fn see(&mut self, digest: u64) -> Option<Sighting> {
        let hash = mix(digest);
        if hash.trailing_zeros() < self.level {
            return None;
        }
        let repeated = !self.seen.insert(hash);
        let sighting = Sighting { repeated, level: self.level as u8 };
        while self.seen.len() > MOST && self.level < 31 {
            self.level += 1;
            let level = self.level;
            self.seen.retain(|hash| hash.trailing_zeros() >= level);
        }
        Some(sighting)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.seen.capacity() * (size_of::<u64>() + 1) + size_of::<DigestSet>()
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection that spreads each bit.
fn mix(digest: u64) -> u64 {
    let mut z = digest.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(digests: impl Iterator<Item = u64>) -> (f64, f64, usize) {
        let (mut set, mut distinct, mut repeated) = (DigestSet::default(), 0.0, 0.0);
        for digest in digests {
            if let Some(sighting) = set.see(digest) {
                let count = if sighting.repeated { &mut repeated } else { &mut distinct };
                *count += f64::from(1 << sighting.level);
            }
        }
        (distinct, repeated, set.bytes())
    }

    #[test]
    fn few_digests_are_counted_exactly() {
        let (distinct, repeated, _) = counts((0..9000).map(|i| i % 3000));
        assert_eq!((distinct, repeated), (3000.0, 6000.0));
    }

    #[test]
    fn many_digests_are_estimated_in_bounded_memory() {
        let (distinct, repeated, bytes) = counts((0..3_000_000_u64).map(|i| i % 1_000_000));
        assert!((distinct / 1e6 - 1.0).abs() < 0.15, "distinct {distinct}");
        assert!((repeated / 2e6 - 1.0).abs() < 0.15, "repeated {repeated}");
        assert!(bytes < 200_000, "{bytes} bytes");
    }
}
