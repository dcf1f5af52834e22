//! A model checked against a schema.

use ndarray::ArrayView1;

use crate::error::Error;
use crate::schema::Schema;

/// A model that was checked once against the schema of the rows it will see.
///
/// Its verbs are those of the model, reached by dereferencing; holding one is the proof that the
/// check was made. Made by the `bind` of [`SegmenterExt`](crate::SegmenterExt), [`SoftSegmenterExt`](crate::SoftSegmenterExt),
/// [`ClassifierExt`](crate::ClassifierExt) and [`RegressorExt`](crate::RegressorExt).
#[derive(Clone, Copy, Debug)]
pub struct Bound<M> {
    model: M,
}

impl<M> Bound<M> {
    pub(crate) fn new(
        model: M,
        schema: &Schema,
        of: impl Fn(&M) -> &Schema,
    ) -> Result<Self, Error> {
        of(&model).check(schema)?;
        Ok(Self { model })
    }

    /// The model.
    pub fn into_inner(self) -> M {
        self.model
    }
}

impl<M> std::ops::Deref for Bound<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}

/// The row as a slice: borrowed where it is contiguous, else copied into `buffer`.
///
/// For implementors of the row-wise model traits, whose batch forms take any memory layout.
#[inline]
pub fn row_slice<'a>(row: ArrayView1<'a, f64>, buffer: &'a mut Vec<f64>) -> &'a [f64] {
    if let Some(slice) = row.to_slice() {
        return slice;
    }
    buffer.clear();
    buffer.extend(row.iter());
    buffer
}
