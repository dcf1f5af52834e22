//! Chi-square tests of tables of counts.

use crate::inference::chi_square_sf;

/// A p-value to three decimals, never a bare nought.
pub(crate) fn p_in_words(p: f64) -> String {
    if p < 0.0005 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// A chi-square test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct ChiSquareTest {
    /// The statistic, at least 0.
    pub statistic: f64,
    /// The degrees of freedom; 0 where there is nothing to test.
    pub degrees_of_freedom: u64,
    /// The chance of a statistic at least as large under the hypothesis; `None` without degrees of
    /// freedom.
    pub p_value: Option<f64>,
}

impl ChiSquareTest {
    pub(crate) fn new(statistic: f64, degrees_of_freedom: u64) -> Self {
        let statistic = statistic.max(0.0);
        let p_value =
            (degrees_of_freedom > 0).then(|| chi_square_sf(statistic, degrees_of_freedom));
        Self { statistic, degrees_of_freedom, p_value }
    }
}

/// Sums over tables of counts, each of them tested for independence of its rows and columns.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tables {
    likelihood_ratio: f64,
    pearson: f64,
    degrees_of_freedom: u64,
    n_cells: u64,
    n_sparse: u64,
}

impl Tables {
    /// Takes in a table of `n_columns` columns, row-major.
    ///
    /// Rows and columns without a count say nothing: they count neither in the sums nor in the
    /// degrees of freedom, (rows - 1)(columns - 1) of those left.
    pub(crate) fn add(&mut self, counts: &[u64], n_columns: usize) {
        if n_columns == 0 {
            return;
        }
        let rows: Vec<u64> = counts.chunks(n_columns).map(|row| row.iter().sum()).collect();
        let columns: Vec<u64> =
            (0..n_columns).map(|c| counts.iter().skip(c).step_by(n_columns).sum()).collect();
        let n = rows.iter().sum::<u64>() as f64;
        for (row, cells) in rows.iter().zip(counts.chunks(n_columns)).filter(|(row, _)| **row > 0) {
            for (column, &cell) in columns.iter().zip(cells).filter(|(column, _)| **column > 0) {
                let expected = *row as f64 * (*column as f64 / n);
                let cell = cell as f64;
                if cell > 0.0 {
                    self.likelihood_ratio += 2.0 * cell * (cell / expected).ln();
                }
                self.pearson += (cell - expected).powi(2) / expected;
                self.n_cells += 1;
                self.n_sparse += u64::from(expected < 5.0);
            }
        }
        let filled = |sums: &[u64]| sums.iter().filter(|&&sum| sum > 0).count() as u64;
        self.degrees_of_freedom +=
            filled(&rows).saturating_sub(1) * filled(&columns).saturating_sub(1);
    }

    pub(crate) fn likelihood_ratio(&self) -> ChiSquareTest {
        ChiSquareTest::new(self.likelihood_ratio, self.degrees_of_freedom)
    }

    pub(crate) fn pearson(&self) -> ChiSquareTest {
        ChiSquareTest::new(self.pearson, self.degrees_of_freedom)
    }

    /// The share of cells expected to hold fewer than 5; 0 of none.
    pub(crate) fn sparse(&self) -> f64 {
        if self.n_cells == 0 { 0.0 } else { self.n_sparse as f64 / self.n_cells as f64 }
    }
}

/// The share of cells expected below 5 above which a chi-square test is not to be trusted
/// (Cochran 1954).
pub(crate) const SPARSE: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_chances_are_not_nought() {
        let words = [0.0, 1e-9, 0.0005, 0.0321, 1.0].map(p_in_words);
        assert_eq!(words, ["p < 0.001", "p < 0.001", "p = 0.001", "p = 0.032", "p = 1.000"]);
    }
}
