//! Columns prepared for a model, as steps that are learnt.

mod bin_steps;
mod evidence;
mod fitting;
mod level_steps;
mod map;
mod model;
mod number_steps;
mod outcome;
mod prepared;
mod steps;
mod target;
mod work;

use ndarray::Axis;
use patronage_core::{Date, FeatureTable, FeatureView, Fit, Labeled, Seeded};

use crate::error::Error;
use crate::sample::Sample;
pub use bin_steps::{Trend, WeightOfEvidence};
pub use evidence::{BinOf, Evidence, EvidenceBin};
pub use level_steps::{DropLevel, OneHot, Ordinal, Shrinkage, TargetEncoding, Unseen};
pub use model::FittedPreparation;
pub use number_steps::{Fill, Imputation, Indicator, Scaler};
use outcome::Supervision;
pub use prepared::{Prepared, PreparedModel};
pub use steps::{Select, Step};

/// Steps that make the columns a model wants of the columns there are, learnt from labelled rows.
///
/// Each step takes the columns it selects, by kind or by name, as the steps before left them; other
/// columns stay. The fitted preparation is bound to the source schema and takes its tables to tables of
/// the derived one. Derived columns are named after what was done to them
/// (`standardised(imputed(age))`), so that a model of prepared rows refuses raw ones, and are known
/// when their source is.
///
/// | step | takes | gives |
/// |---|---|---|
/// | [`impute`](Self::impute) | nullable numbers | numbers, and flags for the missing |
/// | [`one_hot`](Self::one_hot) | categories | a flag for each level |
/// | [`ordinal`](Self::ordinal) | categories | the code as a number |
/// | [`target_encode`](Self::target_encode) | categories | the mean outcome, out of fold for training rows |
/// | [`weight_of_evidence`](Self::weight_of_evidence) | any | the evidence of the bin |
/// | [`scale`](Self::scale) | numbers, flags, dates | numbers on one scale |
/// | [`days_before`](Self::days_before) | dates | days before a date |
/// | [`drop`](Self::drop) | any | nothing |
///
/// What becomes of levels never seen is declared by each step ([`Unseen`]); columns of another
/// name, kind, order or dictionary are refused. Rows of weight 0 do not take part; a weight of 2 is
/// a row twice. Fitting is O(steps · cells), with a sort for medians and bins.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, no row of positive weight takes part, a cell is
/// none its column admits, a name is unknown, a step cannot take a column it selects, or two
/// derived columns would share a name.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{Imputation, OneHot, Preparation, Select};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Features, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::nullable("age"), Column::category("plan", ["basic", "gold"])])?;
/// let cells = array![[20.0, 0.0], [f64::NAN, 1.0], [40.0, 0.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let labels = [0, 1, 0].map(ClassIdx::new);
/// let preparation = Preparation::new()
///     .impute(Select::Numbers, Imputation::default())
///     .one_hot(Select::Categories, OneHot::new())
///     .fit(&Labeled::new(&table, &labels)?)?;
/// let prepared = preparation.apply(&table)?;
/// let names: Vec<&str> = prepared.schema().columns().iter().map(|column| column.name()).collect();
/// assert_eq!(names, ["imputed(age)", "age is missing", "plan = basic", "plan = gold"]);
/// assert_eq!(prepared.row(1), [30.0, 1.0, 0.0, 1.0]);
/// assert_eq!(preparation.sum_back(&[0.1, 0.2, 0.3, 0.4])?, [0.1 + 0.2, 0.3 + 0.4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preparation {
    steps: Vec<(Select, Step)>,
}

impl Preparation {
    /// No step: columns as they are.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// What most models take: missing numbers become the mean with a flag beside it, categories
    /// one flag a level, and numbers and dates are standardised; flags stay.
    ///
    /// A date counts its days since 1970, so that what is learnt of it goes on in a straight line
    /// beyond the last training row; [`days_before`](Self::days_before) first is better where rows
    /// of another time will come.
    #[must_use]
    pub fn standard() -> Self {
        Self::new()
            .impute(Select::Numbers, Imputation::new(Fill::Mean))
            .one_hot(Select::Categories, OneHot::new())
            .scale(Select::Numbers, Scaler::Standard)
            .scale(Select::Dates, Scaler::Standard)
    }

    /// Then missing numbers are filled.
    #[must_use]
    pub fn impute(self, select: Select, imputation: Imputation) -> Self {
        self.step(select, Step::Impute(imputation))
    }

    /// Then levels become indicators.
    #[must_use]
    pub fn one_hot(self, select: Select, one_hot: OneHot) -> Self {
        self.step(select, Step::OneHot(one_hot))
    }

    /// Then levels become their codes.
    #[must_use]
    pub fn ordinal(self, select: Select, ordinal: Ordinal) -> Self {
        self.step(select, Step::Ordinal(ordinal))
    }

    /// Then levels become their mean outcomes.
    #[must_use]
    pub fn target_encode(self, select: Select, encoding: TargetEncoding) -> Self {
        self.step(select, Step::Target(encoding))
    }

    /// Then bins become their evidence.
    #[must_use]
    pub fn weight_of_evidence(self, select: Select, evidence: WeightOfEvidence) -> Self {
        self.step(select, Step::Evidence(evidence))
    }

    /// Then numbers are brought to one scale.
    #[must_use]
    pub fn scale(self, select: Select, scaler: Scaler) -> Self {
        self.step(select, Step::Scale(scaler))
    }

    /// Then dates become days before `date`, negative after it.
    #[must_use]
    pub fn days_before(self, select: Select, date: Date) -> Self {
        self.step(select, Step::DaysBefore(date))
    }

    /// Then columns are left out.
    #[must_use]
    pub fn drop(self, select: Select) -> Self {
        self.step(select, Step::Drop)
    }

    /// Then any step.
    #[must_use]
    pub fn step(mut self, select: Select, step: Step) -> Self {
        self.steps.push((select, step));
        self
    }

    /// Then the steps of another preparation.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// Fits, and prepares the very table it learns from: rows that take part have encoded targets
    /// out of fold, so that a model may learn from them; the others are prepared as new rows.
    ///
    /// Row i of the result is row i of the table, so that labels, weights and selections of rows
    /// stay as they are.
    ///
    /// # Errors
    ///
    /// As for fitting; and when a row that does not take part has a level that is refused.
    pub fn fit_apply<Y: Supervision>(
        &self,
        data: &Labeled<'_, Y>,
    ) -> Result<(FittedPreparation, FeatureTable), Error> {
        let sample = Sample::new(data, "preparation")?;
        let learnt = fitting::learn(&self.steps, data, &sample)?;
        let schema = data.schema().clone();
        let fitting::Learnt { columns, values, refusals, evidence } = learnt;
        let preparation = FittedPreparation::new(schema, columns, refusals, evidence)?;
        let mut cells = if sample.len() == data.table().nrows() {
            ndarray::Array2::zeros((sample.len(), preparation.prepared_schema().len()))
        } else {
            let rows = FeatureView::new(data.schema(), data.table())?;
            preparation.apply(&rows)?.into_parts().1
        };
        for (&row, at) in sample.rows.iter().zip(0_usize..) {
            let row = cells.index_axis_mut(Axis(0), row as usize);
            row.into_iter().zip(&values).for_each(|(cell, column)| *cell = column[at]);
        }
        let table = FeatureTable::new(preparation.prepared_schema().clone(), cells)?;
        Ok((preparation, table))
    }
}

impl<Y: Supervision> Fit<Labeled<'_, Y>> for Preparation {
    type Model = FittedPreparation;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, Y>) -> Result<FittedPreparation, Error> {
        let sample = Sample::new(data, "preparation")?;
        let fitting::Learnt { columns, refusals, evidence, .. } =
            fitting::learn(&self.steps, data, &sample)?;
        FittedPreparation::new(data.schema().clone(), columns, refusals, evidence)
    }
}

impl Seeded for Preparation {
    fn reseeded(&self, seed: u64) -> Self {
        let mut reseeded = self.clone();
        for (_, step) in &mut reseeded.steps {
            if let Step::Target(encoding) = step {
                *encoding = encoding.seed(seed);
            }
        }
        reseeded
    }
}
