//! What value models promise.

use patronage_core::{CustomerIdx, Lines, Purchases, Span, Timestamp, ValueModel};

use crate::threads::same_again;

/// Checks what a [`ValueModel`] promises: an amount for any history, as-of and horizon, that knows
/// only what was bought strictly before as-of, the same again and on any thread.
///
/// The first 200 customers of `purchases` are tried at several moments, and an empty history.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_value_model(model: &dyn ValueModel, purchases: &dyn Purchases) {
    let horizons = [Span::micros(0), Span::days(1), Span::days(90), Span::micros(i64::MAX)];
    let mut cases: Vec<(Lines<'_>, Timestamp)> = vec![
        (Lines::default(), Timestamp::MIN),
        (Lines::default(), Timestamp::from_seconds(0)),
        (Lines::default(), Timestamp::MAX),
    ];
    for customer in CustomerIdx::all(purchases.n_customers().min(200)) {
        let history = purchases.history(customer);
        let (Some(&first), Some(&last)) = (history.at().first(), history.at().last()) else {
            cases.push((history, Timestamp::from_seconds(0)));
            continue;
        };
        let middle = history.at()[history.len() / 2];
        for as_of in
            [first, middle, last, last + Span::micros(1), last + Span::days(365), Timestamp::MAX]
        {
            cases.push((history, as_of));
        }
    }
    let all = || {
        let values = cases.iter().flat_map(|&(history, as_of)| {
            horizons.map(|horizon| model.expected_value(history, as_of, horizon))
        });
        values.collect::<Vec<_>>()
    };
    let values = all();
    let known = cases.iter().flat_map(|&(history, as_of)| {
        horizons.map(|horizon| model.expected_value(history.before(as_of), as_of, horizon))
    });
    for (case, (value, known)) in values.iter().zip(known).enumerate() {
        let as_of = cases[case / horizons.len()].1;
        assert_eq!(*value, known, "as of {as_of}: lines at or after as-of change nothing");
    }
    same_again(&values, "expected value", all, |a, b| a == b);
}
