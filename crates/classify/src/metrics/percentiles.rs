//! Percentiles of resampled figures.

use super::normal::{normal_distribution, normal_quantile};

/// The percentiles to read instead, by bias and acceleration; `None` where they are not defined.
pub(super) fn corrected(
    sorted: &[f64],
    found: f64,
    left_out: &[f64],
    ends: [f64; 2],
) -> Option<[f64; 2]> {
    if left_out.len() < 2 {
        return None;
    }
    let below = sorted.partition_point(|&value| value < found) as f64;
    let up_to = sorted.partition_point(|&value| value <= found) as f64;
    let share = 0.5 * (below + up_to) / sorted.len() as f64;
    if share <= 0.0 || share >= 1.0 {
        return None;
    }
    let bias = normal_quantile(share);
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let moment = |power: i32| left_out.iter().map(|x| (mean - x).powi(power)).sum::<f64>();
    let spread = moment(2);
    let acceleration = if spread > 0.0 { moment(3) / (6.0 * spread.powf(1.5)) } else { 0.0 };
    let corrected = ends.map(|end| {
        let z = bias + normal_quantile(end);
        normal_distribution(bias + z / (1.0 - acceleration * z))
    });
    (corrected[0] < corrected[1] && corrected.iter().all(|end| (0.0..=1.0).contains(end)))
        .then_some(corrected)
}

/// The quantile of sorted numbers, linear between neighbours (type 7 of Hyndman and Fan).
///
/// # Panics
///
/// When there is no number.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let (low, high) = (sorted[below], sorted[above]);
    let share = place - below as f64;
    // Ends so far apart that their difference leaves the range are weighed instead.
    match high - low {
        0.0 => low,
        step if step.is_finite() => low + share * step,
        _ => low * (1.0 - share) + high * share,
    }
}
