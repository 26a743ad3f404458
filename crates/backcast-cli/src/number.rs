//! Numbers for people: thousands separators, per cent, few digits.

/// `1,234,567.89` with so many digits after the point.
pub(crate) fn grouped(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.digits$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::with_capacity(text.len() + 8);
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('-');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// 0.1234 as `12.3 %`.
pub(crate) fn percent(value: f64, digits: usize) -> String {
    if value.is_finite() {
        format!("{} %", grouped(value * 100.0, digits))
    } else {
        "–".to_owned()
    }
}

/// A level of confidence, with as many nines as it has: `95 %`, `99.995 %`.
pub(crate) fn level(level: f64) -> String {
    let digits = -(1.0 - level).max(1e-9).log10() - 1e-9;
    percent(level, (digits.ceil() as usize).saturating_sub(2))
}

/// The shortest text that reads back as the same number.
pub(crate) fn exact(value: f64) -> String {
    format!("{value}")
}

/// `1 row`, `2 rows`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(n as f64, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(1_234_567.891, 2), "1,234,567.89");
        assert_eq!(grouped(-999.5, 1), "-999.5");
        assert_eq!(grouped(-0.001, 1), "0.0");
        assert_eq!(grouped(f64::NAN, 1), "–");
        assert_eq!(percent(0.1234, 1), "12.3 %");
        let levels = [0.5, 0.95, 0.99, 0.999, 0.99995].map(level);
        assert_eq!(levels, ["50 %", "95 %", "99 %", "99.9 %", "99.995 %"]);
        assert_eq!(count(1, "row"), "1 row");
        assert_eq!(count(12_000, "row"), "12,000 rows");
    }
}
