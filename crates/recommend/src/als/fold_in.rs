//! Factors for any history.

use patronage_core::{ItemIdx, Request};
use pulp::{Simd, WithSimd};

use super::model::AlsModel;
use super::terms::Entries;
use crate::explain::{Contribution, Explanation};
use crate::linear::{Rows, System, dispatch, dot};

impl AlsModel {
    /// The factors of whoever has the request's history, solved exactly; 0 for an empty history.
    #[must_use]
    pub fn fold_in(&self, request: &Request<'_>) -> Vec<f32> {
        let x = self.factors_of(request);
        x.values(0).to_vec()
    }

    pub(super) fn factors_of(&self, request: &Request<'_>) -> Rows {
        let mut x = Rows::zeros(1, self.n_factors());
        self.factors_into(request, &mut System::new(self.n_factors()), x.row_mut(0));
        x
    }

    pub(super) fn factors_into(&self, request: &Request<'_>, system: &mut System, x: &mut [f32]) {
        let (of, weights): (Vec<u32>, Vec<f32>) =
            self.rule.read(request, self.items().n()).into_iter().unzip();
        let terms = self.objective.terms();
        self.solve(Entries { of: &of, weights: Some(&weights), terms }, system, x);
    }

    /// The score of an item, taken apart: the score is linear in what the history adds to the
    /// right side of the equations.
    pub(super) fn explanation(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        let read = self.rule.read(request, self.items().n());
        if read.is_empty() {
            return Explanation::default();
        }
        let (of, weights): (Vec<u32>, Vec<f32>) = read.into_iter().unzip();
        let terms = self.objective.terms();
        let entries = Entries { of: &of, weights: Some(&weights), terms };
        let mut system = System::new(self.n_factors());
        let mut x = Rows::zeros(1, self.n_factors());
        self.solve(entries, &mut system, x.row_mut(0));
        let score = f64::from(self.score(x.row(0), item));
        // The factor that is left from solving for the customer serves once more.
        let amounts = dispatch(Parts { model: self, system, entries, item });
        let size: f64 = amounts.iter().map(|amount| amount.abs()).sum();
        // The rounding of the score in single precision is spread over the parts by their size; where
        // all of them round to 0, nothing says whose it is.
        let gap = score - amounts.iter().sum::<f64>();
        let base = if size > 0.0 { 0.0 } else { gap };
        let contributions = (of.iter().zip(&amounts))
            .map(|(&bought, &amount)| {
                let share = if size > 0.0 { gap * amount.abs() / size } else { 0.0 };
                Contribution { item: ItemIdx::new(bought), amount: amount + share }
            })
            .collect();
        Explanation::new(base, contributions)
    }

    /// One score, summed as all are.
    fn score(&self, x: &[f32], item: ItemIdx) -> f32 {
        let mut scores = vec![0.0; self.items().n()];
        self.panels.scores(x, &mut scores);
        scores[item.index()]
    }
}

/// `b vᵢ · A⁻¹ v` for each entry `i`, `v` being the factors of `item`.
struct Parts<'a> {
    model: &'a AlsModel,
    system: System,
    entries: Entries<'a>,
    item: ItemIdx,
}

impl WithSimd for Parts<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let Self { model, mut system, entries, item } = self;
        let items = model.items();
        system.rhs.row_mut(0).copy_from_slice(items.row(item.index()));
        system.solve(simd);
        let weighted = S::as_simd_f32s(system.x.row(0)).0;
        let mut parts = Vec::with_capacity(entries.len());
        for k in 0..entries.len() {
            let (row, _, b) = entries.at(k);
            let product = dot(simd, S::as_simd_f32s(items.row(row)).0, weighted);
            parts.push(f64::from(b) * f64::from(product));
        }
        parts
    }
}
