//! Differences within strata, put together.

use patronage_core::SegmentIdx;

use super::effect::StandardisedDifference;
use super::intervention::{Arm, Participant};
use super::proportion::{Confidence, RiskDifference};
use crate::inference::chi_square_sf;

/// How many of how many reached the target, for each segment of before (absence last), treated and
/// control.
pub(super) struct Strata {
    pub(super) cells: Vec<[(u64, u64); 2]>,
}

impl Strata {
    pub(super) fn of(
        n_segments: usize,
        participants: &[Participant],
        reached: impl Fn(&Participant) -> bool,
    ) -> Self {
        let mut cells = vec![[(0, 0); 2]; n_segments + 1];
        for one in participants {
            let stratum = one.before.map_or(n_segments, SegmentIdx::index);
            let cell = &mut cells[stratum][usize::from(one.arm == Arm::Control)];
            cell.0 += u64::from(reached(one));
            cell.1 += 1;
        }
        Self { cells }
    }

    pub(super) fn totals(&self) -> [(u64, u64); 2] {
        [0, 1].map(|arm| {
            let cells = || self.cells.iter().map(move |stratum| stratum[arm]);
            (cells().map(|cell| cell.0).sum(), cells().map(|cell| cell.1).sum())
        })
    }
}

/// The standardised difference; `None` where no stratum holds both arms.
pub(super) fn standardise(
    strata: &Strata,
    confidence: Confidence,
) -> Option<StandardisedDifference> {
    let size = |[treated, control]: &[(u64, u64); 2]| treated.1 + control.1;
    let all: u64 = strata.cells.iter().map(size).sum();
    let both: Vec<&[(u64, u64); 2]> =
        strata.cells.iter().filter(|[t, c]| t.1 > 0 && c.1 > 0).collect();
    let covered: u64 = both.iter().map(|stratum| size(stratum)).sum();
    let (mut difference, mut below, mut above) = (0.0, 0.0, 0.0);
    let (mut excess, mut variance) = (0.0, 0.0);
    for stratum in &both {
        let [treated, control] = **stratum;
        let one = RiskDifference::newcombe(treated, control, confidence)?;
        let weight = size(stratum) as f64 / covered as f64;
        difference += weight * one.difference;
        below += (weight * (one.difference - one.low)).powi(2);
        above += (weight * (one.high - one.difference)).powi(2);
        // Cochran, Mantel, Haenszel: the excess over what the margins let expect.
        let [n1, n0] = [treated.1, control.1].map(|n| n as f64);
        let (n, reached) = (n1 + n0, (treated.0 + control.0) as f64);
        excess += treated.0 as f64 - n1 * reached / n;
        variance += n1 * n0 * reached * (n - reached) / (n * n * (n - 1.0));
    }
    let statistic = if variance > 0.0 { excess * excess / variance } else { 0.0 };
    (covered > 0).then(|| StandardisedDifference {
        difference,
        low: (difference - below.sqrt()).max(-1.0),
        high: (difference + above.sqrt()).min(1.0),
        statistic,
        p_value: chi_square_sf(statistic, 1),
        covered,
        left_out: all - covered,
    })
}
