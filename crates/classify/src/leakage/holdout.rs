//! Columns on rows never seen.

use ndarray::Axis;
use patronage_core::{ClassIdx, FeatureTable, Labeled, Schema};

use super::LeakageCheck;
use crate::cross::cross_predict;
use crate::error::{Error, ErrorKind};
use crate::metrics::{Interval, Scored, multiclass_log_loss};
use crate::sample::n_classes;
use crate::splits::{Split, Splitter, StratifiedKFold};
use crate::tree::DecisionTree;

/// How good a set of columns is on rows never seen.
pub(super) struct Judged {
    pub(super) roc_auc: f64,
    pub(super) interval: Option<Interval>,
    /// Log loss saved against the constant answer.
    pub(super) saved: f64,
}

/// Rows and folds, the same for every column.
pub(super) struct Holdout<'a> {
    data: Labeled<'a, ClassIdx>,
    splits: Vec<Split>,
    labels: Vec<ClassIdx>,
    weights: Vec<f64>,
    rows: Vec<usize>,
    n_classes: usize,
    constant: f64,
}

impl<'a> Holdout<'a> {
    pub(super) fn new(
        data: &'a Labeled<'_, ClassIdx>,
        distinct: &[u32],
        check: &LeakageCheck,
    ) -> Result<Self, Error> {
        let n_classes = n_classes(data)?;
        let mut of_row = vec![0.0; data.labels().len()];
        // Only ratios of weights matter; sums must stay within the range.
        let heaviest = (0..data.len()).map(|at| data.weight(at)).fold(0.0, f64::max);
        if heaviest <= 0.0 {
            return Err(ErrorKind::NoRows { what: "leakage check" }.into());
        }
        (0..data.len()).for_each(|at| of_row[data.row_index(at)] += data.weight(at) / heaviest);
        let rows: Vec<usize> =
            distinct.iter().map(|&row| row as usize).filter(|&row| of_row[row] > 0.0).collect();
        let labels: Vec<ClassIdx> = rows.iter().map(|&row| data.labels()[row]).collect();
        let weights: Vec<f64> = rows.iter().map(|&row| of_row[row]).collect();
        let splits = StratifiedKFold::new(check.n_folds).seed(check.seed).splits(&labels)?;
        let mut shares = vec![0.0; n_classes];
        labels.iter().zip(&weights).for_each(|(label, weight)| shares[label.index()] += weight);
        let total: f64 = weights.iter().sum();
        let constant = -shares
            .iter()
            .filter(|&&share| share > 0.0)
            .map(|share| share / total * (share / total).ln())
            .sum::<f64>();
        let data = data.reborrow();
        Ok(Self { data, splits, labels, weights, rows, n_classes, constant })
    }

    pub(super) fn all(&self) -> Result<Judged, Error> {
        let schema = self.data.schema().clone();
        self.judge(FeatureTable::new(schema, self.data.table().select(Axis(0), &self.rows))?)
    }

    pub(super) fn alone(&self, column: usize) -> Result<Judged, Error> {
        let schema = Schema::new([self.data.schema().columns()[column].clone()])?;
        let of_column = self.data.table().index_axis_move(Axis(1), column);
        let cells = of_column.select(Axis(0), &self.rows).insert_axis(Axis(1));
        self.judge(FeatureTable::new(schema, cells)?)
    }

    fn judge(&self, table: FeatureTable) -> Result<Judged, Error> {
        // Leaves large enough for honest rates; smoothing keeps pure ones from certainty.
        let least = (self.labels.len() / 200).max(5);
        let tree = DecisionTree::new().max_leaves(32).min_samples_leaf(least).smoothing(1.0);
        let data = Labeled::new(&table, &self.labels)?.weighted(&self.weights)?;
        let probabilities = cross_predict(&tree, &data, &self.splits)?;
        let classes = if self.n_classes == 2 { 1..2 } else { 0..self.n_classes };
        let mut best: Option<(f64, Scored)> = None;
        for class in classes.map(ClassIdx::from_usize) {
            let of_class = Scored::of_class_weighted(
                probabilities.view(),
                &self.labels,
                class,
                &self.weights,
            )?;
            // A class without rows tells nothing.
            let Ok(found) = of_class.roc_auc() else { continue };
            if best.as_ref().is_none_or(|best| found > best.0) {
                best = Some((found, of_class));
            }
        }
        let Some((roc_auc, scored)) = best else {
            let n_rows = self.labels.len();
            return Err(ErrorKind::OneClass { figure: "leakage check", n_rows }.into());
        };
        let loss = multiclass_log_loss(probabilities.view(), &self.labels, Some(&self.weights))?;
        let interval = scored.roc_auc_interval(0.95).ok();
        Ok(Judged { roc_auc, interval, saved: self.constant - loss })
    }
}
