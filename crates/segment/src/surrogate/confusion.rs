//! How often rules and segments agree.

use ndarray::Array2;

use crate::inference::{Interval, wilson};

/// How well rules tell the segments of customers they were not fitted on.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Fidelity {
    /// The share of customers put into their segment, in `[0, 1]`.
    pub accuracy: f64,
    /// Its 95 % interval (Wilson).
    pub interval: Interval,
    /// The mean recall of segments that have customers: what is right where every segment counts
    /// the same.
    pub balanced_accuracy: f64,
    /// The accuracy of naming the largest segment for all.
    pub of_largest: f64,
    /// Segment by segment.
    pub segments: Vec<SegmentFidelity>,
    /// Customers by segment (row) and what the rules say (column).
    pub confusion: Vec<Vec<u64>>,
}

/// How well rules tell one segment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct SegmentFidelity {
    /// Its customers.
    pub n_customers: u64,
    /// The share of them the rules put there; `None` where there are none.
    pub recall: Option<f64>,
    /// Its 95 % interval (Wilson); `[0, 1]` where there are none.
    pub recall_interval: Interval,
    /// Of those the rules put there, the share who belong there; `None` where the rules put none.
    pub precision: Option<f64>,
    /// Its 95 % interval (Wilson); `[0, 1]` where the rules put none.
    pub precision_interval: Interval,
}

impl Fidelity {
    /// From customers by segment (row) and by what was said (column).
    pub(super) fn of(confusion: Array2<u64>) -> Self {
        let n = confusion.sum() as f64;
        let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
        let segment = |s: usize| {
            let (own, said) = (confusion.row(s).sum(), confusion.column(s).sum());
            let right = confusion[[s, s]];
            let (recall, precision) = (share(right, own), share(right, said));
            SegmentFidelity {
                n_customers: own,
                recall,
                recall_interval: wilson(recall.unwrap_or(0.0), own as f64),
                precision,
                precision_interval: wilson(precision.unwrap_or(0.0), said as f64),
            }
        };
        let segments: Vec<_> = (0..confusion.nrows()).map(segment).collect();
        let accuracy = confusion.diag().sum() as f64 / n.max(1.0);
        let recalls: Vec<f64> = segments.iter().filter_map(|s| s.recall).collect();
        let largest = segments.iter().map(|s| s.n_customers).max().unwrap_or(0);
        Self {
            accuracy,
            interval: wilson(accuracy, n),
            balanced_accuracy: recalls.iter().sum::<f64>() / recalls.len().max(1) as f64,
            of_largest: largest as f64 / n.max(1.0),
            segments,
            confusion: confusion.rows().into_iter().map(|row| row.to_vec()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // scikit-learn 1.9.1: accuracy_score, balanced_accuracy_score, recall_score and
    // precision_score(average=None) of the labels behind this matrix; statsmodels 0.15.0 for the interval.
    #[test]
    fn figures_equal_the_oracle() {
        let found = Fidelity::of(ndarray::array![[8, 2, 0], [1, 5, 4], [0, 0, 0]]);
        assert!((found.accuracy - 0.65).abs() < 1e-12);
        assert!((found.balanced_accuracy - 0.65).abs() < 1e-12);
        assert!((found.interval.low - WILSON.0).abs() < 1e-9);
        assert!((found.interval.high - WILSON.1).abs() < 1e-9);
        let of = |s: usize| (found.segments[s].recall, found.segments[s].precision);
        assert_eq!(of(0), (Some(0.8), Some(8.0 / 9.0)));
        assert_eq!(of(1), (Some(0.5), Some(5.0 / 7.0)));
        assert_eq!(of(2), (None, Some(0.0)));
        assert_eq!(found.of_largest, 0.5);
    }

    const WILSON: (f64, f64) = (0.432854276685, 0.818808175899);
}
