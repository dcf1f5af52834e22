//! The near side of `peers/bias_variance.py`: decomposes when a line comes in, and answers with one.
//!
//! Usage: `bias_variance TRAIN TRAIN_LABELS TEST TEST_LABELS COLUMNS DEPTH ROUNDS` with raw
//! little-endian `f64` cells, row by row, and `u32` labels; depth 0 is without bound.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use ndarray::Array2;
use patronage_classify::{BiasVariance, DecisionTree};
use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [train, train_labels, test, test_labels, columns, depth, rounds] = arguments.as_slice()
    else {
        return Err("expected seven arguments".into());
    };
    let (columns, depth, rounds): (usize, usize, usize) =
        (columns.parse()?, depth.parse()?, rounds.parse()?);
    let (train, train_labels) = (table(train, columns)?, labels(train_labels)?);
    let (test, test_labels) = (table(test, columns)?, labels(test_labels)?);
    let tree = DecisionTree::new();
    let tree = if depth > 0 { tree.max_depth(depth) } else { tree };
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let seed: u64 = line?.trim().parse().unwrap_or(0);
        let start = Instant::now();
        let train = Labeled::new(&train, &train_labels)?;
        let test = Labeled::new(&test, &test_labels)?;
        let found = BiasVariance::new(rounds).seed(seed).predictions(&tree, &train, &test)?;
        let terms = found.mlxtend()?;
        let seconds = start.elapsed().as_secs_f64();
        writeln!(out, "{seconds} {} {} {}", terms.loss, terms.bias, terms.variance)?;
        out.flush()?;
    }
    Ok(())
}

fn table(path: &str, columns: usize) -> Result<FeatureTable, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let cells: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
    let schema = Schema::new((0..columns).map(|column| Column::number(format!("x{column}"))))?;
    Ok(FeatureTable::new(schema, Array2::from_shape_vec((cells.len() / columns, columns), cells)?)?)
}

fn labels(path: &str) -> Result<Vec<ClassIdx>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let labels = bytes.as_chunks::<4>().0.iter();
    Ok(labels.map(|b| ClassIdx::new(u32::from_le_bytes(*b))).collect())
}
