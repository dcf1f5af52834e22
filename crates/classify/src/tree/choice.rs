//! How far to prune, by cross-validation.

use patronage_core::{ClassIdx, Labeled};

use super::{DecisionTree, DecisionTreeModel, prune};
use crate::answers;
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};
use crate::splits::Split;

/// The most values that are tried, spread evenly over the path.
const MOST: usize = 60;

/// What cross-validation says of each [`ccp_alpha`](DecisionTree::ccp_alpha).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct PruningChoice {
    /// The values tried, ascending: 0, and between each two steps of the whole tree's path their
    /// geometric mean, which stands for the trees of all values between them.
    pub alphas: Vec<f64>,
    /// The mean Brier loss over the test rows of all splits, one for each value.
    pub losses: Vec<f64>,
    /// The standard error of that mean, from the means of the splits.
    pub standard_errors: Vec<f64>,
    /// Which value loses least; the greatest of equals.
    pub best: usize,
    /// The greatest value that loses at most one standard error more than the best: a smaller tree
    /// that is as good as can be told.
    pub within_one_error: usize,
}

impl DecisionTree {
    /// Tries the values of [`ccp_alpha`](Self::ccp_alpha) that matter on each split: trees are grown
    /// once a split, and pruned ever further.
    ///
    /// The loss is that of Brier, `sum_k (p_k - y_k)²`, weighted: a pure leaf that errs costs 2,
    /// where log loss would be infinite. Cost: a tree for each split, and the prediction of its test
    /// rows for each of at most 60 values.
    ///
    /// # Errors
    ///
    /// As for fitting; when there is no split, a row of one is out of range, or a split has no test
    /// row of positive weight.
    ///
    /// # References
    ///
    /// Breiman, Friedman, Olshen and Stone, 1984, *Classification and Regression Trees*, section
    /// 3.4 (the geometric means, and the rule of one standard error).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Array2;
    /// use patronage_classify::{DecisionTree, folds_by};
    /// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
    ///
    /// // One step in x, and every seventh label wrong.
    /// let cells = Array2::from_shape_fn((140, 1), |(i, _)| i as f64);
    /// let table = FeatureTable::new(Schema::new([Column::number("x")])?, cells)?;
    /// let labels: Vec<ClassIdx> =
    ///     (0..140).map(|i| ClassIdx::new(u32::from((i < 70) != (i % 7 == 0)))).collect();
    /// let data = Labeled::new(&table, &labels)?;
    /// let choice = DecisionTree::new().choose_ccp_alpha(&data, &folds_by(140, 5, |row| row % 5)?)?;
    /// let tree = DecisionTree::new().ccp_alpha(choice.alphas[choice.within_one_error]);
    /// assert_eq!(tree.fit(&data)?.n_leaves(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn choose_ccp_alpha(
        &self,
        data: &Labeled<'_, ClassIdx>,
        splits: &[Split],
    ) -> Result<PruningChoice, Error> {
        if splits.is_empty() {
            return Err(ErrorKind::NoRows { what: "choice of ccp_alpha" }.into());
        }
        let alphas = between(&self.pruning_path(data)?.alphas);
        let parts =
            par::map(splits.len(), Threads::Many, |at| self.losses(data, &splits[at], &alphas));
        let parts = parts.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let total: f64 = parts.iter().map(|part| part.weight).sum();
        let n = parts.len() as f64;
        let (mut losses, mut standard_errors) = (Vec::new(), Vec::new());
        for at in 0..alphas.len() {
            let mean = parts.iter().map(|part| part.weight / total * part.losses[at]).sum::<f64>();
            let off = parts.iter().map(|part| (part.losses[at] - mean).powi(2)).sum::<f64>();
            losses.push(mean);
            standard_errors.push(if n > 1.0 { (off / (n - 1.0) / n).sqrt() } else { 0.0 });
        }
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let last = |most: f64| losses.iter().rposition(|&loss| loss <= most).unwrap_or(0);
        let best = last(least);
        let within_one_error = last(least + standard_errors[best]);
        Ok(PruningChoice { alphas, losses, standard_errors, best, within_one_error })
    }

    /// The loss of each value on the test rows of one split.
    fn losses(
        &self,
        data: &Labeled<'_, ClassIdx>,
        split: &Split,
        alphas: &[f64],
    ) -> Result<Part, Error> {
        let train = data.reborrow().select(&split.train)?;
        let test = data.reborrow().select(&split.test)?;
        let weight: f64 = (0..test.len()).map(|at| test.weight(at)).sum();
        if weight <= 0.0 {
            return Err(ErrorKind::NoRows { what: "test part of a split" }.into());
        }
        let (mut grown, n_classes) = self.grow(&train)?;
        let mut losses = Vec::with_capacity(alphas.len());
        for &alpha in alphas {
            // Ascending: what went stays away, so that each tree is pruned from the one before.
            grown = prune::prune(grown, alpha);
            let schema = data.schema().clone();
            let model = DecisionTreeModel::new(schema, n_classes, grown.clone(), self.smoothing);
            let said = answers::predict(&model, &test);
            let loss = said.rows().into_iter().enumerate().map(|(at, p)| {
                let own = p[test.label(at).index()];
                test.weight(at) / weight * (1.0 - 2.0 * own + p.dot(&p))
            });
            losses.push(loss.sum());
        }
        Ok(Part { weight, losses })
    }
}

/// The losses of one split, and the weight of its test rows.
struct Part {
    weight: f64,
    losses: Vec<f64>,
}

/// 0, the geometric means of neighbouring steps, and the last step.
fn between(alphas: &[f64]) -> Vec<f64> {
    let mut tried = vec![0.0];
    tried.extend(alphas.windows(2).map(|pair| (pair[0] * pair[1]).sqrt()));
    tried.extend(alphas.last());
    tried.dedup();
    if tried.len() > MOST {
        let step = (tried.len() - 1) as f64 / (MOST - 1) as f64;
        tried = (0..MOST).map(|i| tried[(i as f64 * step).round() as usize]).collect();
        tried.dedup();
    }
    tried
}
