//! Whom do I target: classifiers, calibration, honest evaluation, and bias-variance diagnostics.
//!
//! ```
//! use ndarray::array;
//! use patronage_classify::{Calibration, CalibrationMethod, DecisionTree, Scored};
//! use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
//!
//! let schema = Schema::new([Column::number("recency_days"), Column::number("frequency")])?;
//! let cells = array![[3.0, 9.0], [9.0, 7.0], [14.0, 1.0], [40.0, 6.0], [70.0, 2.0], [200.0, 1.0]];
//! let customers = FeatureTable::new(schema, cells)?;
//! let bought_in_spring = [1, 1, 0, 1, 0, 0].map(ClassIdx::new);
//! let bought_in_summer = [1, 1, 1, 0, 0, 0].map(ClassIdx::new);
//!
//! let tree = DecisionTree::new().max_depth(2).fit(&Labeled::new(&customers, &bought_in_spring)?)?;
//! let model = Calibration::new(CalibrationMethod::Platt)
//!     .calibrate(tree, &Labeled::new(&customers, &bought_in_summer)?)?;
//! let probabilities = model.predict_probabilities(&customers)?;
//! let scored = Scored::of_class(probabilities.view(), &bought_in_summer, ClassIdx::new(1))?;
//! assert!(scored.roc_auc()? > 0.6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Estimators ([`Baseline`], [`LogisticRegression`], [`DecisionTree`], [`RegressionTree`],
//! [`RandomForest`], [`ExtraTrees`], [`GradientBoosting`], [`NaiveBayes`], [`KNearest`], and of
//! them [`Voting`], [`VotingRegressor`], [`Stacking`] and [`StackingRegressor`]) learn
//! from labelled rows and give models behind the traits of `patronage-core`; [`Preparation`] makes
//! the columns they want, and [`Prepared`] learns it anew with each fit; [`Classes`] stands between
//! classes and labels of the user's own type; [`Calibration`] turns
//! their scores into probabilities one may bet on; [`Scored`] holds every two-class figure;
//! [`folds_by`], [`stratified_folds`], [`time_ordered_splits`] and [`cross_predict`] keep
//! evaluation honest; [`BiasVariance`] refits anyone's estimator and says why it errs, [`Noise`] what no
//! model can save, [`learning_curve`] and [`validation_curve`] what rows and parameters bring,
//! [`CheckUp`] what to try next, and a [`Picture`] shows it.
//!
//! To judge: [`Scored::figures`] gives every figure with its interval ([`Bootstrap`]), [`Campaign`]
//! and [`ChurnProfit`] what a model is worth in money, [`ConfusionMatrix`] the figures of many
//! classes; every [`Splitter`] keeps rows, groups or time apart; [`delong_test`], [`McNemar`] and
//! [`five_by_two_cv`] tell two models apart; [`LeakageCheck`] names columns that know the answer and
//! [`Drift`] those that moved. To choose: [`Search`], [`SuccessiveHalving`]. To explain:
//! [`PermutationImportance`], [`partial_dependence`], [`accumulated_local_effects`].
//!
//! # When not to use it
//!
//! To learn from text, images or sequences as such; where rows do not fit into memory; where what
//! is wanted is the *effect* of an action on a customer: a propensity says who buys, not who buys
//! because of it.
//!
//! # Features
//!
//! - `rayon`: uses every core; the numbers do not change. On by default.
//! - `serde`: saves and loads fitted models. On by default.
//!
//! # References
//!
//! Breiman, Friedman, Olshen and Stone, 1984, *Classification and Regression Trees*. Domingos,
//! 2000, *A unified bias-variance decomposition and its applications*. Heskes, 1998,
//! *Bias/variance decompositions for likelihood-based estimators*. DeLong, DeLong and
//! Clarke-Pearson, 1988, *Comparing the areas under two or more correlated receiver operating
//! characteristic curves*. Platt, 1999, *Probabilistic outputs for support vector machines*.

mod answers;
mod baseline;
mod bayes;
mod bias_variance;
mod boost;
mod calibrate;
mod class_weights;
mod classes;
mod compare;
mod cross;
mod curves;
mod drift;
mod ensemble;
mod error;
mod explain;
mod forest;
mod leakage;
mod logistic;
mod metrics;
mod neighbours;
mod par;
mod picture;
mod prepare;
mod profit;
mod sample;
#[cfg(feature = "serde")]
mod saved;
mod scratch;
mod search;
mod shap;
mod simd;
mod splits;
mod stats;
mod tree;

pub use answers::Answers;
pub use baseline::{Baseline, BaselineModel, BaselineRegressor};
pub use bayes::{NaiveBayes, NaiveBayesModel, VarianceFloor};
pub use bias_variance::{
    Advice, BiasVariance, CheckUp, ComplexityCurve, CurvePoint, Decomposition, Diagnosis, Estimate,
    Finding, HitTask, Loss, MlxtendTerms, Noise, NumberPredictions, Predictions, Remedy, Resample,
    Round, SegmentEstimate, TermIntervals, Terms, Verdict, brier_terms, brier_terms_given,
    log_loss_terms, log_loss_terms_given, mlxtend_squared, mlxtend_zero_one, squared_terms,
    squared_terms_given, zero_one_terms, zero_one_terms_given,
};
pub use boost::{
    Direction, GradientBoosting, GradientBoostingModel, GradientBoostingRegressor,
    GradientBoostingRegressorModel, History, RegressionLoss,
};
pub use calibrate::{CalibratedClassifier, CalibratedEnsemble, Calibration, CalibrationMethod};
pub use class_weights::ClassWeights;
pub use classes::Classes;
pub use compare::{
    FiveByTwo, HypothesisTest, McNemar, McNemarMethod, PairedAuc, PairedScores, compare_by_splits,
    corrected_resampled_t, delong_test, five_by_two_cv,
};
pub use cross::{cross_predict, cross_score};
pub use curves::{
    LearningCurve, LearningPoint, LossEstimate, ValidationCurve, ValidationPoint, learning_curve,
    learning_curve_of_numbers, validation_curve, validation_curve_of_numbers,
};
pub use drift::{
    ColumnDrift, Drift, DriftBin, DriftReport, DriftSize, TwoSampleTest, two_sample_test,
};
pub use ensemble::{
    AnyClassifier, AnyRegressor, Stacking, StackingModel, StackingRegressor,
    StackingRegressorModel, Voting, VotingModel, VotingRegressor, VotingRegressorModel,
};
pub use error::{Error, ErrorKind};
pub use explain::{
    AccumulatedEffects, GridPoint, GridSpec, Importance, PartialDependence, PartialDependence2,
    PermutationImportance, accumulated_local_effects, accumulated_local_effects_of_value,
    partial_dependence, partial_dependence_2, partial_dependence_2_of_value,
    partial_dependence_of_value,
};
pub use forest::{
    ColumnDraw, ExtraTrees, ExtraTreesRegressor, ForestModel, ForestRegressorModel, OutOfBag,
    OutOfBagNumbers, RandomForest, RandomForestRegressor,
};
pub use leakage::{ColumnLeakage, LeakageCheck, LeakageReport, Suspicion, refuse_late_columns};
pub use logistic::{
    ClassInference, Coefficient, CoefficientInference, Coefficients, Convergence, Inference,
    LogisticModel, LogisticRegression, Scaling, Separation, WaldError,
};
pub use metrics::{
    Average, Binning, Bootstrap, BootstrapMethod, BrierDecomposition, CalibrationBin,
    CalibrationCurve, Confusion, ConfusionMatrix, Evaluation, Figure, GainsIntervals, GainsRow,
    Goal, Interval, Measure, MeasureFn, Metric, NumberMetric, PrecisionRecallPoint, RocPoint,
    Scored, Strata, USUAL_METRICS, accuracy, multiclass_brier, multiclass_log_loss,
    one_vs_rest_roc_auc,
};
pub use neighbours::{
    KNearest, KNearestModel, KNearestRegressor, Neighbour, NeighbourSearch, NeighbourWeighting,
};
pub use picture::{Picture, gains_picture};
pub use prepare::{
    BinOf, DropLevel, Evidence, EvidenceBin, Fill, FittedPreparation, Imputation, Indicator,
    OneHot, Ordinal, Preparation, Prepared, PreparedModel, Scaler, Select, Shrinkage, Step,
    TargetEncoding, Trend, Unseen, WeightOfEvidence,
};
pub use profit::{
    BestCutoff, Campaign, ChurnProfit, MaximumProfit, ProfitCurve, ProfitPoint, Prospects, Ranking,
};
pub use search::{
    Candidate, Dimension, Grid, NestedScore, Point, RandomSpace, Search, SearchTable,
    SuccessiveHalving, Value,
};
pub use shap::{
    Contributions, Reason, Reasons, ScoreKind, TreeClassifier, TreeRegressor, TreeShap,
};
pub use splits::{
    GroupKFold, KFold, NestedSplit, PredefinedSplit, Repeated, Split, Splitter,
    StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit, TimeSeriesSplit, folds_by,
    nested_splits, stratified_folds, time_ordered_splits,
};
pub use tree::{
    Condition, Criterion, DecisionTree, DecisionTreeModel, Missing, PruningChoice, PruningPath,
    RegressionTree, RegressionTreeModel, Rule,
};
