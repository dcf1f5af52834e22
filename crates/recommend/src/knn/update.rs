//! The neighbours of items after some interactions changed.

use patronage_core::{Csr, ItemIdx, ScoredItem, rank};

use super::neighbours::{collect, neighbours, neighbours_of, of_counts};
use super::weighting::{Similarity, Weighted};
use crate::par;

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
    /// An item is touched when a customer came to it or left it. The similarity of two items neither of
    /// which is touched stays, so of an item that is not touched only the similarities with touched
    /// ones change. Its row is mended, unless one of its neighbours fell so far that an item may
    /// rank above it that the row does not hold; then, as for touched items, it is found again.
    pub(super) fn neighbours(&self) -> Csr<f32> {
        let n_items = self.now.n_items();
        let from_nothing = || neighbours(self.now, self.similarity, self.shrinkage, self.k);
        let (Weighted::Ones(before), Weighted::Ones(now)) = (self.before, self.now) else {
            return from_nothing();
        };
        let difference = Difference::new(before, now);
        if difference.is_most_of(now) {
            return from_nothing();
        }
        let customers = now.transpose();
        let mended = par::map(
            n_items,
            || vec![false; now.n_rows()],
            |has, item| {
                if item >= self.former.n_rows() || difference.again[item] {
                    return None;
                }
                let own = customers.row(item).0;
                own.iter().for_each(|&customer| has[customer as usize] = true);
                let row = self.mended(item, &difference, &customers, has);
                own.iter().for_each(|&customer| has[customer as usize] = false);
                row
            },
        );
        let targets: Vec<u32> =
            (0..).zip(&mended).filter(|(_, row)| row.is_none()).map(|(item, _)| item).collect();
        let found = neighbours_of(&targets, self.now, self.similarity, self.shrinkage, self.k);
        let mut found = found.into_iter();
        let rows = mended.into_iter().map(|row| row.or_else(|| found.next()).unwrap_or_default());
        collect(rows.collect(), n_items)
    }

    /// The former row of an item that is not touched, which each customer `has` or not, with its
    /// similarities as they are now; `None` where an item it does not hold may have become one of the
    /// nearest.
    fn mended(
        &self,
        item: usize,
        difference: &Difference,
        customers: &Csr<()>,
        has: &[bool],
    ) -> Option<Vec<(u32, f32)>> {
        let n_have = customers.row(item).0.len() as f64;
        let (others, similarities) = self.former.row(item);
        let is_full = others.len() >= self.k;
        let last = similarities.iter().copied().fold(f32::INFINITY, f32::min);
        let together = difference.together(item as u32);
        let value = |other: u32, both: f64| {
            let counts = [customers.row(other as usize).0.len() as f64, n_have];
            of_counts(self.similarity, self.shrinkage, counts, both) as f32
        };
        let count = |other: u32| {
            let theirs = customers.row(other as usize).0;
            theirs.iter().filter(|&&customer| has[customer as usize]).count() as f64
        };
        let mut row: Vec<ScoredItem> = Vec::with_capacity(others.len() + together.len());
        for (&other, &similarity) in others.iter().zip(similarities) {
            let score = if !difference.touched[other as usize] {
                similarity
            } else if together.binary_search(&(item as u32, other)).is_ok() {
                value(other, count(other))
            } else {
                // Of as many customers of both as before.
                let counts = [f64::from(difference.n_had[other as usize]), n_have];
                let both = self.both_of(counts, similarity).unwrap_or_else(|| count(other));
                value(other, both)
            };
            row.push(ScoredItem { item: ItemIdx::new(other), score });
        }
        for &(_, other) in together {
            if others.binary_search(&other).is_err() {
                row.push(ScoredItem {
                    item: ItemIdx::new(other),
                    score: value(other, count(other)),
                });
            }
        }
        row.sort_unstable_by(rank);
        row.truncate(self.k);
        // Whoever was left out ranked below the last there was.
        let is_certain = !is_full
            || row.last().is_none_or(|least| {
                let stayed = !difference.touched[least.item.index()];
                least.score > last || (stayed && least.score == last)
            });
        row.sort_unstable_by_key(|scored| scored.item);
        is_certain.then(|| row.iter().map(|scored| (scored.item.get(), scored.score)).collect())
    }

    /// How many customers two items shared, from their similarity; `None` where rounding hides it.
    fn both_of(&self, counts: [f64; 2], similarity: f32) -> Option<f64> {
        let (s, [one, other], shrinkage) = (f64::from(similarity), counts, self.shrinkage);
        let shrunk = |q: f64| f64::midpoint(q, (q * q + 4.0 * q * shrinkage).sqrt());
        let both = match self.similarity {
            Similarity::Jaccard if shrinkage > 0.0 => return None,
            Similarity::Jaccard => s * (one + other) / (1.0 + s),
            Similarity::Bm25 { .. } => shrunk(s),
            Similarity::Cosine | Similarity::TfIdf => shrunk(s * (one * other).sqrt()),
        }
        .round();
        let again = |both: f64| of_counts(self.similarity, shrinkage, counts, both) as f32;
        let is_certain = both >= 1.0
            && again(both) == similarity
            && again(both + 1.0) != similarity
            && (both < 2.0 || again(both - 1.0) != similarity);
        is_certain.then_some(both)
    }
}

/// What changed between two tables of interactions.
struct Difference {
    /// The items to which a customer came, or which one left.
    touched: Vec<bool>,
    /// The touched items, and those that share a customer with one that is had by fewer than before:
    /// with such a one similarities rose that no row holds.
    again: Vec<bool>,
    /// How many had each item before.
    n_had: Vec<u32>,
    /// Items that are not touched with touched ones that a customer of both came to; ascending.
    together: Vec<(u32, u32)>,
}

impl Difference {
    fn new(before: &Csr<()>, now: &Csr<()>) -> Self {
        let n_items = now.n_columns();
        let then = |customer: usize| -> &[u32] {
            if customer < before.n_rows() { before.row(customer).0 } else { &[] }
        };
        let changed: Vec<usize> =
            (0..now.n_rows()).filter(|&customer| then(customer) != now.row(customer).0).collect();
        let (mut touched, mut left) = (vec![false; n_items], vec![false; n_items]);
        for &customer in &changed {
            let (was, is) = (then(customer), now.row(customer).0);
            for &item in is.iter().filter(|item| was.binary_search(item).is_err()) {
                touched[item as usize] = true;
            }
            for &item in was.iter().filter(|item| is.binary_search(item).is_err()) {
                touched[item as usize] = true;
                left[item as usize] = true;
            }
        }
        let mut together = Vec::new();
        for &customer in &changed {
            let (was, is) = (then(customer), now.row(customer).0);
            let came = is.iter().filter(|item| was.binary_search(item).is_err());
            for &new in came {
                let stayed = is.iter().filter(|&&item| !touched[item as usize]);
                together.extend(stayed.map(|&item| (item, new)));
            }
        }
        together.sort_unstable();
        together.dedup();
        let mut again = touched.clone();
        for customer in 0..now.n_rows() {
            let row = now.row(customer).0;
            if row.iter().any(|&item| left[item as usize]) {
                row.iter().for_each(|&item| again[item as usize] = true);
            }
        }
        // And who shared only customers that left.
        for &customer in &changed {
            if then(customer).iter().any(|&item| left[item as usize]) {
                then(customer).iter().for_each(|&item| again[item as usize] = true);
            }
        }
        let mut n_had = vec![0; n_items];
        for customer in 0..before.n_rows() {
            before.row(customer).0.iter().for_each(|&item| n_had[item as usize] += 1);
        }
        Self { touched, again, n_had, together }
    }

    /// Whether finding those rows again is most of the work of finding all.
    fn is_most_of(&self, now: &Csr<()>) -> bool {
        let (mut of_these, mut of_all) = (0, 0);
        for customer in 0..now.n_rows() {
            let row = now.row(customer).0;
            let again = row.iter().filter(|&&item| self.again[item as usize]).count();
            of_these += again * row.len();
            of_all += row.len() * row.len();
        }
        of_these * 2 > of_all
    }

    /// The pairs of an item that is not touched.
    fn together(&self, item: u32) -> &[(u32, u32)] {
        let from = self.together.partition_point(|&(first, _)| first < item);
        let to = self.together.partition_point(|&(first, _)| first <= item);
        &self.together[from..to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number in `0..bound` that looks random and never changes (splitmix64).
    fn draw(seed: u64, bound: u64) -> u64 {
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    /// 200 customers and 80 items; then 6 changes, a new customer and a new item. Of even seeds nobody leaves.
    fn before_and_now(seed: u64) -> [Csr<()>; 2] {
        let had = |u: u32, i: u32| {
            let odds = if u % 4 == i % 4 { 250 } else { 20 };
            u < 200 && i < 80 && draw(seed * 65_536 + u64::from(u * 128 + i), 1000) < odds
        };
        let changed: Vec<(u32, u32)> = (0..6)
            .map(|n| (draw(seed * 99 + n, 200) as u32, draw(seed * 77 + n, 80) as u32))
            .filter(|&(u, i)| seed % 2 == 1 || !had(u, i))
            .chain([(200, 5), (200, 80), (17, 80)])
            .collect();
        [(200, 80, false), (201, 81, true)].map(|(n, m, late)| {
            let has = |u, i| had(u, i) != (late && changed.contains(&(u, i)));
            let pairs = (0..n).flat_map(|u| (0..m).map(move |i| (u, i)));
            let entries: Vec<(u32, u32, ())> =
                pairs.filter(|&(u, i)| has(u, i)).map(|(u, i)| (u, i, ())).collect();
            Csr::from_entries(n as usize, m as usize, &entries, |(), ()| {}).unwrap()
        })
    }

    #[test]
    fn most_rows_are_mended_and_right() {
        let (mut n_kept, mut n_changed, mut n_lost, mut n_hidden, mut n_partial) = (0, 0, 0, 0, 0);
        for seed in 0..20 {
            let [before, now] = before_and_now(seed).map(Weighted::Ones);
            for similarity in [Similarity::Cosine, Similarity::Jaccard] {
                for (k, shrinkage) in [(3, 0.0), (10, 2.0), (99, 0.0)] {
                    let former = neighbours(&before, similarity, shrinkage, k);
                    let change = Change {
                        before: &before,
                        now: &now,
                        former: &former,
                        similarity,
                        shrinkage,
                        k,
                    };
                    let expected = neighbours(&now, similarity, shrinkage, k);
                    assert_eq!(change.neighbours(), expected, "{seed} {similarity:?} {k}");
                    let (Weighted::Ones(was), Weighted::Ones(is)) = (&before, &now) else {
                        continue;
                    };
                    let difference = Difference::new(was, is);
                    n_partial += usize::from(!difference.is_most_of(is));
                    let customers = is.transpose();
                    for item in (0..80).filter(|&item| !difference.again[item]) {
                        let own = customers.row(item).0;
                        let has: Vec<bool> = (0..201).map(|u| own.contains(&u)).collect();
                        let Some(row) = change.mended(item, &difference, &customers, &has) else {
                            n_lost += 1;
                            continue;
                        };
                        let (items, scores) = expected.row(item);
                        assert!(row.iter().map(|r| &r.0).eq(items));
                        assert!(row.iter().map(|r| &r.1).eq(scores));
                        n_kept += 1;
                        n_changed += usize::from(former.row(item) != expected.row(item));
                    }
                    let had = was.transpose();
                    for item in 0..80 {
                        let (others, scores) = former.row(item);
                        let count = |item: usize| f64::from(difference.n_had[item]);
                        for (&other, &score) in others.iter().zip(scores) {
                            let counts = [count(other as usize), count(item)];
                            let both = change.both_of(counts, score);
                            n_hidden += usize::from(both.is_none());
                            let own = had.row(item).0.iter();
                            let theirs = had.row(other as usize).0;
                            let shared = own.filter(|c| theirs.contains(c)).count() as f64;
                            assert!(both.is_none_or(|both| both == shared));
                        }
                    }
                }
            }
        }
        assert!(n_kept > 2000 && n_changed > 500 && n_lost > 10, "{n_kept} {n_changed} {n_lost}");
        // Jaccard's with shrinkage are counted again.
        assert!(n_hidden > 0 && n_partial > 50, "{n_hidden} {n_partial}");
    }
}
