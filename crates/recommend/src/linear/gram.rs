//! The Gram matrix of all rows.

use pulp::{Simd, WithSimd};

use super::kernel::add_products;
use super::{Rows, dispatch};
use crate::par;

/// Rows of one partial sum at least; there are at most 64 partial sums, so that memory stays small.
const PART: usize = 4096;

/// `scale × Σ v vᵀ` over all rows, symmetric and padded: shape `(stride, stride)`.
///
/// Sums of fixed parts, in single precision, are added in order in double precision.
pub(crate) fn gram(rows: &Rows, scale: f64) -> Rows {
    let stride = rows.stride();
    let part = PART.max(rows.n().div_ceil(64));
    let all = rows.all();
    let parts = par::map_grain(
        1,
        rows.n().div_ceil(part),
        || (),
        |(), p| {
            let end = all.len().min((p + 1) * part * stride);
            dispatch(Part { rows: &all[p * part * stride..end], stride })
        },
    );
    let mut sums = vec![0.0f64; stride * stride];
    for part in &parts {
        sums.iter_mut().zip(part.all()).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let mut gram = Rows::zeros(stride, stride);
    for i in 0..stride {
        for j in i..stride {
            let value = (scale * sums[i * stride + j]) as f32;
            gram.row_mut(i)[j] = value;
            gram.row_mut(j)[i] = value;
        }
    }
    gram
}

struct Part<'a> {
    rows: &'a [f32],
    stride: usize,
}

impl WithSimd for Part<'_> {
    type Output = Rows;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Rows {
        let mut sums = Rows::zeros(self.stride, self.stride);
        // As many rows as stay in the nearest cache while the tiles pass over them.
        for rows in self.rows.chunks(64 * self.stride) {
            add_products(simd, rows, rows, self.stride, sums.all_mut());
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_outer_products() {
        for (n, d) in [(0, 3), (1, 1), (5000, 5), (130, 33), (9000, 70)] {
            let values: Vec<f32> =
                (0..n * d).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
            let rows = Rows::from_values(d, &values);
            let found = gram(&rows, 0.5);
            for i in 0..found.n() {
                for j in 0..found.n() {
                    let expected: f64 = if i < d && j < d {
                        let of =
                            |r: usize| f64::from(values[r * d + i]) * f64::from(values[r * d + j]);
                        0.5 * (0..n).map(of).sum::<f64>()
                    } else {
                        0.0
                    };
                    let gap = (f64::from(found.row(i)[j]) - expected).abs();
                    assert!(gap <= 1e-4 * (1.0 + n as f64 / 100.0), "{n} {d} {i} {j}");
                }
            }
        }
    }
}
