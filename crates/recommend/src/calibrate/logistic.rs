//! A small weighted logistic regression.

use super::features::N;

/// One observed pair: its columns, whether it was bought, and for how many pairs it stands.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) row: [f64; N],
    pub(super) bought: bool,
    pub(super) weight: f64,
}

/// The pull of every coefficient but the intercept towards 0, in standardised columns: as much as one pair.
const RIDGE: f64 = 1.0;
const MOST_STEPS: usize = 50;

pub(super) fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

pub(super) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The coefficients of greatest penalised likelihood; that of column 1, the score, is at least 0.
///
/// Newton's method with halved steps on standardised columns. Columns that do not vary get 0.
pub(super) fn fit(pairs: &[Pair]) -> [f64; N] {
    let free = newton(pairs, true);
    if free[1] >= 0.0 { free } else { newton(pairs, false) }
}

fn newton(pairs: &[Pair], use_score: bool) -> [f64; N] {
    let (mean, deviation) = moments(pairs);
    let used: [bool; N] = std::array::from_fn(|c| {
        c == 0 || (deviation[c] > 1e-9 * (1.0 + mean[c].abs()) && (c != 1 || use_score))
    });
    let standard = |pair: &Pair| -> [f64; N] {
        std::array::from_fn(|c| match (c, used[c]) {
            (0, _) => 1.0,
            (_, true) => (pair.row[c] - mean[c]) / deviation[c],
            (_, false) => 0.0,
        })
    };
    let loss = |beta: &[f64; N]| -> f64 {
        let data: f64 = pairs
            .iter()
            .map(|pair| {
                let z = dot(beta, &standard(pair));
                // −ln of the probability of what happened, without overflow.
                let z = if pair.bought { -z } else { z };
                pair.weight * (z.max(0.0) + (-z.abs()).exp().ln_1p())
            })
            .sum();
        data + RIDGE / 2.0 * beta[1..].iter().map(|b| b * b).sum::<f64>()
    };
    let total: f64 = pairs.iter().map(|pair| pair.weight).sum();
    let bought: f64 = pairs.iter().filter(|pair| pair.bought).map(|pair| pair.weight).sum();
    let mut beta = [0.0; N];
    // Half a pair of each kind, so that the logarithm is finite.
    beta[0] = logit((bought + 0.5) / (total + 1.0));
    let mut at = loss(&beta);
    for _ in 0..MOST_STEPS {
        let mut gradient = [0.0; N];
        let mut hessian = [[0.0; N]; N];
        for pair in pairs {
            let row = standard(pair);
            let p = sigmoid(dot(&beta, &row));
            let error = pair.weight * (p - f64::from(u8::from(pair.bought)));
            let curvature = pair.weight * p * (1.0 - p);
            for a in 0..N {
                gradient[a] += error * row[a];
                for b in 0..=a {
                    hessian[a][b] += curvature * row[a] * row[b];
                }
            }
        }
        for c in 0..N {
            gradient[c] += if c == 0 { 0.0 } else { RIDGE * beta[c] };
            // The intercept gets a trace too, so that the matrix is always definite.
            hessian[c][c] += if c == 0 { 1e-9 } else { RIDGE };
        }
        let step = solve(hessian, gradient);
        let mut fraction = 1.0;
        let next = loop {
            let next: [f64; N] = std::array::from_fn(|c| beta[c] - fraction * step[c]);
            let value = loss(&next);
            if value < at {
                at = value;
                break Some(next);
            }
            fraction /= 2.0;
            if fraction < 1e-6 {
                break None;
            }
        };
        let Some(next) = next else { break };
        let moved = (0..N).map(|c| (next[c] - beta[c]).abs()).fold(0.0, f64::max);
        beta = next;
        if moved < 1e-9 {
            break;
        }
    }
    let mut raw = [0.0; N];
    for c in 1..N {
        if used[c] {
            raw[c] = beta[c] / deviation[c];
        }
    }
    raw[0] = beta[0] - (1..N).map(|c| raw[c] * mean[c]).sum::<f64>();
    raw
}

fn moments(pairs: &[Pair]) -> ([f64; N], [f64; N]) {
    let total: f64 = pairs.iter().map(|pair| pair.weight).sum();
    let (mut mean, mut variance) = ([0.0; N], [0.0; N]);
    for pair in pairs {
        (0..N).for_each(|c| mean[c] += pair.weight * pair.row[c] / total);
    }
    for pair in pairs {
        (0..N).for_each(|c| variance[c] += pair.weight * (pair.row[c] - mean[c]).powi(2) / total);
    }
    (mean, variance.map(f64::sqrt))
}

fn dot(beta: &[f64; N], row: &[f64; N]) -> f64 {
    beta.iter().zip(row).map(|(b, x)| b * x).sum()
}

/// Solves `a x = b` for a positive definite `a` given by its lower triangle, by Cholesky.
fn solve(mut a: [[f64; N]; N], mut b: [f64; N]) -> [f64; N] {
    for i in 0..N {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
            a[i][j] = if i == j {
                // Rounding may eat a pivot of columns that all but coincide.
                (a[i][i] - sum).max(1e-12).sqrt()
            } else {
                (a[i][j] - sum) / a[j][j]
            };
        }
    }
    for i in 0..N {
        let sum: f64 = (0..i).map(|k| a[i][k] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i][i];
    }
    for i in (0..N).rev() {
        let sum: f64 = (i + 1..N).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i][i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(score: f64, bought: bool, weight: f64) -> Pair {
        Pair { row: [1.0, score, 0.0, 0.0, 0.0, 3.0, 0.0], bought, weight }
    }

    #[test]
    fn a_table_of_counts_is_reproduced() {
        // 1,000 pairs of score 0, of which 100 bought; 1,000 of score 1, of which 400.
        let pairs = [
            pair(0.0, true, 10_000.0),
            pair(0.0, false, 90_000.0),
            pair(1.0, true, 40_000.0),
            pair(1.0, false, 60_000.0),
        ];
        let beta = fit(&pairs);
        for (score, share) in [(0.0, 0.1), (1.0, 0.4)] {
            let p = sigmoid(dot(&beta, &pair(score, true, 1.0).row));
            assert!((p - share).abs() < 1e-4, "{p}");
        }
    }

    #[test]
    fn a_score_that_misleads_is_ignored() {
        let beta = fit(&[pair(0.0, true, 50.0), pair(0.0, false, 50.0), pair(1.0, false, 100.0)]);
        assert_eq!(beta[1], 0.0);
        assert!((sigmoid(dot(&beta, &pair(7.0, true, 1.0).row)) - 0.25).abs() < 1e-6);
    }

    #[test]
    fn separable_and_single_pairs_stay_finite() {
        for pairs in [
            vec![pair(0.0, true, 1.0)],
            vec![pair(0.0, false, 1.0)],
            vec![pair(0.0, false, 1.0), pair(1e9, true, 1.0)],
        ] {
            assert!(fit(&pairs).iter().all(|b| b.is_finite()));
        }
    }
}
