//! A fitted naive Bayes classifier.

use patronage_core::{Classifier, Schema};

use super::factor::Factor;

/// A fitted naive Bayes classifier.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct NaiveBayesModel {
    schema: Schema,
    shares: Vec<f64>,
    /// Logarithms of the shares; of a class without rows the least number.
    logs: Vec<f64>,
    factors: Vec<Factor>,
}

impl NaiveBayesModel {
    pub(super) fn new(schema: Schema, shares: Vec<f64>, factors: Vec<Factor>) -> Self {
        let logs = shares.iter().map(|&share| share.max(f64::MIN_POSITIVE).ln()).collect();
        Self { schema, shares, logs, factors }
    }

    /// The share of each class before anything is known; they sum to 1.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// What each column adds to the log-odds of `class` against all classes' mean, for a row of the
    /// model's schema: one number a column, 0 for one that says nothing.
    ///
    /// # Panics
    ///
    /// When the row is of another width, or there is no such class.
    #[must_use]
    pub fn evidence(&self, row: &[f64], class: patronage_core::ClassIdx) -> Vec<f64> {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        assert!(class.index() < self.shares.len(), "a class of the model");
        let mut scores = vec![0.0; self.shares.len()];
        let of = |(factor, &cell): (&Factor, &f64)| {
            scores.fill(0.0);
            factor.add(cell, &mut scores);
            let present = scores.iter().zip(&self.shares).filter(|(_, share)| **share > 0.0);
            let (sum, n) = present.fold((0.0, 0.0), |(sum, n), (score, _)| (sum + score, n + 1.0));
            scores[class.index()] - sum / n
        };
        self.factors.iter().zip(row).map(of).collect()
    }
}

impl Classifier for NaiveBayesModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.shares.len()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        out.copy_from_slice(&self.logs);
        for (factor, &cell) in self.factors.iter().zip(row) {
            factor.add(cell, out);
        }
        // A class without rows has no say in what the greatest score is.
        let scores = out.iter().zip(&self.shares);
        let present = scores.filter(|(_, share)| **share > 0.0);
        let greatest = present.map(|(&score, _)| score).fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        for (score, &share) in out.iter_mut().zip(&self.shares) {
            *score = if share > 0.0 { (*score - greatest).exp() } else { 0.0 };
            total += *score;
        }
        out.iter_mut().for_each(|p| *p /= total);
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    shares: Vec<f64>,
    factors: Vec<Factor>,
}

#[cfg(feature = "serde")]
impl From<NaiveBayesModel> for Repr {
    fn from(model: NaiveBayesModel) -> Self {
        Self { schema: model.schema, shares: model.shares, factors: model.factors }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for NaiveBayesModel {
    type Error = crate::saved::Broken;

    fn try_from(Repr { schema, shares, factors }: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_distribution, ensure};
        check_distribution("shares", &shares)?;
        ensure(factors.len() == schema.len(), "factors", "one for each column")?;
        factors.iter().try_for_each(|factor| factor.check(shares.len()))?;
        Ok(Self::new(schema, shares, factors))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for NaiveBayesModel {
    const TAG: &'static str = "classify/naive_bayes";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
