//! A model of any kind.

use std::sync::Arc;

use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{Classifier, Regressor, Schema};

use super::{StackingModel, StackingRegressorModel, VotingModel, VotingRegressorModel};
use crate::baseline::{BaselineModel, BaselineRegressor};
use crate::bayes::NaiveBayesModel;
use crate::boost::{GradientBoostingModel, GradientBoostingRegressorModel};
use crate::forest::{ForestModel, ForestRegressorModel};
use crate::logistic::LogisticModel;
use crate::neighbours::{KNearestModel, KNearestRegressor};
use crate::prepare::PreparedModel;
use crate::tree::{DecisionTreeModel, RegressionTreeModel};

/// A model of one of several kinds that answers as `$answers` does, saved under a tag.
macro_rules! any_model {
    (
        $(#[$doc:meta])*
        $any:ident: $answers:ident, $tag:literal;
        $($(#[$kind:meta])* $variant:ident($model:ty),)*
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Deserialize, serde::Serialize),
            serde(rename_all = "snake_case")
        )]
        #[non_exhaustive]
        pub enum $any {
            $($(#[$kind])* $variant(Box<$model>),)*
            /// A model of prepared rows.
            Prepared(Box<PreparedModel<$any>>),
            /// A model of another kind, which cannot be saved.
            #[cfg_attr(feature = "serde", serde(skip))]
            Other(Arc<dyn $answers>),
        }

        impl $any {
            /// A model of anyone's own kind.
            pub fn other<M: $answers + 'static>(model: M) -> Self {
                Self::Other(Arc::new(model))
            }

            fn inner(&self) -> &dyn $answers {
                match self {
                    $(Self::$variant(model) => &**model,)*
                    Self::Prepared(model) => &**model,
                    Self::Other(model) => &**model,
                }
            }
        }

        impl std::fmt::Debug for $any {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant(model) => std::fmt::Debug::fmt(model, f),)*
                    Self::Prepared(model) => model.fmt(f),
                    Self::Other(model) => f.debug_tuple("Other").field(model.schema()).finish(),
                }
            }
        }

        /// Models of other kinds are equal where they are the same one.
        impl PartialEq for $any {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$variant(a), Self::$variant(b)) => a == b,)*
                    (Self::Prepared(a), Self::Prepared(b)) => a == b,
                    (Self::Other(a), Self::Other(b)) => Arc::ptr_eq(a, b),
                    _ => false,
                }
            }
        }

        $(impl From<$model> for $any {
            fn from(model: $model) -> Self {
                Self::$variant(Box::new(model))
            }
        })*

        impl<M: Into<Self>> From<PreparedModel<M>> for $any {
            fn from(model: PreparedModel<M>) -> Self {
                Self::Prepared(Box::new(model.map(Into::into)))
            }
        }

        #[cfg(feature = "serde")]
        impl patronage_core::SavedModel for $any {
            const TAG: &'static str = $tag;
            const VERSION: u32 = 1;

            fn takes(&self) -> Option<&Schema> {
                Some(self.inner().schema())
            }
        }
    };
}

any_model! {
    /// A fitted classifier of one of this crate's kinds, or anyone's: what an ensemble is made of.
    ///
    /// Models of this crate become one by `into()` and can be saved in it; anyone's own does by
    /// [`AnyClassifier::other`] and cannot.
    AnyClassifier: Classifier, "classify/any";
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
    /// A vote.
    Voting(VotingModel),
    /// A stack.
    Stacking(StackingModel),
}

any_model! {
    /// A fitted regressor of one of this crate's kinds, or anyone's: what an ensemble of numbers is
    /// made of.
    ///
    /// Models of this crate become one by `into()` and can be saved in it; anyone's own does by
    /// [`AnyRegressor::other`] and cannot.
    AnyRegressor: Regressor, "classify/any_regressor";
    /// A baseline.
    Baseline(BaselineRegressor),
    /// A regression tree.
    Tree(RegressionTreeModel),
    /// A forest.
    Forest(ForestRegressorModel),
    /// Boosted trees.
    Boosting(GradientBoostingRegressorModel),
    /// Nearest neighbours.
    KNearest(KNearestRegressor),
    /// A mean of several.
    Voting(VotingRegressorModel),
    /// A stack.
    Stacking(StackingRegressorModel),
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

impl Regressor for AnyRegressor {
    fn schema(&self) -> &Schema {
        self.inner().schema()
    }

    fn value(&self, row: &[f64]) -> f64 {
        self.inner().value(row)
    }

    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        self.inner().value_rows(rows, out);
    }
}
