//! k-means of a stream.

use patronage_core::{Features, Schema};

use super::start;
use super::step::Centres;
use crate::data::{Rows, scale_for};
use crate::error::{Error, ErrorKind};
use crate::kmeans::KMeansModel;

/// k-means of rows that come and go: absorbs batches in constant memory, and gives a
/// [`KMeansModel`] at any time.
///
/// The first [`start_size`](Self::start_size) rows are kept and clustered; from then on rows are
/// taken in batches of [`batch_size`](Self::batch_size), each of which moves its nearest centre by
/// `1 / count` of the way (Sculley 2010), as in [`MiniBatchKMeans`](crate::MiniBatchKMeans).
///
/// *Exact*: each centre is the mean of the rows it took since it last started anew, and the counts
/// are their numbers; the same rows in the same order give the same state, however `absorb` cuts
/// them, on any number of threads, and after saving and loading. *Dependent on order*: which centre
/// took a row, so the same rows in another order give another, about equally good, state. The more
/// rows a centre has taken the less a new one moves it: a stream whose customers change wants a
/// fresh start from time to time.
///
/// Memory is O(k · n_columns) and at most `start_size` or `batch_size` rows that wait; a row costs
/// O(k · n_columns).
///
/// # References
///
/// D. Sculley (2010), Web-scale k-means clustering.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_segment::{Column, FeatureTable, OnlineKMeans, Schema, Segmenter};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let mut clusters = OnlineKMeans::new(schema.clone(), 2)?;
/// for day in 0..50 {
///     let batch = Array2::from_shape_fn((40, 1), |(row, _)| ((row % 2) * 100 + row + day) as f64);
///     clusters.absorb(&FeatureTable::new(schema.clone(), batch)?)?;
/// }
/// assert_eq!(clusters.n_rows(), 2_000);
/// let model = clusters.model()?;
/// assert_ne!(model.segment(&[30.0]), model.segment(&[160.0]));
/// assert_eq!(model.sizes().iter().sum::<u64>(), 2_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "super::online_saved::Repr", into = "super::online_saved::Repr")
)]
pub struct OnlineKMeans {
    pub(super) schema: Schema,
    pub(super) k: usize,
    pub(super) batch_size: usize,
    pub(super) start_size: usize,
    pub(super) seed: u64,
    /// In the units of the columns; none until the start.
    pub(super) centres: Option<Centres>,
    /// Rows that wait, row-major.
    pub(super) waiting: Vec<f64>,
    pub(super) n_rows: u64,
    pub(super) n_steps: u64,
    pub(super) inertia: f64,
}

impl OnlineKMeans {
    /// `k` clusters of rows of `schema`, none seen.
    ///
    /// # Errors
    ///
    /// When `k` is 0, there is no column, or a column is a category.
    pub fn new(schema: Schema, k: usize) -> Result<Self, Error> {
        if k == 0 {
            return Err(at_least_one("k"));
        }
        crate::data::check_kinds(&schema)?;
        let (batch_size, start_size) = (1024, k.saturating_mul(20).max(1024));
        Ok(Self {
            schema,
            k,
            batch_size,
            start_size,
            seed: 0,
            centres: None,
            waiting: Vec::new(),
            n_rows: 0,
            n_steps: 0,
            inertia: 0.0,
        })
    }

    /// The same, with batches of so many rows; default 1,024.
    ///
    /// # Errors
    ///
    /// When it is 0, or rows were seen.
    pub fn batch_size(mut self, batch_size: usize) -> Result<Self, Error> {
        if batch_size == 0 {
            return Err(at_least_one("batch_size"));
        }
        self.unseen("rows seen before batch_size is set")?;
        self.batch_size = batch_size;
        Ok(self)
    }

    /// The same, started from so many rows; default 20 for each cluster, and at least 1,024.
    ///
    /// # Errors
    ///
    /// When it is less than `k`, or rows were seen.
    pub fn start_size(mut self, start_size: usize) -> Result<Self, Error> {
        if start_size < self.k {
            let (name, expected) = ("start_size", "at least k");
            return Err(ErrorKind::Parameter { name, expected, found: start_size as f64 }.into());
        }
        self.unseen("rows seen before start_size is set")?;
        self.start_size = start_size;
        Ok(self)
    }

    /// The same, with another seed of the draws; default 0.
    ///
    /// # Errors
    ///
    /// When rows were seen.
    pub fn seed(mut self, seed: u64) -> Result<Self, Error> {
        self.unseen("rows seen before seed is set")?;
        self.seed = seed;
        Ok(self)
    }

    fn unseen(&self, what: &'static str) -> Result<(), Error> {
        if self.n_rows == 0 {
            return Ok(());
        }
        Err(ErrorKind::Length { what, expected: 0, found: self.n_rows as usize }.into())
    }

    /// The rows seen.
    #[must_use]
    pub const fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// The columns.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Takes a batch of any number of rows, of shape `(n_rows, n_columns)`, in their order.
    ///
    /// # Errors
    ///
    /// When the features' schema is another, or a cell is not a finite number (the row and the
    /// column are named); then none of the rows is taken.
    pub fn absorb<F: Features + ?Sized>(&mut self, batch: &F) -> Result<(), Error> {
        self.schema.check(batch.schema())?;
        // Checks every cell before any is taken.
        Rows::of(batch)?;
        let d = self.schema.len();
        for row in batch.values().rows() {
            self.waiting.extend(row);
            self.n_rows += 1;
            let full = if self.centres.is_none() { self.start_size } else { self.batch_size };
            if self.waiting.len() >= full.saturating_mul(d) {
                self.take();
            }
        }
        Ok(())
    }

    /// The clusters of all rows seen so far: a row belongs to the nearest centre.
    ///
    /// Its sizes are the rows that each centre took since it last started anew. Its inertia adds up
    /// the squared distance of each row to its nearest centre as it stood when the row came; rows of
    /// the start are measured against its centres. Its `n_iter` counts batches.
    ///
    /// # Errors
    ///
    /// When no row was seen.
    pub fn model(&self) -> Result<KMeansModel, Error> {
        let mut state = self.clone();
        if !state.waiting.is_empty() {
            state.take();
        }
        let Some(centres) = state.centres else {
            return Err(ErrorKind::Empty { what: "rows" }.into());
        };
        Ok(KMeansModel::of_stream(
            state.schema,
            (centres.cells, centres.counts, state.k),
            state.inertia,
            usize::try_from(state.n_steps).unwrap_or(usize::MAX),
        ))
    }

    /// Takes the rows that wait.
    fn take(&mut self) {
        let d = self.schema.len();
        let rows = std::mem::take(&mut self.waiting);
        let before = self.centres.as_ref().map_or(&[][..], |centres| &centres.cells);
        let scale =
            scale_for(rows.iter().chain(before).fold(0.0, |most: f64, cell| most.max(cell.abs())));
        let scaled =
            |cells: &[f64]| -> Vec<f64> { cells.iter().map(|cell| cell * scale).collect() };
        let rows = scaled(&rows);
        let square = match &mut self.centres {
            Some(centres) => {
                centres.cells = scaled(&centres.cells);
                centres.step(&rows, self.seed, self.n_steps)
            }
            None => {
                let centres = self.centres.insert(start(&rows, d, self.k, self.seed));
                super::pass(
                    &Rows {
                        n: rows.len() / d,
                        values: rows.into(),
                        d,
                        scale: 1.0,
                        origin: Vec::new(),
                        weights: None,
                        weight_unit: 1.0,
                    },
                    &centres.cells,
                )
                .inertia
            }
        };
        self.inertia = (self.inertia + square / scale / scale).min(f64::MAX);
        self.n_steps += 1;
        if let Some(centres) = &mut self.centres {
            let unscaled = |cell: &mut f64| *cell = (*cell / scale).clamp(-f64::MAX, f64::MAX);
            centres.cells.iter_mut().for_each(unscaled);
        }
    }
}

fn at_least_one(name: &'static str) -> Error {
    ErrorKind::Parameter { name, expected: "at least 1", found: 0.0 }.into()
}
