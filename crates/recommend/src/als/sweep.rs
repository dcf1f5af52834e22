//! One side solved while the other is held.

use patronage_core::{CustomerIdx, Interactions, ItemIdx};

use super::options::AlsSolver;
use super::terms::{Confidence, Entries, Terms};
use super::{conjugate, solve, subspace};
use crate::by_item::ByItem;
use crate::error::{Error, require};
use crate::linear::{LANES, Rows, System, dispatch, gram};
use crate::par;

/// Rows a worker takes at a time: a popular item is as much work as thousands of others.
const GRAIN: usize = 8;

/// The parameters of the objective.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Objective {
    pub(super) alpha: f64,
    pub(super) confidence: Confidence,
    pub(super) unobserved_weight: f64,
    pub(super) regularization: f64,
    pub(super) exponent: f64,
}

impl Objective {
    pub(super) fn validate(&self) -> Result<(), Error> {
        let Self { alpha, unobserved_weight, regularization, exponent, .. } = *self;
        let expected = "a number above 0, at most 1e9";
        require(alpha > 0.0 && alpha <= 1e9, "alpha", expected, alpha)?;
        let expected = "a number of at least 0, at most 1e6";
        let (from, to) = (0.0, 1e6);
        let holds = (from..=to).contains(&unobserved_weight);
        require(holds, "unobserved_weight", expected, unobserved_weight)?;
        let expected = "a number above 0, at most 1e9";
        let holds = regularization > 0.0 && regularization <= 1e9;
        require(holds, "regularization", expected, regularization)?;
        require((0.0..=2.0).contains(&exponent), "exponent", "a number in [0, 2]", exponent)
    }

    pub(super) fn terms(&self) -> Terms {
        let replaced = match self.confidence {
            Confidence::Added => 0.0,
            Confidence::Replacing => self.unobserved_weight as f32,
        };
        Terms { alpha: self.alpha as f32, replaced }
    }

    /// What the squared length of a row's factors costs.
    pub(super) fn ridge(&self, n_observed: usize, n_others: usize) -> f64 {
        let pairs = n_observed as f64 + self.unobserved_weight * n_others as f64;
        // Only a ridge above 0 keeps the equations definite.
        (self.regularization * pairs.powf(self.exponent)).clamp(1e-30, 1e30)
    }
}

/// The interactions by customer, as they are, and by item.
pub(super) struct Observed<'a, I: ?Sized> {
    data: &'a I,
    by_item: ByItem,
    terms: Terms,
}

impl<'a, I: Interactions + ?Sized> Observed<'a, I> {
    /// # Errors
    ///
    /// When the data break the promises of [`Interactions`].
    pub(super) fn new(data: &'a I, terms: Terms) -> Result<Self, Error> {
        Ok(Self { data, by_item: ByItem::new(data)?, terms })
    }

    pub(super) fn of_customer(&self, customer: usize) -> Entries<'_> {
        let row = self.data.row(CustomerIdx::from_usize(customer));
        let weights = (!self.by_item.is_binary()).then(|| row.weights());
        Entries { of: ItemIdx::peel_slice(row.items()), weights, terms: self.terms }
    }

    pub(super) fn of_item(&self, item: usize) -> Entries<'_> {
        let (of, weights) = self.by_item.row(item);
        Entries { of, weights, terms: self.terms }
    }
}

/// A worker's own space, as its solver needs it.
enum Worker {
    Exact(System),
    Conjugate(conjugate::Space),
    Subspace(Box<subspace::Space>),
}

/// Solves every row of `own` for its interactions with the rows of `other`.
///
/// Gives the objective, less the ridge of `other`. Rows do not depend on each other, and their
/// parts of the objective are added in order.
pub(super) fn solve_side<'a>(
    entries_of: &(dyn Fn(usize) -> Entries<'a> + Sync),
    other: &Rows,
    own: &mut Rows,
    objective: &Objective,
    solver: AlsSolver,
) -> f64 {
    let gram = gram(other, objective.unobserved_weight);
    let (d, stride) = (own.d(), own.stride());
    let block = match solver {
        AlsSolver::Subspace { block } => block.next_multiple_of(LANES).min(stride),
        _ => stride,
    };
    let worker = || match solver {
        AlsSolver::Exact => Worker::Exact(System::new(d)),
        AlsSolver::ConjugateGradient { .. } => Worker::Conjugate(conjugate::Space::new(d)),
        AlsSolver::Subspace { .. } => {
            Worker::Subspace(Box::new(subspace::Space::new(stride, block)))
        }
    };
    let parts = par::map_rows(own.all_mut(), stride, GRAIN, worker, |worker, row, x| {
        let entries = entries_of(row);
        let ridge = objective.ridge(entries.n_observed(), other.n()) as f32;
        let equations = solve::Equations { other, gram: &gram, entries, ridge };
        let objective = match worker {
            Worker::Exact(system) => dispatch(solve::Exact { equations, system, x }),
            Worker::Conjugate(space) => {
                let n_steps = match solver {
                    AlsSolver::ConjugateGradient { n_steps } => n_steps,
                    _ => 0,
                };
                dispatch(conjugate::Steps { equations, n_steps, space, x })
            }
            Worker::Subspace(space) => dispatch(subspace::Blocks { equations, block, space, x }),
        };
        if x.iter().all(|x| x.is_finite()) { objective } else { f64::NAN }
    });
    parts.iter().sum()
}

/// What the squared lengths of all rows cost.
pub(super) fn ridges<'a>(
    entries_of: &(dyn Fn(usize) -> Entries<'a> + Sync),
    rows: &Rows,
    n_others: usize,
    objective: &Objective,
) -> f64 {
    (0..rows.n())
        .map(|row| {
            let square: f64 = rows.values(row).iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            square * objective.ridge(entries_of(row).n_observed(), n_others)
        })
        .sum()
}
