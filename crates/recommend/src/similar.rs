//! Items and customers who are alike.

use patronage_core::{
    CustomerIdx, ItemFilter, ItemIdx, Recommender, Request, ScoredItem, Seen, rank,
};

use crate::linear::Rows;
use crate::par;

/// A recommender that says which items are alike. Outsiders may implement it.
pub trait SimilarItems: Recommender {
    /// The `k` items most similar to `item`, best first, ties by ascending item, without itself; fewer
    /// where fewer are alike. Scores are comparable within one answer.
    ///
    /// # Panics
    ///
    /// May panic when there is no such item.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem>;
}

/// A recommender that says which customers are alike. Outsiders may implement it.
pub trait SimilarCustomers: Recommender {
    /// The `k` customers of the training data most similar to whoever asks, with how alike they are
    /// (greater is more), best first, ties by ascending customer, without herself; fewer where fewer
    /// are alike. A new customer is judged by her history.
    fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)>;
}

macro_rules! forward {
    ($pointer:ty) => {
        impl<R: SimilarItems + ?Sized> SimilarItems for $pointer {
            fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
                (**self).similar_items(item, k)
            }
        }

        impl<R: SimilarCustomers + ?Sized> SimilarCustomers for $pointer {
            fn similar_customers(
                &self,
                request: &Request<'_>,
                k: usize,
            ) -> Vec<(CustomerIdx, f64)> {
                (**self).similar_customers(request, k)
            }
        }
    };
}

forward!(&R);
forward!(Box<R>);
forward!(std::sync::Arc<R>);

/// The models' own methods of the same names.
macro_rules! similar {
    (items: $($of_items:ident),*; customers: $($of_customers:ident),*) => {
        $(impl SimilarItems for crate::$of_items {
            fn similar_items(&self, item: ItemIdx, k: usize) -> Vec<ScoredItem> {
                crate::$of_items::similar_items(self, item, k)
            }
        })*
        $(impl SimilarCustomers for crate::$of_customers {
            fn similar_customers(&self, request: &Request<'_>, k: usize) -> Vec<(CustomerIdx, f64)> {
                crate::$of_customers::similar_customers(self, request, k)
            }
        })*
    };
}

similar!(
    items: AlsModel, BiasedMfModel, ContentModel, EaseModel, FeatureMfModel, ItemKnnModel, NmfModel,
        PairwiseModel, RatingKnnModel, SlimModel, SvdPlusPlusModel;
    customers: AlsModel, BiasedMfModel, FeatureMfModel, KernelRidgeModel, NmfModel, PairwiseModel,
        RatingKnnModel, SvdPlusPlusModel, TifuKnnModel, UserKnnModel
);

/// The `k` rows of the greatest cosine with `x`, best first, ties by ascending row, `except` left out.
pub(crate) fn nearest_customers(
    rows: &Rows,
    x: &[f32],
    except: Option<CustomerIdx>,
    k: usize,
) -> Vec<(CustomerIdx, f64)> {
    nearest(rows, x, except.map(CustomerIdx::index), k)
        .into_iter()
        .map(|found| (CustomerIdx::new(found.item.get()), f64::from(found.score)))
        .collect()
}

/// The `k` rows of the greatest cosine with `x`, best first, ties by ascending row; rows of zeros
/// are similar to none.
pub(crate) fn nearest(rows: &Rows, x: &[f32], but: Option<usize>, k: usize) -> Vec<ScoredItem> {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    let length = product(x, x).sqrt();
    let cosines = par::map(
        rows.n(),
        || (),
        |(), i| {
            let row = rows.values(i);
            let other = product(row, row).sqrt();
            (length > 0.0 && other > 0.0).then(|| (product(row, x) / length / other) as f32)
        },
    );
    let mut found: Vec<ScoredItem> = ItemIdx::all(rows.n())
        .zip(cosines)
        .filter(|(item, _)| Some(item.index()) != but)
        .filter_map(|(item, score)| Some(ScoredItem { item, score: score? }))
        .collect();
    if k < found.len() && k > 0 {
        found.select_nth_unstable_by(k - 1, rank);
    }
    found.truncate(k);
    found.sort_unstable_by(rank);
    found
}

/// The items the filter leaves out for being in the history, ascending.
pub(crate) fn seen(request: &Request<'_>, filter: &ItemFilter<'_>) -> Vec<u32> {
    let mut seen: Vec<u32> = match filter.seen {
        Seen::Allow => Vec::new(),
        Seen::Exclude => request.history.iter().map(|entry| entry.item.get()).collect(),
    };
    seen.sort_unstable();
    seen
}
