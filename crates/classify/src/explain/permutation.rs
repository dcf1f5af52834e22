//! How much worse a model gets when a column is shuffled.

use ndarray::Array2;
use patronage_core::{Label, Labeled};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::answers::{Answers, ask, labels_of, weights_of};
use crate::error::{Error, ErrorKind, parameter};
use crate::metrics::{Goal, Interval, Measure, student_quantile};
use crate::par::{self, Threads};

/// The loss of quality when the values of a column are dealt to other rows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Importance {
    /// The columns shuffled together: one, or a group.
    pub columns: Vec<String>,
    /// The mean over repeats of how much worse the figure gets; below 0 where it got better.
    pub mean: f64,
    /// The standard deviation over repeats (of the sample, n - 1).
    pub standard_deviation: f64,
    /// The interval for the mean over all possible shuffles of these rows (Student's t).
    pub interval: Interval,
    /// How much worse it got in each repeat.
    pub repeats: Vec<f64>,
}

/// Shuffles one column at a time, or a group of columns together, and looks how much worse the
/// model does.
///
/// ```text
/// importance = figure of the rows as they are - mean over repeats of the figure of the shuffled rows
/// ```
///
/// (for figures of which less is better, the other way round). Best on rows the model never saw.
/// Columns that tell the same stand in for each other: shuffle them as a group. A group's columns
/// are dealt by the same permutation, so that they still go together. Repeat r of group g draws
/// from stream `g · repeats + r` of the seed. Costs groups · repeats predictions of all rows, in
/// parallel.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, Metric, PermutationImportance};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("spend"), Column::number("noise")])?;
/// let cells = Array2::from_shape_fn((80, 2), |(row, column)| (row * [37, 53][column] % 80) as f64);
/// let labels: Vec<ClassIdx> =
///     cells.rows().into_iter().map(|row| ClassIdx::new(u32::from(row[0] > 40.0))).collect();
/// let table = FeatureTable::new(schema, cells)?;
/// let data = Labeled::new(&table, &labels)?;
/// let model = DecisionTree::new().max_depth(1).fit(&data)?;
/// let found = PermutationImportance::new(Metric::RocAuc).run(&model, &data)?;
/// assert!(found[0].mean > 0.3 && found[1].mean == 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// Breiman, 2001, *Random forests*, section 10. Fisher, Rudin and Dominici, 2019, *All models are
/// wrong, but many are useful*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PermutationImportance<M> {
    measure: M,
    n_repeats: usize,
    level: f64,
    seed: u64,
}

impl<M> PermutationImportance<M> {
    /// Importance by this figure, such as a [`Metric`](crate::Metric) of a classifier or a
    /// [`NumberMetric`](crate::NumberMetric) of a regressor, in ten repeats.
    #[must_use]
    pub const fn new(measure: M) -> Self {
        Self { measure, n_repeats: 10, level: 0.95, seed: 0 }
    }

    /// How often each column is shuffled; default `10`, at least `2`.
    #[must_use]
    pub fn n_repeats(mut self, n_repeats: usize) -> Self {
        self.n_repeats = n_repeats;
        self
    }

    /// Confidence of the intervals; default `0.95`, between 0 and 1.
    #[must_use]
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Seed of the shuffles; default `0`.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The importance of every column, in the order of the schema.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, the rows' schema is not the model's, there is no row, or
    /// the figure is not defined on the rows.
    pub fn run<Y: Label, A: Answers<Y> + ?Sized>(
        &self,
        model: &A,
        rows: &Labeled<'_, Y>,
    ) -> Result<Vec<Importance>, Error>
    where
        M: Measure<Y>,
    {
        let each: Vec<Vec<usize>> = (0..rows.schema().len()).map(|column| vec![column]).collect();
        self.of_groups(model, rows, &each)
    }

    /// The importance of groups of columns by name, such as the flags of one category, each group
    /// shuffled as one.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and when a column is unknown or a group is empty.
    pub fn run_groups<Y: Label, A: Answers<Y> + ?Sized>(
        &self,
        model: &A,
        rows: &Labeled<'_, Y>,
        groups: &[&[&str]],
    ) -> Result<Vec<Importance>, Error>
    where
        M: Measure<Y>,
    {
        let mut positions = Vec::with_capacity(groups.len());
        for group in groups {
            if group.is_empty() {
                return Err(ErrorKind::NoRows { what: "a group of columns" }.into());
            }
            let of_group: Result<Vec<usize>, _> =
                group.iter().map(|name| rows.schema().require(name)).collect();
            positions.push(of_group?);
        }
        self.of_groups(model, rows, &positions)
    }

    fn of_groups<Y: Label, A: Answers<Y> + ?Sized>(
        &self,
        model: &A,
        rows: &Labeled<'_, Y>,
        groups: &[Vec<usize>],
    ) -> Result<Vec<Importance>, Error>
    where
        M: Measure<Y>,
    {
        if self.n_repeats < 2 {
            return Err(parameter("n_repeats", "at least 2", self.n_repeats as f64));
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(parameter("level", "a number between 0 and 1", self.level));
        }
        model.row_schema().check(rows.schema())?;
        if rows.is_empty() {
            return Err(ErrorKind::NoRows { what: "permutation importance" }.into());
        }
        let table = taking_part(rows);
        let (labels, weights) = (labels_of(rows), weights_of(rows));
        let figure = |table: &Array2<f64>| {
            let answers = ask(model, table.view());
            self.measure.measure(answers.view(), &labels, weights.as_deref())
        };
        let whole = figure(&table)?;
        let sign = match self.measure.goal() {
            Goal::Maximize => 1.0,
            Goal::Minimize => -1.0,
        };
        let n = table.nrows();
        let worse = par::map(groups.len() * self.n_repeats, Threads::Many, |at| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(at as u64);
            let mut order: Vec<usize> = (0..n).collect();
            (1..n).rev().for_each(|at| order.swap(at, rng.random_range(0..=at)));
            let mut shuffled = table.clone();
            for &column in &groups[at / self.n_repeats] {
                for (row, &from) in order.iter().enumerate() {
                    shuffled[[row, column]] = table[[from, column]];
                }
            }
            Ok(sign * (whole - figure(&shuffled)?))
        });
        let worse = worse.into_iter().collect::<Result<Vec<f64>, Error>>()?;
        let reach = student_quantile(0.5 + self.level / 2.0, self.n_repeats as f64 - 1.0);
        let of_group = |(group, repeats): (&Vec<usize>, &[f64])| {
            let k = repeats.len() as f64;
            let mean = repeats.iter().sum::<f64>() / k;
            let squares: f64 = repeats.iter().map(|x| (x - mean) * (x - mean)).sum();
            let deviation = (squares / (k - 1.0)).sqrt();
            let half = reach * deviation / k.sqrt();
            Importance {
                columns: names(rows, group),
                mean,
                standard_deviation: deviation,
                interval: Interval { low: mean - half, high: mean + half, level: self.level },
                repeats: repeats.to_vec(),
            }
        };
        Ok(groups.iter().zip(worse.chunks(self.n_repeats)).map(of_group).collect())
    }
}

fn names<Y: Label>(rows: &Labeled<'_, Y>, columns: &[usize]) -> Vec<String> {
    columns.iter().map(|&column| rows.schema().columns()[column].name().to_owned()).collect()
}

/// The rows that take part, in their order, row-major.
fn taking_part<Y: Label>(rows: &Labeled<'_, Y>) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), rows.schema().len()), |(at, column)| {
        rows.table()[[rows.row_index(at), column]]
    })
}
