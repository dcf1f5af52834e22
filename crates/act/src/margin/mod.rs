//! Value as the mean margin of past orders, shrunk.

mod credibility;
mod orders;

use std::fmt::Write as _;

use patronage_core::{ActionIdx, CustomerIdx, Explained, Fit, ItemIdx, Money, Purchases, Value};

pub use credibility::KindStats;

use crate::catalogue::{Catalogue, Margin, Offer};
use crate::error::{Error, ErrorKind};
use crate::offers::{Offered, Offers, length};
use orders::Kinds;

/// What an action is worth if accepted: the mean margin of the customer's past orders of that
/// kind, drawn towards that of all customers by how little is known of her.
///
/// ```text
/// value(c, a) = rate(a) × ( w · x̄(c, g) + (1 − w) · μ(g) ),     w = n / (n + k(g))
/// ```
///
/// in currency units, rounded to the ten-thousandth, where
///
/// - `g` is the *kind* of order the offer asks for: for an item the orders that contain it, for a
///   category the orders that contain an item of it, for a service all orders;
/// - `n` is the number of the customer's orders of the kind, and `x̄(c, g)` the mean amount of them:
///   for an item or category the sum of *its* lines in the order (the rest of the basket is not
///   credited to the offer), for a service the whole order;
/// - `μ(g)` is the mean of all customers who have such orders, each weighted by her own `w` (by her
///   number of orders where every `w` is 0);
/// - `rate(a)` is the action's margin rate; where the catalogue gives an amount instead of a rate,
///   that amount is the value for everybody, and history does not matter;
/// - `k(g)`, in orders, is how many orders of her own a customer needs to count as much as all
///   others. It is given, or estimated as Bühlmann and Straub do: the variance of amounts within
///   customers over the variance between customers' means,
///
/// ```text
/// k = s² / a,     s² = Σᵢ Σⱼ (xᵢⱼ − x̄ᵢ)² / (N − C),
/// a = ( Σᵢ nᵢ (x̄ᵢ − x̄)² − (C − 1) s² ) / ( N − Σᵢ nᵢ² / N )
/// ```
///
///   with `C` customers, `nᵢ` orders of customer `i`, `N` orders in all and `x̄` the mean of all orders.
///
/// Degenerate input: a customer without orders of the kind gets `μ`; where customers do not differ
/// (`a ≤ 0`), only one customer has such orders, or none has two, `k` is infinite and everybody
/// gets `μ`; a kind nobody ever bought is worth 0.
///
/// Pass purchases strictly before the moment of decision
/// ([`During::before`](patronage_core::During::before)). O(lines log lines of one customer); memory
/// 16 bytes a customer and action.
///
/// # References
///
/// H. Bühlmann and E. Straub (1970), *Glaubwürdigkeit für Schadensätze*; H. Bühlmann and A. Gisler
/// (2005), *A Course in Credibility Theory and its Applications*, chapter 4.
///
/// # Examples
///
/// ```
/// use patronage_act::{Assortment, Catalogue, MeanMargin, Offers, RuleColumns, Shrinkage};
/// use patronage_core::{
///     ActionIdx, CustomerIdx, Fit, IdMap, Line, Money, OrderIdx, PurchaseTable, Schema, Timestamp,
///     Value,
/// };
///
/// let catalogue = r#"
/// channel = [{ id = "till", needs_consent = false }]
/// [[action]]
/// id = "voucher"
/// channel = "till"
/// cost = 0
/// margin = 0.5
/// offer = { service = "voucher" }
/// eligible = "true"
/// "#;
/// let catalogue = Catalogue::parse(catalogue, &RuleColumns::new(Schema::new([])?))?;
/// let mut purchases = PurchaseTable::builder();
/// for (customer, order, units) in [(0, 0, 10), (0, 1, 20), (1, 2, 40)] {
///     purchases.push(CustomerIdx::new(customer), Line {
///         at: Timestamp::from_seconds(i64::from(order)),
///         order: OrderIdx::new(order),
///         item: None,
///         quantity: 1.0,
///         amount: Money::from_units(units),
///     });
/// }
/// let purchases = purchases.n_customers(3).build()?;
/// let offers = Offers::new(&catalogue, Assortment::new(IdMap::new()), 3);
/// let value = MeanMargin::new(&catalogue, &offers)
///     .shrinkage(Shrinkage::Orders(2.0))
///     .fit(&purchases)?;
/// // Weights 2/4 and 1/3: the mean of all is (15/2 + 40/3) / (1/2 + 1/3) = 25, halved by the rate.
/// let worth = |customer| value.amount(CustomerIdx::new(customer), ActionIdx::new(0)).to_string();
/// assert_eq!(worth(0), "10.00");
/// assert_eq!(worth(1), "15.00");
/// assert_eq!(worth(2), "12.50");
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MeanMargin<'a> {
    catalogue: &'a Catalogue,
    offers: &'a Offers,
    shrinkage: Shrinkage,
}

/// How much the mean of all customers counts against a customer's own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Shrinkage {
    /// Estimated from the data for each kind of order.
    #[default]
    Estimated,
    /// As much as this many orders of her own; finite, at least 0.
    Orders(f64),
}

impl<'a> MeanMargin<'a> {
    /// The value of the actions of `catalogue`, whose offers are `offers`.
    #[must_use]
    pub const fn new(catalogue: &'a Catalogue, offers: &'a Offers) -> Self {
        Self { catalogue, offers, shrinkage: Shrinkage::Estimated }
    }

    /// How much the mean of all customers counts; default [`Shrinkage::Estimated`].
    #[must_use]
    pub const fn shrinkage(mut self, shrinkage: Shrinkage) -> Self {
        self.shrinkage = shrinkage;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        match self.shrinkage {
            Shrinkage::Orders(k) if !(k.is_finite() && k >= 0.0) => Err(ErrorKind::Parameter {
                parameter: "shrinkage",
                expected: "a finite number of orders of at least 0",
                found: k,
            }
            .into()),
            _ => Ok(()),
        }
    }
}

impl<'a, P: Purchases + ?Sized> Fit<P> for MeanMargin<'a> {
    type Model = MeanMarginModel<'a>;
    type Error = Error;

    /// Learns the means of purchases by the customers the offers are made to, in the same order.
    ///
    /// # Errors
    ///
    /// When the shrinkage is out of its range, or offers and catalogue or purchases do not fit together.
    fn fit(&self, purchases: &P) -> Result<MeanMarginModel<'a>, Error> {
        self.validate()?;
        let offers = self.offers;
        length("actions of the offers", self.catalogue.actions().len(), offers.n_actions())?;
        length("customers of the purchases", offers.n_customers(), purchases.n_customers())?;
        if offers.assortment().n_items() < purchases.n_items() {
            let (what, expected) = ("items of the assortment", purchases.n_items());
            let found = offers.assortment().n_items();
            return Err(ErrorKind::Length { what, expected, found }.into());
        }
        let kinds = Kinds::of(offers);
        let learnt = orders::learn(&kinds, offers, &purchases, self.shrinkage);
        let (catalogue, (stats, n_orders, means)) = (self.catalogue, learnt);
        Ok(MeanMarginModel { catalogue, offers, kinds, stats, n_orders, means })
    }
}

/// The values learnt by [`MeanMargin`].
#[derive(Clone, Debug)]
pub struct MeanMarginModel<'a> {
    catalogue: &'a Catalogue,
    offers: &'a Offers,
    kinds: Kinds,
    stats: Vec<KindStats>,
    /// Orders of each customer of the kind each action offers her, customer after customer.
    n_orders: Vec<u32>,
    /// The mean amounts of them.
    means: Vec<f64>,
}

impl MeanMarginModel<'_> {
    /// What is known of all customers' orders of the kind that `action` offers `customer`; none for an offer of nothing.
    ///
    /// # Panics
    ///
    /// When there is no such customer or action.
    #[must_use]
    pub fn kind(&self, customer: CustomerIdx, action: ActionIdx) -> Option<&KindStats> {
        let kind = self.kinds.position(self.offers.offered(customer, action))?;
        Some(&self.stats[kind])
    }

    /// Her orders of the kind, the mean of them, what all have, and her weight.
    fn figures(
        &self,
        customer: CustomerIdx,
        action: ActionIdx,
    ) -> Option<(u32, f64, &KindStats, f64)> {
        let stats = self.kind(customer, action)?;
        let cell = customer.index() * self.offers.n_actions() + action.index();
        let (n, mean) = (self.n_orders[cell], self.means[cell]);
        Some((n, mean, stats, stats.weight(n)))
    }

    fn money(&self, units: f64) -> Money {
        // Means of amounts are amounts; only rounding at the very end of the range could leave it.
        Money::from_f64(units).unwrap_or(Money::MAX).max(Money::ZERO)
    }
}

impl Value for MeanMarginModel<'_> {
    fn value(&self, customer: CustomerIdx, action: ActionIdx) -> Explained<Money> {
        let value = self.amount(customer, action);
        let rate = match self.catalogue.action(action).margin() {
            Margin::Amount(amount) => {
                return Explained::new(value, format!("{amount} an acceptance, by the catalogue"));
            }
            Margin::Rate(rate) => rate,
        };
        let offer = self.catalogue.action(action).offer();
        let Some((n, mean, stats, weight)) = self.figures(customer, action) else {
            return Explained::new(value, "nothing to offer her, so nothing to earn");
        };
        if stats.n_orders == 0 {
            return Explained::new(
                value,
                "nobody has ordered it yet, so what it earns is not known",
            );
        }
        let (own, all) = (self.money(rate * mean), self.money(rate * stats.mean));
        let of = match offer {
            Offer::Service(_) => "",
            Offer::Item(_) | Offer::BestItem => " with the item",
            Offer::Category(_) | Offer::BestCategory => " with the category",
        };
        let mut reason = String::new();
        let _ = match n {
            0 => write!(
                reason,
                "no order{of} of hers, so the mean margin {all:.2} of all {} customers with one",
                stats.n_customers
            ),
            _ if weight == 1.0 => write!(reason, "mean margin of her {n} orders{of} {own:.2}"),
            _ => write!(
                reason,
                "mean margin of her {n} orders{of} {own:.2}, drawn to {all:.2} of all {} customers by weight {:.3}",
                stats.n_customers,
                1.0 - weight
            ),
        };
        Explained::new(value, reason)
    }

    fn amount(&self, customer: CustomerIdx, action: ActionIdx) -> Money {
        match self.catalogue.action(action).margin() {
            Margin::Amount(amount) => amount,
            Margin::Rate(rate) => {
                let figures = self.figures(customer, action);
                figures.map_or(Money::ZERO, |(_, mean, stats, weight)| {
                    self.money(rate * (weight * mean + (1.0 - weight) * stats.mean))
                })
            }
        }
    }
}

impl Kinds {
    /// Where the statistics of an offer stand.
    fn position(&self, offered: Offered) -> Option<usize> {
        match offered {
            Offered::Service => Some(orders::ALL),
            Offered::Item(item) => self.of_item(item),
            Offered::Category(category) => self.of_category(category),
            Offered::Nothing => None,
        }
    }
}

/// An item the data name, if the line does.
fn item_of(items: Option<&[ItemIdx]>, line: usize) -> Option<ItemIdx> {
    items.map(|items| items[line])
}
