//! Choosing the number of clusters.

use std::ops::RangeInclusive;

use patronage_core::{BoxError, FeatureTable, Features, Fit, SegmentIdx, Segmenter, SegmenterExt};

use super::choice::{KCandidate, KChoice, Structure, why};
use super::clusterer::{Clusterer, Foreign, Modest, foreign};
use super::gap::{self, Plan};
use super::reference::GapReference;
use super::stability::BootstrapStability;
use super::{Partition, dispersion, sample, silhouette};
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::kmeans::KMeans;

/// Tries a range of k, judges each by several criteria, and recommends one, or says that the data
/// have no clusters to find.
///
/// For each k: inertia, silhouette (exact, or sampled with its standard error), Calinski-Harabasz,
/// Davies-Bouldin, the gap statistic with its error, and how stable each cluster is under the
/// bootstrap. [`KChoice`] prints them as a table. [`choose`](Self::choose) tries k-means,
/// [`choose_with`](Self::choose_with) whatever clusters rows into a given number of segments.
///
/// The recommendation is the k of the highest silhouette (of equals the smallest), unless there is
/// structure and another k has a higher gap statistic by more than two of its standard errors, a
/// silhouette of at least nine tenths of the highest, and clusters that all come back under the
/// bootstrap with a Jaccard coefficient of 0.85 or more: then it is the one with the highest gap of
/// these. The silhouette alone merges groups that lie near each other when others lie far off.
/// There is *structure* when both of these hold:
///
/// 1. the gap statistic of the recommended k exceeds that of one cluster by more than 0.08 (inertia
///    falls by 8 % more than in evenly spread rows) and by 3.5 standard errors of the
///    difference, taken within each reference;
/// 2. the silhouette of the recommended k lies more than three standard deviations above those
///    found in rows spread evenly over the same box, and in one normal cloud of the same covariance.
///
/// Where there is no structure, clusters still cut the continuum into slices that can be
/// handled apart, and [`KChoice::why`] says so.
///
/// The gap and the bootstrap look at no more than [`judged_rows`](Self::judged_rows) rows, drawn
/// without replacement; the box of the references is always that of all rows. Their k-means makes
/// three starts and no swaps. Costs one clustering of all rows a k, O(n_rows²) for an exact
/// silhouette a k, and (references + resamples) × k clusterings of the judged rows.
///
/// # References
///
/// R. Tibshirani, G. Walther, T. Hastie (2001), Estimating the number of clusters in a data set
/// via the gap statistic. C. Hennig (2007), Cluster-wise assessment of cluster stability.
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
/// assert_eq!(choice.best().stability.as_ref().map(|s| s.least()), Some(1.0));
/// println!("{choice}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ChooseK {
    range: RangeInclusive<usize>,
    kmeans: KMeans,
    n_references: usize,
    gap_reference: GapReference,
    n_resamples: usize,
    exact_rows: usize,
    asked_rows: usize,
    judged_rows: usize,
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
            gap_reference: GapReference::PrincipalAxes,
            n_resamples: 20,
            exact_rows: 10_000,
            asked_rows: 2_000,
            judged_rows: 5_000,
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

    /// The box of the gap's references; default [`GapReference::PrincipalAxes`].
    #[must_use]
    pub const fn gap_reference(mut self, kind: GapReference) -> Self {
        self.gap_reference = kind;
        self
    }

    /// Number of bootstrap resamples; default 20, 0 for none.
    #[must_use]
    pub const fn resamples(mut self, n_resamples: usize) -> Self {
        self.n_resamples = n_resamples;
        self
    }

    /// Up to so many rows the silhouette is exact; default 10,000. Above, 2,000 rows are asked.
    #[must_use]
    pub const fn exact_rows(mut self, exact_rows: usize) -> Self {
        self.exact_rows = exact_rows;
        self
    }

    /// Up to so many rows take part in gap and bootstrap; default 5,000, at least 2.
    #[must_use]
    pub const fn judged_rows(mut self, judged_rows: usize) -> Self {
        self.judged_rows = judged_rows;
        self
    }

    /// Seed of the samples, references and resamples; default 0. That of the k-means is its own.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits k-means with every k up to the number of rows, and judges each.
    ///
    /// # Errors
    ///
    /// When the range is empty or starts below 2, there are fewer rows than its start, fewer than
    /// two references or judged rows are asked for, or k-means refuses the data.
    pub fn choose<F: Features + ?Sized>(&self, features: &F) -> Result<KChoice, Error> {
        let fit = |k| self.kmeans.clone().clusters(k).fit_assign(features);
        self.judge(features, fit, &Modest)
    }

    /// Fits the estimator that `of_k` makes for every k up to the number of rows, and judges each.
    ///
    /// Any [`Fit`] of a [`Segmenter`] will do, such as a Gaussian mixture. References and resamples
    /// are tables of plain numbers with the columns' names. The inertia is that of the segments
    /// about their means, whatever the estimator minimises.
    ///
    /// # Errors
    ///
    /// As [`choose`](Self::choose); also when the estimator refuses the data, a reference or a
    /// resample ([`ErrorKind::Estimator`]).
    pub fn choose_with<F, E>(
        &self,
        features: &F,
        of_k: impl Fn(usize) -> E + Sync,
    ) -> Result<KChoice<E::Model>, Error>
    where
        F: Features + ?Sized,
        E: Fit<FeatureTable>,
        E::Model: Segmenter,
        E::Error: Into<BoxError>,
    {
        let table = FeatureTable::new(features.schema().clone(), features.values().to_owned())?;
        let fit = |k| {
            let model = of_k(k).fit(&table).map_err(foreign)?;
            let labels = model.assign(&table)?;
            Ok((model, labels))
        };
        let clusterer = Foreign { estimator: &of_k, columns: table.schema().columns() };
        self.judge(&table, fit, &clusterer)
    }

    fn validate(&self) -> Result<(), Error> {
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
        if self.judged_rows < 2 {
            return refuse("judged_rows", "at least 2", self.judged_rows);
        }
        Ok(())
    }

    fn judge<F: Features + ?Sized, M>(
        &self,
        features: &F,
        fit: impl Fn(usize) -> Result<(M, Vec<SegmentIdx>), Error>,
        clusterer: &impl Clusterer,
    ) -> Result<KChoice<M>, Error> {
        self.validate()?;
        let (first, last) = (*self.range.start(), *self.range.end());
        let rows = Rows::of(features)?;
        if rows.n < first {
            return Err(ErrorKind::TooFewRows { expected: first, found: rows.n }.into());
        }
        let last = last.min(rows.n);
        let positions = sample::positions(rows.n, self.judged_rows, self.seed);
        let judged = sample::pick(&rows, &positions);
        let mut candidates = Vec::with_capacity(last - first + 1);
        for k in first..=last {
            let (model, labels) = fit(k)?;
            let mut candidate = self.candidate(&rows, k, model, labels);
            if self.n_resamples > 0 && candidate.silhouette.is_some() {
                let labels: Vec<u32> =
                    positions.iter().map(|&row| candidate.labels[row].get()).collect();
                let bootstrap = BootstrapStability::new(self.n_resamples).seed(self.seed);
                let again = |drawn: &[usize], seed| {
                    clusterer.labels(&sample::pick(&judged, drawn), k, seed)
                };
                candidate.stability = Some(bootstrap.measure(&labels, again)?);
            }
            candidates.push(candidate);
        }
        let best = candidates
            .iter()
            .enumerate()
            .filter_map(|(i, candidate)| Some((i, candidate.silhouette?.mean)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(i, _)| i);
        let Some(best) = best else {
            let mut occupied = candidates[0].labels.clone();
            occupied.sort_unstable();
            occupied.dedup();
            let n = occupied.len();
            let why = format!(
                "no clusters to compare: all rows fall into {n} distinct point{}, so the smallest k is kept",
                if n == 1 { "" } else { "s, or there are as many clusters as rows" }
            );
            let structure = Structure::NotFound;
            return Ok(KChoice { candidates, best: 0, gap_of_one: None, structure, why });
        };
        let compare = |best: usize| {
            let plan = Plan {
                range: first..=last,
                best: first + best,
                n_references: self.n_references,
                kind: self.gap_reference,
                seed: self.seed,
            };
            gap::compare(&rows, &judged, clusterer, &plan)
        };
        let found = |it: &gap::Comparison| it.exceeds_one_cluster() && it.exceeds_references();
        let (mut best, mut comparison) = (best, compare(best)?);
        for (candidate, gap) in candidates.iter_mut().zip(&comparison.gaps[1..]) {
            candidate.gap = Some(*gap);
        }
        if found(&comparison)
            && let Some(other) = contender(&candidates, best)
        {
            let of_other = compare(other)?;
            if found(&of_other) {
                (best, comparison) = (other, of_other);
            }
        }
        let structure = if found(&comparison) { Structure::Found } else { Structure::NotFound };
        let why = why(&candidates, best, &comparison);
        let gap_of_one = comparison.gaps.first().copied();
        Ok(KChoice { candidates, best, gap_of_one, structure, why })
    }

    fn candidate<M>(
        &self,
        rows: &Rows<'_>,
        k: usize,
        model: M,
        labels: Vec<SegmentIdx>,
    ) -> KCandidate<M> {
        let numbers = labels.iter().map(|label| label.get());
        let own = dispersion::own_squares(rows, &numbers.clone().collect::<Vec<_>>());
        let inertia = rows.unscaled_square(own.iter().sum());
        let (mut silhouette, mut criteria) = (None, None);
        // Too few distinct rows leave nothing to judge, which is no error here.
        if let Ok(partition) = Partition::of_rows(rows.clone(), numbers) {
            silhouette = Some(if rows.n <= self.exact_rows {
                silhouette::exact(&partition)
            } else {
                silhouette::sampled(&partition, self.asked_rows, self.seed)
            });
            criteria = Some(dispersion::of_partition(&partition));
        }
        let (calinski_harabasz, davies_bouldin) = criteria.unzip();
        KCandidate {
            k,
            model,
            labels,
            inertia,
            silhouette,
            calinski_harabasz,
            davies_bouldin,
            gap: None,
            stability: None,
        }
    }
}

/// The k that gap, silhouette and bootstrap together prefer to the one of the highest silhouette.
fn contender<M>(candidates: &[KCandidate<M>], best: usize) -> Option<usize> {
    let silhouette = candidates[best].silhouette?.mean;
    let gap = candidates[best].gap?.value;
    let contends = |(i, candidate): (usize, &KCandidate<M>)| {
        let own = candidate.gap?;
        let near = candidate.silhouette?.mean >= 0.9 * silhouette;
        let stable = candidate.stability.as_ref()?.least() >= 0.85;
        let above = own.value > gap + 2.0 * own.standard_error;
        (near && stable && above).then_some((i, own.value))
    };
    let contenders = candidates.iter().enumerate().filter_map(contends);
    contenders.reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(i, _)| i)
}
