//! A fitted boosted classifier.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use patronage_core::{Classifier, Features, Schema};

use super::ensemble::Ensemble;
use super::exp::{exp, sigmoid};
use super::history::History;
use super::params::readers;
use super::train::Learnt;
use crate::error::Error;

/// A fitted boosted classifier: base scores, and the trees that add to them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct GradientBoostingModel {
    n_classes: usize,
    /// The classes that training rows had, ascending: one score for two, else one each.
    present: Vec<u32>,
    ensemble: Ensemble,
    history: Option<History>,
}

impl GradientBoostingModel {
    pub(super) fn new(schema: Schema, n_classes: usize, present: Vec<u32>, learnt: Learnt) -> Self {
        let Learnt { base, trees, history } = learnt;
        Self { n_classes, present, ensemble: Ensemble::new(schema, base, trees), history }
    }

    /// A model of one class.
    pub(super) fn constant(schema: Schema, n_classes: usize, present: Vec<u32>) -> Self {
        let ensemble = Ensemble::new(schema, vec![0.0], Vec::new());
        Self { n_classes, present, ensemble, history: None }
    }

    /// The number of rounds kept: trees, or with more than two classes trees of each class.
    #[must_use]
    pub fn n_rounds(&self) -> usize {
        self.ensemble.n_rounds()
    }

    readers!();

    /// The probabilities after each round, from the base score on: `n_rounds + 1` matrices of
    /// shape `(n_rows, n_classes)`. The last is that of the model.
    ///
    /// # Errors
    ///
    /// When the features' schema is not the model's.
    pub fn staged_probabilities<'a, F: Features + ?Sized>(
        &'a self,
        features: &'a F,
    ) -> Result<impl Iterator<Item = Array2<f64>> + 'a, Error> {
        self.ensemble.schema.check(features.schema())?;
        let rows = features.values();
        let mut scores: Vec<f64> =
            (0..rows.nrows()).flat_map(|_| self.ensemble.base.iter().copied()).collect();
        Ok((0..=self.n_rounds()).map(move |round| {
            if round > 0 {
                self.ensemble.add_round(round - 1, rows, &mut scores);
            }
            let mut out = Array2::zeros((rows.nrows(), self.n_classes));
            let n_outputs = self.ensemble.n_outputs();
            for (mut out, scores) in out.rows_mut().into_iter().zip(scores.chunks_exact(n_outputs))
            {
                self.answer(scores, out.as_slice_mut().expect("a new matrix is row-major"));
            }
            out
        }))
    }

    /// The trees: with two classes of the log-odds of the second, else of each class in turn.
    pub(crate) const fn ensemble(&self) -> &Ensemble {
        &self.ensemble
    }

    /// The classes that training rows had, ascending.
    pub(crate) fn present(&self) -> &[u32] {
        &self.present
    }

    /// Probabilities by scores.
    #[inline(always)]
    fn answer(&self, scores: &[f64], out: &mut [f64]) {
        assert_eq!(out.len(), self.n_classes, "one place for each class");
        out.fill(0.0);
        match *self.present.as_slice() {
            [only] => out[only as usize] = 1.0,
            [first, second] => {
                let p = sigmoid(scores[0]);
                out[first as usize] = 1.0 - p;
                out[second as usize] = p;
            }
            _ => {
                let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let mut sum = 0.0;
                for (&class, &score) in self.present.iter().zip(scores) {
                    let e = exp(score - most);
                    out[class as usize] = e;
                    sum += e;
                }
                out.iter_mut().for_each(|p| *p /= sum);
            }
        }
    }
}

impl Classifier for GradientBoostingModel {
    fn schema(&self) -> &Schema {
        &self.ensemble.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        if self.present.len() > 2 {
            // The places of the classes hold their scores first; those without rows come last.
            assert_eq!(out.len(), self.n_classes, "one place for each class");
            self.ensemble.scores(row, &mut out[..self.present.len()]);
            softmax_in_place(&self.present, out);
        } else {
            let score = self.ensemble.score(row, 0);
            self.answer(&[score], out);
        }
    }

    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(rows.nrows(), out.nrows(), "one row of probabilities for each row");
        assert_eq!(out.ncols(), self.n_classes, "one column for each class");
        let (n_outputs, n_classes) = (self.ensemble.n_outputs(), self.n_classes);
        let give = |scores: &[f64], out: &mut [f64]| {
            for (scores, out) in scores.chunks_exact(n_outputs).zip(out.chunks_exact_mut(n_classes))
            {
                self.answer(scores, out);
            }
        };
        if let Some(out) = out.as_slice_mut() {
            self.ensemble.rows(rows, out, give);
            return;
        }
        let mut flat = vec![0.0; rows.nrows() * n_classes];
        self.ensemble.rows(rows, &mut flat, give);
        for (at, mut row) in out.axis_iter_mut(Axis(0)).enumerate() {
            let from = &flat[at * n_classes..(at + 1) * n_classes];
            row.iter_mut().zip(from).for_each(|(to, &p)| *to = p);
        }
    }
}

/// Turns the scores in the first places into probabilities in the places of their classes.
fn softmax_in_place(present: &[u32], out: &mut [f64]) {
    let n = present.len();
    let most = out[..n].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in &mut out[..n] {
        *score = exp(*score - most);
        sum += *score;
    }
    // Classes ascend, so backwards no score is overwritten before it is read.
    for (at, &class) in present.iter().enumerate().rev() {
        let p = out[at] / sum;
        let next = present.get(at + 1).map_or(out.len(), |&next| next as usize);
        out[class as usize..next].fill(0.0);
        out[class as usize] = p;
    }
    out[..present[0] as usize].fill(0.0);
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    n_classes: usize,
    present: Vec<u32>,
    base: Vec<f64>,
    trees: Vec<super::ensemble::Tree>,
    history: Option<History>,
}

#[cfg(feature = "serde")]
impl From<GradientBoostingModel> for Repr {
    fn from(model: GradientBoostingModel) -> Self {
        let GradientBoostingModel { n_classes, present, ensemble, history } = model;
        let Ensemble { schema, base, trees, .. } = ensemble;
        Self { schema, n_classes, present, base, trees, history }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for GradientBoostingModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_classes, ensure};
        let Repr { schema, n_classes, present, base, trees, history } = repr;
        check_classes(n_classes)?;
        ensure(!present.is_empty(), "present", "at least one class")?;
        let ascends = present.windows(2).all(|pair| pair[0] < pair[1]);
        let below = present.iter().all(|&class| (class as usize) < n_classes);
        ensure(ascends && below, "present", "classes in order, below n_classes")?;
        let expected = if present.len() > 2 { present.len() } else { 1 };
        ensure(base.len() == expected, "base", "a score for each class, or one for two")?;
        history.iter().try_for_each(History::check)?;
        let ensemble = Ensemble::checked(schema, base, trees)?;
        Ok(Self { n_classes, present, ensemble, history })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for GradientBoostingModel {
    const TAG: &'static str = "classify/boosting";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
