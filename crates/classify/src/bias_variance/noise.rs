//! Noise, where rows repeat.

use patronage_core::{ClassIdx, Label, Labeled};

use super::Loss;
use super::interval::t_reach;
use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;

/// The fewest groups of equal rows that tell how groups differ.
const LEAST_GROUPS: usize = 2;

/// What is lost whatever model is taken, told from customers who are alike in every column and yet
/// ended differently.
///
/// Distinct rows of a table whose cells are all equal are one group (a missing cell equals a
/// missing cell; one row of the table taken twice is still one). In a group of `n` rows
///
/// ```text
/// numbers   s² = sum (y - mean)² / (n - 1)                estimates the variance without bias
/// classes   g  = n / (n - 1) · (1 - sum_k share_k²)       estimates 1 - sum_k p_k² without bias
/// ```
///
/// and the noise is the mean over groups, each as heavy as its rows: without bias for the rows that
/// repeat, whatever the noise depends on. For the Brier score it is `g`, or `g / 2` with two
/// classes, where [`brier_terms`](super::brier_terms) looks at one. For 0-1 and log loss no few
/// repeats identify the noise; it is bounded by what `g` allows (Cover and Hart; entropy against
/// collision), `value` is the middle of the bounds, and the interval holds them.
///
/// The 95 % interval comes from how groups differ, on the scale of logarithms, with Student's
/// quantile. It holds for rows like those that repeat; [`n_rows`](Self::n_rows) says how many they
/// are. O(n log n · columns).
///
/// # References
///
/// Cover and Hart, 1967, *Nearest neighbor pattern classification*. Draper and Smith, 1998,
/// *Applied Regression Analysis* (pure error).
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::Noise;
/// use patronage_core::{Column, FeatureTable, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [1.0], [2.0], [2.0], [3.0]])?;
/// let spend = [10.0, 14.0, 20.0, 26.0, 99.0];
/// let noise = Noise::of_numbers(&Labeled::new(&table, &spend)?)?;
/// assert_eq!((noise.value, noise.n_groups, noise.n_rows), (13.0, 2, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Noise {
    /// The loss it is a part of.
    pub loss: Loss,
    /// The noise.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// Groups of at least two equal rows.
    pub n_groups: usize,
    /// Rows in them.
    pub n_rows: usize,
    /// All rows looked at.
    pub n_rows_all: usize,
}

impl Noise {
    /// The noise of a number, for the squared error.
    ///
    /// Of weights only zeros matter: rows of weight 0 do not take part.
    ///
    /// # Errors
    ///
    /// When fewer than two groups of rows repeat.
    pub fn of_numbers(data: &Labeled<'_, f64>) -> Result<Self, Error> {
        let groups = Groups::of(data)?;
        let found = groups.mean(|rows| {
            let n = rows.len() as f64;
            // Against the first, so that numbers far from 0 keep their digits.
            let first = data.labels()[rows[0] as usize];
            let label = |&row: &u32| data.labels()[row as usize] - first;
            let mean = rows.iter().map(label).sum::<f64>() / n;
            rows.iter().map(|row| (label(row) - mean).powi(2)).sum::<f64>() / (n - 1.0)
        });
        Ok(groups.noise(Loss::Squared, found))
    }

    /// The noise of an outcome; [`Loss::Squared`] is read as [`Loss::Brier`].
    ///
    /// # Errors
    ///
    /// When fewer than two groups of rows repeat.
    pub fn of_classes(data: &Labeled<'_, ClassIdx>, loss: Loss) -> Result<Self, Error> {
        let groups = Groups::of(data)?;
        let n_classes = data.labels().iter().map(|label| label.index() + 1).max().unwrap_or(0);
        let n_classes = n_classes.max(2);
        let mut seen: Vec<ClassIdx> = Vec::new();
        let mixed = groups.mean(|rows| {
            let n = rows.len() as f64;
            seen.clear();
            seen.extend(rows.iter().map(|&row| data.labels()[row as usize]));
            seen.sort_unstable();
            let square = |same: &[ClassIdx]| (same.len() as f64 / n).powi(2);
            let squares: f64 = seen.chunk_by(|a, b| a == b).map(square).sum();
            (1.0 - squares) * n / (n - 1.0)
        });
        let half = if n_classes == 2 { 0.5 } else { 1.0 };
        let (of_loss, bounds): (Loss, Bounds) = match loss {
            Loss::Squared | Loss::Brier => {
                let scale = |x: f64| half * x;
                let Mean { value, low, high } = mixed;
                let most = half * (1.0 - 1.0 / n_classes as f64);
                let high = scale(high).min(most.max(scale(value)));
                let found = Mean { value: scale(value), low: scale(low), high };
                return Ok(groups.noise(Loss::Brier, found));
            }
            Loss::ZeroOne => (loss, least_error),
            Loss::LogLoss => (loss, entropy),
        };
        let [low, high] = bounds(mixed.value, n_classes);
        let value = 0.5 * (low + high);
        let ends = [bounds(mixed.low, n_classes)[0], bounds(mixed.high, n_classes)[1]];
        Ok(groups.noise(of_loss, Mean { value, low: ends[0], high: ends[1] }))
    }
}

/// What the error of the best guess can be where two draws differ with chance `g`.
fn least_error(g: f64, n_classes: usize) -> [f64; 2] {
    let most = 1.0 - 1.0 / n_classes as f64;
    let g = g.clamp(0.0, most);
    [most * (1.0 - (1.0 - g / most).max(0.0).sqrt()), g]
}

/// What the entropy can be, in nats.
fn entropy(g: f64, n_classes: usize) -> [f64; 2] {
    let most = 1.0 - 1.0 / n_classes as f64;
    let g = g.clamp(0.0, most);
    let two_ln = std::f64::consts::LN_2;
    if n_classes == 2 {
        // 4p(1-p) ln 2 <= H <= (4p(1-p))^(1 / ln 4) ln 2, and 4p(1-p) = 2g.
        return [2.0 * g * two_ln, (2.0 * g).powf(1.0 / 4_f64.ln()) * two_ln];
    }
    let part = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    // Collision below; above, Fano with an error of at most g.
    let fano = part(g) + part(1.0 - g) + g * ((n_classes - 1) as f64).ln();
    [-(1.0 - g).ln(), fano.min((n_classes as f64).ln())]
}

/// Least and greatest of a figure, of the chance that two draws differ and the number of classes.
type Bounds = fn(f64, usize) -> [f64; 2];

#[derive(Clone, Copy)]
struct Mean {
    value: f64,
    low: f64,
    high: f64,
}

/// The rows of a table that repeat.
struct Groups {
    groups: Vec<Vec<u32>>,
    n_rows: usize,
    n_rows_all: usize,
}

impl Groups {
    fn of<Y: Label>(data: &Labeled<'_, Y>) -> Result<Self, Error> {
        let takes_part = |&at: &usize| data.weight(at) > 0.0;
        let mut rows: Vec<u32> =
            (0..data.len()).filter(takes_part).map(|at| data.row_index(at) as u32).collect();
        rows.sort_unstable();
        rows.dedup();
        let n_rows_all = rows.len();
        let table = data.table();
        // One bit pattern for both zeros and for every missing cell.
        let bits = |cell: &f64| if cell.is_nan() { u64::MAX } else { (cell + 0.0).to_bits() };
        let compare = |&a: &u32, &b: &u32| {
            let [a, b] = [a, b].map(|row| table.row(row as usize));
            a.iter().map(bits).cmp(b.iter().map(bits))
        };
        // Stable: rows of a group stay in their order.
        rows.sort_by(compare);
        let groups: Vec<Vec<u32>> = rows
            .chunk_by(|a, b| compare(a, b).is_eq())
            .filter(|group| group.len() > 1)
            .map(<[u32]>::to_vec)
            .collect();
        if groups.len() < LEAST_GROUPS {
            let (what, least, found) = ("noise: groups of equal rows", LEAST_GROUPS, groups.len());
            return Err(ErrorKind::FewRows { what, least, found }.into());
        }
        let n_rows = groups.iter().map(Vec::len).sum();
        Ok(Self { groups, n_rows, n_rows_all })
    }

    /// The mean over groups, each as heavy as its rows, with its interval.
    fn mean(&self, mut of_group: impl FnMut(&[u32]) -> f64) -> Mean {
        let n = self.n_rows as f64;
        let shares: Vec<f64> = self.groups.iter().map(|group| group.len() as f64 / n).collect();
        let found: Vec<f64> = self.groups.iter().map(|group| of_group(group)).collect();
        let value: f64 = shares.iter().zip(&found).map(|(share, x)| share * x).sum();
        let value = value.min(f64::MAX);
        let squares: f64 = shares.iter().map(|share| share * share).sum();
        let n_like = 1.0 / squares;
        if value <= 0.0 {
            // The rule of three: none of so many groups was mixed.
            let high = 1.0 - 0.025_f64.powf(1.0 / n_like);
            return Mean { value: 0.0, low: 0.0, high };
        }
        let spread = shares.iter().zip(&found).map(|(s, x)| (s * (x / value - 1.0)).powi(2));
        let error = (spread.sum::<f64>() * n_like / (n_like - 1.0)).sqrt();
        let factor = (t_reach(n_like - 1.0) * error).min(700.0).exp();
        Mean { value, low: value / factor, high: (value * factor).min(f64::MAX) }
    }

    fn noise(&self, loss: Loss, found: Mean) -> Noise {
        let interval = Interval { low: found.low, high: found.high, level: 0.95 };
        Noise {
            loss,
            value: found.value,
            interval,
            n_groups: self.groups.len(),
            n_rows: self.n_rows,
            n_rows_all: self.n_rows_all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_every_distribution() {
        let mut state = 1_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 31)
        };
        for n_classes in [2_usize, 3, 5] {
            for _ in 0..500 {
                let raw: Vec<f64> = (0..n_classes).map(|_| draw().powi(3)).collect();
                let total: f64 = raw.iter().sum();
                let p: Vec<f64> = raw.iter().map(|x| x / total).collect();
                let g = 1.0 - p.iter().map(|p| p * p).sum::<f64>();
                let error = 1.0 - p.iter().copied().fold(0.0, f64::max);
                let [low, high] = least_error(g, n_classes);
                assert!(low <= error + 1e-12 && error <= high + 1e-12, "{p:?}");
                let nats: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
                let [low, high] = entropy(g, n_classes);
                assert!(low <= nats + 1e-9 && nats <= high + 1e-9, "{p:?} {low} {nats} {high}");
            }
        }
    }
}
