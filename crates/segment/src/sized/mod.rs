//! k-means with bounds on the sizes of clusters.

mod flow;

use patronage_core::{Features, Fit, Seeded, SegmentIdx};

use self::flow::Bounds;
use crate::criteria::sample;
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::kmeans::metric::with_width;
use crate::kmeans::{KMeans, KMeansModel, Metric, Run};
use crate::parallel;

/// Rows in one piece of work.
const BLOCK: usize = 4096;

/// Up to so many rows the default is four starts; above it one.
const SMALL: usize = 10_000;

/// k-means whose clusters have no fewer and no more rows than asked: segments a campaign can serve.
///
/// Minimises the inertia of k-means under bounds on the sizes of clusters:
///
/// ```text
/// Σᵢ ‖xᵢ − μ_label(i)‖²    with  min_size ≤ |{i: label(i) = c}| ≤ max_size  for every c
/// ```
///
/// From the centres of an ordinary [`KMeans`], two steps alternate: the assignment of least cost
/// within the bounds, which is a minimum-cost flow and solved exactly, and the means of the
/// clusters. Neither raises the inertia; the end is a local optimum, the best of a few starts.
/// Above 10,000 rows the centres first settle on a sixteenth of them (no fewer than 5,000, drawn
/// without replacement) under bounds in proportion.
///
/// The bounds hold for the labels of [`fit_assign`](Self::fit_assign) and
/// [`assign_within`](Self::assign_within). The model itself puts new rows to the nearest centre,
/// with no regard to sizes: one row alone has no bounds to keep.
///
/// One assignment costs O(n_rows · k · n_columns), and O(k² + k log n_rows) for each row that
/// is not where it would go for the price of its cluster: all rows beyond bounds in the first,
/// few in later ones, which start from the prices of the one before. Memory is 8 bytes a row and
/// cluster. The result does not depend on the number of threads.
///
/// # Degenerate input
///
/// Bounds hold also among equal rows: with fewer distinct rows than `k`, some clusters share a
/// centre. With a `min_size` of 0 a cluster may end empty, and is then no cluster of the model.
///
/// # References
///
/// P. S. Bradley, K. P. Bennett, A. Demiriz (2000), Constrained k-means clustering.
/// R. K. Ahuja, T. L. Magnanti, J. B. Orlin (1993), Network flows, section 9.7.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, ConstrainedKMeans, FeatureTable, Schema};
///
/// let schema = Schema::new([Column::number("orders")])?;
/// let rows = FeatureTable::new(schema, array![[1.0], [2.0], [3.0], [4.0], [60.0]])?;
/// let (model, labels) = ConstrainedKMeans::new(2).min_size(2).fit_assign(&rows)?;
/// assert_eq!(model.sizes(), [3, 2]);
/// assert_eq!(labels[3], labels[4]);
/// // One call centre cannot serve more than four of them.
/// let error = ConstrainedKMeans::new(1).max_size(4).fit_assign(&rows).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "expected sizes that add up to 5 rows, found 1 clusters of 1 to 4 rows each"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConstrainedKMeans {
    k: usize,
    min_size: usize,
    max_size: usize,
    restarts: Option<usize>,
    max_iter: usize,
    seed: u64,
}

impl ConstrainedKMeans {
    /// k-means with `k` clusters, at least 1.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self { k, min_size: 1, max_size: usize::MAX, restarts: None, max_iter: 300, seed: 0 }
    }

    /// The least rows of a cluster; default 1, at most the rows over `k`.
    #[must_use]
    pub const fn min_size(mut self, min_size: usize) -> Self {
        self.min_size = min_size;
        self
    }

    /// The most rows of a cluster; default without bound, at least the rows over `k`.
    #[must_use]
    pub const fn max_size(mut self, max_size: usize) -> Self {
        self.max_size = max_size;
        self
    }

    /// Number of starts, the best of which is taken; default 4 up to 10,000 rows and 1 above, at least 1.
    #[must_use]
    pub const fn restarts(mut self, restarts: usize) -> Self {
        self.restarts = Some(restarts);
        self
    }

    /// Upper bound on assignments of one start; default 300, at least 1.
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

    /// Fits, and gives the cluster of every row, sizes within the bounds.
    ///
    /// The model's sizes and inertia are those of these labels.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit).
    pub fn fit_assign<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<(KMeansModel, Vec<SegmentIdx>), Error> {
        let rows = Rows::of(features)?;
        let bounds = self.validate(&rows, self.k)?;
        let n_starts = self.restarts.unwrap_or(if rows.n <= SMALL { 4 } else { 1 });
        let start = |start: usize| {
            // The first start of few rows is the best k-means there is, the others are plain ones.
            let seed = self.seed.wrapping_add(start as u64);
            let kmeans = KMeans::new(self.k).max_iter(self.max_iter).seed(seed);
            let kmeans =
                if start == 0 && rows.n <= SMALL { kmeans } else { kmeans.restarts(1).swaps(0) };
            self.run(&rows, kmeans.run(&rows).centres, bounds)
        };
        let best = parallel::map(n_starts, start)
            .into_iter()
            .reduce(|a, b| if b.inertia < a.inertia { b } else { a })
            .expect("validate asks for at least one start");
        Ok(KMeansModel::from_run(features.schema().clone(), &rows, self.k, Metric::Euclidean, best))
    }

    /// The clusters of rows at frozen centres: of all assignments within the bounds the one of
    /// least inertia.
    ///
    /// The number of clusters is the model's; `k` and the other parameters have no say.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit); also when the features' schema is not the model's.
    pub fn assign_within<F: Features + ?Sized>(
        &self,
        model: &KMeansModel,
        features: &F,
    ) -> Result<Vec<SegmentIdx>, Error> {
        use patronage_core::Segmenter;
        model.schema().check(features.schema())?;
        let rows = Rows::of(features)?;
        let bounds = self.validate(&rows, model.n_segments())?;
        let cells = model.centres();
        // Clamped at the scale of the rows: far out is as good as farther out.
        let centres = cells
            .indexed_iter()
            .map(|((_, column), &cell)| rows.scaled(column, cell).clamp(-1e15, 1e15))
            .collect::<Vec<_>>();
        let k = model.n_segments();
        let costs = costs(&rows, &centres);
        let labels = flow::assign(&costs, k, bounds, &mut vec![0.0; k]);
        Ok(labels.into_iter().map(SegmentIdx::new).collect())
    }

    fn validate(&self, rows: &Rows<'_>, k: usize) -> Result<Bounds, Error> {
        let refuse =
            |name, expected| Err(Error::from(ErrorKind::Parameter { name, expected, found: 0.0 }));
        if k == 0 {
            return refuse("k", "at least 1");
        }
        if self.restarts == Some(0) {
            return refuse("restarts", "at least 1");
        }
        if self.max_iter == 0 {
            return refuse("max_iter", "at least 1");
        }
        let (least, most) = (self.min_size, self.max_size.min(rows.n));
        if k.saturating_mul(least) > rows.n || k.saturating_mul(most) < rows.n || least > most {
            let (n_rows, n_clusters) = (rows.n, k);
            return Err(ErrorKind::Sizes { n_rows, n_clusters, least, most }.into());
        }
        if rows.n < k {
            return Err(ErrorKind::TooFewRows { expected: k, found: rows.n }.into());
        }
        Ok(Bounds { least, most })
    }

    fn run(&self, rows: &Rows<'_>, mut centres: Vec<f64>, bounds: Bounds) -> Run {
        let (k, d) = (self.k, rows.d);
        // Fewer distinct rows than clusters leave starts to be had twice.
        while centres.len() < k * d {
            centres.extend_from_within(..d);
        }
        let mut prices = vec![0.0; k];
        if rows.n > SMALL {
            // Most of the way is gone on some of the rows, under bounds in proportion.
            let positions = sample::positions(rows.n, (rows.n / 16).max(SMALL / 2), self.seed);
            let some = sample::pick(rows, &positions);
            let part = some.n as f64 / rows.n as f64;
            let least = (bounds.least as f64 * part) as usize;
            let most = (bounds.most as f64 * part).ceil() as usize;
            let most = most.max(some.n.div_ceil(k));
            self.alternate(&some, &mut centres, &mut prices, Bounds { least, most });
        }
        let (labels, n_iter, converged) = self.alternate(rows, &mut centres, &mut prices, bounds);
        let own = |row: usize| {
            let label = labels[row] as usize;
            crate::kmeans::metric::square(rows.row(row), &centres[label * d..(label + 1) * d])
        };
        let inertia = (0..rows.n).map(own).sum();
        Run { centres, labels, inertia, n_iter, converged, algorithm: None }
    }

    /// Assignments and means in turn, with the labels and number of the former; whether they
    /// came to an end.
    fn alternate(
        &self,
        rows: &Rows<'_>,
        centres: &mut [f64],
        prices: &mut [f64],
        bounds: Bounds,
    ) -> (Vec<u32>, usize, bool) {
        let k = self.k;
        let mut best: Option<(Vec<u32>, f64)> = None;
        let (mut n_iter, mut converged) = (0, false);
        while n_iter < self.max_iter {
            n_iter += 1;
            let costs = costs(rows, centres);
            let labels = flow::assign(&costs, k, bounds, prices);
            let own =
                labels.iter().enumerate().map(|(row, &label)| costs[row * k + label as usize]);
            let inertia: f64 = own.sum();
            // Equal sums from other labels are ties, among which one could go round for ever.
            if best.as_ref().is_some_and(|(before, least)| *before == labels || inertia >= *least) {
                converged = true;
                break;
            }
            move_to_means(rows, &labels, centres);
            best = Some((labels, inertia));
        }
        let (labels, _) = best.expect("at least one iteration");
        (labels, n_iter, converged)
    }
}

impl<F: Features + ?Sized> Fit<F> for ConstrainedKMeans {
    type Model = KMeansModel;
    type Error = Error;

    /// Finds the clusters of `features`, of shape `(n_rows, n_columns)`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, the bounds cannot be kept with so many rows
    /// ([`ErrorKind::Sizes`]), a column is a category, or a cell is not a finite number.
    fn fit(&self, features: &F) -> Result<KMeansModel, Error> {
        Ok(self.fit_assign(features)?.0)
    }
}

impl Seeded for ConstrainedKMeans {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}

/// The squared distance of every row to every centre, row-major.
fn costs(rows: &Rows<'_>, centres: &[f64]) -> Vec<f64> {
    let k = centres.len() / rows.d;
    let mut costs = vec![0.0; rows.n * k];
    let mut blocks: Vec<&mut [f64]> = costs.chunks_mut(BLOCK * k).collect();
    with_width!(rows.d, width => parallel::map_mut(&mut blocks, |block, costs| {
        use crate::kmeans::metric::Width;
        for (i, costs) in costs.chunks_exact_mut(k).enumerate() {
            let row = rows.row(block * BLOCK + i);
            for (cost, centre) in costs.iter_mut().zip(centres.chunks_exact(rows.d)) {
                *cost = width.square(row, centre);
            }
        }
    }));
    costs
}

/// Moves every centre that has rows to their mean.
fn move_to_means(rows: &Rows<'_>, labels: &[u32], centres: &mut [f64]) {
    let (d, k) = (rows.d, centres.len() / rows.d);
    let (mut sums, mut sizes) = (vec![0.0; k * d], vec![0_u64; k]);
    for (row, &label) in labels.iter().enumerate() {
        let label = label as usize;
        sizes[label] += 1;
        let sum = &mut sums[label * d..(label + 1) * d];
        sum.iter_mut().zip(rows.row(row)).for_each(|(sum, cell)| *sum += cell);
    }
    for (c, &size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
        let cells = c * d..(c + 1) * d;
        for (cell, sum) in centres[cells.clone()].iter_mut().zip(&sums[cells]) {
            *cell = sum / size as f64;
        }
    }
}
