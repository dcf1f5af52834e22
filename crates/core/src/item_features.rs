//! Items × features, sparse or dense.

use ndarray::Array2;

use crate::csr::Csr;
use crate::error::{Error, ErrorKind};
use crate::index::ItemIdx;

/// What items are like: a matrix of shape `(n_items, n_features)`, sparse or dense.
///
/// Implementors promise finite values and, in sparse rows, ascending distinct columns. Outsiders
/// may implement it.
pub trait ItemFeatures: Send + Sync {
    /// The number of items.
    fn n_items(&self) -> usize;

    /// The number of features.
    fn n_features(&self) -> usize;

    /// The item's features.
    ///
    /// # Panics
    ///
    /// May panic when there is no such item.
    fn row(&self, item: ItemIdx) -> FeatureRow<'_>;

    /// The feature's name, such as a word or `"category=MUGS"`, where it has one.
    fn feature_name(&self, _feature: usize) -> Option<&str> {
        None
    }
}

macro_rules! forward {
    () => {
        fn n_items(&self) -> usize {
            (**self).n_items()
        }

        fn n_features(&self) -> usize {
            (**self).n_features()
        }

        fn row(&self, item: ItemIdx) -> FeatureRow<'_> {
            (**self).row(item)
        }

        fn feature_name(&self, feature: usize) -> Option<&str> {
            (**self).feature_name(feature)
        }
    };
}

impl<T: ItemFeatures + ?Sized> ItemFeatures for &T {
    forward!();
}

impl<T: ItemFeatures + ?Sized> ItemFeatures for Box<T> {
    forward!();
}

impl<T: ItemFeatures + ?Sized> ItemFeatures for std::sync::Arc<T> {
    forward!();
}

/// The features of one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FeatureRow<'a> {
    /// Ascending distinct columns and their values; every other column is zero.
    Sparse(&'a [u32], &'a [f32]),
    /// Every column.
    Dense(&'a [f32]),
}

impl FeatureRow<'_> {
    /// Calls `f` with each column and value that is not zero by omission, columns ascending.
    pub fn for_each(&self, mut f: impl FnMut(usize, f32)) {
        match *self {
            Self::Sparse(columns, values) => {
                for (&column, &value) in columns.iter().zip(values) {
                    f(column as usize, value);
                }
            }
            Self::Dense(values) => {
                for (column, &value) in values.iter().enumerate() {
                    f(column, value);
                }
            }
        }
    }

    /// The sum of squares.
    #[must_use]
    pub fn squared_norm(&self) -> f64 {
        let (Self::Sparse(_, values) | Self::Dense(values)) = *self;
        values.iter().map(|&value| f64::from(value) * f64::from(value)).sum()
    }
}

/// Sparse item features held in memory, with their names.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "SparseRepr")
)]
pub struct SparseItemFeatures {
    values: Csr<f32>,
    names: Vec<String>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SparseRepr {
    values: Csr<f32>,
    names: Vec<String>,
}

#[cfg(feature = "serde")]
impl TryFrom<SparseRepr> for SparseItemFeatures {
    type Error = Error;

    fn try_from(repr: SparseRepr) -> Result<Self, Error> {
        Self::new(repr.values, repr.names)
    }
}

impl SparseItemFeatures {
    /// Features from a sparse matrix of shape `(n_items, n_features)` and the features' names (all, or none).
    ///
    /// # Errors
    ///
    /// When a value is not finite, or there are names of another number than columns.
    pub fn new(values: Csr<f32>, names: Vec<String>) -> Result<Self, Error> {
        check_finite(values.values().iter())?;
        if !names.is_empty() && names.len() != values.n_columns() {
            let (what, expected) = ("names of item features", values.n_columns());
            return Err(ErrorKind::Length { what, expected, found: names.len() }.into());
        }
        Ok(Self { values, names })
    }
}

impl ItemFeatures for SparseItemFeatures {
    fn n_items(&self) -> usize {
        self.values.n_rows()
    }

    fn n_features(&self) -> usize {
        self.values.n_columns()
    }

    fn row(&self, item: ItemIdx) -> FeatureRow<'_> {
        let (columns, values) = self.values.row(item.index());
        FeatureRow::Sparse(columns, values)
    }

    fn feature_name(&self, feature: usize) -> Option<&str> {
        self.names.get(feature).map(String::as_str)
    }
}

/// Dense item features held in memory, such as embeddings.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseItemFeatures(Array2<f32>);

impl DenseItemFeatures {
    /// Features from a matrix of shape `(n_items, n_features)`.
    ///
    /// # Errors
    ///
    /// When a value is not finite.
    pub fn new(values: Array2<f32>) -> Result<Self, Error> {
        check_finite(values.iter())?;
        let values = if values.is_standard_layout() {
            values
        } else {
            values.as_standard_layout().into_owned()
        };
        Ok(Self(values))
    }
}

impl ItemFeatures for DenseItemFeatures {
    fn n_items(&self) -> usize {
        self.0.nrows()
    }

    fn n_features(&self) -> usize {
        self.0.ncols()
    }

    fn row(&self, item: ItemIdx) -> FeatureRow<'_> {
        let width = self.0.ncols();
        let cells = self.0.as_slice().expect("the matrix is row-major");
        FeatureRow::Dense(&cells[item.index() * width..(item.index() + 1) * width])
    }
}

fn check_finite<'a>(mut values: impl Iterator<Item = &'a f32>) -> Result<(), Error> {
    let mut position = 0;
    let bad = values.find(|value| {
        position += 1;
        !value.is_finite()
    });
    match bad {
        None => Ok(()),
        Some(&found) => {
            let (what, expected) = ("item feature value", "a finite number");
            let found = f64::from(found);
            Err(ErrorKind::Number { what, position: position - 1, expected, found }.into())
        }
    }
}
