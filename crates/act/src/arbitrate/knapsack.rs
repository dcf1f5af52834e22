//! The multiple-choice knapsack: one plan a customer, the greatest worth within the budget.

use std::cmp::Ordering;

use super::core_search::search;
use crate::parallel::{chunks, sort};

const CHUNK: usize = 1024;

/// A choice within a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choice {
    /// At least 0.
    pub(crate) cost: i64,
    pub(crate) worth: f64,
}

/// Classes of which one choice each is made.
///
/// Choices of a class ascend strictly in cost and worth, and the first costs nothing.
pub(crate) trait Classes: Sync {
    fn n_classes(&self) -> usize;

    /// The choices of a class, in place of what `out` holds.
    fn choices(&self, class: usize, out: &mut Vec<Choice>);

    /// A number of which every cost is a multiple; 0 where every cost is 0.
    fn step(&self) -> i64;
}

/// One choice for each class.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Solution {
    /// Positions among the choices of each class.
    pub(crate) choices: Vec<u32>,
    /// No solution is worth more.
    pub(crate) upper_bound: f64,
    /// What the relaxation is worth in which choices may be mixed.
    pub(crate) relaxation: f64,
    pub(crate) worth: f64,
    /// Worth by cost of the first step that no longer fitted.
    pub(crate) marginal: Option<f64>,
    pub(crate) is_optimal: bool,
}

/// From one choice of a class to a dearer one, along the upper hull.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Worth by cost.
    pub(super) slope: f64,
    pub(super) cost: i64,
    pub(super) class: u32,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Solves the knapsack exactly where at most `effort` partial solutions suffice, and else within the bound reported.
///
/// The relaxation is solved by taking the steps of every class's hull in order of worth by cost
/// (O(steps log steps)); around the step that breaks the budget a search over ever more classes
/// closes the gap.
pub(crate) fn solve(classes: &dyn Classes, budget: i64, effort: usize) -> Solution {
    let n = classes.n_classes();
    // Every total is a multiple of the step, so what is left of the budget beyond one cannot be spent.
    let budget = match classes.step() {
        0 => budget,
        step => budget - budget % step,
    };
    let mut steps: Vec<Step> = chunks(n, CHUNK, |range| {
        let (mut choices, mut hull, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for class in range {
            classes.choices(class, &mut choices);
            push_steps(class as u32, &choices, &mut hull, &mut steps);
        }
        steps
    })
    .into_iter()
    .flatten()
    .collect();
    sort(&mut steps, order);
    let mut levels = vec![0u32; n];
    let mut left = budget;
    let broken = steps.iter().position(|step| {
        if step.cost > left {
            return true;
        }
        left -= step.cost;
        levels[step.class as usize] = step.to;
        false
    });
    let worth = worth_of(classes, &levels);
    let Some(broken) = broken else {
        return Solution {
            choices: levels,
            upper_bound: worth,
            relaxation: worth,
            worth,
            marginal: None,
            is_optimal: true,
        };
    };
    let relaxation = worth + steps[broken].slope * left as f64;
    let found = search(classes, &steps, broken, &levels, left, worth, effort);
    for (class, choice) in found.changes {
        levels[class as usize] = choice;
    }
    let worth = worth + found.gain;
    let relaxation = relaxation.max(worth);
    let upper_bound = found.open_bound.map_or(worth, |open| open.min(relaxation).max(worth));
    Solution {
        choices: levels,
        upper_bound,
        relaxation,
        worth,
        marginal: Some(steps[broken].slope),
        is_optimal: upper_bound == worth,
    }
}

/// Steepest first, ties by class; steps of one class never tie.
fn order(a: &Step, b: &Step) -> Ordering {
    b.slope.total_cmp(&a.slope).then(a.class.cmp(&b.class)).then(a.to.cmp(&b.to))
}

/// The steps along the upper hull of a class; their slopes strictly descend.
fn push_steps(class: u32, choices: &[Choice], hull: &mut Vec<u32>, steps: &mut Vec<Step>) {
    let slope = |from: u32, to: u32| {
        let (from, to) = (&choices[from as usize], &choices[to as usize]);
        (to.worth - from.worth) / (to.cost - from.cost) as f64
    };
    hull.clear();
    for choice in 0..choices.len() as u32 {
        while let [.., before, last] = hull[..]
            && slope(before, last) <= slope(last, choice)
        {
            hull.pop();
        }
        hull.push(choice);
    }
    steps.extend(hull.windows(2).map(|pair| Step {
        slope: slope(pair[0], pair[1]),
        cost: choices[pair[1] as usize].cost - choices[pair[0] as usize].cost,
        class,
        from: pair[0],
        to: pair[1],
    }));
}

/// The worth of one choice a class, added up class after class with compensation.
fn worth_of(classes: &dyn Classes, levels: &[u32]) -> f64 {
    let parts = chunks(levels.len(), CHUNK, |range| {
        let mut choices = Vec::new();
        let mut sum = Sum::default();
        for class in range {
            classes.choices(class, &mut choices);
            sum.add(choices[levels[class] as usize].worth);
        }
        sum.total()
    });
    parts.into_iter().collect::<Sum>().total()
}

/// A sum whose rounding errors are added up too (Neumaier 1974).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: f64) {
        let total = self.total + value;
        self.lost += if self.total.abs() >= value.abs() {
            (self.total - total) + value
        } else {
            (value - total) + self.total
        };
        self.total = total;
    }

    pub(crate) fn total(&self) -> f64 {
        self.total + self.lost
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = Self::default();
        values.into_iter().for_each(|value| sum.add(value));
        sum
    }
}
