//! The six kinds of figures, and what each admits.

use crate::error::{Error, ErrorKind};
use crate::figure::{Axis, AxisKind, Figure, Plot, Series, Spacing, check};

impl Figure {
    /// Lines through points, optionally with bands; `x` is numbers or categories.
    ///
    /// # Errors
    ///
    /// When there is no series, two have one name, a point or interval cannot stand on its axis, or
    /// there are intervals for some points of a series only.
    pub fn line(
        title: impl Into<String>,
        x: Axis,
        y: Axis,
        series: impl IntoIterator<Item = Series>,
    ) -> Result<Self, Error> {
        let (title, series) = (title.into(), distinct(series)?);
        check_series(&title, &x, &y, &series)?;
        Self::new(title, x, y, Plot::Line(series))
    }

    /// Bars, one for each category and series, optionally with whiskers; negative ones hang down.
    ///
    /// # Errors
    ///
    /// As for [`line`](Self::line), and when `x` is not categories, `values` is logarithmic, or a
    /// series does not have one value for each category.
    pub fn bars(
        title: impl Into<String>,
        x: Axis,
        values: Axis,
        series: impl IntoIterator<Item = Series>,
    ) -> Result<Self, Error> {
        let (title, series) = (title.into(), distinct(series)?);
        check_bars(&title, &x, &values, &series)?;
        Self::new(title, x, values, Plot::Bars(series))
    }

    /// Bars of parts one upon the other, one for each category.
    ///
    /// # Errors
    ///
    /// As for [`bars`](Self::bars), and when a value is negative.
    pub fn stacked_bars(
        title: impl Into<String>,
        x: Axis,
        values: Axis,
        series: impl IntoIterator<Item = Series>,
    ) -> Result<Self, Error> {
        let (title, series) = (title.into(), distinct(series)?);
        check_bars(&title, &x, &values, &series)?;
        for one in &series {
            for (position, value) in one.ys().iter().enumerate() {
                check::not_negative("value", one.name(), position, value.unwrap_or(0.0))?;
            }
        }
        for category in 0..x.category_labels().map_or(0, <[String]>::len) {
            let height = series.iter().filter_map(|one| one.ys()[category]).sum();
            check::drawable("height of bar", &title, category, height)?;
        }
        Self::new(title, x, values, Plot::StackedBars(series))
    }

    /// Points of one or more series; `x` is numbers or categories.
    ///
    /// # Errors
    ///
    /// As for [`line`](Self::line).
    pub fn scatter(
        title: impl Into<String>,
        x: Axis,
        y: Axis,
        series: impl IntoIterator<Item = Series>,
    ) -> Result<Self, Error> {
        let (title, series) = (title.into(), distinct(series)?);
        check_series(&title, &x, &y, &series)?;
        Self::new(title, x, y, Plot::Scatter(series))
    }

    /// Cells coloured by value: `cells` row by row, of shape `(n_rows, n_columns)`; `None` is left blank.
    ///
    /// # Errors
    ///
    /// When `columns` or `rows` are not categories, `value` is not numbers, there are not as many
    /// cells as rows × columns, or a cell cannot stand on the value axis.
    pub fn heat_map(
        title: impl Into<String>,
        columns: Axis,
        rows: Axis,
        value: Axis,
        cells: impl IntoIterator<Item = Option<f64>>,
    ) -> Result<Self, Error> {
        let (title, cells): (String, Vec<_>) = (title.into(), cells.into_iter().collect());
        let n_columns = categories("column", &title, &columns)?;
        let n_rows = categories("row", &title, &rows)?;
        linear("value", &title, &value)?;
        check::length("cells", &title, n_columns.saturating_mul(n_rows), cells.len())?;
        for (position, cell) in cells.iter().enumerate() {
            cell.map_or(Ok(()), |cell| value.admit("cell", &title, position, cell))?;
        }
        Self::new(title, columns, rows, Plot::HeatMap { cells, value })
    }

    /// Heights over bins: bin `i` reaches from `edges[i]` to `edges[i + 1]`.
    ///
    /// # Errors
    ///
    /// When an axis is categories or logarithmic, edges do not ascend, there is not one more edge
    /// than heights, or a height is negative.
    pub fn histogram(
        title: impl Into<String>,
        x: Axis,
        y: Axis,
        edges: impl IntoIterator<Item = f64>,
        heights: impl IntoIterator<Item = f64>,
    ) -> Result<Self, Error> {
        let title: String = title.into();
        let (edges, heights): (Vec<f64>, Vec<f64>) =
            (edges.into_iter().collect(), heights.into_iter().collect());
        linear("x", &title, &x)?;
        linear("y", &title, &y)?;
        check::length("edges", &title, heights.len() + 1, edges.len())?;
        for (position, &edge) in edges.iter().enumerate() {
            x.admit("edge", &title, position, edge)?;
        }
        check::ascending("edges", &title, &edges)?;
        for (position, &height) in heights.iter().enumerate() {
            check::not_negative("height", &title, position, height)?;
        }
        Self::new(title, x, y, Plot::Histogram { edges, heights })
    }
}

fn distinct(series: impl IntoIterator<Item = Series>) -> Result<Vec<Series>, Error> {
    let series: Vec<Series> = series.into_iter().collect();
    for (position, one) in series.iter().enumerate() {
        if series[..position].iter().any(|other| other.name() == one.name()) {
            let (what, name) = ("series names", one.name().to_owned());
            return Err(ErrorKind::DoubledName { what, name }.into());
        }
    }
    Ok(series)
}

fn check_series(title: &str, x: &Axis, y: &Axis, series: &[Series]) -> Result<(), Error> {
    if series.is_empty() {
        return Err(ErrorKind::Empty { what: "series", of: title.to_owned() }.into());
    }
    if y.category_labels().is_some() {
        let (axis, of, expected) = ("y", title.to_owned(), "numbers");
        return Err(ErrorKind::AxisKind { axis, of, expected }.into());
    }
    series.iter().try_for_each(|one| one.check(x, y))
}

fn check_bars(title: &str, x: &Axis, values: &Axis, series: &[Series]) -> Result<(), Error> {
    let n = categories("x", title, x)?;
    linear("value", title, values)?;
    check_series(title, x, values, series)?;
    for one in series {
        check::length("values", one.name(), n, one.xs().len())?;
        check::ascending("x", one.name(), one.xs())?;
    }
    Ok(())
}

fn categories(axis: &'static str, title: &str, found: &Axis) -> Result<usize, Error> {
    found.category_labels().map(<[String]>::len).ok_or_else(|| {
        ErrorKind::AxisKind { axis, of: title.to_owned(), expected: "categories" }.into()
    })
}

fn linear(axis: &'static str, title: &str, found: &Axis) -> Result<(), Error> {
    if matches!(found.kind(), AxisKind::Number { spacing: Spacing::Linear, .. }) {
        return Ok(());
    }
    let (of, expected) = (title.to_owned(), "numbers, evenly spaced");
    Err(ErrorKind::AxisKind { axis, of, expected }.into())
}
