//! Squared distances, with the width known to the compiler where it is small.
//!
//! These are the distances that count: products and sums in double precision in a fixed order,
//! without fused operations, so that they are the same on every processor.

use crate::float::Float;

/// How wide a row is: a number the compiler knows, or any.
pub(crate) trait Width: Copy + Send + Sync {
    /// The width.
    fn get(self) -> usize;

    /// The squared distance of two rows of that width.
    fn square<T: Float>(self, a: &[T], b: &[f64]) -> f64;
}

/// A width the compiler knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed<const D: usize>;

impl<const D: usize> Width for Fixed<D> {
    #[inline(always)]
    fn get(self) -> usize {
        D
    }

    #[inline(always)]
    fn square<T: Float>(self, a: &[T], b: &[f64]) -> f64 {
        let (a, b) = (&a[..D], &b[..D]);
        let mut sum = 0.0;
        for i in 0..D {
            let off = a[i].to_f64() - b[i];
            sum += off * off;
        }
        sum
    }
}

/// A width known only when running.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Any(pub(crate) usize);

/// A width of some vector registers that the compiler knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide<const D: usize>;

impl Width for Any {
    #[inline(always)]
    fn get(self) -> usize {
        self.0
    }

    #[inline(always)]
    fn square<T: Float>(self, a: &[T], b: &[f64]) -> f64 {
        in_lanes(a, b)
    }
}

impl<const D: usize> Width for Wide<D> {
    #[inline(always)]
    fn get(self) -> usize {
        D
    }

    #[inline(always)]
    fn square<T: Float>(self, a: &[T], b: &[f64]) -> f64 {
        in_lanes(&a[..D], &b[..D])
    }
}

const LANES: usize = 8;

/// The squared distance summed in lanes apart, so that the compiler can use vector registers.
#[inline(always)]
fn in_lanes<T: Float>(a: &[T], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            let off = a[lane].to_f64() - b[lane];
            lanes[lane] += off * off;
        }
    }
    let mut sum = 0.0;
    for (a, b) in a_rest.iter().zip(b_rest) {
        let off = a.to_f64() - b;
        sum += off * off;
    }
    sum + ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
        + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
}

/// Runs the expression with `$width` bound to the [`Width`] of `$d` columns.
macro_rules! with_width {
    ($d:expr, $width:ident => $body:expr) => {
        match $d {
            1 => {
                let $width = $crate::kmeans::metric::Fixed::<1>;
                $body
            }
            2 => {
                let $width = $crate::kmeans::metric::Fixed::<2>;
                $body
            }
            3 => {
                let $width = $crate::kmeans::metric::Fixed::<3>;
                $body
            }
            4 => {
                let $width = $crate::kmeans::metric::Fixed::<4>;
                $body
            }
            8 => {
                let $width = $crate::kmeans::metric::Wide::<8>;
                $body
            }
            16 => {
                let $width = $crate::kmeans::metric::Wide::<16>;
                $body
            }
            d => {
                let $width = $crate::kmeans::metric::Any(d);
                $body
            }
        }
    };
}
pub(crate) use with_width;

/// The squared distance of two rows, the same number whichever width is known.
pub(crate) fn square<T: Float>(a: &[T], b: &[f64]) -> f64 {
    with_width!(a.len(), width => width.square(a, b))
}

/// The nearest centre and the next, with squared distances; of equals the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nearest {
    pub(crate) label: u32,
    pub(crate) square: f64,
    pub(crate) next_square: f64,
}

/// The nearest of `centres`, row-major, to `row`.
#[inline(always)]
pub(crate) fn nearest<W: Width, T: Float>(width: W, row: &[T], centres: &[f64]) -> Nearest {
    let mut best = Nearest { label: 0, square: f64::INFINITY, next_square: f64::INFINITY };
    for (label, centre) in centres.chunks_exact(width.get()).enumerate() {
        let square = width.square(row, centre);
        let nearer = square < best.square;
        let next = if square < best.next_square { square } else { best.next_square };
        best.next_square = if nearer { best.square } else { next };
        best.label = if nearer { label as u32 } else { best.label };
        best.square = if nearer { square } else { best.square };
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_first_is_nearest() {
        let found = nearest(Fixed::<1>, &[1.0], &[0.0, 2.0, 2.0]);
        assert_eq!((found.label, found.square, found.next_square), (0, 1.0, 1.0));
        let found = nearest(Any(1), &[2.0], &[0.0, 2.0, 2.0]);
        assert_eq!((found.label, found.square, found.next_square), (1, 0.0, 0.0));
    }

    #[test]
    fn long_rows_have_the_plain_sum_of_squares() {
        let a: Vec<f64> = (0..19).map(f64::from).collect();
        let b = vec![1.0; 19];
        let plain: f64 = a.iter().map(|a| (a - 1.0) * (a - 1.0)).sum();
        assert_eq!(square(&a, &b), plain);
    }
}
