//! The tables of a log keep the promises of `Purchases`.

use patronage_core::Purchases;
use patronage_ingest::{Mapping, Reader, Rejected, Source};
use patronage_testkit::check_purchases;

const SHOP: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
2,B,LAMP,1,2011-02-01 10:00:00,3.00,12347,France
1,A,HEART,6,2011-01-01 10:00:00,2.55,12347,France
1,A,HEART,2,2011-01-01 10:00:00,2.55,12346,Norway
C3,A,HEART,-1,2011-02-02 10:00:00,2.55,12347,France
C4,Z,NEVER SOLD,-1,2011-02-02 10:00:00,2.55,12347,France
C5,A,HEART,-1,2011-02-02 10:00:00,2.55,99999,France
";

#[test]
fn purchases_and_returns_keep_their_promises() {
    let log = Reader::new(Mapping::online_retail())
        .read(Source::bytes("shop.csv", SHOP.as_bytes()), Rejected::Count)
        .unwrap();
    check_purchases(log.purchases());
    check_purchases(log.returns());
    assert_eq!((log.purchases().n_lines(), log.returns().n_lines()), (3, 1));
    assert_eq!(log.purchases().n_customers(), log.returns().n_customers());
    assert_eq!(log.purchases().n_items(), log.returns().n_items());
    assert_eq!(log.report().rows_returned_unmatched, 2);
    assert_eq!(log.report().returned_unmatched.to_string(), "5.10");
}

#[test]
fn a_log_without_items_keeps_its_promises() {
    let text = " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n";
    let log = Reader::new(Mapping::cdnow())
        .read(Source::bytes("cdnow.txt", text.as_bytes()), Rejected::Count)
        .unwrap();
    check_purchases(log.purchases());
    assert_eq!((log.purchases().n_items(), log.has_items()), (0, false));
}

#[test]
fn logs_and_errors_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<patronage_ingest::EventLog>();
    check::<patronage_ingest::Error>();
    check::<patronage_ingest::ConsentLog>();
    check::<patronage_ingest::Mapping>();
    check::<patronage_ingest::Reader>();
}
