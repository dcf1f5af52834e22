//! Who and how much, by the levels of an attribute of the lines.

use patronage_core::{Money, OrderIdx, Purchases, Timestamp};

use crate::error::{Error, ErrorKind};
use crate::scan::{Sum, checked, histories};

/// One level of an attribute, such as one country.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LevelRow {
    /// The level's name.
    pub level: String,
    /// Customers with at least one line of it; one with lines of two levels counts in both.
    pub n_customers: u64,
    /// Orders with at least one line of it; one with lines of two levels counts in both.
    pub n_orders: u64,
    /// Order lines.
    pub n_lines: u64,
    /// What was paid.
    pub revenue: Money,
    /// Its share of all revenue; `None` where that is not above zero.
    pub share: Option<f64>,
}

/// Purchases by the levels of an attribute, most revenue first.
///
/// Made by [`Explore::levels`](crate::Explore::levels). Levels without lines are left out; levels
/// of equal revenue stand in the order of their codes. Revenue sums to gross revenue.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Levels {
    attribute: String,
    rows: Vec<LevelRow>,
}

impl Levels {
    /// The attribute's name.
    #[must_use]
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The levels, most revenue first.
    #[must_use]
    pub fn rows(&self) -> &[LevelRow] {
        &self.rows
    }
}

#[derive(Clone, Copy, Default)]
struct Counts {
    n_customers: u64,
    n_orders: u64,
    n_lines: u64,
    revenue: Sum,
}

pub(crate) fn levels(
    purchases: &dyn Purchases,
    as_of: Timestamp,
    attribute: &str,
) -> Result<Levels, Error> {
    let attributes = purchases.attributes();
    let Some(column) = attributes.iter().position(|a| a.name == attribute) else {
        let known = attributes.iter().map(|a| a.name.clone()).collect();
        return Err(ErrorKind::NoSuchAttribute { found: attribute.to_owned(), known }.into());
    };
    let names = &attributes[column].levels;
    let mut counts = vec![Counts::default(); names.len()];
    let mut total = Sum::default();
    let mut pairs: Vec<(u32, OrderIdx)> = Vec::new();
    for (customer, lines) in histories(purchases, as_of) {
        let codes = purchases.attribute_codes(customer, column);
        // The lines before the as-of are the first ones of the history, so are their codes.
        let Some(codes) = codes.get(..lines.len()) else {
            return Err(ErrorKind::Length {
                what: "codes of a customer's lines",
                of: attribute.to_owned(),
                expected: lines.len(),
                found: codes.len(),
            }
            .into());
        };
        pairs.clear();
        for ((&code, &order), &amount) in codes.iter().zip(lines.orders()).zip(lines.amounts()) {
            let count =
                &mut counts[checked("attribute code", customer, code as usize, names.len())?];
            count.n_lines += 1;
            count.revenue.add(amount);
            total.add(amount);
            if pairs.last() != Some(&(code, order)) {
                pairs.push((code, order));
            }
        }
        if !pairs.is_sorted() {
            pairs.sort_unstable();
        }
        pairs.dedup();
        for (position, &(code, _)) in pairs.iter().enumerate() {
            let count = &mut counts[code as usize];
            count.n_orders += 1;
            count.n_customers += u64::from(position == 0 || pairs[position - 1].0 != code);
        }
    }
    let rows = names.iter().zip(&counts).filter(|(_, count)| count.n_lines > 0);
    let mut rows = rows
        .map(|(level, count)| {
            Ok(LevelRow {
                level: level.clone(),
                n_customers: count.n_customers,
                n_orders: count.n_orders,
                n_lines: count.n_lines,
                revenue: count.revenue.money("revenue of a level")?,
                share: count.revenue.share(total),
            })
        })
        .collect::<Result<Vec<LevelRow>, Error>>()?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.revenue));
    Ok(Levels { attribute: attribute.to_owned(), rows })
}
