//! What parameters may be.

use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, parameter};

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(untagged))]
pub enum Value {
    /// A whole number, such as a depth.
    Integer(i64),
    /// A number, such as a penalty.
    Number(f64),
    /// A name, such as a criterion.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// One value of every parameter, by name.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Point {
    values: Vec<(String, Value)>,
}

impl Point {
    /// No parameter.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: Vec::new() }
    }

    /// The same with another parameter, or another value of one.
    #[must_use]
    pub fn value(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some(of_name) => of_name.1 = value,
            None => self.values.push((name, value)),
        }
        self
    }

    /// The parameters, in the order of the space.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn find(&self, name: &str) -> Result<&Value, Error> {
        let found = self.values.iter().find(|(known, _)| known == name);
        found.map(|of| &of.1).ok_or_else(|| {
            let known = self.values.iter().map(|of| of.0.clone()).collect();
            ErrorKind::NoSuchParameter { found: name.to_owned(), known }.into()
        })
    }

    fn mismatch(name: &str, expected: &'static str, found: &Value) -> Error {
        let (parameter, found) = (name.to_owned(), found.to_string());
        ErrorKind::ParameterKind { parameter, expected, found }.into()
    }

    /// A whole number of at least 0.
    ///
    /// # Errors
    ///
    /// When there is no such parameter, or it is none.
    pub fn count(&self, name: &str) -> Result<usize, Error> {
        match self.find(name)? {
            Value::Integer(value) if *value >= 0 => Ok(*value as usize),
            other => Err(Self::mismatch(name, "a whole number, at least 0", other)),
        }
    }

    /// A number, whole or not.
    ///
    /// # Errors
    ///
    /// When there is no such parameter, or it is none.
    pub fn number(&self, name: &str) -> Result<f64, Error> {
        match self.find(name)? {
            Value::Number(value) => Ok(*value),
            Value::Integer(value) => Ok(*value as f64),
            other @ Value::Text(_) => Err(Self::mismatch(name, "a number", other)),
        }
    }

    /// A name.
    ///
    /// # Errors
    ///
    /// When there is no such parameter, or it is none.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        match self.find(name)? {
            Value::Text(value) => Ok(value),
            other => Err(Self::mismatch(name, "a name", other)),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.values.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{name} = {value}")?;
        }
        Ok(())
    }
}

/// Every combination of given values, the last parameter changing fastest.
///
/// # Examples
///
/// ```
/// use patronage_classify::Grid;
///
/// let grid = Grid::new().values("depth", [2_i64, 4]).values("c", [0.1, 1.0, 10.0]);
/// let points = grid.points();
/// assert_eq!((points.len(), points[1].to_string()), (6, "depth = 2, c = 1".to_owned()));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    dimensions: Vec<(String, Vec<Value>)>,
}

impl Grid {
    /// A grid of no parameter: one point.
    #[must_use]
    pub const fn new() -> Self {
        Self { dimensions: Vec::new() }
    }

    /// The same with the values of another parameter.
    #[must_use]
    pub fn values<V: Into<Value>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.dimensions.push((name.into(), values.into_iter().map(Into::into).collect()));
        self
    }

    /// The combinations; none where a parameter has no value.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let mut points = vec![Point::new()];
        for (name, values) in &self.dimensions {
            points = points
                .iter()
                .flat_map(|point| values.iter().map(|v| point.clone().value(name, v.clone())))
                .collect();
        }
        points
    }
}

/// From what a parameter is drawn.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Dimension {
    /// A number, evenly between two.
    Uniform(f64, f64),
    /// A number above 0, evenly on the scale of logarithms.
    LogUniform(f64, f64),
    /// A whole number, evenly from the first to the second, both included.
    Integer(i64, i64),
    /// A whole number of at least 1, evenly on the scale of logarithms, both ends included.
    LogInteger(i64, i64),
    /// One of these, each as likely.
    Choice(Vec<Value>),
}

impl Dimension {
    fn validate(&self) -> Result<(), Error> {
        let fail = |range, found| Err(parameter("dimension", range, found));
        match self {
            Self::Uniform(low, high) if !(low <= high && (high - low).is_finite()) => {
                fail("finite ends, the second not below the first", *high)
            }
            Self::LogUniform(low, high) if !(*low > 0.0 && low <= high && high.is_finite()) => {
                fail("finite ends above 0, the second not below the first", *low)
            }
            Self::Integer(low, high) if low > high => {
                fail("ends of which the second is not below the first", *high as f64)
            }
            Self::LogInteger(low, high) if *low < 1 || low > high => {
                fail("ends of at least 1, the second not below the first", *low as f64)
            }
            Self::Choice(values) if values.is_empty() => fail("at least one choice", 0.0),
            _ => Ok(()),
        }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> Value {
        let between =
            |rng: &mut ChaCha8Rng, low: f64, high: f64| low + rng.random::<f64>() * (high - low);
        match self {
            Self::Uniform(low, high) => Value::Number(between(rng, *low, *high).min(*high)),
            Self::LogUniform(low, high) => {
                Value::Number(between(rng, low.ln(), high.ln()).exp().clamp(*low, *high))
            }
            Self::Integer(low, high) => Value::Integer(rng.random_range(*low..=*high)),
            Self::LogInteger(low, high) => {
                let (bottom, top) = ((*low as f64 - 0.5).ln(), (*high as f64 + 0.5).ln());
                let drawn = between(rng, bottom, top).exp().round() as i64;
                Value::Integer(drawn.clamp(*low, *high))
            }
            Self::Choice(values) => values[rng.random_range(0..values.len())].clone(),
        }
    }
}

/// Points drawn at random: point i from stream i of a seed, so that asking for more points leaves
/// the first ones as they are.
///
/// # Examples
///
/// ```
/// use patronage_classify::{Dimension, RandomSpace};
///
/// let space = RandomSpace::new()
///     .dimension("c", Dimension::LogUniform(1e-3, 1e3))
///     .dimension("depth", Dimension::Integer(2, 8));
/// let points = space.points(20, 7)?;
/// assert!(points.iter().all(|point| (2..=8).contains(&point.count("depth").unwrap())));
/// assert_eq!(points[..5], space.points(5, 7)?[..]);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
///
/// # References
///
/// Bergstra and Bengio, 2012, *Random search for hyper-parameter optimization*.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RandomSpace {
    dimensions: Vec<(String, Dimension)>,
}

impl RandomSpace {
    /// A space of no parameter.
    #[must_use]
    pub const fn new() -> Self {
        Self { dimensions: Vec::new() }
    }

    /// The same with another parameter.
    #[must_use]
    pub fn dimension(mut self, name: impl Into<String>, dimension: Dimension) -> Self {
        self.dimensions.push((name.into(), dimension));
        self
    }

    /// This many points.
    ///
    /// # Errors
    ///
    /// When the ends of a dimension do not fit, or one has no choice.
    pub fn points(&self, n: usize, seed: u64) -> Result<Vec<Point>, Error> {
        self.dimensions.iter().try_for_each(|(_, dimension)| dimension.validate())?;
        let point = |at: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(at as u64);
            let drawn = |point: Point, (name, dimension): &(String, Dimension)| {
                point.value(name, dimension.draw(&mut rng))
            };
            self.dimensions.iter().fold(Point::new(), drawn)
        };
        Ok((0..n).map(point).collect())
    }
}
