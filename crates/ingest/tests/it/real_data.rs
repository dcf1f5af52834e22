//! The shipped mappings on the data they are named for, where the data are at hand.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use patronage_core::{CustomerIdx, Purchases};
use patronage_ingest::{EventLog, Mapping, Reader, Reason, Rejected, Source};
use patronage_testkit::check_purchases;

/// Reads a file of the folder `shared/data` beside the repository, if it is there and this build can.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn read(file: &str, mapping: Mapping) -> Option<EventLog> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let path = PathBuf::from(shared).join(file);
    if !path.exists() || (file.ends_with(".gz") && !cfg!(feature = "gzip")) {
        eprintln!("skipped: {file} is absent, or this build does not read it");
        return None;
    }
    let mut rejected = Vec::new();
    let log = Reader::new(mapping.clone())
        .read(Source::path(&path), Rejected::Write(&mut rejected))
        .expect("the file is read");
    crate::checks::adds_up(&log, &rejected);
    let one = Reader::new(mapping).threads(NonZeroUsize::MIN).block_size(100_000);
    let again = one.read(Source::path(&path), Rejected::Count).expect("the file is read");
    assert_eq!(log, again, "neither threads nor blocks change the log");
    check_purchases(log.purchases());
    check_purchases(log.returns());
    Some(log)
}

/// The figures of pandas 2: the counts, sums and distinct values of the columns after
/// `read_csv(dtype={"InvoiceNo": str, "StockCode": str})`, by the rules customer present, quantity
/// and price above zero, invoice not starting with `C`; duplicates by `DataFrame.duplicated`.
#[test]
fn online_retail() {
    let Some(log) = read("online-retail/online_retail.csv.gz", Mapping::online_retail()) else {
        return;
    };
    let report = log.report();
    assert_eq!((report.rows_read, report.rows_accepted), (541_909, 397_884));
    for (reason, rows) in [
        (Reason::NoCustomer, 135_080),
        (Reason::Cancelled, 9_288),
        (Reason::QuantityNotPositive, 10_624),
        (Reason::PriceNotPositive, 2_517),
    ] {
        assert_eq!(report.rows_with(reason), rows, "{reason}");
    }
    assert_eq!(report.by_reason().len(), 4);
    assert_eq!(report.exact_duplicates, 5_268);
    assert_eq!(report.gross_revenue.to_string(), "8911407.904");
    assert_eq!(report.returned.to_string(), "611342.09");
    assert_eq!(report.net_revenue().to_string(), "8300065.814");
    assert_eq!((report.prices_rounded, report.lines_decoded), (0, 0));
    // All money of the file: sum(Quantity * UnitPrice) over every row.
    let set_aside = report.set_aside.iter().map(|part| part.amount).sum();
    assert_eq!((report.gross_revenue + set_aside).to_string(), "9747747.934");
    assert_eq!((log.customers().len(), log.orders().len()), (4_338, 18_532));
    assert_eq!(log.items().len(), 3_665);
    let customer = log.customers().index_of("17850").expect("ids lose their decimals");
    assert_eq!(log.purchases().history(customer).n_orders(), 34);
    let item = log.items().index_of("85123A").expect("the item is sold");
    assert_eq!(log.description(item), Some("WHITE HANGING HEART T-LIGHT HOLDER"));
    assert_eq!(log.median_prices()[item.index()].to_string(), "2.95");
    assert_eq!(log.purchases().attributes()[0].levels.len(), 37);
    assert_eq!(report.earliest.map(|at| at.to_string()).as_deref(), Some("2010-12-01T08:26:00Z"));
    assert_eq!(report.latest.map(|at| at.to_string()).as_deref(), Some("2011-12-09T12:50:00Z"));
}

/// The figures of DuckDB 2 on the same file: `count(*)`, `sum(sales_value)` and distinct counts,
/// with and without the rows of quantity zero.
#[test]
fn complete_journey() {
    let file = "complete-journey/transactions_with_products.csv.gz";
    let Some(log) = read(file, Mapping::complete_journey()) else { return };
    let report = log.report();
    assert_eq!((report.rows_read, report.rows_set_aside()), (1_469_307, 8_869));
    assert_eq!(report.rows_with(Reason::QuantityNotPositive), 8_869);
    let set_aside = report.set_aside.iter().map(|part| part.amount).sum();
    assert_eq!((report.gross_revenue + set_aside).to_string(), "4596039.58");
    assert_eq!(log.customers().len(), 2_469);
    assert_eq!(report.latest.map(|at| at.to_string()).as_deref(), Some("2018-01-01T04:01:20Z"));
    let item = log.items().index_of("1095275").expect("the item is sold");
    let category = log.category(item).map(|code| log.categories()[code as usize].as_str());
    assert_eq!((category, log.description(item)), (Some("ROLLS"), Some("ROLLS: BAGELS")));
}

/// The figures the data set is published with: 23,570 customers, 69,659 purchases, 2,357 of them
/// in the sample of 6,919 purchases.
#[test]
fn cdnow() {
    let Some(log) = read("cdnow/CDNOW_master.txt", Mapping::cdnow()) else { return };
    let report = log.report();
    assert_eq!((report.rows_read, report.rows_accepted), (69_659, 69_659));
    assert_eq!(report.gross_revenue.to_string(), "2500315.63");
    assert_eq!(report.exact_duplicates, 255);
    assert_eq!(log.customers().len(), 23_570);
    // 255 duplicates and 2,068 - 255 further purchases of one customer and day merge into orders.
    assert_eq!(log.orders().len(), 67_591);
    assert_eq!(log.customers().id(CustomerIdx::new(0)), Some("00001"));
    let quantities: f64 = log.purchases().lines().quantities().iter().sum();
    assert_eq!(quantities, 167_881.0);

    let Some(log) = read("cdnow/CDNOW_sample.txt", Mapping::cdnow_sample()) else { return };
    assert_eq!((log.report().rows_accepted, log.customers().len()), (6_919, 2_357));
}
