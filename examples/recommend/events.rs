//! A file of who took what, or a simulated shop where there is none.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use patronage::core::{
    BoxError, Csr, CustomerIdx, Date, IdMap, InteractionTable, Interactions, ItemIdx, OrderIdx,
    Timestamp, Weight,
};

use crate::shop;

/// Who took what.
pub(crate) struct Events {
    pub(crate) table: InteractionTable,
    pub(crate) customers: IdMap<CustomerIdx>,
    pub(crate) items: IdMap<ItemIdx>,
    /// The first and the last moment, where moments are known.
    pub(crate) period: Option<(Timestamp, Timestamp)>,
    n_read: u64,
    /// How many rows cannot be used, and why the first of them.
    set_aside: Option<(u64, String)>,
}

impl Events {
    /// What of the file is not used.
    pub(crate) fn left_out(&self) -> Option<String> {
        self.set_aside.as_ref().map(|(n, first)| format!("{n} rows set aside, the first: {first}"))
    }

    pub(crate) fn describe(&self, out: &mut impl Write) -> io::Result<()> {
        let (n_customers, n_items) = (self.table.n_customers(), self.table.n_items());
        let n_pairs: usize = CustomerIdx::all(n_customers)
            .map(|customer| self.table.row(customer).items().len())
            .sum();
        writeln!(
            out,
            "Read       {} rows: {n_customers} customers, {n_items} items, {n_pairs} pairs",
            self.n_read
        )?;
        self.left_out().map_or(Ok(()), |left_out| writeln!(out, "           {left_out}"))
    }
}

/// A simulated shop.
pub(crate) fn simulated() -> Result<Events, BoxError> {
    let (log, _) = shop::read(None, "online-retail", None)?;
    let purchases = log.purchases();
    let table = InteractionTable::from_purchases(purchases, Weight::Binary)?;
    let (customers, items) = (log.customers().clone(), log.items().clone());
    let n_read = log.report().rows_read;
    Ok(Events { table, customers, items, period: purchases.period(), n_read, set_aside: None })
}

/// Reads a file; rows that say nothing of use are counted, and the first is named.
pub(crate) fn read(
    path: &Path,
    customer: &str,
    item: &str,
    weight: Option<&str>,
    time: Option<&str>,
) -> Result<Events, BoxError> {
    let in_file = |error: BoxError| -> BoxError { format!("{}: {error}", path.display()).into() };
    let text = contents(path).map_err(|error| in_file(error.into()))?;
    parse(&text, [Some(customer), Some(item), weight, time]).map_err(in_file)
}

fn parse(text: &[u8], names: [Option<&str>; 4]) -> Result<Events, BoxError> {
    let header = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|&&byte| byte == delimiter).count();
    let delimiter = *b"\t;,".iter().max_by_key(|&&delimiter| count(delimiter)).unwrap_or(&b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
    // Bytes that are no text do not matter in columns that nobody asked for.
    let header = csv::StringRecord::from_byte_record_lossy(reader.byte_headers()?.clone());
    let mut columns = [None; 4];
    for (column, name) in columns.iter_mut().zip(names) {
        let Some(name) = name else { continue };
        let Some(at) = header.iter().position(|other| other.trim() == name) else {
            let known: Vec<&str> = header.iter().collect();
            return Err(format!("no column {name:?}; there are {}", known.join(", ")).into());
        };
        *column = Some(at);
    }
    let (mut customers, mut items) = (IdMap::<CustomerIdx>::new(), IdMap::<ItemIdx>::new());
    // Of each pair the sum of the weights and the last moment.
    let mut pairs: BTreeMap<(u32, u32), (f64, Timestamp)> = BTreeMap::new();
    let mut period: Option<(Timestamp, Timestamp)> = None;
    let (mut n_read, mut set_aside) = (0, None::<(u64, String)>);
    for record in reader.byte_records() {
        let record = csv::StringRecord::from_byte_record_lossy(record?);
        n_read += 1;
        match row(&record, columns) {
            Ok((customer, item, weight, at)) => {
                let pair = (customers.intern(customer).get(), items.intern(item).get());
                let entry = pairs.entry(pair).or_insert((0.0, at));
                *entry = (entry.0 + weight, entry.1.max(at));
                period =
                    Some(period.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
            }
            Err(reason) => {
                let line = record.position().map_or(0, csv::Position::line);
                set_aside.get_or_insert_with(|| (0, format!("line {line}: {reason}"))).0 += 1;
            }
        }
    }
    if pairs.is_empty() {
        let why = set_aside.map_or_else(String::new, |(_, first)| format!("; {first}"));
        return Err(format!("no row says who took what{why}").into());
    }
    let entries: Vec<(u32, u32, f32)> =
        pairs.iter().map(|(&(u, i), &(weight, _))| (u, i, weight.min(MOST) as f32)).collect();
    let csr = Csr::from_entries(customers.len(), items.len(), &entries, |_, _| {})?;
    let mut table = InteractionTable::new(csr)?;
    if names[3].is_some() {
        let at = pairs.values().map(|&(_, at)| at).collect();
        table = table.timed(at, vec![OrderIdx::new(0); pairs.len()])?;
    } else {
        period = None;
    }
    Ok(Events { table, customers, items, period, n_read, set_aside })
}

/// The greatest weight of a pair.
const MOST: f64 = f32::MAX as f64;

/// Who, what, how much and when.
fn row(
    record: &csv::StringRecord,
    columns: [Option<usize>; 4],
) -> Result<(&str, &str, f64, Timestamp), String> {
    let cell = |at: Option<usize>| at.map(|at| record.get(at).unwrap_or_default().trim());
    let [customer, item, weight, time] = columns.map(cell);
    let named = |cell: Option<&'_ str>, what| match cell {
        None | Some("") => Err(format!("no {what}")),
        Some(_) => Ok(()),
    };
    named(customer, "customer")?;
    named(item, "item")?;
    let weight = weight.map_or(Ok(1.0), |cell| {
        let weight: f64 = cell.parse().map_err(|_| format!("{cell:?} is no weight"))?;
        let is_one = weight <= MOST && weight as f32 > 0.0;
        if is_one { Ok(weight) } else { Err(format!("weight {weight} is not in (0, {MOST:e}]")) }
    })?;
    let at = time.map_or(Ok(Timestamp::default()), moment)?;
    Ok((customer.unwrap_or_default(), item.unwrap_or_default(), weight, at))
}

/// Seconds since 1970, a date, or a date and a time; all as UTC.
fn moment(cell: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{cell:?} is no moment");
    if let Ok(seconds) = cell.parse::<i64>() {
        let most = i64::MAX / 1_000_000;
        let in_range = (-most..=most).contains(&seconds);
        return if in_range { Ok(Timestamp::from_seconds(seconds)) } else { Err(wrong()) };
    }
    let (date, time) = cell.split_once([' ', 'T']).unwrap_or((cell, "00:00:00"));
    let date: Date = date.parse().map_err(|_| wrong())?;
    let mut seconds = i64::from(date.days()) * 86_400;
    let parts = time.trim_end_matches('Z').split(':');
    for ((part, unit), bound) in parts.zip([3600, 60, 1]).zip([24.0, 60.0, 61.0]) {
        let part: f64 = part.parse().map_err(|_| wrong())?;
        if !(0.0..bound).contains(&part) {
            return Err(wrong());
        }
        seconds += part as i64 * unit;
    }
    Ok(Timestamp::from_seconds(seconds))
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(BufReader::new(&*bytes)).read_to_end(&mut text)?;
    Ok(text)
}
