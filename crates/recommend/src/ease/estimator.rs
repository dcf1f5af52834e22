//! The estimator.

use patronage_core::{Fit, Interactions};

use super::model::EaseModel;
use crate::by_item::ByItem;
use crate::error::{Error, ErrorKind, require};
use crate::history::{HistoryRule, reads_history};
use crate::linear::Symmetric;

/// EASE: every item's interactions predicted from those of all others by ridge regression, in closed form.
///
/// ```text
/// minimise ‖X − X B‖² + λ ‖B‖²   with a diagonal of zeros
/// P = (Xᵀ X + λ I)⁻¹,   B(i, j) = − P(i, j) / P(j, j)
/// score(j) = Σ over items i of the history h(i) × B(i, j)
/// ```
///
/// with `X` the weights of shape `(n_customers, n_items)` and `h` the weight of the history's entries
/// ([`history`](Self::history), [`half_life`](Self::half_life)). There is nothing to tune but `λ`,
/// usually 100 to 1000 for binary weights, and the result does not depend on any start. For
/// catalogues of up to some ten thousand items it is hard to beat.
///
/// The customer is not used: whoever has a history is served, seen in training or not.
///
/// **Cost.** Time O(Σ over customers of (her items)² + items³), in double precision and in
/// parallel; memory is 4 items² bytes for the model and as much again while it is fitted: 1 GB for
/// 10,000 items, 6 GB for 27,000.
///
/// **Degenerate input.** Items without interactions score 0, as every item does for an empty history.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::Ease;
///
/// // Customers 0 and 1 have both items, customer 2 has item 0 alone.
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0), (2, 0, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 2, &bought, |_, _| {})?)?;
/// let model = Ease::new(1.0).fit(&interactions)?;
///
/// let history = HistoryEntry::from_items(&[ItemIdx::new(0)]);
/// let request = Request { history: &history, customer: None, as_of: Timestamp::from_seconds(9) };
/// let mut scores = [0.0; 2];
/// model.scores(&request, &mut scores);
/// // Item 1 from item 0 alone: 2 / (3 + λ).
/// assert!((scores[1] - 0.5).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - H. Steck (2019), "Embarrassingly shallow autoencoders for sparse data", equation 8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ease {
    regularization: f64,
    rule: HistoryRule,
}

impl Ease {
    /// With the regularisation `λ`, above 0.
    #[must_use]
    pub const fn new(regularization: f64) -> Self {
        let rule = HistoryRule::BINARY;
        Self { regularization, rule }
    }

    reads_history!(rule);
}

impl<I: Interactions + ?Sized> Fit<I> for Ease {
    type Model = EaseModel;
    type Error = Error;

    /// Solves for the weights between items.
    ///
    /// # Errors
    ///
    /// When the regularisation is out of its range, the data break the promises of
    /// [`Interactions`], or `Xᵀ X + λ I` is not positive definite in double precision because `λ`
    /// is too small ([`ErrorKind::NotFinite`]).
    fn fit(&self, data: &I) -> Result<EaseModel, Error> {
        let lambda = self.regularization;
        let expected = "a finite number above 0";
        require(lambda.is_finite() && lambda > 0.0, "regularization", expected, lambda)?;
        self.rule.validate()?;
        let by_item = ByItem::new(data)?;
        let mut gram = Symmetric::from_rows(data.n_items(), |item, row| {
            by_item.add_products(data, item, row);
            row[0] += lambda;
        });
        drop(by_item);
        if !gram.invert() {
            return Err(ErrorKind::NotFinite { what: "the inverse of EASE" }.into());
        }
        EaseModel::new(data.n_items(), &gram, self.rule)
    }
}
