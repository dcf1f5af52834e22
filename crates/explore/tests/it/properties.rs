//! What holds of any log.

use crate::common::instant;
use patronage_core::{
    CustomerIdx, ItemIdx, Line, Money, OrderIdx, PurchaseTable, Timestamp, UtcOffset,
};
use patronage_explore::{Explore, TopBy};
use proptest::prelude::*;

/// Customer, order within the customer, minutes since 2019, item, ten-thousandths.
type Row = (u32, u32, i64, u32, i64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..12u32, 0..6u32, 0..700_000i64, 0..9u32, 0..5_000_000i64);
    prop::collection::vec(row, 1..80)
}

fn build(rows: &[Row]) -> PurchaseTable {
    let start = instant("2019-01-01").micros();
    let mut builder = PurchaseTable::builder().n_customers(12).n_items(9);
    for &(customer, order, minutes, item, ticks) in rows {
        builder.push(
            CustomerIdx::new(customer),
            Line {
                at: Timestamp::from_micros(start + minutes * 60_000_000),
                order: OrderIdx::new(customer * 6 + order),
                item: Some(ItemIdx::new(item)),
                quantity: 1.0,
                amount: Money::from_ticks(ticks),
            },
        );
    }
    builder.build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_answers_agree_with_each_other(rows in rows(), cut in 0..720_000i64) {
        let log = build(&rows);
        let as_of = Timestamp::from_micros(instant("2019-01-01").micros() + cut * 60_000_000);
        let explore = Explore::new(&log, &UtcOffset::UTC, as_of);
        let kpis = explore.kpis().unwrap();
        let before: Vec<&Row> = rows.iter().filter(|row| row.2 < cut).collect();
        let gross: i64 = before.iter().map(|row| row.4).sum();
        prop_assert_eq!(kpis.gross_revenue, Money::from_ticks(gross));
        prop_assert_eq!(kpis.n_lines, before.len() as u64);
        let mut orders: Vec<_> = before.iter().map(|row| (row.0, row.1)).collect();
        orders.sort_unstable();
        orders.dedup();
        prop_assert_eq!(kpis.n_orders, orders.len() as u64);

        let months = explore.months().unwrap();
        let months = months.rows();
        for row in months {
            prop_assert_eq!(row.active, row.new + row.returning);
        }
        prop_assert!(months.windows(2).all(|pair| pair[1].month - pair[0].month == 1));
        prop_assert_eq!(months.iter().map(|row| row.new).sum::<u64>(), kpis.n_customers);
        prop_assert_eq!(months.iter().map(|row| row.orders).sum::<u64>(), kpis.n_orders);
        prop_assert_eq!(months.iter().map(|row| row.revenue).sum::<Money>(), kpis.gross_revenue);

        let cohorts = explore.cohorts().unwrap();
        let n = cohorts.n_cohorts();
        prop_assert_eq!(n, months.len());
        let mut active = vec![0; n];
        let mut revenue = Money::ZERO;
        for cohort in 0..n {
            prop_assert_eq!(cohorts.size(cohort), Some(months[cohort].new));
            for since in 0..=n {
                let cell = cohorts.customers(cohort, since);
                prop_assert_eq!(cell.is_some(), cohort + since < n);
                prop_assert!(cell <= cohorts.size(cohort) || cell.is_none());
                if let Some(cell) = cell {
                    active[cohort + since] += cell;
                    revenue += cohorts.revenue(cohort, since).unwrap();
                }
            }
        }
        prop_assert!(active.iter().zip(months).all(|(&active, row)| active == row.active));
        prop_assert_eq!(revenue, kpis.gross_revenue);

        let concentration = explore.concentration().unwrap();
        let deciles = concentration.deciles();
        prop_assert_eq!(deciles.iter().map(|d| d.n_customers).sum::<u64>(), kpis.n_customers);
        prop_assert_eq!(deciles.iter().map(|d| d.revenue).sum::<Money>(), kpis.gross_revenue);
        let sizes = deciles.iter().map(|d| d.n_customers);
        prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        if kpis.gross_revenue > Money::ZERO {
            let shares: f64 = deciles.iter().map(|d| d.share.unwrap()).sum();
            prop_assert!((shares - 1.0).abs() < 1e-12);
            prop_assert_eq!(deciles[9].cumulative_share, Some(1.0));
            let gini = concentration.gini().unwrap();
            prop_assert!((0.0..1.0).contains(&gini));
            let lorenz = concentration.lorenz(1000);
            prop_assert_eq!(lorenz[0], (0.0, 0.0));
            prop_assert_eq!(*lorenz.last().unwrap(), (1.0, 1.0));
            // Twice the area between the diagonal and the curve is the Gini coefficient.
            let area: f64 = lorenz
                .windows(2)
                .map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0)
                .sum();
            prop_assert!((1.0 - 2.0 * area - gini).abs() < 1e-9);
        }

        let items = explore.top_items(usize::MAX, TopBy::Revenue).unwrap();
        let items = items.rows();
        prop_assert_eq!(items.len() as u64, kpis.n_items.unwrap_or(0));
        prop_assert_eq!(items.iter().map(|row| row.revenue).sum::<Money>(), kpis.gross_revenue);
        prop_assert_eq!(items.iter().map(|row| row.n_lines).sum::<u64>(), kpis.n_lines);
        prop_assert!(items.is_sorted_by(|a, b| (b.revenue, a.item) <= (a.revenue, b.item)));
    }

    #[test]
    fn the_order_of_the_lines_does_not_matter(rows in rows(), seed in any::<u64>()) {
        let mut other = rows.clone();
        // A shuffle that needs no generator: by a hash of position and seed.
        let mut keys: Vec<(u64, Row)> = other
            .iter()
            .enumerate()
            .map(|(i, &row)| ((i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15), row))
            .collect();
        keys.sort_unstable();
        other = keys.into_iter().map(|(_, row)| row).collect();
        let (a, b) = (build(&rows), build(&other));
        let as_of = instant("2021-01-01");
        let (a, b) = (
            Explore::new(&a, &UtcOffset::UTC, as_of),
            Explore::new(&b, &UtcOffset::UTC, as_of),
        );
        prop_assert_eq!(a.kpis().unwrap(), b.kpis().unwrap());
        prop_assert_eq!(a.months().unwrap().rows().len(), b.months().unwrap().rows().len());
        prop_assert_eq!(a.concentration().unwrap(), b.concentration().unwrap());
    }

    #[test]
    fn wilson_holds_the_share(successes in 0..10_000u64, more in 0..10_000u64) {
        prop_assume!(successes + more > 0);
        let share = patronage_explore::wilson(successes, successes + more).unwrap();
        let interval = share.interval.unwrap();
        prop_assert!(interval.low <= share.value && share.value <= interval.high);
        prop_assert!(interval.low < interval.high);
    }
}
