//! Tables of typed columns.

use patronage_core::{Currency, Money};

use crate::error::{Error, ErrorKind};
use crate::escape::csv_field;
use crate::format;

/// The cells of a column, by what they mean; `None` is an empty cell.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum Cells {
    Text(Vec<String>),
    Integer(Vec<Option<i64>>),
    Number { decimals: usize, values: Vec<Option<f64>> },
    Money { currency: Currency, values: Vec<Option<Money>> },
    Percent { decimals: usize, values: Vec<Option<f64>> },
}

/// One column of a [`Table`]: its name and its cells.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TableColumn {
    name: String,
    cells: Cells,
}

impl TableColumn {
    /// A column of words.
    pub fn text<S: Into<String>>(
        name: impl Into<String>,
        cells: impl IntoIterator<Item = S>,
    ) -> Self {
        let cells = cells.into_iter().map(Into::into).collect();
        Self { name: name.into(), cells: Cells::Text(cells) }
    }

    /// A column of whole numbers.
    pub fn integer(
        name: impl Into<String>,
        cells: impl IntoIterator<Item = impl Into<Option<i64>>>,
    ) -> Self {
        let cells = cells.into_iter().map(Into::into).collect();
        Self { name: name.into(), cells: Cells::Integer(cells) }
    }

    /// A column of counts; those beyond the range of `i64` stand at its end.
    pub fn count(name: impl Into<String>, cells: impl IntoIterator<Item = u64>) -> Self {
        let clamp = |count| i64::try_from(count).unwrap_or(i64::MAX);
        Self::integer(name, cells.into_iter().map(clamp))
    }

    /// A column of numbers, shown with `decimals` decimals (at most 12).
    pub fn number(
        name: impl Into<String>,
        decimals: usize,
        cells: impl IntoIterator<Item = impl Into<Option<f64>>>,
    ) -> Self {
        let (decimals, values) = (decimals.min(12), cells.into_iter().map(Into::into).collect());
        Self { name: name.into(), cells: Cells::Number { decimals, values } }
    }

    /// A column of amounts of money.
    pub fn money(
        name: impl Into<String>,
        currency: Currency,
        cells: impl IntoIterator<Item = impl Into<Option<Money>>>,
    ) -> Self {
        let values = cells.into_iter().map(Into::into).collect();
        Self { name: name.into(), cells: Cells::Money { currency, values } }
    }

    /// A column of shares (`0.25` is shown as 25 %), with `decimals` decimals of the per cent (at most 12).
    pub fn percent(
        name: impl Into<String>,
        decimals: usize,
        cells: impl IntoIterator<Item = impl Into<Option<f64>>>,
    ) -> Self {
        let (decimals, values) = (decimals.min(12), cells.into_iter().map(Into::into).collect());
        Self { name: name.into(), cells: Cells::Percent { decimals, values } }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        match &self.cells {
            Cells::Text(cells) => cells.len(),
            Cells::Integer(cells) => cells.len(),
            Cells::Number { values, .. } | Cells::Percent { values, .. } => values.len(),
            Cells::Money { values, .. } => values.len(),
        }
    }

    /// The heading: money says its currency.
    pub(crate) fn heading(&self) -> String {
        match &self.cells {
            Cells::Money { currency, .. } => format!("{} ({currency})", self.name),
            _ => self.name.clone(),
        }
    }

    pub(crate) const fn is_text(&self) -> bool {
        matches!(self.cells, Cells::Text(_))
    }

    /// A cell as people read it; empty where there is nothing.
    pub(crate) fn shown(&self, row: usize) -> String {
        match &self.cells {
            Cells::Text(cells) => cells[row].clone(),
            Cells::Integer(cells) => cells[row].map(format::integer).unwrap_or_default(),
            Cells::Number { decimals, values } => {
                values[row].map(|value| format::number(value, *decimals)).unwrap_or_default()
            }
            Cells::Money { values, .. } => values[row].map(format::money).unwrap_or_default(),
            Cells::Percent { decimals, values } => {
                values[row].map(|value| format::percent(value, *decimals)).unwrap_or_default()
            }
        }
    }

    /// A cell as machines read it.
    fn exact(&self, row: usize) -> String {
        match &self.cells {
            Cells::Text(cells) => cells[row].clone(),
            Cells::Integer(cells) => cells[row].map(|value| value.to_string()).unwrap_or_default(),
            Cells::Number { values, .. } | Cells::Percent { values, .. } => {
                values[row].map(format::exact).unwrap_or_default()
            }
            Cells::Money { values, .. } => {
                values[row].map(|value| value.to_string()).unwrap_or_default()
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let (Cells::Number { values, .. } | Cells::Percent { values, .. }) = &self.cells else {
            return Ok(());
        };
        match values.iter().position(|value| value.is_some_and(|value| !value.is_finite())) {
            Some(position) => Err(ErrorKind::Number {
                what: "row",
                of: self.name.clone(),
                position,
                expected: "a finite number",
                found: values[position].unwrap_or(f64::NAN),
            }
            .into()),
            None => Ok(()),
        }
    }
}

/// A table of typed columns.
///
/// The columns know what their cells mean, so that a page shows money with its currency and shares
/// as per cent, while CSV holds plain numbers.
///
/// ```
/// use patronage_core::Money;
/// use patronage_explore::{Table, TableColumn};
///
/// let table = Table::new("Segments", [
///     TableColumn::text("segment", ["Champions", "At risk, but loyal"]),
///     TableColumn::count("customers", [633, 1042]),
///     TableColumn::percent("share", 1, [0.25, 0.4]),
///     TableColumn::money("revenue", "GBP".parse()?, [Money::from_units(12), Money::ZERO]),
/// ])?;
/// assert_eq!(table.n_rows(), 2);
/// assert_eq!(
///     table.to_csv(),
///     "segment,customers,share,revenue (GBP)\n\
///      Champions,633,0.25,12.00\n\
///      \"At risk, but loyal\",1042,0.4,0.00\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Table {
    title: String,
    columns: Vec<TableColumn>,
    n_rows: usize,
}

impl Table {
    /// A table of `columns` of one length.
    ///
    /// # Errors
    ///
    /// When there is no column, columns differ in length, or a number is not finite.
    pub fn new(
        title: impl Into<String>,
        columns: impl IntoIterator<Item = TableColumn>,
    ) -> Result<Self, Error> {
        let (title, columns): (String, Vec<TableColumn>) =
            (title.into(), columns.into_iter().collect());
        let Some(n_rows) = columns.first().map(TableColumn::len) else {
            return Err(ErrorKind::Empty { what: "columns", of: title }.into());
        };
        for column in &columns {
            if column.len() != n_rows {
                return Err(ErrorKind::Length {
                    what: "rows of column",
                    of: column.name.clone(),
                    expected: n_rows,
                    found: column.len(),
                }
                .into());
            }
            column.check()?;
        }
        Ok(Self { title, columns, n_rows })
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The number of rows.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The table as CSV (RFC 4180, but lines end with a line feed alone), headings first.
    ///
    /// Numbers are plain and read back as the same bits, money has two to four decimals, shares
    /// are fractions of one, empty cells are empty. Text is written as it is: a cell that starts with
    /// `=` is a formula to some spreadsheets.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut out = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = String>| {
            for (position, cell) in cells.enumerate() {
                if position > 0 {
                    out.push(',');
                }
                csv_field(&mut out, &cell);
            }
            out.push('\n');
        };
        line(&mut self.columns.iter().map(TableColumn::heading));
        for row in 0..self.n_rows {
            line(&mut self.columns.iter().map(|column| column.exact(row)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_must_fit_together() {
        let no_columns: [TableColumn; 0] = [];
        assert_eq!(
            Table::new("t", no_columns).unwrap_err().to_string(),
            "columns of \"t\": expected at least one, found none"
        );
        let ragged = [TableColumn::text("a", ["x"]), TableColumn::count("b", [1, 2])];
        assert_eq!(
            Table::new("t", ragged).unwrap_err().to_string(),
            "rows of column of \"b\": expected 1, found 2"
        );
        let nan = [TableColumn::number("n", 1, [0.0, f64::NAN])];
        assert_eq!(
            Table::new("t", nan).unwrap_err().to_string(),
            "row 1 of \"n\": expected a finite number, found NaN"
        );
    }

    #[test]
    fn empty_cells_stay_empty() {
        let table = Table::new(
            "t",
            [
                TableColumn::percent("p", 0, [Some(0.5), None]),
                TableColumn::integer("i", [None, Some(-3)]),
            ],
        )
        .unwrap();
        assert_eq!(table.to_csv(), "p,i\n0.5,\n,-3\n");
        assert_eq!(table.columns[0].shown(1), "");
    }
}
