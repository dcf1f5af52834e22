//! The blocks of a file become one log.

use std::collections::BTreeMap;

use patronage_core::{
    Attribute, CustomerIdx, IdMap, Index, ItemIdx, Line, Money, OrderIdx, PurchaseTable,
    PurchaseTableBuilder, Purchases,
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
    fingerprints: Vec<Vec<u64>>,
    report: Report,
}

/// Order lines with the ids behind them.
#[derive(Default)]
struct Lines {
    customers: IdMap<CustomerIdx>,
    orders: IdMap<OrderIdx>,
    items: IdMap<ItemIdx>,
    table: PurchaseTableBuilder,
}

/// The number in `all` of each text of one block.
fn renumber<I: Index>(texts: &Interner, all: &mut IdMap<I>) -> Vec<u32> {
    // Rows accepted are valid text; those that are not are set aside, and returned nothing.
    texts.iter().map(|text| all.intern(&String::from_utf8_lossy(text)).get()).collect()
}

fn apply(numbers: &mut [u32], renumbered: &[u32]) {
    for number in numbers {
        *number = renumbered[*number as usize];
    }
}

impl Lines {
    /// Adds the lines of a block; returns the numbers of its items.
    fn add(&mut self, mut lines: BlockLines, codes: &[Vec<u32>]) -> Vec<u32> {
        apply(&mut lines.customers, &renumber(&lines.customer_ids, &mut self.customers));
        apply(&mut lines.orders, &renumber(&lines.order_ids, &mut self.orders));
        let items = renumber(&lines.item_ids, &mut self.items);
        apply(&mut lines.items, &items);
        let named = (!lines.items.is_empty()).then(|| ItemIdx::wrap_slice(&lines.items));
        let (at, orders) = (&lines.at, OrderIdx::wrap_slice(&lines.orders));
        let columns =
            patronage_core::Lines::new(at, orders, named, &lines.quantities, &lines.amounts);
        let codes: Vec<&[u32]> = codes.iter().map(Vec::as_slice).collect();
        self.table.extend(CustomerIdx::wrap_slice(&lines.customers), columns, &codes);
        items
    }
}

impl<'m, 's> Merger<'m, 's> {
    pub(crate) fn new(
        mapping: &'m Mapping,
        file: String,
        mut rejected: Rejected<'s>,
    ) -> Result<Self, Error> {
        rejected.write(crate::reject::HEADER)?;
        let names = mapping.columns.attributes.iter();
        let attributes =
            names.map(|(name, _)| Attribute { name: name.clone(), levels: Vec::new() }).collect();
        let table = PurchaseTable::builder().attributes(attributes);
        Ok(Self {
            mapping,
            file,
            rejected,
            waiting: BTreeMap::new(),
            next: 0,
            purchases: Lines { table, ..Lines::default() },
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
        let items = self.purchases.add(parsed.purchases, &columns);
        for (votes, all) in [
            (&parsed.descriptions, &mut self.descriptions),
            (&parsed.categories, &mut self.categories),
        ] {
            for (item, text, count) in votes.iter() {
                all.vote(items[item as usize], text, count);
            }
        }
        self.returns.add(parsed.returns, &[]);
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

    fn purchase_table(&mut self) -> PurchaseTable {
        let mut table = std::mem::take(&mut self.purchases.table);
        let names = self.mapping.columns.attributes.iter();
        table.set_levels(
            names
                .zip(&self.levels)
                .map(|((name, _), levels)| Attribute {
                    name: name.clone(),
                    levels: levels.iter().map(|(_, level)| level.to_owned()).collect(),
                })
                .collect(),
        );
        built(table)
    }

    /// The returns whose customer and item have an index; the others are counted.
    fn return_table(&mut self) -> PurchaseTable {
        let bought = &self.purchases;
        let (customers, items) = (&self.returns.customers, &self.returns.items);
        let customers: Vec<_> =
            customers.iter().map(|(_, id)| bought.customers.index_of(id)).collect();
        let items: Vec<_> = items.iter().map(|(_, id)| bought.items.index_of(id)).collect();
        let mut table = PurchaseTable::builder()
            .n_customers(bought.customers.len())
            .n_items(bought.items.len());
        let returned = built(std::mem::take(&mut self.returns.table));
        // Grouped by customer of the returns, each in time order, as the table is to be.
        for (position, &customer) in customers.iter().enumerate() {
            for line in returned.history(CustomerIdx::from_usize(position)).iter() {
                let item = line.item.map(|item| items[item.index()]);
                match (customer, item) {
                    (Some(customer), None) => table.push(customer, line),
                    (Some(customer), Some(Some(item))) => {
                        table.push(customer, Line { item: Some(item), ..line });
                    }
                    _ => {
                        self.report.rows_returned_unmatched += 1;
                        self.report.returned_unmatched += line.amount;
                    }
                }
            }
        }
        built(table)
    }
}

fn built(table: PurchaseTableBuilder) -> PurchaseTable {
    table.build().expect("all lines of a file name items or none does, and quantities are finite")
}
