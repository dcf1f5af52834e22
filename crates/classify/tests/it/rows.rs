//! Rows made by whole-number formulas, the same in the scripts that made the golden figures.

use patronage_core::ClassIdx;

pub(crate) const N: usize = 80;

pub(crate) fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} for {expected}");
}

/// Scores with ties.
pub(crate) fn scores() -> Vec<f64> {
    (0..N).map(|i| (1 + (i * 31) % 41) as f64 / 43.0).collect()
}

/// Two classes that scores say something of.
pub(crate) fn labels() -> Vec<ClassIdx> {
    let of = |i: usize| ClassIdx::new(u32::from((i * 31) % 41 + (i * 53) % 37 > 40));
    (0..N).map(of).collect()
}

pub(crate) fn weights() -> Vec<f64> {
    (0..N).map(|i| 1.0 + ((i * 11) % 4) as f64 / 2.0).collect()
}

/// A number in `[0, 1)` that looks drawn; for simulations.
pub(crate) fn noise(seed: u64, i: usize) -> f64 {
    let mut x =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (i as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    (x >> 11) as f64 / (1_u64 << 53) as f64
}
