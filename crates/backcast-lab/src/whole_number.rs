//! Whole numbers as they are typed: `500`, `10k`, `1.5M`, `1e6`.

/// Largest: whole numbers up to here are exact as floating-point numbers.
const LARGEST: f64 = 1e15;

/// `k` is a thousand, `M` a million; nothing for fractions and for what is no number.
pub(crate) fn whole_number(text: &str) -> Option<i64> {
    let typed = text.trim();
    let scaled = [('k', 1e3), ('M', 1e6)]
        .iter()
        .find_map(|(letter, scale)| Some((typed.strip_suffix(*letter)?, *scale)));
    let (number, scale) = scaled.unwrap_or((typed, 1.0));
    let number = number.trim().parse::<f64>().ok()? * scale;
    let whole = number.abs() <= LARGEST && (number - number.round()).abs() < 1e-6;
    whole.then_some(number.round() as i64)
}
