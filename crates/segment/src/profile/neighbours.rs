//! Other segments, and what would bring a customer there.

use patronage_core::{ColumnKind, SegmentIdx, Segmenter};

use super::standing::{ColumnSummary, RankSummary};
use super::types::{Neighbour, Step};
use crate::persona::Population;

/// Steps of rank at which columns are tried.
const TRIED: usize = 32;
/// Halvings of the step found.
const HALVINGS: usize = 20;

/// The distances of a row to each segment.
pub(super) type Distances<'a> = &'a (dyn Fn(&[f64], &mut [f64]) + Sync);

/// The distances of a row to the mean of each segment, in standard deviations of all; columns of
/// codes and missing numbers have no say.
pub(super) fn to_means(columns: &[ColumnSummary], row: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (column, &cell) in columns.iter().zip(row) {
        if let ColumnSummary::Numbers { all, segments, .. } = column
            && !cell.is_nan()
        {
            for (out, segment) in out.iter_mut().zip(segments) {
                let away = all.z(cell) - all.z(segment.mean);
                *out += away * away;
            }
        }
    }
    out.iter_mut().for_each(|out| *out = out.sqrt());
}

/// The other segments with customers by distance; `distances` has one for each segment.
pub(super) fn by_distance(
    distances: &[f64],
    own: usize,
    sizes: &[usize],
    names: &[String],
    most: usize,
) -> Vec<Neighbour> {
    let mut others: Vec<usize> =
        (0..sizes.len()).filter(|&s| s != own && sizes[s] > 0 && !distances[s].is_nan()).collect();
    others.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
    let neighbour = |segment: usize| {
        let ratio = distances[segment] / distances[own];
        Neighbour {
            segment: SegmentIdx::from_usize(segment),
            name: names[segment].clone(),
            distance: distances[segment].min(f64::MAX),
            ratio: ratio.is_finite().then_some(ratio),
            step: None,
        }
    };
    others.into_iter().take(most).map(neighbour).collect()
}

/// What is tried in each column: numbers at even steps of rank, or all codes.
#[derive(Clone, Debug)]
pub(super) struct Trials(Vec<Vec<f64>>);

impl Trials {
    pub(super) fn of(columns: &[ColumnSummary]) -> Self {
        let tried = columns.iter().map(|column| match column {
            ColumnSummary::Numbers { all, .. } => all.some(TRIED),
            ColumnSummary::Codes { levels, .. } => (0..levels.len()).map(|c| c as f64).collect(),
        });
        Self(tried.collect())
    }

    /// For each segment the least change of a single column that brings the row there, among the
    /// changes tried; a number is then moved back as far as the row stays there.
    pub(super) fn steps(
        &self,
        model: &dyn Segmenter,
        population: &Population<'_>,
        columns: &[ColumnSummary],
        row: &mut [f64],
    ) -> Vec<Option<Step>> {
        let mut best: Vec<Option<(f64, usize, f64)>> = vec![None; population.n_segments];
        for (at, tried) in self.0.iter().enumerate() {
            let from = row[at];
            for &to in tried {
                let deviations = cost(&columns[at], from, to);
                if deviations <= 0.0 {
                    continue;
                }
                row[at] = to;
                let place = &mut best[model.segment(row).index()];
                if place.is_none_or(|(least, ..)| deviations < least) {
                    *place = Some((deviations, at, to));
                }
            }
            row[at] = from;
        }
        let refine = |(segment, found): (usize, Option<(f64, usize, f64)>)| {
            let (_, at, mut to) = found?;
            let column = &population.schema.columns()[at];
            let from = row[at];
            let is_number =
                !matches!(column.kind(), ColumnKind::Category { .. } | ColumnKind::Flag);
            if is_number && !from.is_nan() {
                let is_whole =
                    matches!(&columns[at], ColumnSummary::Numbers { all, .. } if all.whole);
                let mut away = from;
                for _ in 0..HALVINGS {
                    let mut middle = away / 2.0 + to / 2.0;
                    if is_whole {
                        middle = middle.round();
                    }
                    if middle == away || middle == to {
                        break;
                    }
                    row[at] = middle;
                    if model.segment(row).index() == segment { to = middle } else { away = middle }
                }
                row[at] = from;
            }
            Some(Step {
                column: column.name().to_owned(),
                from: (!from.is_nan()).then_some(from),
                to,
                deviations: cost(&columns[at], from, to),
            })
        };
        best.into_iter().enumerate().map(refine).collect()
    }
}

/// How large a change is: in standard deviations, 1 for another code, and from a missing number as
/// from the mean.
fn cost(column: &ColumnSummary, from: f64, to: f64) -> f64 {
    let deviations = |all: &RankSummary| {
        let from = if from.is_nan() { 0.0 } else { all.z(from) };
        (all.z(to) - from).abs()
    };
    match column {
        ColumnSummary::Numbers { all, .. } => deviations(all),
        ColumnSummary::Codes { .. } => f64::from(u8::from(from != to)),
    }
}
