//! User-based nearest neighbours.

use patronage_core::{Csr, CustomerIdx, Fit, Interactions};

use super::user_model::UserKnnModel;
use super::weighting::Similarity;
use crate::error::{Error, require};
use crate::history::{HistoryRule, reads_history};

/// User-based collaborative filtering: what is bought by the customers who buy as she does.
///
/// ```text
/// score(j) = Σ over the k customers v most similar to her of s(u, v) × [v has j]
/// ```
///
/// with `s` the [`Similarity`], the roles of customers and items changed (a term frequency is the
/// weight of an item with a customer, and items that everybody has say little), times the
/// [`shrinkage`](Self::shrinkage) `c / (c + λ)`, `c` being the number of items both have. Only
/// similarities above 0 make neighbours; ties go to the lower customer. A customer of training is not
/// her own neighbour.
///
/// Nothing is computed ahead: fitting is O(interactions), and a request costs O(Σ over her items of
/// their customers + customers + items of her neighbours). Memory is 16 bytes an interaction: never
/// customers × customers.
///
/// **Degenerate input.** For an empty history, or one of unknown items alone, every score is 0.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::UserKnn;
///
/// // Customer 0 has items 0 and 1, customer 1 has items 0 and 2, customer 2 has item 3.
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 2, 1.0), (2, 3, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 4, &bought, |_, _| {})?)?;
/// let model = UserKnn::new(50).fit(&interactions)?;
///
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0), ItemIdx::new(1)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let best = model.top_k(&request, 1, &ItemFilter::default());
/// // Of customer 1, half of whose items she has.
/// assert_eq!((best[0].item.get(), best[0].score), (2, 0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - P. Resnick, N. Iacovou, M. Suchak, P. Bergstrom, J. Riedl (1994), "GroupLens: an open architecture
///   for collaborative filtering of netnews".
/// - F. Aiolli (2013), "Efficient top-N recommendation for very large scale binary rated datasets".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UserKnn {
    pub(super) n_neighbours: usize,
    pub(super) similarity: Similarity,
    pub(super) shrinkage: f64,
    pub(super) rule: HistoryRule,
}

impl UserKnn {
    /// The `n_neighbours` customers most alike (at least 1, usually 50 to 500), by cosine.
    #[must_use]
    pub const fn new(n_neighbours: usize) -> Self {
        Self {
            n_neighbours,
            similarity: Similarity::Cosine,
            shrinkage: 0.0,
            rule: HistoryRule::BINARY,
        }
    }

    /// How alike two customers are; default [`Similarity::Cosine`].
    #[must_use]
    pub const fn similarity(mut self, similarity: Similarity) -> Self {
        self.similarity = similarity;
        self
    }

    /// How many items in common it takes to believe half of a similarity; default `0`, at least 0.
    #[must_use]
    pub const fn shrinkage(mut self, items: f64) -> Self {
        self.shrinkage = items;
        self
    }

    reads_history!(rule);

    pub(super) fn validate(&self) -> Result<(), Error> {
        let k = self.n_neighbours;
        require(k >= 1, "n_neighbours", "at least 1", k as f64)?;
        let (shrinkage, expected) = (self.shrinkage, "a finite number of at least 0");
        require(shrinkage.is_finite() && shrinkage >= 0.0, "shrinkage", expected, shrinkage)?;
        self.similarity.validate()?;
        self.rule.validate()
    }

    /// Whether a weight counts as an interaction.
    pub(super) fn counts(&self, weight: f32) -> bool {
        weight > 0.0 || (weight < 0.0 && self.similarity == Similarity::Cosine)
    }
}

impl<I: Interactions + ?Sized> Fit<I> for UserKnn {
    type Model = UserKnnModel;
    type Error = Error;

    /// Takes the interactions in.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, or the data break the promises of [`Interactions`].
    fn fit(&self, data: &I) -> Result<UserKnnModel, Error> {
        self.validate()?;
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            for (item, &weight) in row.items().iter().zip(row.weights()) {
                if self.counts(weight) {
                    columns.push(item.get());
                    values.push(weight);
                }
            }
            starts.push(columns.len());
        }
        Ok(UserKnnModel::build(*self, Csr::new(data.n_items(), starts, columns, values)?))
    }
}
