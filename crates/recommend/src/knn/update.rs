//! The neighbours of items after some interactions changed.

use patronage_core::Csr;

use super::neighbours::{collect, neighbours, neighbours_of, of_counts};
use super::weighting::{Similarity, Weighted};

/// What was, what is, and the neighbours found for what was.
pub(super) struct Change<'a> {
    pub(super) before: &'a Weighted,
    pub(super) now: &'a Weighted,
    pub(super) former: &'a Csr<f32>,
    pub(super) similarity: Similarity,
    pub(super) shrinkage: f64,
    /// As many neighbours as are kept now. A former row of fewer held all there were.
    pub(super) k: usize,
}

impl Change<'_> {
    /// The neighbours of what is, equal to those found from nothing.
    ///
    /// An item is touched when the row of one of its customers changed. The similarity of two items
    /// neither of which is touched stays. Of an item that is not touched, all customers stay, so what
    /// it shares with a touched one stays too, and only the size of the other changes. Where that grew,
    /// similarities fell: its neighbours stay the nearest as long as none of them fell to the last.
    pub(super) fn neighbours(&self) -> Csr<f32> {
        let find = |targets: &[u32]| {
            neighbours_of(targets, self.now, self.similarity, self.shrinkage, self.k)
        };
        let from_nothing = || neighbours(self.now, self.similarity, self.shrinkage, self.k);
        let n_items = self.now.n_items();
        let (mut again, mut rows) = match (self.before, self.now) {
            (Weighted::Ones(before), Weighted::Ones(now)) => {
                let touched = touched(before, now);
                let mut again = touched.clone();
                let rows = self.patched(before, now, &touched, &mut again);
                (again, rows)
            }
            (Weighted::Real(before), Weighted::Real(now)) => {
                let touched = touched(before, now);
                let mut again = touched.clone();
                reach(now, &touched, &mut again);
                let rows = (0..n_items).map(|item| self.former_row(item)).collect();
                (again, rows)
            }
            _ => return from_nothing(),
        };
        // New items have no former row to keep.
        again.iter_mut().skip(self.former.n_rows()).for_each(|again| *again = true);
        let targets: Vec<u32> = (0..n_items as u32).filter(|&item| again[item as usize]).collect();
        for (&target, row) in targets.iter().zip(find(&targets)) {
            rows[target as usize] = row;
        }
        collect(rows, n_items)
    }

    fn former_row(&self, item: usize) -> Vec<(u32, f32)> {
        if item >= self.former.n_rows() {
            return Vec::new();
        }
        let (items, similarities) = self.former.row(item);
        items.iter().copied().zip(similarities.iter().copied()).collect()
    }

    /// The former rows with the similarities of touched neighbours as they are now; those that cannot
    /// be mended so are marked in `again`.
    fn patched(
        &self,
        before: &Csr<()>,
        now: &Csr<()>,
        touched: &[bool],
        again: &mut [bool],
    ) -> Vec<Vec<(u32, f32)>> {
        let (had, have) = (before.transpose(), now.transpose());
        let n_had = |item: usize| if item < had.n_rows() { had.row(item).0.len() } else { 0 };
        let n_have = |item: usize| have.row(item).0.len();
        // Where customers went, similarities rose, and outsiders may have become neighbours.
        let fewer: Vec<bool> =
            (0..have.n_rows()).map(|item| touched[item] && n_have(item) < n_had(item)).collect();
        reach(now, &fewer, again);
        (0..have.n_rows())
            .map(|item| {
                let mut row = self.former_row(item);
                if again[item] {
                    return row;
                }
                let last = row.iter().map(|&(_, s)| s).fold(f32::INFINITY, f32::min);
                let is_full = row.len() >= self.k;
                for (other, similarity) in &mut row {
                    let at = *other as usize;
                    if !touched[at] {
                        continue;
                    }
                    let both = n_common(have.row(item).0, have.row(at).0);
                    let counts = [n_have(at) as f64, n_have(item) as f64];
                    let value = of_counts(self.similarity, self.shrinkage, counts, both as f64);
                    let value = value as f32;
                    again[item] |= is_full && value != *similarity && value <= last;
                    *similarity = value;
                }
                row
            })
            .collect()
    }
}

/// The items of customers whose rows changed.
fn touched<T: PartialEq>(before: &Csr<T>, now: &Csr<T>) -> Vec<bool> {
    let mut touched = vec![false; now.n_columns()];
    for customer in 0..now.n_rows() {
        let then: (&[u32], &[T]) =
            if customer < before.n_rows() { before.row(customer) } else { (&[], &[]) };
        let row = now.row(customer);
        if then != row {
            row.0.iter().chain(then.0).for_each(|&item| touched[item as usize] = true);
        }
    }
    touched
}

/// Marks the items that share a customer with one of those of `from`.
fn reach<T>(now: &Csr<T>, from: &[bool], marked: &mut [bool]) {
    for customer in 0..now.n_rows() {
        let items = now.row(customer).0;
        if items.iter().any(|&item| from[item as usize]) {
            items.iter().for_each(|&item| marked[item as usize] = true);
        }
    }
}

/// The number of numbers in both of two ascending lists.
fn n_common(a: &[u32], b: &[u32]) -> usize {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().filter(|&at| long.binary_search(at).is_ok()).count()
}
