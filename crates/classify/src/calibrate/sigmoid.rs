//! Corrections with two or three numbers.

use super::model::{Map, NEAR};
use crate::logistic::sigmoid;
use crate::metrics::Scored;

/// One observation: what it is explained by, and the weights of yes and no.
struct Row {
    x: [f64; 3],
    yes: f64,
    no: f64,
}

/// Platt's correction on the log-odds.
pub(super) fn platt(scored: &Scored) -> Map {
    let (n_yes, n_no) = (scored.positive(), scored.negative());
    // Outcomes softened as if one more row of each had been seen.
    let (of_yes, of_no) = ((n_yes + 1.0) / (n_yes + 2.0), 1.0 / (n_no + 2.0));
    let rows: Vec<Row> = scored
        .groups()
        .iter()
        .map(|group| {
            let p = group.score.clamp(NEAR, 1.0 - NEAR);
            let yes = group.positive * of_yes + group.negative * of_no;
            Row { x: [p.ln() - (1.0 - p).ln(), 1.0, 0.0], yes, no: group.weight() - yes }
        })
        .collect();
    let [slope, shift, _] = fit(&rows, [true, true, false]);
    Map::Sigmoid { on_log: slope, on_rest: slope, shift }
}

/// Beta calibration; a slope that would descend is held at 0.
pub(super) fn beta(scored: &Scored) -> Map {
    let rows: Vec<Row> = scored
        .groups()
        .iter()
        .map(|group| {
            let p = group.score.clamp(NEAR, 1.0 - NEAR);
            let x = [p.ln(), -(1.0 - p).ln(), 1.0];
            Row { x, yes: group.positive, no: group.negative }
        })
        .collect();
    let mut free = [true; 3];
    let mut best = fit(&rows, free);
    for _ in 0..2 {
        let Some(least) =
            (0..2).filter(|&i| best[i] < 0.0).min_by(|&a, &b| best[a].total_cmp(&best[b]))
        else {
            break;
        };
        free[least] = false;
        best = fit(&rows, free);
    }
    let [on_log, on_rest, shift] = best;
    Map::Sigmoid { on_log, on_rest, shift }
}

/// Minimises the log loss over the free coefficients by Newton's method with halving, with a ridge
/// of 1e-9 of the mean loss that keeps separated or constant scores finite.
fn fit(rows: &[Row], free: [bool; 3]) -> [f64; 3] {
    const RIDGE: f64 = 1e-9;
    let total: f64 = rows.iter().map(|row| row.yes + row.no).sum();
    let score = |c: &[f64; 3], row: &Row| c.iter().zip(&row.x).map(|(c, x)| c * x).sum::<f64>();
    let loss = |c: &[f64; 3]| {
        let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let sum: f64 = rows
            .iter()
            .map(|row| {
                let score = score(c, row);
                row.yes * softplus(-score) + row.no * softplus(score)
            })
            .sum();
        sum / total + 0.5 * RIDGE * c.iter().map(|c| c * c).sum::<f64>()
    };
    let mut c = [0.0; 3];
    let mut value = loss(&c);
    for _ in 0..200 {
        let mut gradient = c.map(|c| RIDGE * c);
        let mut hessian = [[0.0; 3]; 3];
        for row in rows {
            let p = sigmoid(score(&c, row));
            let weight = row.yes + row.no;
            for i in 0..3 {
                gradient[i] += (weight * p - row.yes) * row.x[i] / total;
                let curvature = weight * p * (1.0 - p) * row.x[i] / total;
                hessian[i].iter_mut().zip(&row.x).for_each(|(h, x)| *h += curvature * x);
            }
        }
        for i in 0..3 {
            hessian[i][i] += RIDGE;
            if !free[i] {
                gradient[i] = 0.0;
                hessian[i] = [0.0; 3];
                hessian.iter_mut().for_each(|row| row[i] = 0.0);
                hessian[i][i] = 1.0;
            }
        }
        if gradient.iter().all(|g| g.abs() < 1e-13) {
            break;
        }
        let step = solve(hessian, gradient);
        let mut length = 1.0;
        let next = loop {
            let trial: [f64; 3] = std::array::from_fn(|i| c[i] - length * step[i]);
            let trial_value = loss(&trial);
            if trial_value < value || length < 1e-10 {
                break (trial, trial_value);
            }
            length *= 0.5;
        };
        if next.1 >= value {
            break;
        }
        (c, value) = next;
    }
    c
}

/// Solves three equations by elimination with pivoting; the matrix is positive definite.
fn solve(mut a: [[f64; 3]; 3], mut b: [f64; 3]) -> [f64; 3] {
    for i in 0..3 {
        let pivot = (i..3).max_by(|&p, &q| a[p][i].abs().total_cmp(&a[q][i].abs())).unwrap_or(i);
        a.swap(i, pivot);
        b.swap(i, pivot);
        for j in i + 1..3 {
            let factor = a[j][i] / a[i][i];
            let above = a[i];
            a[j].iter_mut().zip(above).for_each(|(x, above)| *x -= factor * above);
            b[j] -= factor * b[i];
        }
    }
    for i in (0..3).rev() {
        for j in i + 1..3 {
            b[i] -= a[i][j] * b[j];
        }
        b[i] /= a[i][i];
    }
    b
}
