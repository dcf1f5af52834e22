//! Linear systems of chains.

/// Solves `A x = b` for several right sides by elimination with row pivots; `None` where `A` is
/// singular. O(n³).
pub(crate) fn solve(mut a: Vec<Vec<f64>>, mut sides: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = a.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs()))?;
        if a[pivot][k] == 0.0 || !a[pivot][k].is_finite() {
            return None;
        }
        a.swap(k, pivot);
        sides.iter_mut().for_each(|side| side.swap(k, pivot));
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            if factor == 0.0 {
                continue;
            }
            let (above, below) = a.split_at_mut(i);
            for (cell, of) in below[0][k..].iter_mut().zip(&above[k][k..]) {
                *cell -= factor * of;
            }
            sides.iter_mut().for_each(|side| side[i] -= factor * side[k]);
        }
    }
    for side in &mut sides {
        for k in (0..n).rev() {
            let known: f64 = a[k][k + 1..].iter().zip(&side[k + 1..]).map(|(a, x)| a * x).sum();
            side[k] = (side[k] - known) / a[k][k];
        }
        if side.iter().any(|x| !x.is_finite()) {
            return None;
        }
    }
    Some(sides)
}

/// The stationary shares of an irreducible chain, by elimination without subtraction (Grassmann,
/// Taksar, Heyman 1985), which loses no digits. O(n³).
pub(crate) fn stationary(mut p: Vec<Vec<f64>>) -> Vec<f64> {
    let n = p.len();
    for k in (1..n).rev() {
        let out: f64 = p[k][..k].iter().sum();
        for row in 0..k {
            p[row][k] /= out;
            let factor = p[row][k];
            if factor == 0.0 {
                continue;
            }
            let (above, below) = p.split_at_mut(k);
            for (cell, of) in above[row][..k].iter_mut().zip(&below[0][..k]) {
                *cell += factor * of;
            }
        }
    }
    let mut shares = vec![1.0; n];
    for k in 1..n {
        shares[k] = (0..k).map(|row| shares[row] * p[row][k]).sum();
    }
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_solved() {
        // numpy 2.4.6: np.linalg.solve([[0, 2, 1], [1, -1, 3], [4, 0, 1]], [5, 6, 7]).
        let a = vec![vec![0.0, 2.0, 1.0], vec![1.0, -1.0, 3.0], vec![4.0, 0.0, 1.0]];
        let x = solve(a, vec![vec![5.0, 6.0, 7.0]]).unwrap().remove(0);
        for (found, expected) in x.iter().zip([16.0 / 13.0, 19.0 / 13.0, 27.0 / 13.0]) {
            assert!((found - expected).abs() < 1e-12, "{x:?}");
        }
        assert_eq!(solve(vec![vec![1.0, 2.0], vec![2.0, 4.0]], vec![vec![1.0, 1.0]]), None);
    }
}
