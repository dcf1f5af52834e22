//! The blocks of a file become one log.

use std::collections::BTreeMap;

use patronage_core::{
    Attribute, CustomerIdx, IdMap, Index, ItemIdx, Line, Money, OrderIdx, PurchaseTable,
    PurchaseTableBuilder,
};

use crate::duplicates;
use crate::error::{Error, ErrorKind};
use crate::intern::{Interner, Votes};
use crate::log::EventLog;
use crate::mapping::Mapping;
use crate::parse::{BlockLines, Parsed};
use crate::reason::Reasons;
use crate::reject::Rejected;
use crate::report::{Report, SetAside};

/// Takes blocks in any order and merges them in the order of the file.
pub(crate) struct Merger<'m, 's> {
    mapping: &'m Mapping,
    file: String,
    rejected: Rejected<'s>,
    /// Blocks that came before their turn.
    waiting: BTreeMap<usize, Parsed>,
    next: usize,
    purchases: Lines,
    returns: Lines,
    levels: Vec<IdMap<ItemIdx>>,
    descriptions: Votes,
    categories: Votes,
    set_aside: BTreeMap<Reasons, (u64, i128)>,
    gross: i128,
    returned: i128,
    fingerprints: Vec<Vec<u128>>,
    report: Report,
}

/// Order lines with the ids behind them.
#[derive(Default)]
struct Lines {
    customers: IdMap<CustomerIdx>,
    orders: IdMap<OrderIdx>,
    items: IdMap<ItemIdx>,
    blocks: Vec<Renumbered>,
}

/// The lines of one block, their ids numbered as in the whole file.
struct Renumbered {
    lines: BlockLines,
    codes: Vec<Vec<u32>>,
}

/// The number in `all` of each text of one block.
fn renumber<I: Index>(texts: &Interner, all: &mut IdMap<I>) -> Vec<u32> {
    // Rows accepted are valid text; only returns of a broken row could be altered, and there are none.
    texts.iter().map(|text| all.intern(&String::from_utf8_lossy(text)).get()).collect()
}

fn apply(numbers: &mut [u32], renumbered: &[u32]) {
    for number in numbers {
        *number = renumbered[*number as usize];
    }
}

impl Lines {
    /// Adds the lines of a block; returns the numbers of its items.
    fn add(&mut self, mut lines: BlockLines, codes: Vec<Vec<u32>>) -> Vec<u32> {
        apply(&mut lines.customers, &renumber(&lines.customer_ids, &mut self.customers));
        apply(&mut lines.orders, &renumber(&lines.order_ids, &mut self.orders));
        let items = renumber(&lines.item_ids, &mut self.items);
        apply(&mut lines.items, &items);
        // The block's own ids have served.
        for ids in [&mut lines.customer_ids, &mut lines.order_ids, &mut lines.item_ids] {
            *ids = Interner::default();
        }
        self.blocks.push(Renumbered { lines, codes });
        items
    }

    /// Every line, in the order of the file, with its codes.
    fn each(&self, mut take: impl FnMut(CustomerIdx, Line, &[u32])) {
        let mut codes = Vec::new();
        for Renumbered { lines, codes: columns } in &self.blocks {
            for position in 0..lines.at.len() {
                codes.clear();
                codes.extend(columns.iter().map(|column| column[position]));
                let line = Line {
                    at: lines.at[position],
                    order: OrderIdx::new(lines.orders[position]),
                    item: lines.items.get(position).map(|&item| ItemIdx::new(item)),
                    quantity: lines.quantities[position],
                    amount: lines.amounts[position],
                };
                take(CustomerIdx::new(lines.customers[position]), line, &codes);
            }
        }
    }
}

impl<'m, 's> Merger<'m, 's> {
    pub(crate) fn new(
        mapping: &'m Mapping,
        file: String,
        mut rejected: Rejected<'s>,
    ) -> Result<Self, Error> {
        rejected.write(crate::reject::HEADER)?;
        Ok(Self {
            mapping,
            file,
            rejected,
            waiting: BTreeMap::new(),
            next: 0,
            purchases: Lines::default(),
            returns: Lines::default(),
            levels: mapping.columns.attributes.iter().map(|_| IdMap::new()).collect(),
            descriptions: Votes::default(),
            categories: Votes::default(),
            set_aside: BTreeMap::new(),
            gross: 0,
            returned: 0,
            fingerprints: Vec::new(),
            report: Report::default(),
        })
    }

    /// Takes a block, and merges it and those that waited for it when their turn has come.
    pub(crate) fn take(&mut self, parsed: Parsed) -> Result<(), Error> {
        self.waiting.insert(parsed.number, parsed);
        while let Some(parsed) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.merge(parsed)?;
        }
        Ok(())
    }

    fn merge(&mut self, mut parsed: Parsed) -> Result<(), Error> {
        self.rejected.write(&parsed.rejected)?;
        let mut columns = Vec::with_capacity(parsed.attributes.len());
        for ((levels, mut codes), all) in parsed.attributes.drain(..).zip(&mut self.levels) {
            apply(&mut codes, &renumber(&levels, all));
            columns.push(codes);
        }
        self.report.rows_read += parsed.rows;
        self.report.rows_accepted += parsed.purchases.at.len() as u64;
        self.report.rows_returned += parsed.returns.at.len() as u64;
        self.report.prices_rounded += parsed.prices_rounded;
        self.report.lines_decoded += parsed.lines_decoded;
        self.gross += parsed.gross;
        self.returned += parsed.returned;
        for (reasons, rows, ticks) in parsed.set_aside {
            let entry = self.set_aside.entry(reasons).or_default();
            entry.0 += rows;
            entry.1 += ticks;
        }
        self.fingerprints.push(parsed.fingerprints);
        let items = self.purchases.add(parsed.purchases, columns);
        for (votes, all) in [
            (&parsed.descriptions, &mut self.descriptions),
            (&parsed.categories, &mut self.categories),
        ] {
            for (item, text, count) in votes.iter() {
                all.vote(items[item as usize], text, count);
            }
        }
        self.returns.add(parsed.returns, Vec::new());
        Ok(())
    }

    /// The log, once every block was taken.
    pub(crate) fn finish(mut self, threads: usize) -> Result<EventLog, Error> {
        self.rejected.flush()?;
        let total = |ticks: i128, what| {
            let overflow = || ErrorKind::TotalOverflow { file: self.file.clone(), what };
            i64::try_from(ticks).map(Money::from_ticks).map_err(|_| Error::from(overflow()))
        };
        self.report.gross_revenue = total(self.gross, "gross revenue")?;
        self.report.returned = total(self.returned, "returns")?;
        let saturated =
            |ticks: i128| Money::from_ticks(ticks.clamp(i64::MIN.into(), i64::MAX.into()) as i64);
        self.report.set_aside = self
            .set_aside
            .iter()
            .map(|(&reasons, &(rows, ticks))| SetAside { reasons, rows, amount: saturated(ticks) })
            .collect();
        let fingerprints = std::mem::take(&mut self.fingerprints);
        let (duplicates, purchases) = if threads > 1 {
            std::thread::scope(|scope| {
                let duplicates = scope.spawn(|| duplicates::count(fingerprints));
                let purchases = self.purchase_table();
                (duplicates.join().expect("counting does not panic"), purchases)
            })
        } else {
            (duplicates::count(fingerprints), self.purchase_table())
        };
        (self.report.exact_duplicates, self.report.exact_duplicates_accepted) = duplicates;
        let returns = self.return_table();
        if let Some((earliest, latest)) = purchases.period() {
            self.report.earliest = Some(earliest);
            self.report.latest = Some(latest);
        }
        let texts = |votes: &Votes, n: usize| -> Vec<String> {
            let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
            votes.winners(n).into_iter().map(text).collect()
        };
        let n_items = self.purchases.items.len();
        let columns = &self.mapping.columns;
        let mut categories = IdMap::<ItemIdx>::new();
        let item_categories = match columns.category {
            None => Vec::new(),
            Some(_) => texts(&self.categories, n_items)
                .iter()
                .map(|text| (!text.is_empty()).then(|| categories.intern(text).get()))
                .collect(),
        };
        Ok(EventLog {
            purchases,
            returns,
            descriptions: match columns.description {
                None => Vec::new(),
                Some(_) => texts(&self.descriptions, n_items),
            },
            categories: categories.iter().map(|(_, text)| text.to_owned()).collect(),
            item_categories,
            customers: self.purchases.customers,
            items: self.purchases.items,
            orders: self.purchases.orders,
            return_orders: self.returns.orders,
            currency: self.mapping.currency,
            zone: self.mapping.zone.clone(),
            report: self.report,
        })
    }

    fn purchase_table(&self) -> PurchaseTable {
        let names = self.mapping.columns.attributes.iter();
        let attributes = names
            .zip(&self.levels)
            .map(|((name, _), levels)| Attribute {
                name: name.clone(),
                levels: levels.iter().map(|(_, level)| level.to_owned()).collect(),
            })
            .collect();
        let mut table = PurchaseTable::builder().attributes(attributes);
        self.purchases.each(|customer, line, codes| table.push_with(customer, line, codes));
        built(table)
    }

    /// The returns whose customer and item have an index; the others are counted.
    fn return_table(&mut self) -> PurchaseTable {
        let customers: Vec<Option<CustomerIdx>> = self
            .returns
            .customers
            .iter()
            .map(|(_, id)| self.purchases.customers.index_of(id))
            .collect();
        let items: Vec<Option<ItemIdx>> =
            self.returns.items.iter().map(|(_, id)| self.purchases.items.index_of(id)).collect();
        let mut table = PurchaseTable::builder()
            .n_customers(self.purchases.customers.len())
            .n_items(self.purchases.items.len());
        let report = &mut self.report;
        self.returns.each(|customer, line, _| {
            let item = line.item.map(|item| items[item.index()]);
            match (customers[customer.index()], item) {
                (Some(customer), None) => table.push(customer, line),
                (Some(customer), Some(Some(item))) => {
                    table.push(customer, Line { item: Some(item), ..line });
                }
                _ => {
                    report.rows_returned_unmatched += 1;
                    report.returned_unmatched += line.amount;
                }
            }
        });
        built(table)
    }
}

fn built(table: PurchaseTableBuilder) -> PurchaseTable {
    table.build().expect("all lines of a file name items or none does, and quantities are finite")
}
