//! Bins of one column of two tables.

use patronage_core::ColumnKind;

use super::Drift;

/// The weights of bins then and now, and the effective number of rows of each table.
pub(super) struct Counts {
    pub(super) shares: Vec<[f64; 2]>,
    pub(super) effective: [f64; 2],
}

/// Labels of the bins that hold anything, and their shares.
pub(super) fn count(
    kind: &ColumnKind,
    then: &[(f64, f64)],
    now: &[(f64, f64)],
    drift: &Drift,
) -> (Vec<String>, Counts) {
    let effective = [then, now].map(effective_size);
    let fewest = effective[0].min(effective[1]);
    let (mut labels, mut weights) = match kind {
        ColumnKind::Category { levels, .. } => levels_of(levels, then, now),
        ColumnKind::Flag => levels_of(&["0".to_owned(), "1".to_owned()], then, now),
        _ => {
            let room = if drift.least_expected > 0.0 {
                (fewest / drift.least_expected) as usize
            } else {
                usize::MAX
            };
            numbers(then, now, drift.n_bins.min(room).max(2))
        }
    };
    let totals = [0, 1].map(|side| weights.iter().map(|of| of[side]).sum::<f64>());
    let mut shares: Vec<[f64; 2]> =
        weights.drain(..).map(|of| [of[0] / totals[0], of[1] / totals[1]]).collect();
    if matches!(kind, ColumnKind::Category { .. }) {
        pool_rare(&mut labels, &mut shares, effective, drift.least_expected);
    }
    (labels, Counts { shares, effective })
}

/// `(Σw)² / Σw²`, by weights over the heaviest, so that squares stay within the range.
fn effective_size(rows: &[(f64, f64)]) -> f64 {
    let heaviest = rows.iter().map(|row| row.1).fold(0.0, f64::max);
    let (mut sum, mut squares) = (0.0, 0.0);
    for row in rows {
        let weight = row.1 / heaviest;
        sum += weight;
        squares += weight * weight;
    }
    sum * sum / squares
}

/// Weights over the heaviest of a table, so that their sum stays within the range.
fn scaled(rows: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let heaviest = rows.iter().map(|row| row.1).fold(0.0, f64::max);
    rows.iter().map(move |&(cell, weight)| (cell, weight / heaviest))
}

fn levels_of(
    levels: &[String],
    then: &[(f64, f64)],
    now: &[(f64, f64)],
) -> (Vec<String>, Vec<[f64; 2]>) {
    let mut weights = vec![[0.0; 2]; levels.len() + 1];
    for (side, rows) in [then, now].into_iter().enumerate() {
        for (code, weight) in scaled(rows) {
            weights[(code as usize).min(levels.len())][side] += weight;
        }
    }
    let label = |code: usize| levels.get(code).cloned().unwrap_or_else(|| "(unseen)".to_owned());
    weights
        .into_iter()
        .enumerate()
        .filter(|(_, of)| of[0] > 0.0 || of[1] > 0.0)
        .map(|(code, of)| (label(code), of))
        .unzip()
}

fn numbers(then: &[(f64, f64)], now: &[(f64, f64)], n_bins: usize) -> (Vec<String>, Vec<[f64; 2]>) {
    let mut known: Vec<(f64, f64)> = scaled(then)
        .filter(|row| row.1 > 0.0 && !row.0.is_nan())
        .map(|row| (row.0 + 0.0, row.1))
        .collect();
    known.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    // Distinct values with their weights.
    let mut values: Vec<(f64, f64)> = Vec::new();
    for (value, weight) in known {
        match values.last_mut() {
            Some(last) if last.0 == value => last.1 += weight,
            _ => values.push((value, weight)),
        }
    }
    let few = values.len() <= n_bins;
    // The greatest value of each bin.
    let mut ends: Vec<f64> = Vec::new();
    let total: f64 = values.iter().map(|of| of.1).sum();
    let mut passed = 0.0;
    for (at, &(value, weight)) in values.iter().enumerate() {
        passed += weight;
        let wanted = total * (ends.len() + 1) as f64 / n_bins as f64;
        // A hair of rounding in the sum does not move a cut.
        if few || at + 1 == values.len() || passed >= wanted * (1.0 - 1e-12) {
            ends.push(value);
        }
    }
    let n = ends.len();
    let (missing, unknown) = (n, n + 1);
    let place = |value: f64| {
        if value.is_nan() {
            return missing;
        }
        let at = ends.partition_point(|&end| end < value);
        if few && ends.get(at) != Some(&value) {
            return unknown;
        }
        at.min(n.saturating_sub(1))
    };
    let mut weights = vec![[0.0; 2]; n + 2];
    for (side, rows) in [then, now].into_iter().enumerate() {
        scaled(rows).for_each(|(value, weight)| weights[place(value)][side] += weight);
    }
    let label = |at: usize| match at {
        _ if at == missing => "(missing)".to_owned(),
        _ if at == unknown => "(another value)".to_owned(),
        _ if few => format!("{}", ends[at]),
        0 => format!("up to {}", ends[0]),
        _ if at + 1 == n => format!("above {}", ends[at - 1]),
        _ => format!("above {}, up to {}", ends[at - 1], ends[at]),
    };
    weights
        .into_iter()
        .enumerate()
        .filter(|(_, of)| of[0] > 0.0 || of[1] > 0.0)
        .map(|(at, of)| (label(at), of))
        .unzip()
}

/// Puts levels that too few rows are expected of into one bin.
fn pool_rare(
    labels: &mut Vec<String>,
    shares: &mut Vec<[f64; 2]>,
    effective: [f64; 2],
    least_expected: f64,
) {
    let fewest = effective[0].min(effective[1]);
    let rows = effective[0] + effective[1];
    let is_rare = |of: &[f64; 2]| {
        let pooled = (of[0] * effective[0] + of[1] * effective[1]) / rows;
        pooled * fewest < least_expected
    };
    let rare: Vec<bool> = shares.iter().map(is_rare).collect();
    if rare.iter().filter(|&&rare| rare).count() < 2 {
        return;
    }
    let mut pool = [0.0; 2];
    let mut kept = (Vec::new(), Vec::new());
    for ((label, of), rare) in labels.drain(..).zip(shares.drain(..)).zip(rare) {
        if rare {
            pool = [pool[0] + of[0], pool[1] + of[1]];
        } else {
            kept.0.push(label);
            kept.1.push(of);
        }
    }
    kept.0.push("(rare levels)".to_owned());
    kept.1.push(pool);
    (*labels, *shares) = kept;
}
