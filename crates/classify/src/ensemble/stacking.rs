//! Several models, and one that has learnt whom to believe.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};
use patronage_core::{
    BoxError, ClassIdx, Classifier, Column, FeatureTable, Fit, Labeled, Schema, Seeded,
};

use super::AnyClassifier;
use super::members::{Kept, Members, member_setters};
use crate::error::{Error, ErrorKind, parameter};
use crate::logistic::{LogisticModel, LogisticRegression};
use crate::sample::{Sample, n_classes};
use crate::scratch;
use crate::splits::stratified_folds;

/// Several models of any kinds, and a logistic regression of what they say.
///
/// The last model learns from probabilities that each member gives to rows it was not fitted on
/// (out of fold, classes dealt out evenly, a row that is drawn twice in one fold); then members are
/// fitted again on all rows. With two classes each member has one column, the probability of class
/// 1; with more, one for each class.
///
/// Cost: each member is fitted `folds + 1` times, in parallel.
///
/// # Errors
///
/// Fitting fails when there is no member, two share a name, there are fewer than two folds or fewer
/// rows than folds, or a member or the last model fails (it is named).
///
/// # References
///
/// Wolpert, 1992, *Stacked generalization*. Ting and Witten, 1999, *Issues in stacked
/// generalization*.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, NaiveBayes, Stacking};
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let table = FeatureTable::new(schema, Array2::from_shape_fn((40, 1), |(i, _)| i as f64))?;
/// let bought: Vec<ClassIdx> = (0..40).map(|i| ClassIdx::new(u32::from(i < 20))).collect();
/// let stack = Stacking::new()
///     .member("tree", DecisionTree::new().max_depth(2))
///     .member("bayes", NaiveBayes::new());
/// let model = stack.fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(model.predict(&table)?, bought);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stacking {
    members: Members<AnyClassifier>,
    n_folds: usize,
    last: LogisticRegression,
    seed: u64,
}

impl Default for Stacking {
    fn default() -> Self {
        Self::new()
    }
}

impl Stacking {
    /// No member yet; five folds.
    #[must_use]
    pub const fn new() -> Self {
        Self { members: Members::new(), n_folds: 5, last: LogisticRegression::new(), seed: 0 }
    }

    member_setters!(ClassIdx, AnyClassifier, Classifier);

    /// Folds in which members are fitted for the last model to learn from; default `5`, at least `2`.
    #[must_use]
    pub const fn folds(mut self, n_folds: usize) -> Self {
        self.n_folds = n_folds;
        self
    }

    /// The last model; default a logistic regression with its own defaults.
    #[must_use]
    pub fn last(mut self, last: LogisticRegression) -> Self {
        self.last = last;
        self
    }

    /// Seed of the folds; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The folds, each of distinct rows of the table.
    fn tests(&self, data: &Labeled<'_, ClassIdx>) -> Result<Vec<Vec<u32>>, Error> {
        let rows = Sample::new(data, "stacking")?.rows;
        let labels: Vec<ClassIdx> = rows.iter().map(|&row| data.labels()[row as usize]).collect();
        let splits = stratified_folds(&labels, self.n_folds, self.seed)?;
        Ok(splits
            .iter()
            .map(|split| split.test.iter().map(|&at| rows[at as usize]).collect())
            .collect())
    }
}

/// The classes whose probabilities the last model sees.
const fn columns_of(n_classes: usize) -> std::ops::Range<usize> {
    if n_classes == 2 { 1..2 } else { 0..n_classes }
}

impl Fit<Labeled<'_, ClassIdx>> for Stacking {
    type Model = StackingModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<StackingModel, Error> {
        self.members.validate()?;
        if self.n_folds < 2 {
            return Err(parameter("folds", "at least 2", self.n_folds as f64));
        }
        let n_classes = n_classes(data)?;
        let classes = columns_of(n_classes);
        let said = self.members.out_of_fold(data, &self.tests(data)?, n_classes, &classes)?;
        let names = self.members.names();
        let columns = names.iter().flat_map(|name| {
            classes.clone().map(move |class| Column::number(format!("{name}: class {class}")))
        });
        let table = FeatureTable::new(Schema::new(columns)?, said)?;
        let weights = crate::sample::table_weights(data);
        let mut last = Labeled::new(&table, data.labels())?;
        if let Some(weights) = &weights {
            last = last.weighted(weights)?;
        }
        if let Some(rows) = data.rows() {
            last = last.select(rows)?;
        }
        let last = self.last.fit(&last).map_err(|error| {
            Error::from(ErrorKind::Part {
                part: "last model of a stack".into(),
                source: error.into(),
            })
        })?;
        let members = self.members.fit_all(data, n_classes)?;
        Ok(StackingModel { schema: data.schema().clone(), names, members, last })
    }
}

impl Seeded for Stacking {
    fn reseeded(&self, seed: u64) -> Self {
        let (n_folds, last) = (self.n_folds, self.last.clone());
        Self { members: self.members.reseeded(seed), n_folds, last, seed }
    }
}

/// A fitted stack.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct StackingModel {
    schema: Schema,
    names: Vec<String>,
    members: Vec<AnyClassifier>,
    last: LogisticModel,
}

impl StackingModel {
    /// The members with their names, in order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, &AnyClassifier)> {
        self.names.iter().map(String::as_str).zip(&self.members)
    }

    /// The last model; its columns are the members' probabilities.
    #[must_use]
    pub const fn last(&self) -> &LogisticModel {
        &self.last
    }
}

/// Rows predicted at a time, so that what members say stays small whatever the number of rows.
const AT_A_TIME: usize = 1 << 16;

impl Classifier for StackingModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.last.n_classes()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        let classes = columns_of(self.n_classes());
        scratch::lend(classes.len() * self.members.len(), |said| {
            for (member, said) in self.members.iter().zip(said.chunks_exact_mut(classes.len())) {
                // The place for the answer serves for the members' answers before.
                member.probabilities(row, out);
                said.copy_from_slice(&out[classes.clone()]);
            }
            self.last.probabilities(said, out);
        });
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        let classes = columns_of(self.n_classes());
        for from in (0..rows.nrows()).step_by(AT_A_TIME) {
            let part = Slice::from(from..(from + AT_A_TIME).min(rows.nrows()));
            let (rows, mut out) =
                (rows.slice_axis(Axis(0), part), out.slice_axis_mut(Axis(0), part));
            let mut said = Array2::zeros((rows.nrows(), classes.len() * self.members.len()));
            for (at, member) in self.members.iter().enumerate() {
                member.probabilities_rows(rows, out.view_mut());
                let columns = at * classes.len()..(at + 1) * classes.len();
                said.slice_axis_mut(Axis(1), Slice::from(columns))
                    .assign(&out.slice_axis(Axis(1), Slice::from(classes.clone())));
            }
            self.last.probabilities_rows(said.view(), out);
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    names: Vec<String>,
    members: Vec<AnyClassifier>,
    last: LogisticModel,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for StackingModel {
    type Error = crate::saved::Broken;

    fn try_from(Repr { schema, names, members, last }: Repr) -> Result<Self, Self::Error> {
        use crate::saved::ensure;
        let n_classes = last.n_classes();
        ensure(n_classes >= 2, "last", "a model of two classes at least")?;
        super::members::check_members(&schema, n_classes, &names, &members)?;
        let width = columns_of(n_classes).len() * members.len();
        ensure(last.schema().len() == width, "last", "a column for each member and class")?;
        Ok(Self { schema, names, members, last })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for StackingModel {
    const TAG: &'static str = "classify/stacking";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
