//! The near side of `peers/boosting.py`: works when a line comes in, and answers with one.
//!
//! Usage: `boosting ROWS LABELS N_TRAIN LEVELS` with rows as raw little-endian `f64`, labels as
//! raw bytes, and for each column the number of its levels, or 0 for numbers. The first `N_TRAIN`
//! rows are learnt from, the others held out. A line is one of `boost ROUNDS LEAVES [BINS]`, `predict`
//! (all rows, by the model boosted last), `explain N`, `forest TREES MIN_LEAF SEED`, `logistic C TOLERANCE`.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use ndarray::Array2;
use patronage_classify::{
    GradientBoosting, GradientBoostingModel, LogisticRegression, RandomForest, TreeShap,
    multiclass_log_loss,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt as _, Column, FeatureTable, FeatureView, Features as _,
    Fit as _, Labeled, Schema,
};

type Failure = Box<dyn Error>;

struct Data {
    training: FeatureTable,
    held: FeatureTable,
    labels: Vec<ClassIdx>,
    n_training: usize,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, labels, n_training, levels] = arguments.as_slice() else {
        return Err("expected ROWS LABELS N_TRAIN LEVELS".into());
    };
    let data = load(rows, labels, n_training.parse()?, levels)?;
    let mut model = None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let start = Instant::now();
        let said = work(&words, &data, &mut model)?;
        let seconds = said.0.unwrap_or_else(|| start.elapsed().as_secs_f64());
        writeln!(out, "{seconds} {}", said.1)?;
        out.flush()?;
    }
    Ok(())
}

/// Seconds where not all of the work counts, and figures.
fn work(
    words: &[&str],
    data: &Data,
    model: &mut Option<GradientBoostingModel>,
) -> Result<(Option<f64>, String), Failure> {
    let number =
        |i: usize| -> Result<usize, Failure> { Ok(words.get(i).ok_or("too few words")?.parse()?) };
    let labels = &data.labels[..data.n_training];
    let training = Labeled::new(&data.training, labels)?;
    let start = Instant::now();
    match words.first().copied() {
        Some("boost") => {
            let bins = if words.len() > 3 { number(3)? } else { 255 };
            let boosting = GradientBoosting::new().n_rounds(number(1)?).max_leaves(number(2)?);
            let boosting = boosting.max_bins(bins);
            let fitted = boosting.fit(&training)?;
            let seconds = start.elapsed().as_secs_f64();
            let said = held_out(&fitted, data)?;
            *model = Some(fitted);
            Ok((Some(seconds), said))
        }
        Some("predict") => {
            let model = model.as_ref().ok_or("nothing boosted yet")?;
            let ours = [&data.training, &data.held].map(|table| model.predict_probabilities(table));
            let sum: f64 =
                ours.into_iter().map(|p| Ok(p?.column(1).sum())).sum::<Result<f64, Failure>>()?;
            Ok((None, format!("{}", sum / data.labels.len() as f64)))
        }
        Some("explain") => {
            let model = model.as_ref().ok_or("nothing boosted yet")?;
            let rows = data.held.values().slice_axis_move(ndarray::Axis(0), (..number(1)?).into());
            let rows = FeatureView::new(data.held.schema(), rows)?;
            let start = Instant::now();
            let found = TreeShap::of_class(model, ClassIdx::new(1))?.contributions(&rows)?;
            let seconds = start.elapsed().as_secs_f64();
            Ok((Some(seconds), format!("{}", found.scores().iter().sum::<f64>())))
        }
        Some("forest") => {
            let forest = RandomForest::new().n_trees(number(1)?).min_samples_leaf(number(2)?);
            let forest = forest.seed(number(3)? as u64);
            let fitted = forest.fit(&training)?;
            let seconds = start.elapsed().as_secs_f64();
            Ok((Some(seconds), held_out(&fitted, data)?))
        }
        Some("logistic") => {
            let (c, tolerance) = (words[1].parse()?, words[2].parse()?);
            let fitted = LogisticRegression::new().c(c).tolerance(tolerance).fit(&training)?;
            let seconds = start.elapsed().as_secs_f64();
            Ok((Some(seconds), held_out(&fitted, data)?))
        }
        _ => Err("expected boost, predict, forest or logistic".into()),
    }
}

/// The log loss on the rows held out.
fn held_out(model: &impl Classifier, data: &Data) -> Result<String, Failure> {
    if data.held.n_rows() == 0 {
        return Ok("0".to_owned());
    }
    let probabilities = model.predict_probabilities(&data.held)?;
    let loss = multiclass_log_loss(probabilities.view(), &data.labels[data.n_training..], None)?;
    Ok(format!("{loss}"))
}

fn load(rows: &str, labels: &str, n_training: usize, levels: &str) -> Result<Data, Failure> {
    let levels: Vec<usize> = levels.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let column = |(j, &n): (usize, &usize)| match n {
        0 => Column::number(format!("x{j}")),
        _ => Column::category(format!("x{j}"), (0..n).map(|level| format!("l{level}"))),
    };
    let schema = Schema::new(levels.iter().enumerate().map(column))?;
    let labels: Vec<ClassIdx> =
        std::fs::read(labels)?.into_iter().map(|label| ClassIdx::new(u32::from(label))).collect();
    let mut file = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(rows)?);
    let mut read = |n: usize| -> Result<FeatureTable, Failure> {
        let mut cells = vec![0.0; n * levels.len()];
        let mut bytes = [0; 8];
        for cell in &mut cells {
            std::io::Read::read_exact(&mut file, &mut bytes)?;
            *cell = f64::from_le_bytes(bytes);
        }
        Ok(FeatureTable::new(schema.clone(), Array2::from_shape_vec((n, levels.len()), cells)?)?)
    };
    let training = read(n_training)?;
    let held = read(labels.len() - n_training)?;
    assert_eq!(held.values().nrows() + n_training, labels.len());
    Ok(Data { training, held, labels, n_training })
}
