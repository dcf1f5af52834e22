//! The parameters that both boosted estimators share.

use super::grow::Shape;
use super::levels::LevelRules;
use super::split::Penalties;
use super::train::Params;
use crate::error::{Error, parameter};

impl Params {
    pub(super) const fn new() -> Self {
        Self {
            n_rounds: 100,
            learning_rate: 0.1,
            shape: Shape {
                max_leaves: 31,
                max_depth: None,
                penalties: Penalties {
                    l1: 0.0,
                    l2: 1.0,
                    min_gain: 0.0,
                    min_samples_leaf: 20,
                    min_child_weight: 1e-3,
                },
                levels: LevelRules {
                    max_one_vs_rest: 4,
                    max_listed: 32,
                    smoothing: 10.0,
                    l2: 10.0,
                    min_group: 100,
                },
                columns_by_tree: 1.0,
                columns_by_node: 1.0,
            },
            max_bins: 255,
            row_share: 1.0,
            monotone: Vec::new(),
            interactions: Vec::new(),
            patience: None,
            seed: 0,
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let Shape { max_leaves, max_depth, penalties, levels, columns_by_tree, columns_by_node } =
            self.shape;
        let share = |name: &'static str, share: f64| {
            if share > 0.0 && share <= 1.0 {
                Ok(())
            } else {
                Err(parameter(name, "a share in (0, 1]", share))
            }
        };
        let penalty = |name: &'static str, value: f64| {
            if value.is_finite() && value >= 0.0 {
                Ok(())
            } else {
                Err(parameter(name, "a finite number, at least 0", value))
            }
        };
        let count = |name: &'static str,
                     range: &'static str,
                     least: usize,
                     most: usize,
                     n: usize| {
            if (least..=most).contains(&n) { Ok(()) } else { Err(parameter(name, range, n as f64)) }
        };
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(parameter("learning_rate", "a number in (0, 1]", self.learning_rate));
        }
        count("max_leaves", "at least 1, at most 65536", 1, 1 << 16, max_leaves)?;
        count("max_depth", "at least 1", 1, usize::MAX, max_depth.unwrap_or(1))?;
        count("max_bins", "at least 2, at most 255", 2, 255, self.max_bins)?;
        let most = u32::MAX as usize;
        count("min_samples_leaf", "at least 1", 1, most, penalties.min_samples_leaf as usize)?;
        count("patience", "at least 1", 1, usize::MAX, self.patience.unwrap_or(1))?;
        count("max_listed_levels", "at least 1", 1, usize::MAX, levels.max_listed)?;
        share("row_share", self.row_share)?;
        share("columns_by_tree", columns_by_tree)?;
        share("columns_by_node", columns_by_node)?;
        penalty("l1", penalties.l1)?;
        penalty("l2", penalties.l2)?;
        penalty("min_gain", penalties.min_gain)?;
        penalty("min_child_weight", penalties.min_child_weight)?;
        penalty("level_smoothing", levels.smoothing)?;
        penalty("level_l2", levels.l2)
    }
}

impl Shape {
    /// Whether every round looks at all columns.
    pub(super) fn draws_nothing(&self) -> bool {
        self.columns_by_tree >= 1.0 && self.columns_by_node >= 1.0
    }
}

/// The setters of both estimators.
macro_rules! setters {
    () => {
        /// Upper bound on rounds; default `100`. None at all leaves the base score.
        #[must_use]
        pub const fn n_rounds(mut self, n_rounds: usize) -> Self {
            self.params.n_rounds = n_rounds;
            self
        }

        /// By which the answers of each tree are multiplied; default `0.1`, in `(0, 1]`.
        #[must_use]
        pub const fn learning_rate(mut self, learning_rate: f64) -> Self {
            self.params.learning_rate = learning_rate;
            self
        }

        /// Upper bound on the leaves of a tree, split where it gains most; default `31`, at least
        /// `1`, at most `65,536`. Up to 256 the batch forms are fastest.
        #[must_use]
        pub const fn max_leaves(mut self, max_leaves: usize) -> Self {
            self.params.shape.max_leaves = max_leaves;
            self
        }

        /// Upper bound on the questions a tree asks of a row; default none, at least `1`.
        #[must_use]
        pub const fn max_depth(mut self, max_depth: usize) -> Self {
            self.params.shape.max_depth = Some(max_depth);
            self
        }

        /// Least number of rows in a leaf, repeats counted, weights not; default `20`, at least `1`.
        #[must_use]
        pub const fn min_samples_leaf(mut self, min_samples_leaf: u32) -> Self {
            self.params.shape.penalties.min_samples_leaf = min_samples_leaf;
            self
        }

        /// Least sum of second derivatives in a leaf; default `0.001`, at least `0`.
        #[must_use]
        pub const fn min_child_weight(mut self, min_child_weight: f64) -> Self {
            self.params.shape.penalties.min_child_weight = min_child_weight;
            self
        }

        /// Least gain of a split (twice the fall of the loss, to second order); default `0`, at
        /// least `0`.
        #[must_use]
        pub const fn min_gain(mut self, min_gain: f64) -> Self {
            self.params.shape.penalties.min_gain = min_gain;
            self
        }

        /// Taken off the size of a leaf's gradient; default `0`, at least `0`.
        #[must_use]
        pub const fn l1(mut self, l1: f64) -> Self {
            self.params.shape.penalties.l1 = l1;
            self
        }

        /// Added to a leaf's sum of second derivatives; default `1`, at least `0`.
        #[must_use]
        pub const fn l2(mut self, l2: f64) -> Self {
            self.params.shape.penalties.l2 = l2;
            self
        }

        /// Upper bound on the bins of a column, the missing apart; default `255`, at least `2`, at
        /// most `255`.
        #[must_use]
        pub const fn max_bins(mut self, max_bins: usize) -> Self {
            self.params.max_bins = max_bins;
            self
        }

        /// The share of rows each round learns from, drawn anew; default `1`, in `(0, 1]`.
        #[must_use]
        pub const fn row_share(mut self, row_share: f64) -> Self {
            self.params.row_share = row_share;
            self
        }

        /// The share of columns each tree may use, drawn anew; default `1`, in `(0, 1]`.
        #[must_use]
        pub const fn columns_by_tree(mut self, columns_by_tree: f64) -> Self {
            self.params.shape.columns_by_tree = columns_by_tree;
            self
        }

        /// The share of its tree's columns each split may use, drawn anew; default `1`, in `(0, 1]`.
        #[must_use]
        pub const fn columns_by_node(mut self, columns_by_node: f64) -> Self {
            self.params.shape.columns_by_node = columns_by_node;
            self
        }

        /// Categories of at most as many levels in a node are split one level against the rest;
        /// default `4`. Those of more are ordered by their mean gradient and cut in two.
        #[must_use]
        pub const fn max_one_vs_rest(mut self, max_one_vs_rest: usize) -> Self {
            self.params.shape.levels.max_one_vs_rest = max_one_vs_rest;
            self
        }

        /// Most levels on the smaller side of an ordered category; default `32`, at least `1`.
        #[must_use]
        pub const fn max_listed_levels(mut self, max_listed_levels: usize) -> Self {
            self.params.shape.levels.max_listed = max_listed_levels;
            self
        }

        /// Added to the second derivative of a level where levels are ordered, and least rows of a
        /// level in a node that it be ordered at all; default `10`, at least `0`.
        #[must_use]
        pub const fn level_smoothing(mut self, level_smoothing: f64) -> Self {
            self.params.shape.levels.smoothing = level_smoothing;
            self
        }

        /// Added to [`l2`](Self::l2) in leaves of several levels; default `10`, at least `0`.
        #[must_use]
        pub const fn level_l2(mut self, level_l2: f64) -> Self {
            self.params.shape.levels.l2 = level_l2;
            self
        }

        /// Least rows that ordered levels must bring together to be a cut; default `100`.
        #[must_use]
        pub const fn min_level_rows(mut self, min_level_rows: u32) -> Self {
            self.params.shape.levels.min_group = min_level_rows;
            self
        }

        /// The named column may only raise (or lower) the score as it grows, all else equal. No
        /// column is so by default; categories cannot be.
        #[must_use]
        pub fn monotone(mut self, column: impl Into<String>, direction: Direction) -> Self {
            self.params.monotone.push((column.into(), direction));
            self
        }

        /// Columns that may act together: the questions on the way to a leaf are all about columns
        /// of one set. By default all may; columns in no set form one.
        #[must_use]
        pub fn interactions<I: IntoIterator<Item: Into<String>>>(
            mut self,
            sets: impl IntoIterator<Item = I>,
        ) -> Self {
            let names = |set: I| set.into_iter().map(Into::into).collect();
            self.params.interactions = sets.into_iter().map(names).collect();
            self
        }

        /// Ends after as many rounds in a row that brought nothing better on the rows held out,
        /// and keeps the best; default never. Only where rows are held out
        /// ([`fit_validated`](Self::fit_validated)).
        #[must_use]
        pub const fn patience(mut self, patience: usize) -> Self {
            self.params.patience = Some(patience);
            self
        }

        /// Seed of the draws; default `0`.
        #[must_use]
        pub const fn seed(mut self, seed: u64) -> Self {
            self.params.seed = seed;
            self
        }
    };
}

/// What both models say of themselves.
macro_rules! readers {
    () => {
        /// The losses round by round, where rows were held out.
        #[must_use]
        pub const fn history(&self) -> Option<&History> {
            self.history.as_ref()
        }

        /// Each column's share of what all splits gained: they sum to 1, or are all 0 without a
        /// split.
        ///
        /// Columns with many distinct values are favoured, as always with this measure.
        #[must_use]
        pub fn importance(&self) -> Vec<f64> {
            crate::boost::shares(self.ensemble.gains())
        }

        /// How many splits ask for each column.
        #[must_use]
        pub fn split_counts(&self) -> Vec<u64> {
            self.ensemble.split_counts()
        }

        /// The model after its first rounds alone; all of them where there are fewer.
        #[must_use]
        pub fn truncated(&self, n_rounds: usize) -> Self {
            Self { ensemble: self.ensemble.truncated(n_rounds), ..self.clone() }
        }
    };
}

pub(super) use {readers, setters};
