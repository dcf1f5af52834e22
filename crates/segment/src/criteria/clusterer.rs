//! Whatever makes clusters, behind one door.

use ndarray::Array2;
use patronage_core::{BoxError, Column, FeatureTable, Fit, Schema, Segmenter, SegmenterExt};

use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::kmeans::KMeans;

/// Puts rows into `k` clusters, again and again.
pub(super) trait Clusterer: Sync {
    /// The cluster of each row.
    fn labels(&self, rows: &Rows<'_>, k: usize, seed: u64) -> Result<Vec<u32>, Error>;
}

/// k-means at the same modest effort for data, references and resamples.
#[derive(Debug)]
pub(super) struct Modest;

impl Clusterer for Modest {
    fn labels(&self, rows: &Rows<'_>, k: usize, seed: u64) -> Result<Vec<u32>, Error> {
        Ok(KMeans::new(k.min(rows.n)).restarts(3).swaps(0).seed(seed).run(rows).labels)
    }
}

/// Anyone's estimators, one for each k, as they are.
#[derive(Debug)]
pub(super) struct Foreign<'a, M> {
    pub(super) estimator: M,
    pub(super) columns: &'a [Column],
}

impl<M, E> Clusterer for Foreign<'_, M>
where
    M: Fn(usize) -> E + Sync,
    E: Fit<FeatureTable>,
    E::Model: Segmenter,
    E::Error: Into<BoxError>,
{
    fn labels(&self, rows: &Rows<'_>, k: usize, _seed: u64) -> Result<Vec<u32>, Error> {
        let table = table(rows, self.columns)?;
        let model = (self.estimator)(k).fit(&table).map_err(foreign)?;
        Ok(model.assign(&table)?.into_iter().map(|segment| segment.get()).collect())
    }
}

/// An error of someone else's estimator.
pub(super) fn foreign(error: impl Into<BoxError>) -> Error {
    ErrorKind::Estimator(error.into()).into()
}

/// The rows in the units of the columns, each a column of plain numbers by its own name.
pub(super) fn table(rows: &Rows<'_>, columns: &[Column]) -> Result<FeatureTable, Error> {
    let schema = Schema::new(columns.iter().map(|column| Column::number(column.name())))?;
    let cells = Array2::from_shape_fn((rows.n, rows.d), |(row, column)| {
        rows.unscaled(column, rows.row(row)[column])
    });
    Ok(FeatureTable::new(schema, cells)?)
}
