//! Splits within splits.

use patronage_core::Label;

use super::{Split, Splitter};
use crate::error::Error;

/// An outer split, and inner splits of its training rows: choose by the inner ones, judge the
/// choice by the outer test rows, which took no part in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NestedSplit {
    /// The outer split.
    pub outer: Split,
    /// Splits of the outer training rows.
    pub inner: Vec<Split>,
}

/// Every outer split with the inner splits of its training rows.
///
/// # Errors
///
/// When either way of dividing fails.
///
/// # Examples
///
/// ```
/// use patronage_classify::{StratifiedKFold, nested_splits};
/// use patronage_core::ClassIdx;
///
/// let labels: Vec<ClassIdx> = (0..60).map(|row| ClassIdx::new(row % 2)).collect();
/// let nested = nested_splits(&StratifiedKFold::new(5), &StratifiedKFold::new(3), &labels)?;
/// assert_eq!((nested.len(), nested[0].inner.len()), (5, 3));
/// assert!(nested[0].inner.iter().all(|inner| inner.train.len() + inner.test.len() == 48));
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub fn nested_splits<Y, O, I>(outer: &O, inner: &I, labels: &[Y]) -> Result<Vec<NestedSplit>, Error>
where
    Y: Label,
    O: Splitter<Y> + ?Sized,
    I: Splitter<Y> + ?Sized,
{
    let outer = outer.splits(labels)?;
    outer
        .into_iter()
        .map(|outer| Ok(NestedSplit { inner: inner.split_rows(&outer.train, labels)?, outer }))
        .collect()
}
