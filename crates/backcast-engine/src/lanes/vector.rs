//! Eight lanes in AVX-512 and AVX2 registers, and the one place where a level is chosen.
//!
//! Each method is one IEEE operation per lane, so all levels give the bits of the plain array. Closures do not inherit target
//! features, so kernels are `inline(always)` functions called from one entry per level.
#![expect(unsafe_code, reason = "vector instructions and the entries that may use them")]

use std::{arch::x86_64::*, sync::OnceLock};

use backcast_metrics::{Array8, Vector};

/// What [`Isa::detect`] does not go beyond.
static LIMIT: OnceLock<Isa> = OnceLock::new();

/// A level of vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// Plain arrays, compiled for the baseline of x86-64.
    Sse2,
    /// Pairs of 256-bit registers.
    Avx2,
    /// 512-bit registers.
    Avx512,
}

impl Isa {
    /// All levels, lowest first.
    pub const ALL: [Isa; 3] = [Isa::Sse2, Isa::Avx2, Isa::Avx512];

    /// Name as `--isa` writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Isa::Sse2 => "sse2",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }

    /// The level of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Isa> {
        Isa::ALL.into_iter().find(|isa| isa.name() == name)
    }

    /// Whether this machine has it.
    #[must_use]
    pub fn available(self) -> bool {
        match self {
            Isa::Sse2 => true,
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt"),
            Isa::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("popcnt")
                    && is_x86_feature_detected!("lzcnt")
            }
        }
    }

    /// The highest level that this machine has, or a lower one that [`Isa::limit`] asks for.
    #[must_use]
    pub fn detect() -> Isa {
        let limit = LIMIT.get().copied().unwrap_or(Isa::Avx512);
        let allowed = |isa: &Isa| *isa <= limit && isa.available();
        Isa::ALL.into_iter().rev().find(allowed).unwrap_or(Isa::Sse2)
    }

    /// Keeps [`Isa::detect`] at `highest` or below for the rest of this process; the first call counts. No result depends on
    /// the level: this is for checking just that.
    ///
    /// # Examples
    /// ```
    /// # use backcast_engine::lanes::Isa;
    /// Isa::limit(Isa::Sse2);
    /// assert_eq!(Isa::detect(), Isa::Sse2);
    /// ```
    pub fn limit(highest: Isa) {
        LIMIT.get_or_init(|| highest);
    }
}

/// What lanes need beyond arithmetic.
pub trait LaneVector: Vector {
    /// Bit `bit` of each of eight words, lane 0 in bit 0.
    fn bit_of(words: &[u64; 8], bit: u32) -> u8;

    /// Bits of the places where `left` is greater and where it is less than `right`.
    fn apart(left: &[f32; 64], right: &[f32; 64], above: &mut u64, below: &mut u64);
}

/// Writes eight bits into one byte of a word, byte 0 lowest.
///
/// # Panics
/// If `byte` is 8 or more.
#[inline(always)]
pub(crate) fn put_byte(word: &mut u64, byte: usize, bits: u8) {
    assert!(byte < 8);
    // SAFETY: the byte lies inside the word. Volatile, because eight plain stores in a row become shuffles that cost five times the
    // comparisons they come from.
    unsafe { std::ptr::from_mut(word).cast::<u8>().add(byte).write_volatile(bits) }
}

/// Writes sixteen bits into one quarter of a word, quarter 0 lowest.
///
/// # Panics
/// If `quarter` is 4 or more.
#[inline(always)]
fn put_quarter(word: &mut u64, quarter: usize, bits: u16) {
    assert!(quarter < 4);
    // SAFETY: the quarter lies inside the word and on its own alignment. Volatile for the reason given at `put_byte`.
    unsafe { std::ptr::from_mut(word).cast::<u16>().add(quarter).write_volatile(bits) }
}

/// Asks for the cache line of `slice[at]`, which will be read soon; nothing where there is no such place.
#[inline(always)]
pub(crate) fn prefetch<T>(slice: &[T], at: usize) {
    if let Some(place) = slice.get(at) {
        // SAFETY: a hint about an address that lies in the slice; it reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast()) }
    }
}

/// Work that is compiled once per level.
pub trait Kernel {
    /// What it gives.
    type Output;
    /// The work; must be `inline(always)`.
    fn run<V: LaneVector>(self) -> Self::Output;
}

/// Runs a kernel with the instructions of a level; one that the machine lacks falls back to what it has.
pub fn dispatch<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        // SAFETY: the features were just detected.
        Isa::Avx512 if Isa::Avx512.available() => unsafe { with_avx512(kernel) },
        // SAFETY: as above.
        Isa::Avx512 | Isa::Avx2 if Isa::Avx2.available() => unsafe { with_avx2(kernel) },
        _ => kernel.run::<Array8>(),
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,bmi1,bmi2,popcnt,lzcnt")]
fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}

#[target_feature(enable = "avx2,popcnt")]
fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

impl LaneVector for Array8 {
    #[inline(always)]
    fn bit_of(words: &[u64; 8], bit: u32) -> u8 {
        let mut out = 0;
        let mut lane = 0;
        while lane < 8 {
            out |= ((words[lane] >> bit & 1) as u8) << lane;
            lane += 1;
        }
        out
    }

    #[inline(always)]
    fn apart(left: &[f32; 64], right: &[f32; 64], above: &mut u64, below: &mut u64) {
        (*above, *below) = (0, 0);
        for k in 0..16 {
            // SAFETY: every x86-64 has these, and four values lie behind each place.
            let (more, less) = unsafe {
                let a = _mm_loadu_ps(left[k * 4..].as_ptr());
                let b = _mm_loadu_ps(right[k * 4..].as_ptr());
                (_mm_movemask_ps(_mm_cmpgt_ps(a, b)), _mm_movemask_ps(_mm_cmplt_ps(a, b)))
            };
            *above |= (more as u64) << (4 * k);
            *below |= (less as u64) << (4 * k);
        }
    }
}

/// Eight lanes in one register.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512d);

/// Eight lanes in two registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256d, __m256d);

// SAFETY (all blocks below): values of `Avx512` and `Avx2` are only made inside `with_avx512` and `with_avx2`, which are only
// entered where the features exist; loads and stores go through slices whose length was checked.

impl Vector for Avx512 {
    type Mask = __mmask8;
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        Avx512(unsafe { _mm512_set1_pd(x) })
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Self {
        let from = &from[..8];
        Avx512(unsafe { _mm512_loadu_pd(from.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        let to = &mut to[..8];
        unsafe { _mm512_storeu_pd(to.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_add_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_sub_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_mul_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_div_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_max_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Avx512(unsafe { _mm512_min_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Avx512(unsafe { _mm512_roundscale_pd::<0x01>(self.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Avx512(unsafe { _mm512_abs_pd(self.0) })
    }
    #[inline(always)]
    fn lt(self, other: Self) -> __mmask8 {
        unsafe { _mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    fn le(self, other: Self) -> __mmask8 {
        unsafe { _mm512_cmp_pd_mask::<_CMP_LE_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    fn select(mask: __mmask8, yes: Self, no: Self) -> Self {
        Avx512(unsafe { _mm512_mask_blend_pd(mask, no.0, yes.0) })
    }
    #[inline(always)]
    fn after(self, before: Self) -> Self {
        unsafe {
            let (before, now) = (_mm512_castpd_si512(before.0), _mm512_castpd_si512(self.0));
            Avx512(_mm512_castsi512_pd(_mm512_alignr_epi64::<7>(now, before)))
        }
    }
    #[inline(always)]
    fn mask(bits: u8) -> __mmask8 {
        bits
    }
    #[inline(always)]
    fn bits(mask: __mmask8) -> u8 {
        mask
    }
}

impl LaneVector for Avx512 {
    #[inline(always)]
    fn bit_of(words: &[u64; 8], bit: u32) -> u8 {
        unsafe {
            let words = _mm512_loadu_epi64(words.as_ptr().cast());
            _mm512_test_epi64_mask(words, _mm512_set1_epi64(1i64 << bit))
        }
    }

    #[inline(always)]
    fn apart(left: &[f32; 64], right: &[f32; 64], above: &mut u64, below: &mut u64) {
        for k in 0..4 {
            unsafe {
                let a = _mm512_loadu_ps(left[k * 16..].as_ptr());
                let b = _mm512_loadu_ps(right[k * 16..].as_ptr());
                put_quarter(above, k, _mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b));
                put_quarter(below, k, _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b));
            }
        }
    }
}

/// Bits of the sign of four lanes.
#[inline(always)]
fn signs(x: __m256d) -> u8 {
    (unsafe { _mm256_movemask_pd(x) }) as u8
}

/// All ones in the lanes whose bit is set.
#[inline(always)]
fn spread(bits: u8) -> __m256d {
    unsafe {
        let lane = _mm256_set_epi64x(8, 4, 2, 1);
        let set = _mm256_and_si256(_mm256_set1_epi64x(i64::from(bits)), lane);
        _mm256_castsi256_pd(_mm256_cmpeq_epi64(set, lane))
    }
}

/// Three lanes one place later, behind the last lane of `before`.
#[inline(always)]
fn one_later(now: __m256d, before: __m256d) -> __m256d {
    unsafe {
        let middle = _mm256_permute2f128_pd::<0x21>(before, now);
        _mm256_shuffle_pd::<0b0101>(middle, now)
    }
}

impl Vector for Avx2 {
    type Mask = (__m256d, __m256d);
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        let x = unsafe { _mm256_set1_pd(x) };
        Avx2(x, x)
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Self {
        let from = &from[..8];
        unsafe { Avx2(_mm256_loadu_pd(from.as_ptr()), _mm256_loadu_pd(from[4..].as_ptr())) }
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        let (low, high) = to[..8].split_at_mut(4);
        unsafe {
            _mm256_storeu_pd(low.as_mut_ptr(), self.0);
            _mm256_storeu_pd(high.as_mut_ptr(), self.1);
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_add_pd(self.0, other.0), _mm256_add_pd(self.1, other.1)) }
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_sub_pd(self.0, other.0), _mm256_sub_pd(self.1, other.1)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_mul_pd(self.0, other.0), _mm256_mul_pd(self.1, other.1)) }
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_div_pd(self.0, other.0), _mm256_div_pd(self.1, other.1)) }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_max_pd(self.0, other.0), _mm256_max_pd(self.1, other.1)) }
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        unsafe { Avx2(_mm256_min_pd(self.0, other.0), _mm256_min_pd(self.1, other.1)) }
    }
    #[inline(always)]
    fn floor(self) -> Self {
        unsafe { Avx2(_mm256_floor_pd(self.0), _mm256_floor_pd(self.1)) }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        unsafe {
            let sign = _mm256_set1_pd(-0.0);
            Avx2(_mm256_andnot_pd(sign, self.0), _mm256_andnot_pd(sign, self.1))
        }
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Self::Mask {
        unsafe {
            (
                _mm256_cmp_pd::<_CMP_LT_OQ>(self.0, other.0),
                _mm256_cmp_pd::<_CMP_LT_OQ>(self.1, other.1),
            )
        }
    }
    #[inline(always)]
    fn le(self, other: Self) -> Self::Mask {
        unsafe {
            (
                _mm256_cmp_pd::<_CMP_LE_OQ>(self.0, other.0),
                _mm256_cmp_pd::<_CMP_LE_OQ>(self.1, other.1),
            )
        }
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        unsafe {
            Avx2(_mm256_blendv_pd(no.0, yes.0, mask.0), _mm256_blendv_pd(no.1, yes.1, mask.1))
        }
    }
    #[inline(always)]
    fn after(self, before: Self) -> Self {
        Avx2(one_later(self.0, before.1), one_later(self.1, self.0))
    }
    #[inline(always)]
    fn mask(bits: u8) -> Self::Mask {
        (spread(bits), spread(bits >> 4))
    }
    #[inline(always)]
    fn bits(mask: Self::Mask) -> u8 {
        signs(mask.0) | signs(mask.1) << 4
    }
}

impl LaneVector for Avx2 {
    #[inline(always)]
    fn bit_of(words: &[u64; 8], bit: u32) -> u8 {
        unsafe {
            // The wanted bit becomes the sign, which is what a mask is read from.
            let up = _mm_cvtsi32_si128(63 - bit as i32);
            let low = _mm256_loadu_si256(words.as_ptr().cast());
            let high = _mm256_loadu_si256(words[4..].as_ptr().cast());
            signs(_mm256_castsi256_pd(_mm256_sll_epi64(low, up)))
                | signs(_mm256_castsi256_pd(_mm256_sll_epi64(high, up))) << 4
        }
    }

    #[inline(always)]
    fn apart(left: &[f32; 64], right: &[f32; 64], above: &mut u64, below: &mut u64) {
        for k in 0..8 {
            unsafe {
                let a = _mm256_loadu_ps(left[k * 8..].as_ptr());
                let b = _mm256_loadu_ps(right[k * 8..].as_ptr());
                let more = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(a, b));
                let less = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b));
                put_byte(above, k, more as u8);
                put_byte(below, k, less as u8);
            }
        }
    }
}
