//! Several models, and the mean of the numbers they give.

use std::sync::Arc;

use ndarray::{ArrayView2, Axis, Slice};
use patronage_core::{BoxError, Fit, Labeled, Regressor, Schema, Seeded};

use super::AnyRegressor;
use super::members::{Kept, Members, member_setters};
use crate::error::Error;

/// The mean of several regressors, of any kinds.
///
/// ```text
/// y(x) = sum over members of weight · y_member(x),   weights at least 0 that sum to 1
/// ```
///
/// The squared error of the mean is at most the mean of the members' squared errors: less by the
/// variance of what they say (the ambiguity decomposition).
///
/// # Errors
///
/// Fitting fails when there is no member, two share a name, weights do not fit, or a member fails
/// (it is named).
///
/// # References
///
/// Krogh and Vedelsby, 1995, *Neural network ensembles, cross validation, and active learning*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{Baseline, RegressionTree, VotingRegressor};
/// use patronage_core::{Column, FeatureTable, Fit, Labeled, RegressorExt, Schema};
///
/// let schema = Schema::new([Column::number("frequency")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [2.0], [8.0], [9.0]])?;
/// let spend = [10.0, 10.0, 50.0, 50.0];
/// let vote = VotingRegressor::new()
///     .member("tree", RegressionTree::new())
///     .member("mean", Baseline::new())
///     .weights(vec![3.0, 1.0]);
/// let model = vote.fit(&Labeled::new(&table, &spend)?)?;
/// // Three quarters of what the tree says, a quarter of the mean, 30.
/// assert_eq!(model.predict(&table)?, [15.0, 15.0, 45.0, 45.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct VotingRegressor {
    members: Members<AnyRegressor>,
    weights: Option<Vec<f64>>,
}

impl Default for VotingRegressor {
    fn default() -> Self {
        Self::new()
    }
}

impl VotingRegressor {
    /// No member yet; all will count the same.
    #[must_use]
    pub const fn new() -> Self {
        Self { members: Members::new(), weights: None }
    }

    member_setters!(f64, AnyRegressor, Regressor);

    /// What each member counts; default all the same. Finite, at least 0, not all 0.
    #[must_use]
    pub fn weights(mut self, weights: Vec<f64>) -> Self {
        self.weights = Some(weights);
        self
    }
}

impl Fit<Labeled<'_, f64>> for VotingRegressor {
    type Model = VotingRegressorModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, f64>) -> Result<VotingRegressorModel, Error> {
        self.members.validate()?;
        let weights = self.members.shares(self.weights.as_deref())?;
        let (schema, names) = (data.schema().clone(), self.members.names());
        let members = self.members.fit_all(data, 1)?;
        Ok(VotingRegressorModel(Mixture { schema, names, weights, members }))
    }
}

impl Seeded for VotingRegressor {
    fn reseeded(&self, seed: u64) -> Self {
        Self { members: self.members.reseeded(seed), weights: self.weights.clone() }
    }
}

/// Rows answered at a time.
const AT_A_TIME: usize = 1 << 16;

/// Members with weights that sum to 1: what a mean and a stack of numbers are.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub(super) struct Mixture {
    pub(super) schema: Schema,
    pub(super) names: Vec<String>,
    pub(super) weights: Vec<f64>,
    pub(super) members: Vec<AnyRegressor>,
}

impl Mixture {
    pub(super) fn members(&self) -> impl ExactSizeIterator<Item = (&str, f64, &AnyRegressor)> {
        let named = self.names.iter().zip(&self.weights).zip(&self.members);
        named.map(|((name, &weight), member)| (name.as_str(), weight, member))
    }

    /// Members of no weight are not asked.
    fn asked(&self) -> impl Iterator<Item = (f64, &AnyRegressor)> {
        let asked = self.weights.iter().zip(&self.members);
        asked.filter(|(weight, _)| **weight > 0.0).map(|(&weight, member)| (weight, member))
    }

    pub(super) fn value(&self, row: &[f64]) -> f64 {
        let sum: f64 = self.asked().map(|(weight, member)| weight * member.value(row)).sum();
        sum.clamp(-f64::MAX, f64::MAX)
    }

    pub(super) fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        assert_eq!(rows.nrows(), out.len(), "one place for each row");
        // Some at a time, so that what members say stays small whatever the number of rows.
        for (out, from) in out.chunks_mut(AT_A_TIME).zip((0..).step_by(AT_A_TIME)) {
            let rows = rows.slice_axis(Axis(0), Slice::from(from..from + out.len()));
            let mut said = vec![0.0; out.len()];
            out.fill(0.0);
            for (weight, member) in self.asked() {
                member.value_rows(rows, &mut said);
                out.iter_mut().zip(&said).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        out.iter_mut().for_each(|sum| *sum = sum.clamp(-f64::MAX, f64::MAX));
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    names: Vec<String>,
    weights: Vec<f64>,
    members: Vec<AnyRegressor>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for Mixture {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_distribution, ensure};
        let Repr { schema, names, weights, members } = repr;
        super::members::check_members(&schema, 1, &names, &members)?;
        ensure(weights.len() == members.len(), "weights", "one for each member")?;
        check_distribution("weights", &weights)?;
        Ok(Self { schema, names, weights, members })
    }
}

/// What is common to the two models that are a mixture: both answer with its mean.
macro_rules! mixture_model {
    ($model:ident, $tag:literal) => {
        impl $model {
            /// The members with their names and weights, in order.
            pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, f64, &AnyRegressor)> {
                self.0.members()
            }
        }

        impl Regressor for $model {
            fn schema(&self) -> &Schema {
                &self.0.schema
            }

            fn value(&self, row: &[f64]) -> f64 {
                self.0.value(row)
            }

            fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
                self.0.value_rows(rows, out);
            }
        }

        #[cfg(feature = "serde")]
        impl patronage_core::SavedModel for $model {
            const TAG: &'static str = $tag;
            const VERSION: u32 = 1;

            fn takes(&self) -> Option<&Schema> {
                Some(&self.0.schema)
            }
        }
    };
}

pub(super) use mixture_model;

/// A fitted mean of several regressors.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct VotingRegressorModel(Mixture);

mixture_model!(VotingRegressorModel, "classify/voting_regressor");
