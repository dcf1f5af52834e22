//! Some rows of many.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::data::Rows;

/// At most `most` positions below `n`, drawn without replacement, ascending.
pub(crate) fn positions(n: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..n).collect();
    if n <= most {
        return positions;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for i in 0..most {
        positions.swap(i, rng.random_range(i..n));
    }
    positions.truncate(most);
    positions.sort_unstable();
    positions
}

/// The rows at these positions, without weights.
pub(crate) fn pick(rows: &Rows<'_>, positions: &[usize]) -> Rows<'static> {
    let values: Vec<f64> = positions.iter().flat_map(|&i| rows.row(i)).copied().collect();
    Rows {
        values: values.into(),
        n: positions.len(),
        d: rows.d,
        scale: rows.scale,
        origin: rows.origin.clone(),
        weights: None,
        weight_unit: 1.0,
    }
}
