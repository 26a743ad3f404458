//! Conditions as bitmaps: 64 bars a word, with a second plane for what is undefined.

/// A condition at every row of an asset: true, false or undefined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// Number of rows.
    pub len: usize,
    /// Bit `i % 64` of word `i / 64`: the condition is true at row `i`. Never set where it is undefined.
    pub value: Vec<u64>,
    /// Likewise: the condition is defined at row `i`. Never set at and after `len`.
    pub known: Vec<u64>,
}

impl Bits {
    /// The condition at a row; `None` where it is undefined or there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<bool> {
        let bit =
            |words: &[u64]| words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1);
        bit(&self.known).then(|| bit(&self.value))
    }

    /// Whether the condition is true at a row; neither false nor undefined is.
    #[inline]
    #[must_use]
    pub fn is_true(&self, row: usize) -> bool {
        self.value.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Rows at which it is true.
    #[must_use]
    pub fn count_true(&self) -> usize {
        self.value.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The same condition at every row.
    pub(crate) fn constant(len: usize, value: bool) -> Bits {
        let mut bits = Bits { len, value: vec![0; words(len)], known: vec![u64::MAX; words(len)] };
        bits.cut();
        if value {
            bits.value.clone_from(&bits.known);
        }
        bits
    }

    pub(crate) fn and(&self, other: &Bits) -> Bits {
        self.with(other, |va, ka, vb, kb| (va & vb, (ka & kb) | (ka & !va) | (kb & !vb)))
    }

    pub(crate) fn or(&self, other: &Bits) -> Bits {
        self.with(other, |va, ka, vb, kb| (va | vb, (ka & kb) | va | vb))
    }

    pub(crate) fn not(&self) -> Bits {
        let value = self.value.iter().zip(&self.known).map(|(v, k)| k & !v).collect();
        Bits { len: self.len, value, known: self.known.clone() }
    }

    /// The condition so many rows ago; undefined at the first rows.
    pub(crate) fn shifted(&self, rows: usize) -> Bits {
        let mut bits = Bits {
            len: self.len,
            value: shift(&self.value, rows),
            known: shift(&self.known, rows),
        };
        bits.cut();
        bits
    }

    /// Clears what lies behind the last row.
    fn cut(&mut self) {
        let rest = self.len % 64;
        for words in [&mut self.value, &mut self.known] {
            if let (Some(last), true) = (words.last_mut(), rest != 0) {
                *last &= (1 << rest) - 1;
            }
        }
    }

    fn with(&self, other: &Bits, op: impl Fn(u64, u64, u64, u64) -> (u64, u64)) -> Bits {
        let left = self.value.iter().zip(&self.known);
        let right = other.value.iter().zip(&other.known);
        let (value, known) =
            left.zip(right).map(|((va, ka), (vb, kb))| op(*va, *ka, *vb, *kb)).unzip();
        Bits { len: self.len, value, known }
    }
}

/// Words for so many rows.
pub(crate) fn words(len: usize) -> usize {
    len.div_ceil(64)
}

fn shift(words: &[u64], rows: usize) -> Vec<u64> {
    let (whole, bits) = (rows / 64, rows % 64);
    let word = |at: usize, back: usize| at.checked_sub(back).map_or(0, |from| words[from]);
    (0..words.len())
        .map(|at| match bits {
            0 => word(at, whole),
            _ => word(at, whole) << bits | word(at, whole.saturating_add(1)) >> (64 - bits),
        })
        .collect()
}
