//! p-values of many tests made at once.

/// How p-values are corrected for the number of tests made.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum MultipleTesting {
    /// Of what is called significant, at most that share is expected to be chance
    /// (Y. Benjamini, Y. Hochberg (1995), Controlling the false discovery rate).
    #[default]
    BenjaminiHochberg,
    /// With that chance at most, anything called significant is chance
    /// (S. Holm (1979), A simple sequentially rejective multiple test procedure).
    Holm,
}

impl MultipleTesting {
    /// The corrected p-values, in the order of `p_values`; O(n log n).
    ///
    /// ```
    /// use patronage_segment::MultipleTesting;
    ///
    /// let adjusted = MultipleTesting::BenjaminiHochberg.adjust(&[0.01, 0.04, 0.03]);
    /// assert_eq!(adjusted, [0.03, 0.04, 0.04]);
    /// ```
    #[must_use]
    pub fn adjust(self, p_values: &[f64]) -> Vec<f64> {
        let n = p_values.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
        let mut adjusted = vec![1.0; n];
        match self {
            Self::BenjaminiHochberg => {
                let mut least = 1.0_f64;
                for (rank, &position) in order.iter().enumerate().rev() {
                    least = least.min(p_values[position] * n as f64 / (rank + 1) as f64);
                    adjusted[position] = least;
                }
            }
            Self::Holm => {
                let mut greatest = 0.0_f64;
                for (rank, &position) in order.iter().enumerate() {
                    greatest = greatest.max((p_values[position] * (n - rank) as f64).min(1.0));
                    adjusted[position] = greatest;
                }
            }
        }
        adjusted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // scipy 1.17.1: false_discovery_control(p, method="bh"); statsmodels 0.15.0:
    // multipletests(p, method="holm")[1].
    #[test]
    fn corrections_equal_the_oracle() {
        let p = [0.001, 0.8, 0.04, 0.04, 0.012, 0.3];
        let close = |found: Vec<f64>, expected: [f64; 6]| {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
            }
        };
        close(MultipleTesting::BenjaminiHochberg.adjust(&p), BH);
        close(MultipleTesting::Holm.adjust(&p), HOLM);
        assert!(MultipleTesting::Holm.adjust(&[]).is_empty());
        assert_eq!(MultipleTesting::BenjaminiHochberg.adjust(&[0.2]), [0.2]);
    }

    const BH: [f64; 6] = [0.006, 0.8, 0.06, 0.06, 0.036, 0.36];
    const HOLM: [f64; 6] = [0.006, 0.8, 0.16, 0.16, 0.06, 0.6];
}
