//! The near side of `peers/kmeans.py`: fits when a line comes in, and answers with one.
//!
//! Usage: `kmeans DATA CENTRES N D K MAX_ITER [lloyd|hamerly|yinyang]` with raw little-endian `f64`,
//! or `kmeans silhouette DATA LABELS N D` with labels as raw little-endian `u32`.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use ndarray::Array2;
use patronage_segment::{
    Algorithm, Column, FeatureTable, Init, KMeans, Schema, SegmentIdx, silhouette,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| -> Result<usize, Box<dyn Error>> {
        Ok(arguments.get(i).ok_or("too few arguments")?.parse()?)
    };
    if arguments.first().is_some_and(|first| first == "silhouette") {
        let (n, d) = (number(3)?, number(4)?);
        let table = table(Array2::from_shape_vec((n, d), numbers(&arguments[1])?)?)?;
        let labels = std::fs::read(&arguments[2])?;
        let labels = labels.as_chunks::<4>().0.iter();
        let labels: Vec<_> = labels.map(|b| SegmentIdx::new(u32::from_le_bytes(*b))).collect();
        return answer(|| {
            let found = silhouette(&table, &labels)?;
            Ok(format!("{}", found.mean))
        });
    }
    let (n, d, k, max_iter) = (number(2)?, number(3)?, number(4)?, number(5)?);
    let rows = Array2::from_shape_vec((n, d), numbers(&arguments[0])?)?;
    let centres = Array2::from_shape_vec((k, d), numbers(&arguments[1])?)?;
    let mut kmeans = KMeans::new(k).init(Init::Centres(centres)).max_iter(max_iter);
    kmeans = match arguments.get(6).map(String::as_str) {
        Some("lloyd") => kmeans.algorithm(Algorithm::Lloyd),
        Some("hamerly") => kmeans.algorithm(Algorithm::Hamerly),
        Some("yinyang") => kmeans.algorithm(Algorithm::Yinyang),
        _ => kmeans,
    };
    let table = table(rows)?;
    answer(|| {
        let (model, labels) = kmeans.fit_assign(&table)?;
        assert_eq!(labels.len(), n);
        Ok(format!("{} {}", model.inertia(), model.n_iter()))
    })
}

fn table(rows: Array2<f64>) -> Result<FeatureTable, Box<dyn Error>> {
    let schema = Schema::new((0..rows.ncols()).map(|c| Column::number(format!("x{c}"))))?;
    Ok(FeatureTable::new(schema, rows)?)
}

fn numbers(path: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
}

/// For each line that comes in: seconds of the call, then what it said.
fn answer(work: impl Fn() -> Result<String, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        let said = work()?;
        writeln!(out, "{} {said}", start.elapsed().as_secs_f64())?;
        out.flush()?;
    }
    Ok(())
}
