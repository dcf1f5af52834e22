//! What customers buy most.

use patronage_core::{ItemIdx, Money, Purchases, Timestamp};

use crate::error::Error;
use crate::scan::{Sum, checked, histories};

/// By what items are ranked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum TopBy {
    /// What was paid for the item.
    Revenue,
    /// How many customers bought it.
    Customers,
    /// In how many order lines it stands.
    Lines,
}

/// How one item sold.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ItemRow {
    /// The item.
    pub item: ItemIdx,
    /// What was paid for it.
    pub revenue: Money,
    /// Its share of the revenue of all items; `None` where that is not above zero.
    pub share: Option<f64>,
    /// How many customers bought it.
    pub n_customers: u64,
    /// In how many order lines it stands.
    pub n_lines: u64,
}

/// The items that lead, best first.
///
/// Made by [`Explore::top_items`](crate::Explore::top_items). Equal items stand in the order of
/// their indices. Items nobody bought are left out; where the lines name no items there are no
/// rows. O(lines + items log items), 40 bytes an item.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TopItems {
    by: TopBy,
    rows: Vec<ItemRow>,
}

impl TopItems {
    /// By what they are ranked.
    #[must_use]
    pub const fn by(&self) -> TopBy {
        self.by
    }

    /// The items, best first.
    #[must_use]
    pub fn rows(&self) -> &[ItemRow] {
        &self.rows
    }
}

#[derive(Clone, Copy, Default)]
struct Counts {
    revenue: Sum,
    n_customers: u64,
    n_lines: u64,
    /// One more than the position of the last customer seen with it.
    last_seen: usize,
}

pub(crate) fn top_items(
    purchases: &dyn Purchases,
    as_of: Timestamp,
    k: usize,
    by: TopBy,
) -> Result<TopItems, Error> {
    let bound = purchases.n_items();
    let mut counts = vec![Counts::default(); bound];
    let mut total = Sum::default();
    for (customer, lines) in histories(purchases, as_of) {
        let Some(items) = lines.items() else { continue };
        for (item, &amount) in items.iter().zip(lines.amounts()) {
            let count = &mut counts[checked("item", customer, item.index(), bound)?];
            count.revenue.add(amount);
            count.n_lines += 1;
            if count.last_seen != customer.index() + 1 {
                count.last_seen = customer.index() + 1;
                count.n_customers += 1;
            }
            total.add(amount);
        }
    }
    let rows = counts.iter().enumerate().filter(|(_, count)| count.n_lines > 0);
    let mut rows = rows
        .map(|(item, count)| {
            Ok(ItemRow {
                item: ItemIdx::from_usize(item),
                revenue: count.revenue.money("revenue of an item")?,
                share: count.revenue.share(total),
                n_customers: count.n_customers,
                n_lines: count.n_lines,
            })
        })
        .collect::<Result<Vec<ItemRow>, Error>>()?;
    // Stable, so that equals keep the order of their indices.
    match by {
        TopBy::Revenue => rows.sort_by_key(|row| std::cmp::Reverse(row.revenue)),
        TopBy::Customers => rows.sort_by_key(|row| std::cmp::Reverse(row.n_customers)),
        TopBy::Lines => rows.sort_by_key(|row| std::cmp::Reverse(row.n_lines)),
    }
    rows.truncate(k);
    Ok(TopItems { by, rows })
}
