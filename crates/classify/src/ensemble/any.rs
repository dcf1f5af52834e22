//! A model of any kind.

use std::sync::Arc;

use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{Classifier, Schema};

use super::{StackingModel, VotingModel};
use crate::baseline::BaselineModel;
use crate::bayes::NaiveBayesModel;
use crate::boost::GradientBoostingModel;
use crate::forest::ForestModel;
use crate::logistic::LogisticModel;
use crate::neighbours::KNearestModel;
use crate::prepare::PreparedModel;
use crate::tree::DecisionTreeModel;

/// A fitted classifier of one of this crate's kinds, or anyone's: what an ensemble is made of.
///
/// Models of this crate become one by `into()` and can be saved in it; anyone's own does by
/// [`AnyClassifier::other`] and cannot.
#[derive(Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum AnyClassifier {
    /// A baseline.
    Baseline(BaselineModel),
    /// A logistic regression.
    Logistic(LogisticModel),
    /// A decision tree.
    Tree(DecisionTreeModel),
    /// A forest.
    Forest(ForestModel),
    /// Boosted trees.
    Boosting(GradientBoostingModel),
    /// A naive Bayes classifier.
    NaiveBayes(NaiveBayesModel),
    /// Nearest neighbours.
    KNearest(KNearestModel),
    /// A model of prepared rows.
    Prepared(Box<PreparedModel<AnyClassifier>>),
    /// A vote.
    Voting(Box<VotingModel>),
    /// A stack.
    Stacking(Box<StackingModel>),
    /// A model of another kind, which cannot be saved.
    #[cfg_attr(feature = "serde", serde(skip))]
    Other(Arc<dyn Classifier>),
}

impl AnyClassifier {
    /// A model of anyone's own kind.
    pub fn other(model: impl Classifier + 'static) -> Self {
        Self::Other(Arc::new(model))
    }

    fn inner(&self) -> &dyn Classifier {
        match self {
            Self::Baseline(model) => model,
            Self::Logistic(model) => model,
            Self::Tree(model) => model,
            Self::Forest(model) => model,
            Self::Boosting(model) => model,
            Self::NaiveBayes(model) => model,
            Self::KNearest(model) => model,
            Self::Prepared(model) => &**model,
            Self::Voting(model) => &**model,
            Self::Stacking(model) => &**model,
            Self::Other(model) => &**model,
        }
    }
}

impl std::fmt::Debug for AnyClassifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Baseline(model) => model.fmt(f),
            Self::Logistic(model) => model.fmt(f),
            Self::Tree(model) => std::fmt::Debug::fmt(model, f),
            Self::Forest(model) => model.fmt(f),
            Self::Boosting(model) => model.fmt(f),
            Self::NaiveBayes(model) => model.fmt(f),
            Self::KNearest(model) => model.fmt(f),
            Self::Prepared(model) => model.fmt(f),
            Self::Voting(model) => model.fmt(f),
            Self::Stacking(model) => model.fmt(f),
            Self::Other(model) => f.debug_tuple("Other").field(model.schema()).finish(),
        }
    }
}

/// Models of other kinds are equal where they are the same one.
impl PartialEq for AnyClassifier {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Baseline(a), Self::Baseline(b)) => a == b,
            (Self::Logistic(a), Self::Logistic(b)) => a == b,
            (Self::Tree(a), Self::Tree(b)) => a == b,
            (Self::Forest(a), Self::Forest(b)) => a == b,
            (Self::Boosting(a), Self::Boosting(b)) => a == b,
            (Self::NaiveBayes(a), Self::NaiveBayes(b)) => a == b,
            (Self::KNearest(a), Self::KNearest(b)) => a == b,
            (Self::Prepared(a), Self::Prepared(b)) => a == b,
            (Self::Voting(a), Self::Voting(b)) => a == b,
            (Self::Stacking(a), Self::Stacking(b)) => a == b,
            (Self::Other(a), Self::Other(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Classifier for AnyClassifier {
    fn schema(&self) -> &Schema {
        self.inner().schema()
    }

    fn n_classes(&self) -> usize {
        self.inner().n_classes()
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        self.inner().probabilities(row, out);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, out: ArrayViewMut2<'_, f64>) {
        self.inner().probabilities_rows(rows, out);
    }
}

macro_rules! becomes_any {
    ($($model:ty => $variant:ident,)*) => {
        $(impl From<$model> for AnyClassifier {
            fn from(model: $model) -> Self {
                Self::$variant(model.into())
            }
        })*
    };
}

becomes_any! {
    BaselineModel => Baseline,
    LogisticModel => Logistic,
    DecisionTreeModel => Tree,
    ForestModel => Forest,
    GradientBoostingModel => Boosting,
    NaiveBayesModel => NaiveBayes,
    KNearestModel => KNearest,
    VotingModel => Voting,
    StackingModel => Stacking,
}

impl<M: Into<Self>> From<PreparedModel<M>> for AnyClassifier {
    fn from(model: PreparedModel<M>) -> Self {
        Self::Prepared(Box::new(model.map(Into::into)))
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for AnyClassifier {
    const TAG: &'static str = "classify/any";
    const VERSION: u32 = 1;
}
