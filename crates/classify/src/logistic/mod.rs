//! Logistic regression.

mod covariance;
mod design;
mod inference;
pub(crate) mod linear;
mod model;
mod newton;
mod objective;
mod sparse;

pub(crate) use objective::sigmoid;

use patronage_core::{ClassIdx, Fit, Labeled, Seeded};

use crate::class_weights::ClassWeights;
use crate::error::{Error, parameter};
use crate::sample::{Sample, class_weights, n_classes};
use design::Design;
pub use inference::{ClassInference, CoefficientInference, Inference, WaldError};
pub use model::{Coefficient, Coefficients, Convergence, LogisticModel, Separation};
use objective::Objective;

/// The units of columns, where a method depends on them: a penalty on coefficients, a distance.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scaling {
    /// Those of the columns as they come, as scikit-learn does. A column of large numbers is
    /// penalised less than the same one in a larger unit, and counts for more in a distance.
    #[default]
    Raw,
    /// Standard deviations of each column (divisor: total weight), as if columns had been
    /// standardised first; the optimum no longer depends on units.
    Standard,
}

/// Logistic regression, binary and multinomial, with an L2, an L1 or an elastic-net penalty.
///
/// ```text
/// minimise  sum_i w_i · -ln p(y_i | x_i)  +  1/C · sum_j ((1 - r)/2 · c_j² + r · |c_j|)
/// p(k | x) = exp(b_k + c_k·x) / sum_l exp(b_l + c_l·x)
/// ```
///
/// With two classes there is one vector, the log-odds of the second class. `C` divides the sum of
/// losses, not their mean, exactly as in scikit-learn; `r` is the [`l1_ratio`](Self::l1_ratio).
/// Intercepts `b` are not penalised. With `r` above 0 some coefficients are exactly 0.
///
/// Columns enter so: a number, a flag or a date as it is; a nullable number as its value with the
/// mean of the known in place of the missing, and, where any was missing, an indicator of that; a
/// category as one indicator for each code it admits. Rows unseen in training therefore always
/// have a probability.
///
/// Solved by Newton's method with backtracking on internally standardised columns (which changes
/// the road, not the optimum): O(n_rows · d²) an iteration for d terms, or conjugate gradients
/// where `n_classes · d` exceeds 600. With an L1 part each step minimises the quadratic model plus
/// the penalty by coordinate descent (a proximal Newton method). From 65,536 rows on the search
/// starts at the optimum of an eighth of them. [`LogisticModel::gradient`] states how near to
/// optimal the end is.
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
/// regression models* (separation). Friedman, Hastie and Tibshirani, 2010, *Regularization paths
/// for generalized linear models via coordinate descent*. Yuan, Ho and Lin, 2012, *An improved
/// GLMNET for L1-regularized logistic regression*.
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
    l1_ratio: f64,
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
            l1_ratio: 0.0,
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

    /// The part of the penalty that is on absolute values: default `0`, a ridge; `1` is the lasso;
    /// in `[0, 1]`.
    #[must_use]
    pub const fn l1_ratio(mut self, l1_ratio: f64) -> Self {
        self.l1_ratio = l1_ratio;
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
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            return Err(parameter("l1_ratio", "a number in [0, 1]", self.l1_ratio));
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
        let mut models = self.path(data, &[self.c])?;
        Ok(models.swap_remove(0))
    }
}

impl LogisticRegression {
    /// One model for each `C`, each search starting where the last one ended: cheapest in ascending
    /// order. The estimator's own [`c`](Self::c) is not heeded.
    ///
    /// # Errors
    ///
    /// As for fitting.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use patronage_classify::LogisticRegression;
    /// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
    ///
    /// let schema = Schema::new([Column::number("a"), Column::number("b")])?;
    /// let cells = array![[1.0, 5.0], [2.0, 1.0], [3.0, 4.0], [4.0, 2.0], [5.0, 3.0], [6.0, 6.0]];
    /// let table = FeatureTable::new(schema, cells)?;
    /// let labels = [0, 0, 1, 0, 1, 1].map(ClassIdx::new);
    /// let lasso = LogisticRegression::new().l1_ratio(1.0);
    /// let path = lasso.path(&Labeled::new(&table, &labels)?, &[0.01, 0.3, 3.0])?;
    /// let kept = |i: usize| path[i].n_nonzero();
    /// assert_eq!([kept(0), kept(1), kept(2)], [0, 1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path(
        &self,
        data: &Labeled<'_, ClassIdx>,
        cs: &[f64],
    ) -> Result<Vec<LogisticModel>, Error> {
        cs.iter().try_for_each(|&c| self.clone().c(c).validate())?;
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "logistic regression")?;
        let sample = sample.class_weighted(&self.class_weights, data, n_classes)?;
        let present: Vec<u32> = class_weights(data, &sample, n_classes)
            .iter()
            .zip(0..)
            .filter_map(|(&weight, class)| (weight > 0.0).then_some(class))
            .collect();
        let Design { terms, matrix } = Design::new(data, &sample)?;
        let schema = data.schema();
        if present.len() == 1 {
            let constant = LogisticModel::constant(schema.clone(), n_classes, present, terms);
            return Ok(vec![constant; cs.len()]);
        }
        let targets = targets(data, &sample, &present, n_classes);
        let weights: Vec<f64> = sample.weights.iter().map(|w| w / sample.total).collect();
        let n_vectors = if present.len() == 2 { 1 } else { present.len() };
        let [squares, absolutes] = [vec![], vec![]];
        let mut objective = Objective { matrix, targets, weights, squares, absolutes, n_vectors };
        let mut start = None;
        let mut models = Vec::with_capacity(cs.len());
        for &c in cs {
            (objective.squares, objective.absolutes) = self.penalties(c, &terms, sample.total);
            let from = start
                .take()
                .unwrap_or_else(|| newton::warm_start(&objective, self.tolerance, self.max_iter));
            let solution = newton::minimise(&objective, from, self.tolerance, self.max_iter);
            let separation = objective.separation(&solution.vectors, c.is_infinite());
            start = Some(solution.vectors.clone());
            let (schema, present, terms) = (schema.clone(), present.clone(), terms.clone());
            models
                .push(LogisticModel::new(schema, n_classes, present, terms, solution, separation));
        }
        Ok(models)
    }

    /// The penalties on squared and on absolute standardised coefficients, on the scale of the mean
    /// loss.
    fn penalties(&self, c: f64, terms: &[design::Term], total: f64) -> (Vec<f64>, Vec<f64>) {
        // In standardised terms a raw coefficient is the standardised one over the deviation.
        let of = |share: f64, power: i32| -> Vec<f64> {
            let of_term = |term: &design::Term| {
                let strength = match self.scaling {
                    Scaling::Raw => term.scale.recip().powi(power),
                    Scaling::Standard => 1.0,
                };
                if c.is_infinite() || share == 0.0 {
                    return 0.0;
                }
                // A strength beyond the range of numbers holds the coefficient at zero all the same.
                (strength / c / total * share).min(1e100)
            };
            std::iter::once(0.0).chain(terms.iter().map(of_term)).collect()
        };
        (of(1.0 - self.l1_ratio, 2), of(self.l1_ratio, 1))
    }
}

/// The place of each row's class among those present.
fn targets(
    data: &Labeled<'_, ClassIdx>,
    sample: &Sample,
    present: &[u32],
    n_classes: usize,
) -> Vec<u32> {
    let mut place = vec![0_u32; n_classes];
    present.iter().zip(0..).for_each(|(&class, at)| place[class as usize] = at);
    sample.rows.iter().map(|&row| place[data.labels()[row as usize].index()]).collect()
}

impl Seeded for LogisticRegression {
    fn reseeded(&self, _seed: u64) -> Self {
        self.clone()
    }
}
