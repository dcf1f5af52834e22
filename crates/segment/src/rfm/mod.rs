//! Recency, frequency, monetary value.

mod measure;
mod model;
mod scoring;
mod segmenter;
mod summary;
mod table;

pub use self::measure::{Frequency, Monetary, Recency, Rfm};
pub use self::model::{RfmModel, Vacancy, VacantScore};
pub use self::scoring::{Better, Binning, Dimension, RfmScoring, Ties};
pub use self::segmenter::RfmSegmenter;
pub use self::summary::SegmentSummary;
pub use self::table::{RfmRow, RfmTable};
