//! Fewer points for the same picture. Only points that exist are kept; nothing is averaged.

/// Which of `values` to draw: at most `limit` indices, ascending, the first and last among them, and the lowest and
/// highest defined value of each stretch of equal length. All of them when they already fit.
///
/// `limit` is at least 4.
pub(crate) fn min_max(values: &[f64], limit: usize) -> Vec<usize> {
    if values.len() <= limit {
        return (0..values.len()).collect();
    }
    let last = values.len() - 1;
    let inner = 1..last;
    let stretches = ((limit.max(4) - 2) / 2).max(1);
    let mut kept = Vec::with_capacity(limit);
    kept.push(0);
    for stretch in 0..stretches {
        let start = inner.start + inner.len() * stretch / stretches;
        let end = inner.start + inner.len() * (stretch + 1) / stretches;
        let (low, high) = extremes(values, start, end);
        kept.push(low.min(high));
        if low != high {
            kept.push(low.max(high));
        }
    }
    kept.push(last);
    kept
}

/// Indices of the lowest and the highest value of `values[start..end]`, the first of each; undefined ones never win.
fn extremes(values: &[f64], start: usize, end: usize) -> (usize, usize) {
    let (mut low, mut high) = (start, start);
    for i in start..end {
        if values[i] < values[low] || values[low].is_nan() {
            low = i;
        }
        if values[i] > values[high] || values[high].is_nan() {
            high = i;
        }
    }
    (low, high)
}

/// Bounds of consecutive groups that cover `0..len` with at most `limit` groups of nearly equal length.
pub(crate) fn groups(len: usize, limit: usize) -> Vec<std::ops::Range<usize>> {
    let count = len.min(limit.max(1));
    (0..count).map(|i| len * i / count..len * (i + 1) / count).collect()
}

/// Every k-th of `0..len`, k the smallest that leaves at most `limit` of them.
pub(crate) fn every_kth(len: usize, limit: usize) -> Vec<usize> {
    (0..len).step_by(len.div_ceil(limit.max(1)).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_crash_survives_thinning() {
        let mut values: Vec<f64> = (0..100_000).map(|i| 100.0 + (i as f64 * 0.01).sin()).collect();
        values[31_415] = 1.0;
        values[92_653] = 900.0;
        let kept = min_max(&values, 2000);
        assert!(kept.len() <= 2000, "{}", kept.len());
        assert!(kept.contains(&31_415) && kept.contains(&92_653));
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 99_999));
        assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn undefined_values_do_not_hide_extremes() {
        let mut values = vec![f64::NAN; 1000];
        values[500] = 7.0;
        assert!(min_max(&values, 50).contains(&500));
    }

    #[test]
    fn short_series_are_kept_whole() {
        assert_eq!(min_max(&[1.0, 2.0, 3.0], 10), [0, 1, 2]);
        assert!(min_max(&[], 10).is_empty());
    }

    #[test]
    fn groups_cover_everything_once() {
        let groups = groups(10, 3);
        assert_eq!(groups, [0..3, 3..6, 6..10]);
        assert_eq!(super::groups(2, 3), [0..1, 1..2]);
        assert!(super::groups(0, 3).is_empty());
        assert_eq!(every_kth(10, 4), [0, 3, 6, 9]);
    }
}
