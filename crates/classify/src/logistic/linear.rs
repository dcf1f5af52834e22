//! Small symmetric systems.

use ndarray::Array2;

/// The lower factor in place; false where the matrix is not clearly positive definite.
pub(crate) fn cholesky(a: &mut Array2<f64>) -> bool {
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

pub(crate) fn solve(factor: &Array2<f64>, b: &mut [f64]) {
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

/// The eigenvalues and the eigenvectors (columns) of a symmetric matrix, by Jacobi's rotations.
pub(super) fn eigen(mut a: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = a.nrows();
    let mut vectors: Array2<f64> = Array2::eye(n);
    for _ in 0..60 {
        let off = |i: usize| (0..i).map(move |j| (i, j));
        let outside: f64 = (0..n).flat_map(off).map(|at| a[at] * a[at]).sum();
        let inside: f64 = (0..n).map(|i| a[[i, i]] * a[[i, i]]).sum();
        if outside <= 1e-32 * inside || outside == 0.0 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[[p, q]] == 0.0 {
                    continue;
                }
                let theta = (a[[q, q]] - a[[p, p]]) / (2.0 * a[[p, q]]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[[k, p]], a[[k, q]]);
                    (a[[k, p]], a[[k, q]]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[[p, k]], a[[q, k]]);
                    (a[[p, k]], a[[q, k]]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (vectors[[k, p]], vectors[[k, q]]);
                    (vectors[[k, p]], vectors[[k, q]]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    ((0..n).map(|i| a[[i, i]]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn eigenvectors_make_the_matrix_again() {
        let a = array![[4.0, 1.0, -2.0], [1.0, 2.0, 0.0], [-2.0, 0.0, 3.0]];
        let (values, vectors) = eigen(a.clone());
        let again =
            vectors.dot(&Array2::from_diag(&ndarray::Array1::from(values))).dot(&vectors.t());
        assert!((&again - &a).iter().all(|d| d.abs() < 1e-14));
        let (values, _) = eigen(array![[1.0, 1.0], [1.0, 1.0]]);
        assert!(
            values.iter().any(|v| v.abs() < 1e-15)
                && values.iter().any(|v| (v - 2.0).abs() < 1e-15)
        );
    }
}
