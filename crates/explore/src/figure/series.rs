//! Series: named runs of points.

use crate::error::{Error, ErrorKind};
use crate::figure::axis::Axis;
use crate::figure::check;

/// How a series stands among the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) enum Role {
    Data,
    Reference,
}

/// A named run of points, each optionally with an interval; checked by the figure that takes it.
///
/// ```
/// use patronage_explore::Series;
///
/// let loss = Series::new("hold-out", [(1.0, 0.69), (2.0, 0.52)]).band([(0.66, 0.72), (0.5, 0.54)]);
/// let chance = Series::new("chance", [(1.0, 0.7), (2.0, 0.7)]).reference();
/// let active = Series::over_categories("active", [885.0, 948.0]);
/// assert_eq!(active.name(), "active");
/// # let _ = (loss, chance);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Series {
    name: String,
    role: Role,
    x: Vec<f64>,
    y: Vec<Option<f64>>,
    band: Vec<Option<(f64, f64)>>,
}

impl Series {
    /// Points `(x, y)`, drawn in the order given; a `y` of `None` is a gap.
    pub fn new<Y: Into<Option<f64>>>(
        name: impl Into<String>,
        points: impl IntoIterator<Item = (f64, Y)>,
    ) -> Self {
        let (x, y) = points.into_iter().map(|(x, y)| (x, y.into())).unzip();
        Self { name: name.into(), role: Role::Data, x, y, band: Vec::new() }
    }

    /// One value for each category of the axis, in its order; `None` is a gap.
    pub fn over_categories<Y: Into<Option<f64>>>(
        name: impl Into<String>,
        values: impl IntoIterator<Item = Y>,
    ) -> Self {
        Self::new(name, values.into_iter().enumerate().map(|(i, value)| (i as f64, value)))
    }

    /// Sets an interval `(low, high)` for each point: a band around a line, a whisker on a bar; default none.
    #[must_use]
    pub fn band<B: Into<Option<(f64, f64)>>>(mut self, band: impl IntoIterator<Item = B>) -> Self {
        self.band = band.into_iter().map(Into::into).collect();
        self
    }

    /// Draws the series thin, dashed and grey, as something to compare with: a diagonal, a base rate.
    #[must_use]
    pub const fn reference(mut self) -> Self {
        self.role = Role::Reference;
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn xs(&self) -> &[f64] {
        &self.x
    }

    pub(crate) fn ys(&self) -> &[Option<f64>] {
        &self.y
    }

    /// The intervals, one a point; empty where the series has none.
    pub(crate) fn bands(&self) -> &[Option<(f64, f64)>] {
        &self.band
    }

    /// The points that are there.
    pub(crate) fn points(&self) -> impl Iterator<Item = (f64, f64)> + Clone + '_ {
        self.x.iter().zip(&self.y).filter_map(|(&x, &y)| Some((x, y?)))
    }

    /// Every number along the y axis: values and interval ends.
    pub(crate) fn extent_y(&self) -> impl Iterator<Item = f64> + Clone + '_ {
        let ends = self.band.iter().flatten().flat_map(|&(low, high)| [low, high]);
        self.y.iter().flatten().copied().chain(ends)
    }

    pub(crate) fn check(&self, x: &Axis, y: &Axis) -> Result<(), Error> {
        for (position, &value) in self.x.iter().enumerate() {
            x.admit("x", &self.name, position, value)?;
        }
        for (position, value) in self.y.iter().enumerate() {
            value.map_or(Ok(()), |value| y.admit("y", &self.name, position, value))?;
        }
        if !self.band.is_empty() {
            check::length("intervals", &self.name, self.x.len(), self.band.len())?;
        }
        for (position, &band) in self.band.iter().enumerate() {
            let Some((low, high)) = band else { continue };
            y.admit("interval end", &self.name, position, low)?;
            y.admit("interval end", &self.name, position, high)?;
            if low > high {
                let (what, of) = ("upper interval end", self.name.clone());
                let expected = "a number not below the lower end";
                return Err(ErrorKind::Number { what, of, position, expected, found: high }.into());
            }
        }
        Ok(())
    }
}
