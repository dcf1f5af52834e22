//! What models of factors share.

use patronage_core::{ItemFilter, ItemIdx, Request, ScoredItem, Seen, rank};

use crate::linear::Rows;
use crate::par;

/// The `k` rows of the greatest cosine with `x`, best first, ties by ascending row; rows of zeros
/// are similar to none.
pub(crate) fn nearest(rows: &Rows, x: &[f32], but: Option<usize>, k: usize) -> Vec<ScoredItem> {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    let length = product(x, x).sqrt();
    let cosines = par::map(
        rows.n(),
        || (),
        |(), i| {
            let row = rows.values(i);
            let other = product(row, row).sqrt();
            (length > 0.0 && other > 0.0).then(|| (product(row, x) / length / other) as f32)
        },
    );
    let mut found: Vec<ScoredItem> = ItemIdx::all(rows.n())
        .zip(cosines)
        .filter(|(item, _)| Some(item.index()) != but)
        .filter_map(|(item, score)| Some(ScoredItem { item, score: score? }))
        .collect();
    if k < found.len() && k > 0 {
        found.select_nth_unstable_by(k - 1, rank);
    }
    found.truncate(k);
    found.sort_unstable_by(rank);
    found
}

/// The items the filter leaves out for being in the history, ascending.
pub(crate) fn seen(request: &Request<'_>, filter: &ItemFilter<'_>) -> Vec<u32> {
    let mut seen: Vec<u32> = match filter.seen {
        Seen::Allow => Vec::new(),
        Seen::Exclude => request.history.iter().map(|entry| entry.item.get()).collect(),
    };
    seen.sort_unstable();
    seen
}
