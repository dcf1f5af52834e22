//! What is explained: a base score, and trees that add to it.

use std::borrow::Cow;

use patronage_core::{ClassIdx, Schema};

use crate::boost::{GradientBoostingModel, GradientBoostingRegressorModel};
use crate::error::{Error, ErrorKind};
use crate::forest::{ForestModel, ForestRegressorModel};
use crate::tree::nodes::Nodes;
use crate::tree::{DecisionTreeModel, RegressionTreeModel};

/// What a score means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ScoreKind {
    /// The log-odds of the class against the only other.
    LogOdds,
    /// The logarithm of the class's weight among several: probabilities are their softmax.
    LogWeight,
    /// The probability of the class.
    Probability,
    /// The answer itself.
    Value,
    /// The logarithm of the answer.
    LogValue,
}

/// One tree.
#[derive(Debug)]
pub(super) struct Term<'a> {
    pub(super) nodes: &'a Nodes,
    /// The weight of rows of each node.
    pub(super) covers: Cow<'a, [f64]>,
    /// What each node answers, heeded for leaves.
    pub(super) values: Cow<'a, [f64]>,
    /// By which answers are multiplied.
    pub(super) scale: f64,
}

/// Trees whose answers add up to a score.
#[derive(Debug)]
pub struct Terms<'a> {
    pub(super) schema: &'a Schema,
    pub(super) kind: ScoreKind,
    pub(super) base: f64,
    pub(super) trees: Vec<Term<'a>>,
}

/// A classifier of trees, whose score for a class [`TreeShap`](super::TreeShap) explains.
///
/// Sealed: implemented by the models of this crate.
pub trait TreeClassifier: sealed::Sealed {
    /// The trees behind the score of a class.
    ///
    /// # Errors
    ///
    /// When the model has no score for the class.
    #[doc(hidden)]
    fn terms(&self, class: ClassIdx) -> Result<Terms<'_>, Error>;
}

/// A regressor of trees, whose score [`TreeShap`](super::TreeShap) explains.
///
/// Sealed: implemented by the models of this crate.
pub trait TreeRegressor: sealed::Sealed {
    /// The trees behind the score.
    #[doc(hidden)]
    fn terms(&self) -> Terms<'_>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::GradientBoostingModel {}
    impl Sealed for super::GradientBoostingRegressorModel {}
    impl Sealed for super::ForestModel {}
    impl Sealed for super::DecisionTreeModel {}
    impl Sealed for super::RegressionTreeModel {}
    impl Sealed for super::ForestRegressorModel {}
}

fn no_such_class(n_classes: usize, found: ClassIdx) -> Error {
    ErrorKind::NoSuchClass { what: "class to explain", n_classes, found: found.index() }.into()
}

/// Log-odds of the class (or of its weight, with more than two classes).
impl TreeClassifier for GradientBoostingModel {
    fn terms(&self, class: ClassIdx) -> Result<Terms<'_>, Error> {
        let ensemble = self.ensemble();
        let present = self.present();
        let place = present.binary_search(&class.get()).ok().filter(|_| present.len() > 1);
        let Some(place) = place else {
            return Err(no_such_class(if present.len() > 1 { present.len() } else { 0 }, class));
        };
        let two = present.len() == 2;
        let (output, scale) = match (two, place) {
            (true, 0) => (0, -1.0),
            (true, _) => (0, 1.0),
            (false, place) => (place, 1.0),
        };
        let kind = if two { ScoreKind::LogOdds } else { ScoreKind::LogWeight };
        Ok(Terms { kind, ..of_ensemble(ensemble, output, scale) })
    }
}

/// The value, or its logarithm for Poisson loss.
impl TreeRegressor for GradientBoostingRegressorModel {
    fn terms(&self) -> Terms<'_> {
        let kind = if self.is_log() { ScoreKind::LogValue } else { ScoreKind::Value };
        Terms { kind, ..of_ensemble(self.ensemble(), 0, 1.0) }
    }
}

fn of_ensemble(
    ensemble: &crate::boost::ensemble::Ensemble,
    output: usize,
    scale: f64,
) -> Terms<'_> {
    let trees = ensemble.trees.iter().skip(output).step_by(ensemble.n_outputs());
    let trees = trees.map(|tree| Term {
        nodes: &tree.nodes,
        covers: Cow::Borrowed(&tree.covers),
        values: Cow::Borrowed(&tree.values),
        scale,
    });
    Terms {
        schema: &ensemble.schema,
        kind: ScoreKind::Value,
        base: ensemble.base[output] * scale,
        trees: trees.collect(),
    }
}

/// The probability.
impl TreeClassifier for ForestModel {
    fn terms(&self, class: ClassIdx) -> Result<Terms<'_>, Error> {
        use patronage_core::Classifier as _;
        let n_classes = self.n_classes();
        if class.index() >= n_classes {
            return Err(no_such_class(n_classes, class));
        }
        let scale = 1.0 / self.n_trees() as f64;
        let of_class = |probabilities: &[f64]| {
            probabilities.iter().skip(class.index()).step_by(n_classes).copied().collect()
        };
        let trees = self.parts().map(|(nodes, probabilities, covers)| Term {
            nodes,
            covers: Cow::Borrowed(covers),
            values: Cow::Owned(of_class(probabilities)),
            scale,
        });
        let trees: Vec<Term<'_>> = trees.collect();
        if trees.iter().any(|tree| tree.covers.len() != tree.nodes.0.len()) {
            return Err(ErrorKind::NoCovers.into());
        }
        Ok(Terms { schema: self.schema(), kind: ScoreKind::Probability, base: 0.0, trees })
    }
}

/// The probability.
impl TreeClassifier for DecisionTreeModel {
    fn terms(&self, class: ClassIdx) -> Result<Terms<'_>, Error> {
        use patronage_core::Classifier as _;
        let n_classes = self.n_classes();
        if class.index() >= n_classes {
            return Err(no_such_class(n_classes, class));
        }
        let (nodes, probabilities, weights) = self.parts();
        let values = probabilities.iter().skip(class.index()).step_by(n_classes).copied();
        let covers = weights.chunks_exact(n_classes).map(|weights| weights.iter().sum());
        let tree = Term {
            nodes,
            covers: Cow::Owned(covers.collect()),
            values: Cow::Owned(values.collect()),
            scale: 1.0,
        };
        let (schema, kind) = (self.schema(), ScoreKind::Probability);
        Ok(Terms { schema, kind, base: 0.0, trees: vec![tree] })
    }
}

/// The mean of the trees' answers.
impl TreeRegressor for ForestRegressorModel {
    fn terms(&self) -> Terms<'_> {
        use patronage_core::Regressor as _;
        let scale = 1.0 / self.n_trees() as f64;
        let trees = self.parts().map(|(nodes, values, covers)| Term {
            nodes,
            covers: Cow::Borrowed(covers),
            values: Cow::Borrowed(values),
            scale,
        });
        let trees = trees.collect();
        Terms { schema: self.schema(), kind: ScoreKind::Value, base: 0.0, trees }
    }
}

/// The value; nodes weigh as their rows do.
impl TreeRegressor for RegressionTreeModel {
    fn terms(&self) -> Terms<'_> {
        use patronage_core::Regressor as _;
        let (nodes, values, covers) = self.parts();
        let tree = Term { nodes, covers, values: Cow::Borrowed(values), scale: 1.0 };
        Terms { schema: self.schema(), kind: ScoreKind::Value, base: 0.0, trees: vec![tree] }
    }
}
