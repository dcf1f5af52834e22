//! Ward's hierarchical clustering.

use patronage_core::{Features, Fit, Seeded, SegmentIdx};

use super::dendrogram::{Dendrogram, Merge};
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::kmeans::KMeansModel;
use crate::kmeans::metric::{Width, with_width};

/// Ward's hierarchical clustering: merges the two clusters that add least to the inertia, and again.
///
/// The height of a merge of clusters of weights `a` and `b` and centroids `μ` is that of scipy and R:
///
/// ```text
/// h = √(2 a b / (a + b)) ‖μ_a − μ_b‖
/// ```
///
/// so `h²/2` is what the merge adds to the inertia; equal rows merge at height 0. For a few thousand
/// rows, or for the micro-segments of a large table: [`tree_of`](Self::tree_of) takes centroids
/// with their sizes. [`tree`](Self::tree) gives the whole [`Dendrogram`]; [`Fit`] cuts it to `k`.
///
/// By chains of nearest neighbours: O(n² · n_columns) time, O(n · n_columns) memory; the same
/// dendrogram as merging the nearest pair of all, where no two pairs are equally near. Of equally near
/// clusters a cluster takes the one before it in the chain, then the one that came first.
///
/// # References
///
/// J. H. Ward (1963), Hierarchical grouping to optimize an objective function. F. Murtagh (1983),
/// A survey of recent advances in hierarchical clustering algorithms. D. Müllner (2011), Modern
/// hierarchical, agglomerative clustering algorithms.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Fit, Schema, SegmenterExt, Ward};
///
/// let schema = Schema::new([Column::number("orders")])?;
/// let rows = FeatureTable::new(schema, array![[0.0], [1.0], [10.0], [12.0]])?;
/// let tree = Ward::new(2).tree(&rows)?;
/// let heights: Vec<f64> = tree.merges().iter().map(|merge| merge.height).collect();
/// assert_eq!(heights[..2], [1.0, 2.0]);
/// assert!((heights[2] - 10.5 * 2.0_f64.sqrt()).abs() < 1e-12);
/// assert_eq!(tree.n_clusters_at_height(5.0), 2);
/// let model = Ward::new(2).fit(&rows)?;
/// assert_eq!(model.assign(&rows)?, tree.labels(2)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ward {
    k: usize,
    max_rows: usize,
}

impl Ward {
    /// Cuts to `k` clusters, at least 1.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self { k, max_rows: 20_000 }
    }

    /// The most rows to take, since time grows with their square; default 20,000, at least 1.
    #[must_use]
    pub const fn max_rows(mut self, max_rows: usize) -> Self {
        self.max_rows = max_rows;
        self
    }

    /// The whole tree, whatever `k`.
    ///
    /// # Errors
    ///
    /// When there is no row or more than [`max_rows`](Self::max_rows) ([`ErrorKind::TooManyRows`]),
    /// a column is a category, or a cell is not a finite number.
    pub fn tree<F: Features + ?Sized>(&self, features: &F) -> Result<Dendrogram, Error> {
        let n = features.values().nrows();
        self.build(features, &vec![1.0; n])
    }

    /// The whole tree of centroids that stand for so many rows each, such as the centres and sizes
    /// of micro-segments: what the tree of all rows would be if each stood on its centroid.
    ///
    /// # Errors
    ///
    /// As [`tree`](Self::tree); also when there is not one size for each centroid, or one is not a
    /// finite number above 0.
    pub fn tree_of<F: Features + ?Sized>(
        &self,
        centroids: &F,
        sizes: &[f64],
    ) -> Result<Dendrogram, Error> {
        let expected = centroids.values().nrows();
        if sizes.len() != expected {
            let what = "sizes of centroids";
            return Err(ErrorKind::Length { what, expected, found: sizes.len() }.into());
        }
        if let Some(position) = sizes.iter().position(|size| !(*size > 0.0 && size.is_finite())) {
            let (what, expected) = ("size of centroid", "a finite number above 0");
            let found = sizes[position];
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        self.build(centroids, sizes)
    }

    /// Fits, and gives the cluster of every row in the tree, which need not be that of the nearest
    /// centroid.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit).
    pub fn fit_assign<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<(KMeansModel, Vec<SegmentIdx>), Error> {
        if self.k == 0 {
            let (name, expected) = ("k", "at least 1");
            return Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into());
        }
        let found = features.values().nrows();
        if found < self.k {
            return Err(ErrorKind::TooFewRows { expected: self.k, found }.into());
        }
        let tree = self.tree(features)?;
        Ok((tree.cut(self.k)?, tree.labels(self.k)?))
    }

    fn build<F: Features + ?Sized>(
        &self,
        features: &F,
        sizes: &[f64],
    ) -> Result<Dendrogram, Error> {
        let rows = Rows::of(features)?;
        if rows.n == 0 {
            return Err(ErrorKind::Empty { what: "rows" }.into());
        }
        if rows.n > self.max_rows {
            let (most, found) = (self.max_rows, rows.n);
            return Err(ErrorKind::TooManyRows { most, found }.into());
        }
        let largest = sizes.iter().fold(0.0_f64, |most, size| most.max(*size));
        let shares: Vec<f64> = sizes.iter().map(|size| size / largest).collect();
        let joins = with_width!(rows.d, width => Chain::new(width, &rows, &shares).join_all());
        let merges = ordered(joins, sizes, |square| {
            let unit = (2.0 * square).sqrt() / rows.scale * largest.sqrt();
            unit.min(f64::MAX)
        });
        let cells = features.values().iter().copied().collect();
        let (schema, sizes) = (features.schema().clone(), sizes.to_vec());
        Ok(Dendrogram { schema, cells, sizes, merges })
    }
}

impl<F: Features + ?Sized> Fit<F> for Ward {
    type Model = KMeansModel;
    type Error = Error;

    /// Finds the clusters of `features`, of shape `(n_rows, n_columns)`: [`Dendrogram::cut`] to `k`.
    ///
    /// # Errors
    ///
    /// As [`Ward::tree`]; also when `k` is 0 or there are fewer rows.
    fn fit(&self, features: &F) -> Result<KMeansModel, Error> {
        Ok(self.fit_assign(features)?.0)
    }
}

/// Draws nothing.
impl Seeded for Ward {
    fn reseeded(&self, _seed: u64) -> Self {
        self.clone()
    }
}

/// Two clusters by a leaf of each, and the inertia that joining them adds.
#[derive(Clone, Copy, Debug)]
struct Join {
    leaves: [u32; 2],
    added: f64,
}

/// Clusters that are left, side by side in memory, and the chain of nearest neighbours.
struct Chain<W> {
    width: W,
    centroids: Vec<f64>,
    weights: Vec<f64>,
    /// A leaf of each cluster, its least.
    leaves: Vec<u32>,
    /// Clusters of which each is the nearest of the one before.
    chain: Vec<usize>,
}

impl<W: Width> Chain<W> {
    fn new(width: W, rows: &Rows<'_>, weights: &[f64]) -> Self {
        Self {
            width,
            centroids: rows.values.to_vec(),
            weights: weights.to_vec(),
            leaves: (0..rows.n as u32).collect(),
            chain: Vec::new(),
        }
    }

    fn join_all(mut self) -> Vec<Join> {
        let mut joins = Vec::with_capacity(self.weights.len());
        while self.weights.len() > 1 {
            if self.chain.is_empty() {
                self.chain.push(0);
            }
            let last = self.chain[self.chain.len() - 1];
            let before = self.chain.len().checked_sub(2).map(|at| self.chain[at]);
            let (next, added) = self.nearest(last, before);
            if Some(next) == before {
                self.chain.truncate(self.chain.len() - 2);
                joins.push(self.join(last, next, added));
            } else {
                self.chain.push(next);
            }
        }
        joins
    }

    fn added(&self, a: usize, b: usize) -> f64 {
        let d = self.width.get();
        let (w_a, w_b) = (self.weights[a], self.weights[b]);
        let of_a = &self.centroids[a * d..(a + 1) * d];
        let of_b = &self.centroids[b * d..(b + 1) * d];
        w_a * w_b / (w_a + w_b) * self.width.square(of_a, of_b)
    }

    /// The nearest other cluster: of equals the one before in the chain, then that of the least leaf.
    fn nearest(&self, of: usize, before: Option<usize>) -> (usize, f64) {
        let mut best = match before {
            Some(before) => (before, self.added(of, before)),
            None => (usize::MAX, f64::INFINITY),
        };
        let d = self.width.get();
        let (own, weight) = (&self.centroids[of * d..(of + 1) * d], self.weights[of]);
        let others = self.centroids.chunks_exact(d).zip(&self.weights).enumerate();
        for (other, (centroid, w)) in others {
            let added = weight * w / (weight + w) * self.width.square(own, centroid);
            if added > best.1 || other == of {
                continue;
            }
            let tie = added == best.1;
            let earlier = || {
                best.0 == usize::MAX
                    || (Some(best.0) != before && self.leaves[other] < self.leaves[best.0])
            };
            if !tie || earlier() {
                best = (other, added);
            }
        }
        best
    }

    fn join(&mut self, a: usize, b: usize, added: f64) -> Join {
        let leaves = [self.leaves[a], self.leaves[b]];
        let (keep, drop) = (a.min(b), a.max(b));
        let d = self.width.get();
        let sum = self.weights[keep] + self.weights[drop];
        let share = self.weights[drop] / sum;
        for i in 0..d {
            let (to, from) = (self.centroids[keep * d + i], self.centroids[drop * d + i]);
            self.centroids[keep * d + i] = to + share * (from - to);
        }
        self.weights[keep] = sum;
        self.leaves[keep] = leaves[0].min(leaves[1]);
        // The last cluster moves into the place that fell vacant, also in the chain.
        let last = self.weights.len() - 1;
        self.weights.swap_remove(drop);
        self.leaves.swap_remove(drop);
        self.centroids.copy_within(last * d.., drop * d);
        self.centroids.truncate(last * d);
        self.chain.iter_mut().filter(|at| **at == last).for_each(|at| *at = drop);
        Join { leaves, added }
    }
}

/// The joins by ascending height, clusters numbered in that order.
fn ordered(mut joins: Vec<Join>, sizes: &[f64], height: impl Fn(f64) -> f64) -> Vec<Merge> {
    joins.sort_by(|a, b| a.added.total_cmp(&b.added));
    let n = sizes.len();
    // The root of each leaf's cluster, and the cluster's number and weight at its root.
    let mut parent: Vec<usize> = (0..n).collect();
    let mut cluster: Vec<(usize, f64)> = sizes.iter().copied().enumerate().collect();
    let mut merges = Vec::with_capacity(joins.len());
    for (m, join) in joins.iter().enumerate() {
        let [a, b] = join.leaves.map(|leaf| root(&mut parent, leaf as usize));
        let (number_a, number_b) = (cluster[a].0, cluster[b].0);
        let size = cluster[a].1 + cluster[b].1;
        parent[b] = a;
        cluster[a] = (n + m, size);
        merges.push(Merge {
            first: number_a.min(number_b),
            second: number_a.max(number_b),
            height: height(join.added),
            size,
        });
    }
    merges
}

/// The root of a leaf, with the way there halved.
fn root(parent: &mut [usize], mut leaf: usize) -> usize {
    while parent[leaf] != leaf {
        parent[leaf] = parent[parent[leaf]];
        leaf = parent[leaf];
    }
    leaf
}
