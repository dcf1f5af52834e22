//! Contrasts of the columns of a feature table.

use patronage_core::{Column, ColumnKind};

use super::contrast::{Evidence, NumberContrast, NumberKind, ShareContrast, Subject};
use super::population::Population;
use crate::data::scale_for;
use crate::inference::{Counted, Interval, Z95, fisher, rank_contrasts, ratio_of_shares};
use crate::migration::ColumnPhrase;
use crate::{parallel, stats};

/// Not yet corrected.
pub(super) const fn raw(p_value: f64) -> Evidence {
    Evidence { p_value, adjusted_p_value: p_value, significant: false, circular: false }
}

/// What the columns say of each segment.
#[derive(Debug, Default)]
pub(super) struct ColumnContrasts {
    /// One for each column of numbers, and whether it was tested.
    pub(super) numbers: Vec<(NumberContrast, bool)>,
    /// Those with support.
    pub(super) shares: Vec<ShareContrast>,
}

/// The contrasts of each segment.
///
/// `phrases` has one for each column, and `made_of` the positions of those the segments are made of.
pub(super) fn contrasts(
    population: &Population<'_>,
    support: usize,
    phrases: &[ColumnPhrase],
    made_of: &[usize],
) -> Vec<ColumnContrasts> {
    let columns = population.schema.columns();
    let of_columns = parallel::map(columns.len(), |position| {
        of_column(population, position, &columns[position], support)
    });
    let mut of_segments: Vec<ColumnContrasts> = Vec::new();
    of_segments.resize_with(population.n_segments, ColumnContrasts::default);
    for (position, of_column) in of_columns.into_iter().enumerate() {
        for (all, mut one) in of_segments.iter_mut().zip(of_column) {
            for (number, _) in &mut one.numbers {
                number.phrase = phrases[position].clone();
                number.evidence.circular = made_of.contains(&position);
            }
            for share in &mut one.shares {
                share.evidence.circular = made_of.contains(&position);
            }
            all.numbers.extend(one.numbers);
            all.shares.extend(one.shares);
        }
    }
    of_segments
}

fn of_column(
    population: &Population<'_>,
    position: usize,
    column: &Column,
    support: usize,
) -> Vec<ColumnContrasts> {
    let cells = population.rows.column(position);
    let name = || column.name().to_owned();
    let mut out: Vec<ColumnContrasts> = Vec::new();
    out.resize_with(population.n_segments, ColumnContrasts::default);
    let mut share = |subject: &dyn Fn() -> Subject, with: &dyn Fn(f64) -> bool| {
        let of = shares(population, cells.iter().map(|&cell| with(cell)), support, subject);
        for (out, contrast) in out.iter_mut().zip(of) {
            out.shares.extend(contrast);
        }
    };
    let kind = match column.kind() {
        ColumnKind::Flag => {
            share(&|| Subject::Flag { column: name() }, &|cell| cell == 1.0);
            return out;
        }
        ColumnKind::Category { levels, unseen } => {
            let codes = levels.len() + usize::from(*unseen as usize == levels.len());
            for code in 0..codes {
                let level = || levels.get(code).map_or_else(|| "(unseen)".to_owned(), Clone::clone);
                share(&|| Subject::Level { column: name(), level: level() }, &|cell| {
                    cell == code as f64
                });
            }
            return out;
        }
        ColumnKind::Date => NumberKind::Date,
        _ => NumberKind::Number,
    };
    share(&|| Subject::Missing { column: name() }, &f64::is_nan);
    let mut ascending: Vec<(f64, u32)> = Vec::with_capacity(cells.len());
    // A zero of either sign is the same number.
    let known = cells.iter().zip(population.segments).filter(|(cell, _)| !cell.is_nan());
    ascending.extend(known.map(|(&cell, segment)| (cell + 0.0, segment.get())));
    ascending.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (out, number) in out.iter_mut().zip(numbers(&ascending, population.n_segments)) {
        let (mut contrast, tested) = number;
        contrast.column = name();
        contrast.kind = kind;
        out.numbers.push((contrast, tested));
    }
    out
}

/// The share of customers with something, in each segment; `None` where nothing is to be tested.
fn shares(
    population: &Population<'_>,
    with: impl Iterator<Item = bool>,
    support: usize,
    subject: &dyn Fn() -> Subject,
) -> Vec<Option<ShareContrast>> {
    let n = population.n();
    let mut counts = vec![(0_u64, 0_u64); population.n_segments];
    for (with, segment) in with.zip(population.segments) {
        let count = &mut counts[segment.index()];
        count.0 += u64::from(with);
        count.1 += 1;
    }
    let all: u64 = counts.iter().map(|count| count.0).sum();
    if all < support.max(1) as u64 || all == n as u64 {
        return vec![None; population.n_segments];
    }
    let contrast = |&(found, size): &(u64, u64)| {
        let rest = n as u64 - size;
        if size == 0 || rest == 0 {
            return None;
        }
        let (share, share_of_all) = (found as f64 / size as f64, all as f64 / n as f64);
        let lift = share / share_of_all;
        let lift_interval = ratio_of_shares(
            Counted::independent(found as f64, size as f64),
            Counted::independent((all - found) as f64, rest as f64),
            size as f64 / n as f64,
            lift,
        );
        Some(ShareContrast {
            subject: subject(),
            n_customers: found as usize,
            count: found,
            share,
            share_of_all,
            lift,
            lift_interval,
            evidence: raw(fisher(found, size, all, n as u64)),
        })
    };
    counts.iter().map(contrast).collect()
}

/// The numbers of each segment, and whether they were tested against the rest's.
fn numbers(ascending: &[(f64, u32)], n_segments: usize) -> Vec<(NumberContrast, bool)> {
    let constant = ascending.first().map(|a| a.0) == ascending.last().map(|a| a.0);
    let ranks = rank_contrasts(ascending, n_segments);
    let all: Vec<f64> = ascending.iter().map(|a| a.0).collect();
    let positive = all.first().is_some_and(|&least| least >= 0.0) && all.last() > Some(&0.0);
    let mean_of_all = stats::mean_and_deviation(&all).0;
    let of = |segment: u32| {
        let side = |is_own: bool| -> Vec<f64> {
            ascending.iter().filter(|a| (a.1 == segment) == is_own).map(|a| a.0).collect()
        };
        let (own, rest) = (side(true), side(false));
        let mean = stats::mean_and_deviation(&own).0;
        let rank = ranks[segment as usize];
        let (difference, interval) = standardised(&own, &rest).unzip();
        let contrast = NumberContrast {
            column: String::new(),
            phrase: ColumnPhrase::new("", ""),
            kind: NumberKind::Number,
            n_known: own.len(),
            median: stats::quantile(&own, 0.5),
            rest_median: stats::quantile(&rest, 0.5),
            mean,
            mean_of_all,
            lift: (positive && !own.is_empty() && mean_of_all > 0.0)
                .then(|| (mean / mean_of_all).min(f64::MAX)),
            superiority: rank.map_or(0.5, |rank| rank.superiority),
            superiority_interval: rank
                .map_or(Interval { low: 0.0, high: 1.0 }, |rank| rank.interval),
            standardised_difference: difference,
            standardised_interval: interval,
            evidence: raw(rank.map_or(1.0, |rank| rank.p_value)),
        };
        (contrast, rank.is_some() && !constant)
    };
    (0..n_segments as u32).map(of).collect()
}

/// Cohen's d with its interval, where there are two rows, one on either side, and some spread.
fn standardised(own: &[f64], rest: &[f64]) -> Option<(f64, Interval)> {
    let (a, b) = (own.len() as f64, rest.len() as f64);
    if own.is_empty() || rest.is_empty() || a + b < 3.0 {
        return None;
    }
    let largest = own.iter().chain(rest).fold(0.0_f64, |m, v| m.max(v.abs()));
    let scale = scale_for(largest);
    let [of_own, of_rest] = [own, rest].map(|values| {
        let scaled: Vec<f64> = values.iter().map(|v| v * scale).collect();
        stats::mean_and_deviation(&scaled)
    });
    let square = (a * of_own.1 * of_own.1 + b * of_rest.1 * of_rest.1) / (a + b - 2.0);
    let difference = (of_own.0 - of_rest.0) / square.sqrt();
    if !difference.is_finite() {
        return None;
    }
    let half = Z95 * ((a + b) / (a * b) + difference * difference / (2.0 * (a + b))).sqrt();
    Some((difference, Interval { low: difference - half, high: difference + half }))
}

#[cfg(test)]
mod tests {
    use super::*;

    // numpy 2.4.6: (mean(a) - mean(b)) / sqrt((3 var(a, ddof=1) + 2 var(b, ddof=1)) / 5).
    #[test]
    fn cohens_d_equals_the_oracle() {
        let (d, interval) = standardised(&[1.0, 2.0, 4.0, 9.0], &[0.0, 1.0, 1.5]).unwrap();
        assert!((d - COHEN).abs() < 1e-12, "{d}");
        assert!(interval.contains(d));
        assert_eq!(standardised(&[2.0, 2.0], &[1.0, 1.0]), None);
        assert_eq!(standardised(&[2.0], &[1.0]), None);
        let (d, _) = standardised(&[1e308, -1e308, 1e308], &[0.0, 1e300, -1e308]).unwrap();
        assert!(d.is_finite());
    }

    const COHEN: f64 = 1.131433534933286;
}
