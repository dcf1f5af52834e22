//! What a late purchase changed in what was believed.

use patronage_core::{CustomerIdx, SegmentIdx, Timestamp};

use super::moves::SegmentMove;

/// What a late purchase changed: what was believed of a customer from its instant to now, and what
/// is known.
///
/// Of several purchases at one instant the lists tell the moves they made together.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Correction {
    /// Whose purchase it was.
    pub customer: CustomerIdx,
    /// When she bought: the start of the period that is revised.
    pub at: Timestamp,
    /// When that became known, the tracker's time: the end of the period.
    pub known_at: Timestamp,
    /// Her segment just before the period, which does not change.
    pub before: Option<SegmentIdx>,
    /// Her moves within the period as they were believed.
    pub believed: Vec<SegmentMove>,
    /// Her moves within the period as they are known now.
    pub known: Vec<SegmentMove>,
}

/// A stretch of time in which a customer's segment is known to be another than was believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Revision {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after; `None` where the present is revised.
    pub until: Option<Timestamp>,
    /// The segment believed.
    pub believed: Option<SegmentIdx>,
    /// The segment known.
    pub known: Option<SegmentIdx>,
}

impl Correction {
    /// The stretches in which the segment is another than was believed, in time order; none where
    /// the purchase changed measures alone.
    #[must_use]
    pub fn revisions(&self) -> Vec<Revision> {
        let mut instants: Vec<Timestamp> = [self.at].to_vec();
        instants.extend(self.believed.iter().chain(&self.known).map(|step| step.at));
        instants.sort_unstable();
        instants.dedup();
        let at = |steps: &[SegmentMove], t| {
            steps.iter().rev().find(|step| step.at <= t).map_or(self.before, |step| step.to)
        };
        let mut revisions: Vec<Revision> = Vec::new();
        for (i, &from) in instants.iter().enumerate() {
            let (believed, known) = (at(&self.believed, from), at(&self.known, from));
            let until = instants.get(i + 1).copied();
            if believed == known {
                continue;
            }
            match revisions.last_mut() {
                Some(last)
                    if last.until == Some(from)
                        && (last.believed, last.known) == (believed, known) =>
                {
                    last.until = until;
                }
                _ => revisions.push(Revision { from, until, believed, known }),
            }
        }
        revisions
    }
}
