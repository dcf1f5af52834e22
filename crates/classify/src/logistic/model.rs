//! A fitted logistic regression.

use ndarray::Array2;
use patronage_core::{ClassIdx, Classifier, Schema};

use super::design::Term;
use super::newton::Solution;
use super::objective::{sigmoid, softmax};

/// How the search for the coefficients ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Convergence {
    /// The gradient is within the tolerance.
    Converged,
    /// The bound on iterations was reached, or numbers allow no further step.
    Stopped,
    /// Only one class had rows: nothing was sought, and the model is constant.
    OneClass,
}

/// Whether a hyperplane separates the classes in training, so that without a penalty no finite
/// coefficients are best.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Separation {
    /// Not by what was found.
    None,
    /// Coefficients without a penalty run away: a column or several tell a part of the rows apart
    /// without error.
    Suspected,
    /// Every row lies on its own side; the coefficients are held by the penalty alone. Often a
    /// column that knows the answer.
    Complete,
}

/// The linear predictor of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// Log-odds where every term is zero, in the columns' own units.
    pub intercept: f64,
    /// One for each term.
    pub terms: Vec<Coefficient>,
}

/// What one term adds to the log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficient {
    /// The column, or the column and its level.
    pub name: String,
    /// Change of log-odds for one unit of the column.
    pub per_unit: f64,
    /// Change of log-odds for one standard deviation of the column in training: comparable across columns.
    pub per_deviation: f64,
}

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr")
)]
pub struct LogisticModel {
    pub(super) schema: Schema,
    pub(super) n_classes: usize,
    /// The classes that had rows.
    pub(super) present: Vec<u32>,
    pub(super) terms: Vec<Term>,
    /// One vector for two classes present, one each for more, none for one; intercept first, in standardised terms.
    pub(super) vectors: Vec<Vec<f64>>,
    convergence: Convergence,
    separation: Separation,
    n_iter: usize,
    gradient: f64,
}

impl LogisticModel {
    pub(super) fn new(
        schema: Schema,
        n_classes: usize,
        present: Vec<u32>,
        terms: Vec<Term>,
        solution: Solution,
        separation: Separation,
    ) -> Self {
        let Solution { vectors, n_iter, gradient, converged } = solution;
        let vectors = rows_of(&vectors);
        let convergence = if converged { Convergence::Converged } else { Convergence::Stopped };
        Self {
            schema,
            n_classes,
            present,
            terms,
            vectors,
            convergence,
            separation,
            n_iter,
            gradient,
        }
    }

    pub(super) fn constant(
        schema: Schema,
        n_classes: usize,
        present: Vec<u32>,
        terms: Vec<Term>,
    ) -> Self {
        Self {
            schema,
            n_classes,
            present,
            terms,
            vectors: Vec::new(),
            convergence: Convergence::OneClass,
            separation: Separation::None,
            n_iter: 0,
            gradient: 0.0,
        }
    }

    /// How the search ended.
    #[must_use]
    pub const fn convergence(&self) -> Convergence {
        self.convergence
    }

    /// Whether the search reached its tolerance.
    #[must_use]
    pub const fn converged(&self) -> bool {
        matches!(self.convergence, Convergence::Converged)
    }

    /// Newton steps taken.
    #[must_use]
    pub const fn n_iter(&self) -> usize {
        self.n_iter
    }

    /// Greatest component of the gradient at the end, per unit of weight and of standard deviation;
    /// with an L1 part that of the least subgradient, by which the conditions of an optimum are
    /// missed.
    #[must_use]
    pub const fn gradient(&self) -> f64 {
        self.gradient
    }

    /// Whether the classes were separated in training.
    #[must_use]
    pub const fn separation(&self) -> Separation {
        self.separation
    }

    /// How many terms have a coefficient other than 0, in the predictor of any class.
    #[must_use]
    pub fn n_nonzero(&self) -> usize {
        let used = |term: &usize| self.vectors.iter().any(|vector| vector[term + 1] != 0.0);
        (0..self.terms.len()).filter(used).count()
    }

    /// The linear predictor of a class, or `None` where the class had no rows or was alone.
    ///
    /// With two classes present that of the second is the log-odds, and that of the first its
    /// negative. With more, predictors matter by their differences.
    #[must_use]
    pub fn coefficients(&self, class: ClassIdx) -> Option<Coefficients> {
        let at = self.present.iter().position(|&present| present == class.get())?;
        let (vector, sign) = match self.vectors.as_slice() {
            [] => return None,
            [vector] => (vector, if at == 1 { 1.0 } else { -1.0 }),
            vectors => (&vectors[at], 1.0),
        };
        let terms: Vec<Coefficient> = self
            .terms
            .iter()
            .zip(&vector[1..])
            .map(|(term, &v)| Coefficient {
                name: term.name(&self.schema),
                per_unit: sign * v / term.scale,
                per_deviation: sign * v,
            })
            .collect();
        let shift: f64 =
            self.terms.iter().zip(&terms).map(|(t, coef)| t.centre * coef.per_unit).sum();
        Some(Coefficients { intercept: sign * vector[0] - shift, terms })
    }

    #[inline]
    fn score(&self, vector: &[f64], row: &[f64]) -> f64 {
        let slopes = self.terms.iter().zip(&vector[1..]);
        vector[0]
            + slopes.map(|(term, &v)| if v == 0.0 { 0.0 } else { v * term.of(row) }).sum::<f64>()
    }
}

fn rows_of(vectors: &Array2<f64>) -> Vec<Vec<f64>> {
    vectors.rows().into_iter().map(|row| row.to_vec()).collect()
}

impl Classifier for LogisticModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        assert_eq!(out.len(), self.n_classes, "one place for each class");
        out.fill(0.0);
        match self.vectors.as_slice() {
            [] => out[self.present[0] as usize] = 1.0,
            [vector] => {
                let score = self.score(vector, row);
                out[self.present[0] as usize] = sigmoid(-score);
                out[self.present[1] as usize] = sigmoid(score);
            }
            vectors => {
                // Present classes ascend, so scores gather at the front and spread from the back.
                for (out, vector) in out.iter_mut().zip(vectors) {
                    *out = self.score(vector, row);
                }
                softmax(&mut out[..vectors.len()]);
                for (at, &class) in self.present.iter().enumerate().rev() {
                    out.swap(at, class as usize);
                }
            }
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    n_classes: usize,
    present: Vec<u32>,
    terms: Vec<Term>,
    vectors: Vec<Vec<f64>>,
    convergence: Convergence,
    separation: Separation,
    n_iter: usize,
    gradient: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for LogisticModel {
    type Error = crate::saved::Broken;

    fn try_from(repr: Repr) -> Result<Self, Self::Error> {
        use crate::saved::{check_classes, check_finite, check_moderate, ensure};
        let Repr {
            schema,
            n_classes,
            present,
            terms,
            vectors,
            convergence,
            separation,
            n_iter,
            gradient,
        } = repr;
        let ascending = present.windows(2).all(|pair| pair[0] < pair[1]);
        let known = present.last().is_some_and(|&class| (class as usize) < n_classes);
        ensure(ascending && known, "present", "ascending classes of the model")?;
        check_classes(n_classes)?;
        let expected = match present.len() {
            1 => 0,
            2 => 1,
            more => more,
        };
        ensure(vectors.len() == expected, "vectors", "as many as the classes present ask for")?;
        for vector in &vectors {
            ensure(vector.len() == terms.len() + 1, "vectors", "one number for each term")?;
            check_moderate("vectors", vector)?;
        }
        for term in &terms {
            ensure((term.column as usize) < schema.len(), "terms", "columns of the schema")?;
            check_finite("terms", &[term.centre, term.scale])?;
            ensure(term.scale > 0.0, "terms", "a scale above 0")?;
        }
        Ok(Self {
            schema,
            n_classes,
            present,
            terms,
            vectors,
            convergence,
            separation,
            n_iter,
            gradient,
        })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for LogisticModel {
    const TAG: &'static str = "classify/logistic";
    const VERSION: u32 = 1;

    fn takes(&self) -> Option<&Schema> {
        Some(Classifier::schema(self))
    }
}
