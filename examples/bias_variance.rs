//! Why a tree errs, and what to do about it: the U-shaped curve, the verdict and the picture, on any
//! table of customers.
//!
//! `cargo run --release --example bias_variance -- --data FILE --target COLUMN --positive VALUE
//! [--id COLUMN] [--drop a,b] [--delimiter ';'] [--depths 1,2,5,10] [--rounds 200] [--svg FILE] [--json]`
//!
//! Without `--data`, simulated customers whose noise is known. Rows with index mod 5 = 0 are judged,
//! the others learnt from. With `--features linfa`, linfa's tree stands beside ours.

#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;
#[path = "shared/flags.rs"]
mod flags;
#[path = "shared/table.rs"]
mod table;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ndarray::Array2;
use patronage::classify::{
    BiasVariance, CheckUp, ComplexityCurve, DecisionTree, Drift, LeakageCheck, LearningCurve, Loss,
    MlxtendTerms, Noise, Picture, Verdict, learning_curve, stratified_folds, validation_curve,
};
use patronage::core::{BoxError, ClassIdx, Column, FeatureTable, Features, Labeled, Schema};
use patronage::ingest::AtomicFile;

use crate::figures::Figures;

/// A depth that no tree reaches.
const UNBOUNDED: u32 = 4_096;

/// Why a tree errs: bias, variance, noise, and what to try next.
#[derive(Parser)]
#[command(name = "bias_variance", version)]
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
    /// The depths of trees to try, ascending.
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_values_t = [1, 2, 3, 4, 5, 6, 8, 10, 14, 20])]
    depths: Vec<u32>,
    /// Refits at each depth.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// The seed of every draw.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Writes the U-shaped curve of the Brier score, and its figures beside it as FILE.csv.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

/// Everything that is shown.
struct Findings {
    n_rows: [usize; 2],
    n_columns: usize,
    curves: Vec<ComplexityCurve>,
    /// mlxtend's own terms: the model, and what it says.
    mlxtend: Vec<(String, MlxtendTerms)>,
    noise: Option<Noise>,
    learning: LearningCurve,
    /// At the best depth, and at the greatest.
    verdicts: Vec<(String, Verdict)>,
}

fn run(args: &Args) -> Result<(), BoxError> {
    let (features, labels) = load(args)?;
    let data = Labeled::new(&features, &labels)?;
    let part = |test: bool| -> Vec<u32> {
        (0..labels.len() as u32).filter(|row| row.is_multiple_of(5) == test).collect()
    };
    let (train_rows, test_rows) = (part(false), part(true));
    let (train, test) = (data.select(&train_rows)?, data.select(&test_rows)?);
    let driver = BiasVariance::new(args.rounds).seed(args.seed);
    let tree = |depth: u32| DecisionTree::new().max_depth(depth as usize);
    // Smoothed by one row a class: a leaf of one outcome would make the log loss say nothing else.
    let smoothed = |depth: u32| tree(depth).smoothing(1.0);
    let losses = [Loss::Brier, Loss::LogLoss, Loss::ZeroOne];
    let depths = args.depths.iter().copied();
    let curves = driver.sweep("tree depth", depths, smoothed, &train, &test, &losses)?;

    let mut mlxtend = Vec::new();
    for depth in [2, 5, 10, UNBOUNDED] {
        let terms = driver.predictions(&tree(depth), &train, &test)?.mlxtend()?;
        let name =
            if depth == UNBOUNDED { "tree".to_owned() } else { format!("tree depth {depth}") };
        mlxtend.push((name, terms));
    }
    #[cfg(feature = "linfa")]
    for depth in [5, UNBOUNDED] {
        use patronage::linfa;
        let tree = linfa::FitOneHot(linfa::DecisionTree::new().max_depth(depth as usize));
        let terms = driver.predictions(&tree, &train, &test)?.mlxtend()?;
        let depth = if depth == UNBOUNDED { String::new() } else { format!(" depth {depth}") };
        mlxtend.push((format!("linfa tree{depth}"), terms));
    }

    let best = args.depths[curves[0].best];
    let train_table: Vec<ClassIdx> = train_rows.iter().map(|&row| labels[row as usize]).collect();
    // Splits of the rows learnt from, as rows of the table.
    let splits = stratified_folds(&train_table, 5, args.seed)?;
    let of_table =
        |rows: &[u32]| rows.iter().map(|&at| train_rows[at as usize]).collect::<Vec<u32>>();
    let splits: Vec<_> = splits
        .into_iter()
        .map(|mut split| {
            split.train = of_table(&split.train);
            split.test = of_table(&split.test);
            split
        })
        .collect();
    let shares = [0.125, 0.25, 0.5, 0.75, 1.0];
    let learning =
        learning_curve(&smoothed(best), &data, &splits, &shares, Loss::Brier, args.seed)?;
    let held = validation_curve("tree depth", [best], smoothed, &data, &splits, Loss::Brier)?;
    let noise = Noise::of_classes(&test, Loss::Brier).ok();
    let drift = Drift::new().compare_labeled(&train, &test)?;
    let leakage = LeakageCheck::new().check(&train)?;
    let mut verdicts = Vec::new();
    let last = args.depths.len() - 1;
    for point in if curves[0].best == last { vec![last] } else { vec![curves[0].best, last] } {
        let mut check = CheckUp::new(&curves[0], point).drift(&drift).leakage(&leakage);
        if point == curves[0].best {
            check = check.learning(&learning).held_out(held.points[0].validation);
        }
        // Noise of rows that repeat speaks for all rows where at least half of them do.
        if let Some(noise) = noise.filter(|noise| 2 * noise.n_rows >= noise.n_rows_all) {
            check = check.noise(noise);
        }
        verdicts.push((format!("tree depth {}", args.depths[point]), check.verdict()));
    }
    if let Some(path) = &args.svg {
        let title = "Why trees err: bias and variance by depth";
        let picture = curves[0].picture(title, noise.map(|noise| noise.value));
        write_picture(path, &picture)?;
    }
    let n_columns = features.schema().len();
    let n_rows = [train.len(), test.len()];
    let findings = Findings { n_rows, n_columns, curves, mlxtend, noise, learning, verdicts };
    let out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => print_json(out, &findings),
        false => print_words(out, &findings),
    }
}

fn load(args: &Args) -> Result<(FeatureTable, Vec<ClassIdx>), BoxError> {
    if args.depths.is_empty() {
        return Err("--depths: expected at least one, found none".into());
    }
    let (Some(path), Some(target), Some(positive)) = (&args.data, &args.target, &args.positive)
    else {
        return simulated();
    };
    let (id, delimiter) = (args.id.as_deref(), args.delimiter);
    let yes_no = table::YesNo::Flag;
    let source = table::Source { path, target, positive, id, drop: &args.drop, delimiter, yes_no };
    let read = table::read(&source)?;
    let mut err = std::io::stderr();
    for left_out in &read.left_out {
        writeln!(err, "{left_out}")?;
    }
    for (column, n) in &read.missing {
        writeln!(err, "column {column:?}: {n} cells missing, taken as 0 beside a flag")?;
    }
    if let Some((n, line)) = read.unlabelled {
        writeln!(err, "{n} rows without a target left out, the first on line {line}")?;
    }
    Ok((flags::encoded(&read.features)?, read.labels))
}

/// Three thousand customers of 240 kinds; of each kind, the chance to buy is all there is to know.
fn simulated() -> Result<(FeatureTable, Vec<ClassIdx>), BoxError> {
    let mut state = 7_u64;
    let mut draw = move || {
        // A step of a linear congruential generator, of which the high bits are used.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let cells = Array2::from_shape_fn((3_000, 3), |(_, column)| match column {
        0 => (draw() * 12.0).floor(),
        1 => (draw() * 10.0).floor(),
        _ => (draw() * 2.0).floor(),
    });
    let chance = |row: ndarray::ArrayView1<'_, f64>| {
        let score = -2.0 + 0.5 * row[1] - 0.35 * row[0] + 1.2 * row[2] * (row[0] - 5.0) / 5.0;
        1.0 / (1.0 + (-score).exp())
    };
    let labels = cells.rows().into_iter();
    let labels = labels.map(|row| ClassIdx::new(u32::from(draw() < chance(row)))).collect();
    let schema = Schema::new([
        Column::number("months_since_order"),
        Column::number("orders"),
        Column::flag("newsletter"),
    ])?;
    Ok((FeatureTable::new(schema, cells)?, labels))
}

fn write_picture(path: &std::path::Path, picture: &Picture) -> Result<(), BoxError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".csv");
    for (path, text) in [(path, picture.svg()), (beside.as_ref(), &picture.csv())] {
        let mut file = AtomicFile::create(path)?;
        file.write_all(text.as_bytes())?;
        file.commit()?;
    }
    Ok(())
}

fn print_words(mut out: impl Write, found: &Findings) -> Result<(), BoxError> {
    let [n_train, n_test] = found.n_rows;
    writeln!(out, "{n_train} rows learnt from, {n_test} judged, {} columns", found.n_columns)?;
    for curve in &found.curves {
        let (name, rounds) = (curve.loss.name(), curve.n_rounds);
        writeln!(out, "\n{name}, {rounds} rounds; the constant loses {:.4}", curve.baseline_loss)?;
        writeln!(
            out,
            "{:>10} {:>8} {:>19} {:>8} {:>9}",
            curve.parameter, "loss", "95 %", "bias", "variance"
        )?;
        for (at, point) in curve.points.iter().enumerate() {
            let (terms, range) = (point.terms, point.intervals.loss);
            let best = if at == curve.best { "  least" } else { "" };
            writeln!(
                out,
                "{:>10} {:>8.4} {:>8.4} to {:>7.4} {:>8.4} {:>9.4}{best}",
                point.complexity, terms.loss, range.low, range.high, terms.bias, terms.variance
            )?;
        }
    }
    writeln!(
        out,
        "\n0-1 loss as mlxtend divides it\n{:<20} {:>8} {:>8} {:>9}",
        "model", "loss", "bias", "variance"
    )?;
    for (model, terms) in &found.mlxtend {
        writeln!(
            out,
            "{model:<20} {:>8.4} {:>8.4} {:>9.4}",
            terms.loss, terms.bias, terms.variance
        )?;
    }
    if let Some(noise) = found.noise {
        writeln!(
            out,
            "\nNoise of the Brier score where rows repeat ({} of {}): {:.4} ({:.4} to {:.4})",
            noise.n_rows, noise.n_rows_all, noise.value, noise.interval.low, noise.interval.high
        )?;
    }
    for (model, verdict) in &found.verdicts {
        writeln!(out, "\n{model}: {verdict}")?;
        for advice in &verdict.next {
            writeln!(out, "  - {advice}")?;
        }
    }
    Ok(())
}

fn print_json(out: impl Write, found: &Findings) -> Result<(), BoxError> {
    let mut figures = Figures::new(out);
    figures.figure("data", "rows_train", found.n_rows[0])?;
    figures.figure("data", "rows_test", found.n_rows[1])?;
    figures.figure("data", "columns", found.n_columns)?;
    for curve in &found.curves {
        let metric = match curve.loss {
            Loss::LogLoss => "log_loss",
            Loss::ZeroOne => "zero_one",
            _ => "brier",
        };
        figures.figure("baseline", metric, curve.baseline_loss)?;
        for point in &curve.points {
            let model = format!("tree depth {}", point.complexity);
            let (terms, i) = (point.terms, point.intervals);
            for (part, value, range) in [
                ("", terms.loss, i.loss),
                ("_bias", terms.bias, i.bias),
                ("_variance", terms.variance, i.variance),
            ] {
                let more = [("low", range.low.into()), ("high", range.high.into())];
                figures.figure_and(&model, &format!("{metric}{part}"), value, more)?;
            }
        }
    }
    for (model, terms) in &found.mlxtend {
        figures.figure(model, "mlxtend_loss", terms.loss)?;
        figures.figure(model, "mlxtend_bias", terms.bias)?;
        figures.figure(model, "mlxtend_variance", terms.variance)?;
    }
    if let Some(noise) = found.noise {
        let range = noise.interval;
        let more =
            [("low", range.low.into()), ("high", range.high.into()), ("rows", noise.n_rows.into())];
        figures.figure_and("noise", "brier", noise.value, more)?;
    }
    for point in &found.learning.points {
        let model = format!("{:.0} rows", point.n_rows);
        figures.figure(&model, "brier_training", point.training.mean)?;
        figures.figure(&model, "brier_validation", point.validation.mean)?;
    }
    for (model, verdict) in &found.verdicts {
        for finding in &verdict.findings {
            let name = serde_json::to_value(finding.diagnosis)?;
            figures.figure_and(
                model,
                "diagnosis",
                name,
                [("why", finding.words.as_str().into())],
            )?;
        }
        for advice in &verdict.next {
            let gain = advice.gain.map_or(serde_json::Value::Null, Into::into);
            figures.figure_and(
                model,
                "advice_gain",
                gain,
                [("advice", advice.words.as_str().into())],
            )?;
        }
    }
    Ok(())
}
