//! Ways to divide rows for honest evaluation.

mod functions;
mod groups;
mod kfold;
mod nested;
mod shuffle;
mod time;

use patronage_core::{Label, Labeled};

use crate::error::Error;
pub use functions::{Split, folds_by, stratified_folds, time_ordered_splits};
pub use groups::{GroupKFold, StratifiedGroupKFold};
pub use kfold::{KFold, PredefinedSplit, Repeated, StratifiedKFold};
pub use nested::{NestedSplit, nested_splits};
pub use shuffle::StratifiedShuffleSplit;
pub use time::TimeSeriesSplit;

/// A way to divide rows, such as [`StratifiedKFold`] or [`TimeSeriesSplit`].
///
/// Whatever comes of it is rows of the table, ascending, without overlap of training and test
/// rows of one split. Outsiders may implement it.
///
/// # Examples
///
/// ```
/// use patronage_classify::{GroupKFold, Splitter};
/// use patronage_core::{ClassIdx, CustomerIdx};
///
/// // Two rows each of three customers: no customer is learnt from and judged by.
/// let customers = [0, 0, 1, 1, 2, 2].map(CustomerIdx::new);
/// let labels = [0, 1, 0, 1, 0, 1].map(ClassIdx::new);
/// for split in GroupKFold::new(3, &customers).splits(&labels)? {
///     assert_eq!((split.train.len(), split.test.len()), (4, 2));
///     assert_eq!(customers[split.test[0] as usize], customers[split.test[1] as usize]);
/// }
/// # Ok::<(), patronage_classify::Error>(())
/// ```
pub trait Splitter<Y: Label>: Send + Sync {
    /// Divides these distinct rows of the table, ascending; `labels` are those of the whole table.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, or there are too few rows, groups or moments, or too few
    /// of a class; the error says which.
    fn split_rows(&self, rows: &[u32], labels: &[Y]) -> Result<Vec<Split>, Error>;

    /// Divides every row of the table.
    ///
    /// # Errors
    ///
    /// As [`split_rows`](Self::split_rows).
    fn splits(&self, labels: &[Y]) -> Result<Vec<Split>, Error> {
        let rows: Vec<u32> = (0..labels.len() as u32).collect();
        self.split_rows(&rows, labels)
    }

    /// Divides the rows that take part, each once.
    ///
    /// # Errors
    ///
    /// As [`split_rows`](Self::split_rows).
    fn splits_of(&self, data: &Labeled<'_, Y>) -> Result<Vec<Split>, Error> {
        let mut rows: Vec<u32> = (0..data.len()).map(|at| data.row_index(at) as u32).collect();
        rows.sort_unstable();
        rows.dedup();
        self.split_rows(&rows, data.labels())
    }
}

impl<Y: Label, S: Splitter<Y> + ?Sized> Splitter<Y> for &S {
    fn split_rows(&self, rows: &[u32], labels: &[Y]) -> Result<Vec<Split>, Error> {
        (**self).split_rows(rows, labels)
    }
}

impl<Y: Label, S: Splitter<Y> + ?Sized> Splitter<Y> for Box<S> {
    fn split_rows(&self, rows: &[u32], labels: &[Y]) -> Result<Vec<Split>, Error> {
        (**self).split_rows(rows, labels)
    }
}

/// One split for each fold, given the fold of each of these rows.
fn by_fold(rows: &[u32], n_folds: usize, fold: &[usize]) -> Result<Vec<Split>, Error> {
    let mut splits = folds_by(rows.len(), n_folds, |at| fold[at])?;
    for split in &mut splits {
        for part in [&mut split.train, &mut split.test] {
            part.iter_mut().for_each(|at| *at = rows[*at as usize]);
        }
    }
    Ok(splits)
}
