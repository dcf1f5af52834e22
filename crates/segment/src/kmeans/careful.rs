//! Distances of rows of any finite numbers.

use crate::data::scale_for;

/// The largest difference of two rows in a column; 0 where every number is missing.
pub(super) fn largest_difference(row: &[f64], centre: &[f64]) -> f64 {
    // The maximum leaves out NaN.
    row.iter().zip(centre).fold(0.0, |most: f64, (cell, centre)| most.max((cell - centre).abs()))
}

/// Squared distances at a scale at which neither overflow nor underflow hides the nearest.
pub(super) struct Careful {
    scale: f64,
}

impl Careful {
    /// For distances of about this size.
    pub(super) fn new(size: f64) -> Self {
        Self { scale: scale_for(size.min(f64::MAX)) }
    }

    pub(super) fn square(&self, row: &[f64], centre: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (cell, centre) in row.iter().zip(centre).filter(|(cell, _)| !cell.is_nan()) {
            let off = cell - centre;
            // Numbers of opposite signs may differ by more than there are numbers.
            let off = if off.is_finite() {
                off * self.scale
            } else {
                cell * self.scale - centre * self.scale
            };
            sum += off * off;
        }
        sum
    }

    pub(super) fn distance(&self, square: f64) -> f64 {
        (square.sqrt() / self.scale).min(f64::MAX)
    }
}
