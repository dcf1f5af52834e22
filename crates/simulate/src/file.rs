//! A file of transactions as shops export them.

use std::io::Write;

use patronage_core::{Calendar, Timestamp, UtcOffset};

use crate::dirt::Broken;
use crate::error::Error;
use crate::rows::{Block, Blocks, RowKind};
use crate::simulation::Simulation;
use crate::words::COUNTRIES;

/// The header of a file of transactions: that of UCI Online Retail.
pub const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

/// In which order the rows of a file stand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RowOrder {
    /// By time, as in a shop's own export; memory grows by 12 bytes a row and 40 an invoice.
    #[default]
    Time,
    /// Customer after customer; constant memory.
    Customer,
}

/// How many rows of each kind a file holds; the truth about its dirt.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RowCounts {
    /// Rows of what was bought: one for each order line.
    pub purchases: u64,
    /// The same once more, to the byte.
    pub duplicates: u64,
    /// Rows without a customer.
    pub without_customer: u64,
    /// Rows of invoices `C…` that take back a whole order.
    pub cancelled: u64,
    /// Rows of invoices `C…` that take back what was returned.
    pub returned: u64,
    /// Rows with a price of zero.
    pub zero_price: u64,
    /// Rows with a quantity below zero on an invoice that is no `C…`.
    pub negative_quantity: u64,
    /// Rows whose price is no number.
    pub not_a_number: u64,
    /// Rows with a date the calendar does not have.
    pub no_such_date: u64,
    /// Rows with fewer fields than the header.
    pub ragged: u64,
}

impl RowCounts {
    /// All rows, the header not counted.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.purchases
            + self.duplicates
            + self.without_customer
            + self.cancelled
            + self.returned
            + self.zero_price
            + self.negative_quantity
            + self.not_a_number
            + self.no_such_date
            + self.ragged
    }

    pub(crate) const fn add(&mut self, kind: RowKind, n: u64) {
        *match kind {
            RowKind::Purchase => &mut self.purchases,
            RowKind::Duplicate => &mut self.duplicates,
            RowKind::Guest => &mut self.without_customer,
            RowKind::Cancelled => &mut self.cancelled,
            RowKind::Returned => &mut self.returned,
            RowKind::Broken(Broken::ZeroPrice) => &mut self.zero_price,
            RowKind::Broken(Broken::NegativeQuantity) => &mut self.negative_quantity,
            RowKind::Broken(Broken::NotANumber) => &mut self.not_a_number,
            RowKind::Broken(Broken::NoSuchDate) => &mut self.no_such_date,
            RowKind::Broken(Broken::Ragged) => &mut self.ragged,
        } += n;
    }
}

impl Simulation {
    /// Writes every row as CSV under [`HEADER`], with the dirt the shop has, and gives back how many
    /// of each kind there are.
    ///
    /// Customers are written as `10001.0`, times as `YYYY-MM-DD HH:MM:SS` in UTC, as in the copy of
    /// UCI Online Retail that is passed around. Each row is handed to `out` whole; give a buffered
    /// writer. O(customers × items × factors + rows).
    ///
    /// ```
    /// use patronage_simulate::{Dirt, RowOrder, Shop};
    ///
    /// let shop = Shop::new(20).dirt(Dirt::at(0.2)).seed(1).open()?;
    /// let mut file = Vec::new();
    /// let counts = shop.write_transactions(&mut file, RowOrder::Time)?;
    /// let lines = file.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
    /// assert_eq!(lines as u64, 1 + counts.rows());
    /// assert!(counts.without_customer > 0);
    /// # Ok::<(), patronage_simulate::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    pub fn write_transactions<W: Write>(
        &self,
        mut out: W,
        order: RowOrder,
    ) -> Result<RowCounts, Error> {
        out.write_all(HEADER.as_bytes())?;
        out.write_all(b"\n")?;
        let items: Vec<String> = self
            .catalogue
            .items()
            .iter()
            .map(|item| format!("{},{}", item.id, quoted(&item.description)))
            .collect();
        let prices: Vec<String> =
            self.catalogue.items().iter().map(|item| item.price.to_string()).collect();
        let mut counts = RowCounts::default();
        let mut blocks = Blocks::default();
        let mut text = Text { items: &items, prices: &prices, row: Vec::new() };
        for customer in self.customers() {
            blocks.push(self, &customer, &mut counts);
            if order == RowOrder::Customer {
                text.write(&mut out, &mut blocks)?;
            }
        }
        text.write(&mut out, &mut blocks)?;
        out.flush()?;
        Ok(counts)
    }
}

struct Text<'a> {
    /// Stock code and description of each item, as the file writes them.
    items: &'a [String],
    prices: &'a [String],
    row: Vec<u8>,
}

impl Text<'_> {
    /// Writes the blocks in time order, and forgets them.
    fn write<W: Write>(&mut self, out: &mut W, blocks: &mut Blocks) -> Result<(), Error> {
        blocks.sort();
        for (block, rows) in blocks.iter() {
            let mut before = Vec::with_capacity(12);
            let prefix = if block.takes_back { "C" } else { "" };
            write!(before, "{prefix}{},", block.invoice)?;
            let mut when = Vec::with_capacity(20);
            write_instant(&mut when, block.at)?;
            let mut after = Vec::with_capacity(32);
            if let Some(customer) = block.customer {
                write!(after, "{}.0", crate::customer::customer_id(customer))?;
            }
            writeln!(after, ",{}", COUNTRIES[block.country as usize].0)?;
            for row in rows {
                self.row.clear();
                let item = row.item.index();
                self.row.extend_from_slice(&before);
                self.row.extend_from_slice(self.items[item].as_bytes());
                write!(self.row, ",{}", row.quantity)?;
                match row.kind {
                    RowKind::Broken(broken) => self.broken(broken, block, &when, &after, item)?,
                    _ => self.rest(&when, self.prices[item].as_bytes(), &after),
                }
                out.write_all(&self.row)?;
            }
        }
        blocks.clear();
        Ok(())
    }

    fn rest(&mut self, when: &[u8], price: &[u8], after: &[u8]) {
        self.row.push(b',');
        self.row.extend_from_slice(when);
        self.row.push(b',');
        self.row.extend_from_slice(price);
        self.row.push(b',');
        self.row.extend_from_slice(after);
    }

    fn broken(
        &mut self,
        broken: Broken,
        block: &Block,
        when: &[u8],
        after: &[u8],
        item: usize,
    ) -> Result<(), Error> {
        match broken {
            Broken::ZeroPrice => self.rest(when, b"0.0", after),
            Broken::NegativeQuantity => self.rest(when, self.prices[item].as_bytes(), after),
            Broken::NotANumber => {
                let price: &[u8] = if item.is_multiple_of(2) { b"NaN" } else { b"n/a" };
                self.rest(when, price, after);
            }
            Broken::NoSuchDate => {
                let (year, _, _) = UtcOffset::UTC.date(block.at).ymd();
                let when = format!("{year:04}-02-30 10:00:00");
                self.rest(when.as_bytes(), self.prices[item].as_bytes(), after);
            }
            // It ends after the quantity.
            Broken::Ragged => self.row.push(b'\n'),
        }
        Ok(())
    }
}

/// `YYYY-MM-DD HH:MM:SS` in UTC.
pub(crate) fn write_instant(out: &mut Vec<u8>, at: Timestamp) -> Result<(), Error> {
    let date = UtcOffset::UTC.date(at);
    let seconds = (at - UtcOffset::UTC.start_of(date)).as_micros() / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(out, "{date} {hour:02}:{minute:02}:{second:02}")?;
    Ok(())
}

/// The text as a CSV field.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
