//! Many requests, answered in parallel and handed over in order.

use patronage_core::{
    CustomerIdx, HistoryEntry, ItemFilter, Purchases, Recommender, Request, ScoredItem, Timestamp,
};

use crate::par;

/// How many answers are held at a time.
const CHUNK: usize = 2048;

/// Many requests, made one at a time.
///
/// Implemented by slices and vectors of requests, by [`HeldOut`](crate::HeldOut), and by
/// [`PurchaseRequests`], which makes them from purchases. Outsiders may implement it.
pub trait Requests: Sync {
    /// The number of requests.
    fn len(&self) -> usize;

    /// The request at `index`; `buffer` may hold its history.
    ///
    /// # Panics
    ///
    /// May panic when there is no such request.
    fn request<'a>(&'a self, index: usize, buffer: &'a mut Vec<HistoryEntry>) -> Request<'a>;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Requests for [Request<'_>] {
    fn len(&self) -> usize {
        self.len()
    }

    fn request<'a>(&'a self, index: usize, _buffer: &'a mut Vec<HistoryEntry>) -> Request<'a> {
        self[index]
    }
}

impl Requests for Vec<Request<'_>> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn request<'a>(&'a self, index: usize, _buffer: &'a mut Vec<HistoryEntry>) -> Request<'a> {
        self[index]
    }
}

/// One request for each customer of some purchases: what she bought strictly before `as_of`.
#[derive(Clone, Copy, Debug)]
pub struct PurchaseRequests<P> {
    purchases: P,
    as_of: Timestamp,
}

impl<P: Purchases> PurchaseRequests<P> {
    /// Requests as of `as_of`, in the order of customers.
    pub const fn new(purchases: P, as_of: Timestamp) -> Self {
        Self { purchases, as_of }
    }
}

impl<P: Purchases> Requests for PurchaseRequests<P> {
    fn len(&self) -> usize {
        self.purchases.n_customers()
    }

    fn request<'a>(&'a self, index: usize, buffer: &'a mut Vec<HistoryEntry>) -> Request<'a> {
        let customer = CustomerIdx::from_usize(index);
        *buffer = HistoryEntry::from_lines(self.purchases.history(customer).before(self.as_of));
        Request { history: buffer, customer: Some(customer), as_of: self.as_of }
    }
}

/// Calls `answer` with the index of each request and its `k` best items, in order.
///
/// Requests are answered in parallel under feature `rayon`, a few thousand at a time: memory is
/// that of as many lists, never customers × items.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemFilter, Request, Timestamp};
/// use patronage_recommend::{Popularity, for_each_top_k};
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 2, &bought, |_, _| {})?)?;
/// let model = Popularity::new().fit(&table)?;
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(0) };
/// let mut lists = Vec::new();
/// for_each_top_k(&model, &[request; 3][..], 1, &ItemFilter::default(), |index, best| {
///     lists.push((index, best[0].item.get()));
/// });
/// assert_eq!(lists, [(0, 1), (1, 1), (2, 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn for_each_top_k<R: Recommender + ?Sized, Q: Requests + ?Sized>(
    model: &R,
    requests: &Q,
    k: usize,
    filter: &ItemFilter<'_>,
    answer: impl FnMut(usize, &[ScoredItem]),
) {
    for_each_list(requests, |request| model.top_k(request, k, filter), answer);
}

/// Calls `answer` with the index of each request and its list, in order.
pub(crate) fn for_each_list<Q: Requests + ?Sized>(
    requests: &Q,
    list_of: impl Fn(&Request<'_>) -> Vec<ScoredItem> + Sync,
    mut answer: impl FnMut(usize, &[ScoredItem]),
) {
    let n = requests.len();
    for start in (0..n).step_by(CHUNK) {
        let lists = par::map(CHUNK.min(n - start), Vec::new, |buffer, offset| {
            list_of(&requests.request(start + offset, buffer))
        });
        for (offset, list) in lists.iter().enumerate() {
            answer(start + offset, list);
        }
    }
}
