//! The best next offer: collaborative and content-based filtering with an honest evaluation.
//!
//! ```
//! use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
//! use patronage_recommend::{Blend, Explain, ItemKnn, Popularity};
//!
//! // Who bought what: tea drinkers (items 0, 1), coffee drinkers (items 2, 3), and all of them cups (4).
//! let bought: Vec<(u32, u32, f32)> = [[0, 1, 4], [0, 1, 4], [2, 3, 4], [2, 3, 4], [2, 3, 4]]
//!     .iter()
//!     .zip(0..)
//!     .flat_map(|(items, customer)| items.map(|item| (customer, item, 1.0)))
//!     .collect();
//! let interactions = InteractionTable::new(Csr::from_entries(5, 5, &bought, |_, _| {})?)?;
//! let model = Blend::new()
//!     .explained(ItemKnn::new(50).fit(&interactions)?, 0.9)
//!     .explained(Popularity::new().fit(&interactions)?, 0.1)
//!     .build()?;
//!
//! // A visitor nobody knows has put tea into the basket.
//! let basket = HistoryEntry::from_items(&[ItemIdx::new(0)]);
//! let request = Request { history: &basket, customer: None, as_of: Timestamp::from_seconds(60) };
//! let best = model.top_k(&request, 2, &ItemFilter::default());
//! assert_eq!([best[0].item.get(), best[1].item.get()], [1, 4]);
//! let because = model.explain(&request, best[0].item);
//! assert_eq!(because.contributions[0].item, ItemIdx::new(0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # When not to use it
//!
//! Scores rank items for one request; they are no probabilities and not comparable between
//! customers until [`ScoreCalibration`] has made them so. Star ratings are treated as interactions.
//! With fewer than a few hundred customers, popularity is usually as good as anything here: let
//! [`Evaluation`] decide.
//!
//! # Features
//!
//! - `rayon`: uses every core; the numbers do not change. **Enabled** by default.
//! - `serde`: saves and loads fitted models. **Enabled** by default.
//!
//! # References
//!
//! - B. Sarwar, G. Karypis, J. Konstan, J. Riedl (2001), "Item-based collaborative filtering recommendation algorithms".
//! - M. Pazzani, D. Billsus (2007), "Content-based recommendation systems".
//! - S. Rendle, L. Zhang, Y. Koren (2019), "On the difficulty of evaluating baselines".

mod als;
mod basket;
mod blend;
mod bpr;
mod by_item;
mod calibrate;
mod content;
mod ease;
mod error;
mod evaluate;
mod events;
mod explain;
mod groups;
mod history;
mod hybrid;
mod kernel;
mod kit;
mod knn;
mod linear;
#[cfg(feature = "serde")]
mod packaged;
mod par;
mod popularity;
mod ratings;
mod rerank;
mod serve;
mod similar;
mod slim;
mod splits;

pub use als::{Als, AlsInit, AlsModel, AlsSolver, Confidence};
pub use basket::{
    AssociationRules, Itemset, PersonalFrequency, PersonalFrequencyModel, Rule, RuleSet, TifuKnn,
    TifuKnnModel, Transitions, TransitionsModel,
};
pub use blend::{Blend, BlendModel, BlendSearch, BlendTrial, BlendTrials, Normalise};
pub use bpr::{Bpr, FeatureMf, FeatureMfModel, Featured, OwnFactors, PairwiseModel, Warp};
pub use calibrate::{
    CalibratedRecommender, Reliability, ReliabilityBin, Repeats, ScoreCalibration, ScoreCurve,
};
pub use content::{ContentBased, ContentModel, FeatureContribution};
pub use ease::{Ease, EaseModel};
pub use error::{Error, ErrorKind};
pub use evaluate::{
    Audit, Case, Comparison, CurvePoint, EarlyStopping, Evaluation, Figure, Grid, HeldOut,
    Iterative, LearningCurve, Metric, NoHistory, Point, PurchaseRequests, RandomSpace, Report,
    Requests, Sampled, SampledCase, SampledEvaluation, SampledFigure, SampledMetric, SampledReport,
    Search, SearchTable, Stopped, SuccessiveHalving, Ties, Trial, Unknown, for_each_top_k, holm,
};
pub use events::{Event, EventTotal, EventWeights};
pub use explain::{Contribution, Explain, Explanation};
pub use groups::{GroupScore, GroupedItems, Groups};
pub use history::HistoryWeight;
pub use hybrid::{Fallback, FallbackModel, Filled, Switch, SwitchModel};
pub use kernel::{KernelRidge, KernelRidgeModel};
pub use kit::{Check, Checkerboard, CorrectnessKit, Fault, Finding, KitReport, Outcome};
pub use knn::{ItemKnn, ItemKnnModel, Similarity, UserKnn, UserKnnModel};
#[cfg(feature = "serde")]
pub use packaged::{Packaged, ReachedFigure, fingerprint};
pub use popularity::{
    CategoryPopularity, CategoryPopularityModel, Popularity, PopularityModel, SegmentPopularity,
    SegmentPopularityModel,
};
pub use ratings::{
    BiasedMf, BiasedMfModel, Centre, Neighbours, Nmf, NmfModel, NmfUpdates, RatingBaseline,
    RatingBaselineModel, RatingComparison, RatingKnn, RatingKnnModel, RatingReport, RatingScale,
    RatingSimilarity, Residual, SgdOrder, SlopeOne, SlopeOneModel, SvdPlusPlus, SvdPlusPlusModel,
};
pub use rerank::{
    CategoryCalibration, Divergence, MarginAware, Mmr, Relevance, Rerank, Reranked,
    popularity_tiers,
};
pub use serve::Assortment;
pub use similar::{SimilarCustomers, SimilarItems};
pub use slim::{Slim, SlimModel, SlimSign};
pub use splits::{RollingWindows, Split};
