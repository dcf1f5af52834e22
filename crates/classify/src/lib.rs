//! Whom do I target: classifiers, calibration, honest evaluation, and bias-variance diagnostics.

mod baseline;
mod bias_variance;
mod calibrate;
mod cross;
mod error;
mod folds;
mod logistic;
mod metrics;
mod par;
mod sample;
#[cfg(feature = "serde")]
mod saved;
mod tree;

pub use baseline::{Baseline, BaselineModel};
pub use bias_variance::{
    BiasVariance, ComplexityCurve, CurvePoint, Decomposition, Diagnosis, Loss, MlxtendTerms,
    NumberPredictions, Predictions, Resample, TermIntervals, Terms, Verdict, brier_terms,
    log_loss_terms, mlxtend_squared, mlxtend_zero_one, squared_terms, zero_one_terms,
};
pub use calibrate::{CalibratedClassifier, Calibration, CalibrationMethod};
pub use cross::cross_predict;
pub use error::{Error, ErrorKind};
pub use folds::{Split, folds_by, stratified_folds, time_ordered_splits};
pub use logistic::{
    Coefficient, Coefficients, Convergence, LogisticModel, LogisticRegression, Scaling, Separation,
};
pub use metrics::{
    Binning, CalibrationBin, CalibrationCurve, Confusion, Evaluation, GainsRow, Interval, Scored,
    accuracy, multiclass_brier, multiclass_log_loss,
};
pub use tree::{
    Condition, Criterion, DecisionTree, DecisionTreeModel, Missing, RegressionTree,
    RegressionTreeModel, Rule,
};
