//! A Gaussian mixture of linfa beside k-means: the same report, and memberships instead of one answer.
//!
//! `cargo run --release --features linfa --example mixture -- --data FILE --columns a,b,c [--log]
//! [--k 2..6] [--json]`

#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;
#[path = "shared/numbers.rs"]
mod numbers;
#[path = "shared/range.rs"]
mod range;

use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use patronage::core::{BoxError, Fit, SegmentIdx, SoftSegmenter, SoftSegmenterExt};
use patronage::ingest::AtomicFile;
use patronage::linfa::{GaussianMixture, GaussianMixtureModel};
use patronage::segment::{ChooseK, KChoice, Preparation};

use crate::figures::Figures;

/// A Gaussian mixture with soft membership.
#[derive(Parser)]
#[command(name = "mixture", version)]
struct Args {
    /// Delimited text with a header, plain or gzip.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The columns to cluster by.
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', required = true)]
    columns: Vec<String>,
    /// Takes ln(1 + x) of every column before it is standardised.
    #[arg(long)]
    log: bool,
    /// The numbers of components to try, both ends included.
    #[arg(long, value_name = "FROM..TO", default_value = "2..6", value_parser = range::parse)]
    k: RangeInclusive<usize>,
    /// Writes the memberships of every row: line, then the share of each component.
    #[arg(long, value_name = "FILE")]
    memberships: Option<PathBuf>,
    /// The column that says whose each row is, to stand in the memberships instead of the line.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), BoxError> {
    let numbers = numbers::read(&args.data, &args.columns, args.id.as_deref())?;
    if let Some((n, first)) = &numbers.set_aside {
        writeln!(std::io::stderr(), "{n} of {} rows set aside; {first}", numbers.n_read)?;
    }
    let steps = if args.log { Preparation::new().log1p() } else { Preparation::new() };
    let rows = steps.standardise().fit(&numbers.table)?.apply(&numbers.table)?;
    // A mixture takes many steps to settle, so the data speak without resamples.
    let choice = ChooseK::new(args.k.clone())
        .references(5)
        .resamples(0)
        .choose_with(&rows, |k| GaussianMixture::new(k).n_runs(3).tolerance(1e-4))?;
    let model = &choice.best().model;
    let memberships = model.assign_soft(&rows)?;
    // How sure the mixture is of a row, and how much of each component there is.
    let sure: Vec<f64> =
        memberships.rows().into_iter().map(|row| row.iter().copied().fold(0.0, f64::max)).collect();
    let mean_sure = sure.iter().sum::<f64>() / sure.len() as f64;
    let unsure = sure.iter().filter(|&&share| share < 0.8).count();
    let sizes: Vec<f64> = memberships.columns().into_iter().map(|column| column.sum()).collect();
    if let Some(path) = &args.memberships {
        let mut out = csv::Writer::from_writer(BufWriter::new(AtomicFile::create(path)?));
        let components = (0..memberships.ncols()).map(|component| format!("component_{component}"));
        let whose = args.id.clone().unwrap_or_else(|| "line".to_owned());
        out.write_record(std::iter::once(whose).chain(components))?;
        for (position, row) in memberships.rows().into_iter().enumerate() {
            let line = numbers.lines[position].to_string();
            let whose = numbers.ids.get(position).cloned().unwrap_or(line);
            out.write_record(std::iter::once(whose).chain(row.iter().map(f64::to_string)))?;
        }
        let out = out.into_inner().map_err(|error| error.into_error())?;
        out.into_inner().map_err(|error| error.into_error())?.commit()?;
    }
    let out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => print_json(out, &choice, mean_sure, &sizes),
        false => print_words(out, &choice, mean_sure, unsure, &sizes),
    }
}

fn print_words(
    mut out: impl Write,
    choice: &KChoice<GaussianMixtureModel>,
    mean_sure: f64,
    unsure: usize,
    sizes: &[f64],
) -> Result<(), BoxError> {
    writeln!(out, "{choice}")?;
    let n: f64 = sizes.iter().sum();
    writeln!(out, "\n{:>9} {:>12} {:>7}", "component", "members", "share")?;
    for segment in (0..SoftSegmenter::n_segments(&choice.best().model)).map(SegmentIdx::from_usize)
    {
        let size = sizes[segment.index()];
        writeln!(out, "{:>9} {size:>12.1} {:>6.1}%", segment.get(), size / n * 100.0)?;
    }
    writeln!(
        out,
        "\nThe likeliest component holds {:.1} % of a row on average; of {unsure} rows it holds less than 80 %.",
        mean_sure * 100.0
    )?;
    Ok(())
}

fn print_json(
    out: impl Write,
    choice: &KChoice<GaussianMixtureModel>,
    mean_sure: f64,
    sizes: &[f64],
) -> Result<(), BoxError> {
    let mut figures = Figures::new(out);
    for candidate in choice.candidates() {
        let model = format!("mixture k={}", candidate.k);
        figures.figure(&model, "inertia", candidate.inertia)?;
        for (metric, value) in [
            ("silhouette", candidate.silhouette.map(|silhouette| silhouette.mean)),
            ("calinski_harabasz", candidate.calinski_harabasz),
            ("davies_bouldin", candidate.davies_bouldin),
        ] {
            if let Some(value) = value {
                figures.figure(&model, metric, value)?;
            }
        }
    }
    figures.figure_and("recommended", "k", choice.k(), [("why", choice.why().into())])?;
    figures.figure("recommended", "mean_membership", mean_sure)?;
    for (size, component) in sizes.iter().zip(0..) {
        figures.figure(&format!("component={component}"), "members", *size)?;
    }
    Ok(())
}
