//! Points of a parameter space: all of a grid, or some at random.

use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, require};

/// One value for each parameter, by name.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Point {
    values: Vec<(String, f64)>,
}

impl Point {
    /// The names and values, in the order in which the space names them.
    #[must_use]
    pub fn values(&self) -> &[(String, f64)] {
        &self.values
    }

    /// The value of a parameter.
    ///
    /// # Errors
    ///
    /// When the space has no such parameter.
    pub fn number(&self, name: &str) -> Result<f64, Error> {
        let found = self.values.iter().find(|(known, _)| known == name);
        let missing = || ErrorKind::NoParameter { name: name.to_owned() }.into();
        found.map(|&(_, value)| value).ok_or_else(missing)
    }

    /// The value of a parameter that counts something.
    ///
    /// # Errors
    ///
    /// When the space has no such parameter, or its value is no whole number from 0 to 2⁵³.
    pub fn count(&self, name: &str) -> Result<usize, Error> {
        let value = self.number(name)?;
        let holds = (0.0..=9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0;
        require(holds, "a parameter that counts", "a whole number of at least 0", value)?;
        Ok(value as usize)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, value)) in self.values.iter().enumerate() {
            let before = if position == 0 { "" } else { ", " };
            write!(f, "{before}{name} {value}")?;
        }
        Ok(())
    }
}

/// Every combination of some values of each parameter.
///
/// ```
/// use patronage_recommend::Grid;
///
/// let points = Grid::new().values("n_factors", [32.0, 64.0]).values("alpha", [1.0, 5.0]).points();
/// assert_eq!(points.len(), 4);
/// assert_eq!(points[1].to_string(), "n_factors 32, alpha 5");
/// assert_eq!(points[2].count("n_factors")?, 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    dimensions: Vec<(String, Vec<f64>)>,
}

impl Grid {
    /// No parameter yet: one point.
    #[must_use]
    pub const fn new() -> Self {
        Self { dimensions: Vec::new() }
    }

    /// The values of one more parameter.
    #[must_use]
    pub fn values(mut self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.dimensions.push((name.to_owned(), values.into_iter().collect()));
        self
    }

    /// All points; the value of the first parameter changes slowest.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let mut points = vec![Point::default()];
        for (name, values) in &self.dimensions {
            let longer = |point: &Point| {
                let point = point.clone();
                values.iter().map(move |&value| {
                    let mut point = point.clone();
                    point.values.push((name.clone(), value));
                    point
                })
            };
            points = points.iter().flat_map(longer).collect();
        }
        points
    }
}

/// How the value of one parameter is drawn.
#[derive(Clone, Debug, PartialEq)]
enum Draw {
    Uniform(f64, f64),
    LogUniform(f64, f64),
    Integers(i64, i64),
    Choice(Vec<f64>),
}

/// Points drawn at random, each parameter by itself.
///
/// With as many trials it covers each parameter that matters more densely than a grid does, which
/// repeats its values for every value of those that do not.
///
/// ```
/// use patronage_recommend::RandomSpace;
///
/// let space = RandomSpace::new().log_uniform("regularization", 1e-4, 1e-1).integers("n_factors", 16, 128);
/// let points = space.points(20, 7)?;
/// assert!(points.iter().all(|point| (16..=128).contains(&point.count("n_factors").unwrap())));
/// assert_eq!(points[..5], space.points(5, 7)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - J. Bergstra, Y. Bengio (2012), "Random search for hyper-parameter optimization".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RandomSpace {
    dimensions: Vec<(String, Draw)>,
}

impl RandomSpace {
    /// No parameter yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { dimensions: Vec::new() }
    }

    /// A number of `[low, high)`, each as likely; `low` below `high`, both finite.
    #[must_use]
    pub fn uniform(self, name: &str, low: f64, high: f64) -> Self {
        self.and(name, Draw::Uniform(low, high))
    }

    /// A number of `[low, high)` whose logarithm is uniform; `low` above 0 and below `high`.
    #[must_use]
    pub fn log_uniform(self, name: &str, low: f64, high: f64) -> Self {
        self.and(name, Draw::LogUniform(low, high))
    }

    /// A whole number from `low` to `high`, both included; `low` not above `high`, both within ± 2⁵³.
    #[must_use]
    pub fn integers(self, name: &str, low: i64, high: i64) -> Self {
        self.and(name, Draw::Integers(low, high))
    }

    /// One of `values`, each as likely; at least one.
    #[must_use]
    pub fn choice(self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.and(name, Draw::Choice(values.into_iter().collect()))
    }

    fn and(mut self, name: &str, draw: Draw) -> Self {
        self.dimensions.push((name.to_owned(), draw));
        self
    }

    /// `n` points; point `i` draws from stream `i`, so that more points begin with the same.
    ///
    /// # Errors
    ///
    /// When a range is empty or not finite.
    pub fn points(&self, n: usize, seed: u64) -> Result<Vec<Point>, Error> {
        for (_, draw) in &self.dimensions {
            draw.validate()?;
        }
        let point = |position: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(position as u64);
            let values =
                self.dimensions.iter().map(|(name, draw)| (name.clone(), draw.of(&mut rng)));
            Point { values: values.collect() }
        };
        Ok((0..n).map(point).collect())
    }
}

impl Draw {
    fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Uniform(low, high) => {
                let holds = low < high && (high - low).is_finite();
                require(holds, "uniform", "finite numbers, the lower first", high - low)
            }
            Self::LogUniform(low, high) => {
                let holds = *low > 0.0 && low < high && high.is_finite();
                require(holds, "log_uniform", "numbers above 0, the lower first", *low)
            }
            Self::Integers(low, high) => {
                let exact = -(1i64 << 53)..=1 << 53;
                let holds = low <= high && exact.contains(low) && exact.contains(high);
                require(
                    holds,
                    "integers",
                    "whole numbers within 2^53, the lower first",
                    *low as f64,
                )
            }
            Self::Choice(values) if values.is_empty() => {
                Err(ErrorKind::Empty { what: "values to choose from" }.into())
            }
            Self::Choice(_) => Ok(()),
        }
    }

    fn of(&self, rng: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::Uniform(low, high) => low + (high - low) * rng.random::<f64>(),
            Self::LogUniform(low, high) => {
                let (from, to) = (low.ln(), high.ln());
                // The exponential of a logarithm may leave the range by a rounding.
                (from + (to - from) * rng.random::<f64>()).exp().clamp(*low, *high)
            }
            Self::Integers(low, high) => rng.random_range(*low..=*high) as f64,
            Self::Choice(values) => values[rng.random_range(0..values.len())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_as_stated() {
        let space = RandomSpace::new()
            .uniform("a", -1.0, 3.0)
            .log_uniform("b", 1e-4, 1.0)
            .integers("c", 2, 4)
            .choice("d", [0.5, 8.0]);
        let points = space.points(4000, 1).unwrap();
        let share = |name: &str, holds: &dyn Fn(f64) -> bool| {
            points.iter().filter(|point| holds(point.number(name).unwrap())).count() as f64 / 4000.0
        };
        for (found, expected) in [
            (share("a", &|a| a < 0.0), 0.25),
            (share("a", &|a| (-1.0..3.0).contains(&a)), 1.0),
            (share("b", &|b| b < 1e-2), 0.5),
            (share("b", &|b| (1e-4..=1.0).contains(&b)), 1.0),
            (share("c", &|c| c == 4.0), 1.0 / 3.0),
            (share("d", &|d| d == 8.0), 0.5),
        ] {
            // Four standard deviations.
            let room = 4.0 * (expected * (1.0 - expected) / 4000.0f64).sqrt();
            assert!((found - expected).abs() <= room, "{found} {expected}");
        }
    }

    #[test]
    fn ranges_are_checked() {
        for space in [
            RandomSpace::new().uniform("a", 1.0, 1.0),
            RandomSpace::new().uniform("a", f64::NAN, 1.0),
            RandomSpace::new().uniform("a", -1.7e308, 1.7e308),
            RandomSpace::new().log_uniform("a", 0.0, 1.0),
            RandomSpace::new().integers("a", 3, 2),
            RandomSpace::new().integers("a", i64::MIN, 2),
            RandomSpace::new().choice("a", []),
        ] {
            assert!(space.points(1, 0).is_err(), "{space:?}");
        }
        let point = &Grid::new().values("a", [1.5]).points()[0];
        assert_eq!(
            point.number("b").unwrap_err().to_string(),
            "expected a parameter b, found none"
        );
        assert!(point.count("a").is_err());
        assert_eq!(Grid::new().points(), [Point::default()]);
        assert!(Grid::new().values("a", []).points().is_empty());
    }
}
