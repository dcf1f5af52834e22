//! Newton's method with backtracking.

use ndarray::Array2;

use super::objective::Objective;

/// Beyond as many unknowns, steps are sought by conjugate gradients.
const MOST_DIRECT: usize = 600;

/// Where the search ended.
pub(super) struct Solution {
    pub(super) vectors: Array2<f64>,
    pub(super) n_iter: usize,
    pub(super) gradient: f64,
    pub(super) converged: bool,
}

pub(super) fn minimise(objective: &Objective, tolerance: f64, max_iter: usize) -> Solution {
    let mut vectors = Array2::zeros((objective.n_vectors, objective.width()));
    let (mut value, mut gradient) = objective.value_and_gradient(&vectors);
    let mut n_iter = 0;
    while greatest(&gradient) > tolerance && n_iter < max_iter {
        let step = if vectors.len() <= MOST_DIRECT {
            direct(objective, &vectors, &gradient)
        } else {
            conjugate(objective, &vectors, &gradient)
        };
        let Some((v, f, g)) = line_search(objective, &vectors, value, &gradient, &step) else {
            break;
        };
        (vectors, value, gradient) = (v, f, g);
        n_iter += 1;
    }
    let gradient = greatest(&gradient);
    Solution { vectors, n_iter, gradient, converged: gradient <= tolerance }
}

fn greatest(gradient: &Array2<f64>) -> f64 {
    gradient.iter().fold(0.0, |most, g| g.abs().max(most))
}

type Point = (Array2<f64>, f64, Array2<f64>);

fn line_search(
    objective: &Objective,
    vectors: &Array2<f64>,
    value: f64,
    gradient: &Array2<f64>,
    step: &Array2<f64>,
) -> Option<Point> {
    let slope = (gradient * step).sum();
    let before = greatest(gradient);
    let mut length = 1.0;
    for _ in 0..50 {
        let trial = vectors + &(step * length);
        let (f, g) = objective.value_and_gradient(&trial);
        // Next to the optimum the value no longer changes in its last digits; then the gradient decides.
        let flat = (f - value).abs() <= 1e-14 * (1.0 + value.abs()) && greatest(&g) < before;
        if f <= value + 1e-4 * length * slope || flat {
            return Some((trial, f, g));
        }
        length *= 0.5;
    }
    None
}

/// Solves for the Newton step by Cholesky, with a ridge where the matrix is singular.
fn direct(objective: &Objective, vectors: &Array2<f64>, gradient: &Array2<f64>) -> Array2<f64> {
    let hessian = objective.hessian(vectors);
    let n = hessian.nrows();
    let mean = (0..n).map(|i| hessian[[i, i]]).filter(|h| *h < 1e50).sum::<f64>() / n as f64;
    let mut ridge = 0.0;
    loop {
        let mut factor = hessian.clone();
        (0..n).for_each(|i| factor[[i, i]] += ridge);
        if cholesky(&mut factor) {
            let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
            solve(&factor, &mut step);
            if step.iter().all(|s| s.is_finite()) {
                return Array2::from_shape_vec(gradient.raw_dim(), step)
                    .expect("one unknown for each component of the gradient");
            }
        }
        ridge = if ridge == 0.0 { (mean * 1e-13).max(1e-300) } else { ridge * 100.0 };
        if !ridge.is_finite() {
            return gradient.mapv(|g| -g);
        }
    }
}

/// The lower factor in place; false where the matrix is not clearly positive definite.
fn cholesky(a: &mut Array2<f64>) -> bool {
    let n = a.nrows();
    let a = a.as_slice_mut().expect("row-major");
    for j in 0..n {
        let (done, rest) = a.split_at_mut((j + 1) * n);
        let row_j = &mut done[j * n..];
        let before = row_j[j];
        let pivot = before - row_j[..j].iter().map(|x| x * x).sum::<f64>();
        if pivot.is_nan() || pivot <= before.abs() * 1e-14 {
            return false;
        }
        let root = pivot.sqrt();
        row_j[j] = root;
        for row_i in rest.chunks_exact_mut(n) {
            let dot: f64 = row_i[..j].iter().zip(&row_j[..j]).map(|(x, y)| x * y).sum();
            row_i[j] = (row_i[j] - dot) / root;
        }
    }
    true
}

fn solve(factor: &Array2<f64>, b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| factor[[i, k]] * b[k]).sum();
        b[i] = (b[i] - dot) / factor[[i, i]];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| factor[[k, i]] * b[k]).sum();
        b[i] = (b[i] - dot) / factor[[i, i]];
    }
}

/// The Newton step by conjugate gradients, ever more exact as the gradient shrinks.
fn conjugate(objective: &Objective, vectors: &Array2<f64>, gradient: &Array2<f64>) -> Array2<f64> {
    let multiply = objective.curvature(vectors);
    let dot = |a: &Array2<f64>, b: &Array2<f64>| (a * b).sum();
    let norm = dot(gradient, gradient).sqrt();
    let enough = norm * norm.sqrt().min(0.1);
    let mut step: Array2<f64> = Array2::zeros(gradient.raw_dim());
    let mut residual = gradient.mapv(|g| -g);
    let mut direction = residual.clone();
    let mut square = dot(&residual, &residual);
    for _ in 0..vectors.len().min(500) {
        if square.sqrt() <= enough {
            break;
        }
        let product = multiply(&direction);
        let curvature = dot(&direction, &product);
        if curvature.is_nan() || curvature <= 1e-16 * dot(&direction, &direction) {
            break;
        }
        let length = square / curvature;
        step.scaled_add(length, &direction);
        residual.scaled_add(-length, &product);
        let next = dot(&residual, &residual);
        direction = &residual + &(&direction * (next / square));
        square = next;
    }
    if step.iter().all(|&s| s == 0.0) { gradient.mapv(|g| -g) } else { step }
}
