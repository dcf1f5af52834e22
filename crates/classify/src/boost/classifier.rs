//! Boosted classification.

use patronage_core::{ClassIdx, Fit, Labeled, Seeded};

use super::bins::ColumnBins;
use super::constrain::Direction;
use super::loss::{Labels, Objective, Rows};
use super::model::GradientBoostingModel;
use super::params::setters;
use super::train::Params;
use crate::class_weights::ClassWeights;
use crate::error::{Error, ErrorKind};
use crate::sample::{Sample, class_weights, n_classes};

/// Gradient boosting of trees on histograms, for two classes or more.
///
/// ```text
/// score_0 = log-odds of the classes;   score_r = score_(r-1) + rate · tree_r
/// each tree fits gradients g and second derivatives h of the log loss:
///   leaf = -G / (H + l2)        (G shrunk towards 0 by l1)
///   gain = G_L²/(H_L + l2) + G_R²/(H_R + l2) - G²/(H + l2)
/// p = 1 / (1 + e^-score), or with more than two classes e^score_k / sum_l e^score_l
/// ```
///
/// With more than two classes each round grows one tree a class. Trees grow leaf by leaf where
/// most is gained. Columns are cut into at most [`max_bins`](Self::max_bins) bins of about one
/// weight (one a value where values are fewer; bounds halfway between neighbouring values, taken
/// from 200,000 of the rows where there are more).
///
/// Missing cells go to the side that gains more; where a node saw none, to the side of more rows.
/// Categories are split by sets of levels, without any encoding; a level that a node saw no row
/// of (the unseen too) goes to the side of more rows. Beyond 255 levels the rarest share a bin.
///
/// Gradients are summed as whole numbers, so that fits are the same on any number of threads. From
/// 32,768 rows, where no row weighs more than eight times the mean, they are of 15 bits, rounded
/// by a draw so that sums are right on average; otherwise of as many as sums have room for. A row
/// of weight 2 and the same row twice therefore give models that differ within that rounding.
///
/// O(rows · columns) a level of the tree, and O(leaves · columns · bins) for the search; memory
/// 2 bytes a cell beside the table.
///
/// A class that no row of the sample has gets probability 0; with one class left the model is
/// constant.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, a column named is unknown or cannot be
/// monotone, no row of positive weight takes part, or a cell is none its column admits.
///
/// # References
///
/// Friedman, 2001, *Greedy function approximation: a gradient boosting machine*. Ke et al., 2017,
/// *LightGBM: a highly efficient gradient boosting decision tree*. Fisher, 1958, *On grouping for
/// maximum homogeneity* (ordered levels). Shi et al., 2022, *Quantized training of gradient
/// boosting decision trees*.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::GradientBoosting;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::nullable("age")])?;
/// let cells = Array2::from_shape_fn((200, 2), |(row, column)| match column {
///     0 => (row % 40) as f64,
///     _ if row % 7 == 0 => f64::NAN,
///     _ => 20.0 + (row % 50) as f64,
/// });
/// let table = FeatureTable::new(schema, cells)?;
/// let bought: Vec<ClassIdx> = (0..200).map(|row| ClassIdx::new(u32::from(row % 40 < 10))).collect();
/// let data = Labeled::new(&table, &bought)?;
/// let model = GradientBoosting::new().n_rounds(50).fit(&data)?;
/// assert_eq!(model.predict(&table)?, bought);
/// assert_eq!(model.importance(), [1.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientBoosting {
    params: Params,
    class_weights: ClassWeights,
}

impl Default for GradientBoosting {
    fn default() -> Self {
        Self::new()
    }
}

impl GradientBoosting {
    /// A hundred rounds of trees of 31 leaves at a learning rate of 0.1.
    #[must_use]
    pub const fn new() -> Self {
        Self { params: Params::new(), class_weights: ClassWeights::Equal }
    }

    setters!();

    /// How much each class counts; default [`ClassWeights::Equal`]. Losses of rows held out are
    /// weighed by the rows' own weights alone.
    #[must_use]
    pub fn class_weights(mut self, class_weights: ClassWeights) -> Self {
        self.class_weights = class_weights;
        self
    }

    /// Learns from `training` and records the loss on `validation` round by round
    /// ([`GradientBoostingModel::history`]), ending early where [`patience`](Self::patience) says.
    ///
    /// # Errors
    ///
    /// As fitting; also when the schemas differ, or `validation` has a class that no row of
    /// `training` has.
    pub fn fit_validated(
        &self,
        training: &Labeled<'_, ClassIdx>,
        validation: &Labeled<'_, ClassIdx>,
    ) -> Result<GradientBoostingModel, Error> {
        self.learn(training, Some(validation))
    }

    fn learn(
        &self,
        data: &Labeled<'_, ClassIdx>,
        held: Option<&Labeled<'_, ClassIdx>>,
    ) -> Result<GradientBoostingModel, Error> {
        self.params.validate()?;
        let n_classes = n_classes(data)?;
        let sample = Sample::new(data, "gradient boosting")?;
        let sample = sample.class_weighted(&self.class_weights, data, n_classes)?;
        let present: Vec<u32> = class_weights(data, &sample, n_classes)
            .iter()
            .zip(0..)
            .filter_map(|(&weight, class)| (weight > 0.0).then_some(class))
            .collect();
        let schema = data.schema();
        let objective = match present.len() {
            0 | 1 => {
                // Nothing to learn, but rows are checked all the same.
                let bins = ColumnBins::of_table(data, &sample, 2);
                super::matrix::Matrix::new(schema, data.table(), &sample.rows, &bins)?;
                if let Some(held) = held {
                    schema.check(held.schema())?;
                    rows(held, &Sample::new(held, "validation")?, &present)?;
                }
                return Ok(GradientBoostingModel::constant(schema.clone(), n_classes, present));
            }
            2 => Objective::Logistic,
            n_classes => Objective::Softmax { n_classes },
        };
        let of = |data: &Labeled<'_, ClassIdx>, sample: &Sample| rows(data, sample, &present);
        let learnt = self.params.learn(objective, data, &sample, held, of)?;
        Ok(GradientBoostingModel::new(schema.clone(), n_classes, present, learnt))
    }
}

/// The rows of a sample, their classes numbered among those present.
fn rows(data: &Labeled<'_, ClassIdx>, sample: &Sample, present: &[u32]) -> Result<Rows, Error> {
    let place = |&row: &u32| {
        let found = data.labels()[row as usize].get();
        present.binary_search(&found).map(|place| place as u32).map_err(|_| {
            let n_classes = present.len();
            ErrorKind::NoSuchClass { what: "validation", n_classes, found: found as usize }.into()
        })
    };
    let labels = sample.rows.iter().map(place).collect::<Result<_, Error>>()?;
    Ok(Rows::new(Labels::Classes(labels), sample))
}

impl Fit<Labeled<'_, ClassIdx>> for GradientBoosting {
    type Model = GradientBoostingModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<GradientBoostingModel, Error> {
        self.learn(data, None)
    }
}

impl Seeded for GradientBoosting {
    fn reseeded(&self, seed: u64) -> Self {
        self.clone().seed(seed)
    }
}
