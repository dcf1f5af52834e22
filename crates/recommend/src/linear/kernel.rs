//! The inner loops.

use pulp::Simd;

/// Rows of a tile of sums held in registers.
pub(super) const TILE: usize = 8;

/// `Σ_k left[k][i + a] × right[k][v …]` for `TILE` rows `a` and `V` vectors, added to the rows of
/// `out` or taken from them.
#[inline(always)]
fn tile<S: Simd, const V: usize, const TAKE: bool>(
    simd: S,
    left: &[f32],
    right: &[f32],
    stride: usize,
    (i, v): (usize, usize),
    out: &mut [f32],
) {
    let mut sums = [[simd.splat_f32s(0.0); V]; TILE];
    let (right, _) = S::as_simd_f32s(right);
    let width = stride / S::F32_LANES;
    for (left, right) in left.chunks_exact(stride).zip(right.chunks_exact(width)) {
        let (Some(left), Some(right)) =
            (left[i..].first_chunk::<TILE>(), right[v..].first_chunk::<V>())
        else {
            break;
        };
        for a in 0..TILE {
            let x = simd.splat_f32s(left[a]);
            for b in 0..V {
                sums[a][b] = simd.mul_add_e_f32s(x, right[b], sums[a][b]);
            }
        }
    }
    for (sums, out) in sums.iter().zip(out.chunks_exact_mut(stride)) {
        let (out, _) = S::as_mut_simd_f32s(out);
        for b in 0..V {
            out[v + b] = if TAKE {
                simd.sub_f32s(out[v + b], sums[b])
            } else {
                simd.add_f32s(out[v + b], sums[b])
            };
        }
    }
}

/// Adds `leftᵀ × right` to the `TILE` rows of `out` that start at row `i` of a square matrix (or
/// takes it from them), right of the diagonal; `left` and `right` are rows of `stride` numbers.
#[inline(always)]
pub(super) fn block_row<S: Simd, const TAKE: bool>(
    simd: S,
    left: &[f32],
    right: &[f32],
    stride: usize,
    i: usize,
    out: &mut [f32],
) {
    let width = stride / S::F32_LANES;
    let mut v = i / S::F32_LANES;
    if S::REGISTER_COUNT >= 32 {
        while width - v >= 3 {
            tile::<S, 3, TAKE>(simd, left, right, stride, (i, v), out);
            v += 3;
        }
        if width - v == 2 {
            tile::<S, 2, TAKE>(simd, left, right, stride, (i, v), out);
            v += 2;
        }
    }
    while v < width {
        tile::<S, 1, TAKE>(simd, left, right, stride, (i, v), out);
        v += 1;
    }
}

/// Adds `leftᵀ × right` to the upper triangle of the square `out`; what lies below is undefined.
#[inline(always)]
pub(super) fn add_products<S: Simd>(
    simd: S,
    left: &[f32],
    right: &[f32],
    stride: usize,
    out: &mut [f32],
) {
    for (block, out) in out.chunks_exact_mut(TILE * stride).enumerate() {
        block_row::<S, false>(simd, left, right, stride, block * TILE, out);
    }
}

/// `Σ a × b`, always summed in the same order.
#[inline(always)]
pub(crate) fn dot<S: Simd>(simd: S, a: &[S::f32s], b: &[S::f32s]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [simd.splat_f32s(0.0); 4];
    for (a, b) in a.iter().zip(b) {
        for s in 0..4 {
            sums[s] = simd.mul_add_e_f32s(a[s], b[s], sums[s]);
        }
    }
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        sums[0] = simd.mul_add_e_f32s(a, b, sums[0]);
    }
    let [a, b, c, d] = sums;
    simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d)))
}

/// `out += Σ weights[r] × rows[r]`.
#[inline(always)]
pub(crate) fn add_scaled<S: Simd, const R: usize>(
    simd: S,
    weights: [f32; R],
    rows: [&[S::f32s]; R],
    out: &mut [S::f32s],
) {
    // Loops rather than closures, which are not compiled for the wider registers unless inlined.
    let mut factors = [simd.splat_f32s(0.0); R];
    for r in 0..R {
        factors[r] = simd.splat_f32s(weights[r]);
    }
    let rows = rows.map(|row| &row[..out.len()]);
    for v in 0..out.len() {
        let mut sum = out[v];
        for r in 0..R {
            sum = simd.mul_add_e_f32s(factors[r], rows[r][v], sum);
        }
        out[v] = sum;
    }
}

/// The dot product of each of the rows with `x`.
#[inline(always)]
pub(crate) fn products<S: Simd, const R: usize>(
    simd: S,
    rows: [&[S::f32s]; R],
    x: &[S::f32s],
) -> [f32; R] {
    let rows = rows.map(|row| &row[..x.len()]);
    let mut sums = [simd.splat_f32s(0.0); R];
    for v in 0..x.len() {
        for r in 0..R {
            sums[r] = simd.mul_add_e_f32s(rows[r][v], x[v], sums[r]);
        }
    }
    let mut out = [0.0; R];
    for r in 0..R {
        out[r] = simd.reduce_sum_f32s(sums[r]);
    }
    out
}
