//! One row of measures for each customer.

use ndarray::{Array2, ArrayView2};
use patronage_core::{Column, CustomerIdx, Date, Features, Money, Schema, Timestamp};

use super::tally::Part;
use crate::error::{Error, ErrorKind};

/// A customer's recency, frequency and monetary value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct RfmRow {
    /// Whose row it is.
    pub customer: CustomerIdx,
    /// When she bought last.
    pub last_purchase: Timestamp,
    /// The local date of that.
    pub last_date: Date,
    /// Days since, at least 0.
    pub recency_days: f64,
    /// How often she bought.
    pub frequency: u64,
    /// How much she paid.
    pub monetary: Money,
}

/// Recency, frequency and monetary value of every customer who bought, as of a date.
///
/// As [`Features`] its columns are `recency_days`, `frequency` and `monetary` (in currency units),
/// then `tenure_days`, `variety` and `return_rate`, those that were asked for, in this order.
/// Rows are those of customers with a purchase, in ascending order of customer;
/// [`customers`](Self::customers) says whose row is whose, and
/// [`without_purchase`](Self::without_purchase) who has none.
#[derive(Clone, Debug, PartialEq)]
pub struct RfmTable {
    as_of: Date,
    rows: Vec<RfmRow>,
    customers: Vec<CustomerIdx>,
    without: Vec<CustomerIdx>,
    schema: Schema,
    values: Array2<f64>,
}

impl RfmTable {
    /// A table of customer-level summaries that someone else measured, in any order.
    ///
    /// # Errors
    ///
    /// When a customer stands there twice, a recency is negative or not finite, or a frequency is 0.
    pub fn new(as_of: Date, rows: impl IntoIterator<Item = RfmRow>) -> Result<Self, Error> {
        let mut rows: Vec<RfmRow> = rows.into_iter().collect();
        for (position, row) in rows.iter().enumerate() {
            if !(row.recency_days >= 0.0 && row.recency_days.is_finite()) {
                let (what, expected) = ("recency of row", "finite days, at least 0");
                let found = row.recency_days;
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
            if row.frequency == 0 {
                let (what, expected) = ("frequency of row", "at least 1");
                return Err(ErrorKind::Number { what, position, expected, found: 0.0 }.into());
            }
        }
        rows.sort_by_key(|row| row.customer);
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].customer == pair[1].customer) {
            return Err(ErrorKind::DoubledCustomer { customer: pair[0].customer }.into());
        }
        let mut part = Part::default();
        rows.into_iter().for_each(|row| part.push_row(row));
        Ok(Self::of_parts(as_of, std::iter::empty(), vec![part]))
    }

    /// The rows of parts in their order, with columns after the three.
    pub(super) fn of_parts<'a>(
        as_of: Date,
        further: impl Iterator<Item = &'a str>,
        parts: Vec<Part>,
    ) -> Self {
        let names = ["recency_days", "frequency", "monetary"].into_iter().chain(further);
        let schema = Schema::new(names.map(Column::number)).expect("distinct names");
        let n = parts.iter().map(|part| part.rows.len()).sum();
        let (mut rows, mut without) = (Vec::with_capacity(n), Vec::new());
        let mut values = Vec::with_capacity(n * schema.len());
        for mut part in parts {
            rows.append(&mut part.rows);
            without.append(&mut part.without);
            values.append(&mut part.values);
        }
        let values = Array2::from_shape_vec((n, schema.len()), values)
            .expect("a number in each column of each row");
        let customers = rows.iter().map(|row: &RfmRow| row.customer).collect();
        Self { as_of, rows, customers, without, schema, values }
    }

    /// The table with one more column, a dimension that someone else measured: a finite number for
    /// each row, in the order of [`customers`](Self::customers).
    ///
    /// # Errors
    ///
    /// When there is not one number for each row, one is not finite, or there is such a column.
    pub fn column(mut self, name: &str, numbers: &[f64]) -> Result<Self, Error> {
        if numbers.len() != self.n_rows() {
            let (what, expected) = ("numbers of a column", self.n_rows());
            return Err(ErrorKind::Length { what, expected, found: numbers.len() }.into());
        }
        if let Some(row) = numbers.iter().position(|number| !number.is_finite()) {
            let (column, expected, found) = (name.to_owned(), "a finite number", numbers[row]);
            return Err(ErrorKind::Cell { row, column, expected, found }.into());
        }
        let columns = self.schema.columns().iter().cloned();
        self.schema = Schema::new(columns.chain([Column::number(name)]))?;
        let values = self.values.rows().into_iter().zip(numbers);
        let values = values.flat_map(|(row, &number)| row.to_vec().into_iter().chain([number]));
        self.values =
            Array2::from_shape_vec((self.rows.len(), self.schema.len()), values.collect())
                .expect("a number in each column of each row");
        Ok(self)
    }

    /// The date from which recency is counted.
    #[must_use]
    pub const fn as_of(&self) -> Date {
        self.as_of
    }

    /// The rows, in ascending order of customer.
    #[must_use]
    pub fn rows(&self) -> &[RfmRow] {
        &self.rows
    }

    /// The customer of each row.
    #[must_use]
    pub fn customers(&self) -> &[CustomerIdx] {
        &self.customers
    }

    /// The customers who are left out because they bought nothing before the date, ascending.
    #[must_use]
    pub fn without_purchase(&self) -> &[CustomerIdx] {
        &self.without
    }

    /// The row of `customer`, if she bought; O(log rows).
    #[must_use]
    pub fn row_of(&self, customer: CustomerIdx) -> Option<usize> {
        self.customers.binary_search(&customer).ok()
    }

    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }
}

impl Features for RfmTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }
}
