//! Items of known popularity.

use patronage_core::{Csr, HistoryEntry, InteractionTable, ItemIdx, Recommender, Request};

use super::board::AS_OF;
use super::fault::Fault;
use super::finding::Finding;

/// How many customers have each item: none, ties, and no order that the items' numbers give away.
const COUNTS: [usize; 9] = [4, 0, 7, 7, 1, 9, 2, 4, 5];

/// The popularities in four orders, so that the first and the last item are each at the top, at the bottom and between.
pub(super) fn orders() -> [Vec<usize>; 4] {
    let mut ascending = COUNTS.to_vec();
    ascending.sort_unstable();
    let mut descending = ascending.clone();
    descending.reverse();
    let mut backwards = COUNTS.to_vec();
    backwards.reverse();
    [COUNTS.to_vec(), backwards, ascending, descending]
}

/// Item `i` bought by `counts[i]` customers, weight 1, with `extra` unknown customers and items at the end.
pub(super) fn table(counts: &[usize], extra: usize) -> InteractionTable {
    let n_customers = counts.iter().copied().max().unwrap_or(0);
    // Each item starts with another customer, so that rows are of different lengths.
    let entries: Vec<(u32, u32, f32)> = (0u32..)
        .zip(counts)
        .flat_map(|(item, &n)| {
            (0..n).map(move |at| (((at + item as usize) % n_customers) as u32, item, 1.0))
        })
        .collect();
    let weights = Csr::from_entries(n_customers + extra, counts.len() + extra, &entries, |_, _| {})
        .expect("entries lie in the table");
    InteractionTable::new(weights).expect("weights of 1 are finite")
}

/// Scores are in the order of popularity for any request, ties as ties; items beyond `counts` have none.
pub(super) fn check(model: &dyn Recommender, counts: &[usize], finding: &mut Finding) {
    let n_items = model.n_items();
    let count = |item: usize| counts.get(item).copied().unwrap_or(0);
    let some = HistoryEntry::from_items(&[ItemIdx::new(2)]);
    for history in [&[][..], &some[..]] {
        let request = Request { history, customer: None, as_of: AS_OF };
        let mut scores = vec![0.0; n_items];
        model.scores(&request, &mut scores);
        for first in 0..n_items {
            for second in 0..first {
                let expected = count(first).cmp(&count(second));
                // Scores that are no numbers are in no order.
                let holds = scores[first].partial_cmp(&scores[second]) == Some(expected);
                let (n_first, n_second) = (count(first), count(second));
                let scores = [scores[first], scores[second]];
                let [first, second] = [first, second].map(ItemIdx::from_usize);
                let fault = Fault::Popularity { first, n_first, second, n_second, scores };
                finding.note((!holds).then_some(fault));
            }
        }
    }
}
