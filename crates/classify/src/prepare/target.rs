//! Levels as mean outcomes, out of fold.

use super::level_steps::{Shrinkage, TargetEncoding, Unseen};
use super::map::Map;

/// What the encoding of one outcome gives: the map for new rows and the numbers of training rows.
pub(super) struct Encoded {
    pub(super) map: Map,
    pub(super) values: Vec<f64>,
}

/// Sums over the rows of one level.
#[derive(Clone, Copy, Default)]
struct Level {
    weight: f64,
    mean: f64,
    squares: f64,
}

/// Encodes `codes` (below `n_codes`) by `outcome`.
pub(super) fn encode(
    step: &TargetEncoding,
    codes: &[f64],
    n_codes: usize,
    outcome: &[f64],
    weights: &[f64],
    folds: &[u32],
) -> Encoded {
    // Outcomes are brought to the order of one, so that squares keep their digits and range.
    let unit = outcome.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let outcome: Vec<f64> = outcome.iter().map(|y| y / unit).collect();
    let rows = Rows { step, codes, n_codes, outcome: &outcome, weights };
    let (all, overall) = rows.levels(|_| true);
    let map = Map::Codes(
        all.iter()
            .map(|level| match (level, step.unseen) {
                (Some(encoding), _) => Some(encoding * unit),
                (None, Unseen::Missing) => None,
                (None, _) => Some(overall * unit),
            })
            .collect(),
    );
    let n_folds = folds.iter().max().map_or(0, |&last| last + 1);
    let mut values = vec![overall * unit; codes.len()];
    if n_folds > 1 {
        for fold in 0..n_folds {
            let (levels, mean) = rows.levels(|row| folds[row] != fold);
            for (row, value) in values.iter_mut().enumerate().filter(|(row, _)| folds[*row] == fold)
            {
                *value = levels[codes[row] as usize].unwrap_or(mean) * unit;
            }
        }
    }
    Encoded { map, values }
}

struct Rows<'a> {
    step: &'a TargetEncoding,
    codes: &'a [f64],
    n_codes: usize,
    outcome: &'a [f64],
    weights: &'a [f64],
}

impl Rows<'_> {
    /// The encoding of each level that the rows taken have, and the mean of them all.
    fn levels(&self, takes: impl Fn(usize) -> bool) -> (Vec<Option<f64>>, f64) {
        let taken = || {
            (0..self.codes.len())
                .filter(|&row| takes(row))
                .map(|row| (self.codes[row] as usize, self.outcome[row], self.weights[row]))
        };
        let mut levels = vec![Level::default(); self.n_codes];
        let (mut total, mut sum) = (0.0, 0.0);
        for (code, y, w) in taken() {
            levels[code].weight += w;
            levels[code].mean += w * y;
            total += w;
            sum += w * y;
        }
        let mean = sum / total;
        for level in levels.iter_mut().filter(|level| level.weight > 0.0) {
            level.mean /= level.weight;
        }
        let mut variance = 0.0;
        for (code, y, w) in taken() {
            levels[code].squares += w * (y - levels[code].mean).powi(2);
            variance += w * (y - mean).powi(2);
        }
        variance /= total;
        let encoding = |level: &Level| {
            let share = match self.step.shrinkage {
                Shrinkage::EmpiricalBayes => {
                    let spread = variance * level.weight;
                    spread / (spread + level.squares / level.weight)
                }
                Shrinkage::Weight(m) => level.weight / (level.weight + m),
            };
            // Where neither level nor whole varies, they are one.
            let share = if share.is_nan() { 0.0 } else { share };
            share * level.mean + (1.0 - share) * mean
        };
        let of = |level: &Level| (level.weight > 0.0).then(|| encoding(level));
        (levels.iter().map(of).collect(), mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: [f64; 10] = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 0.0];
    const OUTCOME: [f64; 10] = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0];

    fn of(step: &TargetEncoding) -> Vec<Option<f64>> {
        let encoded = encode(step, &CODES, 4, &OUTCOME, &[1.0; 10], &[0; 10]);
        let Map::Codes(values) = encoded.map else { panic!("levels are encoded by code") };
        values
    }

    #[test]
    fn encodings_are_those_of_scikit_learn() {
        // scikit-learn 1.9.1 TargetEncoder(smooth=..., target_type="binary").fit(codes, outcome).
        let auto = of(&TargetEncoding::new());
        let expected = [0.725_490_196_078_431_3, 0.307_189_542_483_660_15, 1.0, 0.6];
        for (found, expected) in auto.iter().zip(expected) {
            assert!((found.unwrap() - expected).abs() < 1e-15, "{found:?} for {expected}");
        }
        let weighted = of(&TargetEncoding::new().shrinkage(Shrinkage::Weight(3.0)));
        for (found, expected) in weighted.iter().zip([0.685_714_285_714_285_7, 0.4, 0.76, 0.6]) {
            assert!((found.unwrap() - expected).abs() < 1e-15, "{found:?} for {expected}");
        }
    }

    #[test]
    fn a_training_row_never_sees_its_own_label() {
        let folds: Vec<u32> = (0..10).map(|row| row % 5).collect();
        let step = TargetEncoding::new();
        let before = encode(&step, &CODES, 4, &OUTCOME, &[1.0; 10], &folds).values;
        for row in 0..10 {
            let mut changed = OUTCOME;
            changed[row] = 1.0 - changed[row];
            let after = encode(&step, &CODES, 4, &changed, &[1.0; 10], &folds).values;
            assert_eq!(before[row], after[row], "row {row}");
        }
    }
}
