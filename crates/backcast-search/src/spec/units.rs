//! Amounts with their unit: `"0.1%"`, `"2bp"`, `"0.005 per share"`, `"100% of equity"`.

use backcast_types::Size;

/// Commission or slippage: a fraction of the traded value, cash per share, cash per fill.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Charge {
    pub(crate) rate: f64,
    pub(crate) per_share: f64,
    pub(crate) per_trade: f64,
}

/// Reads `0.1%`, `2bp`, `0.005 per share`, `1 per trade`, or several with `+`. The error says what is wrong.
pub(crate) fn charge(text: &str) -> Result<Charge, String> {
    let mut sum = Charge::default();
    for term in text.split('+') {
        let (number, unit) =
            split(term).ok_or_else(|| format!("`{}` is no amount", term.trim()))?;
        let words: Vec<_> = unit.split_whitespace().collect();
        match words.as_slice() {
            ["%"] => sum.rate += number / 100.0,
            ["bp" | "bps"] => sum.rate += number / 10_000.0,
            ["per", "share"] => sum.per_share += number,
            ["per", "trade" | "fill" | "order"] => sum.per_trade += number,
            [] if number == 0.0 => {}
            [] => return Err(format!("`{}` has no unit", term.trim())),
            _ => return Err(format!("`{unit}` is no unit")),
        }
    }
    Ok(sum)
}

/// A fraction: `0.1%`, `2bp`.
pub(crate) fn fraction(text: &str) -> Result<f64, String> {
    match charge(text)? {
        Charge { rate, per_share, per_trade } if per_share == 0.0 && per_trade == 0.0 => Ok(rate),
        _ => Err(format!("`{text}` is no fraction of the value")),
    }
}

/// Reads `100% of equity`, `10 shares`, `5000 cash`, `all cash`.
pub(crate) fn size(text: &str) -> Result<Size, String> {
    let text = text.trim();
    if text == "all cash" || text == "all in" {
        return Ok(Size::AllIn);
    }
    let (number, unit) = split(text).ok_or_else(|| format!("`{text}` is no size"))?;
    let words: Vec<_> = unit.split_whitespace().collect();
    if number <= 0.0 {
        return Err(format!("`{text}` buys nothing"));
    }
    match words.as_slice() {
        ["%", "of", "equity"] if number > 100.0 => {
            Err(format!("{number}% of equity is more than there is; there is no borrowing"))
        }
        ["%", "of", "equity"] => Ok(Size::EquityFraction(number / 100.0)),
        ["%", "of", "cash"] if number == 100.0 => Ok(Size::AllIn),
        ["share" | "shares"] => Ok(Size::Shares(number)),
        ["cash" | "value"] => Ok(Size::Value(number)),
        [] => Err(format!("`{text}` has no unit")),
        _ => Err(format!("`{unit}` is no unit of size")),
    }
}

/// A number, not negative, and what follows it.
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_' || c == '-'))
        .unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    (number >= 0.0).then(|| (number, text[end..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_their_unit() {
        assert_eq!(charge("0.1%").unwrap().rate, 0.001);
        assert_eq!(charge(" 2 bp ").unwrap().rate, 0.0002);
        let both = charge("0.005 per share + 1 per trade").unwrap();
        assert_eq!(both, Charge { rate: 0.0, per_share: 0.005, per_trade: 1.0 });
        for wrong in ["0.001", "-1%", "x", "1 percent", "", "1%%"] {
            assert!(charge(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!(size("100% of equity").unwrap(), Size::EquityFraction(1.0));
        assert_eq!(size("10 shares").unwrap(), Size::Shares(10.0));
        assert_eq!(size("5_000 cash").unwrap(), Size::Value(5000.0));
        assert_eq!(size("all cash").unwrap(), Size::AllIn);
        for wrong in ["10", "0 shares", "200% of equity", "-1 shares", "5 apples", "half"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
