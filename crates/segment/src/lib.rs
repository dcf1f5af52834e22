//! (being written)
mod criteria;
mod data;
mod error;
mod kmeans;
mod parallel;
mod preparation;
mod rfm;
mod rules;
mod stats;

pub use criteria::{
    Silhouette, calinski_harabasz, davies_bouldin, silhouette, silhouette_of_rows,
    silhouette_sampled,
};
pub use error::{Error, ErrorKind};
pub use kmeans::{Init, KMeans, KMeansModel};
pub use patronage_core::{
    Calendar, Column, CustomerIdx, Date, FeatureTable, Features, Fit, Line, Money, OrderIdx,
    PurchaseTable, Purchases, Schema, Seeded, SegmentIdx, Segmenter, SegmenterExt, Timestamp,
    UtcOffset,
};
pub use preparation::{Preparation, PreparationModel, Prepared, Transform};
pub use rfm::{
    Better, Binning, Dimension, Frequency, Monetary, Recency, Rfm, RfmModel, RfmRow, RfmScoring,
    RfmSegmenter, RfmTable, SegmentSummary, Ties, Vacancy, VacantScore,
};
pub use rules::{DisjointRules, DoubledCell, OrderedRules, RuleProblem, ScoreGrid, SegmentRules};
