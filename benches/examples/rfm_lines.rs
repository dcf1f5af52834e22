//! RFM scores from unsorted order lines in typed columns: draws the lines, and times our side of
//! `peers/rfm_lines.sh`.
//!
//! `rfm_lines draw DIR LINES CUSTOMERS ORDERS SEED` writes four columns as little-endian numbers:
//! `customers.u32`, `orders.u32`, `at.i64` (microseconds since 1970) and `amounts.i64`
//! (ten-thousandths). `rfm_lines run DIR RUNS [OUT]` prints the seconds of each of RUNS calls after
//! one that is not counted, and writes the scores of the last to OUT. `rfm_lines absorb DIR RUNS`
//! times an accumulator that absorbs the lines in batches of 100,000.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use patronage::segment::{
    CustomerIdx, Date, Fit, Money, OrderIdx, OrderLines, Rfm, RfmScoring, Timestamp, UtcOffset,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["draw", dir, lines, customers, orders, seed] => {
            let seed = seed.parse()?;
            draw(Path::new(dir), lines.parse()?, customers.parse()?, orders.parse()?, seed)
        }
        ["run", dir, runs] => run(&Columns::read(Path::new(dir))?, runs.parse()?, None),
        ["run", dir, runs, out] => run(&Columns::read(Path::new(dir))?, runs.parse()?, Some(out)),
        ["absorb", dir, runs] => absorb(&Columns::read(Path::new(dir))?, runs.parse()?),
        _ => Err("see the first lines of the source for the arguments".into()),
    }
}

/// Customers are skewed: a quarter of them has half of the orders. Lines fall on orders evenly, in no order.
fn draw(
    dir: &Path,
    lines: usize,
    customers: usize,
    orders: usize,
    seed: u64,
) -> Result<(), Box<dyn Error>> {
    let mut draws = Draws(seed);
    let start = i64::from(Date::new(2022, 1, 1)?.days()) * 86_400;
    let of_order: Vec<(u32, i64)> = (0..orders)
        .map(|_| {
            let u = draws.below(1 << 32) as f64 / (1_u64 << 32) as f64;
            // An odd step shuffles the customers, so that busy ones are no neighbours.
            let customer = ((u * u * customers as f64) as usize * 2_654_435_761) % customers;
            let seconds = draws.below(3 * 365 * 86_400) as i64;
            (customer as u32, (start + seconds) * 1_000_000)
        })
        .collect();
    let (mut who, mut which, mut when, mut paid) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..lines {
        let order = draws.below(orders as u64) as usize;
        let (customer, at) = of_order[order];
        who.extend(customer.to_le_bytes());
        which.extend((order as u32).to_le_bytes());
        when.extend(at.to_le_bytes());
        paid.extend((draws.below(20_000) as i64 * 100).to_le_bytes());
    }
    fs::create_dir_all(dir)?;
    fs::write(dir.join("customers.u32"), who)?;
    fs::write(dir.join("orders.u32"), which)?;
    fs::write(dir.join("at.i64"), when)?;
    fs::write(dir.join("amounts.i64"), paid)?;
    fs::write(dir.join("n_customers"), customers.to_string())?;
    Ok(())
}

/// Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators: SplitMix64.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(bits ^ bits >> 31) * u128::from(n)) >> 64) as u64
    }
}

struct Columns {
    customers: Vec<CustomerIdx>,
    orders: Vec<OrderIdx>,
    at: Vec<Timestamp>,
    amounts: Vec<Money>,
    n_customers: usize,
}

impl Columns {
    fn read(dir: &Path) -> Result<Self, Box<dyn Error>> {
        let u32s = |name: &str| -> std::io::Result<Vec<u32>> {
            let bytes = fs::read(dir.join(name))?;
            Ok(bytes.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect())
        };
        let i64s = |name: &str| -> std::io::Result<Vec<i64>> {
            let bytes = fs::read(dir.join(name))?;
            Ok(bytes.as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect())
        };
        Ok(Self {
            customers: u32s("customers.u32")?.into_iter().map(CustomerIdx::new).collect(),
            orders: u32s("orders.u32")?.into_iter().map(OrderIdx::new).collect(),
            at: i64s("at.i64")?.into_iter().map(Timestamp::from_micros).collect(),
            amounts: i64s("amounts.i64")?.into_iter().map(Money::from_ticks).collect(),
            n_customers: fs::read_to_string(dir.join("n_customers"))?.trim().parse()?,
        })
    }
}

fn run(columns: &Columns, runs: usize, out: Option<&str>) -> Result<(), Box<dyn Error>> {
    let Columns { customers, orders, at, amounts, n_customers } = columns;
    for round in 0..=runs {
        let start = Instant::now();
        let lines = OrderLines::new(customers, orders, at, amounts)?;
        let table = Rfm::new(Date::new(2025, 1, 1)?, &UtcOffset::UTC)
            .table_of_lines(*n_customers, lines)?;
        let scores = RfmScoring::default().fit(&table)?.score(&table)?;
        let seconds = start.elapsed().as_secs_f64();
        if round > 0 {
            println!("{seconds:.4}");
        }
        if let (Some(out), true) = (out, round == runs) {
            // Little-endian customer (u32), days (i32), orders (u32), ten-thousandths (i64), scores (3 × u8).
            let mut bytes = Vec::new();
            for (row, scores) in table.rows().iter().zip(scores.rows()) {
                bytes.extend(row.customer.get().to_le_bytes());
                bytes.extend((row.recency_days as i32).to_le_bytes());
                bytes.extend((row.frequency as u32).to_le_bytes());
                bytes.extend(row.monetary.ticks().to_le_bytes());
                bytes.extend(scores);
            }
            fs::write(out, bytes)?;
        }
    }
    Ok(())
}

fn absorb(columns: &Columns, runs: usize) -> Result<(), Box<dyn Error>> {
    let Columns { customers, orders, at, amounts, n_customers } = columns;
    let rfm = Rfm::new(Date::new(2025, 1, 1)?, &UtcOffset::UTC);
    let expected =
        rfm.table_of_lines(*n_customers, OrderLines::new(customers, orders, at, amounts)?)?;
    for _ in 0..runs {
        let start = Instant::now();
        let mut accumulator = rfm.accumulator()?;
        for from in (0..customers.len()).step_by(100_000) {
            let batch = from..(from + 100_000).min(customers.len());
            accumulator.absorb(
                &customers[batch.clone()],
                &orders[batch.clone()],
                &at[batch.clone()],
                &amounts[batch],
            )?;
        }
        let table = accumulator.table(*n_customers)?;
        println!("{:.4}", start.elapsed().as_secs_f64());
        if table != expected {
            return Err("the accumulator's table differs from that of one pass".into());
        }
    }
    Ok(())
}
