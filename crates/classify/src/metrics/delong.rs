//! How sure an AUC is.

use super::normal::normal_quantile;
use super::scored::{Interval, Scored};
use crate::error::{Error, parameter};

impl Scored {
    /// The variance of the ROC AUC by DeLong's method; infinite where an outcome has one row.
    ///
    /// ```text
    /// var = mean square deviation of P(score of a positive > a negative's) over positives / (m - 1)
    ///     + the same over negatives / (n - 1)
    /// ```
    ///
    /// With weights, m and n are effective sizes `(sum w)² / sum w²`.
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome.
    ///
    /// # References
    ///
    /// DeLong, DeLong and Clarke-Pearson, 1988, *Comparing the areas under two or more correlated
    /// receiver operating characteristic curves*.
    pub fn roc_auc_variance(&self) -> Result<f64, Error> {
        let auc = self.roc_auc()?;
        let (mut above, mut below) = (0.0, self.negative());
        let (mut of_positive, mut of_negative) = (0.0, 0.0);
        let (mut positive_squares, mut negative_squares) = (0.0, 0.0);
        for group in self.groups() {
            below -= group.negative;
            let beats = (below + 0.5 * group.negative) / self.negative() - auc;
            let beaten = (above + 0.5 * group.positive) / self.positive() - auc;
            above += group.positive;
            of_positive += group.positive_squares * beats * beats;
            of_negative += group.negative_squares * beaten * beaten;
            positive_squares += group.positive_squares;
            negative_squares += group.negative_squares;
        }
        let side = |sum: f64, weight: f64, squares: f64| {
            let effective = weight * weight / squares;
            // A hair above one row is one row.
            if effective <= 1.0 + 1e-9 {
                f64::INFINITY
            } else {
                sum / (weight * weight) * effective / (effective - 1.0)
            }
        };
        Ok(side(of_positive, self.positive(), positive_squares)
            + side(of_negative, self.negative(), negative_squares))
    }

    /// An interval for the ROC AUC at a confidence such as 0.95, by DeLong's variance, kept within
    /// `[0, 1]`; it is `[0, 1]` where an outcome has one row.
    ///
    /// # Errors
    ///
    /// When all rows are of one outcome, or the level is not between 0 and 1.
    pub fn roc_auc_interval(&self, level: f64) -> Result<Interval, Error> {
        if level.is_nan() || level <= 0.0 || level >= 1.0 {
            return Err(parameter("level", "a number between 0 and 1", level));
        }
        let (auc, variance) = (self.roc_auc()?, self.roc_auc_variance()?);
        let reach = normal_quantile(0.5 + level / 2.0) * variance.sqrt();
        Ok(Interval { low: (auc - reach).max(0.0), high: (auc + reach).min(1.0), level })
    }
}

#[cfg(test)]
mod tests {
    use patronage_core::ClassIdx;

    use super::*;

    #[test]
    fn variance_is_that_of_the_definition() {
        // By hand from the definition over pairs, in plain numbers:
        // positives 0.9, 0.6, 0.4; negatives 0.6, 0.3, 0.1, 0.5.
        let scores = [0.9, 0.6, 0.4, 0.6, 0.3, 0.1, 0.5];
        let labels = [1, 1, 1, 0, 0, 0, 0].map(ClassIdx::new);
        let scored = Scored::new(&scores, &labels).unwrap();
        let v10 = [1.0, 0.875, 0.5];
        let v01 = [0.5, 1.0, 1.0, 2.0 / 3.0];
        let auc = v10.iter().sum::<f64>() / 3.0;
        assert!((scored.roc_auc().unwrap() - auc).abs() < 1e-15);
        let spread = |v: &[f64]| {
            let n = v.len() as f64;
            v.iter().map(|x| (x - auc) * (x - auc)).sum::<f64>() / (n - 1.0) / n
        };
        let expected = spread(&v10) + spread(&v01);
        assert!((scored.roc_auc_variance().unwrap() - expected).abs() < 1e-15);
        // Weights that repeat rows do not make them count as more evidence than they are.
        let same = Scored::weighted(&scores, &labels, &[2.0; 7]).unwrap();
        assert!((same.roc_auc_variance().unwrap() - expected).abs() < 1e-15);
    }

    #[test]
    fn one_positive_tells_nothing() {
        let labels = [1, 0, 0].map(ClassIdx::new);
        let scored = Scored::new(&[0.9, 0.2, 0.3], &labels).unwrap();
        let interval = scored.roc_auc_interval(0.95).unwrap();
        assert_eq!((interval.low, interval.high), (0.0, 1.0));
        assert!(scored.roc_auc_interval(1.0).is_err());
    }
}
