//! Factorisation that also learns from what was rated at all.

use patronage_core::{Fit, Interactions, Seeded};

use super::baseline::Biases;
use super::biased::{BiasedFactors, Taste, biased};
use super::data::Ratings;
use super::factors::{Factors, SgdOrder, arrange, check_error, dot, epoch_rng};
use super::scale::RatingScale;
use super::serve::serve;
use super::svd::BiasedMf;
use crate::error::Error;

/// SVD++: [`BiasedMf`] that also learns from which items a customer rated at all.
///
/// ```text
/// r(u, i) = μ + b(u) + b(i) + q(i)·(p(u) + |R(u)|^−½ Σ over j in R(u) of y(j))
/// ```
///
/// with `R(u)` the items she rated, by stochastic gradient descent on one thread, customer by
/// customer. After each rating every `y(j)` of her items moves by the same step and shrinks by the
/// same factor, so both are kept aside and applied once a customer: what usually costs O(Σ |R(u)|² ×
/// factors) an epoch takes O(ratings × factors), with the same result.
///
/// The taste of a customer who did not train comes from the `y` of the items in her history, and
/// from the exact minimum of bias and `p` for her ratings.
///
/// # Errors
///
/// As [`BiasedMf`].
///
/// # References
///
/// Y. Koren (2008), "Factorization meets the neighborhood: a multifaceted collaborative filtering model".
///
/// # Examples
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx, RatingPredictor};
/// use patronage_recommend::{RatingScale, SvdPlusPlus};
///
/// let likes = |u: u32, i: u32| if (u < 2) == (i < 2) { 5.0 } else { 1.0 };
/// let stars: Vec<_> = (0..16).map(|c| (c / 4, c % 4, likes(c / 4, c % 4))).skip(1).collect();
/// let table = InteractionTable::new(Csr::from_entries(4, 4, &stars, |_, _| {})?)?;
/// let model = SvdPlusPlus::new(RatingScale::FIVE_STARS).n_factors(2).max_iter(300).learning_rate(0.05).fit(&table)?;
/// assert!(model.rating(Some(CustomerIdx::new(0)), Some(ItemIdx::new(0))) > 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SvdPlusPlus {
    mf: BiasedMf,
}

impl SvdPlusPlus {
    /// Factorisation of ratings on `scale`.
    #[must_use]
    pub const fn new(scale: RatingScale) -> Self {
        Self { mf: BiasedMf::new(scale).n_factors(40).learning_rate(0.007) }
    }

    /// The number of factors; default 40, at most 10,000.
    #[must_use]
    pub const fn n_factors(self, factors: usize) -> Self {
        Self { mf: self.mf.n_factors(factors) }
    }

    /// How often each rating is learnt from; default 40, at least 1.
    #[must_use]
    pub const fn max_iter(self, epochs: usize) -> Self {
        Self { mf: self.mf.max_iter(epochs) }
    }

    /// `η`, the length of a step; default 0.007, above 0.
    #[must_use]
    pub const fn learning_rate(self, learning_rate: f64) -> Self {
        Self { mf: self.mf.learning_rate(learning_rate) }
    }

    /// `λ`, which draws everything to 0; default 0.1, at least 0.
    #[must_use]
    pub const fn regularization(self, regularization: f64) -> Self {
        Self { mf: self.mf.regularization(regularization) }
    }

    /// The mean and the standard deviation of the normal draws that factors start from; default 0 and 0.1.
    #[must_use]
    pub const fn start(self, mean: f64, deviation: f64) -> Self {
        Self { mf: self.mf.start(mean, deviation) }
    }

    /// The order of customers, and of each one's ratings, in an epoch; default [`SgdOrder::Shuffled`].
    #[must_use]
    pub const fn order(self, order: SgdOrder) -> Self {
        Self { mf: self.mf.order(order) }
    }

    /// Seed of the draws; default 0.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        Self { mf: self.mf.seed(seed) }
    }

    fn learn(&self, ratings: &Ratings) -> Result<SvdPlusPlusModel, Error> {
        let BiasedMf { scale, n_factors: width, seed, order, .. } = self.mf;
        let (eta, lambda) = (self.mf.learning_rate, self.mf.regularization);
        let (n_customers, n_items) = (ratings.n_customers(), ratings.n_items());
        let mut p = Factors::drawn(n_customers, width, self.mf.drawn(), seed, 0);
        let mut q = Factors::drawn(n_items, width, self.mf.drawn(), seed, 1);
        let mut y = Factors::drawn(n_items, width, self.mf.drawn(), seed, 2);
        let (mut b_u, mut b_i) = (vec![0.0; n_customers], vec![0.0; n_items]);
        let mut customers: Vec<u32> = (0..n_customers as u32).collect();
        let (mut own, mut implicit) = (Vec::<u32>::new(), vec![0.0; width]);
        // What each y of hers gains on the way through her ratings, and what shrinks all factors.
        let (mut gained, kept) = (vec![0.0; width], 1.0 - eta * lambda);
        let mut training_rmse = Vec::with_capacity(self.mf.max_iter);
        for epoch in 0..self.mf.max_iter {
            let mut rng = epoch_rng(seed, epoch);
            arrange(order, &mut customers, &mut rng);
            let mut squared = 0.0;
            for &u in &customers {
                let u = u as usize;
                let (items, values) = ratings.by_customer.row(u);
                if items.is_empty() {
                    continue;
                }
                let norm = 1.0 / (items.len() as f64).sqrt();
                sum_of(&y, items, norm, &mut implicit);
                gained.fill(0.0);
                own.clear();
                own.extend(0..items.len() as u32);
                arrange(order, &mut own, &mut rng);
                let p = p.row_mut(u);
                for &at in &own {
                    let i = items[at as usize] as usize;
                    let q = q.row_mut(i);
                    let expected = ratings.mean + b_u[u] + b_i[i] + dot(q, p) + dot(q, &implicit);
                    let error = f64::from(values[at as usize]) - expected;
                    squared += error * error;
                    b_u[u] += eta * (error - lambda * b_u[u]);
                    b_i[i] += eta * (error - lambda * b_i[i]);
                    let both = p.iter_mut().zip(q).zip(&mut implicit).zip(&mut gained);
                    for (((p, q), implicit), gained) in both {
                        let (of_p, of_q) = (*p, *q);
                        *p += eta * (error * of_q - lambda * of_p);
                        *q += eta * (error * (of_p + *implicit) - lambda * of_q);
                        let step = eta * error * of_q;
                        *implicit = kept * *implicit + step;
                        *gained = kept * *gained + step * norm;
                    }
                }
                let shrunk = kept.powi(items.len() as i32);
                for &item in items {
                    for (y, gained) in y.row_mut(item as usize).iter_mut().zip(&gained) {
                        *y = shrunk * *y + gained;
                    }
                }
            }
            check_error(epoch, squared)?;
            training_rmse.push((squared / ratings.len() as f64).sqrt());
        }
        for u in 0..n_customers {
            let items = ratings.by_customer.row(u).0;
            let norm = 1.0 / (items.len().max(1) as f64).sqrt();
            sum_of(&y, items, norm, &mut implicit);
            p.row_mut(u).iter_mut().zip(&implicit).for_each(|(p, implicit)| *p += implicit);
        }
        p.clear(|u| ratings.by_customer.row(u).0.is_empty());
        let nobody_rated = |i: usize| ratings.by_item.row(i).0.is_empty();
        q.clear(nobody_rated);
        y.clear(nobody_rated);
        let biases = Biases { mean: ratings.mean, customers: b_u, items: b_i };
        let (regularisation, customers, items) = (lambda, p, q);
        let of = BiasedFactors { scale, regularisation, biases, customers, items, training_rmse };
        Ok(SvdPlusPlusModel { of, y })
    }
}

/// `norm × Σ over items of y(item)`, into `out`.
fn sum_of(y: &Factors, items: &[u32], norm: f64, out: &mut [f64]) {
    out.fill(0.0);
    for &item in items {
        out.iter_mut().zip(y.row(item as usize)).for_each(|(out, y)| *out += y);
    }
    out.iter_mut().for_each(|out| *out *= norm);
}

impl Seeded for SvdPlusPlus {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

impl<I: Interactions + ?Sized> Fit<I> for SvdPlusPlus {
    type Model = SvdPlusPlusModel;
    type Error = Error;

    fn fit(&self, data: &I) -> Result<SvdPlusPlusModel, Error> {
        self.mf.validate()?;
        self.learn(&Ratings::new(data, self.mf.scale)?)
    }
}

/// Biases and factors, learnt by [`SvdPlusPlus`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr", into = "Repr"))]
pub struct SvdPlusPlusModel {
    /// Those of customers are `p(u)` with what the items she rated add to it.
    of: BiasedFactors,
    y: Factors,
}

impl SvdPlusPlusModel {
    fn fold(&self, rated: &[(usize, f64)]) -> Taste<'_> {
        let items: Vec<u32> = rated.iter().map(|&(item, _)| item as u32).collect();
        let mut implicit = vec![0.0; self.y.width];
        sum_of(&self.y, &items, 1.0 / (items.len().max(1) as f64).sqrt(), &mut implicit);
        let mut taste = self.of.fold(rated, |item| dot(self.of.items.row(item), &implicit));
        let factors = taste.factors.to_mut();
        factors.iter_mut().zip(&implicit).for_each(|(p, implicit)| *p += implicit);
        taste
    }
}

biased!(SvdPlusPlusModel);
serve!(SvdPlusPlusModel);

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
struct Repr {
    scale: RatingScale,
    regularisation: f64,
    biases: Biases,
    tastes: Factors,
    q: Factors,
    y: Factors,
    training_rmse: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<SvdPlusPlusModel> for Repr {
    fn from(SvdPlusPlusModel { of, y }: SvdPlusPlusModel) -> Self {
        let BiasedFactors { scale, regularisation, biases, customers, items: q, training_rmse } =
            of;
        Self { scale, regularisation, biases, tastes: customers, q, y, training_rmse }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for SvdPlusPlusModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { scale, regularisation, biases, tastes: customers, q: items, y, .. } = repr;
        let training_rmse = repr.training_rmse;
        let of = BiasedFactors { scale, regularisation, biases, customers, items, training_rmse };
        of.check()?;
        y.check(of.n_items(), of.items.width)?;
        Ok(Self { of, y })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for SvdPlusPlusModel {
    const TAG: &'static str = "recommend/svd-plus-plus";
    const VERSION: u32 = 1;
}
