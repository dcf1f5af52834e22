//! RFM scores, named segments whose rules are proved, and exact k-means with a chosen k.
//!
//! ```
//! use ndarray::array;
//! use patronage_segment::{
//!     Column, FeatureTable, Fit, RfmScoring, RfmSegmenter, Schema, SegmentRules, Segmenter,
//! };
//!
//! // Once: learn cut points from the customers there are.
//! let schema = Schema::new(["recency_days", "frequency", "monetary"].map(Column::number))?;
//! let rows = array![
//!     [1.0, 40.0, 9000.0], [4.0, 12.0, 2500.0], [30.0, 5.0, 800.0], [90.0, 2.0, 150.0],
//!     [300.0, 1.0, 20.0],
//! ];
//! let scores = RfmScoring::default().fit(&FeatureTable::new(schema, rows)?)?;
//! let model = RfmSegmenter::new(scores, SegmentRules::standard())?;
//!
//! // Then, in a service: a customer's numbers come in, a segment goes out.
//! for (request, expected) in [([2.0, 31.0, 4000.0], "Champions"), ([400.0, 1.0, 9.0], "Lost")] {
//!     assert_eq!(model.name(model.segment(&request)), Some(expected));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! From purchases to named customers it is three lines:
//!
//! ```
//! # use patronage_segment::{Date, Error, PurchaseTable, Rfm, UtcOffset};
//! # fn named(purchases: &PurchaseTable, as_of: Date) -> Result<(), Error> {
//! let rfm = Rfm::new(as_of, &UtcOffset::UTC).table(purchases)?;
//! for (customer, segment) in rfm.segments()?.iter() {
//!     println!("{customer}: {segment}"); // customer 0: Champions
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Step by step: [`Rfm`] measures recency, frequency and monetary value, and tenure, variety and
//! return rate where asked for, into an [`RfmTable`], from purchases, unsorted columns
//! ([`OrderLines`]), batches ([`RfmAccumulator`]) or summaries; [`RfmScoring`] learns cut points;
//! [`DisjointRules`] or [`OrderedRules`] name cells of scores ([`SegmentRules::standard`] is a grid
//! of eleven segments); [`RfmSegmenter`] puts cut points and rules together, and
//! [`RfmTable::segments`] does all of it as most do. Beside it, [`Preparation`] brings columns to
//! comparable scales, [`KMeans`] finds clusters, [`ChooseK`] says how many and whether there are
//! any, and [`label_clusters`] says in words what they are. [`ConstrainedKMeans`] keeps sizes within
//! bounds, [`MiniBatchKMeans`] and [`OnlineKMeans`] take rows in batches and streams,
//! [`KPrototypes`] takes categories beside numbers, [`BisectingKMeans`] goes down to
//! micro-segments, and [`Ward`] builds the tree of a few thousand rows or of those.
//! [`BootstrapStability`] judges any of them, or anyone's clustering. [`adjusted_rand`],
//! [`normalised_mutual_information`] and [`align`] compare two segmentations. [`Personas`] say who the customers of
//! each segment are, [`Surrogate`] explains any segmentation by any classifier's rules, and
//! [`Profiler`] makes a profile of every single customer. [`SegmentTracker`] follows customers from
//! segment to segment as they buy and as time passes.
//!
//! Customers move. A [`SegmentHistory`] of any segmentation tells who moved where between two dates
//! ([`Migration`]), what that means for the months to come ([`MarkovChain`]: forecast, half-lives,
//! steady state, tests), why customers moved ([`MoveDrivers`]), and whether a campaign moved them
//! ([`Intervention`]).
//!
//! # When not to use it
//!
//! k-means finds round groups of like spread in numeric columns: for categories take
//! [`KPrototypes`], for elongated groups or where memberships should be shares rather than one
//! answer a mixture (any `SoftSegmenter`). RFM says who was a good customer, not who will be: for that take a
//! classifier or a lifetime value.
//!
//! # Features
//!
//! - `rayon`: uses every core; the numbers do not change. **On by default.**
//! - `serde`: saves and loads fitted models. **On by default.**
//!
//! # References
//!
//! A. M. Hughes (1994), Strategic Database Marketing. S. Lloyd (1982), Least squares quantization
//! in PCM. D. Arthur, S. Vassilvitskii (2007), k-means++: the advantages of careful seeding.

mod compare;
mod criteria;
mod data;
mod error;
mod float;
mod hierarchy;
mod inference;
mod kmeans;
mod label;
mod migration;
mod minibatch;
mod parallel;
mod persona;
mod preparation;
mod profile;
mod prototypes;
mod rfm;
mod rules;
mod simd;
mod sized;
mod stats;
mod surrogate;
mod tracker;

pub use compare::{adjusted_rand, align, normalised_mutual_information};
pub use criteria::{
    BootstrapStability, ChooseK, ClusterStability, Gap, GapReference, KCandidate, KChoice,
    Silhouette, Stability, Structure, calinski_harabasz, davies_bouldin, inertia, silhouette,
    silhouette_of_rows, silhouette_sampled,
};
pub use error::{Error, ErrorKind};
pub use float::Float;
pub use hierarchy::{BisectingKMeans, BisectingModel, Dendrogram, Grouped, Merge, SplitBy, Ward};
pub use inference::{Interval, MultipleTesting};
pub use kmeans::{Algorithm, Init, KMeans, KMeansFit, KMeansModel, Metric};
pub use label::{ColumnWords, label_clusters};
pub use migration::{
    Arm, Balance, BalanceWarning, Basis, ChainStructure, ChiSquareTest, ColumnPhrase,
    CommunicatingClass, Confidence, CovariateBalance, DifferenceTest, Driver, Estimate,
    ExplainedMove, Flow, FlowDrivers, FlowReason, Forecast, ForecastSize, ForecastStep, HistoryRow,
    Homogeneity, Intervals, Intervention, InterventionEffect, Lasting, LongRun, MarkovChain,
    MarkovChainModel, Migration, MigrationProblem, MoveDrivers, NetFlow, OrderTest, Participant,
    Passage, Period, Persistence, Place, Population, PrimaryEffect, Proportion, RiskDifference,
    SegmentForecast, SegmentHistory, StandardisedDifference, SteadyState, StratumEffect,
    Transition, TypicalChange, detectable_difference, power_of_difference,
};
pub use minibatch::{MiniBatchKMeans, OnlineKMeans};
pub use patronage_core::{
    Calendar, CategoryIdx, Column, CustomerIdx, Date, FeatureTable, Features, Fit, IdMap, ItemIdx,
    Line, Money, OrderIdx, PurchaseTable, Purchases, Schema, Seeded, SegmentIdx, Segmenter,
    SegmenterExt, Span, Timestamp, UtcOffset,
};
pub use persona::{
    Evidence, Facet, ItemNames, MoneyShare, NumberContrast, NumberKind, Persona, PersonaReport,
    Personas, Prototype, ShareContrast, ShareOf, Subject,
};
pub use preparation::{Preparation, PreparationModel, Prepared, Transform};
pub use profile::{
    Affinities, Affinity, CustomerProfile, Habit, Neighbour, NextPurchase, PopulationRhythm,
    Profiler, Profiles, Rhythm, Standing, Step,
};
pub use prototypes::{KPrototypes, KPrototypesModel};
pub use rfm::{
    Better, Binning, CostOf, Costs, CustomerSummary, Dimension, Frequency, Monetary, OrderLines,
    Recency, Rfm, RfmAccumulator, RfmModel, RfmRow, RfmScoring, RfmSegmenter, RfmSegments,
    RfmState, RfmTable, SegmentSummary, Ties, Vacancy, VacantScore, Variety,
};
pub use rules::{DisjointRules, DoubledCell, OrderedRules, RuleProblem, ScoreGrid, SegmentRules};
pub use sized::ConstrainedKMeans;
pub use surrogate::{Explanation, Fidelity, SegmentFidelity, Surrogate};
pub use tracker::{
    Cause, Correction, CustomerState, Horizon, Measures, MembershipRow, Memberships, NextMove,
    Observed, Revision, SegmentMove, SegmentTracker, Stay, TrackerState, Tracking,
};
