//! Who moved where between two dates.

use patronage_core::{Date, Money, SegmentIdx};

use super::history::{check_segment, checked_names};
use super::problem::{MigrationProblem, Place};
use super::proportion::{Confidence, Intervals, Proportion, quantile_of};
use crate::error::{Error, ErrorKind};

/// One customer on two dates: her segments before and after, `None` where she is absent.
///
/// A row of a table, for [`Migration::of_transitions`]; equal segments say that she stayed. What
/// happened on a day of its own is a [`SegmentMove`](crate::SegmentMove) of the tracker, and why
/// she moved is an [`ExplainedMove`](crate::ExplainedMove).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Transition {
    /// Her segment before.
    pub before: Option<SegmentIdx>,
    /// Her segment after.
    pub after: Option<SegmentIdx>,
    /// What she was worth before.
    pub value_before: Option<Money>,
    /// What she was worth after.
    pub value_after: Option<Money>,
}

/// Counts, probabilities and values of every move between two dates.
///
/// A matrix of shape `(n_segments + 1, n_segments + 1)`, before × after, with self-moves; the last
/// row holds the entries (absent before) and the last column the exits (absent after). The
/// probability of a move is its share of those who were in the segment before, exits among them, so
/// that a row sums to 1; where nobody was, there is none. Intervals treat customers as independent:
/// [`Wilson`](Intervals::Wilson)'s for each share at [`Confidence::P95`] by default.
///
/// Printed ([`Display`](std::fmt::Display)), it is a matrix with names.
///
/// ```
/// use patronage_segment::{Migration, SegmentIdx};
///
/// let [switcher, loyal] = [0, 1].map(|s| Some(SegmentIdx::new(s)));
/// let before = [switcher, switcher, switcher, loyal, None];
/// let after = [loyal, switcher, loyal, loyal, switcher];
/// let moves = Migration::between(["Brand switcher", "Loyal"], &before, &after)?;
/// let made_loyal = moves.probability(SegmentIdx::new(0), loyal).ok_or("nobody")?;
/// assert_eq!((made_loyal.count, made_loyal.of), (2, 3));
/// assert_eq!(moves.count(None, switcher), 1);
/// assert_eq!(moves.movers()[0].from_name, "Brand switcher");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// E. B. Wilson (1927), Probable inference. L. A. Goodman (1965), On simultaneous confidence
/// intervals for multinomial proportions.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    names: Vec<String>,
    dates: Option<(Date, Date)>,
    counts: Vec<u64>,
    /// Values before and after of each cell; empty without values.
    pub(super) values: Vec<(Money, Money)>,
    confidence: Confidence,
    intervals: Intervals,
}

impl Migration {
    /// The moves between two lists of labels: the segment of each customer by position, `None`
    /// where she is absent.
    ///
    /// # Errors
    ///
    /// When the lists differ in length, there are no names or two are equal, or a segment has no
    /// name.
    pub fn between<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
        before: &[Option<SegmentIdx>],
        after: &[Option<SegmentIdx>],
    ) -> Result<Self, Error> {
        if before.len() != after.len() {
            let (what, expected) = ("labels after", before.len());
            return Err(ErrorKind::Length { what, expected, found: after.len() }.into());
        }
        let rows = before.iter().zip(after).map(|(&before, &after)| Transition {
            before,
            after,
            ..Transition::default()
        });
        Self::of_transitions(names, rows)
    }

    /// The transitions of customers one by one, with values where they are known.
    ///
    /// Customers absent before and after are not counted.
    ///
    /// # Errors
    ///
    /// When there are no names or two are equal, a segment has no name, or a value is missing where
    /// others have one.
    pub fn of_transitions<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
        transitions: impl IntoIterator<Item = Transition>,
    ) -> Result<Self, Error> {
        let names = checked_names(names)?;
        let rows: Vec<Transition> = transitions.into_iter().collect();
        let valued = rows.iter().any(|m| m.value_before.is_some() || m.value_after.is_some());
        let mut migration = Self::empty(names, valued);
        for (row, one) in rows.into_iter().enumerate() {
            let place = Place::Row(row);
            for segment in [one.before, one.after].into_iter().flatten() {
                check_segment(segment, migration.names.len(), place)?;
            }
            let missing = (one.before.is_some() && one.value_before.is_none())
                || (one.after.is_some() && one.value_after.is_none());
            if valued && missing {
                return Err(MigrationProblem::NoValue { place }.into());
            }
            migration.add(one);
        }
        Ok(migration)
    }

    /// The confidence of the intervals.
    #[must_use]
    pub const fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// How the intervals are made.
    #[must_use]
    pub const fn intervals(mut self, intervals: Intervals) -> Self {
        self.intervals = intervals;
        self
    }

    /// The segments' names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The two dates, where the moves come from a history.
    #[must_use]
    pub const fn dates(&self) -> Option<(Date, Date)> {
        self.dates
    }

    /// How many customers went from one segment to another, or stayed; `None` is absence.
    ///
    /// # Panics
    ///
    /// When there is no such segment.
    #[must_use]
    pub fn count(&self, from: Option<SegmentIdx>, to: Option<SegmentIdx>) -> u64 {
        self.counts[self.cell(from, to)]
    }

    /// What those customers were worth before and after; `None` without values.
    ///
    /// # Panics
    ///
    /// When there is no such segment.
    #[must_use]
    pub fn value(
        &self,
        from: Option<SegmentIdx>,
        to: Option<SegmentIdx>,
    ) -> Option<(Money, Money)> {
        self.values.get(self.cell(from, to)).copied()
    }

    /// The probability of a move, with its interval; `None` where nobody was before.
    ///
    /// # Panics
    ///
    /// When there is no such segment.
    #[must_use]
    pub fn probability(&self, from: SegmentIdx, to: Option<SegmentIdx>) -> Option<Proportion> {
        let of = self.row_sum(Some(from));
        (of > 0).then(|| Proportion::score(self.count(Some(from), to), of, self.z()))
    }

    /// The share of customers present on both dates who stayed in their segment; `None` of nobody.
    #[must_use]
    pub fn staying(&self) -> Option<Proportion> {
        let inside = || SegmentIdx::all(self.names.len());
        let stayed = inside().map(|s| self.count(Some(s), Some(s))).sum();
        let both = inside().map(|s| self.row_sum(Some(s)) - self.count(Some(s), None)).sum();
        Proportion::wilson(stayed, both, self.confidence)
    }

    /// The probabilities for a heat map: a row for each segment before, in it each segment after
    /// and last the exits; `None` for a row where nobody was.
    #[must_use]
    pub fn matrix(&self) -> Vec<Option<Vec<f64>>> {
        let row = |from| {
            let of = self.row_sum(Some(from));
            let share = |to| self.count(Some(from), to) as f64 / of as f64;
            (of > 0).then(|| self.places().map(share).collect())
        };
        SegmentIdx::all(self.names.len()).map(row).collect()
    }

    pub(super) fn empty(names: Vec<String>, valued: bool) -> Self {
        let n = (names.len() + 1).pow(2);
        Self {
            names,
            dates: None,
            counts: vec![0; n],
            values: if valued { vec![(Money::ZERO, Money::ZERO); n] } else { Vec::new() },
            confidence: Confidence::P95,
            intervals: Intervals::Wilson,
        }
    }

    pub(super) const fn date(&mut self, from: Date, to: Date) {
        self.dates = Some((from, to));
    }

    /// Counts a checked transition.
    pub(super) fn add(&mut self, one: Transition) {
        if one.before.is_none() && one.after.is_none() {
            return;
        }
        let cell = self.cell(one.before, one.after);
        self.counts[cell] += 1;
        if let Some((before, after)) = self.values.get_mut(cell) {
            // Values of absence count for nothing.
            *before += one.before.and(one.value_before).unwrap_or_default();
            *after += one.after.and(one.value_after).unwrap_or_default();
        }
    }

    /// Every segment, then absence.
    pub(super) fn places(&self) -> impl Iterator<Item = Option<SegmentIdx>> + use<> {
        SegmentIdx::all(self.names.len()).map(Some).chain(std::iter::once(None))
    }

    pub(super) fn row_sum(&self, from: Option<SegmentIdx>) -> u64 {
        self.places().map(|to| self.count(from, to)).sum()
    }

    pub(super) fn name_of(&self, place: Option<SegmentIdx>) -> &str {
        place.map_or("(absent)", |segment| &self.names[segment.index()])
    }

    pub(super) fn z(&self) -> f64 {
        quantile_of(self.intervals, self.confidence, self.names.len() + 1)
    }

    pub(super) fn cell(&self, from: Option<SegmentIdx>, to: Option<SegmentIdx>) -> usize {
        let n = self.names.len();
        let at = |place: Option<SegmentIdx>| {
            let at = place.map_or(n, SegmentIdx::index);
            assert!(place.is_none() || at < n, "a segment below {n}");
            at
        };
        at(from) * (n + 1) + at(to)
    }
}
