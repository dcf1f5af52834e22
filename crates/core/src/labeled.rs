//! Rows with labels.

use ndarray::{ArrayView1, ArrayView2, Axis};

use crate::derived::Derived;
use crate::error::{Error, ErrorKind};
use crate::features::Features;
use crate::index::ClassIdx;
use crate::schema::Schema;

/// A target that rows can be labelled with: [`ClassIdx`] for classes, `f64` for numbers.
pub trait Label: Copy + Send + Sync + std::fmt::Debug + 'static {
    /// Whether it can be learnt from.
    fn is_valid(self) -> bool;

    /// As a number, for messages.
    fn as_f64(self) -> f64;
}

impl Label for ClassIdx {
    fn is_valid(self) -> bool {
        true
    }

    fn as_f64(self) -> f64 {
        f64::from(self.get())
    }
}

impl Label for f64 {
    fn is_valid(self) -> bool {
        self.is_finite()
    }

    fn as_f64(self) -> f64 {
        self
    }
}

/// Rows, labels, weights and the rows that take part: a resample copies no feature.
///
/// `Labeled::new(&table, &labels)?` takes every row; [`select`](Self::select) narrows or repeats
/// rows (a bootstrap, a fold). Positions `0..len()` count the rows that take part;
/// [`row_index`](Self::row_index) says where they stand in the table.
///
/// ```
/// use ndarray::array;
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [2.0], [3.0]])?;
/// let labels = [ClassIdx::new(0), ClassIdx::new(1), ClassIdx::new(1)];
/// let all = Labeled::new(&table, &labels)?;
/// let twice_last = all.select(&[2, 2])?;
/// assert_eq!(twice_last.len(), 2);
/// assert_eq!(twice_last.row(1)[0], 3.0);
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Labeled<'a, Y> {
    schema: &'a Schema,
    values: ArrayView2<'a, f64>,
    labels: &'a [Y],
    weights: Option<&'a [f64]>,
    rows: Option<&'a [u32]>,
    derived: Option<&'a Derived>,
}

impl<'a, Y: Label> Labeled<'a, Y> {
    /// Every row of `features` with its label.
    ///
    /// # Errors
    ///
    /// When lengths differ, or a label is not finite.
    pub fn new<F: Features + ?Sized>(features: &'a F, labels: &'a [Y]) -> Result<Self, Error> {
        let values = features.values();
        check_labels(labels, values.nrows())?;
        let schema = features.schema();
        Ok(Self { schema, values, labels, weights: None, rows: None, derived: None })
    }

    /// The same rows with a weight for each row of the table (not only those that take part).
    ///
    /// # Errors
    ///
    /// When lengths differ, or a weight is negative or not finite.
    pub fn weighted(mut self, weights: &'a [f64]) -> Result<Self, Error> {
        if weights.len() != self.labels.len() {
            let (what, expected) = ("weights", self.labels.len());
            return Err(ErrorKind::Length { what, expected, found: weights.len() }.into());
        }
        if let Some(position) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
            let (what, expected) = ("weight", "a finite number, at least 0");
            return Err(
                ErrorKind::Number { what, position, expected, found: weights[position] }.into()
            );
        }
        self.weights = Some(weights);
        Ok(self)
    }

    /// The rows of the table at `rows`, in that order, repeated where repeated.
    ///
    /// `rows` are rows of the table, whatever took part before.
    ///
    /// # Errors
    ///
    /// When a row is out of range.
    pub fn select(mut self, rows: &'a [u32]) -> Result<Self, Error> {
        let bound = self.labels.len();
        if let Some(&found) = rows.iter().find(|&&row| row as usize >= bound) {
            return Err(ErrorKind::OutOfRange { noun: "row", bound, found: found as usize }.into());
        }
        self.rows = Some(rows);
        Ok(self)
    }

    /// The same rows for a shorter while, so that [`select`](Self::select) may take rows that live
    /// less long than the table (a resample drawn on the spot).
    #[must_use]
    pub fn reborrow<'b>(&'b self) -> Labeled<'b, Y>
    where
        'a: 'b,
    {
        let Self { schema, values, labels, weights, rows, derived } = *self;
        Labeled { schema, values: values.reborrow(), labels, weights, rows, derived }
    }

    /// The same rows, with a place for what estimators work out of the whole table once for all
    /// resamples of it: pass the same one with every resample of this table, and with no other.
    #[must_use]
    pub const fn derived_in(mut self, derived: &'a Derived) -> Self {
        self.derived = Some(derived);
        self
    }

    /// The same rows with other labels, one for each row of the table.
    ///
    /// # Errors
    ///
    /// When lengths differ, or a label is not finite.
    pub fn relabeled<Z: Label>(self, labels: &'a [Z]) -> Result<Labeled<'a, Z>, Error> {
        check_labels(labels, self.labels.len())?;
        let Self { schema, values, weights, rows, derived, .. } = self;
        Ok(Labeled { schema, values, labels, weights, rows, derived })
    }

    /// The number of rows that take part.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.map_or(self.labels.len(), <[u32]>::len)
    }

    /// Whether none takes part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the columns are.
    #[must_use]
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// The whole table, of shape `(n_rows, n_columns)`: also the rows that do not take part.
    #[must_use]
    pub const fn table(&self) -> ArrayView2<'a, f64> {
        self.values
    }

    /// The labels of the whole table: also of rows that do not take part, so that a resample
    /// which misses a class still knows that there is one.
    #[must_use]
    pub const fn labels(&self) -> &'a [Y] {
        self.labels
    }

    /// Where pieces that depend on schema and table alone may be kept for the next resample.
    #[must_use]
    pub const fn derived(&self) -> Option<&'a Derived> {
        self.derived
    }

    /// The rows of the table that take part, or `None` when all do in order.
    #[must_use]
    pub const fn rows(&self) -> Option<&'a [u32]> {
        self.rows
    }

    /// Where in the table the row at `position` stands.
    #[inline]
    #[must_use]
    pub fn row_index(&self, position: usize) -> usize {
        self.rows.map_or(position, |rows| rows[position] as usize)
    }

    /// The features of the row at `position`.
    #[inline]
    #[must_use]
    pub fn row(&self, position: usize) -> ArrayView1<'a, f64> {
        self.values.index_axis_move(Axis(0), self.row_index(position))
    }

    /// The label of the row at `position`.
    #[inline]
    #[must_use]
    pub fn label(&self, position: usize) -> Y {
        self.labels[self.row_index(position)]
    }

    /// The weight of the row at `position`: `1` where none was given.
    #[inline]
    #[must_use]
    pub fn weight(&self, position: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[self.row_index(position)])
    }

    /// Whether weights were given.
    #[must_use]
    pub const fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }
}

fn check_labels<Y: Label>(labels: &[Y], expected: usize) -> Result<(), Error> {
    if labels.len() != expected {
        return Err(ErrorKind::Length { what: "labels", expected, found: labels.len() }.into());
    }
    if let Some(position) = labels.iter().position(|label| !label.is_valid()) {
        let (what, expected) = ("label", "a finite number");
        let found = labels[position].as_f64();
        return Err(ErrorKind::Number { what, position, expected, found }.into());
    }
    Ok(())
}
