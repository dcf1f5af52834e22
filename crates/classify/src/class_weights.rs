//! How much each class counts while a model learns.

use patronage_core::{ClassIdx, Labeled};

use crate::error::{Error, ErrorKind};
use crate::sample::Sample;

/// How much rows of each class count in fitting, on top of their own weights.
///
/// ```text
/// weight of a row = its own weight · factor of its class
/// Balanced: factor(k) = weight of all rows / (n_classes with rows · weight of rows of class k)
/// ```
///
/// Balanced factors give every class that has rows the same total, and leave the total over all
/// rows as it was. They move the *cut* at which a rare class is answered, and with it every
/// probability: a model fitted with them overstates the rare class until it is calibrated
/// ([`Calibration`](crate::Calibration)). Where the cut-off is chosen by profit, equal weights and
/// another cut-off do the same without that.
///
/// # References
///
/// King and Zeng, 2001, *Logistic regression in rare events data*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{ClassWeights, DecisionTree};
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let table = FeatureTable::new(Schema::new([Column::number("x")])?, array![[1.0], [1.0], [1.0], [1.0]])?;
/// let labels = [1, 0, 0, 0].map(ClassIdx::new);
/// let data = Labeled::new(&table, &labels)?;
/// assert_eq!(ClassWeights::Balanced.factors(&data)?, [4.0 / 6.0, 2.0]);
/// let tree = DecisionTree::new().class_weights(ClassWeights::Balanced).fit(&data)?;
/// assert_eq!(tree.predict_probabilities(&table)?.row(0).to_vec(), [0.5, 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ClassWeights {
    /// Every class counts 1.
    #[default]
    Equal,
    /// Each class that has rows counts so that all have the same total.
    Balanced,
    /// These, one for each class in the order of their indices: finite and above 0.
    Given(Vec<f64>),
}

impl ClassWeights {
    /// The factor of each class on `data`; 1 for classes without rows where balanced.
    ///
    /// # Errors
    ///
    /// When no row of positive weight takes part, there is another number of given weights than of
    /// classes (one more than the greatest label of the whole table, at least two), or one is not
    /// finite and above 0.
    pub fn factors(&self, data: &Labeled<'_, ClassIdx>) -> Result<Vec<f64>, Error> {
        let n_classes = crate::sample::n_classes(data)?;
        let sample = Sample::new(data, "class weights")?;
        self.of_totals(&crate::sample::class_weights(data, &sample, n_classes))
    }

    /// The factor of each class by the weight of its rows.
    pub(crate) fn of_totals(&self, totals: &[f64]) -> Result<Vec<f64>, Error> {
        match self {
            Self::Equal => Ok(vec![1.0; totals.len()]),
            Self::Balanced => {
                let present = totals.iter().filter(|&&total| total > 0.0).count() as f64;
                let mean = totals.iter().map(|total| total / present).sum::<f64>();
                let factor = |&total: &f64| {
                    // A class so light that no number is its factor counts as much as one can.
                    if total > 0.0 {
                        (mean / total).clamp(f64::MIN_POSITIVE, f64::MAX)
                    } else {
                        1.0
                    }
                };
                Ok(totals.iter().map(factor).collect())
            }
            Self::Given(given) => {
                if given.len() != totals.len() {
                    let (what, expected) = ("class weights", totals.len());
                    return Err(ErrorKind::Length { what, expected, found: given.len() }.into());
                }
                match given.iter().position(|factor| !factor.is_finite() || *factor <= 0.0) {
                    Some(position) => {
                        let (what, expected) = ("class weight", "a finite number above 0");
                        let found = given[position];
                        Err(ErrorKind::Number { what, position, expected, found }.into())
                    }
                    None => Ok(given.clone()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_factors_are_those_of_scikit_learn() {
        // scikit-learn 1.9.1 compute_class_weight("balanced", classes=[0, 1, 2], y=[0]*6+[1]*3+[2]).
        let factors = ClassWeights::Balanced.of_totals(&[6.0, 3.0, 1.0]).unwrap();
        let expected = [0.555_555_555_555_555_6, 1.111_111_111_111_111_2, 3.333_333_333_333_333_5];
        factors.iter().zip(expected).for_each(|(f, e)| assert!((f - e).abs() < 1e-15));
        assert_eq!(ClassWeights::Balanced.of_totals(&[4.0, 0.0]).unwrap(), [1.0, 1.0]);
        let extreme = ClassWeights::Balanced.of_totals(&[1e308, 1e-300]).unwrap();
        assert!(extreme.iter().all(|factor| factor.is_finite() && *factor > 0.0));
    }

    #[test]
    fn given_weights_are_checked() {
        let of = |given: &[f64]| ClassWeights::Given(given.to_vec()).of_totals(&[1.0, 1.0]);
        assert_eq!(of(&[1.0, 5.0]).unwrap(), [1.0, 5.0]);
        assert_eq!(of(&[1.0]).unwrap_err().to_string(), "class weights: expected 2, found 1");
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(of(&[1.0, wrong]).is_err());
        }
    }
}
