//! Data whose right answers are known by construction.

use ndarray::{Array2, array};
use patronage_core::{
    Attribute, Calendar, ClassIdx, Column, Csr, CustomerIdx, Date, FeatureTable, HistoryEntry,
    InteractionTable, Interactions, ItemIdx, Line, Money, OrderIdx, PurchaseTable, Schema,
    SegmentIdx, Span, UtcOffset,
};

use crate::draws::Draws;

/// Rows around known centres.
#[derive(Clone, Debug)]
pub struct Blobs {
    /// The rows, of shape `(n, d)`; columns are called `x0`, `x1`, ….
    pub table: FeatureTable,
    /// The blob of each row.
    pub blob: Vec<SegmentIdx>,
    /// The centres, of shape `(k, d)`.
    pub centres: Array2<f64>,
}

/// `n` rows in `k` blobs in `d` dimensions: each row lies within 3 of its centre, and centres lie at
/// least 20 apart, so that any reasonable clustering into `k` finds them.
///
/// Row `i` belongs to blob `i % k`.
///
/// # Panics
///
/// When `k` or `d` is 0.
#[must_use]
pub fn blobs(k: usize, n: usize, d: usize, seed: u64) -> Blobs {
    assert!(k > 0 && d > 0, "blobs need a centre and a dimension");
    // A lattice with enough places a side: centre c is the number c written in base `side`.
    let side = (1..).find(|&side: &usize| side.saturating_pow(d as u32) >= k).unwrap_or(k);
    let centres = Array2::from_shape_fn((k, d), |(blob, dimension)| {
        let shifted = (0..dimension).fold(blob, |rest, _| rest / side);
        20.0 * (shifted % side) as f64
    });
    let mut draws = Draws::new(seed);
    let radius = 3.0 / (d as f64).sqrt();
    let values = Array2::from_shape_fn((n, d), |(row, dimension)| {
        centres[[row % k, dimension]] + (draws.normal() * radius / 3.0).clamp(-radius, radius)
    });
    let schema = Schema::new((0..d).map(|dimension| Column::number(format!("x{dimension}"))));
    let table = FeatureTable::new(schema.expect("distinct names"), values).expect("finite cells");
    let blob = (0..n).map(|row| SegmentIdx::from_usize(row % k)).collect();
    Blobs { table, blob, centres }
}

/// `n` customers and `n` items: even customers took every even item and odd customers every odd
/// one, each but the item of her own number.
///
/// The right recommendation for a customer is the one item withheld: her own number. It stands out
/// from `n` = 8 on.
#[must_use]
pub fn checkerboard(n: usize) -> InteractionTable {
    let mut entries = Vec::new();
    for customer in 0..n as u32 {
        for item in 0..n as u32 {
            if customer != item && customer % 2 == item % 2 {
                entries.push((customer, item, 1.0_f32));
            }
        }
    }
    let weights = Csr::from_entries(n, n, &entries, |_, _| {}).expect("indices in range");
    InteractionTable::new(weights).expect("finite weights")
}

/// The history of each customer of [`checkerboard`], as a request takes it.
#[must_use]
pub fn checkerboard_requests(n: usize) -> Vec<Vec<HistoryEntry>> {
    let board = checkerboard(n);
    CustomerIdx::all(n)
        .map(|customer| HistoryEntry::from_items(board.row(customer).items()))
        .collect()
}

/// Five customers, four items and an attribute `country`, small enough to compute by hand.
///
/// | customer | order | day (UTC, noon) | item | quantity | amount | country |
/// |---|---|---|---|---|---|---|
/// | 0 | 0 | 2024-01-05 | 0 | 2 | 10.00 | north |
/// | 0 | 0 | 2024-01-05 | 1 | 1 | 2.50 | north |
/// | 0 | 1 | 2024-03-01 | 0 | 1 | 5.00 | north |
/// | 0 | 4 | 2024-06-20 | 3 | 4 | 0.40 | north |
/// | 1 | 2 | 2024-03-01 | 1 | 3 | 7.50 | south |
/// | 2 | – | never bought | | | | |
/// | 3 | 3 | 2024-06-20 | 2 | 1 | 99.99 | north |
/// | 3 | 3 | 2024-06-20 | 2 | 1 | 99.99 | north |
/// | 4 | 5 | 2024-06-30 | 0 | 1 | 0.00 | south |
#[must_use]
pub fn small_shop() -> PurchaseTable {
    let levels = vec!["north".to_owned(), "south".to_owned()];
    let country = Attribute { name: "country".to_owned(), levels };
    let mut table = PurchaseTable::builder().attributes(vec![country]).n_customers(5).n_items(4);
    // In no particular order, as files are.
    for (customer, order, (month, day), item, quantity, cents, country) in [
        (3, 3, (6, 20), 2, 1.0, 9999, 0),
        (0, 1, (3, 1), 0, 1.0, 500, 0),
        (0, 0, (1, 5), 0, 2.0, 1000, 0),
        (4, 5, (6, 30), 0, 1.0, 0, 1),
        (0, 0, (1, 5), 1, 1.0, 250, 0),
        (1, 2, (3, 1), 1, 3.0, 750, 1),
        (0, 4, (6, 20), 3, 4.0, 40, 0),
        (3, 3, (6, 20), 2, 1.0, 9999, 0),
    ] {
        let date = Date::new(2024, month, day).expect("days of the calendar");
        let line = Line {
            at: UtcOffset::UTC.start_of(date) + Span::micros(43_200_000_000),
            order: OrderIdx::new(order),
            item: Some(ItemIdx::new(item)),
            quantity,
            amount: Money::from_ticks(cents * 100),
        };
        table.push_with(CustomerIdx::new(customer), line, &[country]);
    }
    table.build().expect("the lines are sound")
}

/// Rows whose labels follow a known rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The rows: `recency_days` and `frequency` (whole numbers with many ties), `age` (missing for
    /// some), `country` (a category) and `newsletter` (a flag), of which only the first two matter.
    pub table: FeatureTable,
    /// Class 1 where `recency_days < 30` and `frequency >= 4`, else class 0.
    pub labels: Vec<ClassIdx>,
    /// `10 + 2 frequency - 0.1 recency_days`.
    pub targets: Vec<f64>,
}

/// `n` rows labelled by a rule without noise: a tree of depth two, or a line, can be right on all.
///
/// About half of the rows are of class 1.
#[must_use]
pub fn labelled_by_rule(n: usize, seed: u64) -> Rule {
    let schema = Schema::new([
        Column::number("recency_days"),
        Column::number("frequency"),
        Column::nullable("age"),
        Column::category("country", ["north", "south", "east"]),
        Column::flag("newsletter"),
    ]);
    let mut draws = Draws::new(seed);
    let mut values = Array2::zeros((n, 5));
    for mut row in values.rows_mut() {
        let age = if draws.below(6) == 0 { f64::NAN } else { (18 + draws.below(60)) as f64 };
        row.assign(&array![
            draws.below(40) as f64,
            (1 + draws.below(10)) as f64,
            age,
            draws.below(4) as f64,
            draws.below(2) as f64
        ]);
    }
    let buys = |row: &[f64]| row[0] < 30.0 && row[1] >= 4.0;
    let table = FeatureTable::new(schema.expect("distinct names"), values).expect("admitted");
    let rows = || (0..n).map(|row| table.row(row));
    let labels = rows().map(|row| ClassIdx::new(u32::from(buys(row)))).collect();
    let targets = rows().map(|row| 10.0 + 2.0 * row[1] - 0.1 * row[0]).collect();
    Rule { table, labels, targets }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patronage_core::Features;

    #[test]
    fn blobs_are_where_they_say() {
        for (k, d) in [(1, 1), (4, 2), (5, 3), (9, 1), (7, 10)] {
            let blobs = blobs(k, 60, d, 3);
            for (row, cells) in blobs.table.values().rows().into_iter().enumerate() {
                for (blob, centre) in blobs.centres.rows().into_iter().enumerate() {
                    let distance = (&cells - &centre).mapv(|x| x * x).sum().sqrt();
                    let own = blobs.blob[row].index() == blob;
                    assert!(if own { distance <= 3.0 + 1e-9 } else { distance >= 17.0 - 1e-9 });
                }
            }
        }
    }

    #[test]
    fn the_checkerboard_withholds_the_diagonal() {
        let board = checkerboard(6);
        assert_eq!(ItemIdx::peel_slice(board.row(CustomerIdx::new(2)).items()), [0, 4]);
    }

    #[test]
    fn both_classes_are_there() {
        let rule = labelled_by_rule(1000, 1);
        let ones = rule.labels.iter().filter(|label| label.get() == 1).count();
        assert!((400..650).contains(&ones), "{ones}");
    }
}
