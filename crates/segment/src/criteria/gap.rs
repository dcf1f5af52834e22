//! Comparison with data that have no clusters.

use std::ops::RangeInclusive;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::choose::Gap;
use super::reference::Axes;
use super::{Partition, silhouette};
use crate::data::Rows;
use crate::kmeans::KMeans;
use crate::parallel;

/// The most rows that take part.
const ROWS: usize = 1_000;

/// What the comparison found.
#[derive(Debug)]
pub(super) struct Comparison {
    /// The gap of one cluster, then of each k of the range.
    pub(super) gaps: Vec<Gap>,
    /// By how much more the log inertia falls from one cluster to the best k than in evenly spread rows.
    pub(super) excess: f64,
    /// The same in standard errors.
    pub(super) gain: f64,
    /// The silhouette of the best k in the rows that take part.
    silhouette: f64,
    /// Mean and deviation of the silhouettes of each kind of reference.
    references: [(f64, f64); 2],
}

impl Comparison {
    /// Whether the best k groups rows better than k-means groups data without groups.
    pub(super) fn exceeds_references(&self) -> bool {
        self.references.iter().all(|(mean, deviation)| self.silhouette > mean + 3.0 * deviation)
    }

    /// Whether the best k gains more on one cluster than it does in evenly spread rows.
    pub(super) fn exceeds_one_cluster(&self) -> bool {
        self.gain > 3.5 && self.excess > 0.08
    }

    /// The mean silhouette of the kind of reference that reaches the higher one, and its deviation.
    pub(super) fn reference(&self) -> (f64, f64) {
        if self.references[0].0 > self.references[1].0 {
            self.references[0]
        } else {
            self.references[1]
        }
    }
}

/// Compares with `n_references` evenly spread data sets at every k, and with as many normal ones at `best`.
pub(super) fn compare(
    rows: &Rows<'_>,
    range: RangeInclusive<usize>,
    best: usize,
    n_references: usize,
    seed: u64,
) -> Comparison {
    let sample = sample(rows, seed);
    let axes = Axes::of(&sample);
    // The same modest effort for data and references.
    let fit = |rows: &Rows<'_>, k: usize| {
        let k = k.min(rows.n);
        KMeans::new(k).restarts(3).swaps(0).seed(seed).run(rows)
    };
    let ks: Vec<usize> = std::iter::once(1).chain(range).collect();
    let total = fit(&sample, 1).inertia;
    // Perfect clusters have no logarithm; a millionth of a millionth of all stands for none.
    let log = |inertia: f64, total: f64| (inertia / total).max(1e-12).ln() + total.ln();
    let silhouette_of = |rows: &Rows<'_>, labels: &[u32]| {
        Partition::of_rows(rows.clone(), labels.iter().copied())
            .map_or(0.0, |partition| silhouette::exact(&partition).mean)
    };
    let own: Vec<(f64, f64)> = parallel::map(ks.len(), |i| {
        let run = fit(&sample, ks[i]);
        let silhouette = if ks[i] == best { silhouette_of(&sample, &run.labels) } else { 0.0 };
        (log(run.inertia, total), silhouette)
    });
    let drawn = parallel::map(n_references, |reference| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(1 + 2 * reference as u64);
        let even = axes.even(sample.n, &mut rng);
        let mut even_silhouette = 0.0;
        let total = fit(&even, 1).inertia;
        let mut logs = Vec::with_capacity(ks.len());
        for &k in &ks {
            let run = fit(&even, k);
            logs.push(log(run.inertia, total));
            if k == best {
                even_silhouette = silhouette_of(&even, &run.labels);
            }
        }
        rng.set_stream(2 + 2 * reference as u64);
        let normal = axes.normal(sample.n, &mut rng);
        let run = fit(&normal, best);
        (logs, even_silhouette, silhouette_of(&normal, &run.labels))
    });
    let n = n_references as f64;
    let gaps: Vec<Gap> = (0..ks.len())
        .map(|i| {
            let logs: Vec<f64> = drawn.iter().map(|(logs, ..)| logs[i]).collect();
            let (mean, deviation) = crate::stats::mean_and_deviation(&logs);
            Gap { value: mean - own[i].0, standard_error: deviation * (1.0 + 1.0 / n).sqrt() }
        })
        .collect();
    let position = ks.iter().position(|&k| k == best).unwrap_or(0);
    // The fall from one cluster to the best k, paired within each reference: what makes a
    // reference wide as a whole cancels out.
    let falls: Vec<f64> = drawn.iter().map(|(logs, ..)| logs[0] - logs[position]).collect();
    let (mean, deviation) = crate::stats::mean_and_deviation(&falls);
    let excess = own[0].0 - own[position].0 - mean;
    let gain = excess / (deviation * (1.0 + 1.0 / n).sqrt()).max(1e-9);
    let even: Vec<f64> = drawn.iter().map(|(_, silhouette, _)| *silhouette).collect();
    let normal: Vec<f64> = drawn.iter().map(|(.., silhouette)| *silhouette).collect();
    Comparison {
        gaps,
        excess,
        gain,
        silhouette: own[position].1,
        references: [&even, &normal].map(|s| crate::stats::mean_and_deviation(s)),
    }
}

/// At most [`ROWS`] rows drawn without replacement, in their order.
fn sample<'a>(rows: &Rows<'a>, seed: u64) -> Rows<'a> {
    if rows.n <= ROWS {
        return rows.clone();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut positions: Vec<usize> = (0..rows.n).collect();
    for i in 0..ROWS {
        positions.swap(i, rng.random_range(i..rows.n));
    }
    positions.truncate(ROWS);
    positions.sort_unstable();
    let values: Vec<f64> = positions.iter().flat_map(|&i| rows.row(i)).copied().collect();
    Rows { values: values.into(), n: ROWS, weights: None, ..rows.clone() }
}
