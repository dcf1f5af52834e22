//! Choosing the number of clusters.

use std::ops::RangeInclusive;

use patronage_core::{Features, SegmentIdx};

use super::gap::{self, Comparison};
use super::{Partition, Silhouette, dispersion, silhouette};
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::kmeans::{KMeans, KMeansModel};

/// Tries k-means over a range of k, judges each by several criteria, and recommends one, or says
/// that the data have no clusters to find.
///
/// For each k: inertia, silhouette (exact, or sampled with its standard error), Calinski-Harabasz,
/// Davies-Bouldin, and the gap statistic with its error.
///
/// The recommendation is the k of the highest silhouette (of equals the smallest). There is
/// *structure* when both of these hold, on at most 1,000 rows drawn from the data:
///
/// 1. the gap statistic of the recommended k exceeds that of one cluster by more than 0.08 (inertia
///    falls by 8 % more than in evenly spread rows) and by 3.5 standard errors of the
///    difference, taken within each reference;
/// 2. the silhouette of the recommended k lies more than three standard deviations above those
///    that k-means finds in rows spread evenly over the same box along the principal axes, and in
///    one normal cloud of the same covariance.
///
/// Evenly spread rows, one normal or long-tailed cloud, and counts without groups fail the first
/// test. Where there is no structure, k-means still cuts the continuum into slices that can be
/// handled apart, and [`KChoice::why`] says so.
///
/// Costs one k-means a k, O(n_rows²) for an exact silhouette a k, and
/// references × k fits of 1,000 rows.
///
/// # References
///
/// R. Tibshirani, G. Walther, T. Hastie (2001), Estimating the number of clusters in a data set
/// via the gap statistic.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_segment::{ChooseK, Column, FeatureTable, Schema, Structure};
///
/// // Sixty rows about three centres.
/// let schema = Schema::new([Column::number("x"), Column::number("y")])?;
/// let rows = Array2::from_shape_fn((60, 2), |(row, column)| {
///     let centre = [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]][row % 3][column];
///     centre + ((row * (7 + 6 * column)) % 11) as f64 / 11.0
/// });
/// let choice = ChooseK::new(2..=6).choose(&FeatureTable::new(schema, rows)?)?;
/// assert_eq!(choice.k(), 3);
/// assert_eq!(choice.structure(), Structure::Found);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ChooseK {
    range: RangeInclusive<usize>,
    kmeans: KMeans,
    n_references: usize,
    exact_rows: usize,
    asked_rows: usize,
    seed: u64,
}

impl ChooseK {
    /// Tries every k in `range`, which starts at 2 or more.
    #[must_use]
    pub const fn new(range: RangeInclusive<usize>) -> Self {
        Self {
            range,
            kmeans: KMeans::new(2),
            n_references: 20,
            exact_rows: 10_000,
            asked_rows: 2_000,
            seed: 0,
        }
    }

    /// The k-means to use, whatever its k; default `KMeans::new(2)`.
    #[must_use]
    pub fn kmeans(mut self, kmeans: KMeans) -> Self {
        self.kmeans = kmeans;
        self
    }

    /// Number of reference data sets of each kind; default 20, at least 2.
    #[must_use]
    pub const fn references(mut self, n_references: usize) -> Self {
        self.n_references = n_references;
        self
    }

    /// Up to so many rows the silhouette is exact; default 10,000. Above, 2,000 rows are asked.
    #[must_use]
    pub const fn exact_rows(mut self, exact_rows: usize) -> Self {
        self.exact_rows = exact_rows;
        self
    }

    /// Seed of the samples and references; default 0. That of the k-means is its own.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits and judges every k, up to the number of rows.
    ///
    /// # Errors
    ///
    /// When the range is empty or starts below 2, there are fewer rows than its start, fewer than
    /// two references are asked for, or k-means refuses the data.
    pub fn choose<F: Features + ?Sized>(&self, features: &F) -> Result<KChoice, Error> {
        let refuse = |name, expected, found: usize| {
            Err(Error::from(ErrorKind::Parameter { name, expected, found: found as f64 }))
        };
        let (first, last) = (*self.range.start(), *self.range.end());
        if first < 2 {
            return refuse("start of the range of k", "at least 2", first);
        }
        if last < first {
            return refuse("end of the range of k", "at least its start", last);
        }
        if self.n_references < 2 {
            return refuse("references", "at least 2", self.n_references);
        }
        let rows = Rows::of(features)?;
        if rows.n < first {
            return Err(ErrorKind::TooFewRows { expected: first, found: rows.n }.into());
        }
        let last = last.min(rows.n);
        let mut candidates = Vec::with_capacity(last - first + 1);
        for k in first..=last {
            candidates.push(self.candidate(features, &rows, k)?);
        }
        let best = candidates
            .iter()
            .enumerate()
            .filter_map(|(i, candidate)| Some((i, candidate.silhouette?.mean)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(i, _)| i);
        let Some(best) = best else {
            let n = candidates[0].model.sizes().len();
            let why = format!(
                "no clusters to compare: all rows fall into {n} distinct point{}, so the smallest k is kept",
                if n == 1 { "" } else { "s, or there are as many clusters as rows" }
            );
            return Ok(KChoice { candidates, best: 0, structure: Structure::NotFound, why });
        };
        let comparison =
            gap::compare(&rows, first..=last, first + best, self.n_references, self.seed);
        for (candidate, gap) in candidates.iter_mut().zip(&comparison.gaps[1..]) {
            candidate.gap = Some(*gap);
        }
        let found = comparison.exceeds_one_cluster() && comparison.exceeds_references();
        let structure = if found { Structure::Found } else { Structure::NotFound };
        let why = why(&candidates, best, &comparison);
        Ok(KChoice { candidates, best, structure, why })
    }

    fn candidate<F: Features + ?Sized>(
        &self,
        features: &F,
        rows: &Rows<'_>,
        k: usize,
    ) -> Result<KCandidate, Error> {
        let (model, labels) = self.kmeans.clone().clusters(k).fit_assign(features)?;
        let partition = Partition::of_rows(rows.clone(), labels.iter().map(|label| label.get()));
        let (mut silhouette, mut criteria) = (None, None);
        // Too few distinct rows leave nothing to judge, which is no error here.
        if let Ok(partition) = partition {
            silhouette = Some(if rows.n <= self.exact_rows {
                silhouette::exact(&partition)
            } else {
                silhouette::sampled(&partition, self.asked_rows, self.seed)
            });
            criteria = Some(dispersion::of_partition(&partition));
        }
        let (calinski_harabasz, davies_bouldin) = criteria.unzip();
        Ok(KCandidate {
            k,
            model,
            labels,
            silhouette,
            calinski_harabasz,
            davies_bouldin,
            gap: None,
        })
    }
}

/// Whether there are clusters to find.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Structure {
    /// Rows form groups that data without groups do not have.
    Found,
    /// No more grouping than in data without groups: clusters are slices of a continuum.
    NotFound,
}

/// The gap statistic of one k.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Gap {
    /// Mean log inertia of evenly spread rows less log inertia of the data; higher is better.
    pub value: f64,
    /// Its standard error from the number of references.
    pub standard_error: f64,
}

/// One k that was tried.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KCandidate {
    /// The number of clusters asked for.
    pub k: usize,
    /// What k-means found.
    pub model: KMeansModel,
    /// The cluster of each row.
    pub labels: Vec<SegmentIdx>,
    /// Higher is better; none where there are fewer than two clusters, or as many as rows.
    pub silhouette: Option<Silhouette>,
    /// Higher is better; none where the silhouette is none.
    pub calinski_harabasz: Option<f64>,
    /// Lower is better; none where the silhouette is none.
    pub davies_bouldin: Option<f64>,
    /// Higher is better, compared with its neighbours; none where no k has a silhouette.
    pub gap: Option<Gap>,
}

/// What [`ChooseK`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct KChoice {
    candidates: Vec<KCandidate>,
    best: usize,
    structure: Structure,
    why: String,
}

impl KChoice {
    /// The number of clusters recommended.
    #[must_use]
    pub fn k(&self) -> usize {
        self.best().k
    }

    /// The candidate recommended.
    #[must_use]
    pub fn best(&self) -> &KCandidate {
        &self.candidates[self.best]
    }

    /// Every k that was tried, ascending.
    #[must_use]
    pub fn candidates(&self) -> &[KCandidate] {
        &self.candidates
    }

    /// Whether there are clusters to find.
    #[must_use]
    pub const fn structure(&self) -> Structure {
        self.structure
    }

    /// The reason in words.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

fn why(candidates: &[KCandidate], best: usize, comparison: &Comparison) -> String {
    let (first, last) = (candidates[0].k, candidates[candidates.len() - 1].k);
    let k = candidates[best].k;
    let silhouette = candidates[best].silhouette.map_or(0.0, |s| s.mean);
    let most = |of: &dyn Fn(&KCandidate) -> Option<f64>| {
        candidates
            .iter()
            .filter_map(|candidate| Some((candidate.k, of(candidate)?)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map_or(k, |(k, _)| k)
    };
    let by_ch = most(&|candidate| candidate.calinski_harabasz);
    let by_db = most(&|candidate| candidate.davies_bouldin.map(|db| -db));
    let others = match (by_ch == k, by_db == k) {
        (true, true) => "Calinski-Harabasz and Davies-Bouldin agree".to_owned(),
        (true, false) => format!("Calinski-Harabasz agrees, Davies-Bouldin prefers {by_db}"),
        (false, true) => format!("Davies-Bouldin agrees, Calinski-Harabasz prefers {by_ch}"),
        (false, false) => {
            format!("Calinski-Harabasz prefers {by_ch}, Davies-Bouldin {by_db}")
        }
    };
    let (reference, deviation) = comparison.reference();
    let (excess, gain) = (comparison.excess, comparison.gain);
    let slices =
        "so the clusters are slices of a continuum, of use for handling but no natural groups";
    let verdict = if !comparison.exceeds_one_cluster() {
        format!(
            "no structure: the gap statistic of {k} clusters exceeds that of one by {excess:.2} ({gain:.1} standard errors), where 0.08 and 3.5 standard errors are asked for, {slices}"
        )
    } else if !comparison.exceeds_references() {
        format!(
            "no structure: data without groups reach a silhouette of {reference:.3} ± {deviation:.3} at that k, {slices}"
        )
    } else {
        format!(
            "the groups are real: data without groups reach a silhouette of only {reference:.3} ± {deviation:.3} at that k, and the gap statistic exceeds that of one cluster by {excess:.2} ({gain:.1} standard errors)"
        )
    };
    format!(
        "of k from {first} to {last}, {k} has the highest silhouette ({silhouette:.3}); {others}; {verdict}"
    )
}
