//! The penalised mean log loss, its gradient and its curvature.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::model::Separation;
use crate::par::{self, Threads};

/// Beyond this log-odds (p = 1 - 2e-9) an unpenalised coefficient is running away.
const RUNAWAY: f64 = 20.0;

/// Rows worked on at a time: with thirty terms they fit into a core's own cache.
const BLOCK: usize = 256;

/// Everything fixed while the vectors are sought.
///
/// Vectors are of shape `(n_vectors, 1 + n_terms)`, intercept first; with one vector it is the
/// log-odds of target 1.
pub(super) struct Objective {
    pub(super) matrix: Array2<f64>,
    pub(super) targets: Vec<u32>,
    /// They sum to 1.
    pub(super) weights: Vec<f64>,
    /// Per squared coefficient, on the scale of the mean loss; 0 for the intercept.
    pub(super) squares: Vec<f64>,
    /// Per absolute coefficient, on the same scale; 0 for the intercept.
    pub(super) absolutes: Vec<f64>,
    pub(super) n_vectors: usize,
}

/// What is known at a point; the smooth part alone, without the absolute penalty.
pub(super) struct Point {
    pub(super) vectors: Array2<f64>,
    pub(super) value: f64,
    pub(super) gradient: Array2<f64>,
    /// The probabilities of the vectors' classes: one column for one vector.
    probabilities: Array2<f64>,
}

impl Objective {
    pub(super) fn width(&self) -> usize {
        self.squares.len()
    }

    /// Whether coefficients are drawn to exactly zero.
    pub(super) fn is_sparse(&self) -> bool {
        self.absolutes.iter().any(|&penalty| penalty > 0.0)
    }

    fn threads(&self) -> Threads {
        Threads::for_work(self.matrix.len() * self.n_vectors)
    }

    fn rows(&self, rows: &std::ops::Range<usize>) -> ArrayView2<'_, f64> {
        self.matrix.slice_axis(Axis(0), Slice::from(rows.clone()))
    }

    /// The linear predictors of rows.
    fn scores(&self, rows: &std::ops::Range<usize>, vectors: &Array2<f64>) -> Array2<f64> {
        let matrix = self.rows(rows);
        if self.n_vectors > 1 {
            return matrix.dot(&vectors.t());
        }
        let vector = vectors.as_slice().expect("vectors are row-major");
        let cells = matrix.to_slice().expect("the matrix is row-major");
        let scores = crate::simd::dispatch(|| {
            cells.chunks_exact(self.width()).map(|row| dot(row, vector)).collect()
        });
        Array2::from_shape_vec((rows.len(), 1), scores).expect("one score for each row")
    }

    /// The smooth part of the objective and its gradient.
    pub(super) fn at(&self, vectors: Array2<f64>) -> Point {
        let chunks = par::chunks(self.targets.len());
        let parts = par::map(chunks.len(), self.threads(), |i| {
            let mut loss = 0.0;
            let mut gradient: Array2<f64> = Array2::zeros(vectors.raw_dim());
            let mut probabilities = Vec::with_capacity(chunks[i].len() * self.n_vectors);
            for from in chunks[i].clone().step_by(BLOCK) {
                let rows = from..(from + BLOCK).min(chunks[i].end);
                let mut residuals = self.scores(&rows, &vectors);
                for (mut scores, row) in residuals.rows_mut().into_iter().zip(rows.clone()) {
                    let (weight, target) = (self.weights[row], self.targets[row] as usize);
                    let scores = scores.as_slice_mut().expect("scores are row-major");
                    if self.n_vectors == 1 {
                        let score = scores[0];
                        let (p, softplus) = sigmoid_and_softplus(score);
                        loss += weight * if target == 1 { softplus - score } else { softplus };
                        probabilities.push(p);
                        scores[0] = weight * (p - target as f64);
                    } else {
                        let own = scores[target];
                        loss += weight * (softmax(scores) - own);
                        probabilities.extend_from_slice(scores);
                        scores[target] -= 1.0;
                        scores.iter_mut().for_each(|p| *p *= weight);
                    }
                }
                add_product(residuals.view(), self.rows(&rows), gradient.view_mut());
            }
            (loss, gradient, probabilities)
        });
        let mut gradient = Array2::zeros(vectors.raw_dim());
        let mut value = 0.0;
        let mut probabilities = Vec::with_capacity(self.targets.len() * self.n_vectors);
        for (loss, part, of_part) in parts {
            value += loss;
            gradient += &part;
            probabilities.extend(of_part);
        }
        for (vector, mut gradient) in vectors.rows().into_iter().zip(gradient.rows_mut()) {
            for ((&v, g), &penalty) in vector.iter().zip(gradient.iter_mut()).zip(&self.squares) {
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
        let probabilities =
            Array2::from_shape_vec((self.targets.len(), self.n_vectors), probabilities)
                .expect("one probability for each row and vector");
        Point { vectors, value, gradient, probabilities }
    }

    /// The absolute penalty.
    pub(super) fn absolute(&self, vectors: &Array2<f64>) -> f64 {
        let of = |vector: ndarray::ArrayView1<'_, f64>| -> f64 {
            vector.iter().zip(&self.absolutes).map(|(v, penalty)| v.abs() * penalty).sum()
        };
        vectors.rows().into_iter().map(of).sum()
    }

    /// The matrix of second derivatives, vector by vector.
    pub(super) fn hessian(&self, point: &Point) -> Array2<f64> {
        let all: Vec<usize> = (0..self.width()).collect();
        self.hessian_of(point, &all)
    }

    /// The same for some columns alone, which ascend.
    pub(super) fn hessian_of(&self, point: &Point, columns: &[usize]) -> Array2<f64> {
        let (d, m) = (columns.len(), self.n_vectors);
        let chunks = par::chunks(self.targets.len());
        let some = (d < self.width()).then_some(columns);
        let parts = par::map(chunks.len(), self.threads(), |i| {
            let mut part = Array2::zeros((m * d, m * d));
            let mut scaled = Array2::zeros((BLOCK.min(chunks[i].len()), d));
            for from in chunks[i].clone().step_by(BLOCK) {
                let rows = from..(from + BLOCK).min(chunks[i].end);
                let whole = self.rows(&rows);
                let picked = some.map(|columns| whole.select(Axis(1), columns));
                let matrix = picked.as_ref().map_or(whole, |picked| picked.view());
                let mut scaled = scaled.slice_axis_mut(Axis(0), Slice::from(..rows.len()));
                for k in 0..m {
                    for l in k..m {
                        let outs = scaled.rows_mut().into_iter().zip(matrix.rows());
                        for (row, (mut out, x)) in rows.clone().zip(outs) {
                            let p = point.probabilities[[row, k]];
                            let q = point.probabilities[[row, l]];
                            let curvature = if k == l { p * (1.0 - p) } else { -p * q };
                            let w = self.weights[row] * curvature;
                            match (out.as_slice_mut(), x.as_slice()) {
                                (Some(out), Some(x)) => scale(out, x, w),
                                _ => out.iter_mut().zip(x).for_each(|(out, x)| *out = w * x),
                            }
                        }
                        let mut of_k =
                            part.slice_axis_mut(Axis(0), Slice::from(k * d..(k + 1) * d));
                        let mut block =
                            of_k.slice_axis_mut(Axis(1), Slice::from(l * d..(l + 1) * d));
                        general_mat_mul(1.0, &scaled.t(), &matrix, 1.0, &mut block);
                    }
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
            hessian[[i, i]] += self.squares[columns[i % d]];
        }
        if m > 1 && columns.first() == Some(&0) {
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
        point: &'a Point,
    ) -> impl Fn(&Array2<f64>) -> Array2<f64> + 'a {
        let probabilities = &point.probabilities;
        let chunks = par::chunks(self.targets.len());
        move |direction| {
            let parts = par::map(chunks.len(), self.threads(), |i| {
                let rows = &chunks[i];
                let matrix = self.rows(rows);
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
            let mut product = direction * &Array1::from(self.squares.clone());
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

/// The inner product, in eight sums that a processor can take together.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
}

/// `out = w x`.
#[inline(always)]
fn scale(out: &mut [f64], x: &[f64], w: f64) {
    out.iter_mut().zip(x).for_each(|(out, x)| *out = w * x);
}

/// Adds residuals, of shape `(n_rows, n_vectors)`, times rows.
fn add_product(
    residuals: ArrayView2<'_, f64>,
    rows: ArrayView2<'_, f64>,
    mut out: ArrayViewMut2<'_, f64>,
) {
    let (Some(residuals_of_one), Some(cells), true) =
        (residuals.to_slice(), rows.to_slice(), residuals.ncols() == 1)
    else {
        general_mat_mul(1.0, &residuals.t(), &rows, 1.0, &mut out);
        return;
    };
    let width = rows.ncols();
    let out = out.as_slice_mut().expect("a gradient is row-major");
    crate::simd::dispatch(|| add_rows(residuals_of_one, cells, width, out));
}

/// Adds residuals times rows, row by row.
#[inline(always)]
fn add_rows(residuals: &[f64], cells: &[f64], width: usize, out: &mut [f64]) {
    // Four rows at a time, so that sums are read and written a fourth as often.
    let (fours, cells_of_fours) = (residuals.chunks_exact(4), cells.chunks_exact(4 * width));
    let (rest, cells_of_rest) = (fours.remainder(), cells_of_fours.remainder());
    for (r, rows) in fours.zip(cells_of_fours) {
        let (a, rows) = rows.split_at(width);
        let (b, rows) = rows.split_at(width);
        let (c, d) = rows.split_at(width);
        for ((((out, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *out += (r[0] * a + r[1] * b) + (r[2] * c + r[3] * d);
        }
    }
    for (r, row) in rest.iter().zip(cells_of_rest.chunks_exact(width)) {
        out.iter_mut().zip(row).for_each(|(out, x)| *out += r * x);
    }
}

/// `1 / (1 + exp(-x))` and `ln(1 + exp(x))`, from one exponential.
fn sigmoid_and_softplus(x: f64) -> (f64, f64) {
    let e = (-x.abs()).exp();
    let p = if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
    (p, x.max(0.0) + e.ln_1p())
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
