//! Whether probabilities are what they say.

use patronage_core::{ItemIdx, Recommender};

use super::logistic::logit;
use crate::error::{Error, ErrorKind, require_items};
use crate::evaluate::HeldOut;
use crate::par;

/// Pairs of about equal probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// The mean probability given.
    pub predicted: f64,
    /// The share bought.
    pub observed: f64,
    /// The number of pairs.
    pub n_pairs: u64,
}

/// Probabilities of buying items against what was bought, over all pairs of customers held out and items.
#[derive(Clone, Debug, PartialEq)]
pub struct Reliability {
    /// Bins of half a unit of log odds, ascending; empty ones are left out.
    pub bins: Vec<ReliabilityBin>,
    /// How many purchases the probabilities add up to.
    pub expected: f64,
    /// How many there were.
    pub observed: u64,
    /// `Σ over bins of pairs × |predicted − observed| / all pairs`.
    pub calibration_error: f64,
    /// `Σ over bins of pairs × |predicted − observed| / all purchases`: the same where purchases are rare.
    pub relative_error: f64,
}

const LOWEST: f64 = -20.0;
const N_BINS: usize = 80;

impl Reliability {
    /// Compares the scores of `model`, read as probabilities, with what was bought.
    ///
    /// O(customers × items), in parallel under feature `rayon`.
    ///
    /// # Errors
    ///
    /// When the cases are of another number of items, or there are none.
    pub fn of<R: Recommender + ?Sized>(model: &R, held_out: &HeldOut) -> Result<Self, Error> {
        require_items("held-out cases", model.n_items(), held_out.n_items())?;
        if held_out.is_empty() || model.n_items() == 0 {
            return Err(ErrorKind::Empty { what: "pairs of customers and items" }.into());
        }
        const CHUNK: usize = 256;
        let n = held_out.len();
        let parts = par::map(
            n.div_ceil(CHUNK),
            || vec![0.0; model.n_items()],
            |scores, chunk| {
                let mut bins = vec![(0.0f64, 0u64, 0u64); N_BINS];
                for index in chunk * CHUNK..n.min((chunk + 1) * CHUNK) {
                    let case = held_out.case(index);
                    model.scores(&case.request, scores);
                    let mut targets = case.targets.iter().peekable();
                    for (item, &p) in ItemIdx::all(scores.len()).zip(scores.iter()) {
                        let p = f64::from(p);
                        let z = logit(p.clamp(1e-12, 1.0 - 1e-12));
                        let bin = (((z - LOWEST) * 2.0).max(0.0) as usize).min(N_BINS - 1);
                        let bought = targets.next_if(|&&target| target == item).is_some();
                        bins[bin].0 += p;
                        bins[bin].1 += u64::from(bought);
                        bins[bin].2 += 1;
                    }
                }
                bins
            },
        );
        let mut bins = vec![(0.0, 0, 0); N_BINS];
        for part in parts {
            for (bin, part) in bins.iter_mut().zip(part) {
                *bin = (bin.0 + part.0, bin.1 + part.1, bin.2 + part.2);
            }
        }
        let gap: f64 = bins.iter().map(|bin| (bin.0 - bin.1 as f64).abs()).sum();
        let observed = bins.iter().map(|bin| bin.1).sum();
        let n_pairs: u64 = bins.iter().map(|bin| bin.2).sum();
        Ok(Self {
            expected: bins.iter().map(|bin| bin.0).sum(),
            observed,
            calibration_error: gap / n_pairs as f64,
            relative_error: gap / (observed.max(1)) as f64,
            bins: bins
                .into_iter()
                .filter(|bin| bin.2 > 0)
                .map(|(sum, bought, n_pairs)| ReliabilityBin {
                    predicted: sum / n_pairs as f64,
                    observed: bought as f64 / n_pairs as f64,
                    n_pairs,
                })
                .collect(),
        })
    }
}
