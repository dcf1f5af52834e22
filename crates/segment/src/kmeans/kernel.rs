//! Squared distances in vector registers.

use pulp::Simd;

use super::frame::PANEL;

/// Squared distances of one row to the centres of a panel, numbered in their last bits.
pub(super) type Keys = [f32; PANEL];

/// The bits of a key that hold its place in the panel.
const PLACE: u32 = PANEL as u32 - 1;

static PLACES: [u32; PANEL] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// The keys of some rows for one panel.
#[inline(always)]
pub(super) fn keys<S: Simd, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    panel: &[f32],
    out: &mut [Keys; R],
) {
    let per = PANEL / S::F32_LANES;
    let d = panel.len() / PANEL;
    let (cells, _) = S::as_simd_f32s(panel);
    let rows = rows.map(|row| &row[..d]);
    let (places, _) = S::as_simd_u32s(&PLACES);
    for v in 0..per {
        let mut sums = [simd.splat_f32s(0.0); R];
        for j in 0..d {
            let cell = cells[j * per + v];
            for r in 0..R {
                let off = simd.sub_f32s(simd.splat_f32s(rows[r][j]), cell);
                sums[r] = simd.mul_add_e_f32s(off, off, sums[r]);
            }
        }
        for r in 0..R {
            S::as_mut_simd_f32s(&mut out[r]).0[v] = numbered(simd, sums[r], places[v]);
        }
    }
}

/// The keys of one row for one panel.
#[inline(always)]
pub(super) fn keys_of_one<S: Simd>(simd: S, row: &[f32], panel: &[f32]) -> Keys {
    let per = PANEL / S::F32_LANES;
    let d = panel.len() / PANEL;
    let (cells, _) = S::as_simd_f32s(panel);
    let (places, _) = S::as_simd_u32s(&PLACES);
    let (fours, rest) = row[..d].as_chunks::<4>();
    let mut out = [0.0; PANEL];
    for v in 0..per {
        // Four sums apart, so that no addition waits for the one before.
        let mut sums = [simd.splat_f32s(0.0); 4];
        for (j, four) in fours.iter().enumerate() {
            for s in 0..4 {
                let off = simd.sub_f32s(simd.splat_f32s(four[s]), cells[(4 * j + s) * per + v]);
                sums[s] = simd.mul_add_e_f32s(off, off, sums[s]);
            }
        }
        for (j, &cell) in rest.iter().enumerate() {
            let off = simd.sub_f32s(simd.splat_f32s(cell), cells[(4 * fours.len() + j) * per + v]);
            sums[j] = simd.mul_add_e_f32s(off, off, sums[j]);
        }
        let sum = simd.add_f32s(simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3]));
        S::as_mut_simd_f32s(&mut out).0[v] = numbered(simd, sum, places[v]);
    }
    out
}

#[inline(always)]
fn numbered<S: Simd>(simd: S, squares: S::f32s, places: S::u32s) -> S::f32s {
    let bits = simd.and_u32s(simd.transmute_u32s_f32s(squares), simd.splat_u32s(!PLACE));
    simd.transmute_f32s_u32s(simd.or_u32s(bits, places))
}

/// The place in its panel that a key is of.
#[inline(always)]
pub(super) fn place(key: f32) -> usize {
    (key.to_bits() & PLACE) as usize
}

/// The least key.
#[inline(always)]
pub(super) fn least<S: Simd>(simd: S, keys: &Keys) -> f32 {
    let (keys, _) = S::as_simd_f32s(keys);
    let mut least = keys[0];
    for &next in &keys[1..] {
        least = simd.min_f32s(least, next);
    }
    simd.reduce_min_f32s(least)
}

/// The least key but that one; keys differ.
#[inline(always)]
pub(super) fn least_but<S: Simd>(simd: S, keys: &Keys, but: f32) -> f32 {
    let (keys, _) = S::as_simd_f32s(keys);
    let (but, none) = (simd.splat_f32s(but), simd.splat_f32s(f32::INFINITY));
    let mut least = none;
    for &next in keys {
        let next = simd.select_f32s(simd.equal_f32s(next, but), none, next);
        least = simd.min_f32s(least, next);
    }
    simd.reduce_min_f32s(least)
}

/// The squared distance of two rows.
#[inline(always)]
pub(super) fn square<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = S::as_simd_f32s(a);
    let (b, b_rest) = S::as_simd_f32s(b);
    let mut sum = simd.splat_f32s(0.0);
    for (&a, &b) in a.iter().zip(b) {
        let off = simd.sub_f32s(a, b);
        sum = simd.mul_add_e_f32s(off, off, sum);
    }
    let off = simd.sub_f32s(simd.partial_load_f32s(a_rest), simd.partial_load_f32s(b_rest));
    simd.reduce_sum_f32s(simd.mul_add_e_f32s(off, off, sum))
}
