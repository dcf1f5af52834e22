//! What the factors of a decision promise.

use std::fmt::Debug;

use patronage_core::{ActionIdx, CustomerIdx, Eligibility, Explained, Money, Relevance, Value};

use crate::threads::same_again;

/// Checks what a [`Value`] promises for `n_customers` and `n_actions`: amounts of at least 0, each
/// with a reason, the same again and on any thread.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_value(value: &dyn Value, n_customers: usize, n_actions: usize) {
    check_factor("value", n_customers, n_actions, |customer, action| {
        let explained = value.value(customer, action);
        let found = explained.value;
        assert!(found >= Money::ZERO, "{customer}, {action}: a value of at least 0, found {found}");
        let alone = value.amount(customer, action);
        assert_eq!(alone, found, "{customer}, {action}: the amount alone is that of the value");
        explained
    });
}

/// Checks what a [`Relevance`] promises for `n_customers` and `n_actions`: probabilities, each with
/// a reason, the same again and on any thread.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_relevance(relevance: &dyn Relevance, n_customers: usize, n_actions: usize) {
    // That it is a probability is said by its type.
    check_factor("relevance", n_customers, n_actions, |customer, action| {
        let explained = relevance.relevance(customer, action);
        let (found, alone) = (explained.value, relevance.probability(customer, action));
        assert_eq!(alone, found, "{customer}, {action}: the probability alone is the relevance");
        explained
    });
}

/// Checks what an [`Eligibility`] promises for `n_customers` and `n_actions`: verdicts, each with
/// what decided, never worse for consent to every channel, the same again and on any thread.
///
/// # Panics
///
/// When a promise is broken; the message names it.
pub fn check_eligibility(eligibility: &dyn Eligibility, n_customers: usize, n_actions: usize) {
    check_factor("eligibility", n_customers, n_actions, |customer, action| {
        let explained = eligibility.eligibility(customer, action);
        let (found, alone) = (explained.value, eligibility.verdict(customer, action));
        assert_eq!(alone, found, "{customer}, {action}: the verdict alone is the eligibility");
        let consented = eligibility.verdict_with_consent(customer, action);
        assert!(
            consented.is_eligible() || !found.is_eligible(),
            "{customer}, {action}: consent to every channel makes no one ineligible"
        );
        explained
    });
}

fn check_factor<T: Debug + PartialEq + Send + Sync>(
    what: &str,
    n_customers: usize,
    n_actions: usize,
    factor: impl Fn(CustomerIdx, ActionIdx) -> Explained<T> + Sync,
) {
    let all = || {
        CustomerIdx::all(n_customers)
            .flat_map(|customer| ActionIdx::all(n_actions).map(move |action| (customer, action)))
            .map(|(customer, action)| {
                let explained = factor(customer, action);
                let reason = explained.reason.trim();
                assert!(!reason.is_empty(), "{customer}, {action}: {what} has a reason");
                assert!(
                    !reason.ends_with('.'),
                    "{customer}, {action}: a reason without a full stop, found {reason:?}"
                );
                explained
            })
            .collect::<Vec<_>>()
    };
    same_again(&all(), what, all, |a, b| a == b);
}
