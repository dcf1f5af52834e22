//! Whether a classifier can tell two tables apart.

use ndarray::{Axis, concatenate};
use patronage_core::{BoxError, ClassIdx, Classifier, FeatureTable, Features, Fit, Labeled};

use crate::answers::predict;
use crate::error::{Error, ErrorKind};
use crate::metrics::{Scored, normal_distribution};
use crate::splits::stratified_folds;

/// How well rows of two tables can be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct TwoSampleTest {
    /// The ROC AUC of telling rows of the second table from rows of the first, on rows the
    /// classifier never saw; 0.5 where nothing tells them apart.
    pub roc_auc: f64,
    /// The chance of an AUC this high where both tables are of one population (Mann-Whitney,
    /// normal approximation with ties).
    pub p_value: f64,
    /// The rows the classifier was judged by.
    pub n_test: usize,
}

/// Tests whether two tables are of one population by training a classifier to tell them apart on
/// half of the rows and judging it on the other half.
///
/// It sees what no single column shows: a change in how columns go together. Any estimator will
/// do; the test is right for each, and the stronger the estimator the more it finds. Halves are
/// drawn by `seed`, each with its share of both tables.
///
/// # Errors
///
/// When schemas differ, a table has fewer than two rows, or the estimator fails.
///
/// # References
///
/// Lopez-Paz and Oquab, 2017, *Revisiting classifier two-sample tests*.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, two_sample_test};
/// use patronage_core::{Column, FeatureTable, Schema};
///
/// let schema = Schema::new([Column::number("a"), Column::number("b")])?;
/// // Each column alone is the same in both tables; together they are not.
/// let cell = |turn: usize| move |(i, j)| ((i * 7 % 20) as f64 - 9.5) * [1.0, [1.0, -1.0][turn]][j];
/// let tables = [0, 1].map(|turn| FeatureTable::new(schema.clone(), Array2::from_shape_fn((200, 2), cell(turn))));
/// let [then, now] = tables;
/// let test = two_sample_test(&DecisionTree::new().max_depth(6), &then?, &now?, 0)?;
/// assert!(test.roc_auc > 0.8 && test.p_value < 0.001);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn two_sample_test<E, M, Er, A, B>(
    estimator: &E,
    then: &A,
    now: &B,
    seed: u64,
) -> Result<TwoSampleTest, Error>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er>,
    M: Classifier,
    Er: Into<BoxError>,
    A: Features + ?Sized,
    B: Features + ?Sized,
{
    then.schema().check(now.schema())?;
    let sizes = [then.values().nrows(), now.values().nrows()];
    for found in sizes {
        if found < 2 {
            return Err(ErrorKind::FewOf { what: "rows of each table", least: 2, found }.into());
        }
    }
    let cells = concatenate(Axis(0), &[then.values(), now.values()])
        .expect("both tables are as wide as their schema");
    let table = FeatureTable::new(then.schema().clone(), cells)?;
    let labels: Vec<ClassIdx> =
        (0..sizes[0] + sizes[1]).map(|row| ClassIdx::new(u32::from(row >= sizes[0]))).collect();
    let halves = stratified_folds(&labels, 2, seed)?;
    let data = Labeled::new(&table, &labels)?;
    let train = data.reborrow().select(&halves[0].train)?;
    let test = data.reborrow().select(&halves[0].test)?;
    let model = estimator
        .fit(&train)
        .map_err(|error| Error::from(ErrorKind::Refit { round: 0, source: error.into() }))?;
    let probabilities = predict(&model, &test);
    let outcomes: Vec<ClassIdx> = (0..test.len()).map(|at| test.label(at)).collect();
    let scored = Scored::of_class(probabilities.view(), &outcomes, ClassIdx::new(1))?;
    let roc_auc = scored.roc_auc()?;
    let (with, without) = (scored.positive(), scored.negative());
    let n = with + without;
    let ties: f64 = scored.groups().iter().map(|g| g.weight().powi(3) - g.weight()).sum();
    // The variance of the AUC where outcomes are shuffled.
    let variance = ((n + 1.0) - ties / (n * (n - 1.0))) / (12.0 * with * without);
    let p_value =
        if variance > 0.0 { normal_distribution(-(roc_auc - 0.5) / variance.sqrt()) } else { 1.0 };
    Ok(TwoSampleTest { roc_auc, p_value, n_test: test.len() })
}
