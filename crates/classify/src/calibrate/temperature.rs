//! One number that makes answers less or more sure.

use super::model::{Map, NEAR};
use super::seen::Seen;

/// One over the greatest and the least temperature.
const RANGE: [f64; 2] = [0.01, 100.0];

/// The correction of least log loss.
///
/// The loss is convex in the exponent `1 / T`, so its slope ascends and halving finds its root.
pub(super) fn temperature(seen: &Seen) -> Map {
    let n = seen.n_classes;
    let logs: Vec<f64> = seen.probabilities.iter().map(|p| p.max(NEAR).ln()).collect();
    let heaviest = seen.weights.iter().copied().fold(0.0, f64::max);
    // Mean log probability under the answer, less that of what happened.
    let slope = |exponent: f64| {
        let mut sum = 0.0;
        for ((logs, label), weight) in logs.chunks_exact(n).zip(&seen.labels).zip(&seen.weights) {
            let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (mut total, mut mean) = (0.0, 0.0);
            for log in logs {
                let share = (exponent * (log - most)).exp();
                total += share;
                mean += share * log;
            }
            sum += weight / heaviest * (mean / total - logs[label.index()]);
        }
        sum
    };
    let [mut low, mut high] = RANGE;
    for _ in 0..100 {
        let middle = (low * high).sqrt();
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    let exponent = (low * high).sqrt();
    if n == 2 {
        // The same on the log-odds of class 1.
        Map::Sigmoid { on_log: exponent, on_rest: exponent, shift: 0.0 }
    } else {
        Map::Power { exponent }
    }
}
