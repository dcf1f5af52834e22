//! Files as they come: what cannot be read is an error that says where, or rows set aside.

use std::num::NonZeroUsize;

use patronage_core::{Calendar, CustomerIdx, Date, Money, Purchases, Timestamp};
use patronage_ingest::{ErrorKind, EventLog, Mapping, Reader, Rejected, Source, Zone};

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

fn read(bytes: &[u8]) -> Result<(EventLog, String), String> {
    read_by(&Reader::new(Mapping::online_retail()), bytes)
}

fn read_by(reader: &Reader, bytes: &[u8]) -> Result<(EventLog, String), String> {
    let mut rejected = Vec::new();
    let log = reader
        .read(Source::bytes("shop.csv", bytes), Rejected::Write(&mut rejected))
        .map_err(|error| error.to_string())?;
    let report = log.report();
    assert_eq!(report.rows_read, report.rows_accepted + report.rows_set_aside());
    Ok((log, String::from_utf8(rejected).unwrap()))
}

/// Rows under the header; expects how many are accepted, and line and reasons of the others.
fn check(rows: &str, accepted: u64, set_aside: &[&str]) {
    check_by(
        &Reader::new(Mapping::online_retail()),
        &format!("{HEADER}{rows}"),
        accepted,
        set_aside,
    );
}

fn check_by(reader: &Reader, file: &str, accepted: u64, set_aside: &[&str]) {
    let (log, rejected) = read_by(reader, file.as_bytes()).unwrap();
    assert_eq!(log.report().rows_accepted, accepted, "{file}");
    let found: Vec<&str> = rejected
        .split_inclusive("\"\n")
        .flat_map(|record| record.strip_prefix("line,reasons,raw\n").or(Some(record)))
        .filter_map(|record| record.split_once(",\"").map(|(start, _)| start))
        .collect();
    assert_eq!(found, set_aside, "{file}");
}

fn fails(bytes: &[u8], expected: &str) {
    let error = read(bytes).unwrap_err();
    assert_eq!(error, expected);
}

#[test]
fn no_file_and_no_text() {
    let path = std::env::temp_dir().join("there is no such file.csv");
    let error = Reader::new(Mapping::online_retail()).read_path(&path).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { verb: "read", .. }));
    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    let error = Reader::new(Mapping::online_retail()).read_path(std::env::temp_dir()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}");
    for nothing in ["", "\n\r\n", "\u{feff}"] {
        fails(nothing.as_bytes(), "shop.csv: expected a header line, found an empty file");
    }
    fails(
        b"PK\x03\x04\0\0sheet\n",
        "shop.csv, line 1: expected text, found a zero byte: is it a spreadsheet or an archive?",
    );
}

#[test]
fn a_header_and_nothing_else() {
    for header in [HEADER, HEADER.trim_end()] {
        let (log, rejected) = read(header.as_bytes()).unwrap();
        assert_eq!((log.report().rows_read, log.purchases().n_customers()), (0, 0));
        assert_eq!((log.report().latest, log.has_items()), (None, false));
        assert_eq!(rejected, "line,reasons,raw\n");
    }
}

#[test]
fn headers_that_do_not_fit() {
    fails(
        b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,Country\n",
        "shop.csv, line 1: expected a column \"CustomerID\" or \"Customer ID\", found [\"InvoiceNo\", \
         \"StockCode\", \"Description\", \"Quantity\", \"InvoiceDate\", \"UnitPrice\", \"Country\"]",
    );
    fails(
        format!("CustomerID,{HEADER}").as_bytes(),
        "shop.csv, line 1: expected one column \"CustomerID\", found it at positions 1 and 8",
    );
    fails(
        HEADER.replace(',', ";").as_bytes(),
        "shop.csv, line 1: expected columns separated by ',', found them separated by ';'",
    );
    fails(
        HEADER.replace(',', "\t").as_bytes(),
        "shop.csv, line 1: expected columns separated by ',', found them separated by tabs",
    );
    let sample = Reader::new(Mapping::cdnow_sample());
    let error = read_by(&sample, b"1 2 3\n").unwrap_err();
    assert_eq!(error, "shop.csv, line 1: expected at least 5 columns, found 3");
}

#[test]
fn quirks_that_do_no_harm() {
    let row = "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,France";
    for file in [
        format!("\u{feff}{HEADER}{row}"),
        format!("\n\n{HEADER}\n{row}\n\n"),
        format!("{}{row}\r\n", HEADER.replace('\n', "\r\n")),
        format!("{}{row}\r", HEADER.replace('\n', "\r")),
        format!("{HEADER}536365, 85123A ,\"HEART\",\"6\",12/1/2010 8:26,2.550,17850,France\n"),
    ] {
        let (log, _) = read(file.as_bytes()).unwrap();
        assert_eq!(log.report().gross_revenue.to_string(), "15.30", "{file:?}");
        assert_eq!(log.customers().id(CustomerIdx::new(0)), Some("17850"), "{file:?}");
        assert_eq!(log.report().earliest.unwrap().to_string(), "2010-12-01T08:26:00Z");
    }
    // UTF-16 by its byte order mark.
    let text = format!("\u{feff}{HEADER}{row}\n");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&utf16).unwrap().0.report().rows_accepted, 1);
}

#[test]
fn ragged_rows() {
    check(
        "1,A,HEART,6,2010-12-01,2.55,17850,France\n1,A,HEART,6\n1,A,HEART,6,2010-12-01,2.55,17850,France,x\n",
        1,
        &["3,ragged", "4,ragged"],
    );
}

#[test]
fn all_reasons_of_a_row_are_told() {
    check(
        ",,X,,,,,\n C1,A,X,-1,2010-13-01,-1,,\n1,A,X,NaN,2010-12-01,inf,7,\n1,A,X,0,2010-12-01,0,7,\n",
        0,
        &[
            "2,no_customer+no_order+no_item+quantity_unreadable+price_unreadable+date_unreadable",
            "3,no_customer+cancelled+quantity_not_positive+price_not_positive+date_unreadable",
            "4,quantity_unreadable+price_unreadable",
            "5,quantity_not_positive+price_not_positive",
        ],
    );
}

#[test]
fn a_quote_never_closed_takes_one_line() {
    let row = "1,A,HEART,6,2010-12-01,2.55,17850,France\n";
    let broken = "1,A,\"HEART,6,2010-12-01,2.55,17850,France\n";
    // At the end, in the middle, and before a literal quote that would close it.
    check(&format!("{row}{broken}"), 1, &["3,bad_quote"]);
    check(&format!("{broken}{row}{row}"), 2, &["2,bad_quote"]);
    let literal = "1,A,5\" PLATE\",6,2010-12-01,2.55,17850,France\n";
    check(&format!("{broken}{row}{literal}{row}"), 3, &["2,bad_quote"]);
    let quoted = "1,A,\"HEART, RED\",6,2010-12-01,2.55,17850,France\n";
    check(&format!("{broken}{row}{quoted}{row}"), 3, &["2,bad_quote"]);
    // Text after a closed quote.
    check("1,A,\"BOX 6\" DEEP\",6,2010-12-01,2.55,17850,France\n", 0, &["2,bad_quote"]);
    // In a long file no more than one line is lost, whatever the size of the blocks.
    let file = format!("{HEADER}{broken}{}", row.repeat(5000));
    for size in [64, 1000, 1 << 20] {
        let reader = Reader::new(Mapping::online_retail()).block_size(size);
        check_by(&reader, &file, 5000, &["2,bad_quote"]);
    }
}

#[test]
fn lines_are_counted_through_quoted_ones() {
    check(
        "1,A,\"TWO\nLINES\",6,2010-12-01,2.55,17850,France\n\n1,A,X,x,2010-12-01,2.55,17850,France\n",
        1,
        &["5,quantity_unreadable"],
    );
    let file = format!("{HEADER}{}bad\n", "1,A,\"T\nL\",6,2010-12-01,2.55,1,F\n".repeat(300));
    for size in [16, 77, 4096] {
        let reader = Reader::new(Mapping::online_retail()).block_size(size);
        check_by(&reader, &file, 300, &["602,ragged"]);
    }
}

#[test]
fn characters_of_other_encodings() {
    let row = b"1,A,\xa35 HEART,6,2010-12-01,2.55,17850,France\n";
    let file = [HEADER.as_bytes(), row].concat();
    let (log, _) = read(&file).unwrap();
    assert_eq!(log.report().lines_decoded, 1);
    assert_eq!(log.description(patronage_core::ItemIdx::new(0)), Some("£5 HEART"));

    let mapping = |encoding: &str| {
        let text = patronage_ingest::ONLINE_RETAIL.replace("\"auto\" ", &format!("{encoding:?} "));
        Reader::new(Mapping::from_toml(&text, "test.toml").unwrap())
    };
    let (log, _) = read_by(&mapping("latin-1"), &file).unwrap();
    assert_eq!(log.description(patronage_core::ItemIdx::new(0)), Some("£5 HEART"));
    let (log, rejected) = read_by(&mapping("utf-8"), &file).unwrap();
    assert_eq!((log.report().rows_accepted, log.report().lines_decoded), (0, 0));
    let expected =
        "line,reasons,raw\n2,not_text,\"1,A,\u{fffd}5 HEART,6,2010-12-01,2.55,17850,France\"\n";
    assert_eq!(rejected, expected);
}

#[test]
fn dates_impossible_ambiguous_and_in_the_future() {
    let file = |dates: &[&str]| {
        let rows = dates.iter().map(|date| format!("1,A,X,1,{date},1,7,\n"));
        format!("{HEADER}{}", rows.collect::<String>())
    };
    let ambiguous = patronage_ingest::ONLINE_RETAIL.replace("\"%Y-%m-%d\"]", "\"%d/%m/%Y %H:%M\"]");
    let reader = Reader::new(Mapping::from_toml(&ambiguous, "test.toml").unwrap());
    check_by(
        &reader,
        &file(&["1/2/2011 8:00", "13/2/2011 8:00", "2/2/2011 8:00", "2011-02-29 00:00:00"]),
        2,
        &["2,date_ambiguous", "5,date_unreadable"],
    );
    let noon = Zone::UTC.start_of(Date::new(2011, 2, 1).unwrap());
    let dates = file(&["2011-01-31 23:59:59", "2011-02-01", "2011-02-02", "9999-12-31"]);
    let reader = Reader::new(Mapping::online_retail());
    check_by(&reader.clone().now(noon), &dates, 2, &["4,in_future", "5,in_future"]);
    check_by(
        &reader.clone().as_of(noon),
        &dates,
        1,
        &["3,after_as_of", "4,after_as_of", "5,after_as_of"],
    );
    check_by(&reader.as_of(Timestamp::MIN), &file(&["2011-01-31"]), 0, &["2,after_as_of"]);
}

#[test]
fn numbers_out_of_range() {
    check(
        "1,A,X,1e308,2010-12-01,1e308,7,\n1,A,X,1e308,2010-12-01,2,7,\n1,A,X,\"1,000\",2010-12-01,2,7,\n\
         1,A,X,1,2010-12-01,922337203685477.5807,7,\n1,A,X,1,2010-12-01,922337203685477.5808,7,\n",
        1,
        &[
            "2,amount_out_of_range",
            "3,amount_out_of_range",
            "4,quantity_unreadable",
            "6,amount_out_of_range",
        ],
    );
}

#[test]
fn totals_that_overflow() {
    let row = "1,A,X,1,2010-12-01,900000000000000,7,\n";
    fails(
        format!("{HEADER}{row}{row}").as_bytes(),
        "shop.csv: expected gross revenue of at most 922337203685477.5807, found more",
    );
    let row = "C1,A,X,-1,2010-12-01,900000000000000,7,\n";
    fails(
        format!("{HEADER}{row}{row}").as_bytes(),
        "shop.csv: expected returns of at most 922337203685477.5807, found more",
    );
    // Rows set aside for other reasons do not fail the reading.
    let row = "1,A,X,1,2010-12-01,900000000000000,,\n";
    let (log, _) = read(format!("{HEADER}{row}{row}").as_bytes()).unwrap();
    assert_eq!(log.report().set_aside[0].amount, Money::MAX);
}

#[test]
fn decimals_beyond_the_fourth_are_counted() {
    let rows = "1,A,X,1,2010-12-01,1.00005,7,\n1,A,X,1,2010-12-01,1.00000,7,\n";
    let (log, _) = read(format!("{HEADER}{rows}").as_bytes()).unwrap();
    assert_eq!(log.report().prices_rounded, 1);
    assert_eq!(log.report().gross_revenue.to_string(), "2.00");
}

#[test]
fn the_same_row_again_and_again() {
    let file = format!("{HEADER}{}", "1,A,X,1,2010-12-01,1,7,\n".repeat(3000));
    for (threads, size) in [(1, 1 << 20), (16, 256)] {
        let reader = Reader::new(Mapping::online_retail())
            .threads(NonZeroUsize::new(threads).unwrap())
            .block_size(size);
        let (log, _) = read_by(&reader, file.as_bytes()).unwrap();
        assert_eq!((log.report().rows_accepted, log.report().exact_duplicates), (3000, 2999));
        assert_eq!((log.customers().len(), log.items().len(), log.orders().len()), (1, 1, 1));
    }
}

#[test]
fn a_sink_that_is_full_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let file = format!("{HEADER}bad\n");
    let error = Reader::new(Mapping::online_retail())
        .read(Source::bytes("shop.csv", file.as_bytes()), Rejected::Write(&mut Full))
        .unwrap_err();
    assert!(error.to_string().starts_with("the rows set aside: expected to write"), "{error}");
}

#[test]
fn a_source_that_breaks_off_is_an_error() {
    struct Broken(usize);
    impl std::io::Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let rest = &HEADER.as_bytes()[self.0..];
            if rest.is_empty() {
                return Err(std::io::ErrorKind::ConnectionReset.into());
            }
            let n = rest.len().min(out.len()).min(7);
            out[..n].copy_from_slice(&rest[..n]);
            self.0 += n;
            Ok(n)
        }
    }
    let error = Reader::new(Mapping::online_retail())
        .read(Source::reader("pipe", Broken(0)), Rejected::Count)
        .unwrap_err();
    assert!(error.to_string().starts_with("pipe: expected to read it"), "{error}");
}

#[cfg(feature = "gzip")]
#[test]
fn a_compressed_file_that_is_cut_is_an_error() {
    use std::io::Write as _;
    let file = format!("{HEADER}{}", "1,A,X,1,2010-12-01,1,7,\n".repeat(300));
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    zipped.write_all(file.as_bytes()).unwrap();
    let zipped = zipped.finish().unwrap();
    assert_eq!(read(&zipped).unwrap().0.report().rows_accepted, 300);
    // Two members, one after the other, are one file.
    let mut second = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    second.write_all(b"1,A,X,1,2010-12-01,1,7,\n").unwrap();
    let both = [zipped.clone(), second.finish().unwrap()].concat();
    assert_eq!(read(&both).unwrap().0.report().rows_accepted, 301);
    let error = read(&zipped[..zipped.len() - 20]).unwrap_err();
    assert!(error.starts_with("shop.csv: expected to read it, found: "), "{error}");
}

#[cfg(not(feature = "gzip"))]
#[test]
fn a_compressed_file_is_named() {
    let error = read(b"\x1f\x8b\x08\0").unwrap_err();
    assert!(error.contains("gzip"), "{error}");
}
