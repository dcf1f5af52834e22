//! Why customers moved, summed up by flow.

use std::collections::BTreeMap;
use std::fmt;

use patronage_core::{ColumnKind, SegmentIdx};

use super::drivers::{Driver, ExplainedMove, MoveDrivers, joined};
use super::proportion::{Confidence, Proportion};
use crate::stats;

/// A column that drove many moves.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct TypicalChange {
    /// The column's position in the schema.
    pub column: usize,
    /// The median before; `None` where all were missing.
    pub before: Option<f64>,
    /// The median after; `None` where all are missing.
    pub after: Option<f64>,
}

/// A reason that customers of one flow share: the same columns, changed the same way.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct FlowReason {
    /// The columns with their medians; of categories the level, which all share.
    pub changes: Vec<TypicalChange>,
    /// The share of the flow's customers who moved for it.
    pub share: Proportion,
    /// The reason in words, with medians.
    pub words: String,
}

/// The reasons of all customers who moved from one segment to another.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct FlowDrivers {
    /// Where from.
    pub from: SegmentIdx,
    /// Where to.
    pub to: SegmentIdx,
    /// The name of where from.
    pub from_name: String,
    /// The name of where to.
    pub to_name: String,
    /// How many customers.
    pub count: u64,
    /// The reasons, the most frequent first.
    pub reasons: Vec<FlowReason>,
}

/// Ways to change: down, up, or between levels and from or to what is not known.
type Way = (usize, i8, u64, u64);

impl MoveDrivers {
    /// The reasons of every flow, the largest flow first (ties by segments); intervals of shares
    /// at [`Confidence::P95`].
    #[must_use]
    pub fn flows(&self) -> Vec<FlowDrivers> {
        let mut flows: BTreeMap<(SegmentIdx, SegmentIdx), Vec<&ExplainedMove>> = BTreeMap::new();
        for one in self.moves() {
            flows.entry((one.from, one.to)).or_default().push(one);
        }
        let mut flows: Vec<FlowDrivers> = flows
            .into_iter()
            .map(|((from, to), moves)| FlowDrivers {
                from,
                to,
                from_name: self.names[from.index()].clone(),
                to_name: self.names[to.index()].clone(),
                count: moves.len() as u64,
                reasons: self.reasons(&moves),
            })
            .collect();
        flows.sort_by_key(|flow| std::cmp::Reverse(flow.count));
        flows
    }

    fn reasons(&self, moves: &[&ExplainedMove]) -> Vec<FlowReason> {
        let mut groups: BTreeMap<Vec<Way>, Vec<&ExplainedMove>> = BTreeMap::new();
        for &one in moves {
            let mut ways: Vec<Way> = one.drivers.iter().map(|driver| self.way(driver)).collect();
            ways.sort_unstable();
            groups.entry(ways).or_default().push(one);
        }
        let z = Confidence::P95.z();
        let mut reasons: Vec<FlowReason> = groups
            .into_values()
            .map(|group| {
                let changes = typical(&group);
                let words = |change: &TypicalChange| {
                    let TypicalChange { column, before, after } = *change;
                    self.phrases[column].change(&self.kinds[column], before, after)
                };
                let words = joined(&changes.iter().map(words).collect::<Vec<_>>());
                let share = Proportion::score(group.len() as u64, moves.len() as u64, z);
                FlowReason { changes, share, words }
            })
            .collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.share.count));
        reasons
    }

    fn way(&self, driver: &Driver) -> Way {
        let Driver { column, before, after, .. } = *driver;
        if matches!(self.kinds[column], ColumnKind::Category { .. }) {
            let code = |value: Option<f64>| value.map_or(u64::MAX, f64::to_bits);
            return (column, 0, code(before), code(after));
        }
        let direction = match (before, after) {
            (None, _) => 2,
            (_, None) => -2,
            (Some(before), Some(after)) if before < after => 1,
            _ => -1,
        };
        (column, direction, 0, 0)
    }
}

/// The medians of each column of a group that changed the same way, the largest change first.
fn typical(group: &[&ExplainedMove]) -> Vec<TypicalChange> {
    let mut columns: Vec<usize> = group[0].drivers.iter().map(|driver| driver.column).collect();
    let of = |column: usize, part: fn(&Driver) -> Option<f64>| {
        let drivers = group.iter().flat_map(|one| &one.drivers).filter(|d| d.column == column);
        // What is missing before or after is so for the whole group.
        let values: Vec<f64> = drivers.filter_map(part).collect();
        (!values.is_empty()).then(|| stats::median(values))
    };
    let size = |column: usize| of(column, |driver| Some(driver.standardised)).unwrap_or(0.0);
    columns.sort_by(|&a, &b| size(b).total_cmp(&size(a)));
    let change = |column| TypicalChange {
        column,
        before: of(column, |driver| driver.before),
        after: of(column, |driver| driver.after),
    };
    columns.into_iter().map(change).collect()
}

impl fmt::Display for FlowDrivers {
    /// `Loyal to At Risk, 12 customers: 83 % (55-95 %) because recency rose from 31 to 74 days; …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.count == 1 { "customer" } else { "customers" };
        write!(f, "{} to {}, {} {noun}", self.from_name, self.to_name, self.count)?;
        for (position, reason) in self.reasons.iter().enumerate() {
            let before = if position == 0 { ":" } else { ";" };
            write!(f, "{before} {} because {}", reason.share, reason.words)?;
        }
        Ok(())
    }
}
