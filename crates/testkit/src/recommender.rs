//! What recommenders promise.

use std::collections::BTreeSet;

use ndarray::Array2;
use patronage_core::{
    CustomerIdx, HistoryEntry, ItemFilter, ItemIdx, RatingPredictor, Recommender, Request,
    ScoredItem, Seen, Timestamp, rank,
};

use crate::layouts::into_every_layout;
use crate::threads::same_again;

/// Checks what a [`Recommender`] promises: a finite score for every item and any request (an empty
/// history, repeated and unknown items, unknown customers); batches equal to single requests
/// within 1e-5 relative; `top_k` equal to a full sort with any filter and never short; an answer
/// that ignores the customer where the model says so; the same answer again and on any thread.
///
/// `requests` should be ordinary ones of the model's data; extraordinary ones are added. Fifty-six
/// lists are asked for each, so a model of some tens of items and a dozen requests do.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_recommender(model: &dyn Recommender, requests: &[Request<'_>]) {
    let n_items = model.n_items();
    let odd = odd_histories(n_items);
    let as_of = requests.first().map_or(Timestamp::from_seconds(1_000_000), |r| r.as_of);
    let mut all: Vec<Request<'_>> = requests.to_vec();
    for history in &odd {
        for customer in [None, Some(CustomerIdx::new(0)), Some(CustomerIdx::new(u32::MAX))] {
            all.push(Request { history, customer, as_of });
        }
    }
    let score = || all.iter().map(|request| scores(model, request)).collect::<Vec<_>>();
    let expected = score();
    for (position, scores) in expected.iter().enumerate() {
        if let Some(item) = scores.iter().position(|score| !score.is_finite()) {
            panic!("request {position}: item {item} has a finite score, found {}", scores[item]);
        }
    }
    same_again(&expected, "scores", score, |a, b| a == b);
    for (position, request) in all.iter().enumerate() {
        check_request(model, position, request, &expected[position]);
    }
    check_batches(model, &all, &expected);
}

fn scores(model: &dyn Recommender, request: &Request<'_>) -> Vec<f32> {
    // What stood in the slice before must not show.
    let mut scores = vec![f32::NAN; model.n_items()];
    model.scores(request, &mut scores);
    scores
}

/// Empty, of one item, of one item many times, and of items nobody knows.
fn odd_histories(n_items: usize) -> Vec<Vec<HistoryEntry>> {
    let unknown = [ItemIdx::from_usize(n_items), ItemIdx::new(u32::MAX)];
    let mut histories = vec![vec![], HistoryEntry::from_items(&unknown)];
    if n_items > 0 {
        let first = ItemIdx::new(0);
        let last = ItemIdx::from_usize(n_items - 1);
        histories.push(HistoryEntry::from_items(&[last]));
        histories.push(HistoryEntry::from_items(&[first; 40]));
        let mut weighted = HistoryEntry::from_items(&[first, last]);
        weighted[0].weight = 1e30;
        weighted[1].weight = 0.0;
        histories.push(weighted);
        histories.push(HistoryEntry::from_items(&ItemIdx::all(n_items).collect::<Vec<_>>()));
    }
    histories
}

fn check_request(model: &dyn Recommender, position: usize, request: &Request<'_>, scores: &[f32]) {
    if !model.uses_customer() {
        let anonymous = Request { customer: None, ..*request };
        let same = self::scores(model, &anonymous) == scores;
        assert!(same, "request {position}: a model that does not use the customer ignores her");
    }
    for entry in request.history {
        let scored = model.scored_as(entry.item);
        assert!(
            scored.is_none_or(|item| item.index() < scores.len()),
            "request {position}: {} is scored as one of the model's items, or not at all",
            entry.item
        );
    }
    let mut longer = request.history.to_vec();
    let unknown = ItemIdx::new(u32::MAX);
    if let (Some(&last), None) = (longer.last(), model.scored_as(unknown)) {
        // The same moment and basket, so that nothing but the unknown item is new.
        longer.push(HistoryEntry { item: unknown, ..last });
        let with_unknown = Request { history: &longer, ..*request };
        let same = self::scores(model, &with_unknown) == scores;
        assert!(same, "request {position}: items the model does not know are ignored");
    }
    let n_items = scores.len();
    // What was seen, as the model scores it: itself, or its group.
    let seen_as: Vec<HistoryEntry> = (request.history.iter())
        .filter_map(|e| Some(HistoryEntry { item: model.scored_as(e.item)?, ..*e }))
        .collect();
    let as_scored = Request { history: &seen_as, ..*request };
    let odd = |item: ItemIdx| item.get() % 2 == 1;
    let none = |_: ItemIdx| false;
    let last = |item: ItemIdx| item.index() + 1 == n_items;
    for seen in [Seen::Exclude, Seen::Allow] {
        let filter = ItemFilter::seen(seen);
        for filter in [filter, filter.allow(&odd), filter.allow(&none), filter.allow(&last)] {
            for k in [0, 1, 3, n_items / 2, n_items, n_items + 5, usize::MAX] {
                let what = format!("request {position}, k = {k}, {filter:?}");
                let found = model.top_k(request, k, &filter);
                check_top_k(&what, &found, scores, &as_scored, k, &filter);
            }
        }
    }
}

fn check_top_k(
    what: &str,
    found: &[ScoredItem],
    scores: &[f32],
    request: &Request<'_>,
    k: usize,
    filter: &ItemFilter<'_>,
) {
    let history: BTreeSet<ItemIdx> = request.history.iter().map(|entry| entry.item).collect();
    let passes = |item: ItemIdx| {
        (filter.seen == Seen::Allow || !history.contains(&item))
            && filter.allow.is_none_or(|allow| allow(item))
    };
    let mut expected: Vec<ScoredItem> = ItemIdx::all(scores.len())
        .filter(|&item| passes(item))
        .map(|item| ScoredItem { item, score: scores[item.index()] })
        .collect();
    expected.sort_by(rank);
    expected.truncate(k);
    assert_eq!(found.len(), expected.len(), "{what}: as many items as pass, up to k");
    let items: BTreeSet<ItemIdx> = found.iter().map(|scored| scored.item).collect();
    assert_eq!(items.len(), found.len(), "{what}: distinct items");
    assert!(found.is_sorted_by(|a, b| rank(a, b).is_lt()), "{what}: best first, ties by item");
    let mut exact = true;
    for scored in found {
        let item = scored.item;
        assert!(passes(item), "{what}: {item} passes the filter");
        let score = scores[item.index()];
        exact &= score == scored.score;
        assert!(near(score, scored.score), "{what}: {item} scores {score}, found {}", scored.score);
    }
    if exact {
        assert_eq!(found, expected, "{what}: equal to a full sort");
    }
    for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let (found, expected) = (found.score, expected.score);
        assert!(near(expected, found), "{what}: place {place} scores {expected}, found {found}");
    }
}

fn check_batches(model: &dyn Recommender, requests: &[Request<'_>], expected: &[Vec<f32>]) {
    let n_items = model.n_items();
    for n in [requests.len(), 1, 0] {
        let n = n.min(requests.len());
        let outs = into_every_layout((n, n_items), f32::NAN, |out| {
            model.scores_batch(&requests[..n], out);
        });
        for (layout, out) in outs {
            check_batch(&out, expected, &format!("batch of {n} into {layout} memory"));
        }
    }
}

fn check_batch(out: &Array2<f32>, expected: &[Vec<f32>], what: &str) {
    for (position, (found, expected)) in out.rows().into_iter().zip(expected).enumerate() {
        let largest = expected.iter().fold(0.0_f32, |m, s| m.max(s.abs()));
        for (item, (&expected, &found)) in expected.iter().zip(found).enumerate() {
            // Relative to the answer's own size: near 0 a score is a difference of larger numbers.
            assert!(
                (expected - found).abs() <= 1e-5 * largest || expected == found,
                "{what}, request {position}: item {item} scores {expected} alone, found {found}"
            );
        }
    }
}

fn near(a: f32, b: f32) -> bool {
    a == b || (a - b).abs() <= 1e-5 * a.abs().max(b.abs()).max(1e-6)
}

/// Checks what a [`RatingPredictor`] promises: a rating on the scale for any pair of the
/// `n_customers` and `n_items` of its data, for unknown ones, and for none; the same again and on
/// any thread.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_rating_predictor(model: &dyn RatingPredictor, n_customers: usize, n_items: usize) {
    let (low, high) = model.scale();
    assert!(
        low.is_finite() && high.is_finite() && low < high,
        "the scale ascends from one finite number to another, found {low} to {high}"
    );
    let customers: Vec<Option<CustomerIdx>> = CustomerIdx::all(n_customers.min(100))
        .map(Some)
        .chain([None, Some(CustomerIdx::new(u32::MAX))])
        .collect();
    let items: Vec<Option<ItemIdx>> = ItemIdx::all(n_items.min(100))
        .map(Some)
        .chain([None, Some(ItemIdx::new(u32::MAX))])
        .collect();
    let all = || {
        let pairs = customers.iter().flat_map(|&c| items.iter().map(move |&i| (c, i)));
        pairs.map(|(customer, item)| model.rating(customer, item)).collect::<Vec<f64>>()
    };
    let ratings = all();
    for (position, rating) in ratings.iter().enumerate() {
        let (customer, item) = (customers[position / items.len()], items[position % items.len()]);
        assert!(
            (low..=high).contains(rating),
            "{customer:?}, {item:?}: a rating of {low} to {high}, found {rating}"
        );
    }
    same_again(&ratings, "rating", all, |a, b| crate::threads::same_bits(a, b));
}
