//! The rows of a file before they are text.

use patronage_core::{CustomerIdx, ItemIdx, Span, Timestamp};
use rand::RngExt;

use crate::customer::{Customer, MAX_ORDERS};
use crate::dirt::Broken;
use crate::file::RowCounts;
use crate::simulation::Simulation;
use crate::streams::{Purpose, stream};

/// What a row is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RowKind {
    Purchase,
    Duplicate,
    Guest,
    Cancelled,
    Returned,
    Broken(Broken),
}

/// One row, less what its invoice says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) item: ItemIdx,
    pub(crate) quantity: i32,
    pub(crate) kind: RowKind,
}

/// One invoice, or as much of it as stands together.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) at: Timestamp,
    pub(crate) invoice: u64,
    /// Where its rows end; they start where those of the block pushed before it end.
    start: usize,
    n_rows: u32,
    pub(crate) customer: Option<CustomerIdx>,
    pub(crate) country: u16,
    pub(crate) takes_back: bool,
}

/// Invoices with their rows.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    blocks: Vec<Block>,
    rows: Vec<Row>,
}

impl Blocks {
    /// Adds all of a customer's rows, with the dirt beside them.
    pub(crate) fn push(&mut self, shop: &Simulation, customer: &Customer, counts: &mut RowCounts) {
        let dirt = shop.shop.dirt;
        let owner = customer.truth.customer;
        let rng = &mut stream(shop.shop.seed, Some(owner.get()), Purpose::Dirt);
        let template = Block {
            at: Timestamp::MIN,
            invoice: 0,
            start: 0,
            n_rows: 0,
            customer: Some(owner),
            country: customer.truth.country as u16,
            takes_back: false,
        };
        for order in &customer.orders {
            let block = Block { at: order.at, invoice: order.invoice, ..template.clone() };
            let mut rows = Vec::with_capacity(order.lines.len() + 1);
            for line in &order.lines {
                let quantity = line.quantity as i32;
                let row = Row { item: line.item, quantity, kind: RowKind::Purchase };
                rows.push(row);
                // As many draws whatever happens, so that one rate changes no other kind.
                let chances: [f64; 2] = rng.random();
                let kind = Broken::ALL[rng.random_range(0..Broken::ALL.len())];
                if chances[0] < dirt.duplicates {
                    rows.push(Row { kind: RowKind::Duplicate, ..row });
                }
                if chances[1] < dirt.broken {
                    let back = kind == Broken::NegativeQuantity;
                    let quantity = if back { -quantity } else { quantity };
                    rows.push(Row { quantity, kind: RowKind::Broken(kind), ..row });
                }
            }
            let chances: [f64; 2] = rng.random();
            let minutes = rng.random_range(1..60);
            let bought = |kind: RowKind, sign: i32| {
                let rows = order.lines.iter().map(move |line| Row {
                    item: line.item,
                    quantity: sign * line.quantity as i32,
                    kind,
                });
                rows.collect::<Vec<_>>()
            };
            self.add(block.clone(), &rows, counts);
            if chances[0] < dirt.missing_ids {
                let invoice = order.invoice + MAX_ORDERS as u64;
                let guest = Block { invoice, customer: None, ..block.clone() };
                self.add(guest, &bought(RowKind::Guest, 1), counts);
            }
            if chances[1] < dirt.cancellations {
                let at = order.at + Span::micros(minutes * 60_000_000);
                let taken_back = Block { at, takes_back: true, ..block };
                self.add(taken_back, &bought(RowKind::Cancelled, -1), counts);
            }
        }
        for back in &customer.returns {
            let invoice = customer.orders[back.order].invoice;
            let block = Block { at: back.at, invoice, takes_back: true, ..template.clone() };
            let quantity = -(back.line.quantity as i32);
            let row = Row { item: back.line.item, quantity, kind: RowKind::Returned };
            self.add(block, &[row], counts);
        }
    }

    fn add(&mut self, mut block: Block, rows: &[Row], counts: &mut RowCounts) {
        block.start = self.rows.len();
        block.n_rows = rows.len() as u32;
        self.rows.extend_from_slice(rows);
        self.blocks.push(block);
        for row in rows {
            counts.add(row.kind, 1);
        }
    }

    /// In time order; what happened in one minute by invoice.
    pub(crate) fn sort(&mut self) {
        self.blocks.sort_by_key(|block| (block.at, block.invoice, block.takes_back, block.start));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Block, &[Row])> {
        self.blocks
            .iter()
            .map(|block| (block, &self.rows[block.start..block.start + block.n_rows as usize]))
    }

    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.rows.clear();
    }
}
