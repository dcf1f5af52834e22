//! How sure the unknowns of a logistic regression are, together.

use ndarray::{Array1, Array2, Slice};

use super::linear::{cholesky, eigen, solve};
use super::objective::{Objective, Point};

/// The covariance of all unknowns in standardised terms, and the directions the rows say nothing of.
pub(super) struct Covariance {
    pub(super) matrix: Array2<f64>,
    /// Columns of unit length; none where everything is told.
    pub(super) unknown: Array2<f64>,
    pub(super) width: usize,
    /// Whether the unknowns of the first vector are fixed at zero.
    pub(super) first_fixed: bool,
    /// Columns that do not vary.
    pub(super) constant: Vec<bool>,
}

impl Covariance {
    pub(super) fn new(objective: &Objective, point: &Point, total: f64, unpenalised: bool) -> Self {
        let (width, m) = (objective.width(), objective.n_vectors);
        let mut hessian = objective.hessian(point);
        let constant: Vec<bool> = (0..width)
            .map(|j| {
                // What never varies adds exactly nothing to the curvature of any class.
                let adds =
                    |k: usize| hessian[[k * width + j, k * width + j]] > objective.squares[j];
                j > 0 && !(0..m).any(adds)
            })
            .collect();
        let first_fixed = unpenalised && m > 1;
        if first_fixed {
            // Without a penalty only differences are told: those against the first class. What picks
            // the intercepts is taken away again.
            let rest = Slice::from(width..);
            hessian = hessian
                .slice_axis(ndarray::Axis(0), rest)
                .slice_axis(ndarray::Axis(1), rest)
                .to_owned();
            for k in 0..m - 1 {
                for l in 0..m - 1 {
                    hessian[[k * width, l * width]] -= 1.0;
                }
            }
        }
        let n = hessian.nrows();
        for i in 0..n {
            if constant[i % width] {
                hessian.row_mut(i).fill(0.0);
                hessian.column_mut(i).fill(0.0);
                hessian[[i, i]] = 1.0;
            }
        }
        hessian *= total;
        let (matrix, unknown) = inverse(hessian);
        Self { matrix, unknown, width, first_fixed, constant }
    }

    /// The deviation of a linear function of the unknowns, or `None` where the rows do not tell it.
    pub(super) fn deviation(&self, of: &Array1<f64>) -> Option<f64> {
        let off = self.unknown.t().dot(of);
        if off.dot(&off) > 1e-9 * of.dot(of) {
            return None;
        }
        let variance = of.dot(&self.matrix.dot(of));
        (variance > 0.0 && variance.is_finite()).then(|| variance.sqrt())
    }
}

/// The inverse, or the inverse on what is told and the directions that are not.
fn inverse(a: Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let n = a.nrows();
    let mut factor = a.clone();
    let mut well = cholesky(&mut factor);
    if well {
        let pivots = (0..n).map(|i| factor[[i, i]] * factor[[i, i]] / a[[i, i]]);
        well = pivots.fold(1.0, f64::min) > 1e-9;
    }
    if well {
        let mut inverse = Array2::zeros((n, n));
        for j in 0..n {
            let mut column = vec![0.0; n];
            column[j] = 1.0;
            solve(&factor, &mut column);
            inverse.column_mut(j).assign(&Array1::from(column));
        }
        return (inverse, Array2::zeros((n, 0)));
    }
    let (values, vectors) = eigen(a);
    let greatest = values.iter().copied().fold(0.0, f64::max);
    let told = |i: &usize| values[*i] > 1e-11 * greatest;
    let unknown: Vec<usize> = (0..n).filter(|i| !told(i)).collect();
    let mut inverse: Array2<f64> = Array2::zeros((n, n));
    for i in (0..n).filter(told) {
        let v = vectors.column(i);
        for (mut row, x) in inverse.rows_mut().into_iter().zip(v) {
            row.scaled_add(x / values[i], &v);
        }
    }
    (inverse, vectors.select(ndarray::Axis(1), &unknown))
}
