//! What choosing the number of clusters found.

use std::fmt;

use patronage_core::SegmentIdx;

use super::Silhouette;
use super::gap::{Comparison, Gap};
use super::stability::Stability;
use crate::kmeans::KMeansModel;

/// Whether there are clusters to find.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Structure {
    /// Rows form groups that data without groups do not have.
    Found,
    /// No more grouping than in data without groups: clusters are slices of a continuum.
    NotFound,
}

/// One k that was tried.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KCandidate<M = KMeansModel> {
    /// The number of clusters asked for.
    pub k: usize,
    /// What the estimator found.
    pub model: M,
    /// The cluster of each row.
    pub labels: Vec<SegmentIdx>,
    /// The sum of squared distances of rows to the means of their clusters.
    pub inertia: f64,
    /// Higher is better; none where there are fewer than two clusters, or as many as rows.
    pub silhouette: Option<Silhouette>,
    /// Higher is better; none where the silhouette is none.
    pub calinski_harabasz: Option<f64>,
    /// Lower is better; none where the silhouette is none.
    pub davies_bouldin: Option<f64>,
    /// Higher is better, compared with its neighbours; none where no k has a silhouette.
    pub gap: Option<Gap>,
    /// How surely each cluster comes back; none where the silhouette is none, or no resample was
    /// asked for.
    pub stability: Option<Stability>,
}

/// What [`ChooseK`](crate::ChooseK) found; prints as a table of one row a k.
#[derive(Clone, Debug, PartialEq)]
pub struct KChoice<M = KMeansModel> {
    pub(super) candidates: Vec<KCandidate<M>>,
    pub(super) best: usize,
    pub(super) gap_of_one: Option<Gap>,
    pub(super) structure: Structure,
    pub(super) why: String,
}

impl<M> KChoice<M> {
    /// The number of clusters recommended.
    #[must_use]
    pub fn k(&self) -> usize {
        self.best().k
    }

    /// The candidate recommended.
    #[must_use]
    pub fn best(&self) -> &KCandidate<M> {
        &self.candidates[self.best]
    }

    /// Every k that was tried, ascending.
    #[must_use]
    pub fn candidates(&self) -> &[KCandidate<M>] {
        &self.candidates
    }

    /// The gap statistic of one cluster, with which those of the candidates are compared.
    #[must_use]
    pub const fn gap_of_one(&self) -> Option<Gap> {
        self.gap_of_one
    }

    /// The k that Tibshirani, Walther and Hastie's own rule picks, 1 for one cluster: the smallest
    /// whose gap is no less than the next one's less its standard error; none where none is.
    ///
    /// After one cluster comes the first k that was tried.
    #[must_use]
    pub fn k_by_gap(&self) -> Option<usize> {
        let tried = self.candidates.iter().filter_map(|c| Some((c.k, c.gap?)));
        let gaps: Vec<(usize, Gap)> =
            self.gap_of_one.map(|gap| (1, gap)).into_iter().chain(tried).collect();
        let suffices =
            |pair: &&[(usize, Gap)]| pair[0].1.value >= pair[1].1.value - pair[1].1.standard_error;
        gaps.windows(2).find(suffices).map(|pair| pair[0].0)
    }

    /// Whether there are clusters to find.
    #[must_use]
    pub const fn structure(&self) -> Structure {
        self.structure
    }

    /// The reason in words.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl<M> fmt::Display for KChoice<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let header = [
            "",
            "k",
            "inertia",
            "silhouette",
            "Calinski-Harabasz",
            "Davies-Bouldin",
            "gap",
            "stability",
            "of each cluster",
        ];
        let mut lines = vec![header.map(str::to_owned)];
        for (i, candidate) in self.candidates.iter().enumerate() {
            let silhouette = candidate.silhouette.map(|s| {
                if s.standard_error > 0.0 {
                    format!("{:.4} ± {:.4}", s.mean, s.standard_error)
                } else {
                    format!("{:.4}", s.mean)
                }
            });
            let gap = candidate.gap.map(|g| format!("{:.4} ± {:.4}", g.value, g.standard_error));
            let each = candidate.stability.as_ref().map(|stability| {
                let each = stability.clusters.iter().map(|c| format!("{:.2}", c.jaccard));
                each.collect::<Vec<_>>().join(" ")
            });
            lines.push([
                if i == self.best { "*" } else { "" }.to_owned(),
                candidate.k.to_string(),
                number(candidate.inertia, 3),
                some(silhouette),
                some(candidate.calinski_harabasz.map(|value| number(value, 2))),
                some(candidate.davies_bouldin.map(|value| number(value, 4))),
                some(gap),
                some(candidate.stability.as_ref().map(|s| format!("{:.3}", s.mean()))),
                some(each),
            ]);
        }
        let width = |c: usize| lines.iter().map(|l| l[c].chars().count()).max().unwrap_or(0);
        let widths: [usize; 9] = std::array::from_fn(width);
        for line in &lines {
            write!(f, "{:>1$}", line[0], widths[0])?;
            for (cell, width) in line[1..8].iter().zip(&widths[1..8]) {
                write!(f, "  {cell:>width$}")?;
            }
            writeln!(f, "  {}", line[8])?;
        }
        write!(f, "{}", self.why)
    }
}

/// So many decimals, or powers of ten where the number is too long for a column.
fn number(value: f64, decimals: usize) -> String {
    if value.abs() < 1e12 { format!("{value:.decimals$}") } else { format!("{value:.3e}") }
}

pub(super) fn why<M>(candidates: &[KCandidate<M>], best: usize, comparison: &Comparison) -> String {
    let (first, last) = (candidates[0].k, candidates[candidates.len() - 1].k);
    let k = candidates[best].k;
    let silhouette = candidates[best].silhouette.map_or(0.0, |s| s.mean);
    let most = |of: &dyn Fn(&KCandidate<M>) -> Option<f64>| {
        candidates
            .iter()
            .filter_map(|candidate| Some((candidate.k, of(candidate)?)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map_or(k, |(k, _)| k)
    };
    let by_ch = most(&|candidate| candidate.calinski_harabasz);
    let by_db = most(&|candidate| candidate.davies_bouldin.map(|db| -db));
    let others = match (by_ch == k, by_db == k) {
        (true, true) => "Calinski-Harabasz and Davies-Bouldin agree".to_owned(),
        (true, false) => format!("Calinski-Harabasz agrees, Davies-Bouldin prefers {by_db}"),
        (false, true) => format!("Davies-Bouldin agrees, Calinski-Harabasz prefers {by_ch}"),
        (false, false) => {
            format!("Calinski-Harabasz prefers {by_ch}, Davies-Bouldin {by_db}")
        }
    };
    let stable = match &candidates[best].stability {
        Some(stability) => format!(
            "; under the bootstrap its least stable cluster has a Jaccard coefficient of {:.2}",
            stability.least()
        ),
        None => String::new(),
    };
    let (reference, deviation) = comparison.reference();
    let (excess, gain) = (comparison.excess, comparison.gain);
    let slices =
        "so the clusters are slices of a continuum, of use for handling but no natural groups";
    let verdict = if !comparison.exceeds_one_cluster() {
        format!(
            "no structure: the gap statistic of {k} clusters exceeds that of one by {excess:.2} ({gain:.1} standard errors), where 0.08 and 3.5 standard errors are asked for, {slices}"
        )
    } else if !comparison.exceeds_references() {
        format!(
            "no structure: data without groups reach a silhouette of {reference:.3} ± {deviation:.3} at that k, {slices}"
        )
    } else {
        format!(
            "the groups are real: data without groups reach a silhouette of only {reference:.3} ± {deviation:.3} at that k, and the gap statistic exceeds that of one cluster by {excess:.2} ({gain:.1} standard errors)"
        )
    };
    let by_silhouette = most(&|candidate| candidate.silhouette.map(|s| s.mean));
    let reason = if by_silhouette == k {
        format!("{k} has the highest silhouette ({silhouette:.3})")
    } else {
        format!(
            "{k} has a clearly higher gap statistic than {by_silhouette}, the k of the highest silhouette, with stable clusters and a silhouette nearly as high ({silhouette:.3})"
        )
    };
    format!("of k from {first} to {last}, {reason}; {others}{stable}; {verdict}")
}
