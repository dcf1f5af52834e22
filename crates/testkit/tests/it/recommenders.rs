//! Two right recommenders and rating predictors pass, and one wrong one a promise fails.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::fails;
use ndarray::ArrayViewMut2;
use patronage_core::{
    CustomerIdx, HistoryEntry, Interactions, ItemFilter, ItemIdx, RatingPredictor, Recommender,
    Request, ScoredItem, Seen, Timestamp, top_k_of,
};
use patronage_testkit::{
    check_rating_predictor, check_recommender, checkerboard, checkerboard_requests,
};

/// How many took each item.
struct Popularity(Vec<f32>);

impl Popularity {
    fn of(interactions: &dyn Interactions) -> Self {
        let mut counts = vec![0.0; interactions.n_items()];
        for customer in CustomerIdx::all(interactions.n_customers()) {
            for item in interactions.row(customer).items() {
                counts[item.index()] += 1.0;
            }
        }
        Self(counts)
    }
}

impl Recommender for Popularity {
    fn n_items(&self) -> usize {
        self.0.len()
    }
    fn scores(&self, _request: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(&self.0);
    }
}

/// Ways to go wrong.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    NaN,
    AddsToWhatWasThere,
    Moody,
    Panics,
    CountsUnknown,
    UsesCustomer,
    BatchOff,
    BatchNeedsRequests,
    TopKShort,
    TopKSeen,
    TopKFiltersLate,
    TopKTies,
    TopKScores,
    TopKTwice,
    ScoredBeyond,
}

/// What follows the last item: as far away as the customers are used to.
struct Next {
    n_items: usize,
    wrong: Wrong,
    calls: AtomicU32,
}

fn next(wrong: Wrong) -> Next {
    Next { n_items: 9, wrong, calls: AtomicU32::new(0) }
}

impl Recommender for Next {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(self.wrong != Wrong::Panics || !request.history.is_empty(), "someone new");
        let known = request.history.iter().rfind(|entry| entry.item.index() < self.n_items);
        let last = known.map_or(0, |entry| entry.item.index());
        let n = self.n_items as i32;
        for (item, out) in out.iter_mut().enumerate() {
            let ahead = (item as i32 - last as i32).rem_euclid(n);
            // In pairs, so that there are ties.
            let score = (n - ahead / 2) as f32 * 0.125;
            *out = match self.wrong {
                Wrong::NaN if item == 3 => f32::NAN,
                Wrong::AddsToWhatWasThere => *out + score,
                Wrong::Moody => score + calls as f32,
                Wrong::CountsUnknown => score + request.history.len() as f32,
                Wrong::UsesCustomer => score + if request.customer.is_some() { 1.0 } else { 0.0 },
                _ => score,
            };
        }
    }

    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        let known = self.wrong == Wrong::ScoredBeyond || item.index() < self.n_items;
        known.then_some(item)
    }

    fn scores_batch(&self, requests: &[Request<'_>], mut out: ArrayViewMut2<'_, f32>) {
        assert!(self.wrong != Wrong::BatchNeedsRequests || !requests.is_empty(), "no requests");
        let mut scores = vec![0.0; self.n_items];
        for (request, mut out) in requests.iter().zip(out.rows_mut()) {
            self.scores(request, &mut scores);
            out.iter_mut().zip(&scores).for_each(|(out, &score)| *out = score);
            if self.wrong == Wrong::BatchOff {
                out[0] += 0.01;
            }
        }
    }

    fn top_k(&self, request: &Request<'_>, k: usize, filter: &ItemFilter<'_>) -> Vec<ScoredItem> {
        let mut scores = vec![0.0; self.n_items];
        self.scores(request, &mut scores);
        let all = ItemFilter::seen(filter.seen);
        match self.wrong {
            Wrong::TopKShort => {
                let mut found = top_k_of(&scores, request, k, filter);
                found.truncate(4);
                found
            }
            Wrong::TopKSeen => {
                top_k_of(&scores, request, k, &ItemFilter { seen: Seen::Allow, ..*filter })
            }
            // Filters what it found: the list falls short.
            Wrong::TopKFiltersLate => top_k_of(&scores, request, k, &all)
                .into_iter()
                .filter(|scored| filter.allow.is_none_or(|allow| allow(scored.item)))
                .collect(),
            Wrong::TopKTies => {
                let mut found = top_k_of(&scores, request, k, filter);
                found.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.item.cmp(&a.item)));
                found
            }
            Wrong::TopKScores => {
                let mut found = top_k_of(&scores, request, k, filter);
                found.iter_mut().for_each(|scored| scored.score *= 2.0);
                found
            }
            Wrong::TopKTwice => {
                let mut found = top_k_of(&scores, request, k, filter);
                if let [first, second, ..] = &mut found[..] {
                    *second = *first;
                }
                found
            }
            _ => top_k_of(&scores, request, k, filter),
        }
    }
}

#[test]
fn recommenders() {
    let histories = checkerboard_requests(9);
    let requests: Vec<Request<'_>> = (0..)
        .zip(&histories)
        .map(|(customer, history)| Request {
            history,
            customer: Some(CustomerIdx::new(customer)),
            as_of: Timestamp::from_seconds(100),
        })
        .collect();
    check_recommender(&Popularity::of(&checkerboard(9)), &requests);
    check_recommender(&Popularity(vec![]), &[]);
    check_recommender(&next(Wrong::Nothing), &requests);
    check_recommender(&next(Wrong::Nothing), &[]);
    let boxed: Box<dyn Recommender> = Box::new(next(Wrong::Nothing));
    check_recommender(&boxed, &requests);

    for (message, wrong) in [
        ("has a finite score", Wrong::NaN),
        ("has a finite score", Wrong::AddsToWhatWasThere),
        ("differently", Wrong::Moody),
        ("someone new", Wrong::Panics),
        ("does not know are ignored", Wrong::CountsUnknown),
        ("ignores her", Wrong::UsesCustomer),
        ("scores", Wrong::BatchOff),
        ("no requests", Wrong::BatchNeedsRequests),
        ("as many items as pass", Wrong::TopKShort),
        ("passes the filter", Wrong::TopKSeen),
        ("as many items as pass", Wrong::TopKFiltersLate),
        ("ties by item", Wrong::TopKTies),
        ("scores", Wrong::TopKScores),
        ("distinct items", Wrong::TopKTwice),
        ("one of the model's items", Wrong::ScoredBeyond),
    ] {
        fails(message, || check_recommender(&next(wrong), &requests));
    }
}

/// A model of groups of three items: histories name items, answers name groups.
struct Groups;

impl Recommender for Groups {
    fn n_items(&self) -> usize {
        4
    }
    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        out.fill(0.0);
        for entry in request.history {
            if let Some(group) = self.scored_as(entry.item) {
                out[group.index()] += 1.0;
            }
        }
    }
    fn scored_as(&self, item: ItemIdx) -> Option<ItemIdx> {
        (item.index() < 12).then(|| ItemIdx::new(item.get() / 3))
    }
}

#[test]
fn groups_of_items() {
    let history = HistoryEntry::from_items(&[11, 2, 2, 5].map(ItemIdx::new));
    let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
    check_recommender(&Groups, &[request]);
}

/// A rating that grows with the item, or is what it is told.
struct Ratings {
    scale: (f64, f64),
    rating: fn(Option<CustomerIdx>, Option<ItemIdx>, u32) -> f64,
    calls: AtomicU32,
}

impl RatingPredictor for Ratings {
    fn scale(&self) -> (f64, f64) {
        self.scale
    }
    fn rating(&self, customer: Option<CustomerIdx>, item: Option<ItemIdx>) -> f64 {
        (self.rating)(customer, item, self.calls.fetch_add(1, Ordering::Relaxed))
    }
}

#[test]
fn rating_predictors() {
    let ratings = |scale, rating| Ratings { scale, rating, calls: AtomicU32::new(0) };
    check_rating_predictor(&ratings((1.0, 5.0), |_, _, _| 3.5), 4, 6);
    let graded = ratings((1.0, 5.0), |customer, item, _| {
        let shift = customer.filter(|customer| customer.index() < 4).map_or(0.0, |_| 0.5);
        item.map_or(3.0, |item| (1.0 + shift + f64::from(item.get())).min(5.0))
    });
    check_rating_predictor(&graded, 4, 6);

    let infinite = ratings((1.0, f64::INFINITY), |_, _, _| 3.0);
    fails("the scale ascends", || check_rating_predictor(&infinite, 4, 6));
    let above = ratings((1.0, 5.0), |_, item, _| item.map_or(3.0, |item| f64::from(item.get())));
    fails("a rating of 1 to 5", || check_rating_predictor(&above, 4, 6));
    let unknown =
        ratings((1.0, 5.0), |customer, _, _| if customer.is_none() { f64::NAN } else { 3.0 });
    fails("a rating of 1 to 5", || check_rating_predictor(&unknown, 4, 6));
    let moody = ratings((1.0, 5.0), |_, _, call| 1.0 + f64::from(call % 97) * 0.01);
    fails("differently", || check_rating_predictor(&moody, 4, 6));
}
