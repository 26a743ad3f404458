//! How far the training of all windows came: what was chosen so far, and the sums of the sets at hand.

use std::ops::Range;

/// What a training window found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) set: usize,
    pub(super) score: f64,
    pub(super) scores: Vec<f64>,
}

/// Sums over accounts of one chunk of sets, a pair for each window and set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sums {
    pub(super) sets: usize,
    pub(super) sum: Vec<f64>,
    pub(super) count: Vec<f64>,
}

impl Sums {
    fn new(sets: usize, windows: usize) -> Sums {
        Sums { sets, sum: vec![0.0; sets * windows], count: vec![0.0; sets * windows] }
    }
}

/// Training goes through the sets chunk by chunk, through the accounts within a chunk, and through all windows at once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Training {
    /// Sets in all, accounts, and sets of a chunk.
    shape: [usize; 3],
    /// First set of the chunk at hand.
    start: usize,
    /// Accounts of this chunk that are done.
    pub(super) account: usize,
    pub(super) sums: Sums,
    /// One for each window.
    pub(super) choices: Vec<Choice>,
}

impl Training {
    pub(super) fn new(sets: usize, accounts: usize, windows: usize, chunk: usize) -> Training {
        let first = Choice { set: 0, score: f64::NAN, scores: Vec::new() };
        Training {
            shape: [sets, accounts, chunk],
            start: 0,
            account: 0,
            sums: Sums::new(chunk.min(sets), windows),
            choices: vec![first; windows],
        }
    }

    /// Sets of the chunk at hand; `None` once all are done.
    pub(super) fn chunk(&self) -> Option<Range<usize>> {
        let [sets, _, chunk] = self.shape;
        (self.start < sets).then(|| self.start..(self.start + chunk).min(sets))
    }

    /// Goes on to the next chunk.
    pub(super) fn next_chunk(&mut self) {
        self.start += self.shape[2];
        self.account = 0;
        let left = self.chunk().map_or(0, |chunk| chunk.len());
        self.sums = Sums::new(left, self.choices.len());
    }

    /// Runs done so far.
    pub(super) fn runs(&self) -> u64 {
        let [sets, accounts, _] = self.shape;
        let whole = self.start.min(sets) * accounts;
        let begun = self.chunk().map_or(0, |chunk| chunk.len() * self.account);
        ((whole + begun) * self.choices.len()) as u64
    }

    /// Layout 1, little endian: shape and place as `u64`, the choices (set, score, number of scores, scores), both sums; then
    /// the Blake3 of all that.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut number = |n: usize| bytes.extend((n as u64).to_le_bytes());
        [1].iter().chain(&self.shape).for_each(|n| number(*n));
        [self.choices.len(), self.start, self.account].into_iter().for_each(number);
        for choice in &self.choices {
            bytes.extend((choice.set as u64).to_le_bytes());
            bytes.extend(choice.score.to_le_bytes());
            bytes.extend((choice.scores.len() as u64).to_le_bytes());
            bytes.extend(choice.scores.iter().flat_map(|score| score.to_le_bytes()));
        }
        let sums = self.sums.sum.iter().chain(&self.sums.count);
        bytes.extend(sums.flat_map(|sum| sum.to_le_bytes()));
        let hash = blake3::hash(&bytes);
        bytes.extend(hash.as_bytes());
        bytes
    }

    /// What [`Training::bytes`] wrote, where it is whole and of the shape that this one has.
    pub(super) fn with(&self, bytes: &[u8]) -> Option<Training> {
        let (bytes, hash) = bytes.split_last_chunk::<32>()?;
        if blake3::hash(bytes).as_bytes() != hash {
            return None;
        }
        let mut words = bytes.as_chunks::<8>().0.iter();
        let mut number = || words.next().map(|word| u64::from_le_bytes(*word) as usize);
        let (layout, shape) = (number()?, [number()?, number()?, number()?]);
        let (windows, start, account) = (number()?, number()?, number()?);
        if (layout, shape, windows) != (1, self.shape, self.choices.len()) {
            return None;
        }
        let mut found = Training { start, account, choices: Vec::new(), ..self.clone() };
        for _ in 0..windows {
            let set = u64::from_le_bytes(*words.next()?) as usize;
            let score = f64::from_le_bytes(*words.next()?);
            let count = u64::from_le_bytes(*words.next()?) as usize;
            let scores: Vec<f64> =
                words.by_ref().take(count).map(|word| f64::from_le_bytes(*word)).collect();
            found.choices.push(Choice { set, score, scores });
        }
        found.sums = Sums::new(found.chunk().map_or(0, |chunk| chunk.len()), windows);
        for sum in found.sums.sum.iter_mut().chain(&mut found.sums.count) {
            *sum = f64::from_le_bytes(*words.next()?);
        }
        words.next().is_none().then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_done() -> Training {
        let mut training = Training::new(10, 2, 3, 4);
        training.next_chunk();
        training.account = 1;
        training.choices[1] = Choice { set: 2, score: 0.5, scores: vec![0.1, 0.2, 0.5, 0.3] };
        training.sums.sum[5] = 1.25;
        training.sums.count[11] = 1.0;
        training.choices.iter_mut().for_each(|choice| choice.score = 0.5);
        training
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let training = half_done();
        assert_eq!(training.runs(), (4 * 2 + 4) * 3);
        let begin = Training::new(10, 2, 3, 4);
        assert_eq!(begin.with(&training.bytes()), Some(training.clone()));
        let mut done = training;
        done.next_chunk();
        done.next_chunk();
        assert_eq!((done.chunk(), done.runs()), (None, 60));
        assert_eq!(begin.with(&done.bytes()), Some(done));
    }

    #[test]
    fn a_torn_file_or_one_of_other_work_is_not_used() {
        let bytes = half_done().bytes();
        let begin = Training::new(10, 2, 3, 4);
        for end in [0, 8, 40, bytes.len() - 1] {
            assert_eq!(begin.with(&bytes[..end]), None, "{end}");
        }
        let mut flipped = bytes.clone();
        flipped[70] ^= 1;
        assert_eq!(begin.with(&flipped), None);
        for other in [(11, 2, 3, 4), (10, 1, 3, 4), (10, 2, 4, 4), (10, 2, 3, 5)] {
            assert_eq!(Training::new(other.0, other.1, other.2, other.3).with(&bytes), None);
        }
    }
}
