//! What a customer looks like as of a moment: one row of numbers each.

use ndarray::Array2;
use patronage_core::{
    Calendar, Column, CustomerIdx, FeatureTable, Features, Lines, Money, Purchases, Schema, Span,
    Timestamp, Window,
};

/// The columns, in order, with what each one is.
const COLUMNS: [&str; 14] = [
    "recency_days",
    "tenure_days",
    "frequency",
    "monetary",
    "mean_order_value",
    "n_lines",
    "n_items",
    "orders_30d",
    "orders_90d",
    "orders_365d",
    "spend_90d",
    "days_per_order",
    "overdue",
    "bought_in_season",
];

/// Behaviour as of a moment, from purchases strictly before it.
///
/// | column | meaning | unit |
/// |---|---|---|
/// | `recency_days` | calendar days from the last purchase to the moment | days |
/// | `tenure_days` | calendar days from the first purchase to the moment | days |
/// | `frequency` | distinct orders | orders |
/// | `monetary` | sum of amounts, at most what [`Money`] holds | currency |
/// | `mean_order_value` | `monetary / frequency` | currency |
/// | `n_lines` | order lines | lines |
/// | `n_items` | distinct items; 0 where the data name none | items |
/// | `orders_30d`, `orders_90d`, `orders_365d` | distinct orders in the last so many days | orders |
/// | `spend_90d` | amounts in the last 90 days | currency |
/// | `days_per_order` | `tenure_days / frequency`: the mean gap, the open one included | days |
/// | `overdue` | `recency_days / max(days_per_order, 1)` | – |
/// | `bought_in_season` | 1 if she bought in the season asked for, one year before | flag |
///
/// Only customers with at least one purchase before the moment have a row. One pass over the
/// lines: O(lines log lines of one customer).
///
/// ```
/// use patronage_core::{CustomerIdx, Date, Calendar, Features, Line, Money, OrderIdx, PurchaseTable, UtcOffset};
/// use patronage_ingest::CustomerFeatures;
///
/// let zone = UtcOffset::UTC;
/// let mut lines = PurchaseTable::builder();
/// for (order, day) in [(0, 1), (1, 11)] {
///     lines.push(CustomerIdx::new(0), Line {
///         at: zone.start_of(Date::new(2024, 3, day)?),
///         order: OrderIdx::new(order),
///         item: None,
///         quantity: 1.0,
///         amount: Money::from_units(10),
///     });
/// }
/// let purchases = lines.build()?;
/// let as_of = zone.start_of(Date::new(2024, 3, 21)?);
/// let table = CustomerFeatures::new(as_of).of(&purchases, &zone);
/// assert_eq!(table.customers(), [CustomerIdx::new(0)]);
/// assert_eq!(table.features().row(0)[..4], [10.0, 20.0, 2.0, 20.0]);
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CustomerFeatures {
    as_of: Timestamp,
    season: Span,
}

impl CustomerFeatures {
    /// Behaviour strictly before `as_of`.
    #[must_use]
    pub const fn new(as_of: Timestamp) -> Self {
        Self { as_of, season: Span::days(90) }
    }

    /// The stretch after `as_of` whose counterpart one year (365 days) before `bought_in_season` looks at; default 90 days.
    #[must_use]
    pub const fn season(mut self, season: Span) -> Self {
        self.season = season;
        self
    }

    /// The columns of every table made here.
    #[must_use]
    pub fn schema() -> Schema {
        let columns = COLUMNS.map(|name| match name {
            "bought_in_season" => Column::flag(name),
            _ => Column::number(name),
        });
        Schema::new(columns).expect("the names are distinct")
    }

    /// The table of `purchases`; calendar days are those of `calendar`.
    #[must_use]
    pub fn of<P: Purchases + ?Sized>(
        &self,
        purchases: &P,
        calendar: &dyn Calendar,
    ) -> CustomerTable {
        let today = calendar.date(self.as_of);
        let year_ago = self.as_of - Span::days(365);
        let season = Window { start: year_ago, end: (year_ago + self.season).min(self.as_of) };
        let mut customers = Vec::new();
        let mut cells = Vec::new();
        let mut items = Vec::new();
        for customer in CustomerIdx::all(purchases.n_customers()) {
            let lines = purchases.history(customer).before(self.as_of);
            let (Some(&first), Some(&last)) = (lines.at().first(), lines.at().last()) else {
                continue;
            };
            let recency = f64::from(today - calendar.date(last));
            let tenure = f64::from(today - calendar.date(first));
            let frequency = lines.n_orders() as f64;
            let monetary = lines.amounts().iter().sum::<Money>().as_f64();
            items.clear();
            items.extend_from_slice(lines.items().unwrap_or_default());
            items.sort_unstable();
            items.dedup();
            let recent = |days| self.recent(lines, days);
            let days_per_order = tenure / frequency;
            customers.push(customer);
            cells.extend([
                recency,
                tenure,
                frequency,
                monetary,
                monetary / frequency,
                lines.len() as f64,
                items.len() as f64,
                recent(30).n_orders() as f64,
                recent(90).n_orders() as f64,
                recent(365).n_orders() as f64,
                recent(90).amounts().iter().sum::<Money>().as_f64(),
                days_per_order,
                recency / days_per_order.max(1.0),
                f64::from(u8::from(!lines.during(season).is_empty())),
            ]);
        }
        let values = Array2::from_shape_vec((customers.len(), COLUMNS.len()), cells)
            .expect("one cell a column was pushed for each customer");
        let features = FeatureTable::new(Self::schema(), values)
            .expect("counts, days and exact sums of money are finite numbers");
        CustomerTable { customers, features }
    }

    fn recent<'a>(&self, lines: Lines<'a>, days: i64) -> Lines<'a> {
        lines.during(Window { start: self.as_of - Span::days(days), end: self.as_of })
    }
}

/// A feature table whose rows are customers.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerTable {
    customers: Vec<CustomerIdx>,
    features: FeatureTable,
}

impl CustomerTable {
    /// The customer of each row, ascending.
    #[must_use]
    pub fn customers(&self) -> &[CustomerIdx] {
        &self.customers
    }

    /// The features, of shape `(customers, columns)`.
    #[must_use]
    pub const fn features(&self) -> &FeatureTable {
        &self.features
    }

    /// The row of a customer, if she has one; O(log customers).
    #[must_use]
    pub fn row_of(&self, customer: CustomerIdx) -> Option<usize> {
        self.customers.binary_search(&customer).ok()
    }

    /// For each row, whether the customer bought anything inside `window`; O(customers log lines).
    ///
    /// With a window that starts at the moment the features were taken, this is the label of
    /// "buys within the horizon".
    #[must_use]
    pub fn bought_during<P: Purchases + ?Sized>(&self, purchases: &P, window: Window) -> Vec<bool> {
        self.customers
            .iter()
            .map(|&customer| !purchases.history(customer).during(window).is_empty())
            .collect()
    }
}

impl Features for CustomerTable {
    fn schema(&self) -> &Schema {
        self.features.schema()
    }

    fn values(&self) -> ndarray::ArrayView2<'_, f64> {
        self.features.values()
    }
}
