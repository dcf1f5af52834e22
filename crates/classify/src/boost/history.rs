//! Losses round by round.

/// Mean losses after each round, of the rows learnt from and of those held out.
///
/// Both start with the loss of the base score, so that entry `r` is the loss after `r` rounds.
/// The loss is the log loss in nats for classes, half the deviance up to a constant for
/// Poisson, and the mean squared error for squared loss.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
pub struct History {
    training: Vec<f64>,
    validation: Vec<f64>,
}

impl History {
    pub(super) fn new(training: f64, validation: f64) -> Self {
        Self { training: vec![training], validation: vec![validation] }
    }

    pub(super) fn push(&mut self, training: f64, validation: f64) {
        self.training.push(training);
        self.validation.push(validation);
    }

    /// Losses of the rows learnt from.
    #[must_use]
    pub fn training(&self) -> &[f64] {
        &self.training
    }

    /// Losses of the rows held out.
    #[must_use]
    pub fn validation(&self) -> &[f64] {
        &self.validation
    }

    /// After how many rounds the loss of the rows held out was least, the first of equals.
    #[must_use]
    pub fn best_round(&self) -> usize {
        let mut best = 0;
        for (round, loss) in self.validation.iter().enumerate() {
            if *loss < self.validation[best] {
                best = round;
            }
        }
        best
    }

    /// Whether the last `patience` rounds brought nothing better.
    pub(super) fn is_stale(&self, patience: usize) -> bool {
        self.validation.len() > self.best_round() + patience
    }

    /// Squared losses in the units of the labels, of which one is `unit`.
    pub(super) fn in_units(mut self, unit: f64) -> Self {
        let all = self.training.iter_mut().chain(&mut self.validation);
        all.for_each(|loss| *loss = (*loss * unit * unit).min(f64::MAX));
        self
    }

    #[cfg(feature = "serde")]
    pub(super) fn check(&self) -> Result<(), crate::saved::Broken> {
        use crate::saved::{check_finite, ensure};
        let (n, others) = (self.training.len(), self.validation.len());
        ensure(n > 0 && n == others, "history", "as many losses of both kinds, at least one")?;
        check_finite("history", &self.training)?;
        check_finite("history", &self.validation)
    }
}
