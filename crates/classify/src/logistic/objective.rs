//! The penalised mean log loss, its gradient and its curvature.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, Slice};

use super::model::Separation;
use crate::par::{self, Threads};

/// Beyond this log-odds (p = 1 - 2e-9) an unpenalised coefficient is running away.
const RUNAWAY: f64 = 20.0;

/// Everything fixed while the vectors are sought.
///
/// Vectors are of shape `(n_vectors, 1 + n_terms)`, intercept first; with one vector it is the
/// log-odds of target 1.
pub(super) struct Objective {
    pub(super) matrix: Array2<f64>,
    pub(super) targets: Vec<u32>,
    /// They sum to 1.
    pub(super) weights: Vec<f64>,
    /// Per coefficient, on the scale of the mean loss; 0 for the intercept.
    pub(super) penalties: Vec<f64>,
    pub(super) n_vectors: usize,
}

impl Objective {
    pub(super) fn width(&self) -> usize {
        self.penalties.len()
    }

    fn threads(&self) -> Threads {
        Threads::for_work(self.matrix.len() * self.n_vectors)
    }

    fn chunk(&self, rows: &std::ops::Range<usize>) -> ArrayView2<'_, f64> {
        self.matrix.slice_axis(Axis(0), Slice::from(rows.clone()))
    }

    /// The objective and its gradient.
    pub(super) fn value_and_gradient(&self, vectors: &Array2<f64>) -> (f64, Array2<f64>) {
        let chunks = par::chunks(self.targets.len());
        let parts = par::map(chunks.len(), self.threads(), |i| {
            let rows = &chunks[i];
            let matrix = self.chunk(rows);
            let mut residuals = matrix.dot(&vectors.t());
            let mut loss = 0.0;
            for (mut scores, row) in residuals.rows_mut().into_iter().zip(rows.clone()) {
                let (weight, target) = (self.weights[row], self.targets[row] as usize);
                let scores = scores.as_slice_mut().expect("a fresh product is row-major");
                if self.n_vectors == 1 {
                    let score = scores[0];
                    loss += weight * softplus(if target == 1 { -score } else { score });
                    scores[0] = weight * (sigmoid(score) - target as f64);
                } else {
                    let own = scores[target];
                    loss += weight * (softmax(scores) - own);
                    scores[target] -= 1.0;
                    scores.iter_mut().for_each(|p| *p *= weight);
                }
            }
            (loss, residuals.t().dot(&matrix))
        });
        let mut gradient = Array2::zeros(vectors.raw_dim());
        let mut value = 0.0;
        for (loss, part) in parts {
            value += loss;
            gradient += &part;
        }
        for (vector, mut gradient) in vectors.rows().into_iter().zip(gradient.rows_mut()) {
            for ((&v, g), &penalty) in vector.iter().zip(gradient.iter_mut()).zip(&self.penalties) {
                value += 0.5 * penalty * v * v;
                *g += penalty * v;
            }
        }
        if self.n_vectors > 1 {
            // Only differences of intercepts matter; this picks those that sum to zero.
            let sum: f64 = vectors.column(0).sum();
            value += 0.5 * sum * sum;
            gradient.column_mut(0).iter_mut().for_each(|g| *g += sum);
        }
        (value, gradient)
    }

    /// The probabilities of the vectors' classes: one column for one vector.
    fn probabilities(&self, vectors: &Array2<f64>) -> Array2<f64> {
        let mut scores = self.matrix.dot(&vectors.t());
        for mut scores in scores.rows_mut() {
            let scores = scores.as_slice_mut().expect("a fresh product is row-major");
            if self.n_vectors == 1 {
                scores[0] = sigmoid(scores[0]);
            } else {
                softmax(scores);
            }
        }
        scores
    }

    /// The matrix of second derivatives, vector by vector.
    pub(super) fn hessian(&self, vectors: &Array2<f64>) -> Array2<f64> {
        let (d, m) = (self.width(), self.n_vectors);
        let probabilities = self.probabilities(vectors);
        let chunks = par::chunks(self.targets.len());
        let parts = par::map(chunks.len(), self.threads(), |i| {
            let rows = &chunks[i];
            let matrix = self.chunk(rows);
            let mut part = Array2::zeros((m * d, m * d));
            let mut scaled = matrix.to_owned();
            for k in 0..m {
                for l in k..m {
                    for ((row, mut out), x) in
                        rows.clone().zip(scaled.rows_mut()).zip(matrix.rows())
                    {
                        let (p, q) = (probabilities[[row, k]], probabilities[[row, l]]);
                        let curvature = if k == l { p * (1.0 - p) } else { -p * q };
                        let w = self.weights[row] * curvature;
                        out.iter_mut().zip(x).for_each(|(out, x)| *out = w * x);
                    }
                    let mut of_k = part.slice_axis_mut(Axis(0), Slice::from(k * d..(k + 1) * d));
                    let mut block = of_k.slice_axis_mut(Axis(1), Slice::from(l * d..(l + 1) * d));
                    general_mat_mul(1.0, &scaled.t(), &matrix, 0.0, &mut block);
                }
            }
            part
        });
        let mut hessian: Array2<f64> = Array2::zeros((m * d, m * d));
        parts.iter().for_each(|part| hessian += part);
        for i in 0..m * d {
            for j in 0..i {
                hessian[[i, j]] = hessian[[j, i]];
            }
            hessian[[i, i]] += self.penalties[i % d];
        }
        if m > 1 {
            for k in 0..m {
                for l in 0..m {
                    hessian[[k * d, l * d]] += 1.0;
                }
            }
        }
        hessian
    }

    /// The product of the second derivatives with a direction, without forming them.
    pub(super) fn curvature<'a>(
        &'a self,
        vectors: &Array2<f64>,
    ) -> impl Fn(&Array2<f64>) -> Array2<f64> + 'a {
        let probabilities = self.probabilities(vectors);
        let chunks = par::chunks(self.targets.len());
        move |direction| {
            let parts = par::map(chunks.len(), self.threads(), |i| {
                let rows = &chunks[i];
                let matrix = self.chunk(rows);
                let mut slopes = matrix.dot(&direction.t());
                for (mut u, row) in slopes.rows_mut().into_iter().zip(rows.clone()) {
                    let (p, weight) = (probabilities.row(row), self.weights[row]);
                    if self.n_vectors == 1 {
                        u[0] *= weight * p[0] * (1.0 - p[0]);
                    } else {
                        let mean: f64 = u.iter().zip(p).map(|(u, p)| u * p).sum();
                        u.iter_mut().zip(p).for_each(|(u, p)| *u = weight * p * (*u - mean));
                    }
                }
                slopes.t().dot(&matrix)
            });
            let mut product = direction * &Array1::from(self.penalties.clone());
            parts.iter().for_each(|part| product += part);
            if self.n_vectors > 1 {
                let sum: f64 = direction.column(0).sum();
                product.column_mut(0).iter_mut().for_each(|g| *g += sum);
            }
            product
        }
    }

    /// Whether the vectors put every row on its own side, or unpenalised ones run away.
    pub(super) fn separation(&self, vectors: &Array2<f64>, unpenalised: bool) -> Separation {
        let scores = self.matrix.dot(&vectors.t());
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for (scores, &target) in scores.rows().into_iter().zip(&self.targets) {
            let margin = if self.n_vectors == 1 {
                if target == 1 { scores[0] } else { -scores[0] }
            } else {
                let own = scores[target as usize];
                let others = scores.iter().zip(0_u32..).filter(|&(_, k)| k != target);
                own - others.map(|(&score, _)| score).fold(f64::NEG_INFINITY, f64::max)
            };
            least = least.min(margin);
            most = most.max(margin);
        }
        if least > 0.0 {
            Separation::Complete
        } else if unpenalised && most > RUNAWAY {
            Separation::Suspected
        } else {
            Separation::None
        }
    }
}

/// `ln(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(-x))`, exact on both sides.
pub(crate) fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// Turns scores into probabilities in place; returns `ln sum exp(score)`.
pub(crate) fn softmax(scores: &mut [f64]) -> f64 {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for score in &mut *scores {
        *score = (*score - greatest).exp();
        total += *score;
    }
    scores.iter_mut().for_each(|p| *p /= total);
    greatest + total.ln()
}
