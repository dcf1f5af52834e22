//! Interactions from events of several kinds.

use patronage_core::{
    CustomerIdx, Fit, Interactions, ItemFilter, ItemIdx, OrderIdx, Recommender, Request, Span,
    Timestamp,
};
use patronage_recommend::{Als, ErrorKind, Event, EventTotal, EventWeights, HistoryWeight};
use patronage_testkit::check_interactions;

use crate::common::draw;

const DAY: i64 = 86_400;

fn event(customer: u32, item: u32, kind: usize, day: i64) -> Event {
    Event {
        customer: CustomerIdx::new(customer),
        item: ItemIdx::new(item),
        kind,
        at: Timestamp::from_seconds(day * DAY),
        basket: OrderIdx::new(day as u32),
    }
}

fn days(at: Timestamp) -> i64 {
    at.micros() / (DAY * 1_000_000)
}

/// Views, baskets, purchases, returns.
fn weights() -> EventWeights {
    EventWeights::new(vec![1.0, 3.0, 5.0, -5.0])
}

#[test]
fn pairs_add_up_whatever_the_order_of_events() {
    let events: Vec<Event> = (0..400_u64)
        .map(|n| {
            let d = |salt, bound| draw(n * 8 + salt, bound);
            event(d(0, 12) as u32, d(1, 9) as u32, d(2, 4) as usize, d(3, 50) as i64)
        })
        .collect();
    let as_of = Timestamp::from_seconds(50 * DAY);
    let faded = weights().half_life(Span::days(7), as_of);
    for (weights, half_life) in [(weights(), f64::INFINITY), (faded, 7.0)] {
        let table = weights.interactions(12, 9, &events).unwrap();
        check_interactions(&table);
        let mut n = 0;
        for customer in CustomerIdx::all(12) {
            let row = table.row(customer);
            for item in ItemIdx::all(9) {
                let own: Vec<&Event> =
                    events.iter().filter(|e| (e.customer, e.item) == (customer, item)).collect();
                let age = |e: &Event| 50.0 - days(e.at) as f64;
                let expected: f64 = own
                    .iter()
                    .map(|e| [1.0, 3.0, 5.0, -5.0][e.kind] * (-age(e) / half_life).exp2())
                    .sum();
                let at = row.items().binary_search(&item);
                let found = at.map_or(0.0, |at| f64::from(row.weights()[at]));
                assert!((found - expected).abs() < 1e-5, "{customer} {item} {found} {expected}");
                if let Ok(at) = at {
                    n += 1;
                    let last = own.iter().map(|e| e.at).max().unwrap();
                    assert_eq!(row.at().unwrap()[at], last);
                    assert_eq!(i64::from(row.baskets().unwrap()[at].get()), days(last));
                }
            }
        }
        assert!(n > 80, "{n}");
        let mut reversed = events.clone();
        reversed.sort_by_key(|e| std::cmp::Reverse(e.at));
        let again = weights.interactions(12, 9, &reversed).unwrap();
        for customer in CustomerIdx::all(12) {
            let (a, b) = (table.row(customer), again.row(customer));
            assert_eq!((a.items(), a.at()), (b.items(), b.at()));
            assert!(a.weights().iter().zip(b.weights()).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }
}

#[test]
fn the_strongest_counts_alone_and_caps_hold() {
    let events = [event(0, 0, 0, 1), event(0, 0, 2, 2), event(0, 0, 3, 3), event(0, 1, 0, 1)];
    let row = |weights: EventWeights| {
        let table = weights.interactions(1, 2, &events).unwrap();
        table.row(CustomerIdx::new(0)).weights().to_vec()
    };
    assert_eq!(row(weights()), [1.0, 1.0]);
    // Of a purchase and its return, the first.
    assert_eq!(row(weights().total(EventTotal::Strongest)), [5.0, 1.0]);
    assert_eq!(row(weights().total(EventTotal::Strongest).cap(0.5)), [0.5, 0.5]);
    // What weighs nothing is no interaction.
    assert_eq!(row(EventWeights::new(vec![0.0, 0.0, 2.0, -2.0])), [0.0_f32; 0]);
    assert_eq!(weights().interactions(0, 0, &[]).unwrap().n_items(), 0);
}

#[test]
fn a_history_has_the_weights_of_its_kinds() {
    let events = [event(0, 0, 2, 9), event(0, 1, 0, 3), event(0, 0, 3, 3)];
    let history = weights().half_life(Span::days(1), Timestamp::MAX).history(&events).unwrap();
    let found: Vec<_> = history.iter().map(|e| (e.item.get(), e.weight, e.basket.get())).collect();
    assert_eq!(found, [(1, 1.0, 3), (0, -5.0, 3), (0, 5.0, 9)]);
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let refused = |weights: EventWeights, event| {
        weights.interactions(2, 2, &[event]).unwrap_err().to_string()
    };
    let plain = event(0, 0, 0, 5);
    assert!(
        refused(weights(), event(2, 0, 0, 0)).starts_with("customer: expected an index below 2")
    );
    assert!(refused(weights(), event(0, 7, 0, 0)).starts_with("item: expected an index below 2"));
    let kind = refused(weights(), event(0, 0, 4, 0));
    assert_eq!(kind, "kind of event: expected an index below 4, found 4");
    assert!(refused(EventWeights::new(vec![f64::NAN]), plain).starts_with("weights"));
    assert!(refused(weights().cap(f64::INFINITY), plain).starts_with("cap"));
    let zero = weights().half_life(Span::days(0), Timestamp::MAX);
    assert!(refused(zero.clone(), plain).starts_with("half_life"));
    assert!(zero.history(&[plain]).is_err());
    assert!(weights().history(&[event(0, 0, 9, 0)]).is_err());
    // What was known only later does not train.
    let early = weights().half_life(Span::days(1), Timestamp::from_seconds(5 * DAY));
    let error = early.interactions(1, 1, &[plain]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Leakage { .. }), "{error}");
}

/// A purchase says more than a view.
#[test]
fn what_is_bought_counts_more_than_what_is_looked_at() {
    // Everyone looks at items 0 and 1; who buys 0 buys 2, who buys 1 buys 3.
    let events: Vec<Event> = (0..30)
        .flat_map(|u| {
            let side = u % 2;
            [event(u, 0, 0, 1), event(u, 1, 0, 1), event(u, side, 2, 2), event(u, 2 + side, 2, 3)]
        })
        .collect();
    let weights = EventWeights::new(vec![0.2, 3.0, 5.0]);
    let table = weights.interactions(30, 4, &events).unwrap();
    let als = Als::new(3).history(HistoryWeight::Sum).regularization(0.01);
    let model = als.fit(&table).unwrap();
    for side in 0..2 {
        let own = [event(0, 0, 0, 1), event(0, 1, 0, 1), event(0, side, 2, 2)];
        let history = weights.history(&own).unwrap();
        let as_of = Timestamp::from_seconds(9 * DAY);
        let request = Request { history: &history, customer: None, as_of };
        let best = model.top_k(&request, 1, &ItemFilter::default());
        assert_eq!(best[0].item.get(), 2 + side);
    }
}
