//! Where a chain leads in the long run.

use super::chain_model::MarkovChainModel;
use super::draw::{dirichlet, generator};
use super::linear::{solve, stationary};
use super::proportion::Confidence;
use super::structure::ChainStructure;
use crate::{parallel, stats};

/// How many chains are drawn for intervals.
pub(super) const DRAWS: usize = 1000;

/// A number with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Estimate {
    /// The number.
    pub estimate: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Estimate {
    /// An estimate with the middle of what was drawn; the estimate is always inside.
    pub(super) fn new(estimate: f64, drawn: Vec<f64>, confidence: Confidence) -> Self {
        if drawn.is_empty() {
            return Self { estimate, low: estimate, high: estimate };
        }
        let drawn = stats::sorted(drawn);
        let low = stats::quantile(&drawn, confidence.tail()).min(estimate);
        let high = stats::quantile(&drawn, 1.0 - confidence.tail()).max(estimate);
        Self { estimate, low, high }
    }
}

/// How a chain behaves in the long run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum LongRun {
    /// The shares approach the steady ones, wherever customers start.
    Settles,
    /// The steady shares are averages: sizes swing in turns of so many periods and do not settle.
    Swings {
        /// The length of a turn.
        period: usize,
    },
    /// Several groups of segments are never left: the steady shares are those of customers who
    /// start where they are on the last date.
    DependsOnStart,
    /// The way leads into segments from which nobody was followed, so that there is no telling.
    Unknown,
}

/// The shares of the segments in the long run, among customers who do not exit.
///
/// The solution of `π = π P`, by Grassmann's elimination in every closed class; classes are weighed
/// by the chance that customers of the last date end in them. Long-run averages where the chain
/// swings. Intervals are percentiles over 1000 matrices whose rows are drawn from the Dirichlet
/// distribution with the observed moves as weights (Rubin's Bayesian bootstrap; seed 0). O(n³) for
/// each.
///
/// # References
///
/// W. K. Grassmann, M. I. Taksar, D. P. Heyman (1985), Regenerative analysis and steady state
/// distributions for Markov chains. D. B. Rubin (1981), The Bayesian bootstrap.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct SteadyState {
    /// How the chain behaves.
    pub long_run: LongRun,
    /// The share of each segment; `None` where that is unknown.
    pub shares: Option<Vec<Estimate>>,
}

impl SteadyState {
    pub(super) fn of(model: &MarkovChainModel) -> Self {
        let matrix = model.stayers();
        let structure = ChainStructure::of(&matrix);
        let n = matrix.len();
        let start = start_of(&model.sizes);
        let reached = reachable(&matrix, (0..n).filter(|&s| start[s] > 0.0));
        let closed: Vec<_> = structure.classes.iter().filter(|class| class.closed).collect();
        let unknown = Self { long_run: LongRun::Unknown, shares: None };
        if structure.unknown.iter().any(|segment| reached[segment.index()]) {
            return unknown;
        }
        let long_run = match closed[..] {
            [] => return unknown,
            [one] if one.period == 1 => LongRun::Settles,
            [one] => LongRun::Swings { period: one.period },
            _ => LongRun::DependsOnStart,
        };
        let Some(estimate) = limit(&matrix, &structure, &start) else { return unknown };
        let weights: Vec<Vec<f64>> = (0..n).map(|i| model.weights(i)[..n].to_vec()).collect();
        let drawn: Vec<Vec<f64>> = parallel::map(DRAWS, |draw| {
            let mut rng = generator(0, draw);
            let matrix: Vec<Vec<f64>> =
                weights.iter().map(|row| dirichlet(&mut rng, row)).collect();
            limit(&matrix, &structure, &start).unwrap_or_default()
        });
        let share = |(segment, estimate): (usize, f64)| {
            let drawn = drawn.iter().filter_map(|shares| shares.get(segment).copied()).collect();
            Estimate::new(estimate, drawn, model.confidence)
        };
        Self { long_run, shares: Some(estimate.into_iter().enumerate().map(share).collect()) }
    }
}

/// Sizes as shares; equal ones of nobody.
fn start_of(sizes: &[u64]) -> Vec<f64> {
    let total: f64 = sizes.iter().map(|&size| size as f64).sum();
    let share = |&size: &u64| {
        if total > 0.0 { size as f64 / total } else { 1.0 / sizes.len() as f64 }
    };
    sizes.iter().map(share).collect()
}

/// The segments that can be reached, the starts among them.
pub(super) fn reachable(matrix: &[Vec<f64>], starts: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut reached = vec![false; matrix.len()];
    let mut stack: Vec<usize> = starts.collect();
    stack.iter().for_each(|&start| reached[start] = true);
    while let Some(at) = stack.pop() {
        for (to, _) in matrix[at].iter().enumerate().filter(|(_, p)| **p > 0.0) {
            if !reached[to] {
                reached[to] = true;
                stack.push(to);
            }
        }
    }
    reached
}

/// The long-run shares of customers who start so; `None` where numbers fail.
fn limit(matrix: &[Vec<f64>], structure: &ChainStructure, start: &[f64]) -> Option<Vec<f64>> {
    let transient: Vec<usize> = structure.transient().iter().map(|s| s.index()).collect();
    // Expected visits to transient segments: x (I - Q) = start.
    let system = transient
        .iter()
        .map(|&to| {
            let cell = |&from: &usize| f64::from(u8::from(from == to)) - matrix[from][to];
            transient.iter().map(cell).collect()
        })
        .collect();
    let visits = solve(system, vec![transient.iter().map(|&s| start[s]).collect()])?.remove(0);
    let mut shares = vec![0.0; matrix.len()];
    for class in structure.classes.iter().filter(|class| class.closed) {
        let inside: Vec<usize> = class.segments.iter().map(|s| s.index()).collect();
        let into = |&from: &usize| inside.iter().map(|&to| matrix[from][to]).sum::<f64>();
        let weight = inside.iter().map(|&s| start[s]).sum::<f64>()
            + transient.iter().zip(&visits).map(|(from, visits)| visits * into(from)).sum::<f64>();
        let block =
            inside.iter().map(|&i| inside.iter().map(|&j| matrix[i][j]).collect()).collect();
        for (&segment, share) in inside.iter().zip(stationary(block)) {
            shares[segment] = weight * share;
        }
    }
    let sum: f64 = shares.iter().sum();
    (sum > 0.0 && sum.is_finite()).then(|| {
        shares.iter_mut().for_each(|share| *share /= sum);
        shares
    })
}
