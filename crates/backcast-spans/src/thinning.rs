//! A series that grew too long lets go of every second value, the first one stays.

pub(crate) fn keep_every_second<T>(series: &mut Vec<T>) {
    let mut odd = false;
    series.retain(|_| {
        odd = !odd;
        odd
    });
}
