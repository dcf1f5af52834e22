//! Bins and their weight of evidence.

use super::bin_steps::{Cutting, Trend, WeightOfEvidence};
use super::level_steps::Unseen;
use super::map::Map;
use crate::stats;
use crate::tree::split::between;

/// What one column says of class 1 of two: its bins and its information value.
///
/// A rule of thumb: an information value below 0.02 is nothing, above 0.1 something, above 0.3
/// strong, and above 0.5 a reason to ask whether the column knows the answer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
#[non_exhaustive]
pub struct Evidence {
    /// The source column.
    pub column: String,
    /// The sum of what the bins inform.
    pub information_value: f64,
    /// The bins that training rows fell into, in order.
    pub bins: Vec<EvidenceBin>,
}

/// One bin of a column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields)
)]
#[non_exhaustive]
pub struct EvidenceBin {
    /// What is in it.
    pub of: BinOf,
    /// The weight of its training rows of class 1.
    pub weight_of_one: f64,
    /// The weight of its training rows of class 0.
    pub weight_of_zero: f64,
    /// The evidence: above 0 where class 1 is more common than overall.
    pub woe: f64,
    /// What it adds to the information value; at least 0.
    pub information: f64,
}

/// What is in a bin.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum BinOf {
    /// Numbers above one bound and at most the other.
    Range {
        /// The lower bound, excluded; `None` for none.
        above: Option<f64>,
        /// The upper bound, included; `None` for none.
        at_most: Option<f64>,
    },
    /// The missing.
    Missing,
    /// A level, or `(unseen)`.
    Level(String),
}

/// The weight of each class, 0 and 1.
type Both = [f64; 2];

/// Bins a column of numbers; `ones` holds 1 for rows of class 1.
pub(super) fn of_numbers(
    step: &WeightOfEvidence,
    column: &str,
    values: &[f64],
    ones: &[f64],
    weights: &[f64],
) -> (Map, Evidence) {
    let distinct = distinct(values, ones, weights);
    let edges = match step.cutting {
        Cutting::Quantiles(n_bins) => quantile_edges(&distinct, n_bins),
        Cutting::Supervised(n_bins) => supervised_edges(&distinct, n_bins, step.min_share),
    };
    let mut bins: Vec<Both> = vec![[0.0; 2]; edges.len() + 1];
    for &(x, both) in &distinct {
        let bin = &mut bins[edges.partition_point(|&edge| edge < x)];
        bin[0] += both[0];
        bin[1] += both[1];
    }
    let (edges, bins) = pooled(edges, bins, step.trend);
    let mut missing: Both = [0.0; 2];
    for ((x, &one), &weight) in values.iter().zip(ones).zip(weights) {
        if x.is_nan() {
            missing[usize::from(one > 0.5)] += weight;
        }
    }
    let mut all = bins.clone();
    all.push(missing);
    let of = (0..bins.len()).map(|at| BinOf::Range {
        above: at.checked_sub(1).map(|below| edges[below]),
        at_most: edges.get(at).copied(),
    });
    let (evidence, woes) = weigh(step, column, &all, of.chain([BinOf::Missing]).collect());
    let missing = woes[bins.len()];
    (Map::Bins { edges, values: woes[..bins.len()].to_vec(), missing }, evidence)
}

/// Each level a bin; `names` says what a code stands for.
pub(super) fn of_levels(
    step: &WeightOfEvidence,
    column: &str,
    codes: &[f64],
    names: &[String],
    ones: &[f64],
    weights: &[f64],
) -> (Map, Evidence) {
    let mut bins: Vec<Both> = vec![[0.0; 2]; names.len()];
    for ((&code, &one), &weight) in codes.iter().zip(ones).zip(weights) {
        bins[code as usize][usize::from(one > 0.5)] += weight;
    }
    let of = names.iter().cloned().map(BinOf::Level).collect();
    let (evidence, woes) = weigh(step, column, &bins, of);
    let values = bins.iter().zip(woes).map(|(bin, woe)| match step.unseen {
        Unseen::Missing if bin[0] + bin[1] <= 0.0 => None,
        _ => Some(woe),
    });
    (Map::Codes(values.collect()), evidence)
}

/// The evidence of each bin: 0 for those without rows, which are not reported.
fn weigh(
    step: &WeightOfEvidence,
    column: &str,
    bins: &[Both],
    of: Vec<BinOf>,
) -> (Evidence, Vec<f64>) {
    let held = |bin: &Both| bin[0] + bin[1] > 0.0;
    let k = bins.iter().filter(|bin| held(bin)).count() as f64;
    let totals = [0, 1].map(|class| bins.iter().map(|bin| bin[class]).sum::<f64>());
    // Shares before the quotient, so that no product leaves the range.
    let share = |bin: &Both, class: usize| {
        (bin[class] + step.smoothing) / (totals[class] + step.smoothing * k)
    };
    let mut woes = vec![0.0; bins.len()];
    let mut report = Vec::new();
    for ((bin, woe), of) in bins.iter().zip(&mut woes).zip(of) {
        if held(bin) {
            let (one, zero) = (share(bin, 1), share(bin, 0));
            let (one, zero) = (one.max(f64::MIN_POSITIVE), zero.max(f64::MIN_POSITIVE));
            *woe = one.ln() - zero.ln();
            let information = (one - zero) * *woe;
            let [weight_of_zero, weight_of_one] = *bin;
            report.push(EvidenceBin { of, weight_of_one, weight_of_zero, woe: *woe, information });
        }
    }
    let information_value = report.iter().map(|bin| bin.information).sum();
    (Evidence { column: column.to_owned(), information_value, bins: report }, woes)
}

/// The distinct known numbers in order, with the weight of each class.
fn distinct(values: &[f64], ones: &[f64], weights: &[f64]) -> Vec<(f64, Both)> {
    let masked = |class: f64| -> Vec<f64> {
        ones.iter().zip(weights).map(|(&one, &w)| if one == class { w } else { 0.0 }).collect()
    };
    let zeros = stats::distinct(values, &masked(0.0));
    let ones = stats::distinct(values, &masked(1.0));
    zeros.into_iter().zip(ones).map(|((x, zero), (_, one))| (x, [zero, one])).collect()
}

fn quantile_edges(distinct: &[(f64, Both)], n_bins: usize) -> Vec<f64> {
    let weighted: Vec<(f64, f64)> =
        distinct.iter().map(|(x, both)| (*x, both[0] + both[1])).collect();
    let Some(&(greatest, _)) = weighted.last() else { return Vec::new() };
    let n_bins = n_bins.min(weighted.len());
    let mut edges: Vec<f64> = (1..n_bins)
        .filter_map(|at| stats::quantile(&weighted, at as f64 / n_bins as f64))
        .filter(|&edge| edge < greatest)
        .collect();
    // Two edges between the same neighbouring values would hold nothing between them.
    edges.dedup_by_key(|edge| weighted.partition_point(|&(x, _)| x <= *edge));
    edges
}

/// The cuts of a tree of entropy, the greatest gain first, each side with its share of the weight.
fn supervised_edges(distinct: &[(f64, Both)], n_bins: usize, min_share: f64) -> Vec<f64> {
    // Sums of the classes before each number.
    let mut before: Vec<Both> = vec![[0.0; 2]];
    for (_, both) in distinct {
        let last = before[before.len() - 1];
        before.push([last[0] + both[0], last[1] + both[1]]);
    }
    let sum =
        |from: usize, to: usize| [before[to][0] - before[from][0], before[to][1] - before[from][1]];
    let purity = |[a, b]: Both| {
        let part = |w: f64| if w > 0.0 { w * (w / (a + b)).ln() } else { 0.0 };
        part(a) + part(b)
    };
    let total = before[before.len() - 1];
    let least = min_share * (total[0] + total[1]);
    let best = |from: usize, to: usize| -> Option<(f64, usize)> {
        let mut best: Option<(f64, usize)> = None;
        for at in from + 1..to {
            let (left, right) = (sum(from, at), sum(at, to));
            if left[0] + left[1] < least || right[0] + right[1] < least {
                continue;
            }
            let gain = purity(left) + purity(right) - purity(sum(from, to));
            if best.is_none_or(|(most, _)| gain > most) {
                best = Some((gain, at));
            }
        }
        best.filter(|&(gain, _)| gain > 1e-12 * (total[0] + total[1]))
    };
    let mut open = vec![(0, distinct.len(), best(0, distinct.len()))];
    let mut cuts = Vec::new();
    while cuts.len() + 1 < n_bins {
        let next = (0..open.len())
            .filter_map(|i| open[i].2.map(|(gain, at)| (i, gain, at)))
            .reduce(|best, other| if other.1 > best.1 { other } else { best });
        let Some((i, _, at)) = next else { break };
        let (from, to, _) = open.swap_remove(i);
        cuts.push(at);
        open.push((from, at, best(from, at)));
        open.push((at, to, best(at, to)));
    }
    cuts.sort_unstable();
    cuts.into_iter().map(|at| between(distinct[at - 1].0, distinct[at].0)).collect()
}

/// Pools neighbouring bins until rates go where they must.
fn pooled(edges: Vec<f64>, bins: Vec<Both>, trend: Trend) -> (Vec<f64>, Vec<Both>) {
    match trend {
        Trend::Free => (edges, bins),
        Trend::Rising => pool(&edges, &bins, 1.0),
        Trend::Falling => pool(&edges, &bins, -1.0),
        Trend::Monotone => {
            let (rising, falling) = (pool(&edges, &bins, 1.0), pool(&edges, &bins, -1.0));
            let information = |bins: &[Both]| {
                let total = |class: usize| bins.iter().map(|bin| bin[class]).sum::<f64>();
                let (zeros, ones) = (total(0), total(1));
                // The spread of rates: what the classes' shares differ by.
                bins.iter().map(|bin| (bin[1] / ones - bin[0] / zeros).abs()).sum::<f64>()
            };
            if information(&falling.1) > information(&rising.1) { falling } else { rising }
        }
    }
}

fn pool(edges: &[f64], bins: &[Both], sign: f64) -> (Vec<f64>, Vec<Both>) {
    let mut kept: Vec<(Both, usize)> = Vec::new();
    let rate = |bin: &Both| bin[1] / (bin[0] + bin[1]);
    for (at, bin) in bins.iter().enumerate() {
        let mut last = *bin;
        while let Some((before, _)) = kept.last()
            && sign * (rate(&last) - rate(before)) < 0.0
        {
            last = [last[0] + before[0], last[1] + before[1]];
            kept.pop();
        }
        kept.push((last, at));
    }
    let ends = kept.iter().take(kept.len().saturating_sub(1));
    let edges = ends.map(|&(_, at)| edges[at]).collect();
    (edges, kept.into_iter().map(|(bin, _)| bin).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> ([f64; 10], [f64; 10]) {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, f64::NAN, f64::NAN];
        (x, [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    }

    #[test]
    fn evidence_is_that_of_the_formula() {
        let (x, y) = numbers();
        let step = WeightOfEvidence::quantiles(2);
        let (map, evidence) = of_numbers(&step, "x", &x, &y, &[1.0; 10]);
        // Two bins of four and the missing: by hand, with 5 rows of each class.
        let share = |n: f64| (n + 0.5) / (5.0 + 1.5);
        let woe = |one: f64, zero: f64| (share(one) / share(zero)).ln();
        let expected = [woe(1.0, 3.0), woe(3.0, 1.0), woe(1.0, 1.0)];
        for (cell, expected) in [2.0, 4.6, f64::NAN].into_iter().zip(expected) {
            assert!((map.of(cell) - expected).abs() < 1e-14);
        }
        let information = 2.0 * (share(3.0) - share(1.0)) * woe(3.0, 1.0);
        assert!((evidence.information_value - information).abs() < 1e-14);
        assert_eq!(evidence.bins[0].of, BinOf::Range { above: None, at_most: Some(4.5) });
        assert_eq!(evidence.bins[2].of, BinOf::Missing);
    }

    #[test]
    fn supervised_cuts_fall_where_the_rate_steps() {
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        let y: Vec<f64> =
            x.iter().map(|&x| f64::from(u8::from((30.0..70.0).contains(&x)))).collect();
        let (map, _) = of_numbers(&WeightOfEvidence::supervised(6), "x", &x, &y, &[1.0; 100]);
        let Map::Bins { edges, .. } = map else { panic!("numbers are binned") };
        assert_eq!(edges, [29.5, 69.5]);
        let rising = WeightOfEvidence::supervised(6).trend(Trend::Monotone);
        let (map, _) = of_numbers(&rising, "x", &x, &y, &[1.0; 100]);
        let Map::Bins { edges, values, .. } = map else { panic!("numbers are binned") };
        assert!(edges.len() == 1 && values.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn bins_are_pooled_until_rates_rise_or_fall() {
        let bins = [[3.0, 1.0], [1.0, 3.0], [2.0, 2.0], [0.0, 4.0]];
        let edges = [1.0, 2.0, 3.0];
        let (kept, rising) = pool(&edges, &bins, 1.0);
        assert_eq!((kept, rising), (vec![1.0, 3.0], vec![[3.0, 1.0], [3.0, 5.0], [0.0, 4.0]]));
        let (kept, falling) = pool(&edges, &bins, -1.0);
        assert_eq!((kept, falling), (vec![], vec![[6.0, 10.0]]));
    }

    #[test]
    fn a_constant_or_unknown_column_is_one_bin() {
        for x in [[4.0; 3], [f64::NAN; 3]] {
            for step in [WeightOfEvidence::quantiles(5), WeightOfEvidence::supervised(5)] {
                let (map, evidence) = of_numbers(&step, "x", &x, &[1.0, 0.0, 1.0], &[1.0; 3]);
                assert_eq!(evidence.bins.len(), 1);
                assert_eq!(evidence.information_value, 0.0);
                assert_eq!((map.of(4.0), map.of(f64::NAN)), (0.0, 0.0));
            }
        }
    }
}
