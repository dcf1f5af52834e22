//! What sets a segment apart, with its evidence.

use patronage_core::ItemIdx;

use crate::inference::Interval;
use crate::migration::ColumnPhrase;

/// How sure one may be that a difference is none of chance.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Evidence {
    /// The two-sided p-value of this test alone.
    pub p_value: f64,
    /// The p-value corrected for all tests made of all segments; of a circular one that itself.
    pub adjusted_p_value: f64,
    /// Whether the corrected p-value is within the level, with support and reach enough.
    pub significant: bool,
    /// Whether the segments were [made of](crate::Personas::made_of) this very column: then they
    /// differ in it by construction, and the p-value describes how clearly and proves nothing.
    #[cfg_attr(feature = "serde", serde(default))]
    pub circular: bool,
}

/// What kind of number a column holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum NumberKind {
    /// A number.
    Number,
    /// Days since 1970-01-01.
    Date,
}

/// A column of numbers in the segment and in the rest.
///
/// Customers whose number is missing are left out.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct NumberContrast {
    /// The column's name.
    pub column: String,
    /// How it is spoken of.
    pub phrase: ColumnPhrase,
    /// What its numbers are.
    pub kind: NumberKind,
    /// Customers of the segment whose number is known.
    pub n_known: usize,
    /// The median in the segment; 0 where none is known.
    pub median: f64,
    /// The median among the rest; 0 where none is known.
    pub rest_median: f64,
    /// The mean in the segment; 0 where none is known.
    pub mean: f64,
    /// The mean among all; 0 where none is known.
    pub mean_of_all: f64,
    /// Mean in the segment ÷ mean among all, for columns without a number below 0.
    pub lift: Option<f64>,
    /// The chance that a customer of the segment has more than one of the rest, equals counting
    /// half: `U / (n₁ n₀)` of Mann and Whitney. ½ where nothing tells them apart.
    pub superiority: f64,
    /// Its 95 % interval.
    pub superiority_interval: Interval,
    /// `(mean − rest's mean) / pooled standard deviation` (Cohen's d), where there is any spread.
    pub standardised_difference: Option<f64>,
    /// Its 95 % interval (L. V. Hedges, I. Olkin (1985), Statistical methods for meta-analysis).
    pub standardised_interval: Option<Interval>,
    /// Of the Mann-Whitney test.
    pub evidence: Evidence,
}

/// What a share is the share of.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ShareOf {
    /// Customers.
    Customers,
    /// Order lines.
    Lines,
    /// Orders.
    Orders,
}

/// What a share is a share with.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Subject {
    /// Customers of a level of a category.
    Level {
        /// The column's name.
        column: String,
        /// The level; `(unseen)` for the code of those never seen.
        level: String,
    },
    /// Customers whose flag is set.
    Flag {
        /// The column's name.
        column: String,
    },
    /// Customers whose number is missing.
    Missing {
        /// The column's name.
        column: String,
    },
    /// Lines of an item.
    Item {
        /// The item.
        item: ItemIdx,
        /// Its name.
        name: String,
    },
    /// Lines of a level of an attribute, such as a category or a channel.
    Attribute {
        /// The attribute's name.
        attribute: String,
        /// The level.
        level: String,
    },
    /// Orders in an hour of the local day.
    Hour {
        /// `0..=23`: 14 stands for 14:00 to 14:59.
        hour: u8,
    },
    /// Orders on a day of the week.
    Weekday {
        /// Monday `0` to Sunday `6`.
        weekday: u8,
    },
}

impl Subject {
    /// What a share with this subject is a share of.
    #[must_use]
    pub const fn share_of(&self) -> ShareOf {
        match self {
            Self::Level { .. } | Self::Flag { .. } | Self::Missing { .. } => ShareOf::Customers,
            Self::Item { .. } | Self::Attribute { .. } => ShareOf::Lines,
            Self::Hour { .. } | Self::Weekday { .. } => ShareOf::Orders,
        }
    }
}

/// The days of the week, Monday first.
const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Level { column, level } => write!(f, "{column} = {level}"),
            Self::Flag { column } => f.write_str(column),
            Self::Missing { column } => write!(f, "{column} missing"),
            Self::Item { name, .. } => f.write_str(name),
            Self::Attribute { attribute, level } => write!(f, "{attribute} = {level}"),
            Self::Hour { hour } => write!(f, "{hour}:00"),
            Self::Weekday { weekday } => {
                f.write_str(WEEKDAYS.get(usize::from(*weekday)).copied().unwrap_or("no day"))
            }
        }
    }
}

/// A share in the segment and among all.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct ShareContrast {
    /// What it is a share with, which says what it is a share of.
    pub subject: Subject,
    /// Customers of the segment with at least one of it.
    pub n_customers: usize,
    /// How many (customers, lines or orders) of the segment.
    pub count: u64,
    /// The part of the segment's customers, lines or orders, in `[0, 1]`.
    pub share: f64,
    /// The part of everybody's.
    pub share_of_all: f64,
    /// `share / share_of_all`: 1 where the segment does as all do.
    pub lift: f64,
    /// Its 95 % interval.
    pub lift_interval: Interval,
    /// Of Fisher's exact test for customers, of a permutation of customers for lines and orders.
    pub evidence: Evidence,
}

impl ShareContrast {
    /// How far the lift surely lies from 1, on the logarithmic scale: that of the end of its
    /// interval nearer to 1; what contrasts are ranked by.
    #[must_use]
    pub fn strength(&self) -> f64 {
        let Interval { low, high } = self.lift_interval;
        if low > 1.0 {
            low.ln()
        } else if high < 1.0 {
            -high.ln()
        } else {
            0.0
        }
    }
}
