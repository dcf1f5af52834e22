//! Optional real data beside the repository, read with the smallest reader that serves.

pub(crate) mod stream;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::PathBuf;

use patronage_segment::{
    Calendar, CustomerIdx, Date, Line, Money, OrderIdx, PurchaseTable, Rfm, RfmTable, Timestamp,
    UtcOffset,
};

/// The file below the data folder, or `None` with a word on stderr where it is absent.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn optional(path: &str) -> Option<PathBuf> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped for lack of the data {path}");
    None
}

pub(crate) fn read(path: &str) -> Option<String> {
    let path = optional(path)?;
    let bytes = std::fs::read(&path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
        return Some(String::from_utf8_lossy(&text).into_owned());
    }
    Some(String::from_utf8(bytes).unwrap())
}

/// The fields of a line in which quotes may hold commas.
pub(crate) fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

pub(crate) fn instant(text: &str) -> Timestamp {
    let date: Date = text[..10].parse().unwrap();
    let part = |range: std::ops::Range<usize>| -> i64 { text[range].parse().unwrap() };
    let seconds = part(11..13) * 3600 + part(14..16) * 60 + part(17..19);
    UtcOffset::UTC.start_of(date) + patronage_core::Span::micros(seconds * 1_000_000)
}

/// UCI Online Retail, prepared as the reference script says: customers in ascending order of id.
pub(crate) fn online_retail() -> Option<(RfmTable, Vec<u32>)> {
    let text = read("data/online-retail/online_retail.csv.gz")?;
    let mut kept: Vec<(u32, Line)> = Vec::new();
    let mut orders: HashMap<String, OrderIdx> = HashMap::new();
    for line in text.lines().skip(1) {
        let fields = fields(line);
        let [invoice, _, _, quantity, at, price, customer, _] = &fields[..] else {
            panic!("eight fields in {line}")
        };
        let quantity: f64 = quantity.parse().unwrap();
        let price: Money = price.parse().unwrap();
        if customer.is_empty()
            || invoice.starts_with('C')
            || quantity <= 0.0
            || price <= Money::ZERO
        {
            continue;
        }
        let next = OrderIdx::from_usize(orders.len());
        let order = *orders.entry(invoice.clone()).or_insert(next);
        let id = customer.trim_end_matches(".0").parse().unwrap();
        let amount = price.times(quantity).unwrap();
        kept.push((id, Line { at: instant(at), order, item: None, quantity, amount }));
    }
    let mut ids: Vec<u32> = kept.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut purchases = PurchaseTable::builder();
    for (id, line) in &kept {
        let customer = CustomerIdx::from_usize(ids.binary_search(id).unwrap());
        purchases.push(customer, *line);
    }
    assert_eq!(kept.len(), 397_884);
    let as_of = Date::new(2011, 12, 10).unwrap();
    let table = Rfm::new(as_of, &UtcOffset::UTC).table(&purchases.build().unwrap()).unwrap();
    Some((table, ids))
}

/// A table of columns `x0`, `x1`, ….
pub(crate) fn matrix(values: ndarray::Array2<f64>) -> patronage_segment::FeatureTable {
    use patronage_segment::{Column, FeatureTable, Schema};
    let schema = Schema::new((0..values.ncols()).map(|c| Column::number(format!("x{c}")))).unwrap();
    FeatureTable::new(schema, values).unwrap()
}

/// Draws spread evenly over `[0, 1)`.
pub(crate) fn uniform(seed: u64) -> impl FnMut() -> f64 {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    move || rng.random()
}

/// Standard normal draws.
pub(crate) fn normal(seed: u64) -> impl FnMut() -> f64 {
    let mut draws = uniform(seed);
    move || {
        let radius = (-2.0 * (1.0 - draws()).ln()).sqrt();
        radius * (std::f64::consts::TAU * draws()).cos()
    }
}
