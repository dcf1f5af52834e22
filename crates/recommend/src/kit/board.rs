//! The checkerboard.

use patronage_core::{
    Csr, CustomerIdx, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request,
    SparseItemFeatures, Timestamp,
};

use super::fault::Fault;
use super::finding::Finding;
use crate::error::{Error, require};

/// When all requests are made: after every entry of a history, and so soon that nothing has faded.
pub(super) const AS_OF: Timestamp = Timestamp::from_seconds(10_000);

/// What becomes of the items of customers' own numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Diagonal {
    /// They are to be recommended.
    Withheld,
    /// They are there: nothing but the two colours can be learnt, not even by heart.
    Kept,
}

/// Customers and items of two colours: each customer has every item of her colour but the one of her own number.
///
/// ```text
/// customer u has item i  ⇔  u + i is even and u ≠ i
/// ```
///
/// Only the colours tell anything, so what was withheld, item `u`, is the answer to the request of
/// customer `u`, for every model that learns who likes what. There are two tastes: factor models
/// want few factors here, or they learn by heart what was withheld. Memory is O(n²).
///
/// ```
/// use patronage_core::{CustomerIdx, Fit, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::{Checkerboard, ItemKnn};
///
/// let board = Checkerboard::new(10)?;
/// let model = ItemKnn::new(10).fit(&board.table())?;
/// let history = board.history(CustomerIdx::new(4));
/// let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
/// assert_eq!(model.top_k(&request, 1, &ItemFilter::default())[0].item, ItemIdx::new(4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Checkerboard {
    n: usize,
}

impl Checkerboard {
    /// A board of `n` customers and `n` items, 8 to 10,000.
    ///
    /// # Errors
    ///
    /// When `n` is out of its range.
    pub fn new(n: usize) -> Result<Self, Error> {
        require((8..=10_000).contains(&n), "n", "8 to 10,000", n as f64)?;
        Ok(Self { n })
    }

    /// The number of customers, and of items.
    #[must_use]
    pub const fn n(&self) -> usize {
        self.n
    }

    /// What customers have, all of weight 1.
    #[must_use]
    pub fn table(&self) -> InteractionTable {
        self.corner(self.n, 0, Diagonal::Withheld)
    }

    /// The customers and items below `n` only, and behind them `extra` of whom nothing is known.
    pub(super) fn corner(&self, n: usize, extra: usize, diagonal: Diagonal) -> InteractionTable {
        let has = |customer: u32, item: u32| {
            (customer + item).is_multiple_of(2) && (customer != item || diagonal == Diagonal::Kept)
        };
        let entries: Vec<(u32, u32, f32)> = (0..n as u32)
            .flat_map(|customer| (0..n as u32).map(move |item| (customer, item)))
            .filter(|&(customer, item)| has(customer, item))
            .map(|(customer, item)| (customer, item, 1.0))
            .collect();
        let weights = Csr::from_entries(n + extra, n + extra, &entries, |_, _| {})
            .expect("entries lie on the board");
        InteractionTable::new(weights).expect("weights of 1 are finite")
    }

    /// The colour of each item as two features, for models that learn from what items are like.
    #[must_use]
    pub fn features(&self, extra: usize) -> SparseItemFeatures {
        let entries: Vec<(u32, u32, f32)> =
            (0..self.n as u32).map(|item| (item, item % 2, 1.0)).collect();
        let values = Csr::from_entries(self.n + extra, 2, &entries, |_, _| {})
            .expect("entries lie on the board");
        SparseItemFeatures::new(values, Vec::new()).expect("features of 1 are finite")
    }

    /// What the customer has, as a request takes it.
    #[must_use]
    pub fn history(&self, customer: CustomerIdx) -> Vec<HistoryEntry> {
        HistoryEntry::from_items(&self.items(customer))
    }

    /// What was withheld from the customer, and is to be recommended.
    #[must_use]
    pub fn withheld(&self, customer: CustomerIdx) -> ItemIdx {
        ItemIdx::new(customer.get())
    }

    fn items(&self, customer: CustomerIdx) -> Vec<ItemIdx> {
        let (own, n) = (customer.get(), self.n as u32);
        (own % 2..n).step_by(2).filter(|&item| item != own).map(ItemIdx::new).collect()
    }

    /// For every customer, anonymous and known, what was withheld comes first.
    pub(super) fn check(&self, model: &dyn Recommender, finding: &mut Finding) {
        for customer in CustomerIdx::all(self.n) {
            for who in [None, Some(customer)] {
                self.check_withheld(model, customer, who, finding);
            }
        }
    }

    /// What is missing in the history of `customer` comes first, whoever asks.
    pub(super) fn check_withheld(
        &self,
        model: &dyn Recommender,
        customer: CustomerIdx,
        who: Option<CustomerIdx>,
        finding: &mut Finding,
    ) {
        let history = self.history(customer);
        let expected = self.withheld(customer);
        let request = Request { history: &history, customer: who, as_of: AS_OF };
        let best = model.top_k(&request, 1, &ItemFilter::default());
        let found = best.first().map(|scored| scored.item);
        let fault = Fault::Withheld { customer, expected, found };
        finding.note((found != Some(expected)).then_some(fault));
    }
}
