//! linfa-bayes' Gaussian naive Bayes.

use linfa::DatasetBase;
use linfa::prelude::*;
use linfa_bayes::{GaussianNb, NaiveBayes};
use ndarray::{ArrayView2, ArrayViewMut2};
use ndarray16::Array1;
use patronage_core::{ClassIdx, Classifier, Labeled, Schema};

use crate::dataset::selected;
use crate::error::{Error, ErrorKind};
use crate::guard::{self, Magnitude, caught};
use crate::layout::to_linfa;

/// linfa-bayes' Gaussian naive Bayes: columns independent and normal within each class.
///
/// ```text
/// P(class | row) ∝ share(class) · Π_columns Normal(cell; mean(class, column), variance(class, column) + smoothing · greatest variance)
/// ```
///
/// Rows of shape `(n_rows, n_columns)`, labels `(n_rows,)`; O(n_rows · n_columns). It draws
/// nothing. Probabilities of dependent columns are far too near 0 and 1: calibrate them before use.
///
/// Corrected here: linfa adds up likelihoods themselves, which underflow for a row some 38
/// deviations from every class and end as NaN; here logarithms are compared. A row for which no class has a likelihood at
/// all (as where every column is constant) gets the classes' shares.
///
/// # When not to use it
///
/// With weights (refused), missing values, or category columns (linfa-bayes has a Bernoulli and a
/// multinomial form for flags and counts, which [`LinfaFit`](crate::LinfaFit) brings in).
///
/// # Errors
///
/// Of `fit`: a parameter out of range, weights, no rows, no columns, a column that may be missing,
/// a cell beyond ±1e140. One class only is no error: its probability is 1.
///
/// # References
///
/// T. Chan, G. Golub, R. LeVeque (1983), *Algorithms for computing the sample variance*.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_core::{ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema};
/// use patronage_linfa::GaussianNaiveBayes;
///
/// let schema = Schema::new([Column::number("x")])?;
/// let table = FeatureTable::new(schema, array![[0.0], [1.0], [5.0], [6.0]])?;
/// let labels = [0, 0, 1, 1].map(ClassIdx::new);
/// let model = GaussianNaiveBayes::new().fit(&Labeled::new(&table, &labels)?)?;
/// assert_eq!(model.predict(&table)?, labels);
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianNaiveBayes {
    smoothing: f64,
}

impl Default for GaussianNaiveBayes {
    fn default() -> Self {
        Self::new()
    }
}

impl GaussianNaiveBayes {
    /// Smoothing 1e-9.
    #[must_use]
    pub const fn new() -> Self {
        Self { smoothing: 1e-9 }
    }

    /// The share of the greatest column variance that is added to every variance; default `1e-9`, above 0, at most 1e10.
    #[must_use]
    pub const fn smoothing(mut self, smoothing: f64) -> Self {
        self.smoothing = smoothing;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let is_smoothing = |s: f64| s > 0.0 && s <= 1e10;
        guard::check_parameter("smoothing", "above 0, at most 1e10", self.smoothing, is_smoothing)
    }
}

impl patronage_core::Fit<Labeled<'_, ClassIdx>> for GaussianNaiveBayes {
    type Model = GaussianNaiveBayesModel;
    type Error = Error;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<Self::Model, Error> {
        self.validate()?;
        guard::check_unweighted(data, "linfa's naive Bayes")?;
        let records = selected(data);
        let row_index = |position| data.row_index(position);
        guard::check_cells(data.schema(), records.view(), Magnitude::Moderate, row_index)?;
        let (classes, labels) = guard::dense_classes(data);
        let mut shares = vec![0.0; classes.len()];
        labels.iter().for_each(|&label| shares[label] += 1.0);
        shares.iter_mut().for_each(|share| *share /= labels.len() as f64);
        let set = DatasetBase::new(records.view(), Array1::from(labels));
        let parameters = GaussianNb::params().var_smoothing(self.smoothing);
        let model = caught(|| parameters.fit(&set))?.map_err(ErrorKind::linfa)?;
        let (schema, n_classes) = (data.schema().clone(), guard::n_classes(data));
        Ok(GaussianNaiveBayesModel { schema, n_classes, classes, shares, model })
    }
}

/// A fitted [`GaussianNaiveBayes`].
///
/// Cells beyond ±1e140 are taken as ±1e140.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianNaiveBayesModel {
    schema: Schema,
    n_classes: usize,
    classes: Vec<ClassIdx>,
    shares: Vec<f64>,
    model: GaussianNb<f64, usize>,
}

impl GaussianNaiveBayesModel {
    /// The classes that occurred, ascending.
    #[must_use]
    pub fn classes(&self) -> &[ClassIdx] {
        &self.classes
    }

    /// The share of rows of each of [`classes`](Self::classes).
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// linfa's model, whose label `i` is `classes()[i]`.
    #[must_use]
    pub const fn model(&self) -> &GaussianNb<f64, usize> {
        &self.model
    }
}

impl Classifier for GaussianNaiveBayesModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        let rows = ArrayView2::from_shape((1, row.len()), row).expect("a slice fills its row");
        let width = out.len();
        let out = ArrayViewMut2::from_shape((1, width), out).expect("a slice fills its row");
        self.probabilities_rows(rows, out);
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        assert_eq!(rows.ncols(), self.schema.len(), "one cell for each column");
        assert_eq!(out.ncols(), self.n_classes(), "one place for each class");
        let rows = to_linfa(rows).mapv(guard::bounded);
        let mut logs = self.model.joint_log_likelihood(rows.view());
        let logs: Vec<Array1<f64>> =
            (0..self.classes.len()).map(|label| logs.remove(&label).unwrap_or_default()).collect();
        let mut shares = vec![0.0; self.classes.len()];
        for (row, mut out) in out.rows_mut().into_iter().enumerate() {
            shares.iter_mut().zip(&logs).for_each(|(share, log)| *share = log[row]);
            guard::soft_max(&mut shares, |class| self.shares[class]);
            out.fill(0.0);
            self.classes.iter().zip(&shares).for_each(|(class, &p)| out[class.index()] = p);
        }
    }
}
