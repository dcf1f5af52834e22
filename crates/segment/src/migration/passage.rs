//! Ways to a target.

use patronage_core::SegmentIdx;

use super::chain_model::{MarkovChainModel, normalised};
use super::draw::{dirichlet, generator};
use super::history::check_segment;
use super::linear::solve;
use super::problem::Place;
use super::steady::{DRAWS, Estimate, reachable};
use crate::error::{Error, ErrorKind};
use crate::parallel;

/// A segment's way to a target.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Passage {
    /// The segment.
    pub segment: SegmentIdx,
    /// Its name.
    pub name: String,
    /// The chance of ever getting there, before the customer exits; `None` where the way may lead
    /// into a segment from which nobody was followed.
    pub probability: Option<Estimate>,
    /// The periods it takes on average, given that she gets there; `None` where she never does.
    pub periods: Option<Estimate>,
}

impl MarkovChainModel {
    /// From each segment, the chance of ever getting into one of the target segments, and how many
    /// periods that takes.
    ///
    /// With `T` the target and `h` the chances, `h = P h` outside `T` and 1 inside; the periods
    /// given arrival are `g / h` with `g = h + P g` outside `T` and 0 inside. With a target of one
    /// segment that nobody leaves these are absorption probabilities and times. In an open
    /// population exits end the way. Intervals as of [`SteadyState`](crate::SteadyState). O(n³) for
    /// each draw.
    ///
    /// # Errors
    ///
    /// When no target is given, or one is no segment of the chain.
    ///
    /// # References
    ///
    /// J. R. Norris (1997), Markov chains, theorems 1.3.2 and 1.3.5.
    pub fn passage(&self, target: &[SegmentIdx]) -> Result<Vec<Passage>, Error> {
        let n = self.n_segments();
        if target.is_empty() {
            return Err(ErrorKind::Empty { what: "target segments" }.into());
        }
        let mut inside = vec![false; n];
        for (position, &segment) in target.iter().enumerate() {
            check_segment(segment, n, Place::Asked(position))?;
            inside[segment.index()] = true;
        }
        let weights: Vec<Vec<f64>> = (0..n).map(|i| self.weights(i)).collect();
        let matrix: Vec<Vec<f64>> =
            weights.iter().map(|row| normalised(row).unwrap_or_else(|| vec![0.0; n + 1])).collect();
        // Against the arrows: who reaches the target, and who reaches what is not known. Ways end
        // at the target.
        let mut back = vec![vec![0.0; n]; n];
        for (from, row) in matrix.iter().enumerate().filter(|(from, _)| !inside[*from]) {
            row[..n].iter().enumerate().for_each(|(to, &p)| back[to][from] = p);
        }
        let arrives = reachable(&back, (0..n).filter(|&s| inside[s]));
        let unknown = |s: &usize| !inside[*s] && matrix[*s].iter().all(|&p| p == 0.0);
        let unsure = reachable(&back, (0..n).filter(unknown));
        let way: Vec<usize> = (0..n).filter(|&s| arrives[s] && !inside[s]).collect();
        let (chance, periods) = hitting(&matrix, &inside, &way).unwrap_or_default();
        let drawn: Vec<(Vec<f64>, Vec<f64>)> = parallel::map(DRAWS, |draw| {
            let mut rng = generator(0, draw);
            let matrix: Vec<Vec<f64>> =
                weights.iter().map(|row| dirichlet(&mut rng, row)).collect();
            hitting(&matrix, &inside, &way).unwrap_or_default()
        });
        let one = |segment: SegmentIdx| {
            let s = segment.index();
            let exactly = |estimate| Some(Estimate { estimate, low: estimate, high: estimate });
            let (probability, periods) = if inside[s] {
                (exactly(1.0), exactly(0.0))
            } else if unsure[s] {
                (None, None)
            } else if let Some(at) = way.iter().position(|&other| other == s) {
                let of = |estimates: &[f64], drawn: Vec<f64>| {
                    let estimate = estimates.get(at)?;
                    Some(Estimate::new(*estimate, drawn, self.confidence))
                };
                let chances = drawn.iter().filter_map(|(chance, _)| chance.get(at).copied());
                let times = drawn.iter().filter_map(|(_, periods)| periods.get(at).copied());
                (of(&chance, chances.collect()), of(&periods, times.collect()))
            } else {
                (exactly(0.0), None)
            };
            Passage { segment, name: self.names()[s].clone(), probability, periods }
        };
        Ok(SegmentIdx::all(n).map(one).collect())
    }
}

/// The chances and the periods given arrival of the segments on the way; `None` where numbers fail.
fn hitting(matrix: &[Vec<f64>], inside: &[bool], way: &[usize]) -> Option<(Vec<f64>, Vec<f64>)> {
    let system = || {
        let row =
            |&i: &usize| way.iter().map(|&j| f64::from(u8::from(i == j)) - matrix[i][j]).collect();
        way.iter().map(row).collect()
    };
    let arrive = |&i: &usize| {
        let cells = matrix[i].iter().zip(inside).filter(|(_, inside)| **inside);
        cells.map(|(p, _)| p).sum()
    };
    let mut chance = solve(system(), vec![way.iter().map(arrive).collect()])?.remove(0);
    chance.iter_mut().for_each(|chance| *chance = chance.clamp(0.0, 1.0));
    let time = solve(system(), vec![chance.clone()])?.remove(0);
    let periods: Vec<f64> = time.iter().zip(&chance).map(|(time, chance)| time / chance).collect();
    periods.iter().all(|periods| periods.is_finite()).then_some((chance, periods))
}
