//! Splits that respect time.

use patronage_core::{Label, Span, Timestamp};

use super::{Split, Splitter, time_ordered_splits};
use crate::error::{Error, ErrorKind, parameter};

/// Splits in which every row learnt from lies before every row judged by.
///
/// The moments are cut into `n_folds + 1` blocks of about equal numbers of rows, rows of one moment
/// staying together; split i learns from the first i blocks and is judged by the next. A gap keeps
/// rows whose outcome is not yet known when the test rows begin out of the training rows; a train
/// span forgets those of too long ago.
///
/// # Examples
///
/// ```
/// use patronage_classify::{Splitter, TimeSeriesSplit};
/// use patronage_core::{ClassIdx, Span, Timestamp};
///
/// let day = |day: i64| Timestamp::from_seconds(86_400 * day);
/// let times: Vec<Timestamp> = (0..40).map(day).collect();
/// let labels = [ClassIdx::new(0); 40];
/// let splitter = TimeSeriesSplit::new(3, &times).gap(Span::days(5));
/// for split in splitter.splits(&labels)? {
///     assert!(split.train.last().unwrap() + 5 < split.test[0]);
/// }
/// # Ok::<(), patronage_classify::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeSeriesSplit<'a> {
    n_folds: usize,
    times: &'a [Timestamp],
    gap: Span,
    train_span: Option<Span>,
}

impl<'a> TimeSeriesSplit<'a> {
    /// This many splits, at least `1`, by the moment of each row of the table.
    #[must_use]
    pub const fn new(n_folds: usize, times: &'a [Timestamp]) -> Self {
        Self { n_folds, times, gap: Span::days(0), train_span: None }
    }

    /// Training rows lie more than this before the first test row; default none, at least nothing.
    #[must_use]
    pub const fn gap(mut self, gap: Span) -> Self {
        self.gap = gap;
        self
    }

    /// Training rows lie at most this before the first test row; default as long as there are any.
    #[must_use]
    pub const fn train_span(mut self, train_span: Span) -> Self {
        self.train_span = Some(train_span);
        self
    }
}

impl<Y: Label> Splitter<Y> for TimeSeriesSplit<'_> {
    fn split_rows(&self, rows: &[u32], labels: &[Y]) -> Result<Vec<Split>, Error> {
        if self.times.len() != labels.len() {
            let (what, expected, found) = ("times", labels.len(), self.times.len());
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
        if self.gap < Span::days(0) {
            return Err(parameter("gap", "at least nothing", self.gap.as_days()));
        }
        let own: Vec<Timestamp> = rows.iter().map(|&row| self.times[row as usize]).collect();
        let mut splits = time_ordered_splits(&own, self.n_folds)?;
        for (round, split) in splits.iter_mut().enumerate() {
            for part in [&mut split.train, &mut split.test] {
                part.iter_mut().for_each(|at| *at = rows[*at as usize]);
            }
            let time = |row: &u32| self.times[*row as usize];
            let Some(first) = split.test.iter().map(time).min() else { continue };
            let until = first - self.gap;
            let from = self.train_span.map(|span| first - span);
            let has_gap = self.gap > Span::days(0);
            split.train.retain(|row| {
                let at = time(row);
                (!has_gap || at < until) && from.is_none_or(|from| at >= from)
            });
            if split.train.is_empty() {
                let what = "training rows between train span and gap";
                return Err(ErrorKind::NoRowsOfSplit { what, split: round }.into());
            }
        }
        Ok(splits)
    }
}
