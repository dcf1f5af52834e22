//! Naive Bayes.

mod factor;
mod model;

use patronage_core::{ClassIdx, ColumnKind, Fit, Labeled, Seeded};

use crate::class_weights::ClassWeights;
use crate::error::{Error, parameter};
use crate::par::{self, Threads};
use crate::sample::{Sample, by_column, check_cells, class_weights, n_classes};
use factor::Factor;
pub use model::NaiveBayesModel;

/// What is added to the variances of numbers, so that none is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum VarianceFloor {
    /// This share of the column's own variance over all rows: the model does not depend on units.
    OfColumn(f64),
    /// This share of the greatest variance of any column of numbers, as in scikit-learn's
    /// `var_smoothing`. A column in large units then blurs all others.
    OfGreatest(f64),
}

impl VarianceFloor {
    const fn share(self) -> f64 {
        match self {
            Self::OfColumn(share) | Self::OfGreatest(share) => share,
        }
    }
}

/// Naive Bayes: classes by their share, times what each column by itself says.
///
/// ```text
/// p(k | x)  ∝  p(k) · product over columns j of p(x_j | k)
/// number, date   normal with the mean and variance of the class's known cells, plus the floor
/// category       (weight of the level in the class + a) / (weight of the class + a · n_levels)
/// flag           (weight of ones in the class + a) / (weight of the class + 2a)
/// ```
///
/// with `a` the [`smoothing`](Self::smoothing). Columns of any kind stand in one model. **A missing
/// cell says nothing**: its factor is left out, in fitting as in predicting; so is that of a code
/// for the unseen that no training row had, and of a column of numbers that is constant. A class
/// in which a column is never known has the moments of all rows there. As columns are taken for
/// independent, probabilities are too sure where they are not: calibrate before betting on them.
///
/// A class that no row of the sample has gets probability 0. O(cells) to fit, O(n_columns ·
/// n_classes) a row.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, or a
/// cell is none its column admits.
///
/// # References
///
/// Domingos and Pazzani, 1997, *On the optimality of the simple Bayesian classifier under
/// zero-one loss*. Hand and Yu, 2001, *Idiot's Bayes: not so stupid after all?*
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::NaiveBayes;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::nullable("age"), Column::category("plan", ["basic", "gold"])])?;
/// let cells = array![[20.0, 0.0], [24.0, 0.0], [50.0, 1.0], [60.0, 1.0], [f64::NAN, 0.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [0, 0, 1, 1, 0].map(ClassIdx::new);
/// let model = NaiveBayes::new().fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(model.predict(&table)?, bought);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveBayes {
    smoothing: f64,
    variance_floor: VarianceFloor,
    class_weights: ClassWeights,
}

impl Default for NaiveBayes {
    fn default() -> Self {
        Self::new()
    }
}

impl NaiveBayes {
    /// Smoothing 1 and a variance floor of 1e-9 of each column's own.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            smoothing: 1.0,
            variance_floor: VarianceFloor::OfColumn(1e-9),
            class_weights: ClassWeights::Equal,
        }
    }

    /// Weight added to each level, and to each side of a flag, in each class; default `1`, finite
    /// and above `0`.
    #[must_use]
    pub const fn smoothing(mut self, smoothing: f64) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// What is added to variances; default [`VarianceFloor::OfColumn`]`(1e-9)`, shares finite and
    /// above `0`.
    #[must_use]
    pub const fn variance_floor(mut self, floor: VarianceFloor) -> Self {
        self.variance_floor = floor;
        self
    }

    /// How much each class counts; default [`ClassWeights::Equal`]. Balanced weights make all
    /// classes equally likely before anything is known.
    #[must_use]
    pub fn class_weights(mut self, class_weights: ClassWeights) -> Self {
        self.class_weights = class_weights;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        if !self.smoothing.is_finite() || self.smoothing <= 0.0 {
            return Err(parameter("smoothing", "a finite number above 0", self.smoothing));
        }
        let share = self.variance_floor.share();
        if !share.is_finite() || share <= 0.0 {
            return Err(parameter("variance_floor", "a finite share above 0", share));
        }
        Ok(())
    }
}

impl Fit<Labeled<'_, ClassIdx>> for NaiveBayes {
    type Model = NaiveBayesModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<NaiveBayesModel, Error> {
        self.validate()?;
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "naive Bayes")?;
        let sample = sample.class_weighted(&self.class_weights, data, n_classes)?;
        check_cells(data, &sample)?;
        let labels: Vec<usize> =
            sample.rows.iter().map(|&row| data.labels()[row as usize].index()).collect();
        let cells = by_column(data, &sample);
        let rows = factor::Rows { cells: &cells, sample: &sample, labels: &labels, n_classes };
        let columns = data.schema().columns();
        let threads = Threads::for_work(sample.len() * columns.len() * 4);
        let spread = par::map(columns.len(), threads, |j| match columns[j].kind() {
            ColumnKind::Category { .. } | ColumnKind::Flag => None,
            _ => rows.moments(j),
        });
        let greatest = spread.iter().flatten().map(|all| all.variance()).fold(0.0, f64::max);
        let factors = par::map(columns.len(), threads, |j| match columns[j].kind() {
            ColumnKind::Category { levels, unseen } => {
                rows.levels(j, levels.len(), *unseen as usize, self.smoothing)
            }
            ColumnKind::Flag => rows.flag(j, self.smoothing),
            _ => spread[j].as_ref().map_or(Factor::Nothing, |all| {
                let floor = match self.variance_floor {
                    VarianceFloor::OfColumn(share) => share * all.variance(),
                    VarianceFloor::OfGreatest(share) => share * greatest,
                };
                rows.normal(j, all, floor)
            }),
        });
        let totals = class_weights(data, &sample, n_classes);
        let shares: Vec<f64> = totals.iter().map(|total| total / sample.total).collect();
        Ok(NaiveBayesModel::new(data.schema().clone(), shares, factors))
    }
}

impl Seeded for NaiveBayes {
    fn reseeded(&self, _seed: u64) -> Self {
        self.clone()
    }
}
