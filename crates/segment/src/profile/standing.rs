//! Where a number stands among many, from a summary of fixed size.

use patronage_core::ColumnKind;

use super::types::Standing;
use crate::persona::Population;
use crate::{parallel, stats};

/// Cut points kept of a column; up to so many distinct numbers nothing is lost.
const CUTS: usize = 1_024;

/// Some order statistics with how many numbers lie below and are equal: at most 1,025 of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RankSummary {
    cuts: Vec<f64>,
    /// For each cut the part of numbers below it, and up to it.
    parts: Vec<(f64, f64)>,
    pub(super) mean: f64,
    pub(super) deviation: f64,
    /// Whether all are whole numbers.
    pub(super) whole: bool,
}

impl RankSummary {
    /// A summary of ascending numbers.
    pub(super) fn of(ascending: &[f64]) -> Self {
        let n = ascending.len();
        let (mean, deviation) = stats::mean_and_deviation(ascending);
        let distinct = ascending.chunk_by(|a, b| a == b).count();
        let whole = ascending.iter().all(|v| v.fract() == 0.0);
        let (mut cuts, mut parts) = (Vec::new(), Vec::new());
        let mut below = 0;
        let mut next = 0;
        for group in ascending.chunk_by(|a, b| a == b) {
            let up_to = below + group.len();
            // The group that holds the next order statistic wanted.
            let wanted = next * (n - 1) / CUTS;
            if distinct <= CUTS || wanted < up_to {
                cuts.push(group[0]);
                parts.push((below as f64 / n as f64, up_to as f64 / n as f64));
                while next <= CUTS && next * (n - 1) / CUTS < up_to {
                    next += 1;
                }
            }
            below = up_to;
        }
        Self { cuts, parts, mean, deviation, whole }
    }

    /// The part of numbers below `value`, equals counting half; exact at a cut, and between two
    /// cuts by at most the part of numbers between them off.
    pub(super) fn mid_rank(&self, value: f64) -> f64 {
        let at = self.cuts.partition_point(|&cut| cut < value);
        if self.cuts.get(at) == Some(&value) {
            return (self.parts[at].0 + self.parts[at].1) / 2.0;
        }
        let Some(before) = at.checked_sub(1) else { return 0.0 };
        let low = self.parts[before].1;
        let Some(&(high, _)) = self.parts.get(at) else { return low };
        // Halves, so that no difference overflows.
        let way = (value / 2.0 - self.cuts[before] / 2.0)
            / (self.cuts[at] / 2.0 - self.cuts[before] / 2.0);
        low + way * (high - low)
    }

    /// Standard deviations above the mean; 0 where there is no spread.
    pub(super) fn z(&self, value: f64) -> f64 {
        if self.deviation > 0.0 {
            let z = (value / 2.0 - self.mean / 2.0) / (self.deviation / 2.0);
            z.clamp(-f64::MAX, f64::MAX)
        } else {
            0.0
        }
    }

    /// A few cuts at even steps of rank, ascending.
    pub(super) fn some(&self, count: usize) -> Vec<f64> {
        let mut some = Vec::with_capacity(count + 1);
        for i in 0..=count {
            let rank = i as f64 / count as f64;
            let at = self.parts.partition_point(|part| part.1 < rank);
            some.extend(self.cuts.get(at.min(self.cuts.len().saturating_sub(1))));
        }
        some.dedup();
        some
    }
}

/// What is known of one column, of all and of each segment.
#[derive(Clone, Debug)]
pub(super) enum ColumnSummary {
    /// Of numbers; the parts are those missing, of all and of each segment.
    Numbers { all: RankSummary, segments: Vec<RankSummary>, missing: Vec<f64> },
    /// Of codes: for all and then each segment the part of each code.
    Codes { levels: Vec<String>, parts: Vec<Vec<f64>> },
}

/// The summary of each column; O(columns · rows · log rows).
pub(super) fn summaries(population: &Population<'_>) -> Vec<ColumnSummary> {
    let columns = population.schema.columns();
    parallel::map(columns.len(), |position| {
        let levels = match columns[position].kind() {
            ColumnKind::Category { levels, unseen } => {
                let mut levels = levels.clone();
                if *unseen as usize == levels.len() {
                    levels.push("(unseen)".to_owned());
                }
                levels
            }
            ColumnKind::Flag => vec!["no".to_owned(), "yes".to_owned()],
            _ => return of_numbers(population, position),
        };
        let mut parts = vec![vec![0.0; levels.len()]; population.n_segments + 1];
        for (&cell, segment) in population.rows.column(position).iter().zip(population.segments) {
            parts[0][cell as usize] += 1.0;
            parts[segment.index() + 1][cell as usize] += 1.0;
        }
        for parts in &mut parts {
            let n: f64 = parts.iter().sum();
            parts.iter_mut().for_each(|part| *part /= n.max(1.0));
        }
        ColumnSummary::Codes { levels, parts }
    })
}

fn of_numbers(population: &Population<'_>, position: usize) -> ColumnSummary {
    let mut ascending: Vec<(f64, u32)> = Vec::with_capacity(population.n());
    let mut missing = vec![0.0; population.n_segments + 1];
    let mut sizes = missing.clone();
    for (&cell, segment) in population.rows.column(position).iter().zip(population.segments) {
        for at in [0, segment.index() + 1] {
            sizes[at] += 1.0;
            missing[at] += f64::from(u8::from(cell.is_nan()));
        }
        if !cell.is_nan() {
            ascending.push((cell + 0.0, segment.get()));
        }
    }
    missing.iter_mut().zip(&sizes).for_each(|(m, n)| *m /= n.max(1.0));
    ascending.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut of_segments = vec![Vec::new(); population.n_segments];
    ascending.iter().for_each(|&(cell, segment)| of_segments[segment as usize].push(cell));
    let all: Vec<f64> = ascending.iter().map(|a| a.0).collect();
    ColumnSummary::Numbers {
        all: RankSummary::of(&all),
        segments: of_segments.iter().map(|of| RankSummary::of(of)).collect(),
        missing,
    }
}

impl ColumnSummary {
    /// Where `cell` stands among all and in `segment`.
    pub(super) fn standing(&self, column: &str, cell: f64, segment: usize) -> Standing {
        let column = column.to_owned();
        match self {
            Self::Numbers { missing, .. } if cell.is_nan() => Standing::Missing {
                column,
                share: missing[0],
                share_in_segment: missing[segment + 1],
            },
            Self::Numbers { all, segments, .. } => Standing::Number {
                column,
                value: cell,
                percentile: 100.0 * all.mid_rank(cell),
                percentile_in_segment: 100.0 * segments[segment].mid_rank(cell),
                z: all.z(cell),
                z_in_segment: segments[segment].z(cell),
            },
            Self::Codes { levels, parts } => Standing::Level {
                column,
                level: levels[cell as usize].clone(),
                share: parts[0][cell as usize],
                share_in_segment: parts[segment + 1][cell as usize],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(ascending: &[f64], value: f64) -> f64 {
        let below = ascending.iter().filter(|&&v| v < value).count();
        let equal = ascending.iter().filter(|&&v| v == value).count();
        (below as f64 + equal as f64 / 2.0) / ascending.len() as f64
    }

    #[test]
    fn ranks_are_exact_or_within_a_thousandth() {
        let mut draws = patronage_testkit::Draws::new(5);
        for (n, levels) in [(1, 3), (700, 0), (5_000, 40), (20_000, 0), (20_000, 3_000)] {
            let mut values: Vec<f64> = (0..n)
                .map(
                    |_| if levels == 0 { draws.normal().exp() } else { draws.below(levels) as f64 },
                )
                .collect();
            values.sort_by(f64::total_cmp);
            let summary = RankSummary::of(&values);
            assert!(summary.cuts.len() <= CUTS + 1, "{}", summary.cuts.len());
            let distinct = values.chunk_by(|a, b| a == b).count();
            let worst = values
                .iter()
                .map(|&v| (summary.mid_rank(v) - exact(&values, v)).abs())
                .fold(0.0, f64::max);
            let bound = if distinct <= CUTS { 1e-12 } else { 1.0 / CUTS as f64 };
            assert!(worst <= bound, "{n} {levels}: {worst}");
        }
    }

    #[test]
    fn extremes_stand_where_they_stand() {
        let summary = RankSummary::of(&[-f64::MAX, 0.0, f64::MAX]);
        assert!((summary.mid_rank(f64::MAX) - 5.0 / 6.0).abs() < 1e-12);
        assert!((summary.z(f64::MAX) - 1.5_f64.sqrt()).abs() < 1e-9);
        let constant = RankSummary::of(&[7.0; 4]);
        assert_eq!((constant.mid_rank(7.0), constant.z(7.0)), (0.5, 0.0));
        assert_eq!(RankSummary::of(&[]).mid_rank(1.0), 0.0);
        assert_eq!(constant.some(4), [7.0]);
        assert_eq!(RankSummary::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).some(2), [1.0, 3.0, 5.0]);
    }
}
