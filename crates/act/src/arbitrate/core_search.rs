//! Closing the gap around the step that breaks the budget.
//!
//! Starting from the solution of the relaxation without the broken step, classes join a core one by
//! one, those whose next step up or last step down is nearest to the broken one in worth by cost.
//! Over the classes of the core every combination of choices is kept that no other beats in both
//! cost and worth, and that could still beat the best solution found: what is left of the budget is
//! worth at most the steepest step up outside the core, what is overspent costs at least the
//! flattest step down. (D. Pisinger 1995, *A minimal algorithm for the multiple-choice knapsack
//! problem*, European Journal of Operational Research 83.)

use super::knapsack::{Choice, Classes, Step};

/// What the search found.
pub(super) struct Found {
    /// Classes and the choices to make in place of those of the start.
    pub(super) changes: Vec<(u32, u32)>,
    /// What the changes add to the worth.
    pub(super) gain: f64,
    /// Where the effort ran out: no solution is worth more than this.
    pub(super) open_bound: Option<f64>,
}

/// A combination of choices of the core, against the start.
#[derive(Clone, Copy)]
struct State {
    /// What is left of the budget; below 0 where it is overspent.
    left: i128,
    gain: f64,
    /// The last change that led here.
    change: Option<u32>,
}

/// One class's choice, and the change before it.
struct Change {
    class: u32,
    choice: u32,
    before: Option<u32>,
}

/// Improves on `levels`, which leave `left` of the budget and are worth `worth`.
pub(super) fn search(
    classes: &dyn Classes,
    steps: &[Step],
    broken: usize,
    levels: &[u32],
    left: i64,
    worth: f64,
    effort: usize,
) -> Found {
    let (greedy, mut best_gain) = fill_up(steps, broken, levels, left);
    // Gains below this are rounding.
    let tolerance = worth.abs() * 1e-13;
    let mut outside =
        Outside { steps, levels, in_core: vec![false; levels.len()], up: broken, down: broken };
    let mut states = vec![State { left: i128::from(left), gain: 0.0, change: None }];
    let mut changes: Vec<Change> = Vec::new();
    let mut best: Option<Option<u32>> = None;
    let mut n_states = 0;
    let mut turn_up = true;
    let mut choices: Vec<Choice> = Vec::new();
    let mut open_bound = None;
    loop {
        let (up, down) = (outside.next_up(), outside.next_down());
        let (rise, fall) =
            (up.map_or(0.0, |step| step.slope), down.map_or(f64::INFINITY, |s| s.slope));
        let bound = |state: &State| {
            let slope = if state.left >= 0 { rise } else { fall };
            // Nothing left is worth nothing, however steep the step.
            if state.left == 0 { state.gain } else { state.gain + state.left as f64 * slope }
        };
        states.retain(|state| bound(state) > best_gain + tolerance);
        if states.is_empty() {
            break;
        }
        let next = if turn_up { up.or(down) } else { down.or(up) };
        turn_up = !turn_up;
        let Some(class) = next.map(|step| step.class) else { break };
        classes.choices(class as usize, &mut choices);
        n_states += states.len() * choices.len();
        if n_states > effort {
            let bounds = states.iter().map(bound);
            open_bound = Some(worth + bounds.fold(best_gain, f64::max));
            break;
        }
        outside.in_core[class as usize] = true;
        let level = levels[class as usize];
        let current = choices[level as usize];
        let mut grown = Vec::with_capacity(states.len() * choices.len());
        for state in &states {
            for (choice, to) in (0u32..).zip(&choices) {
                grown.push((
                    State {
                        left: state.left - i128::from(to.cost) + i128::from(current.cost),
                        gain: state.gain + (to.worth - current.worth),
                        change: state.change,
                    },
                    choice,
                ));
            }
        }
        // The more is left the better; of equals the greater gain, then the first made.
        grown.sort_by(|(a, _), (b, _)| b.left.cmp(&a.left).then(b.gain.total_cmp(&a.gain)));
        states.clear();
        let mut greatest = f64::NEG_INFINITY;
        for (mut state, choice) in grown {
            if state.gain <= greatest {
                continue;
            }
            greatest = state.gain;
            if choice != level {
                changes.push(Change { class, choice, before: state.change });
                state.change = Some((changes.len() - 1) as u32);
            }
            if state.left >= 0 && state.gain > best_gain {
                best_gain = state.gain;
                best = Some(state.change);
            }
            states.push(state);
        }
    }
    let changes = match best {
        None => greedy,
        Some(last) => {
            let path = std::iter::successors(last, |&at| changes[at as usize].before);
            path.map(|at| (changes[at as usize].class, changes[at as usize].choice)).collect()
        }
    };
    Found { changes, gain: best_gain, open_bound }
}

/// Takes every later step that still fits, in order; the changes and what they gain.
fn fill_up(steps: &[Step], broken: usize, levels: &[u32], left: i64) -> (Vec<(u32, u32)>, f64) {
    let mut now = std::collections::HashMap::new();
    let (mut left, mut gain) = (left, 0.0);
    for step in &steps[broken..] {
        if left == 0 {
            break;
        }
        let level = now.get(&step.class).copied().unwrap_or(levels[step.class as usize]);
        if level == step.from && step.cost <= left {
            left -= step.cost;
            gain += step.slope * step.cost as f64;
            now.insert(step.class, step.to);
        }
    }
    let mut changes: Vec<(u32, u32)> = now.into_iter().collect();
    changes.sort_unstable();
    (changes, gain)
}

/// The steps of classes outside the core next to the broken one.
struct Outside<'a> {
    steps: &'a [Step],
    levels: &'a [u32],
    in_core: Vec<bool>,
    /// Steps before this one were looked at on the way up.
    up: usize,
    /// Steps from this one on were looked at on the way down.
    down: usize,
}

impl<'a> Outside<'a> {
    /// The steepest step up from where a class stands.
    fn next_up(&mut self) -> Option<&'a Step> {
        while let Some(step) = self.steps.get(self.up) {
            let class = step.class as usize;
            if !self.in_core[class] && self.levels[class] == step.from {
                return Some(step);
            }
            self.up += 1;
        }
        None
    }

    /// The flattest step down from where a class stands.
    fn next_down(&mut self) -> Option<&'a Step> {
        while let Some(step) = self.down.checked_sub(1).map(|at| &self.steps[at]) {
            let class = step.class as usize;
            if !self.in_core[class] && self.levels[class] == step.to {
                return Some(step);
            }
            self.down -= 1;
        }
        None
    }
}
