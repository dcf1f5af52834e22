//! What calibrations are fitted to.

use ndarray::Array2;
use patronage_core::{ClassIdx, Classifier, Labeled};

use crate::error::{Error, ErrorKind};
use crate::metrics::Scored;

/// How far beyond 0 and 1 rounding may carry a probability.
const ROUNDING: f64 = 1e-9;

/// Refuses what is no probability; what rounding carried beyond 0 or 1 is brought back.
fn keep_probabilities(position: usize, out: &mut [f64]) -> Result<(), Error> {
    for p in out {
        if !(-ROUNDING..=1.0 + ROUNDING).contains(p) {
            let (what, expected) = ("answer for row", "probabilities in [0, 1]");
            return Err(ErrorKind::Number { what, position, expected, found: *p }.into());
        }
        *p = p.clamp(0.0, 1.0);
    }
    Ok(())
}

/// What a model said of rows and what they turned out to be.
pub(super) struct Seen {
    /// Row after row.
    pub(super) probabilities: Vec<f64>,
    pub(super) labels: Vec<ClassIdx>,
    pub(super) weights: Vec<f64>,
    pub(super) n_classes: usize,
}

impl Seen {
    pub(super) fn of_model<M: Classifier>(
        model: &M,
        rows: &Labeled<'_, ClassIdx>,
    ) -> Result<Self, Error> {
        let mut seen = Self::empty(model.n_classes());
        let (mut out, mut buffer) = (vec![0.0; seen.n_classes], Vec::new());
        for at in 0..rows.len() {
            model.probabilities(patronage_core::row_slice(rows.row(at), &mut buffer), &mut out);
            seen.push(at, &mut out, rows)?;
        }
        Ok(seen)
    }

    /// Of rows that were predicted; their weights count as often as they take part.
    pub(super) fn of_predictions(
        probabilities: &Array2<f64>,
        rows: &Labeled<'_, ClassIdx>,
    ) -> Result<Self, Error> {
        let mut seen = Self::empty(probabilities.ncols());
        let mut out = vec![0.0; seen.n_classes];
        for at in 0..rows.len() {
            let predicted = probabilities.row(rows.row_index(at));
            if predicted.iter().any(|p| p.is_nan()) {
                continue;
            }
            out.iter_mut().zip(predicted).for_each(|(out, &p)| *out = p);
            seen.push(at, &mut out, rows)?;
        }
        Ok(seen)
    }

    const fn empty(n_classes: usize) -> Self {
        Self { probabilities: Vec::new(), labels: Vec::new(), weights: Vec::new(), n_classes }
    }

    fn push(
        &mut self,
        at: usize,
        out: &mut [f64],
        rows: &Labeled<'_, ClassIdx>,
    ) -> Result<(), Error> {
        keep_probabilities(at, out)?;
        let (label, n_classes) = (rows.label(at), self.n_classes);
        if label.index() >= n_classes {
            let (what, found) = ("label", label.index());
            return Err(ErrorKind::NoSuchClass { what, n_classes, found }.into());
        }
        self.probabilities.extend_from_slice(out);
        self.labels.push(label);
        self.weights.push(rows.weight(at));
        Ok(())
    }

    pub(super) fn against_rest(&self, class: usize) -> Result<Scored, Error> {
        let scores: Vec<f64> =
            self.probabilities.iter().skip(class).step_by(self.n_classes).copied().collect();
        let is_class = |label: &ClassIdx| ClassIdx::new(u32::from(label.index() == class));
        let outcomes: Vec<ClassIdx> = self.labels.iter().map(is_class).collect();
        Scored::weighted(&scores, &outcomes, &self.weights)
    }
}
