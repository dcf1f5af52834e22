//! The entry point: purchases as they stood at an instant.

use patronage_core::{Calendar, Purchases, Timestamp};

use crate::cohorts::{Cohorts, cohorts};
use crate::concentration::{Concentration, concentration};
use crate::error::Error;
use crate::items::{TopBy, TopItems, top_items};
use crate::kpis::{Kpis, kpis};
use crate::levels::{Levels, levels};
use crate::months::{Months, months};

/// Purchases as they stood at an as-of: the questions to ask of them.
///
/// Only lines strictly before the as-of count, in every answer. A customer is one who has at least
/// one such line; customers of the view without any do not exist here. Orders are told apart by
/// their index within a customer. Every answer is one pass over the lines, O(lines) and a little
/// memory for each customer, month or item as its own documentation says.
///
/// ```
/// use patronage_core::{CustomerIdx, Line, Money, OrderIdx, PurchaseTable, Timestamp, UtcOffset};
/// use patronage_explore::Explore;
///
/// let mut log = PurchaseTable::builder();
/// for (customer, order, day, amount) in [(0, 0, 10, 20), (0, 1, 45, 30), (1, 2, 50, 10)] {
///     log.push(CustomerIdx::new(customer), Line {
///         at: Timestamp::from_seconds(day * 86_400),
///         order: OrderIdx::new(order),
///         item: None,
///         quantity: 1.0,
///         amount: Money::from_units(amount),
///     });
/// }
/// let log = log.build()?;
/// let explore = Explore::new(&log, &UtcOffset::UTC, Timestamp::from_seconds(60 * 86_400));
/// let kpis = explore.kpis()?;
/// assert_eq!((kpis.n_customers, kpis.n_orders), (2, 3));
/// assert_eq!(kpis.gross_revenue, Money::from_units(60));
/// assert_eq!(explore.months()?.rows().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Explore<'a, P: ?Sized> {
    purchases: &'a P,
    returns: Option<&'a dyn Purchases>,
    calendar: &'a dyn Calendar,
    as_of: Timestamp,
}

impl<'a, P: Purchases + ?Sized> Explore<'a, P> {
    /// The purchases strictly before `as_of`, by the months of `calendar`.
    pub const fn new(purchases: &'a P, calendar: &'a dyn Calendar, as_of: Timestamp) -> Self {
        Self { purchases, returns: None, calendar, as_of }
    }

    /// Sets the returned lines, which turn gross into net revenue; default none.
    ///
    /// A returned line counts by the size of its amount, so that logs which note what was given
    /// back as a negative amount and logs which note it as a positive one both come out right. Its
    /// customers and items may be numbered differently from those of the purchases.
    #[must_use]
    pub const fn returns(mut self, returns: &'a dyn Purchases) -> Self {
        self.returns = Some(returns);
        self
    }

    /// The instant strictly before which lines count.
    #[must_use]
    pub const fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// Customers, orders, revenue and their ratios.
    ///
    /// # Errors
    ///
    /// When a sum of money is out of range, or an item is beyond the view's number of items.
    pub fn kpis(&self) -> Result<Kpis, Error> {
        kpis(&self.purchases, self.returns, self.as_of)
    }

    /// Active, new and returning customers, orders and revenue of every calendar month.
    ///
    /// # Errors
    ///
    /// When a sum of money is out of range, or the purchases stretch over more than 2,400 months.
    pub fn months(&self) -> Result<Months, Error> {
        months(&self.purchases, self.calendar, self.as_of)
    }

    /// How many customers of each month of first purchase came back in each month after.
    ///
    /// # Errors
    ///
    /// When a sum of money is out of range, or the purchases stretch over more than 2,400 months.
    pub fn cohorts(&self) -> Result<Cohorts, Error> {
        cohorts(&self.purchases, self.calendar, self.as_of)
    }

    /// How revenue is spread over customers: deciles, Gini coefficient, Lorenz curve.
    ///
    /// # Errors
    ///
    /// When a sum of money is out of range.
    pub fn concentration(&self) -> Result<Concentration, Error> {
        concentration(&self.purchases, self.as_of)
    }

    /// The at most `k` items that lead by revenue, customers or lines.
    ///
    /// # Errors
    ///
    /// When a sum of money is out of range, or an item is beyond the view's number of items.
    pub fn top_items(&self, k: usize, by: TopBy) -> Result<TopItems, Error> {
        top_items(&self.purchases, self.as_of, k, by)
    }

    /// Customers, orders and revenue by the levels of an attribute of the lines, such as `"country"`.
    ///
    /// # Errors
    ///
    /// When there is no such attribute, a code has no level, or a sum of money is out of range.
    pub fn levels(&self, attribute: &str) -> Result<Levels, Error> {
        levels(&self.purchases, self.as_of, attribute)
    }

    pub(crate) fn has_attribute(&self, name: &str) -> bool {
        self.purchases.attributes().iter().any(|attribute| attribute.name == name)
    }
}

// By hand: a derive would ask `P: Clone`, and calendars are not `Debug`.
impl<P: ?Sized> Clone for Explore<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: ?Sized> Copy for Explore<'_, P> {}

impl<P: ?Sized> std::fmt::Debug for Explore<'_, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explore").field("as_of", &self.as_of).finish_non_exhaustive()
    }
}
