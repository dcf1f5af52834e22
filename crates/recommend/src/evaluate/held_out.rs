//! Requests and what was held back from them.

use patronage_core::{
    CustomerIdx, Fingerprint, Fingerprinter, HistoryEntry, ItemIdx, Purchases, Request, Timestamp,
};

use super::requests::Requests;
use crate::error::{Error, ErrorKind, out_of_range, require_customers, require_items};
use crate::groups::Groups;

/// A request and the items it should have been answered with.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What was known.
    pub request: Request<'a>,
    /// What came after.
    pub targets: &'a [ItemIdx],
}

/// Requests with the items held back from each: what recommenders are judged and calibrated on.
///
/// Memory is 24 bytes an entry of history and 4 bytes a target. Customers who have no target are
/// counted ([`n_without_targets`](Self::n_without_targets)), not stored: nothing can be hit there.
///
/// ```
/// use patronage_core::{CustomerIdx, During, Line, Money, OrderIdx, ItemIdx, PurchaseTable, Timestamp};
/// use patronage_recommend::HeldOut;
///
/// let mut table = PurchaseTable::builder();
/// for (customer, seconds, item) in [(0, 1, 0), (0, 9, 1), (1, 2, 0)] {
///     table.push(CustomerIdx::new(customer), Line {
///         at: Timestamp::from_seconds(seconds),
///         order: OrderIdx::new(0),
///         item: Some(ItemIdx::new(item)),
///         quantity: 1.0,
///         amount: Money::from_units(1),
///     });
/// }
/// let table = table.build()?;
/// let cut = Timestamp::from_seconds(5);
/// let after = patronage_core::Window { start: cut, end: Timestamp::MAX };
/// let held_out = HeldOut::from_purchases(&During::before(&table, cut), &During::new(&table, after), cut)?;
/// assert_eq!((held_out.len(), held_out.n_without_targets()), (1, 1));
/// assert_eq!(held_out.targets(0), [ItemIdx::new(1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOut {
    n_items: usize,
    n_without_targets: usize,
    who: Vec<(Option<CustomerIdx>, Timestamp)>,
    /// When the earliest target of each case happened, where that is known.
    tested_at: Vec<Option<Timestamp>>,
    history_starts: Vec<usize>,
    history: Vec<HistoryEntry>,
    target_starts: Vec<usize>,
    targets: Vec<ItemIdx>,
}

impl HeldOut {
    /// No case yet, over `n_items` items.
    #[must_use]
    pub fn new(n_items: usize) -> Self {
        Self {
            n_items,
            n_without_targets: 0,
            who: Vec::new(),
            tested_at: Vec::new(),
            history_starts: vec![0],
            history: Vec::new(),
            target_starts: vec![0],
            targets: Vec::new(),
        }
    }

    /// Adds a case; targets named twice count once, a case without targets is counted only.
    ///
    /// # Errors
    ///
    /// When a target is not below the number of items, or an entry of the history is not strictly
    /// before the request: a leak.
    pub fn push(&mut self, case: Case<'_>) -> Result<(), Error> {
        self.push_tested_at(case, None)
    }

    /// [`push`](Self::push) with the moment of the case's earliest target, by which [`check_leakage`](Self::check_leakage) finds training that followed it.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn push_tested_at(
        &mut self,
        case: Case<'_>,
        tested_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        let Request { history, customer, as_of } = case.request;
        if let Some(entry) = history.iter().find(|entry| entry.at >= as_of) {
            return Err(ErrorKind::Leakage { customer, as_of, at: entry.at }.into());
        }
        let bound = self.n_items;
        if let Some(target) = case.targets.iter().find(|target| target.index() >= bound) {
            return Err(out_of_range("target item", bound, target.index()));
        }
        if case.targets.is_empty() {
            self.n_without_targets += 1;
            return Ok(());
        }
        let mut targets = case.targets.to_vec();
        targets.sort_unstable();
        targets.dedup();
        self.who.push((customer, as_of));
        self.tested_at.push(tested_at);
        self.history.extend_from_slice(history);
        self.history_starts.push(self.history.len());
        self.targets.extend_from_slice(&targets);
        self.target_starts.push(self.targets.len());
        Ok(())
    }

    /// For each customer, what she bought in `before` as history and what she bought in `after` as targets.
    ///
    /// The requests are made as of `cut`: everything in `before` must lie strictly before it, and
    /// everything in `after` at or after it.
    ///
    /// # Errors
    ///
    /// When the views are of different customers or items, `after` names no items, or a purchase
    /// lies on the wrong side of the cut: a leak.
    pub fn from_purchases<P: Purchases + ?Sized, Q: Purchases + ?Sized>(
        before: &P,
        after: &Q,
        cut: Timestamp,
    ) -> Result<Self, Error> {
        let what = "purchases after the cut";
        require_customers(what, before.n_customers(), after.n_customers())?;
        require_items(what, before.n_items(), after.n_items())?;
        let mut held_out = Self::new(before.n_items());
        for customer in CustomerIdx::all(before.n_customers()) {
            let (known, later) = (before.history(customer), after.history(customer));
            if let Some(&at) = later.at().first().filter(|&&at| at < cut) {
                return Err(ErrorKind::EarlyTarget { customer, as_of: cut, at }.into());
            }
            let targets = match later.items() {
                Some(items) => items,
                None if later.is_empty() => &[],
                None => return Err(ErrorKind::Empty { what: "items of the purchases" }.into()),
            };
            let history = HistoryEntry::from_lines(known);
            let request = Request { history: &history, customer: Some(customer), as_of: cut };
            held_out.push_tested_at(Case { request, targets }, later.at().first().copied())?;
        }
        Ok(held_out)
    }

    /// The number of cases.
    #[must_use]
    pub fn len(&self) -> usize {
        self.who.len()
    }

    /// Whether there is no case.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.who.is_empty()
    }

    /// The number of items the targets are among.
    #[must_use]
    pub const fn n_items(&self) -> usize {
        self.n_items
    }

    /// The number of customers left out because they have no target.
    #[must_use]
    pub const fn n_without_targets(&self) -> usize {
        self.n_without_targets
    }

    /// One case.
    ///
    /// # Panics
    ///
    /// When there is no such case.
    #[must_use]
    pub fn case(&self, case: usize) -> Case<'_> {
        let history = &self.history[self.history_starts[case]..self.history_starts[case + 1]];
        let (customer, as_of) = self.who[case];
        Case { request: Request { history, customer, as_of }, targets: self.targets(case) }
    }

    /// The targets of one case, ascending and distinct.
    ///
    /// # Panics
    ///
    /// When there is no such case.
    #[must_use]
    pub fn targets(&self, case: usize) -> &[ItemIdx] {
        &self.targets[self.target_starts[case]..self.target_starts[case + 1]]
    }

    /// All cases in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Case<'_>> {
        (0..self.len()).map(|case| self.case(case))
    }

    /// The same requests with the groups of their targets for targets: what judges a model of groups.
    ///
    /// Cases whose targets belong to no group move to those without targets.
    ///
    /// # Errors
    ///
    /// When the groups are of another number of items.
    pub fn grouped(&self, groups: &Groups) -> Result<Self, Error> {
        require_items("groups", self.n_items, groups.n_items())?;
        let mut grouped = Self::new(groups.n_groups());
        grouped.n_without_targets = self.n_without_targets;
        for (case, &tested_at) in self.iter().zip(&self.tested_at) {
            let targets: Vec<ItemIdx> =
                case.targets.iter().filter_map(|&item| groups.group(item)).collect();
            grouped.push_tested_at(Case { targets: &targets, ..case }, tested_at)?;
        }
        Ok(grouped)
    }

    /// A short name for who is tested on what: requests may know more or less of her.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut hasher = Fingerprinter::new();
        for (case, (customer, _)) in self.who.iter().enumerate() {
            hasher.number(customer.map_or(u64::MAX, |customer| u64::from(customer.get())));
            hasher.number(self.targets(case).len() as u64);
            self.targets(case).iter().for_each(|target| hasher.number(u64::from(target.get())));
        }
        hasher.finish()
    }

    pub(super) fn tested_at(&self, case: usize) -> Option<Timestamp> {
        self.tested_at[case]
    }
}

impl Requests for HeldOut {
    fn len(&self) -> usize {
        self.len()
    }

    fn request<'a>(&'a self, index: usize, _buffer: &'a mut Vec<HistoryEntry>) -> Request<'a> {
        self.case(index).request
    }
}
