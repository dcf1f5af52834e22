//! Logistic regression.

mod design;
mod model;
mod newton;
mod objective;

pub(crate) use objective::sigmoid;

use patronage_core::{ClassIdx, Fit, Labeled, Seeded};

use crate::class_weights::ClassWeights;
use crate::error::{Error, parameter};
use crate::sample::{Sample, class_weights, n_classes};
use design::Design;
pub use model::{Coefficient, Coefficients, Convergence, LogisticModel, Separation};
use objective::Objective;

/// The units in which coefficients are penalised.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scaling {
    /// Those of the columns as they come, as scikit-learn does. A column in thousands is penalised
    /// less than the same column in units.
    #[default]
    Raw,
    /// Standard deviations of each column (divisor: total weight), as if columns had been
    /// standardised first; the optimum no longer depends on units.
    Standard,
}

/// Logistic regression, binary and multinomial, with an L2 penalty.
///
/// ```text
/// minimise  sum_i w_i · -ln p(y_i | x_i)  +  1/(2C) · |coefficients|²      (intercepts unpenalised)
/// p(k | x) = exp(b_k + c_k·x) / sum_l exp(b_l + c_l·x)
/// ```
///
/// With two classes there is one vector, the log-odds of the second class. `C` divides the sum of
/// losses, not their mean, exactly as in scikit-learn.
///
/// Columns enter so: a number, a flag or a date as it is; a nullable number as its value with the
/// mean of the known in place of the missing, and, where any was missing, an indicator of that; a
/// category as one indicator for each code it admits. Rows unseen in training therefore always
/// have a probability.
///
/// Solved by Newton's method with backtracking on internally standardised columns (which changes
/// the road, not the optimum): O(n_rows · d²) an iteration for d terms, or conjugate gradients
/// where `n_classes · d` exceeds 600.
///
/// A class that no row of the sample has gets probability 0; with one class left the model is
/// constant. Where a hyperplane separates the classes, [`LogisticModel::separation`] says so.
/// Not converging is a fact on the model ([`LogisticModel::convergence`]).
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, or a
/// cell is none its column admits.
///
/// # References
///
/// Bishop, 2006, *Pattern Recognition and Machine Learning*, sections 4.3.3 and 4.3.4.
/// Albert and Anderson, 1984, *On the existence of maximum likelihood estimates in logistic
/// regression models* (separation).
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::LogisticRegression;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let cells = array![[3.0], [9.0], [14.0], [40.0], [70.0], [200.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [1, 1, 0, 1, 0, 0].map(ClassIdx::new);
/// let model = LogisticRegression::new().fit(&Labeled::new(&table, &bought)?)?;
/// let probabilities = model.predict_probabilities(&table)?;
/// assert!(probabilities[[0, 1]] > 0.6 && probabilities[[5, 1]] < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticRegression {
    c: f64,
    scaling: Scaling,
    class_weights: ClassWeights,
    tolerance: f64,
    max_iter: usize,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        Self::new()
    }
}

impl LogisticRegression {
    /// A logistic regression with `C = 1`.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            c: 1.0,
            scaling: Scaling::Raw,
            class_weights: ClassWeights::Equal,
            tolerance: 1e-10,
            max_iter: 100,
        }
    }

    /// Inverse strength of the penalty; default `1`, above `0`, infinity for none.
    #[must_use]
    pub const fn c(mut self, c: f64) -> Self {
        self.c = c;
        self
    }

    /// The units in which coefficients are penalised; default [`Scaling::Raw`].
    #[must_use]
    pub const fn scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// How much each class counts; default [`ClassWeights::Equal`].
    #[must_use]
    pub fn class_weights(mut self, class_weights: ClassWeights) -> Self {
        self.class_weights = class_weights;
        self
    }

    /// Greatest component of the gradient at which the search ends, per unit of weight and of
    /// standard deviation; default `1e-10`, above `0`.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Upper bound on Newton steps; default `100`, at least `1`.
    #[must_use]
    pub const fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        if self.c.is_nan() || self.c <= 0.0 {
            return Err(parameter("c", "a number above 0, or infinity", self.c));
        }
        if !self.tolerance.is_finite() || self.tolerance <= 0.0 {
            return Err(parameter("tolerance", "a finite number above 0", self.tolerance));
        }
        if self.max_iter == 0 {
            return Err(parameter("max_iter", "at least 1", 0.0));
        }
        Ok(())
    }
}

impl Fit<Labeled<'_, ClassIdx>> for LogisticRegression {
    type Model = LogisticModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<LogisticModel, Error> {
        self.validate()?;
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "logistic regression")?;
        let sample = sample.class_weighted(&self.class_weights, data, n_classes)?;
        let present: Vec<u32> = class_weights(data, &sample, n_classes)
            .iter()
            .zip(0..)
            .filter_map(|(&weight, class)| (weight > 0.0).then_some(class))
            .collect();
        let Design { terms, matrix } = Design::new(data, &sample)?;
        if present.len() == 1 {
            return Ok(LogisticModel::constant(data.schema().clone(), n_classes, present, terms));
        }
        let mut place = vec![0_u32; n_classes];
        present.iter().zip(0..).for_each(|(&class, at)| place[class as usize] = at);
        let targets: Vec<u32> =
            sample.rows.iter().map(|&row| place[data.labels()[row as usize].index()]).collect();
        let weights: Vec<f64> = sample.weights.iter().map(|w| w / sample.total).collect();
        // In standardised terms a raw coefficient is the standardised one over the deviation.
        let penalties = std::iter::once(0.0)
            .chain(terms.iter().map(|term| {
                let strength = match self.scaling {
                    Scaling::Raw => 1.0 / term.scale / term.scale,
                    Scaling::Standard => 1.0,
                };
                if self.c.is_infinite() {
                    return 0.0;
                }
                // A strength beyond the range of numbers holds the coefficient at zero all the same.
                (strength / self.c / sample.total).min(1e100)
            }))
            .collect();
        let n_vectors = if present.len() == 2 { 1 } else { present.len() };
        let objective = Objective { matrix, targets, weights, penalties, n_vectors };
        let solution = newton::minimise(&objective, self.tolerance, self.max_iter);
        let separation = objective.separation(&solution.vectors, self.c.is_infinite());
        Ok(LogisticModel::new(
            data.schema().clone(),
            n_classes,
            present,
            terms,
            solution,
            separation,
        ))
    }
}

impl Seeded for LogisticRegression {
    fn reseeded(&self, _seed: u64) -> Self {
        self.clone()
    }
}
