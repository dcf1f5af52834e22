//! Any table of numbers in, the number of clusters out, with everything that speaks for it.
//!
//! `cargo run --release --example choose_k -- --data FILE --columns a,b,c [--log] [--k 2..10] [--json]`

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
use patronage::core::{BoxError, Features, Fit};
use patronage::ingest::AtomicFile;
use patronage::segment::{ChooseK, KChoice, KMeans, Preparation, PreparationModel, Structure};

use crate::figures::Figures;
use crate::numbers::Numbers;

/// How many clusters a table of numbers has, if any.
#[derive(Parser)]
#[command(name = "choose_k", version)]
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
    /// The numbers of clusters to try, both ends included.
    #[arg(long, value_name = "FROM..TO", default_value = "2..10", value_parser = range::parse)]
    k: RangeInclusive<usize>,
    /// The seed of every draw.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Writes the cluster of every row, at the recommended k: line,cluster,distance.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// The column that says whose each row is, to stand in the labels instead of the line.
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
    let preparation = steps.standardise().fit(&numbers.table)?;
    let rows = preparation.apply(&numbers.table)?;
    let kmeans = KMeans::new(2).seed(args.seed);
    let choice = ChooseK::new(args.k.clone()).kmeans(kmeans).seed(args.seed).choose(&rows)?;
    if let Some(path) = &args.labels {
        let mut out = csv::Writer::from_writer(BufWriter::new(AtomicFile::create(path)?));
        out.write_record([args.id.as_deref().unwrap_or("line"), "cluster", "distance"])?;
        let clusters = choice.best().model.assign_with_distance(&rows)?;
        for (row, (cluster, distance)) in clusters.into_iter().enumerate() {
            let line = numbers.lines[row].to_string();
            let whose = numbers.ids.get(row).unwrap_or(&line);
            out.write_record([whose, &cluster.get().to_string(), &distance.to_string()])?;
        }
        let out = out.into_inner().map_err(|error| error.into_error())?;
        out.into_inner().map_err(|error| error.into_error())?.commit()?;
    }
    let out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => print_json(out, &numbers, &choice),
        false => print_table(out, &numbers, &choice, &preparation),
    }
}

fn print_json(out: impl Write, numbers: &Numbers, choice: &KChoice) -> Result<(), BoxError> {
    let mut figures = Figures::new(out);
    figures.figure("data", "rows_read", numbers.n_read)?;
    figures.figure("data", "rows_kept", numbers.lines.len())?;
    for candidate in choice.candidates() {
        let model = format!("k={}", candidate.k);
        figures.figure(&model, "inertia", candidate.inertia)?;
        if let Some(silhouette) = candidate.silhouette {
            let more = [("standard_error", silhouette.standard_error.into())];
            figures.figure_and(&model, "silhouette", silhouette.mean, more)?;
        }
        if let Some(value) = candidate.calinski_harabasz {
            figures.figure(&model, "calinski_harabasz", value)?;
        }
        if let Some(value) = candidate.davies_bouldin {
            figures.figure(&model, "davies_bouldin", value)?;
        }
        if let Some(gap) = candidate.gap {
            let more = [("standard_error", gap.standard_error.into())];
            figures.figure_and(&model, "gap", gap.value, more)?;
        }
        if let Some(stability) = &candidate.stability {
            let each: Vec<f64> = stability.clusters.iter().map(|c| c.jaccard).collect();
            let more = [("of_each_cluster", each.into())];
            figures.figure_and(&model, "stability", stability.mean(), more)?;
        }
    }
    figures.figure_and("recommended", "k", choice.k(), [("why", choice.why().into())])?;
    let found = u8::from(choice.structure() == Structure::Found);
    figures.figure("recommended", "structure", found)?;
    Ok(())
}

fn print_table(
    mut out: impl Write,
    numbers: &Numbers,
    choice: &KChoice,
    preparation: &PreparationModel,
) -> Result<(), BoxError> {
    writeln!(out, "{choice}")?;
    let centres = preparation.invert(choice.best().model.centres())?;
    let schema = numbers.table.schema();
    writeln!(out, "\ncentres of the {} clusters, in the units of the file", centres.nrows())?;
    write!(out, "{:>7} {:>9}", "cluster", "rows")?;
    for column in schema.columns() {
        write!(out, " {:>14}", column.name())?;
    }
    writeln!(out)?;
    let sizes = choice.best().model.sizes();
    for (cluster, (centre, size)) in centres.rows().into_iter().zip(sizes).enumerate() {
        write!(out, "{cluster:>7} {size:>9}")?;
        for cell in centre {
            write!(out, " {cell:>14.2}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
