//! The knapsack against brute force.

use proptest::prelude::*;

use super::knapsack::{Choice, Classes, solve};

struct Given(Vec<Vec<Choice>>);

impl Classes for Given {
    fn n_classes(&self) -> usize {
        self.0.len()
    }

    fn choices(&self, class: usize, out: &mut Vec<Choice>) {
        out.clone_from(&self.0[class]);
    }

    fn step(&self) -> i64 {
        let costs = self.0.iter().flatten().map(|choice| choice.cost);
        costs.fold(0, super::desk::greatest_common_divisor)
    }
}

/// Doing nothing and the undominated of `choices`.
fn class(mut choices: Vec<(i64, f64)>) -> Vec<Choice> {
    choices.push((0, 0.0));
    choices.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut best = f64::NEG_INFINITY;
    choices.retain(|choice| {
        let keep = choice.1 > best;
        best = best.max(choice.1);
        keep
    });
    choices.into_iter().map(|(cost, worth)| Choice { cost, worth }).collect()
}

/// The optimum by trying every combination.
fn brute_force(classes: &[Vec<Choice>], budget: i64) -> f64 {
    let Some((first, rest)) = classes.split_first() else { return 0.0 };
    let within = first.iter().filter(|choice| choice.cost <= budget);
    within.map(|choice| choice.worth + brute_force(rest, budget - choice.cost)).fold(0.0, f64::max)
}

/// The optimum by dynamic programming over every budget, for whole costs.
fn table(classes: &[Vec<Choice>], budget: usize) -> f64 {
    let mut best = vec![0.0; budget + 1];
    for class in classes {
        best = (0..=budget)
            .map(|money| {
                let within = class.iter().filter(|choice| choice.cost as usize <= money);
                within.map(|c| best[money - c.cost as usize] + c.worth).fold(0.0, f64::max)
            })
            .collect();
    }
    best[budget]
}

fn check(classes: Vec<Vec<Choice>>, budget: i64, effort: usize, optimum: f64) {
    let solution = solve(&Given(classes.clone()), budget, effort);
    let picked = || classes.iter().zip(&solution.choices).map(|(c, &at)| c[at as usize]);
    let (spent, worth) =
        picked().fold((0, 0.0), |(cost, worth), c| (cost + c.cost, worth + c.worth));
    let near = 1e-9 * (1.0 + optimum);
    assert!(spent <= budget, "spent {spent} of {budget}");
    assert!((worth - solution.worth).abs() <= near);
    assert!(worth <= optimum + near && optimum <= solution.upper_bound + near, "{solution:?}");
    assert!(solution.upper_bound <= solution.relaxation + near, "{solution:?}");
    if effort > 1_000_000 {
        assert!(solution.is_optimal && (worth - optimum).abs() <= near, "{worth} of {optimum}");
    }
}

fn classes(
    n: std::ops::Range<usize>,
    costs: std::ops::Range<i64>,
) -> impl Strategy<Value = Vec<Vec<Choice>>> {
    let choice = (costs, prop_oneof![0.0..10.0, (0u8..6).prop_map(f64::from)]);
    prop::collection::vec(prop::collection::vec(choice, 0..5).prop_map(class), n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn equals_brute_force(classes in classes(0..6, 0..30), budget in 0i64..100) {
        let optimum = brute_force(&classes, budget);
        check(classes, budget, usize::MAX, optimum);
    }

    #[test]
    fn a_tired_search_stays_within_its_bound(classes in classes(0..6, 0..30), budget in 0i64..100, effort in 0usize..60) {
        let optimum = brute_force(&classes, budget);
        check(classes, budget, effort, optimum);
    }

    #[test]
    fn equals_dynamic_programming(classes in classes(20..60, 0..40), budget in 0i64..900) {
        let optimum = table(&classes, budget as usize);
        check(classes, budget, usize::MAX, optimum);
    }
}

#[test]
fn degenerate_budgets_and_classes() {
    let one = || vec![class(vec![(0, 1.0), (7, 3.0)])];
    check(Vec::new(), 0, usize::MAX, 0.0);
    check(one(), 0, usize::MAX, 1.0);
    check(one(), 6, usize::MAX, 1.0);
    check(one(), i64::MAX, usize::MAX, 3.0);
    let dear = vec![class(vec![(i64::MAX, 5.0), (1, 2.0)]); 3];
    check(dear, i64::MAX, usize::MAX, 6.0);
    // Customers all alike, as where everybody has the base rate.
    let alike = vec![class(vec![(800, 1.0)]); 1000];
    check(alike, 10_300, usize::MAX, 12.0);
}
