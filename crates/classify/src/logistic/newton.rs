//! Newton's method with backtracking.

use ndarray::Array2;

use super::linear::{cholesky, solve};
use super::objective::{Objective, Point};
use super::sparse;

/// Beyond as many unknowns, steps are sought by conjugate gradients.
const MOST_DIRECT: usize = 600;

/// Where the search ended.
pub(super) struct Solution {
    pub(super) vectors: Array2<f64>,
    pub(super) n_iter: usize,
    pub(super) gradient: f64,
    pub(super) converged: bool,
}

/// Fewer rows than this are searched as a whole from the start.
const MANY: usize = 1 << 16;
/// Of many rows, one in so many finds where to start.
const ONE_IN: usize = 8;

/// Where to start: zero, or the optimum of a part of the rows where there are many.
pub(super) fn warm_start(objective: &Objective, tolerance: f64, max_iter: usize) -> Array2<f64> {
    let zero = Array2::zeros((objective.n_vectors, objective.width()));
    let n = objective.targets.len();
    if n < MANY || max_iter < 3 {
        return zero;
    }
    let rows: Vec<usize> = (0..n).step_by(ONE_IN).collect();
    let total: f64 = rows.iter().map(|&row| objective.weights[row]).sum();
    let targets: Vec<u32> = rows.iter().map(|&row| objective.targets[row]).collect();
    // A class that the part does not have would run away from it.
    let classes = objective.n_vectors.max(2);
    if total <= 0.0 || (0..classes as u32).any(|class| !targets.contains(&class)) {
        return zero;
    }
    let part = Objective {
        matrix: objective.matrix.select(ndarray::Axis(0), &rows),
        targets,
        weights: rows.iter().map(|&row| objective.weights[row] / total).collect(),
        squares: objective.squares.clone(),
        absolutes: objective.absolutes.clone(),
        n_vectors: objective.n_vectors,
    };
    // The part's optimum is off by more than this in any case.
    let rough = tolerance.max(1e-5);
    minimise(&part, zero, rough, max_iter).vectors
}

/// Minimises from `start` on.
pub(super) fn minimise(
    objective: &Objective,
    start: Array2<f64>,
    tolerance: f64,
    max_iter: usize,
) -> Solution {
    let mut point = objective.at(start);
    let mut n_iter = 0;
    while violation(objective, &point) > tolerance && n_iter < max_iter {
        let step = if objective.is_sparse() {
            sparse::step(objective, &point, tolerance)
        } else if point.vectors.len() <= MOST_DIRECT {
            direct(objective, &point)
        } else {
            conjugate(objective, &point)
        };
        let Some(next) = line_search(objective, &point, &step) else { break };
        point = next;
        n_iter += 1;
    }
    let gradient = violation(objective, &point);
    Solution { vectors: point.vectors, n_iter, gradient, converged: gradient <= tolerance }
}

/// How far the point is from an optimum: the greatest component of the least subgradient, which is
/// the gradient where nothing is drawn to exactly zero.
pub(super) fn violation(objective: &Objective, point: &Point) -> f64 {
    let width = objective.width();
    let components = point.gradient.iter().zip(&point.vectors).enumerate();
    components.fold(0.0, |most: f64, (at, (&g, &v))| {
        let penalty = objective.absolutes[at % width];
        let component = if v == 0.0 { g.abs() - penalty } else { (g + penalty * v.signum()).abs() };
        most.max(component)
    })
}

fn line_search(objective: &Objective, point: &Point, step: &Array2<f64>) -> Option<Point> {
    let absolute = objective.absolute(&point.vectors);
    let value = point.value + absolute;
    let whole = objective.absolute(&(&point.vectors + step));
    let slope = (&point.gradient * step).sum() + whole - absolute;
    let before = violation(objective, point);
    let mut length = 1.0;
    for _ in 0..50 {
        let trial = objective.at(&point.vectors + &(step * length));
        let found = trial.value + objective.absolute(&trial.vectors);
        // Next to the optimum the value no longer changes in its last digits; then the gradient decides.
        let flat = (found - value).abs() <= 1e-14 * (1.0 + value.abs())
            && violation(objective, &trial) < before;
        if found <= value + 1e-4 * length * slope || flat {
            return Some(trial);
        }
        length *= 0.5;
    }
    None
}

/// Solves for the Newton step by Cholesky, with a ridge where the matrix is singular.
fn direct(objective: &Objective, point: &Point) -> Array2<f64> {
    let hessian = objective.hessian(point);
    let n = hessian.nrows();
    let mean = (0..n).map(|i| hessian[[i, i]]).filter(|h| *h < 1e50).sum::<f64>() / n as f64;
    let mut ridge = 0.0;
    loop {
        let mut factor = hessian.clone();
        (0..n).for_each(|i| factor[[i, i]] += ridge);
        if cholesky(&mut factor) {
            let mut step: Vec<f64> = point.gradient.iter().map(|g| -g).collect();
            solve(&factor, &mut step);
            if step.iter().all(|s| s.is_finite()) {
                return Array2::from_shape_vec(point.gradient.raw_dim(), step)
                    .expect("one unknown for each component of the gradient");
            }
        }
        ridge = if ridge == 0.0 { (mean * 1e-13).max(1e-300) } else { ridge * 100.0 };
        if !ridge.is_finite() {
            return point.gradient.mapv(|g| -g);
        }
    }
}

/// The Newton step by conjugate gradients, ever more exact as the gradient shrinks.
fn conjugate(objective: &Objective, point: &Point) -> Array2<f64> {
    let multiply = objective.curvature(point);
    let gradient = &point.gradient;
    let dot = |a: &Array2<f64>, b: &Array2<f64>| (a * b).sum();
    let norm = dot(gradient, gradient).sqrt();
    let enough = norm * norm.sqrt().min(0.1);
    let mut step: Array2<f64> = Array2::zeros(gradient.raw_dim());
    let mut residual = gradient.mapv(|g| -g);
    let mut direction = residual.clone();
    let mut square = dot(&residual, &residual);
    for _ in 0..gradient.len().min(500) {
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
