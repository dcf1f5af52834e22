//! The columns a rule may use.

use patronage_core::{Column, ColumnKind, Schema};

use crate::error::Error;

/// The columns a rule may use, and which of them have open dictionaries.
///
/// The columns are those of a [`Schema`]; rules are evaluated on rows of exactly that schema.
/// A category is *closed* unless [`open`](Self::open) says otherwise: a rule that names a level it
/// does not have is an error, since the level is misspelt. The levels of an *open* category (such
/// as `country`) come from the data at hand: a rule may name one that no customer has today; it
/// matches nobody, and the catalogue says so as a warning.
///
/// ```
/// use patronage_act::{Rule, RuleColumns};
/// use patronage_core::{Column, Schema};
///
/// let schema = Schema::new([
///     Column::category("segment", ["Champions", "Lost"]),
///     Column::category("country", ["Norway"]),
/// ])?;
/// let columns = RuleColumns::new(schema).open("country")?;
/// assert!(Rule::parse(r#"segment = "Loyal""#, &columns).is_err());
/// assert!(Rule::parse(r#"country = "France""#, &columns).is_ok());
/// # Ok::<(), patronage_act::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleColumns {
    schema: Schema,
    open: Vec<bool>,
}

impl RuleColumns {
    /// The columns of `schema`, all closed.
    #[must_use]
    pub fn new(schema: Schema) -> Self {
        let open = vec![false; schema.len()];
        Self { schema, open }
    }

    /// The same columns, of which the one named has an open dictionary.
    ///
    /// # Errors
    ///
    /// When there is no such column.
    pub fn open(mut self, name: &str) -> Result<Self, Error> {
        let position = self.schema.require(name)?;
        self.open[position] = true;
        Ok(self)
    }

    /// The standard columns, in this order, which every catalogue can rely on:
    ///
    /// | column | kind | unit |
    /// |---|---|---|
    /// | `r`, `f`, `m` | nullable number | RFM scores, 1 is lowest |
    /// | `segment` | category, closed | the named RFM segment |
    /// | `cluster` | nullable number | the k-means cluster, from 0 |
    /// | `propensity` | nullable number | calibrated probability of buying within the horizon, 0 to 1 |
    /// | `recency_days` | nullable number | days since the last purchase |
    /// | `frequency` | nullable number | orders |
    /// | `monetary` | nullable number | money spent, in currency units |
    /// | `tenure_days` | nullable number | days since the first purchase |
    /// | `average_order_value` | nullable number | money spent an order, in currency units |
    /// | `first_purchase`, `last_purchase` | date | |
    /// | `country` | category, open | where she buys from |
    ///
    /// Where the data say nothing of a column, its cells are missing (NaN; for `country` the code of
    /// the unseen), and rules on it are not met.
    ///
    /// # Errors
    ///
    /// When a level comes twice.
    pub fn standard<S: Into<String>, C: Into<String>>(
        segments: impl IntoIterator<Item = S>,
        countries: impl IntoIterator<Item = C>,
    ) -> Result<Self, Error> {
        let schema = Schema::new([
            Column::nullable("r"),
            Column::nullable("f"),
            Column::nullable("m"),
            Column::category("segment", segments),
            Column::nullable("cluster"),
            Column::nullable("propensity"),
            Column::nullable("recency_days"),
            Column::nullable("frequency"),
            Column::nullable("monetary"),
            Column::nullable("tenure_days"),
            Column::nullable("average_order_value"),
            Column::date("first_purchase"),
            Column::date("last_purchase"),
            Column::category("country", countries),
        ])?;
        Self::new(schema).open("country")
    }

    /// The schema of the rows.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether the dictionary of the column at `position` is open.
    #[must_use]
    pub fn is_open(&self, position: usize) -> bool {
        self.open.get(position).copied().unwrap_or(false)
    }

    pub(crate) fn kind(&self, position: usize) -> &ColumnKind {
        self.schema.columns()[position].kind()
    }

    pub(crate) fn name(&self, position: usize) -> &str {
        self.schema.columns()[position].name()
    }
}
