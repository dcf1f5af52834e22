//! A file of transactions in, recency, frequency and money of every customer out.
//!
//! `cargo run --release --example rfm -- --transactions FILE --out rfm.csv [--mapping FILE]`

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use patronage::core::{BoxError, Calendar, Date};
use patronage::ingest::{AtomicFile, Duplicates, Mapping, Reader, Rejected, Source};
use patronage::segment::Rfm;

/// Recency, frequency and money of every customer.
#[derive(Parser)]
#[command(name = "rfm", version)]
struct Args {
    /// Transactions as CSV, plain or gzip.
    #[arg(long, value_name = "FILE")]
    transactions: PathBuf,
    /// Where the table goes: customer,last_purchase,recency_days,frequency,monetary.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The day recency counts from [default: the day after the last purchase].
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// How the file is laid out, in TOML [default: that of UCI Online Retail].
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), BoxError> {
    let mapping = match &args.mapping {
        Some(path) => Mapping::read(path)?,
        None => Mapping::online_retail(),
    };
    let mut reader = Reader::new(mapping).duplicates(Duplicates::Ignore);
    if let Some(date) = args.as_of {
        let start = reader.mapping().zone().start_of(date);
        reader = reader.as_of(start);
    }
    let log = reader.read(Source::path(&args.transactions), Rejected::Count)?;
    let Some((_, last)) = log.purchases().period() else {
        return Err(format!("{}: found no purchase", args.transactions.display()).into());
    };
    let as_of = args.as_of.unwrap_or_else(|| log.calendar().date(last).plus_days(1));
    let table = Rfm::new(as_of, log.calendar()).table(log.purchases())?;
    let mut out = BufWriter::new(AtomicFile::create(&args.out)?);
    writeln!(out, "customer,last_purchase,recency_days,frequency,monetary")?;
    for customer in log.customers().sorted() {
        let Some(row) = table.row_of(customer).map(|row| &table.rows()[row]) else { continue };
        let id = log.customers().id(customer).unwrap_or_default();
        let (date, days) = (row.last_date, row.recency_days);
        // Ids with commas or quotes are quoted as CSV has it.
        match id.contains([',', '"', '\n', '\r']) {
            true => write!(out, "\"{}\"", id.replace('"', "\"\""))?,
            false => write!(out, "{id}")?,
        }
        writeln!(out, ",{date},{days},{},{}", row.frequency, row.monetary)?;
    }
    out.into_inner().map_err(|error| error.into_error())?.commit()?;
    Ok(())
}
