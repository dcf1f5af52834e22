//! What models of factors share: rows of numbers, how they start, and how one is found for ratings.

use patronage_core::{CustomerIdx, ItemIdx, ScoredItem, rank};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal, Uniform};

use crate::error::{Error, ErrorKind};

/// In which order an epoch of stochastic gradient descent goes through the ratings.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum SgdOrder {
    /// Drawn anew for each epoch.
    #[default]
    Shuffled,
    /// Customer by customer, items ascending; draws nothing.
    ByCustomer,
}

/// The stream of the draws that start factors; epochs draw from those before it.
const STARTS: u64 = 1 << 63;

/// The generator of an epoch.
pub(super) fn epoch_rng(seed: u64, epoch: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch as u64);
    rng
}

/// Puts an epoch's work in order.
pub(super) fn arrange(order: SgdOrder, work: &mut [u32], rng: &mut ChaCha8Rng) {
    if order == SgdOrder::Shuffled {
        work.shuffle(rng);
    }
}

/// A matrix of factors, row after row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Factors {
    pub(super) width: usize,
    pub(super) values: Vec<f64>,
}

/// What is drawn for the first factors.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Normal { mean: f64, deviation: f64 },
    Uniform { low: f64, high: f64 },
}

impl Factors {
    /// Factors drawn from the `nth` stream of starts.
    pub(super) fn drawn(rows: usize, width: usize, start: Start, seed: u64, nth: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STARTS + nth);
        let n = rows * width;
        let values = match start {
            Start::Normal { mean, deviation } => match Normal::new(mean, deviation) {
                Ok(normal) => normal.sample_iter(&mut rng).take(n).collect(),
                // Checked before: a deviation is finite and at least 0.
                Err(_) => vec![mean; n],
            },
            Start::Uniform { low, high } => match Uniform::new_inclusive(low, high) {
                Ok(uniform) => uniform.sample_iter(&mut rng).take(n).collect(),
                Err(_) => vec![low; n],
            },
        };
        Self { width, values }
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.width..(row + 1) * self.width]
    }

    /// Sets rows to 0 that nothing was learnt of.
    pub(super) fn clear(&mut self, unknown: impl Fn(usize) -> bool) {
        let rows = self.values.len().checked_div(self.width).unwrap_or(0);
        (0..rows).filter(|&row| unknown(row)).for_each(|row| self.row_mut(row).fill(0.0));
    }

    /// The `k` rows of the greatest cosine with a row, best first, ties by ascending row; rows of zeros
    /// are similar to none.
    pub(super) fn similar(&self, row: usize, k: usize) -> Vec<ScoredItem> {
        self.nearest(self.row(row), Some(row), k)
    }

    /// The `k` customers whose rows are of the greatest cosine with `taste`, as above, without `except`.
    pub(super) fn similar_customers(
        &self,
        taste: &[f64],
        except: Option<CustomerIdx>,
        k: usize,
    ) -> Vec<(CustomerIdx, f64)> {
        let found = self.nearest(taste, except.map(CustomerIdx::index), k).into_iter();
        found.map(|row| (CustomerIdx::new(row.item.get()), f64::from(row.score))).collect()
    }

    fn nearest(&self, x: &[f64], but: Option<usize>, k: usize) -> Vec<ScoredItem> {
        let rows = self.values.len().checked_div(self.width).unwrap_or(0);
        let length = |row: &[f64]| dot(row, row).sqrt();
        let own = length(x);
        let mut similar: Vec<ScoredItem> = (0..rows)
            .map(|other| (other, self.row(other), length(self.row(other))))
            .filter(|&(other, _, length)| Some(other) != but && own > 0.0 && length > 0.0)
            .map(|(other, row, length)| ScoredItem {
                item: ItemIdx::from_usize(other),
                score: (dot(x, row) / own / length) as f32,
            })
            .collect();
        similar.sort_unstable_by(rank);
        similar.truncate(k);
        similar
    }

    #[cfg(feature = "serde")]
    pub(super) fn check(&self, rows: usize, width: usize) -> Result<(), Error> {
        let shape = self.width == width && rows.checked_mul(width) == Some(self.values.len());
        let holds = shape && self.values.iter().all(|value| value.abs() <= 1e9);
        crate::error::require_saved(holds, "as many factors as rows times their number, below 1e9")
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Eight sums at a time, so that the processor may add them side by side.
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a8.iter().zip(b8) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Refuses an epoch whose error ran away.
pub(super) fn check_error(epoch: usize, squared: f64) -> Result<(), Error> {
    // The greatest rating is 1e6: far beyond its square, learning only grows.
    if squared.is_finite() && squared <= 1e24 {
        return Ok(());
    }
    Err(ErrorKind::Diverged { epoch }.into())
}

/// The weights `w` that minimise `Σ (y − x·w)² + ridge |w|²`, for as many rows `x` as `y`.
///
/// Solved by Cholesky in the smaller of both dimensions; O(min(n, d)² max(n, d)).
pub(super) fn ridge(x: &[Vec<f64>], y: &[f64], ridge: f64) -> Vec<f64> {
    let width = x.first().map_or(0, Vec::len);
    let diagonal: f64 = x.iter().flatten().map(|v| v * v).sum();
    // Without a penalty the least there can be, so that the system has one solution.
    let ridge = ridge.max(1e-10 * diagonal).max(f64::MIN_POSITIVE);
    if x.len() < width {
        let mut gram: Vec<Vec<f64>> =
            (0..x.len()).map(|i| (0..=i).map(|j| dot(&x[i], &x[j])).collect()).collect();
        gram.iter_mut().enumerate().for_each(|(i, row)| row[i] += ridge);
        let dual = solve(gram, y.to_vec());
        return (0..width).map(|f| x.iter().zip(&dual).map(|(x, a)| x[f] * a).sum()).collect();
    }
    let column = |i: usize, j: usize| x.iter().map(|x| x[i] * x[j]).sum::<f64>();
    let mut gram: Vec<Vec<f64>> =
        (0..width).map(|i| (0..=i).map(|j| column(i, j)).collect()).collect();
    gram.iter_mut().enumerate().for_each(|(i, row)| row[i] += ridge);
    let right = (0..width).map(|i| x.iter().zip(y).map(|(x, y)| x[i] * y).sum()).collect();
    solve(gram, right)
}

/// Solves `A z = b` of a positive definite matrix given as its lower triangle.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i);
        let row = &mut rest[0];
        for (j, other) in done.iter().enumerate() {
            let sum = dot(&row[..j], &other[..j]);
            row[j] = (row[j] - sum) / other[j];
        }
        let square = row[i] - dot(&row[..i], &row[..i]);
        row[i] = square.max(f64::MIN_POSITIVE).sqrt();
        b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
    }
    for i in (0..n).rev() {
        b[i] /= a[i][i];
        let solved = b[i];
        for (j, value) in b[..i].iter_mut().enumerate() {
            *value -= a[i][j] * solved;
        }
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_a_ridge_agree_with_the_normal_equations() {
        // numpy 2.4.6: np.linalg.solve(X.T @ X + 0.5 * np.eye(2), X.T @ y)
        let x = [vec![1.0, 2.0], vec![3.0, -1.0], vec![0.5, 0.0]];
        let tall = ridge(&x, &[1.0, 2.0, 3.0], 0.5);
        let expected = [0.804_301_075_268_817_2, 0.146_236_559_139_784_95];
        for (found, expected) in tall.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{tall:?}");
        }
        // One row: w = x y / (|x|² + ridge).
        let wide = ridge(&x[..1], &[2.0], 0.5);
        assert!((wide[0] - 2.0 / 5.5).abs() < 1e-15 && (wide[1] - 4.0 / 5.5).abs() < 1e-15);
    }

    #[test]
    fn without_a_penalty_the_solution_of_what_cannot_be_told_apart_is_finite() {
        let same = [vec![1.0, 1.0], vec![1.0, 1.0], vec![1.0, 1.0]];
        let weights = ridge(&same, &[2.0, 2.0, 2.0], 0.0);
        assert!((weights[0] + weights[1] - 2.0).abs() < 1e-6, "{weights:?}");
        assert!(ridge(&[vec![0.0, 0.0]], &[1.0], 0.0).iter().all(|w| w.is_finite()));
    }
}
