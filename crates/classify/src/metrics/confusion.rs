//! Right and wrong at a threshold.

use super::scored::Scored;

/// The weights of right and wrong answers when rows at or above a threshold are chosen.
///
/// Figures without anything to divide by are 0, as in scikit-learn.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Confusion {
    /// Chosen, with the outcome.
    pub true_positive: f64,
    /// Chosen, without.
    pub false_positive: f64,
    /// Not chosen, with the outcome.
    pub false_negative: f64,
    /// Not chosen, without.
    pub true_negative: f64,
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl Confusion {
    /// The share of right answers.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right = self.true_positive + self.true_negative;
        ratio(right, right + self.false_positive + self.false_negative)
    }

    /// Of those chosen, the share with the outcome.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Of those with the outcome, the share chosen.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.true_positive, self.true_positive + self.false_negative)
    }

    /// Of those without the outcome, the share not chosen.
    #[must_use]
    pub fn specificity(&self) -> f64 {
        ratio(self.true_negative, self.true_negative + self.false_positive)
    }

    /// Of those not chosen, the share without the outcome.
    #[must_use]
    pub fn negative_predictive_value(&self) -> f64 {
        ratio(self.true_negative, self.true_negative + self.false_negative)
    }

    /// Of those without the outcome, the share chosen (fall-out).
    #[must_use]
    pub fn false_positive_rate(&self) -> f64 {
        ratio(self.false_positive, self.true_negative + self.false_positive)
    }

    /// Of all, the share chosen.
    #[must_use]
    pub fn chosen_rate(&self) -> f64 {
        let chosen = self.true_positive + self.false_positive;
        ratio(chosen, chosen + self.false_negative + self.true_negative)
    }

    /// Recall and specificity, their mean; where one outcome has no row, that of the other.
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        let (with, without) =
            (self.true_positive + self.false_negative, self.true_negative + self.false_positive);
        match (with > 0.0, without > 0.0) {
            (true, true) => 0.5 * (self.recall() + self.specificity()),
            (true, false) => self.recall(),
            _ => self.specificity(),
        }
    }

    /// Recall + specificity - 1: what choosing by the model adds to choosing blindly (Youden, 1950).
    #[must_use]
    pub fn youden(&self) -> f64 {
        self.recall() + self.specificity() - 1.0
    }

    /// The agreement of choice and outcome beyond chance (Cohen, 1960), at most 1; 0 where choice
    /// and outcome are both constant.
    #[must_use]
    pub fn kappa(&self) -> f64 {
        let Self { true_positive: tp, false_positive: fp, false_negative: fn_, true_negative: tn } =
            *self;
        let total = tp + fp + fn_ + tn;
        // The disagreements expected when choice and outcome have nothing to do with each other.
        let expected = ratio((tp + fp) * (fp + tn) + (fn_ + tn) * (tp + fn_), total);
        if expected > 0.0 { 1.0 - (fp + fn_) / expected } else { 0.0 }
    }

    /// The harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        self.f_beta(1.0)
    }

    /// The F-measure that values recall `beta` times as much as precision; `beta` above 0.
    #[must_use]
    pub fn f_beta(&self, beta: f64) -> f64 {
        let square = beta * beta;
        let hits = (1.0 + square) * self.true_positive;
        ratio(hits, hits + square * self.false_negative + self.false_positive)
    }

    /// The correlation of choice and outcome (Matthews), in `[-1, 1]`.
    #[must_use]
    pub fn mcc(&self) -> f64 {
        let Self { true_positive: tp, false_positive: fp, false_negative: fn_, true_negative: tn } =
            *self;
        let below = (tp + fp).sqrt() * (tp + fn_).sqrt() * (tn + fp).sqrt() * (tn + fn_).sqrt();
        if below > 0.0 { (tp * tn - fp * fn_) / below } else { 0.0 }
    }
}

impl Scored {
    /// Right and wrong answers when rows that score at least `threshold` are chosen.
    #[must_use]
    pub fn confusion(&self, threshold: f64) -> Confusion {
        let (mut hits, mut chosen) = (0.0, 0.0);
        for group in self.groups().iter().filter(|group| group.score >= threshold) {
            hits += group.positive;
            chosen += group.negative;
        }
        Confusion {
            true_positive: hits,
            false_positive: chosen,
            false_negative: (self.positive() - hits).max(0.0),
            true_negative: (self.negative() - chosen).max(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use patronage_core::ClassIdx;

    use super::*;

    #[test]
    fn figures_are_those_of_scikit_learn() {
        // scikit-learn 1.9.1: confusion_matrix, f1_score, fbeta_score(beta=2), matthews_corrcoef.
        let labels = [1, 0, 1, 1, 0, 0, 1, 0].map(ClassIdx::new);
        let scores = [0.9, 0.6, 0.6, 0.4, 0.5, 0.1, 0.2, 0.3];
        let confusion = Scored::new(&scores, &labels).unwrap().confusion(0.5);
        assert_eq!(confusion.true_positive, 2.0);
        assert_eq!(confusion.false_positive, 2.0);
        assert_eq!(confusion.accuracy(), 0.5);
        assert_eq!(confusion.f1(), 0.5);
        assert_eq!(confusion.f_beta(2.0), 0.5);
        assert_eq!(confusion.mcc(), 0.0);
        let nobody = Scored::new(&scores, &labels).unwrap().confusion(0.95);
        assert_eq!((nobody.precision(), nobody.f1(), nobody.mcc()), (0.0, 0.0, 0.0));
    }
}
