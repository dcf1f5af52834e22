//! What one column says of the classes.

use crate::sample::Sample;

/// Squares of deviations are cut off here, so that no sum of them overflows.
const FAR: f64 = 1e250;

/// The logarithm of one column's factor, for each class.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(super) enum Factor {
    /// The column says nothing.
    Nothing,
    /// Normal within each class: means and standard deviations.
    Normal { means: Vec<f64>, deviations: Vec<f64> },
    /// Logarithms of probabilities, code by code and class by class; codes beyond say nothing.
    Codes { logs: Vec<f64> },
}

impl Factor {
    /// Adds the logarithm of the cell's factor to the score of each class.
    #[inline]
    pub(super) fn add(&self, cell: f64, scores: &mut [f64]) {
        if cell.is_nan() {
            return;
        }
        match self {
            Self::Nothing => {}
            Self::Normal { means, deviations } => {
                for ((score, mean), deviation) in scores.iter_mut().zip(means).zip(deviations) {
                    let off = cell - mean;
                    let z = if off.is_finite() {
                        off / deviation
                    } else {
                        cell / deviation - mean / deviation
                    };
                    *score -= 0.5 * (z * z).min(FAR) + deviation.ln();
                }
            }
            Self::Codes { logs } => {
                let n = scores.len();
                if let Some(logs) = logs.get(cell as usize * n..(cell as usize + 1) * n) {
                    scores.iter_mut().zip(logs).for_each(|(score, log)| *score += log);
                }
            }
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn check(&self, n_classes: usize) -> Result<(), crate::saved::Broken> {
        use crate::saved::{check_finite, check_moderate, ensure};
        match self {
            Self::Nothing => Ok(()),
            Self::Normal { means, deviations } => {
                let lengths = means.len() == n_classes && deviations.len() == n_classes;
                ensure(lengths, "factors", "one normal for each class")?;
                check_finite("factors", means)?;
                check_finite("factors", deviations)?;
                let positive = deviations.iter().all(|&deviation| deviation > 0.0);
                ensure(positive, "factors", "deviations above 0")
            }
            Self::Codes { logs } => {
                ensure(logs.len() % n_classes == 0, "factors", "one number a code and class")?;
                check_moderate("factors", logs)
            }
        }
    }
}

/// Mean and deviation of known cells, in the order of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    /// What cells were divided by.
    unit: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    pub(super) fn variance(&self) -> f64 {
        (self.variance * self.unit * self.unit).min(f64::MAX)
    }
}

pub(super) struct Rows<'a> {
    /// The sample's cells, column by column.
    pub(super) cells: &'a [Vec<f64>],
    pub(super) sample: &'a Sample,
    pub(super) labels: &'a [usize],
    pub(super) n_classes: usize,
}

impl Rows<'_> {
    /// Cell, class and weight of each row in which a column is known.
    fn known(&self, column: usize) -> impl Iterator<Item = (f64, usize, f64)> + Clone {
        let rows = self.cells[column].iter().zip(self.labels).zip(&self.sample.weights);
        rows.map(|((&cell, &label), &weight)| (cell, label, weight))
            .filter(|(cell, _, _)| !cell.is_nan())
    }

    /// The moments over all classes; `None` where fewer than two values are known.
    pub(super) fn moments(&self, column: usize) -> Option<Moments> {
        let known = self.known(column);
        let (first, _, _) = known.clone().next()?;
        if known.clone().all(|(cell, _, _)| cell == first) {
            return None;
        }
        let unit = known.clone().map(|(cell, _, _)| cell.abs()).fold(0.0, f64::max);
        let total: f64 = known.clone().map(|(_, _, w)| w).sum();
        let mean = known.clone().map(|(x, _, w)| w / total * (x / unit)).sum::<f64>();
        let variance = known.map(|(x, _, w)| w / total * (x / unit - mean).powi(2)).sum();
        Some(Moments { unit, mean, variance })
    }

    pub(super) fn normal(&self, column: usize, all: &Moments, floor: f64) -> Factor {
        let n = self.n_classes;
        let (mut totals, mut means, mut squares) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        for (x, class, w) in self.known(column) {
            totals[class] += w;
            means[class] += w * (x / all.unit - all.mean);
        }
        for (mean, total) in means.iter_mut().zip(&totals) {
            // A class in which nothing is known is as all are.
            *mean = if *total > 0.0 { *mean / total + all.mean } else { all.mean };
        }
        for (x, class, w) in self.known(column) {
            squares[class] += w / totals[class] * (x / all.unit - means[class]).powi(2);
        }
        let scaled = floor / all.unit / all.unit;
        let deviation = |(square, total): (&f64, &f64)| {
            let variance = if *total > 0.0 { *square } else { all.variance };
            // The square root keeps what the square of a tiny unit would lose.
            let deviation = (variance + scaled).sqrt() * all.unit;
            let deviation = if deviation.is_finite() { deviation } else { floor.sqrt() };
            deviation.clamp(f64::MIN_POSITIVE, f64::MAX)
        };
        let deviations = squares.iter().zip(&totals).map(deviation).collect();
        means.iter_mut().for_each(|mean| *mean = (*mean * all.unit).clamp(f64::MIN, f64::MAX));
        Factor::Normal { means, deviations }
    }

    pub(super) fn levels(&self, column: usize, n: usize, unseen: usize, smoothing: f64) -> Factor {
        // The code for the unseen is a level where training rows have it.
        let met = unseen >= n && self.known(column).any(|(code, _, _)| code as usize == unseen);
        let n_levels = if met { unseen + 1 } else { n };
        let mut sums = vec![0.0; n_levels * self.n_classes];
        for (code, class, w) in self.known(column) {
            sums[code as usize * self.n_classes + class] += w;
        }
        self.codes(&sums, smoothing)
    }

    pub(super) fn flag(&self, column: usize, smoothing: f64) -> Factor {
        let mut sums = vec![0.0; 2 * self.n_classes];
        for (cell, class, w) in self.known(column) {
            sums[cell as usize * self.n_classes + class] += w;
        }
        self.codes(&sums, smoothing)
    }

    fn codes(&self, sums: &[f64], smoothing: f64) -> Factor {
        let n_levels = (sums.len() / self.n_classes) as f64;
        let mut totals = vec![0.0; self.n_classes];
        for sums in sums.chunks_exact(self.n_classes) {
            totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        }
        let log = |(sum, total): (&f64, &f64)| {
            (sum + smoothing).ln() - (total + smoothing * n_levels).ln()
        };
        let logs =
            sums.chunks_exact(self.n_classes).flat_map(|sums| sums.iter().zip(&totals).map(log));
        Factor::Codes { logs: logs.collect() }
    }
}
