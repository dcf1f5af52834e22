//! k-means from small batches of rows, and from streams.

mod online;
#[cfg(feature = "serde")]
mod online_saved;
mod step;

use patronage_core::{Features, Fit, Seeded, SegmentIdx};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use self::online::OnlineKMeans;
use self::step::Centres;
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::kmeans::metric::{Width, nearest, with_width};
use crate::kmeans::{KMeans, KMeansModel, Metric, Run};
use crate::parallel;

/// Rows in one piece of work.
const BLOCK: usize = 4096;

/// Steps without a better mean after which the end is reached.
const PATIENCE: usize = 10;

/// Mini-batch k-means: centres learnt from small random batches, nearly as good as [`KMeans`] at a
/// fraction of its time where rows are many.
///
/// Starts from the k-means of a few batches of rows. Then, for each batch, every row finds its
/// nearest centre, and moves it by `1 / count` of the way, `count` being the rows that the centre
/// has taken: so a centre is the mean of all rows it took. A centre that takes hardly any row
/// starts anew from a row far from its own. The end is reached when the moving average of the
/// batches' inertia has not fallen for ten steps. Two passes over all rows follow: one brings the
/// centres to the means of their rows, the other gives labels and the inertia, which is exact.
///
/// Typically within a few per cent of the inertia of [`KMeans`], which is what to take where the
/// difference matters. For rows that come one batch after another, see [`OnlineKMeans`].
///
/// Costs O(batch_size · k · n_columns) a step and O(n_rows · k · n_columns) for the passes. The
/// result does not depend on the number of threads.
///
/// # Degenerate input
///
/// As [`KMeans`]; a cluster that has no row in the end is no cluster of the model.
///
/// # References
///
/// D. Sculley (2010), Web-scale k-means clustering.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Fit, MiniBatchKMeans, Schema};
///
/// let schema = Schema::new([Column::number("orders")])?;
/// let rows = FeatureTable::new(schema, array![[1.0], [2.0], [40.0], [44.0]])?;
/// let model = MiniBatchKMeans::new(2).fit(&rows)?;
/// assert_eq!(model.inertia(), 8.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MiniBatchKMeans {
    k: usize,
    batch_size: usize,
    max_passes: usize,
    seed: u64,
}

impl MiniBatchKMeans {
    /// Mini-batch k-means with `k` clusters, at least 1.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self { k, batch_size: 1024, max_passes: 10, seed: 0 }
    }

    /// Rows of one batch; default 1,024, at least 1.
    #[must_use]
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Upper bound on how often as many rows are drawn as there are; default 10, at least 1.
    #[must_use]
    pub const fn max_passes(mut self, max_passes: usize) -> Self {
        self.max_passes = max_passes;
        self
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits, and gives the cluster of every row beside the model: what `assign` would say.
    ///
    /// The model's `n_iter` counts batches; it has converged when the end was reached before the
    /// bound on passes.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit).
    pub fn fit_assign<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<(KMeansModel, Vec<SegmentIdx>), Error> {
        let rows = Rows::of(features)?;
        for (name, value) in
            [("k", self.k), ("batch_size", self.batch_size), ("max_passes", self.max_passes)]
        {
            if value == 0 {
                let expected = "at least 1";
                return Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into());
            }
        }
        if rows.n < self.k {
            return Err(ErrorKind::TooFewRows { expected: self.k, found: rows.n }.into());
        }
        let run = self.run(&rows);
        Ok(KMeansModel::from_run(features.schema().clone(), &rows, self.k, Metric::Euclidean, run))
    }

    fn run(&self, rows: &Rows<'_>) -> Run {
        let draw = |stream: usize, n: usize| -> Vec<f64> {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(stream as u64);
            (0..n).flat_map(|_| rows.row(rng.random_range(0..rows.n))).copied().collect()
        };
        let n_start = self.batch_size.saturating_mul(3).max(10 * self.k).min(rows.n);
        let sample = if n_start == rows.n { rows.values.to_vec() } else { draw(0, n_start) };
        let mut centres = start(&sample, rows.d, self.k, self.seed);
        let batch_size = self.batch_size.min(rows.n);
        let n_steps = (self.max_passes as f64 * rows.n as f64 / batch_size as f64).ceil() as usize;
        let weight = (2.0 * batch_size as f64 / (rows.n + 1) as f64).min(1.0);
        let (mut n_iter, mut converged) = (0, false);
        let (mut mean, mut best, mut waited) = (None, f64::INFINITY, 0);
        while n_iter < n_steps && !converged {
            n_iter += 1;
            let batch = draw(n_iter, batch_size);
            let stream = u64::MAX - n_iter as u64;
            let inertia = centres.step(&batch, self.seed, stream);
            let now = mean.map_or(inertia, |mean: f64| mean + weight * (inertia - mean));
            mean = Some(now);
            waited = if now < best { 0 } else { waited + 1 };
            best = best.min(now);
            converged = waited >= PATIENCE;
        }
        let means = pass(rows, &centres.cells).means(&centres.cells);
        let last = pass(rows, &means);
        let (labels, inertia) = (last.labels, last.inertia);
        Run { centres: means, labels, inertia, n_iter, converged, algorithm: None }
    }
}

impl<F: Features + ?Sized> Fit<F> for MiniBatchKMeans {
    type Model = KMeansModel;
    type Error = Error;

    /// Finds the clusters of `features`, of shape `(n_rows, n_columns)`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there are fewer rows than clusters, a column is a
    /// category, or a cell is not a finite number (the row and the column are named).
    fn fit(&self, features: &F) -> Result<KMeansModel, Error> {
        Ok(self.fit_assign(features)?.0)
    }
}

impl Seeded for MiniBatchKMeans {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}

/// The k-means of a few rows, as centres that took them.
fn start(cells: &[f64], d: usize, k: usize, seed: u64) -> Centres {
    let rows = Rows {
        values: cells.into(),
        n: cells.len() / d,
        d,
        scale: 1.0,
        origin: Vec::new(),
        weights: None,
        weight_unit: 1.0,
    };
    let run = KMeans::new(k.min(rows.n)).restarts(3).swaps(0).seed(seed).run(&rows);
    let mut counts = vec![0; run.centres.len() / d];
    run.labels.iter().for_each(|&label| counts[label as usize] += 1);
    // Centres without rows are wanting: they are given rows as these come.
    let taken = run.centres.chunks_exact(d).zip(&counts).filter(|(_, count)| **count > 0);
    let cells: Vec<f64> = taken.flat_map(|(centre, _)| centre).copied().collect();
    counts.retain(|&count| count > 0);
    let recent = vec![0; counts.len()];
    Centres { k, d, cells, counts, recent }
}

/// All rows at their nearest centres.
struct Pass {
    labels: Vec<u32>,
    inertia: f64,
    sums: Vec<f64>,
    counts: Vec<u64>,
}

impl Pass {
    /// The means of the rows of each centre; a centre without rows stays.
    fn means(&self, centres: &[f64]) -> Vec<f64> {
        let d = centres.len() / self.counts.len();
        let mean = |(i, centre): (usize, &f64)| match self.counts[i / d] {
            0 => *centre,
            count => self.sums[i] / count as f64,
        };
        centres.iter().enumerate().map(mean).collect()
    }
}

fn pass(rows: &Rows<'_>, centres: &[f64]) -> Pass {
    let (d, k) = (rows.d, centres.len() / rows.d);
    let ranges: Vec<_> = parallel::ranges(rows.n, BLOCK).collect();
    let parts = with_width!(d, width => parallel::map(ranges.len(), |block| {
        let mut part =
            Pass { labels: Vec::new(), inertia: 0.0, sums: vec![0.0; k * d], counts: vec![0; k] };
        for position in ranges[block].clone() {
            let row = rows.row(position);
            let found = nearest(width, row, centres);
            let label = found.label as usize;
            part.labels.push(found.label);
            part.inertia += found.square;
            part.counts[label] += 1;
            let sum = &mut part.sums[label * width.get()..(label + 1) * width.get()];
            sum.iter_mut().zip(row).for_each(|(sum, cell)| *sum += cell);
        }
        part
    }));
    let none =
        Pass { labels: Vec::new(), inertia: 0.0, sums: vec![0.0; k * d], counts: vec![0; k] };
    parts.into_iter().fold(none, |mut all, part| {
        all.labels.extend(part.labels);
        all.inertia += part.inertia;
        all.sums.iter_mut().zip(part.sums).for_each(|(sum, part)| *sum += part);
        all.counts.iter_mut().zip(part.counts).for_each(|(count, part)| *count += part);
        all
    })
}
