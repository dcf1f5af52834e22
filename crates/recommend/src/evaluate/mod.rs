//! How good a recommender is, on what it has not seen.

mod auc;
mod audit;
mod bootstrap;
mod catalogue;
mod compare;
mod evaluation;
mod facts;
mod held_out;
mod judge;
mod metrics;
mod report;
mod requests;
mod sampled;
mod tuning;

pub use audit::Audit;
pub use compare::{Comparison, holm};
pub use evaluation::{Evaluation, NoHistory, Unknown};
pub use held_out::{Case, HeldOut};
pub use metrics::Metric;
pub(crate) use metrics::{Source, judge};
pub use report::{Figure, Report};
pub(crate) use requests::for_each_list;
pub use requests::{PurchaseRequests, Requests, for_each_top_k};
pub use sampled::{
    SampledCase, SampledEvaluation, SampledFigure, SampledMetric, SampledReport, Ties,
};
pub use tuning::{
    CurvePoint, EarlyStopping, Grid, Iterative, LearningCurve, Point, RandomSpace, Sampled, Search,
    SearchTable, Stopped, SuccessiveHalving, Trial,
};
