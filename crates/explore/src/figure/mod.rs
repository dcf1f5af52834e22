//! Neutral figures: what is drawn, not how.

mod axis;
mod check;
mod data;
mod series;

pub use axis::{Axis, Unit};
pub(crate) use axis::{AxisKind, Spacing};
pub(crate) use series::Role;
pub use series::Series;

use crate::error::{Error, ErrorKind};
use crate::table::Table;

/// Which way bars run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Orientation {
    /// Upwards, categories side by side.
    Vertical,
    /// To the right, categories one below the other: room for long labels.
    Horizontal,
}

/// How much of a page's width a figure takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Width {
    /// Half of it, beside another, where there is room for two.
    Half,
    /// All of it.
    Full,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum Plot {
    Line(Vec<Series>),
    Bars(Vec<Series>),
    StackedBars(Vec<Series>),
    Scatter(Vec<Series>),
    /// Cells row by row; `y` of the figure names the rows.
    HeatMap {
        cells: Vec<Option<f64>>,
        value: Axis,
    },
    Histogram {
        edges: Vec<f64>,
        heights: Vec<f64>,
    },
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum Mark {
    X { at: f64, label: String },
    Y { at: f64, label: String },
}

/// A figure: a title, axes with units, and one of six kinds of data; checked when made.
///
/// It knows nothing of what it shows: any crate's results become figures in the hands of whoever
/// composes. Numbers are finite and of magnitude at most 1e300, or the figure is refused; a
/// figure without points is drawn as an empty frame that says so.
///
/// ```
/// use patronage_explore::{Axis, Figure, Series, Unit};
///
/// let figure = Figure::line(
///     "Error over depth",
///     Axis::number("Tree depth").unit(Unit::Count),
///     Axis::number("Log loss"),
///     [Series::new("hold-out", [(1.0, 0.6), (2.0, 0.5), (3.0, 0.55)])],
/// )?
/// .mark_x(2.0, "chosen")?
/// .description("Deeper trees stop paying after two levels.");
/// assert!(figure.to_svg().starts_with("<svg xmlns="));
/// assert_eq!(figure.to_csv(), "Tree depth,hold-out\n1,0.6\n2,0.5\n3,0.55\n");
/// # Ok::<(), patronage_explore::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Figure {
    title: String,
    description: String,
    x: Axis,
    y: Axis,
    plot: Plot,
    marks: Vec<Mark>,
    orientation: Orientation,
    width: Width,
}

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

    fn new(title: String, x: Axis, y: Axis, plot: Plot) -> Result<Self, Error> {
        x.check()?;
        y.check()?;
        let (description, marks) = (String::new(), Vec::new());
        let (orientation, width) = (Orientation::Vertical, Width::Half);
        Ok(Self { title, description, x, y, plot, marks, orientation, width })
    }

    /// Sets the words below the title, which also describe the picture to those who do not see it; default none.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets which way bars run; default [`Orientation::Vertical`]. Other kinds take no notice.
    #[must_use]
    pub const fn orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// Sets how much of a page's width it takes; default [`Width::Half`].
    #[must_use]
    pub const fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// Adds a labelled line at a position of the x axis (of bars and heat maps: none is drawn).
    ///
    /// # Errors
    ///
    /// When it cannot stand on the axis.
    pub fn mark_x(mut self, at: f64, label: impl Into<String>) -> Result<Self, Error> {
        self.x.admit("mark", &self.title, self.marks.len(), at)?;
        self.marks.push(Mark::X { at, label: label.into() });
        Ok(self)
    }

    /// Adds a labelled line at a value of the y axis (of horizontal bars and heat maps: none is drawn).
    ///
    /// # Errors
    ///
    /// When it cannot stand on the axis.
    pub fn mark_y(mut self, at: f64, label: impl Into<String>) -> Result<Self, Error> {
        self.y.admit("mark", &self.title, self.marks.len(), at)?;
        self.marks.push(Mark::Y { at, label: label.into() });
        Ok(self)
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What is drawn, as a table: one row for each x where all series share them, else one for each point.
    #[must_use]
    pub fn data(&self) -> Table {
        data::table(self)
    }

    /// [`data`](Self::data) as CSV.
    #[must_use]
    pub fn to_csv(&self) -> String {
        self.data().to_csv()
    }

    /// The picture as an SVG file of its own: it carries its style and loads nothing.
    ///
    /// Light colours on white, and dark ones where the viewer prefers them.
    #[must_use]
    pub fn to_svg(&self) -> String {
        crate::svg::standalone(self)
    }

    pub(crate) fn words(&self) -> &str {
        &self.description
    }

    pub(crate) const fn x(&self) -> &Axis {
        &self.x
    }

    pub(crate) const fn y(&self) -> &Axis {
        &self.y
    }

    pub(crate) const fn plot(&self) -> &Plot {
        &self.plot
    }

    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    pub(crate) const fn runs(&self) -> Orientation {
        self.orientation
    }

    pub(crate) const fn takes(&self) -> Width {
        self.width
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
