//! Interactions from events of several kinds: views, baskets, purchases.

use patronage_core::{
    Csr, CustomerIdx, HistoryEntry, InteractionTable, ItemIdx, OrderIdx, Span, Timestamp,
};

use crate::error::{Error, ErrorKind, out_of_range, require};
use crate::history::decay;

/// Something a customer did with an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Event {
    /// Who.
    pub customer: CustomerIdx,
    /// With what.
    pub item: ItemIdx,
    /// What she did: the position of its weight in [`EventWeights`].
    pub kind: usize,
    /// When.
    pub at: Timestamp,
    /// In which basket, order or visit.
    pub basket: OrderIdx,
}

/// What the events of one customer with one item weigh together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum EventTotal {
    /// Their sum.
    #[default]
    Sum,
    /// The weight of the greatest size, the first of equals.
    Strongest,
}

/// Weighs events by their kind and their age: a view 1, a basket 3, a purchase 5, a return −5.
///
/// ```text
/// weight(u, i) = Σ (or strongest) over her events with i of weight(kind) × 2^(−age / half-life), clamped to ± cap
/// ```
///
/// Of each pair the time and the basket of its last event are kept; pairs that weigh 0 are left out.
/// O(events log events).
///
/// ```
/// use patronage_core::{CustomerIdx, Interactions, ItemIdx, OrderIdx, Span, Timestamp};
/// use patronage_recommend::{Event, EventWeights};
///
/// let day = |n: i64| Timestamp::from_seconds(n * 86_400);
/// let event = |item, kind, at| Event {
///     customer: CustomerIdx::new(0),
///     item: ItemIdx::new(item),
///     kind,
///     at: day(at),
///     basket: OrderIdx::new(0),
/// };
/// // Views, baskets, purchases.
/// let weights = EventWeights::new(vec![1.0, 3.0, 5.0]).half_life(Span::days(10), day(30));
/// let table = weights.interactions(1, 2, &[event(1, 0, 20), event(1, 2, 20), event(0, 0, 10)])?;
/// assert_eq!(table.row(CustomerIdx::new(0)).weights(), [0.25, 3.0]);
/// # Ok::<(), patronage_recommend::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EventWeights {
    weights: Vec<f64>,
    half_life: Option<(Span, Timestamp)>,
    total: EventTotal,
    cap: f64,
}

impl EventWeights {
    /// The weight of each kind of event: finite, below 0 for what speaks against an item.
    #[must_use]
    pub const fn new(weights: Vec<f64>) -> Self {
        Self { weights, half_life: None, total: EventTotal::Sum, cap: 1e9 }
    }

    /// An event `half_life` before `as_of` weighs half; by default none fades. Events at or after `as_of` are refused.
    #[must_use]
    pub const fn half_life(mut self, half_life: Span, as_of: Timestamp) -> Self {
        self.half_life = Some((half_life, as_of));
        self
    }

    /// What several events with one item weigh; default [`EventTotal::Sum`].
    #[must_use]
    pub const fn total(mut self, total: EventTotal) -> Self {
        self.total = total;
        self
    }

    /// The greatest size of a weight; default `1e9`, above 0, at most 1e20.
    #[must_use]
    pub const fn cap(mut self, weight: f64) -> Self {
        self.cap = weight;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        for &weight in &self.weights {
            require(weight.is_finite(), "weights", "finite numbers", weight)?;
        }
        let days = self.half_life.map_or(1.0, |(half_life, _)| half_life.as_days());
        require(days > 0.0, "half_life", "a span above 0 (in days)", days)?;
        let cap = self.cap;
        require(cap > 0.0 && cap <= 1e20, "cap", "a number above 0, at most 1e20", cap)
    }

    /// The weight of a kind of event.
    fn weight(&self, kind: usize) -> Result<f64, Error> {
        self.weights
            .get(kind)
            .copied()
            .ok_or_else(|| out_of_range("kind of event", self.weights.len(), kind))
    }

    /// Customers × items, each pair with its weight and the time and the basket of its last event.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, a customer, an item or a kind is, or an event happened at
    /// or after the moment from which ages are counted ([`ErrorKind::Leakage`]).
    pub fn interactions(
        &self,
        n_customers: usize,
        n_items: usize,
        events: &[Event],
    ) -> Result<InteractionTable, Error> {
        self.validate()?;
        let mut weighed = Vec::with_capacity(events.len());
        for event in events {
            let Event { customer, item, kind, at, basket } = *event;
            for (noun, bound, found) in
                [("customer", n_customers, customer.index()), ("item", n_items, item.index())]
            {
                if found >= bound {
                    return Err(out_of_range(noun, bound, found));
                }
            }
            let mut weight = self.weight(kind)?;
            if let Some((half_life, as_of)) = self.half_life {
                if at >= as_of {
                    return Err(ErrorKind::Leakage { customer: Some(customer), as_of, at }.into());
                }
                weight *= decay(Some(half_life), as_of, at);
            }
            weighed.push((customer, item, at, basket, weight));
        }
        // Stable: of one moment, the last event given is the last.
        weighed.sort_by_key(|&(customer, item, at, ..)| (customer, item, at));
        let mut starts = vec![0; n_customers + 1];
        let (mut columns, mut weights) = (Vec::new(), Vec::new());
        let (mut times, mut baskets) = (Vec::new(), Vec::new());
        for pair in weighed.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let all = pair.iter().map(|&(.., weight)| weight);
            let total = match self.total {
                EventTotal::Sum => all.sum(),
                EventTotal::Strongest => {
                    all.fold(0.0, |most: f64, w| if w.abs() > most.abs() { w } else { most })
                }
            };
            let weight = total.clamp(-self.cap, self.cap) as f32;
            if weight == 0.0 {
                continue;
            }
            let (customer, item, at, basket, _) = pair[pair.len() - 1];
            starts[customer.index() + 1] += 1;
            columns.push(item.get());
            weights.push(weight);
            times.push(at);
            baskets.push(basket);
        }
        for customer in 0..n_customers {
            starts[customer + 1] += starts[customer];
        }
        let table = InteractionTable::new(Csr::new(n_items, starts, columns, weights)?)?;
        Ok(table.timed(times, baskets)?)
    }

    /// The same events as the history of a request, in time order, each with the weight of its kind.
    ///
    /// Weights are not decayed: models fade a history themselves, from the request's `as_of`.
    ///
    /// # Errors
    ///
    /// When a parameter, or a kind of event, is out of its range.
    pub fn history(&self, events: &[Event]) -> Result<Vec<HistoryEntry>, Error> {
        self.validate()?;
        let entry = |event: &Event| {
            let weight = self.weight(event.kind)?.clamp(-self.cap, self.cap) as f32;
            let Event { item, at, basket, .. } = *event;
            Ok(HistoryEntry { item, weight, at, basket })
        };
        let mut history = events.iter().map(entry).collect::<Result<Vec<_>, Error>>()?;
        history.sort_by_key(|entry| entry.at);
        Ok(history)
    }
}
