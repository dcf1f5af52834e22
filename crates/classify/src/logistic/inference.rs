//! How sure the coefficients are.

use ndarray::{Array1, Array2};
use patronage_core::{ClassIdx, Labeled};

use super::covariance::Covariance;
use super::design::{Design, Term};
use super::model::{LogisticModel, Separation};
use super::objective::Objective;
use super::{LogisticRegression, targets};
use crate::error::{Error, ErrorKind, parameter};
use crate::metrics::{normal_quantile, normal_two_sided};
use crate::sample::Sample;

/// Standard errors, tests and intervals for a fitted logistic regression (Wald).
///
/// Without a penalty the errors are the asymptotic ones of maximum likelihood: roots of the
/// diagonal of the inverse information. **With an L2 penalty** they are those of the curvature of
/// the penalised likelihood: standard deviations of the normal approximation to the posterior
/// under the normal prior that the penalty stands for. Penalised coefficients are drawn to zero, so
/// such an interval says how far the data and the prior together pin a coefficient down; it does
/// not promise to cover the true one in 95 of 100 samples.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Inference {
    /// The chance with which intervals are meant to cover.
    pub level: f64,
    /// The class against which the others are held: the first that has rows.
    pub against: ClassIdx,
    /// One for each further class that has rows: just one with two classes.
    pub classes: Vec<ClassInference>,
    /// The log-likelihood of the weighted rows, without the penalty.
    pub log_likelihood: f64,
    /// That of the shares of the classes alone.
    pub null_log_likelihood: f64,
    /// Whether the classes are separated: then, without a penalty, no error means anything.
    pub separation: Separation,
}

/// The coefficients of one class against another.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct ClassInference {
    /// The class.
    pub class: ClassIdx,
    /// Log-odds against the other class where every term is zero.
    pub intercept: CoefficientInference,
    /// One for each term, per unit of the column.
    pub terms: Vec<CoefficientInference>,
}

/// One coefficient and how sure it is.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct CoefficientInference {
    /// The column, or the column and its level; `intercept`.
    pub name: String,
    /// The coefficient.
    pub estimate: f64,
    /// How sure it is; `None` where the rows do not tell it from other coefficients: a constant
    /// column, or without a penalty all levels of a category beside an intercept.
    pub error: Option<WaldError>,
}

/// A standard error and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct WaldError {
    /// The standard error.
    pub standard_error: f64,
    /// The coefficient in standard errors.
    pub z: f64,
    /// The chance of a coefficient as far from 0 if the true one were 0 (two-sided).
    pub p_value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl LogisticRegression {
    /// Standard errors and intervals of `model`, which this estimator fitted on `data`.
    ///
    /// Weights are taken for numbers of rows: weights that are mere importances (class weights
    /// too) make errors that mean nothing. O(n_rows · d² + d³) for d terms.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range or there is an L1 part (the errors of coefficients that were
    /// selected by it are not normal), `level` is not inside `(0, 1)`, the data are not of the
    /// model's columns and classes, or only one class has rows.
    ///
    /// # References
    ///
    /// Agresti, 2013, *Categorical Data Analysis*, sections 5.2 and 8.1.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use patronage_classify::LogisticRegression;
    /// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
    ///
    /// let table = FeatureTable::new(
    ///     Schema::new([Column::flag("newsletter")])?,
    ///     array![[0.0], [0.0], [0.0], [0.0], [1.0], [1.0], [1.0], [1.0]],
    /// )?;
    /// let bought = [1, 0, 0, 0, 1, 1, 1, 0].map(ClassIdx::new);
    /// let data = Labeled::new(&table, &bought)?;
    /// let estimator = LogisticRegression::new().c(f64::INFINITY);
    /// let inference = estimator.inference(&estimator.fit(&data)?, &data, 0.95)?;
    /// let newsletter = &inference.classes[0].terms[0];
    /// // The log of an odds ratio of 9, from four cells of 3, 1, 1 and 3 rows.
    /// assert!((newsletter.estimate - 9.0_f64.ln()).abs() < 1e-9);
    /// let error = newsletter.error.ok_or("not identified")?;
    /// assert!((error.standard_error - (1.0 / 3.0 + 1.0 + 1.0 + 1.0 / 3.0_f64).sqrt()).abs() < 1e-9);
    /// assert!(error.low < 0.0 && error.p_value > 0.05);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn inference(
        &self,
        model: &LogisticModel,
        data: &Labeled<'_, ClassIdx>,
        level: f64,
    ) -> Result<Inference, Error> {
        self.validate()?;
        if self.l1_ratio > 0.0 {
            return Err(parameter("l1_ratio", "0 for standard errors", self.l1_ratio));
        }
        if level.is_nan() || level <= 0.0 || level >= 1.0 {
            return Err(parameter("level", "a number inside (0, 1)", level));
        }
        model.schema.check(data.schema())?;
        let sample = Sample::new(data, "standard errors")?;
        let sample = sample.class_weighted(&self.class_weights, data, model.n_classes)?;
        if model.present.len() < 2 {
            let (figure, n_rows) = ("standard errors", sample.len());
            return Err(ErrorKind::OneClass { figure, n_rows }.into());
        }
        for &row in &sample.rows {
            let label = data.labels()[row as usize];
            if !model.present.contains(&label.get()) {
                let (what, n_classes, found) = ("label", model.n_classes, label.index());
                return Err(ErrorKind::NoSuchClass { what, n_classes, found }.into());
            }
        }
        let matrix = Design::of_terms(data, &sample, &model.terms)?;
        let targets = targets(data, &sample, &model.present, model.n_classes);
        let (squares, absolutes) = self.penalties(self.c, &model.terms, sample.total);
        let mut shares = vec![0.0; model.present.len()];
        for (&target, weight) in targets.iter().zip(&sample.weights) {
            shares[target as usize] += weight / sample.total;
        }
        let entropy: f64 = shares.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum();
        let width = squares.len();
        let n_vectors = model.vectors.len();
        let weights = sample.weights.iter().map(|w| w / sample.total).collect();
        let objective = Objective { matrix, targets, weights, squares, absolutes, n_vectors };
        let vectors = Array2::from_shape_fn((n_vectors, width), |(k, j)| model.vectors[k][j]);
        let point = objective.at(vectors);
        let covariance = Covariance::new(&objective, &point, sample.total, self.c.is_infinite());
        let first = usize::from(n_vectors > 1);
        let classes = (first..n_vectors.max(1)).map(|k| {
            let contrast = Contrast { model, covariance: &covariance, k, level };
            contrast.of_class()
        });
        let mut penalty = 0.0;
        for vector in &model.vectors {
            let of = vector.iter().zip(&objective.squares);
            penalty += of.map(|(v, square)| 0.5 * square * v * v).sum::<f64>();
        }
        if n_vectors > 1 {
            penalty += 0.5 * model.vectors.iter().map(|v| v[0]).sum::<f64>().powi(2);
        }
        Ok(Inference {
            level,
            against: ClassIdx::new(model.present[0]),
            classes: classes.collect(),
            log_likelihood: -(point.value - penalty) * sample.total,
            null_log_likelihood: entropy * sample.total,
            separation: model.separation(),
        })
    }
}

/// One class against the first.
struct Contrast<'a> {
    model: &'a LogisticModel,
    covariance: &'a Covariance,
    k: usize,
    level: f64,
}

impl Contrast<'_> {
    fn of_class(&self) -> ClassInference {
        let model = self.model;
        let several = model.vectors.len() > 1;
        let class = ClassIdx::new(model.present[if several { self.k } else { 1 }]);
        let terms = model.terms.iter().enumerate().map(|(at, term)| {
            let mut of = vec![0.0; self.covariance.width];
            of[at + 1] = 1.0 / term.scale;
            let told = !self.covariance.constant[at + 1];
            self.coefficient(term.name(&model.schema), &of, told)
        });
        let shift = |term: &Term| -term.centre / term.scale;
        let of: Vec<f64> = std::iter::once(1.0).chain(model.terms.iter().map(shift)).collect();
        let intercept = self.coefficient("intercept".to_owned(), &of, true);
        ClassInference { class, intercept, terms: terms.collect() }
    }

    /// A linear function of the class's vector, less that of the first class's where there are several.
    fn coefficient(&self, name: String, of: &[f64], told: bool) -> CoefficientInference {
        let Self { model, covariance, k, level } = self;
        let width = covariance.width;
        let value = |k: usize| -> f64 { model.vectors[k].iter().zip(of).map(|(v, a)| v * a).sum() };
        let several = model.vectors.len() > 1;
        let estimate = if several { value(*k) - value(0) } else { value(0) };
        let mut of_all = Array1::zeros(covariance.matrix.nrows());
        for (j, &a) in of.iter().enumerate().filter(|(j, _)| !covariance.constant[*j]) {
            if !several {
                of_all[j] = a;
            } else if covariance.first_fixed {
                of_all[(k - 1) * width + j] = a;
            } else {
                of_all[k * width + j] = a;
                of_all[j] = -a;
            }
        }
        let deviation = if told { covariance.deviation(&of_all) } else { None };
        let error = deviation.map(|standard_error| {
            let z = estimate / standard_error;
            let reach = normal_quantile(0.5 + level / 2.0) * standard_error;
            let (low, high) = (estimate - reach, estimate + reach);
            WaldError { standard_error, z, p_value: normal_two_sided(z), low, high }
        });
        CoefficientInference { name, estimate, error }
    }
}
