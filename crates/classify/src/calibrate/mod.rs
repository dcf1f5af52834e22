//! Calibration: from scores that rank to probabilities one may bet on.

mod isotonic;
mod model;
mod sigmoid;

use patronage_core::{CalibrationRecord, ClassIdx, Classifier, Labeled, Probability, Window};

use crate::error::{Error, ErrorKind};
use crate::metrics::Scored;
pub use model::CalibratedClassifier;

/// How far beyond 0 and 1 rounding may carry a probability.
const ROUNDING: f64 = 1e-9;

/// Refuses what is no probability; what rounding carried beyond 0 or 1 is brought back.
fn keep_probabilities(position: usize, out: &mut [f64]) -> Result<(), Error> {
    for p in out {
        if !(-ROUNDING..=1.0 + ROUNDING).contains(p) {
            let (what, expected) = ("answer for row", "probabilities in [0, 1]");
            return Err(ErrorKind::Number { what, position, expected, found: *p }.into());
        }
        *p = p.clamp(0.0, 1.0);
    }
    Ok(())
}

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
}

impl CalibrationMethod {
    /// The name under which the record shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platt => "platt",
            Self::Beta => "beta",
            Self::Isotonic => "isotonic",
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
/// Filho and Flach, 2017, *Beta calibration*.
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
        let n_classes = model.n_classes();
        let (mut labels, mut weights) = (Vec::new(), Vec::new());
        let mut probabilities = vec![0.0; rows.len() * n_classes];
        let mut buffer = Vec::new();
        for (at, out) in probabilities.chunks_exact_mut(n_classes).enumerate() {
            model.probabilities(patronage_core::row_slice(rows.row(at), &mut buffer), out);
            keep_probabilities(at, out)?;
            let label = rows.label(at);
            if label.index() >= n_classes {
                let (what, found) = ("label", label.index());
                return Err(ErrorKind::NoSuchClass { what, n_classes, found }.into());
            }
            labels.push(label);
            weights.push(rows.weight(at));
        }
        let against_rest = |class: usize| {
            let scores: Vec<f64> =
                probabilities.iter().skip(class).step_by(n_classes).copied().collect();
            let outcomes: Vec<ClassIdx> = labels
                .iter()
                .map(|label| ClassIdx::new(u32::from(label.index() == class)))
                .collect();
            Scored::weighted(&scores, &outcomes, &weights)
        };
        let classes = if n_classes == 2 { 1..2 } else { 0..n_classes };
        let mut maps = Vec::with_capacity(classes.len());
        for class in classes {
            let scored = against_rest(class)?;
            scored.require_both("calibration")?;
            maps.push(match self.method {
                CalibrationMethod::Platt => sigmoid::platt(&scored),
                CalibrationMethod::Beta => sigmoid::beta(&scored),
                CalibrationMethod::Isotonic => isotonic::isotonic(&scored),
            });
        }
        let scored = against_rest(1.min(n_classes - 1))?;
        let record = CalibrationRecord {
            method: self.method.name().to_owned(),
            window: self.window,
            n_rows: scored.n_rows(),
            base_rate: Probability::new(scored.base_rate())?,
        };
        Ok(CalibratedClassifier::new(model, maps, record))
    }
}
