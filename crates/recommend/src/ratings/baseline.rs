//! What is left when tastes are: who rates kindly, and what is rated well.

use patronage_core::{CustomerIdx, Fit, Interactions};

use super::data::{Ratings, row};
use super::scale::RatingScale;
use super::serve::{Tasting, serve};
use crate::error::{Error, require};

/// The baseline of ratings: the mean, how kindly the customer rates, and how well the item is rated.
///
/// ```text
/// r(u, i) = μ + b(u) + b(i)
/// b(i) = Σ over raters u of (r(u, i) − μ − b(u)) / (λᵢ + number of raters)
/// b(u) = Σ over rated i of (r(u, i) − μ − b(i)) / (λᵤ + number of rated)
/// ```
///
/// both in turn, items first, from `b(u) = 0`. Interactions weigh as ratings, on the scale. O(sweeps
/// × ratings). Whoever is unknown has a bias of 0; a history in a request tells hers.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, there is no rating, or one is off the scale.
///
/// # References
///
/// Y. Koren (2010), "Factor in the neighbors: scalable and accurate collaborative filtering".
///
/// # Examples
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx, RatingPredictor};
/// use patronage_recommend::{RatingBaseline, RatingScale};
///
/// let stars = [(0, 0, 5.0), (0, 1, 3.0), (1, 0, 4.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 2, &stars, |_, _| {})?)?;
/// let model = RatingBaseline::new(RatingScale::FIVE_STARS).regularization(0.0, 0.0).max_iter(100).fit(&table)?;
/// // One less than the kinder customer gives.
/// let rating = model.rating(Some(CustomerIdx::new(1)), Some(ItemIdx::new(1)));
/// assert!((rating - 2.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatingBaseline {
    scale: RatingScale,
    max_iter: usize,
    customer_regularization: f64,
    item_regularization: f64,
}

impl RatingBaseline {
    /// The baseline of ratings on `scale`.
    #[must_use]
    pub const fn new(scale: RatingScale) -> Self {
        Self { scale, max_iter: 10, customer_regularization: 15.0, item_regularization: 10.0 }
    }

    /// How often biases of items and customers are estimated in turn; default 10, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, sweeps: usize) -> Self {
        self.max_iter = sweeps;
        self
    }

    /// `λᵤ` and `λᵢ`, in ratings that speak for the mean; default 15 and 10, at least 0.
    #[must_use]
    pub const fn regularization(mut self, customers: f64, items: f64) -> Self {
        self.customer_regularization = customers;
        self.item_regularization = items;
        self
    }

    /// `λᵤ`.
    pub(super) const fn of_customers(&self) -> f64 {
        self.customer_regularization
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        require(self.max_iter >= 1, "max_iter", "at least 1", self.max_iter as f64)?;
        for (name, found) in [
            ("regularization of customers", self.customer_regularization),
            ("regularization of items", self.item_regularization),
        ] {
            let holds = found.is_finite() && found >= 0.0;
            require(holds, name, "a finite number of at least 0", found)?;
        }
        Ok(())
    }

    /// The biases of ratings.
    pub(super) fn biases(&self, ratings: &Ratings) -> Biases {
        let mut customers = vec![0.0; ratings.n_customers()];
        let mut items = vec![0.0; ratings.n_items()];
        let mean = ratings.mean;
        for _ in 0..self.max_iter {
            for (item, bias) in items.iter_mut().enumerate() {
                let raters = row(&ratings.by_item, item).map(|(u, r)| (r, customers[u]));
                *bias = residual(raters, mean, self.item_regularization);
            }
            for (customer, bias) in customers.iter_mut().enumerate() {
                let rated = row(&ratings.by_customer, customer).map(|(i, r)| (r, items[i]));
                *bias = residual(rated, mean, self.customer_regularization);
            }
        }
        Biases { mean, customers, items }
    }
}

/// What ratings are above the mean and the other side's bias, drawn to 0; 0 without ratings.
fn residual(
    ratings: impl ExactSizeIterator<Item = (f64, f64)>,
    mean: f64,
    regularisation: f64,
) -> f64 {
    let n = ratings.len();
    if n == 0 {
        return 0.0;
    }
    let sum: f64 = ratings.map(|(rating, bias)| rating - mean - bias).sum();
    sum / (regularisation + n as f64)
}

/// A mean and what customers and items add to it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub(super) struct Biases {
    pub(super) mean: f64,
    pub(super) customers: Vec<f64>,
    pub(super) items: Vec<f64>,
}

impl Biases {
    /// The bias of a customer with these ratings.
    pub(super) fn fold(&self, rated: &[(usize, f64)], regularisation: f64) -> f64 {
        let rated = rated.iter().map(|&(item, rating)| (rating, self.items[item]));
        residual(rated, self.mean, regularisation)
    }

    #[cfg(feature = "serde")]
    pub(super) fn check(&self) -> Result<(), Error> {
        let all = self.customers.iter().chain(&self.items).chain([&self.mean]);
        crate::error::require_saved(all.into_iter().all(|b| b.abs() <= 1e9), "biases below 1e9")
    }
}

impl<I: Interactions + ?Sized> Fit<I> for RatingBaseline {
    type Model = RatingBaselineModel;
    type Error = Error;

    fn fit(&self, data: &I) -> Result<RatingBaselineModel, Error> {
        self.validate()?;
        let ratings = Ratings::new(data, self.scale)?;
        let biases = self.biases(&ratings);
        let regularisation = self.customer_regularization;
        Ok(RatingBaselineModel { scale: self.scale, biases, regularisation })
    }
}

/// Biases, learnt by [`RatingBaseline`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct RatingBaselineModel {
    scale: RatingScale,
    biases: Biases,
    regularisation: f64,
}

impl RatingBaselineModel {
    /// The mean of all ratings.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.biases.mean
    }

    /// How much kinder than the mean each customer rates; 0 where she rated nothing.
    #[must_use]
    pub fn customer_biases(&self) -> &[f64] {
        &self.biases.customers
    }

    /// How much better than the mean each item is rated; 0 where nobody did.
    #[must_use]
    pub fn item_biases(&self) -> &[f64] {
        &self.biases.items
    }
}

impl Tasting for RatingBaselineModel {
    type Taste<'a> = f64;

    fn rating_scale(&self) -> RatingScale {
        self.scale
    }

    fn n_items(&self) -> usize {
        self.biases.items.len()
    }

    fn learnt(&self, customer: CustomerIdx) -> Option<f64> {
        // Whoever rated has a bias that is not exactly 0, or one that another history gives as well.
        self.biases.customers.get(customer.index()).copied().filter(|&bias| bias != 0.0)
    }

    fn folded(&self, rated: &[(usize, f64)]) -> f64 {
        self.biases.fold(rated, self.regularisation)
    }

    fn expected(&self, bias: &f64, item: usize) -> f64 {
        self.biases.mean + bias + self.biases.items[item]
    }

    fn expected_of_unknown(&self, bias: &f64) -> f64 {
        self.biases.mean + bias
    }
}

serve!(RatingBaselineModel);

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    scale: RatingScale,
    biases: Biases,
    regularisation: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for RatingBaselineModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { scale, biases, regularisation } = repr;
        biases.check()?;
        let holds = regularisation.is_finite() && regularisation >= 0.0;
        crate::error::require_saved(holds, "a regularisation of at least 0")?;
        Ok(Self { scale, biases, regularisation })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for RatingBaselineModel {
    const TAG: &'static str = "recommend/rating-baseline";
    const VERSION: u32 = 1;
}
