//! Comparison with data that have no clusters.

use std::ops::RangeInclusive;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::clusterer::Clusterer;
use super::dispersion::own_squares;
use super::reference::{Axes, GapReference};
use super::{Partition, silhouette};
use crate::data::Rows;
use crate::error::Error;
use crate::parallel;

/// Rows asked for the silhouettes that are compared.
const ASKED: usize = 1_000;

/// The gap statistic of one number of clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Gap {
    /// Mean log inertia of evenly spread rows less log inertia of the data; higher is better.
    pub value: f64,
    /// Its standard error `s`: `sd √(1 + 1/B)` over the `B` references, and where only some of the
    /// rows took part, also what leaving out the others makes of the log inertia of the data.
    pub standard_error: f64,
}

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
    /// Whether the best k groups rows better than the method groups data without groups.
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

/// How to compare.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) range: RangeInclusive<usize>,
    pub(super) best: usize,
    pub(super) n_references: usize,
    pub(super) kind: GapReference,
    pub(super) seed: u64,
}

/// One clustering of some rows.
struct Clustered {
    /// The log inertia.
    log: f64,
    /// Each row's share of the inertia.
    shares: Vec<f64>,
    labels: Vec<u32>,
}

/// Compares `some` of `all` rows with references over the box of all, at every k.
pub(super) fn compare(
    all: &Rows<'_>,
    some: &Rows<'_>,
    clusterer: &impl Clusterer,
    plan: &Plan,
) -> Result<Comparison, Error> {
    let axes = Axes::of(all, plan.kind);
    // The normal cloud has the covariance of the rows, whichever box is asked for.
    let principal = match plan.kind {
        GapReference::PrincipalAxes => None,
        GapReference::Columns => Some(Axes::of(all, GapReference::PrincipalAxes)),
    };
    let seed = plan.seed;
    let cluster = |rows: &Rows<'_>, k: usize| -> Result<Clustered, Error> {
        let labels =
            if k == 1 { vec![0; rows.n] } else { clusterer.labels(rows, k.min(rows.n), seed)? };
        let mut shares = own_squares(rows, &labels);
        let inertia = shares.iter().sum::<f64>();
        let total = if k == 1 { inertia } else { own_squares(rows, &vec![0; rows.n]).iter().sum() };
        // Perfect clusters have no logarithm; a millionth of a millionth of all stands for none.
        let floor = (total * 1e-12).max(f64::MIN_POSITIVE);
        let inertia = inertia.max(floor);
        shares.iter_mut().for_each(|share| *share /= inertia);
        Ok(Clustered { log: inertia.ln(), shares, labels })
    };
    let silhouette_of = |rows: &Rows<'_>, labels: &[u32]| {
        Partition::of_rows(rows.clone(), labels.iter().copied())
            .map_or(0.0, |partition| silhouette::sampled(&partition, ASKED, seed).mean)
    };
    let ks: Vec<usize> = std::iter::once(1).chain(plan.range.clone()).collect();
    let own = parallel::map(ks.len(), |i| cluster(some, ks[i]));
    let own: Vec<Clustered> = own.into_iter().collect::<Result<_, _>>()?;
    let drawn = parallel::map(plan.n_references, |reference| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(1 + 2 * reference as u64);
        let even = axes.even(some, &mut rng);
        let mut even_silhouette = 0.0;
        let mut logs = Vec::with_capacity(ks.len());
        for &k in &ks {
            let found = cluster(&even, k)?;
            logs.push(found.log);
            if k == plan.best {
                even_silhouette = silhouette_of(&even, &found.labels);
            }
        }
        rng.set_stream(2 + 2 * reference as u64);
        let normal = principal.as_ref().unwrap_or(&axes).normal(some, &mut rng);
        let labels = clusterer.labels(&normal, plan.best.min(normal.n), seed)?;
        Ok((logs, even_silhouette, silhouette_of(&normal, &labels)))
    });
    let drawn: Vec<(Vec<f64>, f64, f64)> = drawn.into_iter().collect::<Result<_, Error>>()?;
    let n = plan.n_references as f64;
    let standard_error = |values: &[f64], left_out: f64| {
        let (mean, deviation) = crate::stats::mean_and_deviation(values);
        (mean, (deviation * deviation * (1.0 + 1.0 / n) + left_out).sqrt())
    };
    // The variance that drawing some rows without replacement gives to a sum of their parts.
    let unseen = 1.0 - some.n as f64 / all.n as f64;
    let left_out = |parts: &mut dyn Iterator<Item = f64>| {
        if unseen > 0.0 { unseen * parts.map(|part| part * part).sum::<f64>() } else { 0.0 }
    };
    let mean_share = 1.0 / some.n as f64;
    let gaps = own.iter().enumerate().map(|(i, found)| {
        let logs: Vec<f64> = drawn.iter().map(|(logs, ..)| logs[i]).collect();
        let left_out = left_out(&mut found.shares.iter().map(|share| share - mean_share));
        let (mean, standard_error) = standard_error(&logs, left_out);
        Gap { value: mean - found.log, standard_error }
    });
    let gaps = gaps.collect();
    let position = ks.iter().position(|&k| k == plan.best).unwrap_or(0);
    // The fall from one cluster to the best k, paired within each reference: what makes a
    // reference wide as a whole cancels out.
    let falls: Vec<f64> = drawn.iter().map(|(logs, ..)| logs[0] - logs[position]).collect();
    let (one, best) = (&own[0], &own[position]);
    let left_out = left_out(&mut one.shares.iter().zip(&best.shares).map(|(one, best)| one - best));
    let (mean, error) = standard_error(&falls, left_out);
    let excess = one.log - best.log - mean;
    let even: Vec<f64> = drawn.iter().map(|(_, silhouette, _)| *silhouette).collect();
    let normal: Vec<f64> = drawn.iter().map(|(.., silhouette)| *silhouette).collect();
    Ok(Comparison {
        gaps,
        excess,
        gain: excess / error.max(1e-9),
        silhouette: silhouette_of(some, &best.labels),
        references: [&even, &normal].map(|s| crate::stats::mean_and_deviation(s)),
    })
}
