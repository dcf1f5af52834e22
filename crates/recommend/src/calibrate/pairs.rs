//! The pairs of customers and items that are learnt from.

use patronage_core::{ItemIdx, Recommender};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::features::{Context, Features};
use super::fit::ScoreCalibration;
use super::isotonic::Histogram;
use super::logistic::Pair;
use crate::error::{Error, ErrorKind};
use crate::evaluate::HeldOut;
use crate::par;

impl ScoreCalibration {
    /// The scale of scores, and the pairs of the regression: all purchases, all repeats, some of the rest.
    pub(super) fn sample<R: Recommender>(
        &self,
        model: &R,
        held_out: &HeldOut,
        cases: &[usize],
        features: &Features,
    ) -> Result<(f64, Vec<Pair>), Error> {
        let n_items = model.n_items();
        let negatives = self.negatives.min(n_items);
        let drawn = par::map(
            cases.len(),
            || vec![0.0; n_items],
            |scores, nth| {
                let index = cases[nth];
                let case = held_out.case(index);
                model.scores(&case.request, scores);
                require_finite(scores)?;
                let context = Context::new(model, &case.request);
                let mut chosen: Vec<(ItemIdx, f64)> =
                    case.targets.iter().map(|&item| (item, 1.0)).collect();
                let bought = |item: &ItemIdx| case.targets.binary_search(item).is_ok();
                chosen.extend(context.seen().filter(|item| !bought(item)).map(|item| (item, 1.0)));
                let n_rest = n_items - chosen.len();
                let is_rest = |item: &ItemIdx| !bought(item) && !context.has(*item);
                if n_rest <= negatives * 2 {
                    chosen.extend(ItemIdx::all(n_items).filter(is_rest).map(|item| (item, 1.0)));
                } else {
                    let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                    rng.set_stream(index as u64);
                    let weight = n_rest as f64 / negatives as f64;
                    let mut left = negatives;
                    while left > 0 {
                        let item = ItemIdx::from_usize(rng.random_range(0..n_items));
                        if is_rest(&item) {
                            chosen.push((item, weight));
                            left -= 1;
                        }
                    }
                }
                let pairs = chosen.into_iter().map(|(item, weight)| {
                    // The score itself, until the scale is known.
                    let score = scores[item.index()];
                    let mut row = features.row(&context, item, score);
                    row[1] = f64::from(score);
                    Pair { row, bought: bought(&item), weight }
                });
                Ok(pairs.collect::<Vec<Pair>>())
            },
        );
        let drawn = drawn.into_iter().collect::<Result<Vec<Vec<Pair>>, Error>>()?;
        let mut pairs: Vec<Pair> = drawn.into_iter().flatten().collect();
        // A tenth of the mean score that is not 0: below it scores count in proportion, above it by
        // their logarithm.
        let (mut sum, mut weight) = (0.0, 0.0);
        for pair in pairs.iter().filter(|pair| pair.row[1] != 0.0) {
            sum += pair.weight * pair.row[1].abs();
            weight += pair.weight;
        }
        let scale = if sum > 0.0 { (0.1 * sum / weight).max(1e-30) } else { 1.0 };
        pairs.iter_mut().for_each(|pair| pair.row[1] = (pair.row[1] / scale).asinh());
        Ok((scale, pairs))
    }
}

/// Refuses scores nothing can be learnt from.
fn require_finite(scores: &[f32]) -> Result<(), Error> {
    match ItemIdx::all(scores.len()).zip(scores).find(|(_, score)| !score.is_finite()) {
        Some((item, &found)) => Err(ErrorKind::Score { item, found }.into()),
        None => Ok(()),
    }
}

/// All pairs of customers held out and items, by log odds.
pub(super) fn histogram<R: Recommender>(
    model: &R,
    held_out: &HeldOut,
    cases: &[usize],
    features: &Features,
    beta: &[f64; super::features::N],
) -> Histogram {
    /// Customers a histogram is made of before it is merged.
    const CHUNK: usize = 64;
    let parts = par::map(
        cases.len().div_ceil(CHUNK),
        || (vec![0.0; model.n_items()], Vec::new()),
        |(scores, log_odds), chunk| {
            let mut histogram = Histogram::new();
            for &index in &cases[chunk * CHUNK..cases.len().min((chunk + 1) * CHUNK)] {
                let case = held_out.case(index);
                model.scores(&case.request, scores);
                let context = Context::new(model, &case.request);
                features.log_odds(beta, &context, scores, log_odds);
                let mut targets = case.targets.iter().peekable();
                for (item, &z) in ItemIdx::all(scores.len()).zip(log_odds.iter()) {
                    let bought = targets.next_if(|&&target| target == item).is_some();
                    histogram.add(z, bought);
                }
            }
            histogram
        },
    );
    let mut all = Histogram::new();
    parts.iter().for_each(|part| all.merge(part));
    all
}
