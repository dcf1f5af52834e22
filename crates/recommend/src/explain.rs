//! Because you bought …

use patronage_core::{ItemIdx, Recommender, Request};

/// What one item of the history adds to a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// The item of the history.
    pub item: ItemIdx,
    /// What it adds.
    pub amount: f64,
}

/// A score taken apart: `score = base + Σ contributions`, within 1e-5 relative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What does not come from the history, such as an item's popularity.
    pub base: f64,
    /// What each item of the history adds: greatest first, ties by ascending item; nothing that adds 0.
    pub contributions: Vec<Contribution>,
}

impl Explanation {
    /// The base and the contributions together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.base + self.contributions.iter().map(|contribution| contribution.amount).sum::<f64>()
    }

    /// An explanation from contributions in any order; those of one item are added up, those of 0 left out.
    pub(crate) fn new(base: f64, mut contributions: Vec<Contribution>) -> Self {
        contributions.sort_by_key(|contribution| contribution.item);
        let mut merged: Vec<Contribution> = Vec::with_capacity(contributions.len());
        for contribution in contributions {
            match merged.last_mut() {
                Some(last) if last.item == contribution.item => last.amount += contribution.amount,
                _ => merged.push(contribution),
            }
        }
        merged.retain(|contribution| contribution.amount != 0.0);
        merged.sort_by(|a, b| b.amount.total_cmp(&a.amount).then_with(|| a.item.cmp(&b.item)));
        Self { base, contributions: merged }
    }
}

/// A recommender that can say which of the customer's own purchases a score comes from.
///
/// The promise: [`Explanation::total`] equals the score of [`Recommender::scores`] within 1e-5
/// relative to the sum of the parts' absolute values. Total on any request and on any item below
/// `n_items`. Outsiders may implement it.
pub trait Explain: Recommender {
    /// Where the score of `item` comes from.
    ///
    /// # Panics
    ///
    /// May panic when there is no such item.
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation;
}

macro_rules! forward {
    ($($pointer:ty),*) => {
        $(impl<R: Explain + ?Sized> Explain for $pointer {
            fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
                (**self).explain(request, item)
            }
        })*
    };
}

forward!(&R, Box<R>, std::sync::Arc<R>);
