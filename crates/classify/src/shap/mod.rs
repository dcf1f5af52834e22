//! Why a model of trees says what it says: exact Shapley values.

mod contributions;
mod plan;
mod quadrature;
mod reasons;
mod terms;
mod walk;

use ndarray::{Array2, ArrayView2, Axis};
use patronage_core::{ClassIdx, Features, Schema};

use crate::error::Error;
use crate::par::{self, Threads};
pub use contributions::Contributions;
use plan::Plan;
pub use reasons::{Reason, Reasons};
pub use terms::{ScoreKind, TreeClassifier, TreeRegressor};
use terms::{Term, Terms};
use walk::{LANES, Scratch, Walk};

/// Rows that one thread explains at a time.
const AT_A_TIME: usize = 128;

/// Most bytes of trees prepared for walking at a time: large forests are walked part by part.
const MOST_PREPARED: usize = 1 << 26;

/// Exact contributions of columns to the score of a model of trees (path-dependent TreeSHAP).
///
/// ```text
/// score(row) = base + sum over columns of contribution(column, row)
/// contribution(i) = sum over sets S of columns without i of
///                   |S|! (d - |S| - 1)! / d! · (v(S ∪ {i}) - v(S))
/// v(S): the mean answer where columns of S are known, and at splits on other columns both sides
///       are taken in the shares of the rows that were learnt from
/// ```
///
/// The score is the log-odds for boosting ([`ScoreKind`] says which), the probability for
/// trees and forests. Contributions and base add up to it within rounding (asserted at 1e-9).
///
/// For a leaf the Shapley sum is the integral over `t` in `[0, 1]` of a product over the columns on
/// its path, `z_j + t (o_j - z_j)`: `z_j` is the share of rows that went along at the column's
/// splits, `o_j` 1 or 0 as the row does. Half as many Gauss-Legendre points as a path has columns
/// integrate it exactly, and one walk round the tree with these products serves all leaves:
/// O(leaves · columns of a path) a row and tree.
///
/// # References
///
/// Lundberg et al., 2020, *From local explanations to global understanding with explainable AI for
/// trees*, algorithm 2 (the values). Yu, Bifet, Read and Xu, 2022, *Linear TreeShap* (one walk
/// with polynomials). Owen, 1972, *Multilinear extensions of games* (the integral).
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_classify::{DecisionTree, TreeShap};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::flag("newsletter")])?;
/// let cells = array![[5.0, 1.0], [5.0, 0.0], [90.0, 1.0], [90.0, 0.0]];
/// let table = FeatureTable::new(schema, cells)?;
/// let bought = [1, 0, 0, 0].map(ClassIdx::new);
/// let tree = DecisionTree::new().fit(&Labeled::new(&table, &bought)?)?;
/// let shap = TreeShap::of_class(&tree, ClassIdx::new(1))?;
/// let contributions = shap.contributions(&table)?;
/// assert!((contributions.base() - 0.25).abs() < 1e-12);
/// assert!((contributions.values().row(0).sum() - 0.75).abs() < 1e-12);
/// assert_eq!(
///     shap.reasons(table.row(0)).to_string(),
///     "probability 1.000, where 0.250 is usual\n\
///      + recency_days is 5: raises the probability by 37.5 points\n\
///      + newsletter is yes: raises the probability by 37.5 points\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TreeShap<'a> {
    terms: Terms<'a>,
    base: f64,
}

impl<'a> TreeShap<'a> {
    /// Explains the score of a class.
    ///
    /// # Errors
    ///
    /// When the model has no score for the class, or was saved without the weights of its nodes.
    pub fn of_class(model: &'a impl TreeClassifier, class: ClassIdx) -> Result<Self, Error> {
        Ok(Self::new(model.terms(class)?))
    }

    /// Explains the score of a regressor.
    #[must_use]
    pub fn of_value(model: &'a impl TreeRegressor) -> Self {
        Self::new(model.terms())
    }

    fn new(terms: Terms<'a>) -> Self {
        let expected =
            par::map(terms.trees.len(), Threads::Many, |i| Plan::new(&terms.trees[i]).expected);
        let base = expected.iter().fold(terms.base, |sum, expected| sum + expected);
        Self { terms, base }
    }

    /// What the score means.
    #[must_use]
    pub const fn kind(&self) -> ScoreKind {
        self.terms.kind
    }

    /// The mean score over the rows learnt from, as far as the trees' shares tell.
    #[must_use]
    pub const fn base(&self) -> f64 {
        self.base
    }

    /// The columns.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        self.terms.schema
    }

    /// The contributions of every column to the score of every row.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    pub fn contributions<F: Features + ?Sized>(
        &self,
        features: &F,
    ) -> Result<Contributions, Error> {
        self.terms.schema.check(features.schema())?;
        Ok(Contributions::new(self.base, self.of_rows(features.values())))
    }

    /// The contributions of a row of the model's schema.
    ///
    /// # Panics
    ///
    /// When the row is of another width.
    #[must_use]
    pub fn of_row(&self, row: &[f64]) -> Vec<f64> {
        assert_eq!(row.len(), self.terms.schema.len(), "a row of the model's schema");
        let row = ArrayView2::from_shape((1, row.len()), row).expect("one row of its length");
        self.of_rows(row).into_raw_vec_and_offset().0
    }

    /// Why a row of the model's schema has the score it has, the strongest reason first.
    ///
    /// # Panics
    ///
    /// When the row is of another width.
    #[must_use]
    pub fn reasons(&self, row: &[f64]) -> Reasons {
        Reasons::new(self.terms.schema, self.terms.kind, self.base, row, &self.of_row(row))
    }

    fn of_rows(&self, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        let (n, width) = (rows.nrows(), self.terms.schema.len());
        let mut out = Array2::zeros((n, width));
        if width == 0 || n == 0 {
            return out;
        }
        let mut trees = self.terms.trees.as_slice();
        while !trees.is_empty() {
            let (mut plans, mut size) = (Vec::new(), 0);
            while plans.len() < trees.len() && (plans.is_empty() || size < MOST_PREPARED) {
                // As many at a time as there is work for, so that the limit is heeded soon.
                let more = (trees.len() - plans.len()).min(16);
                let first = plans.len();
                let prepared = par::map(more, Threads::Many, |i| Plan::new(&trees[first + i]));
                size += prepared.iter().map(Plan::size).sum::<usize>();
                plans.extend(prepared);
            }
            let (now, later) = trees.split_at(plans.len());
            trees = later;
            let cells = out.as_slice_mut().expect("a new matrix is row-major");
            let parts: Vec<_> = cells.chunks_mut(AT_A_TIME * width).enumerate().collect();
            let work = plans.iter().map(|plan| plan.factors.len()).sum::<usize>() * n;
            par::map_vec(parts, Threads::for_work(work), |(i, out)| {
                let to = ((i + 1) * AT_A_TIME).min(n);
                let part = rows.slice_axis(Axis(0), (i * AT_A_TIME..to).into());
                explain(now, &plans, part, out);
            });
        }
        out
    }
}

/// Adds the contributions of some trees to some rows.
fn explain(trees: &[Term<'_>], plans: &[Plan], rows: ArrayView2<'_, f64>, out: &mut [f64]) {
    let width = rows.ncols();
    let mut scratch = Scratch::default();
    let (mut cells, mut sums) = (vec![[0.0; LANES]; width], vec![[0.0; LANES]; width]);
    for (rows, out) in rows.axis_chunks_iter(Axis(0), LANES).zip(out.chunks_mut(LANES * width)) {
        for (lane, row) in rows.rows().into_iter().enumerate() {
            cells.iter_mut().zip(row).for_each(|(cells, &x)| cells[lane] = x);
        }
        sums.fill([0.0; LANES]);
        for (term, plan) in trees.iter().zip(plans) {
            let (cells, sums, scratch) = (&cells, &mut sums, &mut scratch);
            crate::simd::dispatch(Walk { plan, term, cells, sums, scratch });
        }
        for (lane, out) in out.chunks_mut(width).enumerate() {
            out.iter_mut().zip(&sums).for_each(|(out, sums)| *out += sums[lane]);
        }
    }
}
