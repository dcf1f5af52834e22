//! What a model says when a column is set to a value, all else as it is.

use ndarray::Array2;
use patronage_core::{ClassIdx, Classifier, Features, Regressor};

use super::asked::{Asked, mean};
use super::grid::{GridPoint, GridSpec, points};
use crate::error::{Error, ErrorKind};
use crate::par::{self, Threads};

const WHAT: &str = "partial dependence";

/// What a model says of a class, or which number it gives, by the value of one column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct PartialDependence {
    /// The column.
    pub column: String,
    /// The values it was set to.
    pub grid: Vec<GridPoint>,
    /// The mean probability (or number) over rows, for each value.
    pub mean: Vec<f64>,
    /// The probability (or number) of each row at each value (individual conditional expectation), a
    /// row of the table a row: where these cross, the column's effect depends on others.
    pub rows: Vec<Vec<f64>>,
}

impl PartialDependence {
    /// The rows' curves less their own first value, so that their shapes can be compared.
    #[must_use]
    pub fn centred(&self) -> Vec<Vec<f64>> {
        let of_row = |row: &Vec<f64>| {
            let first = row.first().copied().unwrap_or(0.0);
            row.iter().map(|p| p - first).collect()
        };
        self.rows.iter().map(of_row).collect()
    }
}

/// What a model says of a class, or which number it gives, by the values of two columns.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialDependence2 {
    /// The columns.
    pub columns: [String; 2],
    /// The values they were set to.
    pub grids: [Vec<GridPoint>; 2],
    /// The mean probability (or number) over rows, of shape `(values of the first, values of the second)`.
    pub mean: Array2<f64>,
}

/// Sets a column of every row to each value of a grid in turn and asks the model.
///
/// The mean over rows is the partial dependence; the curve of each row is kept too. It speaks of
/// rows that may never occur where columns go together;
/// [`accumulated_local_effects`](super::accumulated_local_effects) does not. Costs one prediction
/// of all rows for each value, in parallel.
///
/// # Errors
///
/// When the schema is not the model's, there is no such column or class or no row, or the grid has
/// fewer than two values or one that the column does not admit.
///
/// # References
///
/// Friedman, 2001, *Greedy function approximation: a gradient boosting machine*, section 8.2.
/// Goldstein, Kapelner, Bleich and Pitkin, 2015, *Peeking inside the black box*.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use patronage_classify::{DecisionTree, GridSpec, partial_dependence};
/// use patronage_core::{ClassIdx, Column, FeatureTable, Fit, Labeled, Schema};
///
/// let cells = Array2::from_shape_fn((60, 1), |(row, _)| row as f64);
/// let labels: Vec<ClassIdx> = (0..60).map(|row| ClassIdx::new(u32::from(row > 29))).collect();
/// let table = FeatureTable::new(Schema::new([Column::number("spend")])?, cells)?;
/// let model = DecisionTree::new().fit(&Labeled::new(&table, &labels)?)?;
/// let found = partial_dependence(&model, &table, "spend", ClassIdx::new(1), &GridSpec::Quantiles(5))?;
/// assert_eq!(found.mean, [0.0, 0.0, 0.0, 1.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn partial_dependence<C: Classifier + ?Sized, F: Features + ?Sized>(
    model: &C,
    features: &F,
    column: &str,
    class: ClassIdx,
    spec: &GridSpec,
) -> Result<PartialDependence, Error> {
    of_column(&Asked::of_class(model, features, class, WHAT)?, column, spec)
}

/// The same for the number that a regressor gives.
///
/// # Errors
///
/// As [`partial_dependence`].
pub fn partial_dependence_of_value<R: Regressor + ?Sized, F: Features + ?Sized>(
    model: &R,
    features: &F,
    column: &str,
    spec: &GridSpec,
) -> Result<PartialDependence, Error> {
    of_column(&Asked::of_value(model, features, WHAT)?, column, spec)
}

fn of_column(asked: &Asked<'_>, column: &str, spec: &GridSpec) -> Result<PartialDependence, Error> {
    let at = asked.schema.require(column)?;
    let grid = points(&asked.schema.columns()[at], asked.rows.column(at), spec)?;
    let threads = Threads::for_work(grid.len() * asked.rows.len() * 8);
    let by_value = par::map(grid.len(), threads, |i| asked.with_cells(&[(at, grid[i].cell())]));
    let n = asked.rows.nrows();
    let mean = by_value.iter().map(|of| mean(of)).collect();
    let rows = (0..n).map(|row| by_value.iter().map(|of| of[row]).collect()).collect();
    Ok(PartialDependence { column: column.to_owned(), grid, mean, rows })
}

/// Sets two columns of every row to each pair of values and asks the model.
///
/// Costs one prediction of all rows for each pair, in parallel.
///
/// # Errors
///
/// As [`partial_dependence`], and when both columns are the same.
pub fn partial_dependence_2<C: Classifier + ?Sized, F: Features + ?Sized>(
    model: &C,
    features: &F,
    columns: [&str; 2],
    class: ClassIdx,
    specs: [&GridSpec; 2],
) -> Result<PartialDependence2, Error> {
    of_columns(&Asked::of_class(model, features, class, WHAT)?, columns, specs)
}

/// The same for the number that a regressor gives.
///
/// # Errors
///
/// As [`partial_dependence_2`].
pub fn partial_dependence_2_of_value<R: Regressor + ?Sized, F: Features + ?Sized>(
    model: &R,
    features: &F,
    columns: [&str; 2],
    specs: [&GridSpec; 2],
) -> Result<PartialDependence2, Error> {
    of_columns(&Asked::of_value(model, features, WHAT)?, columns, specs)
}

fn of_columns(
    asked: &Asked<'_>,
    columns: [&str; 2],
    specs: [&GridSpec; 2],
) -> Result<PartialDependence2, Error> {
    let (schema, rows) = (asked.schema, &asked.rows);
    let at = [schema.require(columns[0])?, schema.require(columns[1])?];
    if at[0] == at[1] {
        let (what, expected, found) = ("distinct columns", 2, 1);
        return Err(ErrorKind::Length { what, expected, found }.into());
    }
    let grid = |i: usize| points(&schema.columns()[at[i]], rows.column(at[i]), specs[i]);
    let grids = [grid(0)?, grid(1)?];
    let (n0, n1) = (grids[0].len(), grids[1].len());
    let threads = Threads::for_work(n0 * n1 * rows.len() * 8);
    let means = par::map(n0 * n1, threads, |i| {
        let cells = [(at[0], grids[0][i / n1].cell()), (at[1], grids[1][i % n1].cell())];
        mean(&asked.with_cells(&cells))
    });
    let mean = Array2::from_shape_vec((n0, n1), means).expect("one mean for each pair of values");
    Ok(PartialDependence2 { columns: columns.map(str::to_owned), grids, mean })
}
