//! Who will leave, how sure that is, and whom it pays to call: every classifier compared on the same
//! folds, the best one calibrated, and its cut-off chosen by profit.
//!
//! `cargo run --release --example churn -- --data FILE --target COLUMN --positive VALUE
//! [--id COLUMN] [--drop a,b] [--delimiter ';'] [--folds 5] [--revenue 100] [--cost 10] [--json]`
//!
//! Row `r` of the file, from 0, is in fold `r mod folds`; each fold is judged by models that learnt
//! from the others, preparation and calibration included. Without `--data`, simulated customers.

#[path = "churn/contestant.rs"]
mod contestant;
#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;
#[path = "churn/report.rs"]
mod report;
#[path = "churn/simulated.rs"]
mod simulated;
#[path = "shared/table.rs"]
mod table;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use patronage::classify::{
    Bootstrap, Campaign, Importance, LeakageCheck, Metric, PermutationImportance, Prospects,
    Scored, Split, delong_test, folds_by,
};
use patronage::core::{BoxError, ClassIdx, FeatureTable, Features, Labeled, Money};

use crate::contestant::{Contestant, contestants};
use crate::report::{Findings, Row};

/// Who will leave, how sure that is, and whom it pays to call.
#[derive(Parser)]
#[command(name = "churn", version)]
struct Args {
    /// Delimited text with a header, plain or gzip; simulated customers where none is given.
    #[arg(long, value_name = "FILE", requires_all = ["target", "positive"])]
    data: Option<PathBuf>,
    /// The column to foretell.
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// The cell of that column that makes the outcome.
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,
    /// The column that says whose each row is.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Columns not to learn from.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    drop: Vec<String>,
    /// What stands between cells: one character or "tab"; found from the header where not given.
    #[arg(long, value_parser = table::parse_delimiter)]
    delimiter: Option<u8>,
    /// The number of folds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=100))]
    folds: u32,
    /// What a customer with the outcome brings when she is contacted (her margin).
    #[arg(long, default_value_t = 100.0)]
    revenue: f64,
    /// What a contact costs.
    #[arg(long, default_value_t = 10.0)]
    cost: f64,
    /// The most that contacts may cost together [default: no limit].
    #[arg(long)]
    budget: Option<f64>,
    /// The seed of every draw.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), BoxError> {
    let (features, labels) = load(args)?;
    let data = Labeled::new(&features, &labels)?;
    let n_folds = args.folds as usize;
    let splits = folds_by(labels.len(), n_folds, |row| row % n_folds)?;
    let all = contestants(args.seed);
    let mut rows = Vec::with_capacity(all.len() + 1);
    for (name, contestant) in &all {
        let chances = contestant.held_out(&data, &splits)?;
        rows.push(Row::new(name, chances, &labels, &splits, args.seed)?);
    }
    let best = least_log_loss(&rows);
    let others = rows.iter().enumerate().filter(|&(at, _)| at != best).map(|(_, row)| row);
    let versus = others.map(|row| {
        let test = delong_test(&rows[best].chances, &row.chances, &labels, None)?;
        Ok((row.name.clone(), test))
    });
    let versus = versus.collect::<Result<Vec<_>, BoxError>>()?;

    let chosen = &all[best].1;
    let calibrated = chosen.held_out_calibrated(&data, &splits)?;
    let name = format!("{} calibrated", rows[best].name);
    rows.push(Row::new(&name, calibrated, &labels, &splits, args.seed)?);

    let money = |name: &str, amount: f64| {
        Money::from_f64(amount)
            .ok_or(format!("--{name}: expected an amount of money, found {amount}"))
    };
    let mut campaign = Campaign::new(money("revenue", args.revenue)?, money("cost", args.cost)?);
    if let Some(budget) = args.budget {
        campaign = campaign.budget(money("budget", budget)?);
    }
    let last = &rows[rows.len() - 1];
    let prospects = Prospects::new(&last.chances, &labels);
    let bootstrap = Bootstrap::new(500).seed(args.seed);
    let cutoff = campaign.best_cutoff(&prospects, &bootstrap)?;
    let gains = Scored::new(&last.chances, &labels)?.gains(10)?;
    let importance = importance(chosen.as_ref(), &data, &splits[0], args.seed)?;
    let leakage = LeakageCheck::new().check(&data)?;
    let findings = Findings {
        n_rows: labels.len(),
        n_columns: features.schema().len(),
        n_positive: labels.iter().filter(|label| label.get() == 1).count(),
        best,
        rows,
        versus,
        cutoff,
        gains,
        importance,
        leakage,
    };
    let out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => report::print_json(out, &findings),
        false => report::print_words(out, &findings),
    }
}

/// The model of the least log loss, the first of equals.
fn least_log_loss(rows: &[Row]) -> usize {
    let loss = |at: usize| rows[at].mean(Metric::LogLoss).unwrap_or(f64::INFINITY);
    (0..rows.len()).min_by(|&a, &b| loss(a).total_cmp(&loss(b))).unwrap_or(0)
}

/// What the columns of the file are worth to the model that never saw the first fold, there.
fn importance(
    chosen: &dyn Contestant,
    data: &Labeled<'_, ClassIdx>,
    first: &Split,
    seed: u64,
) -> Result<Vec<Importance>, BoxError> {
    let model = chosen.learn(&data.reborrow().select(&first.train)?)?;
    let judged = data.reborrow().select(&first.test)?;
    let mut found = PermutationImportance::new(Metric::RocAuc).seed(seed).run(&*model, &judged)?;
    found.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(found)
}

fn load(args: &Args) -> Result<(FeatureTable, Vec<ClassIdx>), BoxError> {
    let (Some(path), Some(target), Some(positive)) = (&args.data, &args.target, &args.positive)
    else {
        return simulated::customers();
    };
    let (id, delimiter) = (args.id.as_deref(), args.delimiter);
    let yes_no = table::YesNo::Levels;
    let source = table::Source { path, target, positive, id, drop: &args.drop, delimiter, yes_no };
    let read = table::read(&source)?;
    let mut err = std::io::stderr();
    for left_out in &read.left_out {
        writeln!(err, "{left_out}")?;
    }
    for (column, n) in &read.missing {
        writeln!(err, "column {column:?}: {n} cells missing")?;
    }
    if let Some((n, line)) = read.unlabelled {
        writeln!(err, "{n} rows without a target left out, the first on line {line}")?;
    }
    Ok((read.features, read.labels))
}
