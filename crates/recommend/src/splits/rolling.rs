//! One split after another along time.

use patronage_core::{Interactions, Purchases, Span, Timestamp, Weight, Window};

use super::Split;
use crate::error::{Error, require};

/// Rolling windows: the same test again and again along time, each learnt from what came before it.
///
/// Test `i` is the window of length `horizon` from `first + i × step`. Training is everything
/// before it, or with [`training`](Self::training) only so much, less a [`gap`](Self::gap) for the
/// time a model needs to reach production. Splits are made one at a time; each costs
/// O(interactions).
///
/// ```
/// use patronage_core::{Span, Timestamp};
/// use patronage_recommend::RollingWindows;
///
/// let day = |day| Timestamp::default() + Span::days(day);
/// let windows = RollingWindows::new(day(100), Span::days(7), 3).training(Span::days(90)).windows()?;
/// let (training, test) = windows[2];
/// assert_eq!((test.start, test.end), (day(114), day(121)));
/// assert_eq!((training.start, training.end), (day(24), day(114)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RollingWindows {
    first: Timestamp,
    horizon: Span,
    n_windows: usize,
    step: Option<Span>,
    training: Option<Span>,
    gap: Span,
}

impl RollingWindows {
    /// `n_windows` (at least 1) tests of length `horizon` (above 0), the first of which starts at `first`.
    #[must_use]
    pub const fn new(first: Timestamp, horizon: Span, n_windows: usize) -> Self {
        let gap = Span::micros(0);
        Self { first, horizon, n_windows, step: None, training: None, gap }
    }

    /// From the start of one test to that of the next; default the horizon, above 0.
    #[must_use]
    pub const fn step(mut self, step: Span) -> Self {
        self.step = Some(step);
        self
    }

    /// The length of the training window; by default it starts with the data, otherwise above 0.
    #[must_use]
    pub const fn training(mut self, length: Span) -> Self {
        self.training = Some(length);
        self
    }

    /// From the end of training to the start of the test; default `0`, at least 0. What happens in it is known to requests.
    #[must_use]
    pub const fn gap(mut self, gap: Span) -> Self {
        self.gap = gap;
        self
    }

    /// The training and the test window of each split, in order of time.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range.
    pub fn windows(&self) -> Result<Vec<(Window, Window)>, Error> {
        let step = self.step.unwrap_or(self.horizon);
        require(self.n_windows >= 1, "n_windows", "at least 1", self.n_windows as f64)?;
        let shortest = self.training.unwrap_or(self.horizon);
        for (parameter, span) in [("horizon", self.horizon), ("step", step), ("training", shortest)]
        {
            let days = span.as_days();
            require(days > 0.0, parameter, "a span above 0 (in days)", days)?;
        }
        let gap = self.gap.as_days();
        require(gap >= 0.0, "gap", "a span of at least 0 (in days)", gap)?;
        let mut start = self.first;
        let mut windows = Vec::with_capacity(self.n_windows);
        for _ in 0..self.n_windows {
            let end = start - self.gap;
            let from = self.training.map_or(Timestamp::MIN, |length| end - length);
            let test = Window { start, end: start + self.horizon };
            windows.push((Window { start: from, end }, test));
            start = start + step;
        }
        Ok(windows)
    }

    /// The splits of interactions, which know the last time of each pair only.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range; each split, as [`Split::windows`].
    pub fn splits<'a, I: Interactions + ?Sized>(
        &self,
        data: &'a I,
    ) -> Result<impl ExactSizeIterator<Item = Result<Split, Error>> + use<'a, I>, Error> {
        let windows = self.windows()?.into_iter();
        Ok(windows.map(move |(training, test)| Split::windows(data, training, test)))
    }

    /// The splits of purchases.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range; each split, as [`Split::windows_of_purchases`].
    pub fn splits_of_purchases<'a, P: Purchases + ?Sized>(
        &self,
        data: &'a P,
        weight: Weight,
    ) -> Result<impl ExactSizeIterator<Item = Result<Split, Error>> + use<'a, P>, Error> {
        let split =
            move |(training, test)| Split::windows_of_purchases(data, training, test, weight);
        Ok(self.windows()?.into_iter().map(split))
    }
}
