//! Bisecting k-means.

use std::collections::BTreeSet;
use std::ops::Range;

use patronage_core::{Features, Fit, Seeded, SegmentIdx};

use super::bisecting_model::{BisectingModel, Node, Split};
use super::two_means::{self, Cut, Half};
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// Clusters cut side by side before their turn; fixed, so that the number of threads changes nothing.
const AHEAD: usize = 32;

/// Which cluster is cut next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SplitBy {
    /// That of the largest inertia.
    Inertia,
    /// That of the most rows.
    Size,
}

/// Bisecting k-means: cuts the largest cluster in two, and again, down to micro-segments.
///
/// Starts with one cluster of all rows and cuts by 2-means (exact Lloyd iterations) until there are
/// `k` segments, or until none is left that may be cut: each has no more than
/// [`leaf_size`](Self::leaf_size) rows, a spread of no more than [`radius`](Self::radius), or rows
/// that are all equal. The tree is kept, so that the model can be cut at any smaller number
/// of segments, each within one of the coarser cut, with a path for a name (`1.2.1`).
///
/// Costs O(n_rows · n_columns) an iteration and level of the tree: 2,000 segments of a million
/// rows are some dozen levels. Memory is a copy of the rows. The result does not depend on the
/// number of threads.
///
/// # Degenerate input
///
/// Equal rows are never told apart, so there may be fewer segments than `k`, at least one. Numbers
/// up to `f64::MAX` are computed at a scale that neither overflows nor vanishes, as in
/// [`KMeans`](crate::KMeans).
///
/// # References
///
/// M. Steinbach, G. Karypis, V. Kumar (2000), A comparison of document clustering techniques.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{BisectingKMeans, Column, FeatureTable, Fit, Schema, Segmenter};
///
/// let schema = Schema::new([Column::number("monetary")])?;
/// let rows = array![[1.0], [2.0], [10.0], [12.0], [90.0], [99.0]];
/// let model = BisectingKMeans::new(3).fit(&FeatureTable::new(schema, rows)?)?;
/// let name = |spend: f64| model.name(model.segment(&[spend]));
/// assert_eq!((name(1.5), name(11.0), name(95.0)), (Some("1.1"), Some("1.2"), Some("2")));
/// let coarser = model.cut(2)?;
/// assert_eq!(coarser.name(coarser.segment(&[11.0])), Some("1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BisectingKMeans {
    k: usize,
    split_by: SplitBy,
    leaf_size: usize,
    radius: f64,
    restarts: usize,
    max_iter: usize,
    seed: u64,
}

impl BisectingKMeans {
    /// Cuts down to at most `k` segments, at least 1; `usize::MAX` leaves the end to the other limits.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self {
            k,
            split_by: SplitBy::Inertia,
            leaf_size: 1,
            radius: 0.0,
            restarts: 2,
            max_iter: 50,
            seed: 0,
        }
    }

    /// Which cluster is cut next; default [`SplitBy::Inertia`].
    #[must_use]
    pub const fn split_by(mut self, split_by: SplitBy) -> Self {
        self.split_by = split_by;
        self
    }

    /// A segment of no more rows is not cut; default 1, at least 1.
    #[must_use]
    pub const fn leaf_size(mut self, leaf_size: usize) -> Self {
        self.leaf_size = leaf_size;
        self
    }

    /// A segment is not cut whose rows lie no farther from its mean than this, in root mean square
    /// and the units of the columns; default 0, at least 0.
    #[must_use]
    pub const fn radius(mut self, radius: f64) -> Self {
        self.radius = radius;
        self
    }

    /// Number of starts of each cut, the best of which is taken; default 2, at least 1. The first
    /// is along the widest column, the others are drawn.
    #[must_use]
    pub const fn restarts(mut self, restarts: usize) -> Self {
        self.restarts = restarts;
        self
    }

    /// Upper bound on iterations of one cut; default 50, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits, and gives the segment of every row beside the model: what `assign` would say.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit).
    pub fn fit_assign<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<(BisectingModel, Vec<SegmentIdx>), Error> {
        let rows = Rows::of(features)?;
        self.validate(&rows)?;
        let grown = Growth::new(self, &rows).grow();
        let unscaled = |cells: Vec<f64>| -> Vec<f64> {
            cells.into_iter().enumerate().map(|(c, cell)| rows.unscaled(c, cell)).collect()
        };
        let nodes: Vec<Node> = grown
            .clusters
            .iter()
            .map(|cluster| Node {
                mean: unscaled(cluster.of.mean.clone()),
                size: cluster.of.n as u64,
                inertia: rows.unscaled_square(cluster.of.inertia),
            })
            .collect();
        let splits = grown.splits.into_iter().map(|(node, [first, second])| Split {
            node,
            poles: [unscaled(first), unscaled(second)],
        });
        let model = BisectingModel::new(features.schema().clone(), nodes, splits.collect())?;
        let mut labels = vec![SegmentIdx::default(); rows.n];
        for (node, cluster) in grown.clusters.iter().enumerate() {
            if let Some(segment) = model.segment_of_node(node) {
                grown.order[cluster.range.clone()]
                    .iter()
                    .for_each(|&row| labels[row as usize] = segment);
            }
        }
        Ok((model, labels))
    }

    fn validate(&self, rows: &Rows<'_>) -> Result<(), Error> {
        let refuse = |name, expected, found| {
            Err(Error::from(ErrorKind::Parameter { name, expected, found }))
        };
        for (name, value) in [
            ("k", self.k),
            ("leaf_size", self.leaf_size),
            ("restarts", self.restarts),
            ("max_iter", self.max_iter),
        ] {
            if value == 0 {
                return refuse(name, "at least 1", 0.0);
            }
        }
        if !(self.radius >= 0.0 && self.radius.is_finite()) {
            return refuse("radius", "a finite number, at least 0", self.radius);
        }
        if rows.n == 0 {
            return Err(ErrorKind::Empty { what: "rows" }.into());
        }
        Ok(())
    }
}

impl<F: Features + ?Sized> Fit<F> for BisectingKMeans {
    type Model = BisectingModel;
    type Error = Error;

    /// Finds the segments of `features`, of shape `(n_rows, n_columns)`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there is no row, a column is a category, or a cell is
    /// not a finite number (the row and the column are named).
    fn fit(&self, features: &F) -> Result<BisectingModel, Error> {
        Ok(self.fit_assign(features)?.0)
    }
}

impl Seeded for BisectingKMeans {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}

/// A cluster: where its rows stand, and what they are.
struct Cluster {
    range: Range<usize>,
    of: Half,
}

/// The tree while it grows. Rows are kept cluster by cluster, so that every cluster is one slice.
struct Growth<'a> {
    estimator: &'a BisectingKMeans,
    d: usize,
    /// The least inertia per row of a cluster that may be cut, at the scale of the rows.
    least_spread: f64,
    cells: Vec<f64>,
    order: Vec<u32>,
    clusters: Vec<Cluster>,
    splits: Vec<(usize, [Vec<f64>; 2])>,
    /// What comes of cutting each cluster; made ahead of its turn.
    cuts: Vec<Option<Option<Cut>>>,
    /// Clusters that may be cut, by how soon.
    queue: BTreeSet<(std::cmp::Reverse<u64>, usize)>,
}

impl<'a> Growth<'a> {
    fn new(estimator: &'a BisectingKMeans, rows: &Rows<'_>) -> Self {
        let radius = estimator.radius * rows.scale;
        let mut growth = Self {
            estimator,
            d: rows.d,
            least_spread: radius * radius,
            cells: rows.values.to_vec(),
            order: (0..rows.n as u32).collect(),
            clusters: Vec::new(),
            splits: Vec::new(),
            cuts: Vec::new(),
            queue: BTreeSet::new(),
        };
        let of = two_means::whole(&growth.cells, rows.d);
        growth.add(0..rows.n, of);
        growth
    }

    fn add(&mut self, range: Range<usize>, of: Half) {
        let n = of.n as f64;
        if of.n > self.estimator.leaf_size && of.inertia > self.least_spread * n {
            // Numbers that are not negative order as their bits do.
            let soon = match self.estimator.split_by {
                SplitBy::Inertia => of.inertia.to_bits(),
                SplitBy::Size => of.n as u64,
            };
            self.queue.insert((std::cmp::Reverse(soon), self.clusters.len()));
        }
        self.clusters.push(Cluster { range, of });
        self.cuts.push(None);
    }

    fn grow(mut self) -> Self {
        while self.splits.len() + 1 < self.estimator.k {
            let Some(&(_, next)) = self.queue.first() else { break };
            if self.cuts[next].is_none() {
                self.cut_ahead();
            }
            self.queue.pop_first();
            // Rows so near each other that rounding makes them one are not cut.
            let Some(cut) = self.cuts[next].take().flatten() else { continue };
            self.split(next, cut);
        }
        self
    }

    /// Cuts the clusters next in turn side by side: a cut depends on its cluster alone.
    fn cut_ahead(&mut self) {
        let n = AHEAD.min(self.estimator.k - self.splits.len() - 1);
        let uncut = |node: &usize| self.cuts[*node].is_none();
        let nodes: Vec<usize> =
            self.queue.iter().take(n).map(|&(_, node)| node).filter(uncut).collect();
        let (estimator, d) = (self.estimator, self.d);
        let cuts = parallel::map(nodes.len(), |i| {
            let Cluster { range, of } = &self.clusters[nodes[i]];
            let cells = &self.cells[range.start * d..range.end * d];
            let draws = (estimator.seed, nodes[i] as u64);
            two_means::cut(cells, d, of, estimator.restarts, estimator.max_iter, draws)
        });
        for (node, cut) in nodes.into_iter().zip(cuts) {
            self.cuts[node] = Some(cut);
        }
    }

    fn split(&mut self, node: usize, cut: Cut) {
        let (d, range) = (self.d, self.clusters[node].range.clone());
        let middle = range.start + cut.halves[0].n;
        let cells = self.cells[range.start * d..range.end * d].to_vec();
        let order = self.order[range.clone()].to_vec();
        let mut places = [range.start, middle];
        for ((row, cells), &second) in order.iter().zip(cells.chunks_exact(d)).zip(&cut.second) {
            let place = &mut places[usize::from(second)];
            self.order[*place] = *row;
            self.cells[*place * d..(*place + 1) * d].copy_from_slice(cells);
            *place += 1;
        }
        self.splits.push((node, cut.poles));
        let [first, second] = cut.halves;
        self.add(range.start..middle, first);
        self.add(middle..range.end, second);
    }
}
