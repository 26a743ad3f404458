//! Numbers and times as text: thousands separators, true minus, percent, an em dash for what is undefined.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{Cell, Format};

/// What an undefined value looks like.
pub(crate) const UNDEFINED: &str = "\u{2014}";
const MINUS: char = '\u{2212}';
/// Between a number and its unit, so that they stay on one line.
const NO_BREAK: char = '\u{a0}';
const NS_PER_DAY: i64 = 86_400_000_000_000;

/// `value` in `format`; an em dash when it is not finite.
pub(crate) fn number(value: f64, format: &Format) -> String {
    if !value.is_finite() {
        return UNDEFINED.to_owned();
    }
    match format {
        Format::Plain => grouped(value, plain_decimals(value)),
        Format::Decimals(decimals) => grouped(value, *decimals),
        Format::Percent(decimals) => format!("{}{NO_BREAK}%", grouped(value * 100.0, *decimals)),
        Format::Unit(decimals, unit) if unit.is_empty() => grouped(value, *decimals),
        Format::Unit(decimals, unit) => format!("{}{NO_BREAK}{unit}", grouped(value, *decimals)),
    }
}

/// A table cell as text.
pub(crate) fn cell(cell: Option<&Cell>, format: &Format) -> String {
    match cell {
        Some(Cell::Text(text)) => text.clone(),
        Some(Cell::Number(value)) => number(*value, format),
        Some(Cell::Time(nanoseconds)) => time(*nanoseconds),
        Some(Cell::Missing) | None => UNDEFINED.to_owned(),
    }
}

/// `2024-11-29`, or `2024-11-29 14:30` when it is not midnight; UTC.
pub(crate) fn time(nanoseconds: i64) -> String {
    let Ok(timestamp) = Timestamp::from_nanosecond(i128::from(nanoseconds)) else {
        return UNDEFINED.to_owned();
    };
    let pattern = if nanoseconds.rem_euclid(NS_PER_DAY) == 0 {
        "%Y-%m-%d"
    } else if nanoseconds.rem_euclid(60_000_000_000) == 0 {
        "%Y-%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    timestamp.to_zoned(TimeZone::UTC).strftime(pattern).to_string()
}

/// Digits after the point that a format shows of the number as it is stored (a percentage shows two more).
pub(crate) fn stored_decimals(format: &Format) -> i32 {
    match format {
        Format::Plain => 4,
        Format::Decimals(decimals) | Format::Unit(decimals, _) => i32::from(*decimals),
        Format::Percent(decimals) => i32::from(*decimals) + 2,
    }
}

/// Enough digits for a number without a stated precision: none for whole numbers, four below ten, else two.
fn plain_decimals(value: f64) -> u8 {
    if value == value.trunc() {
        0
    } else if value.abs() < 10.0 {
        4
    } else {
        2
    }
}

fn grouped(value: f64, decimals: u8) -> String {
    let text = format!("{:.*}", usize::from(decimals), value.abs());
    let (whole, fraction) =
        text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    // A value that rounds to zero has no sign.
    let negative = value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));

    let mut out = String::with_capacity(text.len() + 8);
    if negative {
        out.push(MINUS);
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_units_and_a_true_minus() {
        let check =
            |value, format: Format, expected: &str| assert_eq!(number(value, &format), expected);
        check(1_234_567.891, Format::Decimals(2), "1,234,567.89");
        check(-1234.5, Format::Decimals(1), "\u{2212}1,234.5");
        check(0.1234, Format::Percent(1), "12.3\u{a0}%");
        check(-0.00001, Format::Percent(1), "0.0\u{a0}%");
        check(999.0, Format::Plain, "999");
        check(0.25, Format::Plain, "0.2500");
        check(12.0, Format::Unit(0, "bars".into()), "12\u{a0}bars");
        check(100_000.0, Format::Unit(0, String::new()), "100,000");
    }

    #[test]
    fn what_is_undefined_is_an_em_dash() {
        assert_eq!(number(f64::NAN, &Format::Percent(1)), "\u{2014}");
        assert_eq!(number(f64::INFINITY, &Format::Plain), "\u{2014}");
        assert_eq!(cell(Some(&Cell::Missing), &Format::Plain), "\u{2014}");
        assert_eq!(cell(None, &Format::Plain), "\u{2014}");
    }

    #[test]
    fn a_time_is_a_date_unless_it_has_a_time_of_day() {
        assert_eq!(time(0), "1970-01-01");
        assert_eq!(time(-NS_PER_DAY), "1969-12-31");
        assert_eq!(time(951_782_400_000_000_000), "2000-02-29");
        assert_eq!(time(52_200_000_000_000), "1970-01-01 14:30");
        assert_eq!(time(52_200_000_000_000 + 1_000_000_000), "1970-01-01 14:30:01");
    }
}
