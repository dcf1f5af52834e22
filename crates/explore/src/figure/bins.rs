//! Histograms straight from values.

use crate::error::Error;
use crate::figure::{Axis, Figure, Unit, check};
use crate::svg::nice_step;

/// More bins than this nobody can tell apart in a picture.
const MOST_BINS: usize = 200;

impl Figure {
    /// A histogram of `values` in about `n_bins` bins (at most 200) whose edges are round numbers.
    ///
    /// A bin holds the values from its lower edge to just below its upper one. Where the unit is
    /// [`Unit::Count`] bins are at least 1 wide. No values make a histogram without bins; values
    /// that are all one make a single bin. O(values log bins).
    ///
    /// ```
    /// use patronage_explore::{Axis, Figure, Unit};
    ///
    /// let days = Axis::number("Recency").unit(Unit::Named("days".to_owned()));
    /// let customers = Axis::number("Customers").unit(Unit::Count);
    /// let figure =
    ///     Figure::histogram_of("When they last came", days, customers, [1.0, 12.0, 14.0, 33.0], 4)?;
    /// assert_eq!(
    ///     figure.to_csv(),
    ///     "Recency (days) from,Recency (days) to,Customers\n0,10,1\n10,20,2\n20,30,0\n30,40,1\n"
    /// );
    /// # Ok::<(), patronage_explore::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a value is not finite or beyond 1e300, or an axis is categories or logarithmic.
    pub fn histogram_of(
        title: impl Into<String>,
        x: Axis,
        y: Axis,
        values: impl IntoIterator<Item = f64>,
        n_bins: usize,
    ) -> Result<Self, Error> {
        let (title, values): (String, Vec<f64>) = (title.into(), values.into_iter().collect());
        for (position, &value) in values.iter().enumerate() {
            check::drawable("value", &title, position, value)?;
        }
        let edges = edges(&values, n_bins.clamp(1, MOST_BINS), *x.number_unit() == Unit::Count);
        let mut heights = vec![0.0; edges.len() - 1];
        for &value in &values {
            let bin = edges.partition_point(|&edge| edge <= value).saturating_sub(1);
            // Rounding may leave the greatest value on the last edge.
            let bin = bin.min(heights.len() - 1);
            heights[bin] += 1.0;
        }
        Self::histogram(title, x, y, edges, heights)
    }
}

fn edges(values: &[f64], n_bins: usize, whole: bool) -> Vec<f64> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return vec![0.0];
    }
    let size = low.abs().max(high.abs());
    if high - low <= size * 1e-9 || high - low < 1e-290 {
        let reach = if whole || size < 1e-290 { 0.5 } else { size / 2.0 };
        return vec![low - reach, high + reach];
    }
    let mut step = nice_step((high - low) / n_bins as f64);
    if whole {
        step = step.max(1.0);
    }
    let (first, last) = ((low / step).floor(), (high / step).floor() + 1.0);
    let n = ((last - first) as usize).min(2 * MOST_BINS);
    let edge = |i| ((first + i as f64) * step).clamp(-check::LARGEST, check::LARGEST);
    let mut edges: Vec<f64> = (0..=n).map(edge).collect();
    edges.dedup();
    edges
}
