//! Lists under filters, and scores of many requests together.

use ndarray::Array2;
use patronage_core::{ItemFilter, ItemIdx, Recommender, Request, ScoredItem, Seen};

use super::fault::Fault;
use super::finding::Finding;

fn scores(model: &dyn Recommender, request: &Request<'_>) -> Vec<f32> {
    // What stood in the slice before must not show.
    let mut scores = vec![f32::NAN; model.n_items()];
    model.scores(request, &mut scores);
    scores
}

/// Scores in batches of several sizes are those of each request alone, within `tolerance` of the largest.
pub(super) fn check_batches(
    model: &dyn Recommender,
    requests: &[Request<'_>],
    tolerance: f64,
    finding: &mut Finding,
) {
    let alone: Vec<Vec<f32>> = requests.iter().map(|request| scores(model, request)).collect();
    for (request, scores) in alone.iter().enumerate() {
        let bad = ItemIdx::all(scores.len()).find(|item| !scores[item.index()].is_finite());
        finding.note(bad.map(|item| {
            let found = scores[item.index()];
            Fault::NotFinite { request, item, found }
        }));
    }
    for batch in [1, 2, 3, 8, 33, requests.len()] {
        for (start, batch) in (0..).step_by(batch.max(1)).zip(requests.chunks(batch.max(1))) {
            let mut out = Array2::from_elem((batch.len(), model.n_items()), f32::NAN);
            model.scores_batch(batch, out.view_mut());
            for (offset, found) in out.rows().into_iter().enumerate() {
                let request = start + offset;
                let alone = &alone[request];
                let largest = alone.iter().fold(0.0f32, |largest, score| largest.max(score.abs()));
                let room = tolerance * f64::from(largest);
                let differs = |item: &ItemIdx| {
                    let (alone, found) = (alone[item.index()], found[item.index()]);
                    let gap = (f64::from(alone) - f64::from(found)).abs();
                    // What is no number differs.
                    alone != found && !matches!(gap.partial_cmp(&room), Some(o) if o.is_le())
                };
                let differs = ItemIdx::all(alone.len()).find(differs);
                finding.note(differs.map(|item| {
                    let (alone, found) = (alone[item.index()], found[item.index()]);
                    Fault::Batch { batch: batch.len(), request, item, alone, found }
                }));
            }
        }
    }
}

/// A predicate of items with its name.
type Rule<'a> = (&'static str, Box<dyn Fn(ItemIdx) -> bool + Sync + 'a>);

/// Lists of several lengths under several filters; the hardest leaves only what the model likes least.
pub(super) fn check_filters(
    model: &dyn Recommender,
    requests: &[Request<'_>],
    finding: &mut Finding,
) {
    let n = model.n_items();
    for (position, request) in requests.iter().enumerate() {
        let scores = scores(model, request);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let least: Vec<usize> = order[n - n.min(6)..].to_vec();
        let first = order.first().copied();
        let rules: [Rule<'_>; 6] = [
            ("all items", Box::new(|_| true)),
            ("the six it likes least", Box::new(|item| least.contains(&item.index()))),
            ("all but the one it likes most", Box::new(|item| Some(item.index()) != first)),
            ("the first item alone", Box::new(|item| item.index() == 0)),
            ("the last item alone", Box::new(|item| item.index() + 1 == n)),
            ("no item", Box::new(|_| false)),
        ];
        for (name, allow) in &rules {
            for seen in [Seen::Exclude, Seen::Allow] {
                for k in [1, 4, n, n + 3] {
                    let asked = Asked { position, request, k, seen, name, allow: &**allow };
                    finding.note(asked.fault(model, &scores));
                }
            }
        }
    }
}

/// One list asked for.
struct Asked<'a> {
    position: usize,
    request: &'a Request<'a>,
    k: usize,
    seen: Seen,
    name: &'static str,
    allow: &'a (dyn Fn(ItemIdx) -> bool + Sync),
}

impl Asked<'_> {
    fn fault(&self, model: &dyn Recommender, scores: &[f32]) -> Option<Fault> {
        let (request, k, filter) = (self.position, self.k, self.name);
        let had: Vec<ItemIdx> =
            self.request.history.iter().filter_map(|entry| model.scored_as(entry.item)).collect();
        let passes = |item: ItemIdx| {
            (self.seen == Seen::Allow || !had.contains(&item)) && (self.allow)(item)
        };
        let list = model.top_k(self.request, k, &ItemFilter::seen(self.seen).allow(self.allow));
        if let Some(listed) = list.iter().find(|listed| !passes(listed.item)) {
            return Some(Fault::Forbidden { request, k, filter, item: listed.item });
        }
        let expected = ItemIdx::all(scores.len()).filter(|&item| passes(item)).count().min(k);
        if list.len() != expected {
            return Some(Fault::Length { request, k, filter, expected, found: list.len() });
        }
        for (place, ScoredItem { item, score }) in list.iter().enumerate() {
            let before = &list[..place];
            let holds = before.iter().all(|other| other.item != *item)
                && before.last().is_none_or(|other| other.score >= *score);
            if !holds {
                return Some(Fault::Order { request, k, filter, item: *item, place });
            }
        }
        // What is left out may score more by rounding only.
        let last = list.last().filter(|_| list.len() == k)?;
        let worst = scores[last.item.index()];
        let room = 1e-5 * scores.iter().fold(0.0f32, |largest, score| largest.max(score.abs()));
        let better = ItemIdx::all(scores.len()).find(|&item| {
            scores[item.index()] > worst + room
                && passes(item)
                && list.iter().all(|listed| listed.item != item)
        });
        better.map(|item| Fault::NotBest { request, k, filter, item })
    }
}
