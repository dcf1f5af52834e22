//! Writes a simulated file of transactions, and of consent, of any size:
//!
//! ```text
//! cargo run --release -p patronage-simulate --example simulate_file -- \
//!     --customers 3500 --out transactions.csv --consent consent.csv --seed 7 --dirt 0.1
//! ```
//!
//! Further: `--items N`, `--days N`, `--order time|customer`.
//! Ten times UCI Online Retail: `--customers 90000 --items 4000`.

use std::fs::File;
use std::io::{BufWriter, Write};

use patronage_simulate::{Dirt, RowOrder, Shop};

type BoxError = Box<dyn std::error::Error>;

fn main() -> Result<(), BoxError> {
    let mut shop = Shop::default();
    let (mut out, mut consent, mut order) = (None, None, RowOrder::Time);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name}: expected a value"))?;
        shop = match name.as_str() {
            "--customers" => shop.n_customers(parse(&name, &value)?),
            "--items" => shop.n_items(parse(&name, &value)?),
            "--days" => shop.days(parse(&name, &value)?),
            "--seed" => shop.seed(parse(&name, &value)?),
            "--dirt" => shop.dirt(Dirt::at(parse(&name, &value)?)),
            "--order" => {
                order = match value.as_str() {
                    "time" => RowOrder::Time,
                    "customer" => RowOrder::Customer,
                    _ => return Err("--order: expected time or customer".into()),
                };
                shop
            }
            "--out" => {
                out = Some(value);
                shop
            }
            "--consent" => {
                consent = Some(value);
                shop
            }
            _ => return Err(format!("unknown option {name}").into()),
        };
    }
    let shop = shop.open()?;
    let mut stdout = std::io::stdout().lock();
    if let Some(path) = out {
        let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        writeln!(stdout, "{:#?}", shop.write_transactions(file, order)?)?;
    }
    if let Some(path) = consent {
        let n_records = shop.write_consents(BufWriter::new(File::create(path)?))?;
        writeln!(stdout, "{n_records} consent records")?;
    }
    Ok(())
}

fn parse<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, BoxError> {
    value.parse().map_err(|_| format!("{name}: expected a number, found {value:?}").into())
}
