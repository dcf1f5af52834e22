//! What actions require and exclude.

use patronage_core::ActionIdx;

use super::Action;
use crate::error::Problem;

/// Checks that `requires` has no cycle, and that no action requires two that exclude each other.
///
/// O(actions × entries of `requires` and `excludes`) at worst, memory O(actions).
pub(super) fn check(actions: &[Action]) -> Result<(), (ActionIdx, Problem)> {
    refuse_cycles(actions)?;
    // The last action found to need each; all that one needs, through others too, itself included.
    let mut needed_by = vec![None; actions.len()];
    let mut needed = Vec::new();
    for action in ActionIdx::all(actions.len()) {
        needed.clear();
        needed.push(action);
        needed_by[action.index()] = Some(action);
        let mut next = 0;
        while let Some(&one) = needed.get(next) {
            next += 1;
            for &other in &actions[one.index()].requires {
                if needed_by[other.index()] != Some(action) {
                    needed_by[other.index()] = Some(action);
                    needed.push(other);
                }
            }
        }
        for &first in &needed {
            let excludes = actions[first.index()].excludes.iter();
            let mut both = excludes.filter(|other| needed_by[other.index()] == Some(action));
            if let Some(&second) = both.next() {
                let id = |action: ActionIdx| actions[action.index()].id.clone();
                let (id, first, second) = (id(action), id(first), id(second));
                return Err((action, Problem::Unsatisfiable { id, first, second }));
            }
        }
    }
    Ok(())
}

/// Walks depth first, without recursion, since chains may be long.
fn refuse_cycles(actions: &[Action]) -> Result<(), (ActionIdx, Problem)> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; actions.len()];
    for root in ActionIdx::all(actions.len()) {
        if states[root.index()] != State::New {
            continue;
        }
        let mut path = vec![(root, 0)];
        states[root.index()] = State::Open;
        while let Some((action, next)) = path.last_mut() {
            let action = *action;
            let Some(&other) = actions[action.index()].requires.get(*next) else {
                states[action.index()] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match states[other.index()] {
                State::Done => {}
                State::New => {
                    states[other.index()] = State::Open;
                    path.push((other, 0));
                }
                State::Open => {
                    let start = path.iter().position(|&(on, _)| on == other).unwrap_or(0);
                    let circle = path[start..].iter().map(|&(on, _)| on).chain([other]);
                    let ids = circle.map(|on| actions[on.index()].id.clone()).collect();
                    return Err((action, Problem::Cycle { path: ids }));
                }
            }
        }
    }
    Ok(())
}

/// The number of sets of at most `limit` of `n` actions, or more than any limit when it is that many.
pub(super) fn n_plans(n: usize, limit: usize) -> usize {
    let (mut total, mut sets) = (1usize, 1usize);
    for size in 1..=limit.min(n) {
        // C(n, size) = C(n, size - 1) × (n - size + 1) / size, exact at every step.
        let Some(product) = sets.checked_mul(n - size + 1) else { return usize::MAX };
        sets = product / size;
        total = total.saturating_add(sets);
        if total > super::MAX_PLANS {
            return total;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::n_plans;

    #[test]
    fn plans_are_counted() {
        assert_eq!(n_plans(10, 1), 11);
        assert_eq!(n_plans(10, 3), 1 + 10 + 45 + 120);
        assert_eq!(n_plans(10, 99), 1024);
        assert!(n_plans(1000, 5) > super::super::MAX_PLANS);
        assert!(n_plans(usize::MAX, 2) > super::super::MAX_PLANS);
    }
}
