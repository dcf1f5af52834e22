//! Several models, and the mean of what they say.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};
use patronage_core::{BoxError, ClassIdx, Classifier, Fit, Labeled, Schema, Seeded, most_probable};

use super::AnyClassifier;
use super::members::{Kept, Members, member_setters};
use crate::error::Error;
use crate::sample::n_classes;
use crate::scratch;

/// What members vote with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
enum Ballot {
    Probabilities,
    Classes,
}

/// A vote of several models, of any kinds.
///
/// ```text
/// soft:  p(k | x) = sum over members of weight · p_member(k | x)
/// hard:  p(k | x) = sum of the weights of the members whose most probable class is k
/// ```
///
/// with weights that sum to 1. A soft vote of models that err differently is better than their
/// mean; the probabilities of a hard vote are shares of votes, and not calibrated.
///
/// # Errors
///
/// Fitting fails when there is no member, two share a name, weights do not fit, or a member fails
/// (it is named).
///
/// # References
///
/// Kuncheva, 2014, *Combining Pattern Classifiers*, chapters 4 and 5.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{DecisionTree, LogisticRegression, NaiveBayes, Voting};
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days")])?;
/// let table = FeatureTable::new(schema, array![[3.0], [9.0], [70.0], [200.0]])?;
/// let bought = [1, 1, 0, 0].map(ClassIdx::new);
/// let vote = Voting::soft()
///     .member("linear", LogisticRegression::new())
///     .member("tree", DecisionTree::new().max_depth(2))
///     .member("bayes", NaiveBayes::new())
///     .weights(vec![2.0, 1.0, 1.0]);
/// let model = vote.fit(&Labeled::new(&table, &bought)?)?;
/// assert_eq!(model.predict(&table)?, bought);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Voting {
    members: Members<AnyClassifier>,
    weights: Option<Vec<f64>>,
    ballot: Ballot,
}

impl Voting {
    /// Members vote with their probabilities.
    #[must_use]
    pub const fn soft() -> Self {
        Self { members: Members::new(), weights: None, ballot: Ballot::Probabilities }
    }

    /// Members vote for their most probable class, the first of equals.
    #[must_use]
    pub const fn hard() -> Self {
        Self { members: Members::new(), weights: None, ballot: Ballot::Classes }
    }

    member_setters!(ClassIdx, AnyClassifier, Classifier);

    /// What each member's vote counts; default all the same. Finite, at least 0, not all 0.
    #[must_use]
    pub fn weights(mut self, weights: Vec<f64>) -> Self {
        self.weights = Some(weights);
        self
    }
}

impl Fit<Labeled<'_, ClassIdx>> for Voting {
    type Model = VotingModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<VotingModel, Error> {
        self.members.validate()?;
        let weights = self.members.shares(self.weights.as_deref())?;
        let n_classes = n_classes(data)?;
        let members = self.members.fit_all(data, n_classes)?;
        let (schema, names, ballot) = (data.schema().clone(), self.members.names(), self.ballot);
        Ok(VotingModel { schema, n_classes, names, weights, ballot, members })
    }
}

impl Seeded for Voting {
    fn reseeded(&self, seed: u64) -> Self {
        let (weights, ballot) = (self.weights.clone(), self.ballot);
        Self { members: self.members.reseeded(seed), weights, ballot }
    }
}

/// A fitted vote.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct VotingModel {
    schema: Schema,
    n_classes: usize,
    names: Vec<String>,
    /// They sum to 1.
    weights: Vec<f64>,
    ballot: Ballot,
    members: Vec<AnyClassifier>,
}

impl VotingModel {
    /// The members with their names, in order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, &AnyClassifier)> {
        self.names.iter().map(String::as_str).zip(&self.members)
    }

    /// Members of no weight are not asked.
    fn asked(&self) -> impl Iterator<Item = (&AnyClassifier, f64)> {
        let asked = self.members.iter().zip(&self.weights);
        asked.filter(|(_, weight)| **weight > 0.0).map(|(member, &weight)| (member, weight))
    }

    /// Adds what a member says of a row.
    fn add(&self, weight: f64, said: &[f64], out: &mut [f64]) {
        match self.ballot {
            Ballot::Probabilities => {
                out.iter_mut().zip(said).for_each(|(out, p)| *out += weight * p);
            }
            Ballot::Classes => out[most_probable(said.iter().copied()).index()] += weight,
        }
    }
}

/// Rows answered at a time, so that what members say stays small whatever the number of rows.
const AT_A_TIME: usize = 1 << 16;

impl Classifier for VotingModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(out.len(), self.n_classes, "one place for each class");
        out.fill(0.0);
        scratch::lend(self.n_classes, |said| {
            for (member, weight) in self.asked() {
                member.probabilities(row, said);
                self.add(weight, said, out);
            }
        });
        keep_below_one(out.iter_mut());
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        for from in (0..rows.nrows()).step_by(AT_A_TIME) {
            let part = Slice::from(from..(from + AT_A_TIME).min(rows.nrows()));
            let rows = rows.slice_axis(Axis(0), part);
            let mut sums: Array2<f64> = Array2::zeros((rows.nrows(), self.n_classes));
            let mut said = sums.clone();
            for (member, weight) in self.asked() {
                member.probabilities_rows(rows, said.view_mut());
                for (mut sums, said) in sums.rows_mut().into_iter().zip(said.rows()) {
                    let sums = sums.as_slice_mut().expect("a fresh matrix is row-major");
                    self.add(weight, said.to_slice().expect("a fresh matrix is row-major"), sums);
                }
            }
            keep_below_one(sums.iter_mut());
            out.slice_axis_mut(Axis(0), part).assign(&sums);
        }
    }
}

/// Weights that sum to 1 may exceed it by a rounding.
fn keep_below_one<'a>(probabilities: impl Iterator<Item = &'a mut f64>) {
    probabilities.for_each(|p| *p = p.min(1.0));
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    n_classes: usize,
    names: Vec<String>,
    weights: Vec<f64>,
    ballot: Ballot,
    members: Vec<AnyClassifier>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for VotingModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_distribution, ensure};
        let Repr { schema, n_classes, names, weights, ballot, members } = repr;
        super::members::check_members(&schema, n_classes, &names, &members)?;
        ensure(weights.len() == members.len(), "weights", "one for each member")?;
        check_distribution("weights", &weights)?;
        Ok(Self { schema, n_classes, names, weights, ballot, members })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for VotingModel {
    const TAG: &'static str = "classify/voting";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
