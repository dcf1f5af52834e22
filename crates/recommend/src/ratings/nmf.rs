//! Non-negative matrix factorisation of ratings.

use patronage_core::{Fit, Interactions, Seeded};

use super::data::{Ratings, row};
use super::factors::{Factors, Start, dot};
use super::nmf_model::NmfModel;
use super::scale::RatingScale;
use crate::error::{Error, require};
use crate::par;

/// Which factors an update of [`Nmf`] starts from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum NmfUpdates {
    /// Items are updated with the customers' new factors: the loss never rises.
    #[default]
    Alternating,
    /// Customers and items are updated at once, each with the other's former factors, as in the
    /// paper; estimates may swing from sweep to sweep.
    Simultaneous,
}

/// Non-negative matrix factorisation of ratings: parts that only add up.
///
/// ```text
/// r(u, i) = q(i)·p(u),   p, q ≥ 0
/// p(u, f) ← p(u, f) × Σᵢ q(i, f) r(u, i) / (Σᵢ q(i, f) r̂(u, i) + n(u) λᵤ p(u, f))
/// q(i, f) ← q(i, f) × Σᵤ p(u, f) r(u, i) / (Σᵤ p(u, f) r̂(u, i) + n(i) λᵢ q(i, f))
/// ```
///
/// with `r̂` the estimate before the sweep; only observed ratings count, `n` their number. All rows
/// of one side are independent, and found in parallel. O(epochs × ratings × factors). Zero stays
/// zero, so factors start from draws above it. Where a customer or an item is unknown, the rating is
/// the mean.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, the scale begins below 0, there is no rating, or
/// one is off the scale.
///
/// # References
///
/// X. Luo, M. Zhou, Y. Xia, Q. Zhu (2014), "An efficient non-negative matrix-factorization-based
/// approach to collaborative filtering for recommender systems".
///
/// # Examples
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx, RatingPredictor};
/// use patronage_recommend::{Nmf, RatingScale};
///
/// // Customer 1 gives half of what customer 0 gives; one cell is open.
/// let stars = [(0, 0, 4.0), (0, 1, 2.0), (0, 2, 4.0), (1, 0, 2.0), (1, 1, 1.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 3, &stars, |_, _| {})?)?;
/// let model = Nmf::new(RatingScale::FIVE_STARS).n_factors(1).regularization(0.0, 0.0).fit(&table)?;
/// let open = model.rating(Some(CustomerIdx::new(1)), Some(ItemIdx::new(2)));
/// assert!((open - 2.0).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nmf {
    scale: RatingScale,
    n_factors: usize,
    max_iter: usize,
    customer_regularization: f64,
    item_regularization: f64,
    start: (f64, f64),
    updates: NmfUpdates,
    seed: u64,
}

impl Nmf {
    /// Factorisation of ratings on `scale`, which begins at 0 or above.
    #[must_use]
    pub const fn new(scale: RatingScale) -> Self {
        Self {
            scale,
            n_factors: 15,
            max_iter: 50,
            customer_regularization: 0.12,
            item_regularization: 0.12,
            start: (0.0, 1.0),
            updates: NmfUpdates::Alternating,
            seed: 0,
        }
    }

    /// The number of factors; default 15, from 1 to 10,000.
    #[must_use]
    pub const fn n_factors(mut self, factors: usize) -> Self {
        self.n_factors = factors;
        self
    }

    /// The number of sweeps; default 50, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, epochs: usize) -> Self {
        self.max_iter = epochs;
        self
    }

    /// `λᵤ` and `λᵢ`; default 0.12 each, at least 0.
    #[must_use]
    pub const fn regularization(mut self, customers: f64, items: f64) -> Self {
        self.customer_regularization = customers;
        self.item_regularization = items;
        self
    }

    /// Factors start from uniform draws between these; default 0 and 1, at least 0.
    #[must_use]
    pub const fn start(mut self, low: f64, high: f64) -> Self {
        self.start = (low, high);
        self
    }

    /// Which factors an update starts from; default [`NmfUpdates::Alternating`].
    #[must_use]
    pub const fn updates(mut self, updates: NmfUpdates) -> Self {
        self.updates = updates;
        self
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let (low, high) = self.start;
        let holds = (1..=10_000).contains(&self.n_factors);
        require(holds, "n_factors", "from 1 to 10,000", self.n_factors as f64)?;
        require(self.max_iter >= 1, "max_iter", "at least 1", self.max_iter as f64)?;
        for (name, found) in [
            ("regularization of customers", self.customer_regularization),
            ("regularization of items", self.item_regularization),
        ] {
            let holds = found.is_finite() && found >= 0.0;
            require(holds, name, "a finite number of at least 0", found)?;
        }
        let expected = "a number from 0 to 1e3";
        require((0.0..=1e3).contains(&low), "low end of the start", expected, low)?;
        let holds = (low..=1e3).contains(&high) && high > 0.0;
        require(holds, "high end of the start", "a number from the low end to 1e3, above 0", high)?;
        let scale = self.scale.low();
        require(scale >= 0.0, "low end of the scale", "a rating of at least 0", scale)
    }
}

impl Seeded for Nmf {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

/// One row after a sweep, given what it was rated or rates.
pub(super) fn updated(
    own: &[f64],
    others: &Factors,
    rated: impl ExactSizeIterator<Item = (usize, f64)>,
    regularisation: f64,
) -> Vec<f64> {
    let n = rated.len() as f64;
    let (mut above, mut below) = (vec![0.0; own.len()], vec![0.0; own.len()]);
    for (index, rating) in rated {
        let other = others.row(index);
        let estimate = dot(other, own);
        for ((above, below), other) in above.iter_mut().zip(&mut below).zip(other) {
            *above += other * rating;
            *below += other * estimate;
        }
    }
    let factor = |((own, above), below): ((&f64, f64), f64)| {
        let below = below + n * regularisation * own;
        // Nothing to divide by means nothing that speaks for another value.
        if below > f64::MIN_POSITIVE { own * (above / below) } else { *own }
    };
    own.iter().zip(above).zip(below).map(factor).collect()
}

/// All rows of one side after a sweep.
fn sweep(
    own: &Factors,
    others: &Factors,
    by_own: &patronage_core::Csr<f32>,
    ridge: f64,
) -> Factors {
    let rows = par::map(
        by_own.n_rows(),
        || (),
        |(), at| updated(own.row(at), others, row(by_own, at), ridge),
    );
    Factors { width: own.width, values: rows.concat() }
}

impl<I: Interactions + ?Sized> Fit<I> for Nmf {
    type Model = NmfModel;
    type Error = Error;

    fn fit(&self, data: &I) -> Result<NmfModel, Error> {
        self.validate()?;
        let ratings = Ratings::new(data, self.scale)?;
        let start = Start::Uniform { low: self.start.0, high: self.start.1 };
        let mut p = Factors::drawn(ratings.n_customers(), self.n_factors, start, self.seed, 0);
        let mut q = Factors::drawn(ratings.n_items(), self.n_factors, start, self.seed, 1);
        for _ in 0..self.max_iter {
            let next = sweep(&p, &q, &ratings.by_customer, self.customer_regularization);
            let of_items = match self.updates {
                NmfUpdates::Alternating => &next,
                NmfUpdates::Simultaneous => &p,
            };
            q = sweep(&q, of_items, &ratings.by_item, self.item_regularization);
            p = next;
        }
        p.clear(|u| ratings.by_customer.row(u).0.is_empty());
        q.clear(|i| ratings.by_item.row(i).0.is_empty());
        let regularisation = self.customer_regularization;
        Ok(NmfModel { scale: self.scale, mean: ratings.mean, regularisation, p, q })
    }
}
