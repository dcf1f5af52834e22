//! One block of a file becomes columns.

use std::borrow::Cow;
use std::io::Write as _;

use patronage_core::{Calendar, Money, Timestamp};

use crate::blocks::Block;
use crate::decode::{Encoding, repaired};
use crate::intern::{Interner, Votes};
use crate::plan::Plan;
use crate::reason::{Reason, Reasons};
use crate::reject::RejectWriter;
use crate::row::{Memo, Row, RowReader};
use crate::split::{Fault, Field, Record, Records, undouble};

/// Order lines in columns, with ids numbered in order of first sight within the block.
#[derive(Debug, Default)]
pub(crate) struct BlockLines {
    pub(crate) customer_ids: Interner,
    pub(crate) order_ids: Interner,
    pub(crate) item_ids: Interner,
    pub(crate) customers: Vec<u32>,
    pub(crate) orders: Vec<u32>,
    /// Empty where the file names no items.
    pub(crate) items: Vec<u32>,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) quantities: Vec<f64>,
    pub(crate) amounts: Vec<Money>,
}

/// What a block says.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) number: usize,
    pub(crate) rows: u64,
    pub(crate) purchases: BlockLines,
    pub(crate) returns: BlockLines,
    /// For each attribute its levels, and the code of each purchase.
    pub(crate) attributes: Vec<(Interner, Vec<u32>)>,
    pub(crate) descriptions: Votes,
    pub(crate) categories: Votes,
    /// Rows set aside and their amounts in ten-thousandths, by combination of reasons.
    pub(crate) set_aside: Vec<(Reasons, u64, i128)>,
    pub(crate) gross: i128,
    pub(crate) returned: i128,
    pub(crate) prices_rounded: u64,
    pub(crate) lines_decoded: u64,
    /// A fingerprint of each row; the lowest bit says whether it was accepted.
    pub(crate) fingerprints: Vec<u64>,
    /// The rows set aside, as CSV.
    pub(crate) rejected: Vec<u8>,
}

/// What is asked of the parser beyond purchases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) rejected: bool,
    pub(crate) fingerprints: bool,
}

/// Parses blocks, one after the other; keeps its scratch space between them.
pub(crate) struct Parser<'p> {
    plan: &'p Plan<'p>,
    wanted: Wanted,
    rows: RowReader<'p>,
    marks: Vec<u32>,
    fields: Vec<Field>,
    undoubled: Vec<u8>,
    key: Vec<u8>,
    rejects: RejectWriter,
}

/// The memos whose values belong to one block.
struct BlockMemos {
    customer: Memo<u32>,
    order: Memo<u32>,
    attributes: Vec<Memo<u32>>,
}

impl<'p> Parser<'p> {
    pub(crate) fn new(plan: &'p Plan<'p>, wanted: Wanted) -> Self {
        Self {
            plan,
            wanted,
            rows: RowReader::new(plan),
            marks: Vec::new(),
            fields: Vec::new(),
            undoubled: Vec::new(),
            key: Vec::new(),
            rejects: RejectWriter::default(),
        }
    }

    /// Parses the bytes of `block`.
    pub(crate) fn parse(&mut self, block: Block, bytes: &[u8]) -> Parsed {
        let plan = self.plan;
        let n_attributes = plan.attributes.len();
        let mut parsed = Parsed {
            number: block.number,
            attributes: (0..n_attributes).map(|_| Default::default()).collect(),
            ..Parsed::default()
        };
        let (bytes, check_rows) = match plan.encoding {
            Encoding::Auto => {
                let (bytes, lines) = repaired(bytes, plan.layout.terminator);
                parsed.lines_decoded = lines;
                (bytes, false)
            }
            _ => (Cow::Borrowed(bytes), std::str::from_utf8(bytes).is_err()),
        };
        let bytes: &[u8] = &bytes;
        let mut memos = BlockMemos {
            customer: Memo::new(),
            order: Memo::new(),
            attributes: (0..n_attributes).map(|_| Memo::new()).collect(),
        };
        let (mut marks, mut fields, mut undoubled) = (
            std::mem::take(&mut self.marks),
            std::mem::take(&mut self.fields),
            std::mem::take(&mut self.undoubled),
        );
        let mut records = Records::new(bytes, plan.layout, &mut marks);
        while let Some(record) = records.next(&mut fields) {
            let raw = &bytes[record.start..record.end];
            let base = match (record.doubled, plan.layout.syntax.quote) {
                (true, Some(quote)) if record.fault == Fault::None => {
                    undouble(bytes, quote, &mut fields, &mut undoubled);
                    &undoubled[..]
                }
                _ => bytes,
            };
            parsed.rows += 1;
            let broken = check_rows && std::str::from_utf8(raw).is_err();
            let reasons = self.record(&mut parsed, &mut memos, base, &fields, record, broken);
            if self.wanted.fingerprints {
                let accepted = u64::from(reasons.is_empty());
                parsed.fingerprints.push(xxhash_rust::xxh3::xxh3_64(raw) & !1 | accepted);
            }
            if self.wanted.rejected && !reasons.is_empty() {
                self.rejects.write(&mut parsed.rejected, block.line + record.line, reasons, raw);
            }
        }
        (self.marks, self.fields, self.undoubled) = (marks, fields, undoubled);
        parsed
    }

    /// Reads one record into its place; the reasons are empty when it was accepted.
    #[inline]
    fn record(
        &mut self,
        parsed: &mut Parsed,
        memos: &mut BlockMemos,
        base: &[u8],
        fields: &[Field],
        record: Record,
        broken: bool,
    ) -> Reasons {
        let unsplit = if record.fault == Fault::Quote {
            Some(Reason::BadQuote)
        } else {
            (fields.len() != self.plan.n_fields).then_some(Reason::Ragged)
        };
        if let Some(reason) = unsplit {
            let reasons = Reasons::from(reason);
            tally(&mut parsed.set_aside, reasons, 0);
            return reasons;
        }
        let mut row = self.rows.read(base, fields);
        if broken {
            row.reasons.add(Reason::NotText);
        }
        let amount = row.amount.unwrap_or(Money::ZERO);
        let ticks = i128::from(amount.ticks());
        let (Some(at), Some(quantity)) = (row.at, row.quantity) else {
            tally(&mut parsed.set_aside, row.reasons, ticks);
            return row.reasons;
        };
        if row.reasons.is_empty() {
            parsed.gross += ticks;
            parsed.prices_rounded += u64::from(row.rounded);
            let item = self.line(&mut parsed.purchases, memos, &row, at, quantity, amount);
            self.beside(parsed, memos, base, fields, item);
            return row.reasons;
        }
        tally(&mut parsed.set_aside, row.reasons, ticks);
        if self.rows.is_return(&row) {
            parsed.returned += ticks.abs();
            // Returns are few and number their ids apart from the purchases: no memo is kept.
            let mut none =
                BlockMemos { customer: Memo::new(), order: Memo::new(), attributes: Vec::new() };
            let amount = if amount < Money::ZERO { -amount } else { amount };
            self.line(&mut parsed.returns, &mut none, &row, at, quantity.abs(), amount);
        }
        row.reasons
    }

    /// Adds an order line; returns the number of its item.
    #[inline]
    fn line(
        &mut self,
        lines: &mut BlockLines,
        memos: &mut BlockMemos,
        row: &Row<'_>,
        at: Timestamp,
        quantity: f64,
        amount: Money,
    ) -> u32 {
        let customer =
            memos.customer.recall(row.customer, || lines.customer_ids.intern(row.customer));
        let order = match row.order {
            Some(order) => memos.order.recall(order, || lines.order_ids.intern(order)),
            None => {
                // One order per customer and day.
                self.key.clear();
                self.key.extend_from_slice(row.customer);
                let date = self.plan.mapping.zone.date(at);
                write!(self.key, " {date}").expect("a vector takes any bytes");
                lines.order_ids.intern(&self.key)
            }
        };
        let item = row.item.map(|item| lines.item_ids.intern(item));
        lines.customers.push(customer);
        lines.orders.push(order);
        lines.items.extend(item);
        lines.at.push(at);
        lines.quantities.push(quantity);
        lines.amounts.push(amount);
        item.unwrap_or(0)
    }

    /// Notes what stands beside an accepted line: attributes, and its item's description and category.
    #[inline]
    fn beside(
        &self,
        parsed: &mut Parsed,
        memos: &mut BlockMemos,
        base: &[u8],
        fields: &[Field],
        item: u32,
    ) {
        let text = |column: usize| fields[column].of(base).trim_ascii();
        let attributes = parsed.attributes.iter_mut().zip(&mut memos.attributes);
        for (((levels, codes), memo), &column) in attributes.zip(&self.plan.attributes) {
            let level = text(column);
            codes.push(memo.recall(level, || levels.intern(level)));
        }
        if self.plan.item.is_none() {
            return;
        }
        for (column, votes) in [
            (self.plan.description, &mut parsed.descriptions),
            (self.plan.category, &mut parsed.categories),
        ] {
            if let Some(text) = column.map(text).filter(|text| !text.is_empty()) {
                votes.vote(item, text, 1);
            }
        }
    }
}

/// Counts a row set aside; combinations are few.
#[inline]
fn tally(tallies: &mut Vec<(Reasons, u64, i128)>, reasons: Reasons, ticks: i128) {
    match tallies.iter_mut().find(|(found, ..)| *found == reasons) {
        Some((_, rows, amount)) => {
            *rows += 1;
            *amount += ticks;
        }
        None => tallies.push((reasons, 1, ticks)),
    }
}
