//! How good a recommender is, on what it has not seen.

mod bootstrap;
mod evaluation;
mod held_out;
mod metrics;
mod report;
mod requests;

pub use evaluation::{Evaluation, NoHistory, Unknown};
pub use held_out::{Case, HeldOut};
pub use metrics::Metric;
pub(crate) use metrics::judge;
pub use report::{Comparison, Figure, Report};
pub(crate) use requests::for_each_list;
pub use requests::{PurchaseRequests, Requests, for_each_top_k};
