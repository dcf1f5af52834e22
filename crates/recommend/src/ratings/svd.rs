//! Biased matrix factorisation.

use patronage_core::{Fit, Interactions, Seeded};

use super::baseline::Biases;
use super::biased::{BiasedFactors, Taste, biased};
use super::data::Ratings;
use super::factors::{Factors, SgdOrder, Start, arrange, check_error, dot, epoch_rng};
use super::scale::RatingScale;
use super::serve::serve;
use crate::error::{Error, require};

/// Biased matrix factorisation of ratings, also known as SVD or Funk's SVD.
///
/// ```text
/// r(u, i) = μ + b(u) + b(i) + q(i)·p(u)
/// minimise Σ over ratings of e² + λ (b(u)² + b(i)² + |p(u)|² + |q(i)|²),   e = rating − r(u, i)
/// ```
///
/// by stochastic gradient descent on one thread: after each rating `b(u) += η (e − λ b(u))`,
/// `p(u) += η (e q(i) − λ p(u))`, and so for the item. O(epochs × ratings × factors). The taste of a
/// customer who did not train is the exact minimum for the ratings in her history, items as they
/// were learnt; O(min(n, d)² max(n, d)) of n ratings and d factors.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, there is no rating or one off the scale, or the
/// learning rate is so high that errors grow without bound.
///
/// # References
///
/// Y. Koren, R. Bell, C. Volinsky (2009), "Matrix factorization techniques for recommender systems".
///
/// # Examples
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx, RatingPredictor};
/// use patronage_recommend::{BiasedMf, RatingScale};
///
/// // Customers 0 and 1 like items 0 and 1, customers 2 and 3 like 2 and 3; one cell is open.
/// let likes = |u: u32, i: u32| if (u < 2) == (i < 2) { 5.0 } else { 1.0 };
/// let stars: Vec<_> = (0..16).map(|c| (c / 4, c % 4, likes(c / 4, c % 4))).skip(1).collect();
/// let table = InteractionTable::new(Csr::from_entries(4, 4, &stars, |_, _| {})?)?;
/// let model = BiasedMf::new(RatingScale::FIVE_STARS).n_factors(2).max_iter(300).learning_rate(0.05).fit(&table)?;
/// assert!(model.rating(Some(CustomerIdx::new(0)), Some(ItemIdx::new(0))) > 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasedMf {
    pub(super) scale: RatingScale,
    pub(super) n_factors: usize,
    pub(super) max_iter: usize,
    pub(super) learning_rate: f64,
    pub(super) regularization: f64,
    pub(super) start: (f64, f64),
    pub(super) order: SgdOrder,
    pub(super) seed: u64,
}

impl BiasedMf {
    /// Factorisation of ratings on `scale`.
    #[must_use]
    pub const fn new(scale: RatingScale) -> Self {
        Self {
            scale,
            n_factors: 100,
            max_iter: 40,
            learning_rate: 0.01,
            regularization: 0.1,
            start: (0.0, 0.1),
            order: SgdOrder::Shuffled,
            seed: 0,
        }
    }

    /// The number of factors; default 100, at most 10,000; with 0 only biases are learnt.
    #[must_use]
    pub const fn n_factors(mut self, factors: usize) -> Self {
        self.n_factors = factors;
        self
    }

    /// How often each rating is learnt from; default 40, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, epochs: usize) -> Self {
        self.max_iter = epochs;
        self
    }

    /// `η`, the length of a step; default 0.01, above 0.
    #[must_use]
    pub const fn learning_rate(mut self, learning_rate: f64) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// `λ`, which draws everything to 0; default 0.1, at least 0.
    #[must_use]
    pub const fn regularization(mut self, regularization: f64) -> Self {
        self.regularization = regularization;
        self
    }

    /// The mean and the standard deviation of the normal draws that factors start from; default 0 and 0.1.
    #[must_use]
    pub const fn start(mut self, mean: f64, deviation: f64) -> Self {
        self.start = (mean, deviation);
        self
    }

    /// The order of ratings in an epoch; default [`SgdOrder::Shuffled`].
    #[must_use]
    pub const fn order(mut self, order: SgdOrder) -> Self {
        self.order = order;
        self
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        require(self.n_factors <= 10_000, "n_factors", "at most 10,000", self.n_factors as f64)?;
        require(self.max_iter >= 1, "max_iter", "at least 1", self.max_iter as f64)?;
        let (rate, ridge) = (self.learning_rate, self.regularization);
        let above = "a finite number above 0";
        require(rate.is_finite() && rate > 0.0, "learning_rate", above, rate)?;
        let at_least = "a finite number of at least 0";
        require(ridge.is_finite() && ridge >= 0.0, "regularization", at_least, ridge)?;
        let (mean, deviation) = self.start;
        require(mean.abs() <= 1e6, "mean of the start", "a number within 1e6 of 0", mean)?;
        let holds = (0.0..=1e6).contains(&deviation);
        require(holds, "deviation of the start", "a number from 0 to 1e6", deviation)
    }

    pub(super) const fn drawn(&self) -> Start {
        Start::Normal { mean: self.start.0, deviation: self.start.1 }
    }
}

impl Seeded for BiasedMf {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

impl<I: Interactions + ?Sized> Fit<I> for BiasedMf {
    type Model = BiasedMfModel;
    type Error = Error;

    fn fit(&self, data: &I) -> Result<BiasedMfModel, Error> {
        self.validate()?;
        self.learn(&Ratings::new(data, self.scale)?)
    }
}

impl BiasedMf {
    fn learn(&self, ratings: &Ratings) -> Result<BiasedMfModel, Error> {
        let (n_customers, n_items) = (ratings.n_customers(), ratings.n_items());
        let width = self.n_factors;
        let mut p = Factors::drawn(n_customers, width, self.drawn(), self.seed, 0);
        let mut q = Factors::drawn(n_items, width, self.drawn(), self.seed, 1);
        let (mut b_u, mut b_i) = (vec![0.0; n_customers], vec![0.0; n_items]);
        let (eta, lambda) = (self.learning_rate, self.regularization);
        let of_position: Vec<u32> = (0..n_customers)
            .flat_map(|u| std::iter::repeat_n(u as u32, ratings.by_customer.row(u).0.len()))
            .collect();
        let items: Vec<u32> =
            (0..n_customers).flat_map(|u| ratings.by_customer.row(u).0).copied().collect();
        let values = ratings.by_customer.values();
        let mut work: Vec<u32> = (0..ratings.len() as u32).collect();
        let mut training_rmse = Vec::with_capacity(self.max_iter);
        for epoch in 0..self.max_iter {
            arrange(self.order, &mut work, &mut epoch_rng(self.seed, epoch));
            let mut squared = 0.0;
            for &position in &work {
                let position = position as usize;
                let (u, i) = (of_position[position] as usize, items[position] as usize);
                let (p, q) = (p.row_mut(u), q.row_mut(i));
                let expected = ratings.mean + b_u[u] + b_i[i] + dot(q, p);
                let error = f64::from(values[position]) - expected;
                squared += error * error;
                b_u[u] += eta * (error - lambda * b_u[u]);
                b_i[i] += eta * (error - lambda * b_i[i]);
                for (p, q) in p.iter_mut().zip(q) {
                    let before = *p;
                    *p += eta * (error * *q - lambda * before);
                    *q += eta * (error * before - lambda * *q);
                }
            }
            check_error(epoch, squared)?;
            training_rmse.push((squared / ratings.len() as f64).sqrt());
        }
        p.clear(|u| ratings.by_customer.row(u).0.is_empty());
        q.clear(|i| ratings.by_item.row(i).0.is_empty());
        let biases = Biases { mean: ratings.mean, customers: b_u, items: b_i };
        let (scale, regularisation) = (self.scale, lambda);
        let (customers, items) = (p, q);
        let of = BiasedFactors { scale, regularisation, biases, customers, items, training_rmse };
        Ok(BiasedMfModel { of })
    }
}

/// Biases and factors, learnt by [`BiasedMf`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr", into = "Repr"))]
pub struct BiasedMfModel {
    of: BiasedFactors,
}

impl BiasedMfModel {
    fn fold(&self, rated: &[(usize, f64)]) -> Taste<'_> {
        self.of.fold(rated, |_| 0.0)
    }
}

biased!(BiasedMfModel);
serve!(BiasedMfModel);

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
struct Repr {
    scale: RatingScale,
    regularisation: f64,
    biases: Biases,
    p: Factors,
    q: Factors,
    training_rmse: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<BiasedMfModel> for Repr {
    fn from(BiasedMfModel { of }: BiasedMfModel) -> Self {
        let BiasedFactors { scale, regularisation, biases, customers: p, items: q, training_rmse } =
            of;
        Self { scale, regularisation, biases, p, q, training_rmse }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for BiasedMfModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { scale, regularisation, biases, p: customers, q: items, training_rmse } = repr;
        let of = BiasedFactors { scale, regularisation, biases, customers, items, training_rmse };
        of.check()?;
        Ok(Self { of })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for BiasedMfModel {
    const TAG: &'static str = "recommend/biased-mf";
    const VERSION: u32 = 1;
}
