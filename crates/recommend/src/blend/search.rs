//! The weights of a blend, chosen on a validation set.

use patronage_core::{ItemFilter, ItemIdx, Recommender, Seen, top_k_of};

use super::blended::weighted;
use super::normalise::{Normalise, keep_finite};
use crate::error::{Error, ErrorKind, require, require_items};
use crate::evaluate::{HeldOut, Metric, Requests, Source, judge};
use crate::par;

/// The most weights one search tries.
const MOST_TRIALS: usize = 5_000;

/// A grid search for the weights of a blend: every way to divide 1 into steps among the members.
///
/// With `M` members and `s` steps there are `(s + M − 1)! / (s! (M − 1)!)` trials. Each held-out
/// request is scored once by each member, then blended by each trial: O(requests × items × members ×
/// trials), in parallel over requests. Choose on a validation set, never on the test set.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemIdx, Recommender, Request, Seen, Timestamp};
/// use patronage_recommend::{BlendSearch, Case, HeldOut, Metric, Popularity};
///
/// let bought = [(0, 0, 1.0), (1, 0, 1.0), (1, 1, 1.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 2, &bought, |_, _| {})?)?;
/// let popularity = Popularity::new().fit(&table)?;
/// let mut held_out = HeldOut::new(2);
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// held_out.push(Case { request, targets: &[ItemIdx::new(0)] })?;
///
/// let trials = BlendSearch::new(Metric::Ndcg(1)).steps(2).run(&[&popularity, &popularity], &held_out)?;
/// assert_eq!(trials.trials().len(), 3);
/// assert_eq!(trials.best().value, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlendSearch {
    metric: Metric,
    steps: usize,
    normalise: Normalise,
    seen: Seen,
}

/// One way to weigh the members, and what it reached.
#[derive(Clone, Debug, PartialEq)]
pub struct BlendTrial {
    /// The weight of each member; they sum to 1.
    pub weights: Vec<f64>,
    /// The mean of the metric over the customers evaluated.
    pub value: f64,
}

/// All trials of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct BlendTrials {
    trials: Vec<BlendTrial>,
    best: usize,
}

impl BlendTrials {
    /// Every trial, in the order of the grid: the first member's weight ascends slowest.
    #[must_use]
    pub fn trials(&self) -> &[BlendTrial] {
        &self.trials
    }

    /// The best trial, the first of equals.
    #[must_use]
    pub fn best(&self) -> &BlendTrial {
        &self.trials[self.best]
    }
}

impl BlendSearch {
    /// Maximises `metric` in steps of a fifth; seen items are excluded.
    #[must_use]
    pub const fn new(metric: Metric) -> Self {
        Self { metric, steps: 5, normalise: Normalise::MinMax, seen: Seen::Exclude }
    }

    /// Into how many steps 1 is divided; default `5`, at least 1.
    #[must_use]
    pub const fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// How scores are made comparable; default [`Normalise::MinMax`].
    #[must_use]
    pub const fn normalise(mut self, normalise: Normalise) -> Self {
        self.normalise = normalise;
        self
    }

    /// What becomes of items in the history; default [`Seen::Exclude`].
    #[must_use]
    pub const fn seen(mut self, seen: Seen) -> Self {
        self.seen = seen;
        self
    }

    /// Tries every weighting of `members` on `held_out`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, the metric needs more than the hits, there is no member or no customer with targets, members
    /// are of different numbers of items, or there would be more than 5,000 trials.
    pub fn run(
        &self,
        members: &[&dyn Recommender],
        held_out: &HeldOut,
    ) -> Result<BlendTrials, Error> {
        let Some(first) = members.first() else {
            return Err(ErrorKind::Empty { what: "members of a blend" }.into());
        };
        let n_items = first.n_items();
        for member in members {
            require_items("members of a blend", n_items, member.n_items())?;
        }
        require(self.steps >= 1, "steps", "at least 1", self.steps as f64)?;
        let k = match self.metric.k() {
            Some(k) if self.metric.source() == Source::Hits => k,
            _ => {
                let metric = self.metric.name();
                return Err(ErrorKind::Metric { metric, expected: "hits among the first k" }.into());
            }
        };
        require(k >= 1, "k", "at least 1", k as f64)?;
        require(self.normalise.holds(), "offset", "a finite number of at least 0", f64::NAN)?;
        let grid = simplex(members.len(), self.steps)?;

        let values = par::map(
            held_out.len(),
            || (vec![vec![0.0f32; n_items]; members.len()], vec![0.0f32; n_items], Vec::new()),
            |(scores, blended, order), case| {
                self.judge_case(members, held_out, case, &grid, k, (scores, blended, order))
            },
        );
        let mut sums = vec![0.0; grid.len()];
        let mut n_judged = 0usize;
        for case in values.into_iter().flatten() {
            n_judged += 1;
            sums.iter_mut().zip(case).for_each(|(sum, value)| *sum += value);
        }
        if n_judged == 0 {
            return Err(ErrorKind::Empty { what: "customers with targets" }.into());
        }
        let trials: Vec<BlendTrial> = grid
            .into_iter()
            .zip(sums)
            .map(|(weights, sum)| BlendTrial { weights, value: sum / n_judged as f64 })
            .collect();
        let best = (0..trials.len())
            .rev()
            .max_by(|&a, &b| trials[a].value.total_cmp(&trials[b].value))
            .unwrap_or(0);
        Ok(BlendTrials { trials, best })
    }

    /// The metric of one case under each weighting; `None` where nothing can be hit.
    fn judge_case(
        &self,
        members: &[&dyn Recommender],
        held_out: &HeldOut,
        case: usize,
        grid: &[Vec<f64>],
        k: usize,
        (scores, blended, order): (&mut [Vec<f32>], &mut [f32], &mut Vec<u32>),
    ) -> Option<Vec<f64>> {
        let mut buffer = Vec::new();
        let request = held_out.request(case, &mut buffer);
        let seen: Vec<_> = request
            .history
            .iter()
            .filter_map(|entry| {
                Some(patronage_core::HistoryEntry {
                    item: members[0].scored_as(entry.item)?,
                    ..*entry
                })
            })
            .collect();
        let targets: Vec<ItemIdx> = held_out
            .targets(case)
            .iter()
            .copied()
            .filter(|item| {
                self.seen == Seen::Allow || !seen.iter().any(|entry| entry.item == *item)
            })
            .collect();
        if targets.is_empty() {
            return None;
        }
        for (member, scores) in members.iter().zip(scores.iter_mut()) {
            member.scores(&request, scores);
            keep_finite(scores);
            self.normalise.apply(scores, order);
        }
        let request = patronage_core::Request { history: &seen, ..request };
        let filter = ItemFilter::seen(self.seen);
        let value = |weights: &Vec<f64>| {
            blended.fill(0.0);
            for (&weight, scores) in weights.iter().zip(scores.iter()) {
                if weight > 0.0 {
                    for (out, &score) in blended.iter_mut().zip(scores) {
                        *out = (*out + weighted(weight, score)).clamp(f32::MIN, f32::MAX);
                    }
                }
            }
            let list = top_k_of(blended, &request, k, &filter);
            judge(self.metric, &list, &targets)
        };
        grid.iter().map(value).collect()
    }
}

/// Every way to divide `steps` steps among `n` members, as shares.
fn simplex(n: usize, steps: usize) -> Result<Vec<Vec<f64>>, Error> {
    // C(steps + n − 1, n − 1), growing with each factor, so the loop may stop early.
    let mut count = 1.0;
    for member in 1..n {
        count *= (steps + member) as f64 / member as f64;
        let expected = "fewer than 5,000 trials";
        require(count < MOST_TRIALS as f64, "steps among the members", expected, count)?;
    }
    let mut grid = Vec::new();
    let mut parts = vec![0; n];
    divide(&mut parts, 0, steps, &mut |parts| {
        grid.push(parts.iter().map(|&part| part as f64 / steps as f64).collect());
    });
    Ok(grid)
}

fn divide(parts: &mut Vec<usize>, at: usize, left: usize, visit: &mut impl FnMut(&[usize])) {
    if at + 1 == parts.len() {
        parts[at] = left;
        visit(parts);
        return;
    }
    for part in 0..=left {
        parts[at] = part;
        divide(parts, at + 1, left - part, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_covers_the_simplex_once() {
        let grid = simplex(3, 4).unwrap();
        assert_eq!(grid.len(), 15);
        assert!(grid.iter().all(|weights| (weights.iter().sum::<f64>() - 1.0).abs() < 1e-12));
        assert_eq!(simplex(1, 7).unwrap(), [[1.0]]);
        assert!(simplex(40, 40).is_err());
    }
}
