//! Products of panels of columns, a tile of sums in registers at a time.

use pulp::{Simd, WithSimd};

/// Columns of a panel, and rows and vectors of a tile of sums held in registers.
pub(super) const PANEL: usize = 24;
pub(super) const TILE: usize = 8;

/// `TILE` rows of `leftᵀ × right`, from row `at` and vector `v` on.
#[inline(always)]
fn tile<S: Simd, const V: usize>(
    simd: S,
    (left, at): (&[f64], usize),
    (right, v): (&[f64], usize),
) -> [[S::f64s; V]; TILE] {
    let mut sums = [[simd.splat_f64s(0.0); V]; TILE];
    let (right, _) = S::as_simd_f64s(right);
    for (left, right) in left.chunks_exact(PANEL).zip(right.chunks_exact(PANEL / S::F64_LANES)) {
        let (Some(left), Some(right)) =
            (left[at..].first_chunk::<TILE>(), right[v..].first_chunk::<V>())
        else {
            break;
        };
        for a in 0..TILE {
            let x = simd.splat_f64s(left[a]);
            for b in 0..V {
                sums[a][b] = simd.mul_add_e_f64s(x, right[b], sums[a][b]);
            }
        }
    }
    sums
}

/// Adds `leftᵀ × right` to rows of `out`, `stride` numbers apart.
#[inline(always)]
pub(super) fn add_tile<S: Simd>(
    simd: S,
    left: (&[f64], usize),
    right: &[f64],
    out: &mut [f64],
    stride: usize,
) {
    let lanes = S::F64_LANES;
    if S::REGISTER_COUNT >= 32 && lanes * 3 == PANEL {
        add::<S, 3>(simd, &tile(simd, left, (right, 0)), out, stride);
    } else {
        for v in 0..PANEL / lanes {
            add::<S, 1>(simd, &tile(simd, left, (right, v)), &mut out[v * lanes..], stride);
        }
    }
}

#[inline(always)]
fn add<S: Simd, const V: usize>(
    simd: S,
    sums: &[[S::f64s; V]; TILE],
    out: &mut [f64],
    stride: usize,
) {
    for (sums, out) in sums.iter().zip(out.chunks_mut(stride)) {
        let (out, _) = S::as_mut_simd_f64s(&mut out[..V * S::F64_LANES]);
        for (out, &sum) in out.iter_mut().zip(sums) {
            *out = simd.add_f64s(*out, sum);
        }
    }
}

/// All rows of `leftᵀ × right` for one panel.
pub(super) struct Multiply<'a> {
    pub(super) left: &'a [f64],
    pub(super) size: usize,
    pub(super) right: &'a [f64],
    pub(super) out: &'a mut [f64],
    pub(super) stride: usize,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { left, size, right, out, stride } = self;
        for (p, left) in left.chunks_exact(size).enumerate() {
            for at in (0..PANEL).step_by(TILE) {
                let out = &mut out[(p * PANEL + at) * stride..];
                add_tile(simd, (left, at), right, out, stride);
            }
        }
    }
}
