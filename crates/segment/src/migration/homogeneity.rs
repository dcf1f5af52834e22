//! Whether moves were alike in all periods.

use patronage_core::SegmentIdx;

use super::chain_model::MarkovChainModel;
use super::draw::{generator, multinomial};
use super::tables::{ChiSquareTest, SPARSE, Tables, p_in_words};
use crate::parallel;

/// How many histories are simulated where there are too few customers for the chi-square.
const SIMULATED: usize = 999;

/// A test of whether the transition probabilities are the same in all periods.
///
/// For each segment a table of periods × segments after (exits last): under the hypothesis every
/// period spreads alike.
///
/// ```text
/// likelihood ratio  2 Σ n_ij(t) ln (p_ij(t) / p_ij)
/// chi-square        Σ n_i(t) (p_ij(t) - p_ij)² / p_ij
/// ```
///
/// Degrees of freedom are `Σ_i (periods with customers in i - 1)(segments reached from i - 1)`:
/// moves never seen and periods without customers are none of the table. Chi-square is not to be
/// trusted where more than a fifth of the cells are expected to hold fewer than 5 (Cochran 1954);
/// then [`simulated`](Self::simulated) holds a p-value of the likelihood ratio from 999 histories
/// drawn from the pooled chain with the same customers in each segment and period (seed 0).
///
/// # References
///
/// T. W. Anderson, L. A. Goodman (1957), Statistical inference about Markov chains, section 3.2.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Homogeneity {
    /// The likelihood ratio test.
    pub likelihood_ratio: ChiSquareTest,
    /// Pearson's chi-square test.
    pub chi_square: ChiSquareTest,
    /// The likelihood ratio test of each segment by itself.
    pub segments: Vec<ChiSquareTest>,
    /// The share of cells expected to hold fewer than 5.
    pub sparse: f64,
    /// The simulated p-value, where more than a fifth of the cells are so sparse.
    pub simulated: Option<f64>,
}

impl Homogeneity {
    pub(super) fn of(model: &MarkovChainModel) -> Self {
        let n = model.n_segments();
        let table =
            |i: usize| (0..model.n_periods()).flat_map(|t| model.moves(t, i)).collect::<Vec<u64>>();
        let tables: Vec<Vec<u64>> = (0..n).map(table).collect();
        let mut all = Tables::default();
        let mut segments = Vec::with_capacity(n);
        for table in &tables {
            let mut one = Tables::default();
            one.add(table, n + 1);
            all.add(table, n + 1);
            segments.push(one.likelihood_ratio());
        }
        let observed = all.likelihood_ratio();
        let simulated = (all.sparse() > SPARSE && observed.degrees_of_freedom > 0)
            .then(|| simulate(&tables, n + 1, observed.statistic));
        Self {
            likelihood_ratio: observed,
            chi_square: all.pearson(),
            segments,
            sparse: all.sparse(),
            simulated,
        }
    }

    /// The chance of periods at least as different where the chain is the same: simulated where
    /// cells are sparse, else of Pearson's chi-square; `None` where there is nothing to compare.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        self.simulated.or(self.chi_square.p_value)
    }

    /// The test in a sentence, with the segments' names.
    ///
    /// # Panics
    ///
    /// When there are fewer names than segments.
    #[must_use]
    pub fn words(&self, names: &[String]) -> String {
        let Some(p) = self.p_value() else {
            return "too few periods or customers to tell whether moves changed".to_owned();
        };
        match self.most_changed() {
            Some(segment) if p < 0.05 => {
                let name = &names[segment.index()];
                format!("moves changed between the periods, most from {name} ({})", p_in_words(p))
            }
            _ => format!("no sign that moves changed between the periods ({})", p_in_words(p)),
        }
    }

    /// The segment whose moves changed most, by its p-value; `None` where there is nothing to
    /// compare.
    #[must_use]
    pub fn most_changed(&self) -> Option<SegmentIdx> {
        let known = self.segments.iter().zip(SegmentIdx::all(self.segments.len()));
        let known = known.filter_map(|(test, segment)| Some((test.p_value?, segment)));
        known.min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, segment)| segment)
    }
}

/// The share of simulated tables, and of the observed one, whose statistic is at least as large.
fn simulate(tables: &[Vec<u64>], n_columns: usize, observed: f64) -> f64 {
    let pooled: Vec<Vec<f64>> = tables
        .iter()
        .map(|table| {
            let sum = table.iter().sum::<u64>().max(1) as f64;
            let column = |c| table.iter().skip(c).step_by(n_columns).sum::<u64>() as f64 / sum;
            (0..n_columns).map(column).collect()
        })
        .collect();
    let exceeds = parallel::map(SIMULATED, |draw| {
        let mut rng = generator(0, draw);
        let mut sums = Tables::default();
        for (table, shares) in tables.iter().zip(&pooled) {
            let mut drawn = vec![0; table.len()];
            for (row, out) in table.chunks(n_columns).zip(drawn.chunks_mut(n_columns)) {
                multinomial(&mut rng, row.iter().sum(), shares, out);
            }
            sums.add(&drawn, n_columns);
        }
        // Equal statistics must not be told apart by rounding.
        sums.likelihood_ratio().statistic >= observed * (1.0 - 1e-12)
    });
    (1 + exceeds.iter().filter(|&&exceeds| exceeds).count()) as f64 / (SIMULATED + 1) as f64
}
