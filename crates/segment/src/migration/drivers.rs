//! Why customers moved.

use std::collections::HashMap;

use patronage_core::{ColumnKind, CustomerIdx, Features, SegmentIdx, Segmenter, row_slice};

use super::phrase::ColumnPhrase;
use crate::error::{Error, ErrorKind};
use crate::{parallel, stats};

/// The most subsets of columns that are tried for one customer.
const TRIES: usize = 4096;

/// A column whose change drove a move.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Driver {
    /// The column's position in the schema.
    pub column: usize,
    /// Its number before; `None` where it was missing.
    pub before: Option<f64>,
    /// Its number after; `None` where it is missing.
    pub after: Option<f64>,
    /// The size of the change in standard deviations of the column; 1 for categories and for
    /// numbers missing before or after.
    pub standardised: f64,
}

/// Why one customer's segment is another on the second of two dates.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct ExplainedMove {
    /// The customer.
    pub customer: CustomerIdx,
    /// Where from.
    pub from: SegmentIdx,
    /// Where to.
    pub to: SegmentIdx,
    /// The smallest set of columns whose change alone makes the move, the largest change first.
    pub drivers: Vec<Driver>,
}

/// The smallest sets of columns whose change makes each customer's move, by any [`Segmenter`].
///
/// A set of columns suffices when the row of before, with these columns replaced by their numbers of
/// after, falls into the segment of after. Of all sets of changed columns the smallest that
/// suffices is named; among equally small ones that of the largest change, in standard deviations
/// of each column over the rows of both dates. Within it columns are ranked by their change. Exact up to
/// 4096 sets a customer (all sets of 12 changed columns); beyond, columns are left out one by one,
/// the smallest change first, as long as the rest suffices: no column can be left out of what is
/// left, but a smaller set may exist. Both dates are scored by one model, so that nobody moves
/// because thresholds did. A set says what suffices, not what caused the change.
///
/// O(customers · sets tried · cost of the segmenter), over all cores.
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{
///     Better, Binning, Column, ColumnPhrase, CustomerIdx, Dimension, DisjointRules, FeatureTable,
///     Fit, MoveDrivers, RfmScoring, RfmSegmenter, Schema, ScoreGrid,
/// };
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("frequency")])?;
/// let march = FeatureTable::new(schema.clone(), array![[31.0, 9.0], [5.0, 2.0]])?;
/// let april = FeatureTable::new(schema, array![[74.0, 8.0], [36.0, 2.0]])?;
/// let recency = Dimension::new("R", "recency_days", Better::Lower, Binning::Cuts(vec![60.0]));
/// let frequency = Dimension::new("F", "frequency", Better::Higher, Binning::Cuts(vec![3.0]));
/// let rules = DisjointRules::new(ScoreGrid::new([("R", 2), ("F", 2)])?)
///     .rule("Loyal", [2..=2, 2..=2])
///     .rule("At Risk", [1..=1, 2..=2])
///     .rule("Occasional", [1..=2, 1..=1])
///     .build()?;
/// let model = RfmSegmenter::new(RfmScoring::of([recency, frequency]).fit(&march)?, rules)?;
///
/// let customers: Vec<CustomerIdx> = CustomerIdx::all(2).collect();
/// let phrases = [ColumnPhrase::new("recency_days", "recency").unit("day", "days")];
/// let why = MoveDrivers::of(&model, (&customers, &march), (&customers, &april), &phrases)?;
/// assert_eq!(why.moves().len(), 1);
/// assert_eq!(
///     why.words(&why.moves()[0]),
///     "from Loyal to At Risk because recency rose from 31 to 74 days"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MoveDrivers {
    pub(super) names: Vec<String>,
    pub(super) kinds: Vec<ColumnKind>,
    pub(super) phrases: Vec<ColumnPhrase>,
    moves: Vec<ExplainedMove>,
    n_stayed: usize,
}

impl MoveDrivers {
    /// The drivers of the moves of all customers in both tables: of each table the customer of each
    /// row, and the rows. Columns without a phrase go by their name.
    ///
    /// # Errors
    ///
    /// When a table's schema is not the model's, it has not one customer for each row, a customer
    /// has two rows in it, or a phrase names a column there is not.
    pub fn of<B: Features + ?Sized, A: Features + ?Sized>(
        segmenter: &dyn Segmenter,
        (customers_before, before): (&[CustomerIdx], &B),
        (customers_after, after): (&[CustomerIdx], &A),
        phrases: &[ColumnPhrase],
    ) -> Result<Self, Error> {
        let schema = segmenter.schema();
        let (rows_before, rows_after) = (before.values(), after.values());
        schema.check(before.schema())?;
        schema.check(after.schema())?;
        let rows = RowsOf::new(customers_before, rows_before.nrows())?;
        RowsOf::new(customers_after, rows_after.nrows())?;
        let phrases = ColumnPhrase::complete(schema, phrases)?;
        let kinds: Vec<ColumnKind> = schema.columns().iter().map(|c| c.kind().clone()).collect();
        // Over both dates no column that changed is without spread.
        let spread = |column: usize| {
            let cells = rows_before.column(column).into_iter().chain(rows_after.column(column));
            let known: Vec<f64> = cells.copied().filter(|cell| !cell.is_nan()).collect();
            stats::mean_and_deviation(&known).1
        };
        let spreads: Vec<f64> = (0..schema.len()).map(spread).collect();
        let explained = parallel::map(customers_after.len(), |row| {
            let customer = customers_after[row];
            let old = rows_before.row(rows.find(customer)?);
            let (mut one, mut two) = (Vec::new(), Vec::new());
            let old = row_slice(old, &mut one);
            let new = row_slice(rows_after.row(row), &mut two);
            let (from, to) = (segmenter.segment(old), segmenter.segment(new));
            if from == to {
                return Some(None);
            }
            let drivers = search(segmenter, old, new, to, &changes(old, new, &spreads, &kinds));
            Some(Some(ExplainedMove { customer, from, to, drivers }))
        });
        let both: Vec<Option<ExplainedMove>> = explained.into_iter().flatten().collect();
        let n_both = both.len();
        let mut moves: Vec<ExplainedMove> = both.into_iter().flatten().collect();
        moves.sort_by_key(|one| one.customer);
        let name = |segment: SegmentIdx| {
            segmenter.name(segment).map_or_else(|| segment.to_string(), str::to_owned)
        };
        let names = SegmentIdx::all(segmenter.n_segments()).map(name).collect();
        Ok(Self { names, kinds, phrases, n_stayed: n_both - moves.len(), moves })
    }

    /// The customers who moved, ascending.
    #[must_use]
    pub fn moves(&self) -> &[ExplainedMove] {
        &self.moves
    }

    /// How many customers of both tables stayed where they were.
    #[must_use]
    pub const fn n_stayed(&self) -> usize {
        self.n_stayed
    }

    /// "from Loyal to At Risk because recency rose from 31 to 74 days".
    ///
    /// # Panics
    ///
    /// When the move is of another model.
    #[must_use]
    pub fn words(&self, one: &ExplainedMove) -> String {
        let [from, to] = [one.from, one.to].map(|segment| &self.names[segment.index()]);
        let change = |driver: &Driver| {
            let Driver { column, before, after, .. } = *driver;
            self.phrases[column].change(&self.kinds[column], before, after)
        };
        let changes: Vec<String> = one.drivers.iter().map(change).collect();
        format!("from {from} to {to} because {}", joined(&changes))
    }
}

/// "a, b and c".
pub(super) fn joined(parts: &[String]) -> String {
    match parts {
        [] => "of nothing known".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The row of each customer of a table.
enum RowsOf<'a> {
    /// Customers in ascending order, as most tables list them.
    Ascending(&'a [CustomerIdx]),
    /// In any other.
    Mapped(HashMap<CustomerIdx, usize>),
}

impl<'a> RowsOf<'a> {
    fn new(customers: &'a [CustomerIdx], n_rows: usize) -> Result<Self, Error> {
        if customers.len() != n_rows {
            let (what, expected) = ("customers of rows", n_rows);
            return Err(ErrorKind::Length { what, expected, found: customers.len() }.into());
        }
        if customers.windows(2).all(|pair| pair[0] < pair[1]) {
            return Ok(Self::Ascending(customers));
        }
        let mut rows = HashMap::with_capacity(n_rows);
        for (row, &customer) in customers.iter().enumerate() {
            if rows.insert(customer, row).is_some() {
                return Err(ErrorKind::DoubledCustomer { customer }.into());
            }
        }
        Ok(Self::Mapped(rows))
    }

    fn find(&self, customer: CustomerIdx) -> Option<usize> {
        match self {
            Self::Ascending(customers) => customers.binary_search(&customer).ok(),
            Self::Mapped(rows) => rows.get(&customer).copied(),
        }
    }
}

/// The columns that changed, the largest change first.
fn changes(old: &[f64], new: &[f64], spreads: &[f64], kinds: &[ColumnKind]) -> Vec<Driver> {
    let mut changes = Vec::new();
    for (column, (&before, &after)) in old.iter().zip(new).enumerate() {
        if before == after || (before.is_nan() && after.is_nan()) {
            continue;
        }
        let category = matches!(kinds[column], ColumnKind::Category { .. });
        let standardised = if category || before.is_nan() || after.is_nan() {
            1.0
        } else {
            ((after - before) / spreads[column]).abs().min(f64::MAX)
        };
        let known = |value: f64| (!value.is_nan()).then_some(value);
        let (before, after) = (known(before), known(after));
        changes.push(Driver { column, before, after, standardised });
    }
    changes.sort_by(|a, b| b.standardised.total_cmp(&a.standardised));
    changes
}

/// The smallest set of changes that puts `old` into `to`, in the order given.
fn search(
    segmenter: &dyn Segmenter,
    old: &[f64],
    new: &[f64],
    to: SegmentIdx,
    changes: &[Driver],
) -> Vec<Driver> {
    let mut row = old.to_vec();
    let mut suffices = |set: &mut dyn Iterator<Item = usize>| {
        row.copy_from_slice(old);
        set.for_each(|at| row[changes[at].column] = new[changes[at].column]);
        segmenter.segment(&row) == to
    };
    let mut tries = 0;
    for size in 1..=changes.len() {
        let mut best: Option<(f64, Vec<usize>)> = None;
        let mut set: Vec<usize> = (0..size).collect();
        loop {
            tries += 1;
            if tries > TRIES {
                return irreducible(changes, suffices);
            }
            if suffices(&mut set.iter().copied()) {
                let change: f64 = set.iter().map(|&at| changes[at].standardised).sum();
                // Sets come in order of their largest changes, so that the first of equals stays.
                if best.as_ref().is_none_or(|(most, _)| change > *most) {
                    best = Some((change, set.clone()));
                }
            }
            if !next_set(&mut set, changes.len()) {
                break;
            }
        }
        if let Some((_, set)) = best {
            return set.into_iter().map(|at| changes[at]).collect();
        }
    }
    // All changes together are the row of after; only a segmenter that contradicts itself gets here.
    changes.to_vec()
}

/// The next set of positions below `n` in lexicographic order.
fn next_set(set: &mut [usize], n: usize) -> bool {
    let size = set.len();
    let Some(at) = (0..size).rev().find(|&at| set[at] < n - size + at) else { return false };
    set[at] += 1;
    for after in at + 1..size {
        set[after] = set[after - 1] + 1;
    }
    true
}

/// All changes but those that can be left out, the smallest tried first.
fn irreducible(
    changes: &[Driver],
    mut suffices: impl FnMut(&mut dyn Iterator<Item = usize>) -> bool,
) -> Vec<Driver> {
    let mut kept: Vec<usize> = (0..changes.len()).collect();
    let mut reduced = true;
    // Leaving one out may make room for leaving out another that was tried before.
    while reduced {
        reduced = false;
        for at in (0..changes.len()).rev() {
            if kept.len() > 1
                && kept.contains(&at)
                && suffices(&mut kept.iter().copied().filter(|&other| other != at))
            {
                kept.retain(|&other| other != at);
                reduced = true;
            }
        }
    }
    kept.into_iter().map(|at| changes[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_enumerated_once() {
        let mut set = vec![0, 1];
        let mut seen = vec![set.clone()];
        while next_set(&mut set, 4) {
            seen.push(set.clone());
        }
        assert_eq!(seen, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    }
}
