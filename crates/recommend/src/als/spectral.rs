//! Starting factors from the spectrum of who wanted what.

use pulp::{Simd, WithSimd};

use super::terms::Entries;
use crate::linear::{Rows, add_scaled, dispatch, gram};
use crate::par;

/// Rows a worker takes at a time.
const GRAIN: usize = 8;

/// A pivot below this share of its diagonal element says that the column depends on those before.
const LEAST_PIVOT: f64 = 1e-5;

/// Turns `items` towards the leading right singular vectors of the matrix with `(n_u n_i)^(-1/4)`
/// where customer u wanted item i, by `n_iter` steps of subspace iteration; `customers` is space.
///
/// Columns become orthonormal, as far as there are as many directions.
pub(super) fn turn<'a>(
    of_customer: &(dyn Fn(usize) -> Entries<'a> + Sync),
    of_item: &(dyn Fn(usize) -> Entries<'a> + Sync),
    items: &mut Rows,
    customers: &mut Rows,
    n_iter: usize,
) {
    // Half of the usual normalisation by degrees: without any, popular items fill the first
    // directions; with all of it, rare ones do.
    let scales = |entries_of: &(dyn Fn(usize) -> Entries<'a> + Sync), n: usize| -> Vec<f32> {
        let scale = |row| match entries_of(row).n_wanted() {
            0 => 0.0,
            n => (n as f32).sqrt().sqrt().recip(),
        };
        (0..n).map(scale).collect()
    };
    let (by_customer, by_item) = (scales(of_customer, customers.n()), scales(of_item, items.n()));
    for _ in 0..n_iter {
        multiply(of_customer, items, &by_item, customers, &by_customer);
        multiply(of_item, customers, &by_customer, items, &by_item);
        orthonormalise(items);
    }
    customers.all_mut().fill(0.0);
}

/// `own = scale × Σ scale × other` over the pairs that were wanted.
fn multiply<'a>(
    entries_of: &(dyn Fn(usize) -> Entries<'a> + Sync),
    other: &Rows,
    other_scales: &[f32],
    own: &mut Rows,
    own_scales: &[f32],
) {
    let stride = own.stride();
    par::map_rows(
        own.all_mut(),
        stride,
        GRAIN,
        || (),
        |(), row, out| {
            let (entries, scale) = (entries_of(row), own_scales[row]);
            dispatch(Sum { entries, other, scales: other_scales, scale, out });
        },
    );
}

struct Sum<'a, 'b> {
    entries: Entries<'a>,
    other: &'b Rows,
    scales: &'b [f32],
    scale: f32,
    out: &'b mut [f32],
}

impl WithSimd for Sum<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { entries, other, scales, scale, out } = self;
        out.fill(0.0);
        let out = S::as_mut_simd_f32s(out).0;
        for k in 0..entries.len() {
            let (at, _, wanted) = entries.at(k);
            if wanted > 0.0 {
                let row = S::as_simd_f32s(other.row(at)).0;
                add_scaled(simd, [scale * scales[at]], [row], out);
            }
        }
    }
}

/// `V ← V R⁻¹` where `VᵀV = RᵀR`: Cholesky's way to orthonormal columns, which spans the same space.
fn orthonormalise(rows: &mut Rows) {
    let (d, stride) = (rows.d(), rows.stride());
    let products = gram(rows, 1.0);
    let mut factor: Vec<Vec<f64>> =
        (0..d).map(|i| products.row(i)[..d].iter().map(|&x| f64::from(x)).collect()).collect();
    for i in 0..d {
        let diagonal = factor[i][i];
        let (above, rest) = factor.split_at_mut(i);
        let row = &mut rest[0];
        for above in &*above {
            let by = above[i];
            row[i..].iter_mut().zip(&above[i..]).for_each(|(x, a)| *x -= by * a);
        }
        let root = if row[i] > LEAST_PIVOT * diagonal {
            let root = row[i].sqrt();
            row[i + 1..].iter_mut().for_each(|x| *x /= root);
            root
        } else {
            // What is left of such a column is rounding, and must not be taken from others.
            row[i + 1..].fill(0.0);
            if diagonal > 0.0 { diagonal.sqrt() } else { 1.0 }
        };
        row[i] = root;
    }
    let factor: Vec<Vec<f32>> =
        factor.into_iter().map(|row| row.into_iter().map(|x| x as f32).collect()).collect();
    let factor = &factor;
    par::map_rows(
        rows.all_mut(),
        stride,
        GRAIN,
        || (),
        |(), _, row| {
            dispatch(Divide { factor, row: &mut row[..d] });
        },
    );
}

/// Solves `y R = row` in place.
struct Divide<'a> {
    factor: &'a [Vec<f32>],
    row: &'a mut [f32],
}

impl WithSimd for Divide<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { factor, row } = self;
        for (k, of_k) in factor.iter().enumerate() {
            let y = row[k] / of_k[k];
            row[k] = y;
            for (x, r) in row[k + 1..].iter_mut().zip(&of_k[k + 1..]) {
                *x -= y * r;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_orthonormal_and_span_the_same_space() {
        let values: Vec<f32> = (0..200 * 5).map(|i| ((i * 37 % 101) as f32 - 50.0) / 9.0).collect();
        let before = Rows::from_values(5, &values);
        let mut rows = before.clone();
        orthonormalise(&mut rows);
        let products = gram(&rows, 1.0);
        for i in 0..5 {
            for j in 0..5 {
                let expected = f32::from(u8::from(i == j));
                assert!((products.row(i)[j] - expected).abs() < 1e-5, "{i} {j}");
            }
        }
        // What is left of the old columns beside the space of the new ones is nothing.
        for j in 0..5 {
            let column: Vec<f64> = (0..200).map(|r| f64::from(before.row(r)[j])).collect();
            let mut left = column.clone();
            for k in 0..5 {
                let along: f64 =
                    column.iter().zip(0..).map(|(x, r)| x * f64::from(rows.row(r)[k])).sum();
                left.iter_mut().zip(0..).for_each(|(x, r)| *x -= along * f64::from(rows.row(r)[k]));
            }
            let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
            assert!(length(&left) < 1e-4 * length(&column));
        }
    }

    #[test]
    fn columns_that_depend_on_others_stay_finite() {
        let mut rows = Rows::from_values(3, &[1.0, 2.0, 0.0, 2.0, 4.0, 0.0, -1.0, -2.0, 0.0]);
        orthonormalise(&mut rows);
        assert!(rows.all().iter().all(|x| x.is_finite()));
        let first: f32 = (0..3).map(|r| rows.row(r)[0].powi(2)).sum();
        assert!((first - 1.0).abs() < 1e-6);
    }
}
