//! A file of transactions in, or of what somebody measured of each customer; recency, frequency and
//! money of every customer out, with scores and a named segment.
//!
//! `cargo run --release --example rfm -- --transactions FILE [--mapping FILE] [--out rfm.csv] [--json]`;
//! without a file, on a simulated shop.

#[path = "shared/events.rs"]
mod events;
#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;
#[path = "shared/numbers.rs"]
mod numbers;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use patronage::core::{BoxError, Calendar, CustomerIdx, Date, Features, IdMap, Money, UtcOffset};
use patronage::ingest::AtomicFile;
use patronage::segment::{
    Binning, Costs, Frequency, Monetary, Rfm, RfmRow, RfmScoring, RfmSegments, RfmTable,
    SegmentRules,
};

use crate::figures::Figures;

/// Recency, frequency and money of every customer, scored and named.
#[derive(Parser)]
#[command(name = "rfm", version)]
struct Args {
    /// Transactions as CSV, plain or gzip [default: a simulated shop].
    #[arg(long, value_name = "FILE")]
    transactions: Option<PathBuf>,
    /// Instead: a row for each customer with what was measured, as CSV; needs --as-of.
    #[arg(long, value_name = "FILE", conflicts_with = "transactions", requires = "as_of")]
    summaries: Option<PathBuf>,
    /// The columns of summaries: who, days since the last purchase, how often, how much.
    #[arg(
        long,
        value_name = "A,B,C,D",
        value_delimiter = ',',
        default_value = "customer,recency_days,frequency,monetary"
    )]
    columns: Vec<String>,
    /// How the file is laid out: a TOML file, or online-retail, complete-journey, cdnow, cdnow-sample.
    #[arg(long, value_name = "FILE", default_value = "online-retail")]
    mapping: String,
    /// Where the table goes: customer,last_purchase,recency_days,frequency,monetary,r,f,m,segment.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The day recency counts from [default: the day after the last purchase].
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// What frequency counts.
    #[arg(long, value_enum, default_value_t = Counted::Orders)]
    frequency: Counted,
    /// What monetary value is.
    #[arg(long, value_enum, default_value_t = Worth::Sum)]
    monetary: Worth,
    /// With --monetary margin: what the things sold have cost, as a share of what was paid.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    cost_rate: f64,
    /// Where scores 1 to 5 are cut.
    #[arg(long, value_enum, default_value_t = Cut::Quantiles)]
    scoring: Cut,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Counted {
    Orders,
    Days,
    Lines,
}

#[derive(Clone, Copy, ValueEnum)]
enum Worth {
    Sum,
    MeanPerOrder,
    Margin,
}

#[derive(Clone, Copy, ValueEnum)]
enum Cut {
    Quantiles,
    EqualWidth,
    /// As the R package rfm cuts: quantiles plus 1.
    RPackage,
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

/// The measures of every customer, with ids by index.
struct Measured {
    table: RfmTable,
    customers: IdMap<CustomerIdx>,
    /// Rows of the file, and those that were used.
    n_read: u64,
    n_accepted: u64,
}

fn run(args: &Args) -> Result<(), BoxError> {
    let measured = match (&args.summaries, args.as_of) {
        (Some(path), Some(as_of)) => summarised(args, path, as_of)?,
        _ => measure(args)?,
    };
    let table = &measured.table;
    let scoring = match args.scoring {
        Cut::Quantiles => RfmScoring::new(Binning::Quantiles(5)),
        Cut::EqualWidth => RfmScoring::new(Binning::EqualWidth(5)),
        Cut::RPackage => RfmScoring::r_package(),
    };
    let segments = table.segments_by(&scoring, SegmentRules::standard())?;
    if let Some(path) = &args.out {
        write_table(path, &measured, &segments)?;
    }
    let out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => print_json(out, &measured, &segments),
        false => print_summary(out, table, &segments),
    }
}

/// Measures the customers of a file of transactions.
fn measure(args: &Args) -> Result<Measured, BoxError> {
    let (log, as_of) = events::read(args.transactions.as_deref(), &args.mapping, args.as_of)?;
    let table = Rfm::new(as_of, log.calendar())
        .frequency(match args.frequency {
            Counted::Orders => Frequency::Orders,
            Counted::Days => Frequency::Days,
            Counted::Lines => Frequency::Lines,
        })
        .monetary(match args.monetary {
            Worth::Sum => Monetary::Sum,
            Worth::MeanPerOrder => Monetary::MeanPerOrder,
            Worth::Margin => Monetary::Margin,
        })
        .costs(Costs::Rate(args.cost_rate))
        .table(log.purchases())?;
    let (n_read, n_accepted) = (log.report().rows_read, log.report().rows_accepted);
    Ok(Measured { table, customers: log.customers().clone(), n_read, n_accepted })
}

/// Takes what somebody else measured of each customer.
fn summarised(args: &Args, path: &Path, as_of: Date) -> Result<Measured, BoxError> {
    let [id, columns @ ..] = args.columns.as_slice() else { return Err("no columns".into()) };
    if columns.len() != 3 {
        let found = args.columns.len();
        return Err(format!("--columns: expected four names, found {found}").into());
    }
    let numbers = numbers::read(path, columns, Some(id))?;
    if let Some((n, first)) = &numbers.set_aside {
        writeln!(std::io::stderr(), "{n} of {} rows set aside; {first}", numbers.n_read)?;
    }
    let mut customers = IdMap::new();
    let mut rows = Vec::with_capacity(numbers.ids.len());
    let cells = numbers.table.values();
    for ((id, line), cells) in numbers.ids.iter().zip(&numbers.lines).zip(cells.rows()) {
        let (days, often, paid) = (cells[0], cells[1], cells[2]);
        let wrong = |what: &str| format!("{}, line {line}: expected {what}", path.display());
        if !(0.0..=1e6).contains(&days) {
            return Err(wrong("days from 0 to a million").into());
        }
        if !(1.0..=1e15).contains(&often) || often.fract() != 0.0 {
            return Err(wrong("a whole number of purchases, at least 1").into());
        }
        let last_date = as_of.plus_days(-(days as i32));
        rows.push(RfmRow {
            customer: customers.intern(id),
            last_purchase: UtcOffset::UTC.start_of(last_date),
            last_date,
            recency_days: days,
            frequency: often as u64,
            monetary: Money::from_f64(paid).ok_or_else(|| wrong("an amount of money"))?,
        });
    }
    let (n_read, n_accepted) = (numbers.n_read, rows.len() as u64);
    Ok(Measured { table: RfmTable::new(as_of, rows)?, customers, n_read, n_accepted })
}

/// Writes a row for each customer, in ascending order of their ids.
fn write_table(path: &Path, measured: &Measured, segments: &RfmSegments) -> Result<(), BoxError> {
    let Measured { table, customers, .. } = measured;
    let scores = segments.model().scores().score(table)?;
    let mut out = csv::Writer::from_writer(BufWriter::new(AtomicFile::create(path)?));
    out.write_record([
        "customer",
        "last_purchase",
        "recency_days",
        "frequency",
        "monetary",
        "r",
        "f",
        "m",
        "segment",
    ])?;
    for customer in customers.sorted() {
        let Some(row) = table.row_of(customer) else { continue };
        let (measures, scores) = (&table.rows()[row], scores.row(row));
        out.write_record([
            customers.id(customer).unwrap_or_default(),
            &measures.last_date.to_string(),
            &measures.recency_days.to_string(),
            &measures.frequency.to_string(),
            &measures.monetary.to_string(),
            &scores[0].to_string(),
            &scores[1].to_string(),
            &scores[2].to_string(),
            segments.name_of(customer).unwrap_or_default(),
        ])?;
    }
    let out = out.into_inner().map_err(|error| error.into_error())?;
    out.into_inner().map_err(|error| error.into_error())?.commit()?;
    Ok(())
}

fn print_json(
    out: impl Write,
    measured: &Measured,
    segments: &RfmSegments,
) -> Result<(), BoxError> {
    let mut figures = Figures::new(out);
    let Measured { table, n_read, n_accepted, .. } = measured;
    figures.figure("data", "rows_read", *n_read)?;
    figures.figure("data", "rows_accepted", *n_accepted)?;
    let revenue: Money = segments.summary().iter().map(|summary| summary.revenue).sum();
    figures.figure("rfm", "customers", table.n_rows())?;
    figures.figure("rfm", "revenue", revenue.as_f64())?;
    let (scores, rules) = (segments.model().scores(), segments.model().rules());
    for (dimension, name) in ["R", "F", "M"].into_iter().enumerate() {
        for (cut, number) in scores.cuts(dimension).iter().zip(1..) {
            figures.figure(name, &format!("cut_{number}"), *cut)?;
        }
    }
    for vacant in scores.vacant_scores() {
        let why = [("why", vacant.to_string().into())];
        figures.figure_and(&vacant.dimension, "vacant_score", vacant.score, why)?;
    }
    for summary in segments.summary() {
        let segment = format!("segment={}", rules.name(summary.segment).unwrap_or_default());
        figures.figure(&segment, "customers", summary.n_customers)?;
        figures.figure(&segment, "share", summary.share)?;
        if summary.n_customers == 0 {
            // No customer, no median.
            continue;
        }
        figures.figure(&segment, "median_recency_days", summary.median_recency_days)?;
        figures.figure(&segment, "median_frequency", summary.median_frequency)?;
        figures.figure(&segment, "median_monetary", summary.median_monetary)?;
        let share = [("share", summary.revenue_share.into())];
        figures.figure_and(&segment, "revenue", summary.revenue.as_f64(), share)?;
    }
    Ok(())
}

fn print_summary(
    mut out: impl Write,
    table: &RfmTable,
    segments: &RfmSegments,
) -> Result<(), BoxError> {
    let (scores, rules) = (segments.model().scores(), segments.model().rules());
    writeln!(out, "{} customers as of {}", table.n_rows(), table.as_of())?;
    for (dimension, name) in ["R", "F", "M"].into_iter().enumerate() {
        let cuts = scores.cuts(dimension).iter().map(|cut| format!("{cut:.2}"));
        writeln!(out, "{name} is cut at {}", cuts.collect::<Vec<_>>().join(", "))?;
    }
    for vacant in scores.vacant_scores() {
        writeln!(out, "{vacant}")?;
    }
    writeln!(
        out,
        "\n{:<20} {:>9} {:>7} {:>9} {:>10} {:>12} {:>14}",
        "segment", "customers", "share", "recency", "frequency", "monetary", "revenue"
    )?;
    for summary in segments.summary() {
        if summary.n_customers == 0 {
            let name = rules.name(summary.segment).unwrap_or_default();
            writeln!(out, "{name:<20} {:>9}", 0)?;
            continue;
        }
        writeln!(
            out,
            "{:<20} {:>9} {:>6.1}% {:>9.0} {:>10.1} {:>12.2} {:>14.2}",
            rules.name(summary.segment).unwrap_or_default(),
            summary.n_customers,
            summary.share * 100.0,
            summary.median_recency_days,
            summary.median_frequency,
            summary.median_monetary,
            summary.revenue,
        )?;
    }
    Ok(())
}
