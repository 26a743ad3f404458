//! Against values of SciPy 1.17 (quantiles, distribution functions, rank tests) and worked by hand.

use backcast_lab::stats::{
    Label, Looks, StatsError, Summary, benjamini_hochberg,
    distributions::{
        binomial_cdf, chi_square_above, normal_cdf, normal_quantile, student_cdf, student_quantile,
        student_two_sided,
    },
    mann_whitney, median_interval, outliers, percentile, positive_interval, student_interval,
    wilcoxon_signed_rank,
};

const TEN: [f64; 10] = [12.1, 11.8, 12.5, 12.0, 11.9, 13.4, 12.2, 12.05, 11.95, 12.3];

#[track_caller]
fn close(found: f64, wanted: f64, relative: f64) {
    assert!(
        (found - wanted).abs() <= relative * wanted.abs().max(1e-12),
        "{found} is not {wanted}"
    );
}

#[test]
fn quantiles_of_student_and_normal_are_the_published_ones() {
    for (p, df, wanted) in [
        (0.975, 1.0, 12.706204736174694),
        (0.975, 4.0, 2.7764451051977934),
        (0.975, 9.0, 2.262157162798205),
        (0.995, 3.0, 5.840909309733355),
        (0.995, 30.0, 2.7499956535672254),
        (0.9995, 7.0, 5.407882520861828),
        (0.6, 2.5, 0.2814595127485477),
        (0.975, 1000.0, 1.9623390808264083),
        (0.995, 1e6, 2.5758342201053344),
    ] {
        close(student_quantile(p, df), wanted, 1e-8);
        close(student_quantile(1.0 - p, df), -wanted, 1e-8);
        close(student_cdf(wanted, df), p, 1e-10);
    }
    for (p, wanted) in [
        (0.975, 1.959963984540054),
        (0.9, 1.2815515655446004),
        (1e-6, -4.753424308822899),
        (0.0005, -3.2905267314918945),
        (1e-12, -7.034483825301131),
    ] {
        close(normal_quantile(p), wanted, 1e-12);
        close(normal_cdf(wanted), p, 1e-12);
    }
    assert!(normal_quantile(0.5).abs() < 1e-15);
}

#[test]
fn tail_probabilities_keep_their_digits() {
    for (t, df, wanted) in [
        (2.0, 5.0, 0.10193947882985835),
        (0.1, 3.0, 0.9266523488008059),
        (10.0, 2.0, 0.00985245702332569),
        (40.0, 12.0, 3.851229580772032e-14),
        (0.001, 8.0, 0.9992266021030893),
        (3.5, 60.0, 0.0008839113653329249),
    ] {
        close(student_two_sided(t, df), wanted, 1e-9);
        close(student_two_sided(-t, df), wanted, 1e-9);
    }
    for (x, df, wanted) in [
        (3.84, 1.0, 0.05004352124870519),
        (10.0, 4.0, 0.04042768199451279),
        (0.5, 3.0, 0.9188914116546758),
        (40.0, 20.0, 0.0049954123083075785),
    ] {
        close(chi_square_above(x, df), wanted, 1e-9);
    }
    for (k, n, p, wanted) in [
        (0, 6, 0.5, 0.015625),
        (2, 10, 0.5, 0.0546875),
        (3, 20, 0.1, 0.8670466765656649),
        (49, 100, 0.5, 0.46020538130641103),
        (100, 1000, 0.12, 0.02664053316189475),
        (5, 5, 0.5, 1.0),
    ] {
        close(binomial_cdf(k, n, p), wanted, 1e-9);
    }
}

#[test]
fn a_summary_has_the_reference_values() {
    let summary = Summary::of(&TEN).unwrap();
    assert_eq!((summary.n, summary.min, summary.max), (10, 11.8, 13.4));
    close(summary.mean, 12.22, 1e-14);
    close(summary.median, 12.075, 1e-14);
    close(summary.deviation.unwrap(), 0.4620004810002306, 1e-13);
    close(summary.geometric_mean.unwrap(), 12.212456479597495, 1e-13);
    close(summary.mad, 0.15, 1e-12);
    close(summary.p25, 11.9625, 1e-14);
    close(summary.p75, 12.275, 1e-14);
    close(percentile(&TEN, 0.9).unwrap(), 12.59, 1e-13);
}

#[test]
fn p95_and_p99_of_ten_values_are_not_the_largest() {
    let summary = Summary::of(&TEN).unwrap();
    close(summary.p95, 12.995, 1e-13);
    close(summary.p99, 13.319, 1e-13);
    assert!(summary.p95 < summary.p99 && summary.p99 < summary.max);
    assert_eq!(percentile(&TEN, 1.0).unwrap(), 13.4);
    assert_eq!(percentile(&TEN, 0.0).unwrap(), 11.8);
}

#[test]
fn a_single_value_has_a_summary_without_a_deviation() {
    let summary = Summary::of(&[3.0]).unwrap();
    assert_eq!(
        (summary.median, summary.p99, summary.mad, summary.deviation),
        (3.0, 3.0, 0.0, None)
    );
}

#[test]
fn a_geometric_mean_takes_positive_values_only() {
    close(Summary::of(&[1.0, 2.0, 4.0]).unwrap().geometric_mean.unwrap(), 2.0, 1e-15);
    assert_eq!(Summary::of(&[0.0, 2.0]).unwrap().geometric_mean, None);
    assert_eq!(Summary::of(&[-1.0, 2.0]).unwrap().geometric_mean, None);
}

#[test]
fn outliers_bear_side_and_degree_and_both_estimates_are_kept() {
    // Quartiles 3 and 7: inner fences at -3 and 13, outer ones at -9 and 19.
    let values = [5.0, 4.0, 6.0, 3.0, 7.0, 5.0, 14.0, -10.0, 5.0];
    let found = outliers(&values).unwrap();
    assert_eq!(percentile(&values, 0.25).unwrap(), 4.0);
    assert_eq!(found.labels[6], Label::HighSevere);
    assert_eq!(found.labels[7], Label::LowSevere);
    assert_eq!((found.count(), found.count_of(Label::HighMild)), (2, 0));
    assert_eq!((found.with.n, found.without.n), (9, 7));
    assert_eq!(found.without.mean, 5.0);
    assert!(found.with.deviation > found.without.deviation);
    // Quartiles 4 and 6: 9.5 is beyond 9 and not beyond 12.
    let mild = outliers(&[5.0, 4.0, 6.0, 3.0, 7.0, 5.0, 9.5, 0.5, 5.0]).unwrap();
    assert_eq!([mild.labels[6], mild.labels[7]], [Label::HighMild, Label::LowMild]);
}

#[test]
fn equal_values_have_no_outliers() {
    assert_eq!(outliers(&[2.0; 8]).unwrap().count(), 0);
}

#[test]
fn student_gives_the_reference_interval_at_two_levels() {
    let at95 = student_interval(&TEN, 0.95).unwrap();
    close(at95.low, 11.889504765354715, 1e-12);
    close(at95.high, 12.550495234645282, 1e-12);
    let at99 = student_interval(&TEN, 0.99).unwrap();
    assert!(at99.low < at95.low && at95.high < at99.high);
    // The same half of the width on the logarithm: 0.330495... / 12.22.
    let positive = positive_interval(&TEN, 0.95).unwrap();
    close(positive.low, 12.22 * libm::exp(-0.330_495_234_645_282 / 12.22), 1e-12);
    close(positive.high * positive.low, 12.22 * 12.22, 1e-12);
    let two = positive_interval(&[0.5, 2.5], 0.95).unwrap();
    assert!(student_interval(&[0.5, 2.5], 0.95).unwrap().low < 0.0 && two.low > 0.0);
    let refused = positive_interval(&[1.0, 0.0], 0.95);
    assert!(matches!(refused, Err(StatsError::NotPositive { index: 1, .. })));
}

#[test]
fn a_median_lies_between_the_order_statistics_of_the_tables() {
    // Tables give ranks 2 and 9 for n = 10 and 6 and 15 for n = 20 at 95 %.
    let ten = median_interval(&TEN, 0.95).unwrap().unwrap();
    assert_eq!((ten.low, ten.high), (11.9, 12.5));
    let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
    let twenty = median_interval(&twenty, 0.95).unwrap().unwrap();
    assert_eq!((twenty.low, twenty.estimate, twenty.high), (6.0, 10.5, 15.0));
    assert_eq!(median_interval(&TEN[..5], 0.95).unwrap(), None);
    let six = median_interval(&TEN[..6], 0.95).unwrap().unwrap();
    assert_eq!((six.low, six.high), (11.8, 13.4));
    assert_eq!(median_interval(&TEN[..7], 0.99).unwrap(), None);
}

#[test]
fn signed_ranks_are_counted_exactly_with_and_without_ties() {
    let plain =
        wilcoxon_signed_rank(&[0.012, -0.004, 0.021, 0.015, -0.009, 0.018, 0.002, 0.011]).unwrap();
    assert_eq!((plain.statistic, plain.p, plain.exact), (31.0, 0.078125, true));
    let ties = [1.5, -0.5, 2.5, 0.5, -1.5, 3.5, 2.5, 0.5, 0.0, 4.5];
    let ties = wilcoxon_signed_rank(&ties).unwrap();
    assert_eq!((ties.statistic, ties.p), (38.5, 0.0703125));
    let zeros = wilcoxon_signed_rank(&[0.0; 4]).unwrap();
    assert_eq!((zeros.statistic, zeros.p), (0.0, 1.0));
}

#[test]
fn many_signed_ranks_are_approximated_with_both_corrections() {
    let value = |i: u32| f64::from((i * 37) % 101) / 10.0 - 3.5 + f64::from(i % 7) * 0.1;
    let many: Vec<f64> = (0..60).map(value).collect();
    let found = wilcoxon_signed_rank(&many).unwrap();
    assert!(!found.exact);
    close(found.p, 8.319552202310555e-05, 1e-9);
    assert!(wilcoxon_signed_rank(&many[..50]).unwrap().exact);
}

#[test]
fn rank_sums_are_counted_exactly_with_and_without_ties() {
    let plain = mann_whitney(&[1.1, 2.2, 3.3, 4.4, 5.5], &[2.0, 3.0, 6.0, 7.0, 8.0, 9.0]).unwrap();
    assert_eq!((plain.statistic, plain.exact), (7.0, true));
    close(plain.p, 0.17748917748917747, 1e-12);
    let ties = mann_whitney(&[1.0, 2.0, 2.0, 3.0, 5.0], &[2.0, 3.0, 3.0, 4.0, 6.0, 7.0]).unwrap();
    assert_eq!(ties.statistic, 7.0);
    close(ties.p, 0.170995670995671, 1e-12);
    let a: Vec<f64> = (0..40).map(|i| f64::from((i * 37) % 101) / 10.0).collect();
    let b: Vec<f64> = (0..30).map(|i| f64::from((i * 53) % 97) / 10.0 + 1.0).collect();
    let large = mann_whitney(&a, &b).unwrap();
    assert_eq!((large.statistic, large.exact), (549.5, false));
    close(large.p, 0.5528675171290215, 1e-9);
    assert_eq!(mann_whitney(&[1.0; 40], &[1.0; 40]).unwrap().p, 1.0);
}

#[test]
fn a_suite_is_adjusted_as_benjamini_and_hochberg_do() {
    let adjusted = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.5, 0.002]).unwrap();
    for (found, wanted) in adjusted.iter().zip([0.025, 0.05, 0.05, 0.5, 0.01]) {
        close(*found, wanted, 1e-14);
    }
    assert!(benjamini_hochberg(&[]).unwrap().is_empty());
}

#[test]
fn looks_spend_the_whole_rate_and_most_of_it_at_the_end() {
    let looks = Looks::new(&[10, 20, 40], 0.95).unwrap();
    let rates: Vec<f64> = (0..3).map(|look| 1.0 - looks.level_at(look).unwrap()).collect();
    close(rates.iter().sum::<f64>(), 0.05, 1e-12);
    assert!(rates[0] < rates[1] && rates[1] < rates[2], "{rates:?}");
    // 2 (1 - Phi(1.95996 / sqrt(1/4))) for the first look.
    close(rates[0], 8.857e-5, 1e-3);
    assert_eq!(looks.level_at(3), None);
    assert_eq!(
        Looks::new(&[30], 0.99).unwrap().level_at(0).map(|l| (l * 1e9).round()),
        Some(0.99e9)
    );
}
