//! Calibration: from scores that rank to probabilities one may bet on.

mod ensemble;
mod isotonic;
mod model;
mod seen;
mod sigmoid;
mod temperature;

use patronage_core::{
    BoxError, CalibrationRecord, ClassIdx, Classifier, Fit, Labeled, Probability, Window,
};

use crate::cross::cross_predict;
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};
use crate::splits::Split;
pub use ensemble::CalibratedEnsemble;
pub use model::CalibratedClassifier;
use model::Map;
use seen::Seen;

/// How probabilities are corrected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum CalibrationMethod {
    /// `sigmoid(a · logit(p) + b)`: two numbers, right for hundreds of rows. Fitted against
    /// Platt's softened outcomes `(n₊ + 1)/(n₊ + 2)` and `1/(n₋ + 2)`.
    Platt,
    /// `sigmoid(a ln p - b ln(1 - p) + c)` with a, b at least 0: three numbers, which can also
    /// leave good probabilities as they are.
    Beta,
    /// The best ascending function, linear between the points it is known at: right for thousands
    /// of rows. It may answer 0 or 1.
    Isotonic,
    /// `p^(1/T)`, brought to sum to 1 over the classes: one number, which makes answers less or
    /// more sure and never changes the most probable class. T of least log loss in `[0.01, 100]`.
    Temperature,
}

impl CalibrationMethod {
    /// The name under which the record shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platt => "platt",
            Self::Beta => "beta",
            Self::Isotonic => "isotonic",
            Self::Temperature => "temperature",
        }
    }
}

/// Calibrates a fitted classifier on rows it never saw, of a later time where rows have one.
///
/// With two classes the probability of class 1 is corrected; with more each class against the
/// rest, and the results are brought to sum to 1. Probabilities stay within `[0, 1]`.
/// O(n_rows · (cost of the model + log n_rows)).
///
/// # References
///
/// Platt, 1999, *Probabilistic outputs for support vector machines*. Zadrozny and Elkan, 2002,
/// *Transforming classifier scores into accurate multiclass probability estimates*. Kull, Silva
/// Filho and Flach, 2017, *Beta calibration*. Guo, Pleiss, Sun and Weinberger, 2017, *On
/// calibration of modern neural networks* (temperature).
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{Calibration, CalibrationMethod, LogisticRegression};
/// use patronage_core::{Calibrated, ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let cells = array![[3.0], [9.0], [14.0], [40.0], [70.0], [200.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let (earlier, later) = ([1, 1, 0, 1, 0, 0].map(ClassIdx::new), [1, 1, 1, 0, 0, 1].map(ClassIdx::new));
/// let model = LogisticRegression::new().fit(&Labeled::new(&table, &earlier)?)?;
/// let calibrated = Calibration::new(CalibrationMethod::Platt)
///     .calibrate(model, &Labeled::new(&table, &later)?)?;
/// assert_eq!(calibrated.calibration().n_rows, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    method: CalibrationMethod,
    window: Option<Window>,
}

impl Calibration {
    /// A calibration by `method`.
    #[must_use]
    pub const fn new(method: CalibrationMethod) -> Self {
        Self { method, window: None }
    }

    /// The window in which the outcomes lie, for the record; default none.
    #[must_use]
    pub const fn window(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// Calibrates `model` on `rows`, which it must not have seen.
    ///
    /// # Errors
    ///
    /// When the rows' schema or classes are not the model's, there is no row of positive weight,
    /// a class has no row or every row, or the model answers anything but probabilities: numbers in
    /// `[0, 1]`, or at most 1e-9 beyond, which are taken for 0 or 1.
    pub fn calibrate<M: Classifier>(
        &self,
        model: M,
        rows: &Labeled<'_, ClassIdx>,
    ) -> Result<CalibratedClassifier<M>, Error> {
        model.schema().check(rows.schema())?;
        let seen = Seen::of_model(&model, rows)?;
        let (maps, record) = self.fit_maps(&seen)?;
        Ok(CalibratedClassifier::new(model, maps, record))
    }

    /// Fits an estimator on all rows and calibrates it on the predictions of refits that did not
    /// see them: one model, calibrated without rows of its own.
    ///
    /// A row in no test part takes no part in the calibration. What is calibrated is a model of all
    /// rows by the answers of models of fewer, which are a little less sure; the more folds, the
    /// smaller the difference.
    ///
    /// # Errors
    ///
    /// As [`calibrate`](Self::calibrate) and [`cross_predict`], and when the estimator fails on all
    /// rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array2;
    /// use patronage_classify::{
    ///     Calibration, CalibrationMethod, DecisionTree, Splitter, StratifiedKFold,
    /// };
    /// use patronage_core::{Calibrated, ClassIdx, Column, FeatureTable, Labeled, Schema};
    ///
    /// let cells = Array2::from_shape_fn((60, 1), |(row, _)| (row * 37 % 60) as f64);
    /// let labels: Vec<ClassIdx> = (0..60).map(|row| ClassIdx::new(u32::from(row * 37 % 60 + row % 9 > 34))).collect();
    /// let table = FeatureTable::new(Schema::new([Column::number("spend")])?, cells)?;
    /// let data = Labeled::new(&table, &labels)?;
    /// let splits = StratifiedKFold::new(5).splits(&labels)?;
    /// let model = Calibration::new(CalibrationMethod::Platt).cross_fit(&DecisionTree::new().max_depth(4), &data, &splits)?;
    /// assert_eq!(model.calibration().n_rows, 60);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cross_fit<E, M, Er>(
        &self,
        estimator: &E,
        data: &Labeled<'_, ClassIdx>,
        splits: &[Split],
    ) -> Result<CalibratedClassifier<M>, Error>
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
        M: Classifier,
        Er: Into<BoxError>,
    {
        let probabilities = cross_predict(estimator, data, splits)?;
        let seen = Seen::of_predictions(&probabilities, data)?;
        let (maps, record) = self.fit_maps(&seen)?;
        let round = splits.len();
        let model = estimator
            .fit(data)
            .map_err(|error| Error::from(ErrorKind::Refit { round, source: error.into() }))?;
        if model.n_classes() != seen.n_classes {
            let (what, expected, found) = ("classes", seen.n_classes, model.n_classes());
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
        Ok(CalibratedClassifier::new(model, maps, record))
    }

    /// Fits an estimator on the training rows of each split, calibrates each fit on the test rows
    /// of its split, and answers with the mean of all.
    ///
    /// # Errors
    ///
    /// As [`calibrate`](Self::calibrate), and when there is no split or the estimator fails, naming
    /// the split.
    pub fn ensemble<E, M, Er>(
        &self,
        estimator: &E,
        data: &Labeled<'_, ClassIdx>,
        splits: &[Split],
    ) -> Result<CalibratedEnsemble<M>, Error>
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
        M: Classifier,
        Er: Into<BoxError>,
    {
        if splits.is_empty() {
            return Err(ErrorKind::NoRows { what: "cross-validation" }.into());
        }
        let members = par::map(splits.len(), Threads::Many, |round| {
            let train = data.reborrow().select(&splits[round].train)?;
            let test = data.reborrow().select(&splits[round].test)?;
            let model = estimator
                .fit(&train)
                .map_err(|error| Error::from(ErrorKind::Refit { round, source: error.into() }))?;
            self.calibrate(model, &test)
        });
        let members = members.into_iter().collect::<Result<Vec<_>, Error>>()?;
        CalibratedEnsemble::new(members, self.window)
    }

    /// The corrections of what was seen, and the evidence for them.
    fn fit_maps(&self, seen: &Seen) -> Result<(Vec<Map>, CalibrationRecord), Error> {
        let n_classes = seen.n_classes;
        let classes = if n_classes == 2 { 1..2 } else { 0..n_classes };
        let mut maps = Vec::with_capacity(classes.len());
        for class in classes {
            let scored = seen.against_rest(class)?;
            scored.require_both("calibration")?;
            maps.push(match self.method {
                CalibrationMethod::Platt => sigmoid::platt(&scored),
                CalibrationMethod::Beta => sigmoid::beta(&scored),
                CalibrationMethod::Isotonic => isotonic::isotonic(&scored),
                CalibrationMethod::Temperature => temperature::temperature(seen),
            });
        }
        let scored = seen.against_rest(1.min(n_classes - 1))?;
        let record = CalibrationRecord {
            method: self.method.name().to_owned(),
            window: self.window,
            n_rows: scored.n_rows(),
            base_rate: Probability::new(scored.base_rate())?,
        };
        Ok((maps, record))
    }
}
