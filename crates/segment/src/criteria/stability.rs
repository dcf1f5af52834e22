//! Whether clusters come back when the data are drawn again.

use ndarray::{ArrayView2, Axis};
use patronage_core::{
    BoxError, FeatureTable, Features, Fit, Schema, SegmentIdx, Segmenter, SegmenterExt,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::clusterer::foreign;
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// There is an answer for every number up to the largest, so numbers lie below this.
const NUMBERED: usize = 1 << 24;

/// How surely each cluster comes back when the rows are drawn again: the bootstrap of Hennig.
///
/// Each resample draws as many rows as there are, with replacement, and clusters them afresh. For
/// each cluster `C` of all rows, its likeness to the most similar cluster `D` of the resample is
///
/// ```text
/// J = |C ∩ D| / |C ∪ D|
/// ```
///
/// over the distinct rows drawn; its stability is the mean of `J` over resamples. By Hennig's rule
/// of thumb, below 0.6 a cluster should not be trusted, from 0.75 on it is a pattern, from 0.85 on
/// it is highly stable. A stable cluster need not be a natural group: a long cloud is cut in two at
/// the same place every time.
///
/// Works for any clustering: of a [`Fit`] of a [`Segmenter`], or of labels and a way to make them.
/// Costs one clustering a resample; resample `i` draws from stream `i` of the seed, so the result
/// does not depend on the number of threads.
///
/// # References
///
/// C. Hennig (2007), Cluster-wise assessment of cluster stability.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_segment::{BootstrapStability, Column, FeatureTable, KMeans, Schema};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let rows = Array2::from_shape_fn((60, 1), |(row, _)| 100.0 * (row % 2) as f64 + row as f64 / 9.0);
/// let rows = FeatureTable::new(schema, rows)?;
/// // Two groups come back every time; cut into three, one of them breaks now here, now there.
/// let two = BootstrapStability::new(20).of(&KMeans::new(2), &rows)?;
/// assert_eq!(two.mean(), 1.0);
/// let three = BootstrapStability::new(20).of(&KMeans::new(3), &rows)?;
/// assert!(three.least() < 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BootstrapStability {
    n_resamples: usize,
    seed: u64,
}

impl BootstrapStability {
    /// A bootstrap of so many resamples, at least 1; 50 to 100 are usual.
    #[must_use]
    pub const fn new(n_resamples: usize) -> Self {
        Self { n_resamples, seed: 0 }
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The stability of the clusters that `estimator` finds in `features`.
    ///
    /// The estimator keeps its own seed: what differs between resamples is the rows alone.
    ///
    /// # Errors
    ///
    /// When there is no resample asked for or no row, a cell is not admitted by its column, or the
    /// estimator refuses the data or a resample ([`ErrorKind::Estimator`]).
    pub fn of<F, E>(&self, estimator: &E, features: &F) -> Result<Stability, Error>
    where
        F: Features + ?Sized,
        E: Fit<FeatureTable> + Sync,
        E::Model: Segmenter,
        E::Error: Into<BoxError>,
    {
        let cluster = |table: &FeatureTable| {
            let model = estimator.fit(table).map_err(foreign)?;
            let labels = model.assign(table)?;
            Ok::<_, Error>(labels.into_iter().map(SegmentIdx::get).collect())
        };
        let drawn = Drawn::new(features);
        let labels: Vec<u32> = cluster(&drawn.rows(&(0..drawn.n()).collect::<Vec<_>>())?)?;
        self.measure(&labels, |rows, _| cluster(&drawn.rows(rows)?))
    }

    /// The stability of clusters given as labels, one for each row, where `cluster` makes such
    /// labels of any table of the same columns and a seed.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of); also when there is not one label for each row, or a label is numbered
    /// 2²⁴ or more.
    pub fn of_labels<F, X>(
        &self,
        features: &F,
        labels: &[SegmentIdx],
        cluster: impl Fn(&FeatureTable, u64) -> Result<Vec<SegmentIdx>, X> + Sync,
    ) -> Result<Stability, Error>
    where
        F: Features + ?Sized,
        X: Into<BoxError>,
    {
        let check = |found: usize, expected: usize| {
            let what = "segments of rows";
            if found == expected {
                return Ok(());
            }
            Err(Error::from(ErrorKind::Length { what, expected, found }))
        };
        let drawn = Drawn::new(features);
        check(labels.len(), drawn.n())?;
        let labels: Vec<u32> = labels.iter().map(|label| label.get()).collect();
        self.measure(&labels, |rows, seed| {
            let found = cluster(&drawn.rows(rows)?, seed).map_err(foreign)?;
            check(found.len(), rows.len())?;
            Ok(found.into_iter().map(SegmentIdx::get).collect())
        })
    }

    /// `cluster` makes labels of the rows at positions that ascend and may repeat, and a seed.
    pub(super) fn measure(
        &self,
        labels: &[u32],
        cluster: impl Fn(&[usize], u64) -> Result<Vec<u32>, Error> + Send + Sync,
    ) -> Result<Stability, Error> {
        if self.n_resamples == 0 {
            let (name, expected) = ("resamples", "at least 1");
            return Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into());
        }
        let n = labels.len();
        if n == 0 {
            return Err(ErrorKind::Empty { what: "rows" }.into());
        }
        let k = labels.iter().max().map_or(0, |&label| label as usize + 1);
        if k > NUMBERED {
            let (name, expected) = ("number of a segment", "below 2^24");
            return Err(ErrorKind::Parameter { name, expected, found: (k - 1) as f64 }.into());
        }
        let resamples = parallel::map(self.n_resamples, |resample| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(resample as u64);
            let mut drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
            drawn.sort_unstable();
            let found = cluster(&drawn, self.seed ^ resample as u64)?;
            // Rows drawn again count once; copies lie side by side and share their cluster.
            let mut last = None;
            let pairs =
                drawn.iter().zip(found).filter(|(row, _)| last.replace(**row) != Some(**row));
            let pairs: Vec<(u32, u32)> = pairs.map(|(&row, found)| (labels[row], found)).collect();
            Ok::<_, Error>(likeness(&pairs, k))
        });
        let mut clusters = vec![ClusterStability { jaccard: 0.0, n_drawn: 0, n_dissolved: 0 }; k];
        for resample in resamples {
            for (cluster, jaccard) in clusters.iter_mut().zip(resample?) {
                let Some(jaccard) = jaccard else { continue };
                cluster.jaccard += jaccard;
                cluster.n_drawn += 1;
                cluster.n_dissolved += usize::from(jaccard <= 0.5);
            }
        }
        for cluster in &mut clusters {
            cluster.jaccard /= cluster.n_drawn.max(1) as f64;
        }
        Ok(Stability { n_resamples: self.n_resamples, clusters })
    }
}

/// A table from which rows are drawn again.
struct Drawn<'a> {
    schema: &'a Schema,
    values: ArrayView2<'a, f64>,
}

impl<'a> Drawn<'a> {
    fn new<F: Features + ?Sized>(features: &'a F) -> Self {
        Self { schema: features.schema(), values: features.values() }
    }

    fn n(&self) -> usize {
        self.values.nrows()
    }

    fn rows(&self, positions: &[usize]) -> Result<FeatureTable, Error> {
        Ok(FeatureTable::new(self.schema.clone(), self.values.select(Axis(0), positions))?)
    }
}

/// For each of `k` clusters the greatest Jaccard coefficient with a cluster found, of rows that
/// are pairs of both; none of a cluster without rows.
fn likeness(pairs: &[(u32, u32)], k: usize) -> Vec<Option<f64>> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    let mut of_found: Vec<u32> = pairs.iter().map(|(_, found)| *found).collect();
    of_found.sort_unstable();
    let size_of_found = |found: u32| {
        of_found.partition_point(|&f| f <= found) - of_found.partition_point(|&f| f < found)
    };
    let mut best = vec![None; k];
    for cluster in pairs.chunk_by(|a, b| a.0 == b.0) {
        let most = cluster.chunk_by(|a, b| a.1 == b.1).map(|both| {
            let either = cluster.len() + size_of_found(both[0].1) - both.len();
            both.len() as f64 / either as f64
        });
        best[cluster[0].0 as usize] = Some(most.fold(0.0, f64::max));
    }
    best
}

/// How surely the clusters came back; made by [`BootstrapStability`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Stability {
    /// The number of resamples.
    pub n_resamples: usize,
    /// Each cluster, by its number.
    pub clusters: Vec<ClusterStability>,
}

impl Stability {
    /// The mean over clusters that were ever drawn, in `[0, 1]`; 0 of none.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let drawn = self.clusters.iter().filter(|cluster| cluster.n_drawn > 0);
        let (sum, n) = drawn.fold((0.0, 0), |(sum, n), cluster| (sum + cluster.jaccard, n + 1));
        if n == 0 { 0.0 } else { sum / f64::from(n) }
    }

    /// The least of clusters that were ever drawn, in `[0, 1]`; 0 of none.
    #[must_use]
    pub fn least(&self) -> f64 {
        let drawn = self.clusters.iter().filter(|cluster| cluster.n_drawn > 0);
        drawn.map(|cluster| cluster.jaccard).reduce(f64::min).unwrap_or(0.0)
    }
}

/// How surely one cluster came back.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct ClusterStability {
    /// The mean Jaccard coefficient with its most similar cluster of a resample, in `[0, 1]`.
    pub jaccard: f64,
    /// The number of resamples in which any of its rows were drawn; others say nothing of it.
    pub n_drawn: usize,
    /// In how many of these the coefficient was at most 0.5: the cluster dissolved.
    pub n_dissolved: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_that_of_the_most_similar_cluster() {
        // Cluster 0 is split 3 : 1, cluster 1 takes in the one, cluster 3 is whole.
        let pairs = [(0, 5), (0, 5), (0, 5), (0, 9), (1, 9), (1, 9), (3, 0)];
        let found = likeness(&pairs, 5);
        assert_eq!(found, [Some(0.75), Some(2.0 / 3.0), None, Some(1.0), None]);
    }
}
