//! Recency, frequency, monetary value.

mod accumulator;
mod binning;
mod choices;
mod columns;
mod grouped;
mod lines;
mod measure;
mod model;
mod pairs;
mod scoring;
mod segmenter;
mod segments;
mod settings;
mod state;
mod summaries;
mod summary;
mod table;
mod tally;

pub use self::accumulator::RfmAccumulator;
pub use self::binning::{Better, Binning, Dimension, Ties};
pub use self::choices::{CostOf, Costs, Frequency, Monetary, Recency, Variety};
pub use self::lines::OrderLines;
pub use self::measure::Rfm;
pub use self::model::{RfmModel, Vacancy, VacantScore};
pub use self::scoring::RfmScoring;
pub use self::segmenter::RfmSegmenter;
pub use self::segments::RfmSegments;
pub use self::state::RfmState;
pub use self::summaries::CustomerSummary;
pub use self::summary::SegmentSummary;
pub use self::table::{RfmRow, RfmTable};
pub(crate) use self::tally::mean;
