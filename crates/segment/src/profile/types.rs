//! What is known of one customer.

use patronage_core::{CustomerIdx, Date, SegmentIdx};

use crate::persona::Subject;

/// One customer: where she stands, what she likes, when she buys and is to be expected again, and
/// which other segments are near.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct CustomerProfile {
    /// Her row.
    pub row: usize,
    /// Who she is.
    pub customer: CustomerIdx,
    /// Her external id, where ids are given.
    pub id: Option<String>,
    /// Her segment.
    pub segment: SegmentIdx,
    /// Its name.
    pub segment_name: String,
    /// Where she stands in each column, in the order of the schema.
    pub standings: Vec<Standing>,
    /// What she buys more than others do: for items and for each attribute.
    pub affinities: Vec<Affinities>,
    /// How she buys, where purchases are given and she has bought.
    pub rhythm: Option<Rhythm>,
    /// When she is to be expected again, where anybody ever came again.
    pub next_purchase: Option<NextPurchase>,
    /// Other segments, the nearest first.
    pub neighbours: Vec<Neighbour>,
}

/// Where a customer stands in one column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(tag = "kind", rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Standing {
    /// In a column of numbers or dates.
    Number {
        /// The column's name.
        column: String,
        /// Her number.
        value: f64,
        /// The percentage of all who have less, those who have the same counting half.
        percentile: f64,
        /// The same within her segment.
        percentile_in_segment: f64,
        /// Standard deviations above the mean of all; 0 in a constant column.
        z: f64,
        /// The same within her segment.
        z_in_segment: f64,
    },
    /// In a category or a flag.
    Level {
        /// The column's name.
        column: String,
        /// Her level; `yes` or `no` for a flag.
        level: String,
        /// The part of all of the same level, in `[0, 1]`.
        share: f64,
        /// The same within her segment.
        share_in_segment: f64,
    },
    /// Her number is missing.
    Missing {
        /// The column's name.
        column: String,
        /// The part of all whose number is missing, in `[0, 1]`.
        share: f64,
        /// The same within her segment.
        share_in_segment: f64,
    },
}

/// What a customer buys more than others do, of one kind.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Affinities {
    /// `items`, or the attribute's name.
    pub name: String,
    /// Her lines.
    pub n_lines: usize,
    /// Those that say most about her first.
    pub affinities: Vec<Affinity>,
}

/// How much more of something a customer buys than others do.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Affinity {
    /// Of what.
    pub subject: Subject,
    /// Her lines of it.
    pub count: usize,
    /// Their part of her lines, as they are.
    pub share: f64,
    /// The part of everybody's lines.
    pub share_of_all: f64,
    /// Her part, shrunk towards everybody's: what to expect of her lines to come.
    pub expected_share: f64,
    /// `expected_share / share_of_all`.
    pub lift: f64,
    /// The log-odds against all others in standard deviations: what affinities are ranked by.
    pub z: f64,
}

/// How a customer buys.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Rhythm {
    /// Her orders.
    pub n_orders: usize,
    /// Local days on which she bought.
    pub n_days: usize,
    /// The last of them.
    #[cfg_attr(feature = "serde", serde(with = "super::json::date_text"))]
    pub last_day: Date,
    /// The median number of days between them, from two on.
    pub median_interval_days: Option<f64>,
    /// Standard deviation ÷ mean of the days between, from three on: near 0 like clockwork, near 1
    /// at random, above 1 in bursts.
    pub variation: Option<f64>,
    /// The day of the week on which she orders more than others do, where that is sure: Monday `0`.
    pub weekday: Option<Habit>,
    /// The hour of the local day in which she orders more than others do, where that is sure.
    pub hour: Option<Habit>,
}

/// A time at which a customer orders more than others do.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Habit {
    /// The hour `0..=23`, or the day of the week, Monday `0`.
    pub at: u8,
    /// The part of her orders.
    pub share: f64,
    /// The part of everybody's.
    pub share_of_all: f64,
    /// The chance of so many or more, were she as all are, times the number of times there are.
    pub p_value: f64,
}

/// When a customer is to be expected again.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct NextPurchase {
    /// If she comes again, she comes before this day with chance 0.1, …
    #[cfg_attr(feature = "serde", serde(with = "super::json::date_text"))]
    pub earliest: Date,
    /// … by this day with chance 0.5, …
    #[cfg_attr(feature = "serde", serde(with = "super::json::date_text"))]
    pub likely: Date,
    /// … and by this day with chance 0.9.
    #[cfg_attr(feature = "serde", serde(with = "super::json::date_text"))]
    pub latest: Date,
    /// Days since her last purchase.
    pub days_since_last: u32,
    /// The chance that an interval of hers is as long as this already is.
    pub usual: f64,
    /// Whether that chance is below 0.1.
    pub overdue: bool,
    /// The chance that she comes again at all.
    pub returns: f64,
    /// The chance that she comes within the horizon, its first day being the as-of day.
    pub within_horizon: f64,
    /// That horizon in days.
    pub horizon_days: u32,
    /// Intervals of her own behind this; with 0 it is the population's window.
    pub n_intervals: usize,
}

/// Another segment, and how near it is.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Neighbour {
    /// The segment.
    pub segment: SegmentIdx,
    /// Its name.
    pub name: String,
    /// The distance to it: to its mean in standard deviations, or what was given instead.
    pub distance: f64,
    /// That over the distance to her own segment; 1 on the border between both; `None` where her
    /// own is at distance 0.
    pub ratio: Option<f64>,
    /// The least change of one column that brings her there, where a model is given and one does.
    pub step: Option<Step>,
}

/// A change of one column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Step {
    /// The column's name.
    pub column: String,
    /// Her number; `None` where missing.
    pub from: Option<f64>,
    /// The number that brings her there.
    pub to: f64,
    /// Their difference in standard deviations; 1 for another level of a category.
    pub deviations: f64,
}
