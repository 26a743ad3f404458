//! Least squares with coefficients that are not negative, on systems of a few columns.
//!
//! Source: C. Lawson and R. Hanson, "Solving Least Squares Problems", 1974, chapter 23, on the normal equations of columns scaled to
//! length one.

use super::StatsError;

/// Most columns.
const COLUMNS: usize = 16;

/// A system `rows x = values` in the form that all solutions start from: products of its scaled columns.
#[derive(Clone, Debug)]
pub(super) struct Normal {
    lengths: Vec<f64>,
    products: Vec<Vec<f64>>,
    right: Vec<f64>,
    squares: f64,
}

impl Normal {
    pub(super) fn of(rows: &[Vec<f64>], values: &[f64]) -> Normal {
        let columns = rows.first().map_or(0, Vec::len);
        let column = |j: usize| rows.iter().map(move |row| row[j]);
        let dot = |i: usize, j: usize| column(i).zip(column(j)).map(|(a, b)| a * b).sum::<f64>();
        let lengths: Vec<f64> = (0..columns)
            .map(|j| libm::sqrt(dot(j, j)))
            .map(|length| if length > 0.0 { length } else { 1.0 })
            .collect();
        let products = (0..columns)
            .map(|i| (0..columns).map(|j| dot(i, j) / (lengths[i] * lengths[j])).collect())
            .collect();
        let right = (0..columns)
            .map(|j| column(j).zip(values).map(|(a, b)| a * b).sum::<f64>() / lengths[j])
            .collect();
        Normal { lengths, products, right, squares: values.iter().map(|v| v * v).sum() }
    }

    /// The system of some of the columns.
    pub(super) fn of_columns(&self, columns: &[usize]) -> Normal {
        let chosen = |all: &[f64]| columns.iter().map(|&j| all[j]).collect();
        Normal {
            lengths: chosen(&self.lengths),
            products: columns.iter().map(|&i| chosen(&self.products[i])).collect(),
            right: chosen(&self.right),
            squares: self.squares,
        }
    }

    /// The solution without negative coefficients, and its sum of squared residuals. `None` where columns cannot be told apart.
    pub(super) fn nonnegative(&self) -> Option<(Vec<f64>, f64)> {
        let n = self.right.len();
        let mut x = vec![0.0; n];
        let mut free: Vec<usize> = Vec::new();
        let tolerance = 1e-10 * libm::sqrt(self.squares);
        // Each column enters at most a few times; the bound only guards against rounding that goes in circles.
        for _ in 0..4 * n {
            let slope =
                |j: usize| self.right[j] - (0..n).map(|i| self.products[j][i] * x[i]).sum::<f64>();
            let steepest = (0..n)
                .filter(|j| !free.contains(j))
                .map(|j| (j, slope(j)))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            match steepest {
                Some((j, slope)) if slope > tolerance => free.push(j),
                _ => break,
            }
            loop {
                let solved = self.solve(&free)?;
                if solved.iter().all(|s| *s > 0.0) {
                    free.iter().zip(&solved).for_each(|(&j, s)| x[j] = *s);
                    break;
                }
                let step = free
                    .iter()
                    .zip(&solved)
                    .filter(|(_, s)| **s <= 0.0)
                    .map(|(&j, s)| x[j] / (x[j] - s))
                    .fold(1.0, f64::min);
                free.iter().zip(&solved).for_each(|(&j, s)| x[j] += step * (s - x[j]));
                free.retain(|&j| x[j] > 1e-300);
                (0..n).filter(|j| !free.contains(j)).for_each(|j| x[j] = 0.0);
            }
        }
        let residual = self.residual(&x);
        Some((x.iter().zip(&self.lengths).map(|(x, length)| x / length).collect(), residual))
    }

    /// Inverse of the matrix of products, in the unscaled unknowns: the covariance of the unbounded solution for residuals of
    /// variance one. `None` where columns cannot be told apart.
    pub(super) fn covariance(&self) -> Option<Vec<Vec<f64>>> {
        let n = self.right.len();
        let all: Vec<usize> = (0..n).collect();
        let mut inverse = vec![vec![0.0; n]; n];
        for j in 0..n {
            let mut unit = vec![0.0; n];
            unit[j] = 1.0;
            let column = self.solve_for(&all, &unit)?;
            for i in 0..n {
                inverse[i][j] = column[i] / (self.lengths[i] * self.lengths[j]);
            }
        }
        Some(inverse)
    }

    fn residual(&self, x: &[f64]) -> f64 {
        let linear: f64 = x.iter().zip(&self.right).map(|(x, c)| x * c).sum();
        let quadratic: f64 = (0..x.len())
            .map(|i| x[i] * (0..x.len()).map(|j| self.products[i][j] * x[j]).sum::<f64>())
            .sum();
        (self.squares - 2.0 * linear + quadratic).max(0.0)
    }

    fn solve(&self, columns: &[usize]) -> Option<Vec<f64>> {
        let right: Vec<f64> = columns.iter().map(|&j| self.right[j]).collect();
        self.solve_for(columns, &right)
    }

    /// Cholesky on some of the columns.
    fn solve_for(&self, columns: &[usize], right: &[f64]) -> Option<Vec<f64>> {
        let n = columns.len();
        let mut lower = [[0.0f64; COLUMNS]; COLUMNS];
        for i in 0..n {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
                let rest = self.products[columns[i]][columns[j]] - known;
                if i == j {
                    if rest < 1e-12 {
                        return None;
                    }
                    lower[i][i] = libm::sqrt(rest);
                } else {
                    lower[i][j] = rest / lower[j][j];
                }
            }
        }
        let mut x = right.to_vec();
        for i in 0..n {
            let known: f64 = (0..i).map(|k| lower[i][k] * x[k]).sum();
            x[i] = (x[i] - known) / lower[i][i];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| lower[k][i] * x[k]).sum();
            x[i] = (x[i] - known) / lower[i][i];
        }
        Some(x)
    }
}

/// Coefficients of zero or more that minimise the squared distance of `rows x` from `values`.
///
/// # Errors
/// [`StatsError::Lengths`] where rows and values or the rows themselves differ in length, [`StatsError::TooFew`] without rows or columns,
/// [`StatsError::Parameter`] above 16 columns, [`StatsError::Indistinct`] for columns that depend on each other.
///
/// # Examples
/// ```
/// # use backcast_lab::stats::nonnegative_least_squares;
/// let rows = [vec![1.0, 1.0], vec![1.0, 2.0], vec![1.0, 3.0]];
/// let x = nonnegative_least_squares(&rows, &[3.0, 5.0, 7.0]).unwrap();
/// assert!((x[0] - 1.0).abs() < 1e-9 && (x[1] - 2.0).abs() < 1e-9);
/// // The line through these has an intercept of -1.
/// let x = nonnegative_least_squares(&rows, &[1.0, 3.0, 5.0]).unwrap();
/// assert_eq!(x[0], 0.0);
/// ```
pub fn nonnegative_least_squares(
    rows: &[Vec<f64>],
    values: &[f64],
) -> Result<Vec<f64>, StatsError> {
    const WHAT: &str = "least squares";
    let columns = rows.first().map_or(0, Vec::len);
    if columns == 0 {
        return Err(StatsError::TooFew { what: WHAT, needed: 1, found: 0 });
    }
    if columns > COLUMNS {
        let allowed = "at most 16";
        let value = columns as f64;
        return Err(StatsError::Parameter { name: "the number of columns", value, allowed });
    }
    if rows.len() != values.len() {
        return Err(StatsError::Lengths { what: WHAT, left: rows.len(), right: values.len() });
    }
    if let Some(row) = rows.iter().find(|row| row.len() != columns) {
        return Err(StatsError::Lengths { what: WHAT, left: columns, right: row.len() });
    }
    super::error::finite(values, 1, WHAT)?;
    rows.iter().try_for_each(|row| super::error::finite(row, 1, WHAT))?;
    let solution = Normal::of(rows, values).nonnegative();
    solution.map(|(x, _)| x).ok_or(StatsError::Indistinct { found: rows.len(), terms: columns })
}
