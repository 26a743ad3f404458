//! Times, shares and amounts of memory as they are typed: `500ms`, `10s`, `0.5%`, `100MB`.

use std::time::Duration;

/// `500ms`, `10s`, `2min`, `1h`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    backcast_lab::bench::duration(text)
        .ok_or_else(|| "a time is a number above zero and a unit: 500ms, 10s, 2min, 1h; without a unit it is seconds".to_owned())
}

/// `0.5%`, `0.5 %` or `0.005`, from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (number, scale) = match text.strip_suffix('%') {
        Some(number) => (number, 0.01),
        None => (text, 1.0),
    };
    let share = number.trim().parse::<f64>().ok().map(|n| n * scale);
    share.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| {
        "a share is 0 to 100 with a per cent sign, or 0 to 1: 0.5%, 0.005".to_owned()
    })
}

/// `500kB`, `100MB`, `2GB`, powers of a thousand; a bare number is bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let units = [("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1.0)];
    let found = units.iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, *scale)));
    let (number, scale) = found.unwrap_or((text, 1.0));
    let bytes = number.trim().parse::<f64>().ok().map(|n| n * scale);
    let bytes = bytes.filter(|bytes| (0.0..1e18).contains(bytes));
    bytes.map(|bytes| bytes as u64).ok_or_else(|| "an amount of memory: 100MB, 2GB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_are_read_as_typed() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2 min"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert!(duration("0s").is_err() && duration("-1s").is_err() && duration("soon").is_err());
        assert_eq!(share("0.5%"), Ok(0.005));
        assert_eq!(share("0.25"), Ok(0.25));
        assert_eq!((bytes("100MB"), bytes("12")), (Ok(100_000_000), Ok(12)));
        assert!(bytes("-1MB").is_err() && bytes("much").is_err());
        assert!(share("101%").is_err() && share("2").is_err() && share("nan").is_err());
    }
}
