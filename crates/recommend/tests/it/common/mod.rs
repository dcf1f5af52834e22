//! Fixtures.

use patronage_core::{
    Csr, Fit, HistoryEntry, InteractionTable, ItemIdx, OrderIdx, Recommender, Request,
    SparseItemFeatures, Timestamp,
};
use patronage_recommend::{Case, ContentBased, ContentModel, HeldOut};

pub(crate) const N_ITEMS: usize = 30;

/// A number in `0..bound` that looks random and never changes (splitmix64).
pub(crate) fn draw(seed: u64, bound: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % bound
}

/// Customers with a taste for one of three kinds of items, each having some of the kind and a few others.
pub(crate) fn tastes(n_customers: u32) -> Vec<Vec<ItemIdx>> {
    (0..n_customers)
        .map(|customer| {
            (0..N_ITEMS as u32)
                .filter(|&item| {
                    let seed = u64::from(customer) * 1000 + u64::from(item);
                    // Of her kind about a half, of others a tenth; low items are more popular.
                    let alike = item % 3 == customer % 3;
                    let odds = if alike { 500 } else { 100 };
                    draw(seed, 1000) < odds * (40 - u64::from(item)) / 30
                })
                .map(ItemIdx::new)
                .collect()
        })
        .collect()
}

pub(crate) fn table(n_customers: u32) -> InteractionTable {
    let entries: Vec<(u32, u32, f32)> = (0..)
        .zip(tastes(n_customers))
        .flat_map(|(customer, items)| {
            items.into_iter().map(move |item| (customer, item.get(), 1.0 + (item.get() % 2) as f32))
        })
        .collect();
    let weights = Csr::from_entries(n_customers as usize, N_ITEMS, &entries, |_, _| {}).unwrap();
    InteractionTable::new(weights).unwrap()
}

pub(crate) fn histories(n_customers: u32) -> Vec<Vec<HistoryEntry>> {
    tastes(n_customers)
        .iter()
        .map(|items| {
            let mut history = HistoryEntry::from_items(items);
            for (position, entry) in history.iter_mut().enumerate() {
                entry.weight = 1.0 + (position % 3) as f32;
                entry.basket = OrderIdx::new(position as u32 / 2);
            }
            history
        })
        .collect()
}

pub(crate) fn requests(histories: &[Vec<HistoryEntry>]) -> Vec<Request<'_>> {
    histories
        .iter()
        .map(|history| Request { history, customer: None, as_of: Timestamp::from_seconds(100) })
        .collect()
}

/// Half of each customer's items known, the rest held out.
pub(crate) fn held_out(n_customers: u32) -> HeldOut {
    let mut held_out = HeldOut::new(N_ITEMS);
    for (customer, items) in tastes(n_customers).iter().enumerate() {
        let side = |item: &&ItemIdx| draw(customer as u64 * 77 + u64::from(item.get()), 2) == 0;
        let known: Vec<ItemIdx> = items.iter().filter(side).copied().collect();
        let targets: Vec<ItemIdx> = items.iter().filter(|item| !side(item)).copied().collect();
        let history = HistoryEntry::from_items(&known);
        let as_of = Timestamp::from_seconds(100);
        let request = Request { history: &history, customer: None, as_of };
        held_out.push(Case { request, targets: &targets }).unwrap();
    }
    held_out
}

pub(crate) fn features() -> SparseItemFeatures {
    let entries: Vec<(u32, u32, f32)> = (0..N_ITEMS as u32 - 1)
        .flat_map(|item| [(item, item % 3, 1.0), (item, 3 + item % 5, 0.5)])
        .collect();
    let values = Csr::from_entries(N_ITEMS, 8, &entries, |_, _| {}).unwrap();
    let names = ["red", "green", "blue", "v", "w", "x", "y", "z"].map(str::to_owned).to_vec();
    SparseItemFeatures::new(values, names).unwrap()
}

pub(crate) fn content() -> ContentModel {
    ContentBased::new().fit(&features()).unwrap()
}

/// The same scores for everybody.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fixed(pub(crate) Vec<f32>);

impl Recommender for Fixed {
    fn n_items(&self) -> usize {
        self.0.len()
    }

    fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(&self.0);
    }
}

/// A request of somebody nobody knows.
pub(crate) fn anonymous(history: &[HistoryEntry]) -> Request<'_> {
    Request { history, customer: None, as_of: Timestamp::from_seconds(100) }
}

/// Every list of `k` of the first `n` numbers, ascending.
pub(crate) fn subsets(n: usize, k: usize) -> Vec<Vec<usize>> {
    (0_u32..1 << n)
        .filter(|mask| mask.count_ones() as usize == k)
        .map(|mask| (0..n).filter(|at| mask >> at & 1 == 1).collect())
        .collect()
}
