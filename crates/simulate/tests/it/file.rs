//! The file holds what was bought, and as much dirt as it says.

use std::collections::{BTreeMap, HashMap};

use patronage_core::{CustomerIdx, Money, Purchases};
use patronage_simulate::{CHANNELS, Consent, Dirt, HEADER, RowCounts, RowOrder, Shop, Simulation};

fn shop() -> Simulation {
    Shop::new(300).n_items(80).days(300).dirt(Dirt::at(0.3).broken(0.2)).seed(4).open().unwrap()
}

fn file(shop: &Simulation, order: RowOrder) -> (String, RowCounts) {
    let mut file = Vec::new();
    let counts = shop.write_transactions(&mut file, order).unwrap();
    (String::from_utf8(file).unwrap(), counts)
}

/// The fields of a row, quotes taken off.
fn fields(row: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    let mut characters = row.chars().peekable();
    while let Some(character) = characters.next() {
        let last = fields.len() - 1;
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                fields[last].push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields[last].push(character),
        }
    }
    fields
}

#[test]
fn counts_are_those_of_the_file() {
    let shop = shop();
    let (text, counts) = file(&shop, RowOrder::Customer);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEADER));
    let mut found = RowCounts::default();
    let mut before = "";
    for line in lines {
        let row = fields(line);
        let taken_back = row[0].starts_with('C');
        let negative = row[3].starts_with('-');
        let place = if row.len() < 8 {
            &mut found.ragged
        } else if row[6].is_empty() {
            &mut found.without_customer
        } else if row[4].contains("-02-30 ") {
            &mut found.no_such_date
        } else if row[5] == "0.0" {
            &mut found.zero_price
        } else if row[5].parse().is_ok_and(|price: f64| price.is_nan()) || row[5] == "n/a" {
            &mut found.not_a_number
        } else if negative && !taken_back {
            &mut found.negative_quantity
        } else if taken_back {
            // Told apart below.
            &mut found.cancelled
        } else if line == before {
            // Lines of one order are of distinct items.
            &mut found.duplicates
        } else {
            &mut found.purchases
        };
        *place += 1;
        before = line;
    }
    let n_returns: usize = shop.customers().map(|customer| customer.returns.len()).sum();
    assert_eq!(counts.returned, n_returns as u64);
    assert_eq!(found.cancelled, counts.cancelled + counts.returned);
    assert_eq!(found, RowCounts { cancelled: found.cancelled, returned: 0, ..counts });
    assert_eq!(text.lines().count() as u64, 1 + counts.rows());
    for n in [counts.duplicates, counts.cancelled, counts.zero_price, counts.ragged] {
        assert!(n > 0, "{counts:?}");
    }
}

#[test]
fn the_clean_rows_are_the_purchases() {
    let shop = shop();
    let (text, counts) = file(&shop, RowOrder::Time);
    let data = shop.dataset().unwrap();
    assert_eq!(data.purchases.n_lines() as u64, counts.purchases);
    let mut orders: BTreeMap<(String, String, String), (f64, Money)> = BTreeMap::new();
    let mut before = "";
    for line in text.lines().skip(1) {
        let row = fields(line);
        let repeated = line == before;
        before = line;
        let clean = row.len() == 8
            && !row[0].starts_with('C')
            && !row[6].is_empty()
            && row[5] != "0.0"
            && !row[4].contains("-02-30 ");
        let price = row.get(5).and_then(|price| price.parse::<Money>().ok());
        let quantity: f64 = row[3].parse().unwrap();
        let (true, false, Some(price), true) = (clean, repeated, price, quantity > 0.0) else {
            continue;
        };
        let customer = row[6].strip_suffix(".0").unwrap().to_owned();
        let key = (customer, row[4].clone(), row[1].clone());
        let entry = orders.entry(key).or_default();
        *entry = (entry.0 + quantity, entry.1 + price.times(quantity).unwrap());
        let item = shop.catalogue().items().iter().find(|item| item.id == row[1]).unwrap();
        assert_eq!(item.description, row[2]);
    }
    let mut expected: BTreeMap<(String, String, String), (f64, Money)> = BTreeMap::new();
    for customer in CustomerIdx::all(data.purchases.n_customers()) {
        for line in data.purchases.history(customer).iter() {
            let at = line.at.to_string().replace('T', " ").replace('Z', "");
            let item = data.items.id(line.item.unwrap()).unwrap().to_owned();
            let key = (data.customers.id(customer).unwrap().to_owned(), at, item);
            let entry = expected.entry(key).or_default();
            *entry = (entry.0 + line.quantity, entry.1 + line.amount);
        }
    }
    assert_eq!(orders, expected);
}

#[test]
fn both_row_orders_hold_the_same_rows_and_time_ascends() {
    let shop = shop();
    let ((by_time, a), (by_customer, b)) =
        (file(&shop, RowOrder::Time), file(&shop, RowOrder::Customer));
    assert_eq!(a, b);
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(sorted(&by_time), sorted(&by_customer));
    let times: Vec<String> = by_time
        .lines()
        .skip(1)
        .map(fields)
        .filter(|row| row.len() == 8 && !row[4].contains("-02-30 "))
        .map(|row| row[4].clone())
        .collect();
    assert!(times.is_sorted());
    assert_eq!(file(&shop, RowOrder::Time).0, by_time);
}

#[test]
fn an_invoice_is_one_customers_at_one_time() {
    let shop =
        Shop::new(300).n_items(80).days(300).dirt(Dirt::none().missing_ids(0.5)).returns(0.0);
    let (text, _) = file(&shop.open().unwrap(), RowOrder::Time);
    let mut invoices: HashMap<String, (String, String)> = HashMap::new();
    for row in text.lines().skip(1).map(fields) {
        let of = (row[6].clone(), row[4].clone());
        let known = invoices.entry(row[0].clone()).or_insert_with(|| of.clone());
        assert_eq!(*known, of, "{row:?}");
    }
}

#[test]
fn no_dirt_leaves_a_clean_file() {
    let shop = Shop::new(50).days(200).returns(0.0).open().unwrap();
    let (_, counts) = file(&shop, RowOrder::Time);
    assert_eq!(counts.rows(), counts.purchases);
}

#[test]
fn consent_is_recorded_for_some_and_the_file_agrees() {
    let shop = Shop::new(4_000).n_items(20).days(300).open().unwrap();
    let mut file = Vec::new();
    let n_records = shop.write_consents(&mut file).unwrap();
    let text = String::from_utf8(file).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("customer,channel,granted,at"));
    let rows: Vec<Vec<String>> = lines.map(fields).collect();
    assert_eq!(rows.len() as u64, n_records);
    let mut expected = Vec::new();
    let mut n_email = 0.0;
    for customer in shop.customers() {
        let records = shop.consents(&customer.truth);
        assert!(records.is_sorted_by_key(|record| (record.channel, record.at)));
        for record in &records {
            assert!(record.at >= customer.truth.joined && record.at < shop.period().end);
            let granted = if record.consent == Consent::Granted { "1" } else { "0" };
            let at = record.at.to_string().replace('T', " ").replace('Z', "");
            let channel = CHANNELS[record.channel];
            expected.push(vec![customer.id.clone(), channel.to_owned(), granted.to_owned(), at]);
        }
        let email = records.iter().find(|record| CHANNELS[record.channel] == "email");
        n_email += f64::from(u8::from(email.is_some_and(|r| r.consent == Consent::Granted)));
    }
    assert_eq!(rows, expected);
    // 55 % grant it at first, within four standard deviations.
    assert!((n_email / 4_000.0 - 0.55_f64).abs() < 4.0 * (0.55_f64 * 0.45 / 4_000.0).sqrt());
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let shop = Shop::new(3).days(30).open().unwrap();
    assert!(shop.write_transactions(Full, RowOrder::Time).is_err());
    assert!(shop.write_consents(Full).is_err());
}
