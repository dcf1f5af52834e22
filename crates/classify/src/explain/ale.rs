//! How a model's answer changes along a column, where rows are.

use ndarray::Array2;
use patronage_core::{ClassIdx, Classifier, ColumnKind, Features, Regressor};

use super::asked::Asked;
use crate::error::{Error, ErrorKind, parameter};
use crate::stats::binade;

const WHAT: &str = "accumulated local effects";

/// The accumulated local effects of one column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct AccumulatedEffects {
    /// The column.
    pub column: String,
    /// The edges of the intervals, ascending; values that rows have.
    pub edges: Vec<f64>,
    /// The effect at each edge on the probability (or number); its mean over rows is 0.
    pub effects: Vec<f64>,
    /// The rows in each interval between two edges.
    pub counts: Vec<usize>,
}

/// Accumulates, along a column of numbers or dates, how the probability of a class changes for the
/// rows that are there.
///
/// ```text
/// effect(edge k) = sum over intervals j up to k of the mean, over rows in j, of
///                  p(row with the upper edge) - p(row with the lower edge);  then centred
/// ```
///
/// Unlike partial dependence it never asks about rows far from any that occur. Rows without a value
/// do not take part. Intervals are between quantiles, at most `n_intervals`. Two predictions a row.
///
/// # Errors
///
/// When the schema is not the model's, there is no such column or class, no row with a value, the
/// column is a category or a flag, or no interval is asked for.
///
/// # References
///
/// Apley and Zhu, 2020, *Visualizing the effects of predictor variables in black box supervised
/// learning models*.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{LogisticRegression, accumulated_local_effects};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let cells = Array2::from_shape_fn((60, 1), |(row, _)| row as f64);
/// let labels: Vec<ClassIdx> = (0..60).map(|row| ClassIdx::new(u32::from(row % 7 + row > 33))).collect();
/// let table = FeatureTable::new(Schema::new([Column::number("spend")])?, cells)?;
/// let model = LogisticRegression::new().fit(&Labeled::new(&table, &labels)?)?;
/// let found = accumulated_local_effects(&model, &table, "spend", ClassIdx::new(1), 10)?;
/// assert!(found.effects.windows(2).all(|pair| pair[0] < pair[1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn accumulated_local_effects<C: Classifier + ?Sized, F: Features + ?Sized>(
    model: &C,
    features: &F,
    column: &str,
    class: ClassIdx,
    n_intervals: usize,
) -> Result<AccumulatedEffects, Error> {
    of_column(&Asked::of_class(model, features, class, WHAT)?, column, n_intervals)
}

/// The same for the number that a regressor gives.
///
/// # Errors
///
/// As [`accumulated_local_effects`].
pub fn accumulated_local_effects_of_value<R: Regressor + ?Sized, F: Features + ?Sized>(
    model: &R,
    features: &F,
    column: &str,
    n_intervals: usize,
) -> Result<AccumulatedEffects, Error> {
    of_column(&Asked::of_value(model, features, WHAT)?, column, n_intervals)
}

fn of_column(
    asked: &Asked<'_>,
    column: &str,
    n_intervals: usize,
) -> Result<AccumulatedEffects, Error> {
    let (schema, rows) = (asked.schema, &asked.rows);
    let at = schema.require(column)?;
    if n_intervals == 0 {
        return Err(parameter("n_intervals", "at least 1", 0.0));
    }
    let kind = schema.columns()[at].kind();
    if matches!(kind, ColumnKind::Category { .. } | ColumnKind::Flag) {
        return Err(ErrorKind::NotOrdered { column: column.to_owned() }.into());
    }
    let taking: Vec<usize> = (0..rows.nrows()).filter(|&row| !rows[[row, at]].is_nan()).collect();
    let mut known: Vec<f64> = taking.iter().map(|&row| rows[[row, at]] + 0.0).collect();
    known.sort_unstable_by(f64::total_cmp);
    if known.is_empty() {
        return Err(ErrorKind::NoRows { what: WHAT }.into());
    }
    // More intervals than values have no more edges.
    let n_intervals = n_intervals.min(known.len());
    let mut edges: Vec<f64> =
        (0..=n_intervals).map(|i| known[i * (known.len() - 1) / n_intervals]).collect();
    edges.dedup();
    // The interval above edge k, up to and with edge k + 1; the least value is in the first.
    let interval = |value: f64| edges.partition_point(|&edge| edge < value).saturating_sub(1);
    let asked = |upper: usize| {
        let mut table = Array2::zeros((taking.len(), rows.ncols()));
        for (mut out, &row) in table.rows_mut().into_iter().zip(&taking) {
            out.assign(&rows.row(row));
            let edge = interval(rows[[row, at]]) + upper;
            out[at] = edges[edge.min(edges.len() - 1)];
        }
        asked.of(table.view())
    };
    let (lower, upper) = (asked(0), asked(1));
    // A power of two in which sums of answers at the ends of the range stay within it.
    let greatest = lower.iter().chain(&upper).fold(0.0_f64, |most, x| most.max(x.abs()));
    let unit = if greatest > 1e200 { binade(greatest) } else { 1.0 };
    let n_intervals = edges.len() - 1;
    let (mut sums, mut counts) = (vec![0.0; n_intervals], vec![0; n_intervals]);
    for (at_row, &row) in taking.iter().enumerate() {
        if n_intervals > 0 {
            let of = interval(rows[[row, at]]);
            sums[of] += upper[at_row] / unit - lower[at_row] / unit;
            counts[of] += 1;
        }
    }
    let mut effects = vec![0.0];
    for (sum, &count) in sums.iter().zip(&counts) {
        let step = if count > 0 { sum / count as f64 } else { 0.0 };
        effects.push(effects[effects.len() - 1] + step);
    }
    // Centred over rows, each at the middle of its interval's effects.
    let middles =
        effects.windows(2).zip(&counts).map(|(pair, &n)| 0.5 * (pair[0] + pair[1]) * n as f64);
    let mean = middles.sum::<f64>() / taking.len() as f64;
    let centred = |effect: &mut f64| *effect = ((*effect - mean) * unit).clamp(f64::MIN, f64::MAX);
    effects.iter_mut().for_each(centred);
    Ok(AccumulatedEffects { column: column.to_owned(), edges, effects, counts })
}
