//! The rows an estimator learns from, each once.

use patronage_core::{ClassIdx, Label, Labeled};

use crate::class_weights::ClassWeights;
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};
use crate::stats::binade;

/// The most classes a model is made for: labels beyond are a sign of ids taken for classes.
pub(crate) const MOST_CLASSES: usize = 65_536;

/// The distinct rows of positive weight, ascending in the table, with what they count for.
///
/// A row drawn three times by a bootstrap stands once with count 3, so that work is done once and
/// the order in which rows were drawn cannot matter.
pub(crate) struct Sample {
    /// Rows of the table.
    pub(crate) rows: Vec<u32>,
    /// How many times each takes part.
    pub(crate) counts: Vec<u32>,
    /// The weight of each: its own times its count.
    pub(crate) weights: Vec<f64>,
    /// The sum of the weights.
    pub(crate) total: f64,
    /// Whether weights are whole numbers because none were given.
    pub(crate) whole: bool,
}

impl Sample {
    pub(crate) fn new<Y: Label>(data: &Labeled<'_, Y>, what: &'static str) -> Result<Self, Error> {
        let n = data.labels().len();
        if u32::try_from(n).is_err() {
            let most = u32::MAX as usize;
            return Err(ErrorKind::TooLarge { what: "rows", most, found: n }.into());
        }
        let mut tally = Vec::new();
        let mut own = vec![];
        if data.is_weighted() {
            own = vec![0.0; n];
            for position in 0..data.len() {
                own[data.row_index(position)] = data.weight(position);
            }
        }
        let weight = |row: u32| if own.is_empty() { 1.0 } else { own[row as usize] };
        if let Some(rows) = data.rows() {
            tally = vec![0_u32; n];
            for &row in rows {
                tally[row as usize] += 1;
            }
        }
        let count = |row: u32| if data.rows().is_none() { 1 } else { tally[row as usize] };
        let rows: Vec<u32> =
            (0..n as u32).filter(|&row| count(row) > 0 && weight(row) > 0.0).collect();
        let counts: Vec<u32> = rows.iter().map(|&row| count(row)).collect();
        let mut weights: Vec<f64> =
            rows.iter().zip(&counts).map(|(&row, &count)| weight(row) * f64::from(count)).collect();
        let mut total: f64 = weights.iter().sum();
        if rows.is_empty() {
            return Err(ErrorKind::NoRows { what }.into());
        }
        if !total.is_finite() {
            // Only ratios of weights matter; near the end of the range they are brought back.
            let n = weights.len() as f64;
            let greatest = rows.iter().map(|&row| weight(row)).fold(0.0, f64::max);
            for ((w, &row), &count) in weights.iter_mut().zip(&rows).zip(&counts) {
                *w = weight(row) / greatest / n * f64::from(count);
            }
            total = weights.iter().sum();
        }
        Ok(Self { rows, counts, weights, total, whole: !data.is_weighted() })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The same rows with weights whose squares stay within the range, for those to whom only ratios
    /// of weights matter.
    pub(crate) fn squarable(mut self) -> Self {
        let greatest = self.weights.iter().copied().fold(0.0, f64::max);
        if !(1e-100..=1e100).contains(&greatest) {
            let unit = binade(greatest);
            self.weights.iter_mut().for_each(|w| *w = (*w / unit).max(f64::MIN_POSITIVE));
            self.total = self.weights.iter().sum();
        }
        self
    }

    /// The same rows with weights that also say what their classes count.
    ///
    /// # Errors
    ///
    /// When given class weights do not fit.
    pub(crate) fn class_weighted(
        mut self,
        classes: &ClassWeights,
        data: &Labeled<'_, ClassIdx>,
        n_classes: usize,
    ) -> Result<Self, Error> {
        if *classes == ClassWeights::Equal {
            return Ok(self);
        }
        let mut factors = classes.of_totals(&class_weights(data, &self, n_classes))?;
        let greatest = |factors: &[f64]| factors.iter().copied().fold(0.0, f64::max);
        if !(self.total * greatest(&factors)).is_finite() {
            // Only ratios matter; near the end of the range they are brought back.
            let (most, total) = (greatest(&factors), self.total);
            factors.iter_mut().for_each(|factor| *factor /= most);
            self.weights.iter_mut().for_each(|weight| *weight /= total);
        }
        for (weight, &row) in self.weights.iter_mut().zip(&self.rows) {
            *weight *= factors[data.labels()[row as usize].index()];
            // A row that takes part never vanishes.
            *weight = weight.max(f64::MIN_POSITIVE);
        }
        self.total = self.weights.iter().sum();
        self.whole = false;
        Ok(self)
    }
}

/// One more than the greatest label of the whole table, and at least two: yes and no.
pub(crate) fn n_classes(data: &Labeled<'_, ClassIdx>) -> Result<usize, Error> {
    let found = data.labels().iter().map(|label| label.index() + 1).max().unwrap_or(0).max(2);
    if found > MOST_CLASSES {
        return Err(ErrorKind::TooManyClasses { most: MOST_CLASSES, found }.into());
    }
    Ok(found)
}

/// The sum of weights of each class.
pub(crate) fn class_weights(
    data: &Labeled<'_, ClassIdx>,
    sample: &Sample,
    n_classes: usize,
) -> Vec<f64> {
    let mut sums = vec![0.0; n_classes];
    for (&row, &weight) in sample.rows.iter().zip(&sample.weights) {
        sums[data.labels()[row as usize].index()] += weight;
    }
    sums
}

/// Refuses cells that their columns do not admit, among the rows that take part.
pub(crate) fn check_cells<Y: Label>(data: &Labeled<'_, Y>, sample: &Sample) -> Result<(), Error> {
    let chunks = par::chunks(sample.len());
    let threads = Threads::for_work(sample.len() * data.schema().len());
    let checked = par::map(chunks.len(), threads, |i| {
        sample.rows[chunks[i].clone()].iter().try_for_each(|&row| check_row(data, row))
    });
    checked.into_iter().collect()
}

fn check_row<Y: Label>(data: &Labeled<'_, Y>, row: u32) -> Result<(), Error> {
    for (cell, column) in data.table().row(row as usize).iter().zip(data.schema().columns()) {
        if !column.kind().admits(*cell) {
            return Err(patronage_core::Error::from(patronage_core::ErrorKind::Cell {
                row: row as usize,
                column: column.name().to_owned(),
                expected: column.kind().expectation(),
                found: *cell,
            })
            .into());
        }
    }
    Ok(())
}

/// The weight of each row of the table that takes part, 0 for the others; `None` where no weights
/// were given.
pub(crate) fn table_weights<Y: Label>(data: &Labeled<'_, Y>) -> Option<Vec<f64>> {
    data.is_weighted().then(|| {
        let mut weights = vec![0.0; data.labels().len()];
        for position in 0..data.len() {
            weights[data.row_index(position)] = data.weight(position);
        }
        weights
    })
}

/// The sample's cells, column by column; blocks of rows keep the table in cache.
pub(crate) fn by_column<Y: Label>(data: &Labeled<'_, Y>, sample: &Sample) -> Vec<Vec<f64>> {
    cells_of(data, &sample.rows)
}

/// The cells of rows of the table, column by column.
pub(crate) fn cells_of<Y: Label>(data: &Labeled<'_, Y>, rows: &[u32]) -> Vec<Vec<f64>> {
    let (table, width) = (data.table(), data.schema().len());
    let mut columns: Vec<Vec<f64>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
    for rows in rows.chunks(256) {
        for (j, column) in columns.iter_mut().enumerate() {
            if let Some(cells) = table.as_slice() {
                column.extend(rows.iter().map(|&row| cells[row as usize * width + j]));
            } else {
                column.extend(rows.iter().map(|&row| table[[row as usize, j]]));
            }
        }
    }
    columns
}
