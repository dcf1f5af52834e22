//! Neutral figures: what is drawn, not how.

mod axis;
mod bins;
mod check;
mod data;
mod make;
mod series;

pub use axis::{Axis, Unit};
pub(crate) use axis::{AxisKind, Spacing};
pub(crate) use series::Role;
pub use series::Series;

use crate::error::Error;
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
