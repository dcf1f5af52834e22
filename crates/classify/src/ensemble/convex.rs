//! The mixture of members whose errors cancel best.

use ndarray::Array2;

use crate::logistic::linear::{cholesky, solve};

/// A gain in squared error below this share of the best member's is a rounding.
const LEAST_GAIN: f64 = 1e-12;

/// The shares `w >= 0`, `sum w = 1` that minimise `wᵀ G w`, for the products `G` of the members'
/// errors.
///
/// `x = argmin over x >= 0 of xᵀ G x + c (1 - sum x)²` has these shares up to scale: along each
/// direction `u` with sum 1 its least value is `c uᵀGu / (c + uᵀGu)`, which grows with `uᵀGu`. That is
/// a problem of non-negative least squares, which an active set solves exactly in a few steps
/// (Lawson and Hanson, 1974, chapter 23); `c` is the best member's own error, so that it is not lost
/// beside those of bad members.
pub(super) fn least_error(products: &Array2<f64>) -> Vec<f64> {
    let n = products.nrows();
    let own = |member: usize| products[[member, member]];
    let best = (0..n).fold(0, |best, member| if own(member) < own(best) { member } else { best });
    let mut shares = vec![0.0; n];
    if own(best) < 1e-200 {
        // Nothing is better than a member that does not err.
        shares[best] = 1.0;
        return shares;
    }
    let system = products.mapv(|product| product / own(best) + 1.0);
    let mut inside = vec![best];
    let mut refused = vec![false; n];
    shares[best] = 1.0 / system[[best, best]];
    // Each step lowers the error, so that no set of members comes twice; the bound is for roundings.
    for _ in 0..8 * n {
        let pull = |member: usize| {
            let said: f64 =
                inside.iter().map(|&other| system[[member, other]] * shares[other]).sum();
            1.0 - said
        };
        let next = (0..n)
            .filter(|member| !inside.contains(member) && !refused[*member])
            .map(|member| (pull(member), member))
            .filter(|(pull, _)| *pull > LEAST_GAIN)
            .fold(None, |most: Option<(f64, usize)>, next| match most {
                Some(most) if most.0 >= next.0 => Some(most),
                _ => Some(next),
            });
        let Some((_, next)) = next else { break };
        inside.push(next);
        while let Some(wanted) = solved(&system, &inside) {
            // As far towards what is wanted as no share becomes negative.
            let step = inside
                .iter()
                .zip(&wanted)
                .filter(|(_, wanted)| **wanted <= 0.0)
                .map(|(&member, wanted)| shares[member] / (shares[member] - wanted))
                .fold(1.0, f64::min);
            for (&member, wanted) in inside.iter().zip(&wanted) {
                shares[member] += step * (wanted - shares[member]);
            }
            if wanted.iter().all(|wanted| *wanted > 0.0) {
                break;
            }
            let leaving = |at: usize| wanted[at] <= 0.0 && shares[inside[at]] <= f64::EPSILON;
            let kept = (0..inside.len()).filter(|&at| !leaving(at)).map(|at| inside[at]).collect();
            let left = std::mem::replace(&mut inside, kept);
            left.iter().filter(|member| !inside.contains(member)).for_each(|&m| shares[m] = 0.0);
            if left.len() == inside.len() || inside.is_empty() {
                break;
            }
        }
        if shares[next] <= 0.0 {
            // One that says what the others say: it cannot come in again.
            inside.retain(|&member| member != next);
            refused[next] = true;
        }
    }
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    shares
}

/// The solution of the members inside alone; `None` where one says what the others say.
fn solved(system: &Array2<f64>, inside: &[usize]) -> Option<Vec<f64>> {
    let n = inside.len();
    let mut factor = Array2::from_shape_fn((n, n), |(i, j)| system[[inside[i], inside[j]]]);
    let mut solution = vec![1.0; n];
    cholesky(&mut factor).then(|| {
        solve(&factor, &mut solution);
        solution
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::least_error;

    #[test]
    fn two_members_mix_as_in_closed_form() {
        // Errors of variance 1 and 4 that do not depend on each other: 4/5 and 1/5.
        let shares = least_error(&array![[1.0, 0.0], [0.0, 4.0]]);
        assert!((shares[0] - 0.8).abs() < 1e-15 && (shares[1] - 0.2).abs() < 1e-15);
        // A covariance as great as the lesser variance: the better one alone.
        assert_eq!(least_error(&array![[1.0, 1.0], [1.0, 4.0]]), [1.0, 0.0]);
        // The bad member's size does not drown the good ones.
        let shares = least_error(&array![[1e-18, 0.0, 0.0], [0.0, 3e-18, 0.0], [0.0, 0.0, 1.0]]);
        assert!((shares[0] - 0.75).abs() < 1e-12 && (shares[1] - 0.25).abs() < 1e-12);
    }

    #[test]
    fn three_members_mix_as_scipy_says() {
        // scipy.optimize.minimize(SLSQP, ftol=1e-16) on the errors of a tree, of neighbours and of
        // the mean, out of fold on Friedman's first function.
        let products = array![
            [9.06412488, 2.31307268, 7.82209801],
            [2.31307268, 3.14037424, 5.73732304],
            [7.82209801, 5.73732304, 23.80660186],
        ];
        let shares = least_error(&products);
        let expected = [0.10916639, 0.89083361, 0.0];
        assert!(shares.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7), "{shares:?}");
    }

    #[test]
    fn equals_and_faultless_members_are_no_trouble() {
        assert_eq!(least_error(&array![[0.0, 0.0], [0.0, 0.0]]), [1.0, 0.0]);
        let same = least_error(&Array2::from_elem((3, 3), 2.0));
        assert!((same.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(least_error(&array![[5.0]]), [1.0]);
    }

    proptest! {
        /// The oracle is the condition of a minimum (Karush, Kuhn and Tucker): at `w`, with
        /// `v = wᵀGw`, every member has `(Gw)_m >= v`, with equality where `w_m > 0`.
        #[test]
        fn nobody_can_be_believed_more_with_gain(
            n in 1_usize..7,
            errors in prop::collection::vec(-10.0..10.0_f64, 7 * 9),
            shift in -20.0..20.0_f64,
        ) {
            let errors = Array2::from_shape_fn((9, n), |(i, m)| errors[i * 7 + m] + shift);
            let products = errors.t().dot(&errors) / 9.0;
            let shares = ndarray::Array1::from(least_error(&products));
            prop_assert!((shares.sum() - 1.0).abs() < 1e-12);
            let gradient = products.dot(&shares);
            let least = gradient.dot(&shares);
            let scale = products.diag().iter().copied().fold(0.0, f64::max);
            for (share, gradient) in shares.iter().zip(&gradient) {
                prop_assert!(*share >= 0.0);
                prop_assert!(*gradient >= least - 1e-9 * scale);
                prop_assert!(*share == 0.0 || (gradient - least).abs() <= 1e-9 * scale);
            }
        }
    }
}
