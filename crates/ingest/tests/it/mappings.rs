//! What a mapping can say, and how it is told that it cannot.

use patronage_core::{CustomerIdx, ItemIdx, OrderIdx, Purchases};
use patronage_ingest::{EventLog, Mapping, Reader, Rejected, Source};

const TILL: &str = r#"name = "till"
currency = "EUR"

[file]
delimiter = ";"
decimal = ","
thousands = "."
symbol = "€"

[columns]
customer = "card"
item = "article"
category = "group"
amount = "paid"
time = "day"
time_of_day = "hour"

[columns.attributes]
till = "till"

[time]
formats = ["%d.%m.%Y %H:%M"]
zone = "+01:00"

[returns]
negative_amount = true
"#;

fn read(mapping: &str, file: &str) -> EventLog {
    let mapping = Mapping::from_toml(mapping, "till.toml").unwrap();
    Reader::new(mapping).read(Source::bytes("till.csv", file.as_bytes()), Rejected::Count).unwrap()
}

#[test]
fn a_file_of_another_country() {
    let log = read(
        TILL,
        "till;card;article;group;paid;day;hour\n\
         1;anna;tea;drinks;1.234,50 €;31.12.2019;23:30\n\
         2;anna;tea;;0,50;01.01.2020;0:10\n\
         2;anna;tea;food;-0,50;01.01.2020;0:20\n",
    );
    assert_eq!(log.report().gross_revenue.to_string(), "1235.00");
    assert_eq!(log.report().net_revenue().to_string(), "1234.50");
    assert_eq!(log.currency().unwrap().code(), "EUR");
    // One order per customer and day, by the calendar of the file.
    let orders: Vec<&str> = log.orders().iter().map(|(_, id)| id).collect();
    assert_eq!(orders, ["anna 2019-12-31", "anna 2020-01-01"]);
    assert_eq!(log.report().earliest.unwrap().to_string(), "2019-12-31T22:30:00Z");
    assert_eq!(log.category(ItemIdx::new(0)), Some(0));
    assert_eq!(log.categories(), ["drinks"]);
    assert_eq!(log.description(ItemIdx::new(0)), None);
    assert_eq!(log.purchases().attribute_codes(CustomerIdx::new(0), 0), [0, 1]);
    assert_eq!(log.purchases().attributes()[0].levels, ["1", "2"]);
    assert_eq!(log.return_orders().id(OrderIdx::new(0)), Some("anna 2020-01-01"));
    let quantities = log.purchases().history(CustomerIdx::new(0)).quantities();
    assert_eq!(quantities, [1.0, 1.0]);
}

#[cfg(feature = "tz")]
#[test]
fn a_named_zone() {
    let mapping = TILL.replace("+01:00", "Europe/Berlin");
    let file = "till;card;article;group;paid;day;hour\n1;a;t;;1;01.07.2019;00:10\n";
    let log = read(&mapping, file);
    assert_eq!(log.report().earliest.unwrap().to_string(), "2019-06-30T22:10:00Z");
    assert_eq!(log.orders().id(OrderIdx::new(0)), Some("a 2019-07-01"));
}

fn fails(from: &str, to: &str, expected: &str) {
    assert!(TILL.contains(from), "{from}");
    let error = Mapping::from_toml(&TILL.replacen(from, to, 1), "till.toml").unwrap_err();
    assert_eq!(error.to_string(), format!("till.toml, {expected}"));
}

#[test]
fn mistakes_point_at_their_line() {
    for (from, to, expected) in [
        ("\"EUR\"", "\"Euro\"", "line 2: currency: expected three capital letters, found \"Euro\""),
        (
            "\";\"",
            "\";;\"",
            "line 5: file.delimiter: expected one printable ASCII character, found \";;\"",
        ),
        (
            "\";\"",
            "\"x\"",
            "line 5: file.delimiter: expected one printable ASCII character that is neither \
             letter, digit nor blank, \"tab\" or \"whitespace\", found \"x\"",
        ),
        (
            "\";\"",
            "'\"'",
            "line 1: expected distinct characters for delimiter, quote, decimal and thousands, \
             found '\"' twice",
        ),
        (
            "thousands = \".\"",
            "thousands = \",\"",
            "line 7: expected distinct characters for delimiter, quote, decimal and thousands, \
             found ',' twice",
        ),
        (
            "%d.%m.%Y %H:%M",
            "%d.%m",
            "line 22: time.formats: expected a format of one year, month and day, such as \
             \"%Y-%m-%d\", found \"%d.%m\"",
        ),
        (
            "+01:00",
            "Mars",
            "line 23: time.zone: expected a zone such as \"UTC\", \"+01:00\" or \"Europe/London\", \
             found \"Mars\"",
        ),
        (
            "amount = ",
            "price = \"x\"\namount = ",
            "line 10: expected a column for either price or amount, found both",
        ),
        (
            "amount = \"paid\"\n",
            "",
            "line 10: expected a column for either price or amount, found neither",
        ),
        (
            "decimal",
            "header = false\ndecimal",
            "line 12: columns: expected a position, because the file has no header, found \"card\"",
        ),
    ] {
        fails(from, to, expected);
    }
    for (from, to, line) in [
        ("decimal", "desimal", "line 6: unknown field `desimal`"),
        ("\"card\"", "0", "line 11: invalid value"),
        ("\"card\"", "[]", "line 11: invalid length 0"),
        ("customer = \"card\"\n", "", "line 10: missing field `customer`"),
        ("= true", "= \"yes\"", "line 26: invalid type"),
        ("[returns]", "[returns", "line 25: "),
    ] {
        let error = Mapping::from_toml(&TILL.replacen(from, to, 1), "till.toml").unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with(&format!("till.toml, {line}")), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_mapping_is_read_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("till.toml");
    std::fs::write(&path, TILL).unwrap();
    let mapping = Mapping::read(&path).unwrap();
    assert_eq!((mapping.name(), mapping.has_items()), ("till", true));
    let error = Mapping::read(folder.path().join("absent.toml")).unwrap_err().to_string();
    assert!(error.contains("absent.toml"), "{error}");
}

#[test]
fn the_default_is_online_retail() {
    assert_eq!(Mapping::default(), Mapping::online_retail());
}
