//! A tree of merges.

use patronage_core::{Schema, SegmentIdx};

use crate::error::{Error, ErrorKind};
use crate::kmeans::KMeansModel;

/// One merge of two clusters.
///
/// Clusters are numbered as in scipy: below the number of leaves a leaf, from there on the merges
/// in order.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Merge {
    /// The cluster of the lower number.
    pub first: usize,
    /// The other cluster.
    pub second: usize,
    /// How far apart they were: for Ward's method the root of twice the inertia that the merge adds.
    pub height: f64,
    /// The weight of all leaves below; their number where no sizes were given.
    pub size: f64,
}

/// The whole tree of merges that [`Ward`](crate::Ward) found, from every row alone to one cluster.
///
/// Cut it at any number of clusters or any height, as often as wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Dendrogram {
    pub(super) schema: Schema,
    /// The leaves' cells in the units of the columns, row-major.
    pub(super) cells: Vec<f64>,
    /// The weight of each leaf.
    pub(super) sizes: Vec<f64>,
    pub(super) merges: Vec<Merge>,
}

impl Dendrogram {
    /// The merges by ascending height: one less than there are leaves.
    #[must_use]
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// The number of leaves: rows, or micro-segments.
    #[must_use]
    pub fn n_leaves(&self) -> usize {
        self.sizes.len()
    }

    /// The cluster of each leaf when there are `k` clusters, numbered by their first leaves.
    ///
    /// # Errors
    ///
    /// When `k` is 0 or more than there are leaves.
    pub fn labels(&self, k: usize) -> Result<Vec<SegmentIdx>, Error> {
        let n = self.n_leaves();
        if k == 0 || k > n {
            let (name, expected) = ("k", "from 1 to the number of leaves");
            return Err(ErrorKind::Parameter { name, expected, found: k as f64 }.into());
        }
        // Every cluster points to the merge that took it in; later merges are settled first.
        let n_merges = n - k;
        let mut top: Vec<usize> = (0..n + n_merges).collect();
        for (m, merge) in self.merges[..n_merges].iter().enumerate() {
            top[merge.first] = n + m;
            top[merge.second] = n + m;
        }
        for cluster in (0..top.len()).rev() {
            top[cluster] = top[top[cluster]];
        }
        let mut number = vec![None; top.len()];
        let mut next = 0;
        let label = |leaf: usize| {
            *number[top[leaf]].get_or_insert_with(|| {
                next += 1;
                SegmentIdx::from_usize(next - 1)
            })
        };
        Ok((0..n).map(label).collect())
    }

    /// The number of clusters when all merges of at most this height are made.
    #[must_use]
    pub fn n_clusters_at_height(&self, height: f64) -> usize {
        let lower = |merge: &Merge| merge.height <= height;
        self.n_leaves() - self.merges.partition_point(lower)
    }

    /// The cluster of each leaf when all merges of at most this height are made: as
    /// [`labels`](Self::labels) of [`n_clusters_at_height`](Self::n_clusters_at_height).
    #[must_use]
    pub fn labels_at_height(&self, height: f64) -> Vec<SegmentIdx> {
        let k = self.n_clusters_at_height(height);
        self.labels(k).expect("there are between one and as many clusters as leaves")
    }

    /// The tree cut to `k` clusters as a [`Segmenter`](patronage_core::Segmenter) of new rows: to the
    /// nearest centroid.
    ///
    /// Numbers are those of [`labels`](Self::labels); a leaf may be nearer to another centroid than
    /// to that of its own cluster. The model's sizes are leaves, its inertia is that of the leaves
    /// by weight about their own centroids.
    ///
    /// # Errors
    ///
    /// As [`labels`](Self::labels).
    pub fn cut(&self, k: usize) -> Result<KMeansModel, Error> {
        let labels = self.labels(k)?;
        let d = self.schema.len();
        let (mut centres, mut weights) = (vec![0.0; k * d], vec![0.0; k]);
        let mut sizes = vec![0_u64; k];
        for (leaf, label) in labels.iter().enumerate() {
            let c = label.index();
            sizes[c] += 1;
            weights[c] += self.sizes[leaf];
            // Means kept as means, so that no sum overflows.
            let share = self.sizes[leaf] / weights[c];
            for (centre, cell) in centres[c * d..].iter_mut().zip(&self.cells[leaf * d..][..d]) {
                *centre += share * cell - share * *centre;
            }
        }
        let own = labels.iter().enumerate().map(|(leaf, label)| {
            let centre = &centres[label.index() * d..][..d];
            let cells = &self.cells[leaf * d..][..d];
            self.sizes[leaf] * crate::kmeans::metric::square(cells, centre)
        });
        let inertia = own.sum::<f64>().min(f64::MAX);
        Ok(KMeansModel::of_centres(self.schema.clone(), centres, sizes, inertia))
    }

    /// As [`cut`](Self::cut) where all merges of at most this height are made.
    #[must_use]
    pub fn cut_at_height(&self, height: f64) -> KMeansModel {
        let k = self.n_clusters_at_height(height);
        self.cut(k).expect("there are between one and as many clusters as leaves")
    }
}
