//! How much better one item is rated than another.

use std::borrow::Cow;

use patronage_core::{Csr, CustomerIdx, Fit, Interactions, ItemIdx};

use super::data::{Ratings, row};
use super::scale::RatingScale;
use super::serve::{Tasting, serve};
use crate::error::{Error, require};
use crate::par;

/// Slope one: an item is rated as much above the customer's other items as it is by everybody else.
///
/// ```text
/// dev(i, j) = mean over customers who rated both of r(i) − r(j)
/// r(u, i) = mean of u's ratings + mean over her items j with a dev(i, j) of dev(i, j)
/// ```
///
/// O(Σ over customers of (her ratings)²) in parallel over items; 12 bytes for each ordered pair of
/// items that enough customers rated both ([`min_support`](Self::min_support)). A rating costs
/// O(her ratings + the item's pairs). Without a pair, the rating is the customer's mean; without
/// ratings, the mean of all.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, there is no rating, or one is off the scale.
///
/// # References
///
/// D. Lemire, A. Maclachlan (2005), "Slope one predictors for online rating-based collaborative filtering".
///
/// # Examples
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx, RatingPredictor};
/// use patronage_recommend::{RatingScale, SlopeOne};
///
/// let stars = [(0, 0, 3.0), (0, 1, 5.0), (1, 0, 2.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 2, &stars, |_, _| {})?)?;
/// let model = SlopeOne::new(RatingScale::FIVE_STARS).fit(&table)?;
/// assert_eq!(model.rating(Some(CustomerIdx::new(1)), Some(ItemIdx::new(1))), 4.0);
/// assert_eq!(model.deviation(ItemIdx::new(1), ItemIdx::new(0)), Some((2.0, 1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlopeOne {
    scale: RatingScale,
    min_support: u32,
}

impl SlopeOne {
    /// Slope one for ratings on `scale`.
    #[must_use]
    pub const fn new(scale: RatingScale) -> Self {
        Self { scale, min_support: 1 }
    }

    /// How many customers must have rated both items of a pair; default 1, at least 1.
    #[must_use]
    pub const fn min_support(mut self, customers: u32) -> Self {
        self.min_support = customers;
        self
    }
}

/// A mean difference, and of how many customers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
struct Deviation {
    mean: f32,
    support: u32,
}

impl<I: Interactions + ?Sized> Fit<I> for SlopeOne {
    type Model = SlopeOneModel;
    type Error = Error;

    fn fit(&self, data: &I) -> Result<SlopeOneModel, Error> {
        let (min, n_items) = (self.min_support, data.n_items());
        require(min >= 1, "min_support", "at least 1", f64::from(min))?;
        let ratings = Ratings::new(data, self.scale)?;
        let rows = par::map(
            n_items,
            || vec![(0.0_f64, 0_u32); n_items],
            |sums, item| {
                for (customer, rating) in row(&ratings.by_item, item) {
                    for (other, theirs) in row(&ratings.by_customer, customer) {
                        let (sum, support) = &mut sums[other];
                        *sum += rating - theirs;
                        *support += 1;
                    }
                }
                let mut found: Vec<(u32, Deviation)> = Vec::new();
                for (other, entry) in sums.iter_mut().enumerate() {
                    let (sum, support) = std::mem::take(entry);
                    if support >= min && other != item {
                        let mean = (sum / f64::from(support)) as f32;
                        found.push((other as u32, Deviation { mean, support }));
                    }
                }
                found
            },
        );
        let mut starts = vec![0];
        starts.extend(rows.iter().scan(0, |n, row| {
            *n += row.len();
            Some(*n)
        }));
        let (columns, values) = rows.into_iter().flatten().unzip();
        let deviations = Csr::new(n_items, starts, columns, values)?;
        let Ratings { by_customer, mean, .. } = ratings;
        Ok(SlopeOneModel { scale: self.scale, mean, by_customer, deviations })
    }
}

/// Deviations of all pairs of items, learnt by [`SlopeOne`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct SlopeOneModel {
    scale: RatingScale,
    mean: f64,
    by_customer: Csr<f32>,
    deviations: Csr<Deviation>,
}

impl SlopeOneModel {
    /// How much higher `item` is rated than `other` by those who rated both, and how many did.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    #[must_use]
    pub fn deviation(&self, item: ItemIdx, other: ItemIdx) -> Option<(f64, u32)> {
        let (others, deviations) = self.deviations.row(item.index());
        let at = others.binary_search(&other.get()).ok()?;
        Some((f64::from(deviations[at].mean), deviations[at].support))
    }
}

impl Tasting for SlopeOneModel {
    /// Her ratings, items ascending.
    type Taste<'a> = Cow<'a, [(usize, f64)]>;

    fn rating_scale(&self) -> RatingScale {
        self.scale
    }

    fn n_items(&self) -> usize {
        self.deviations.n_rows()
    }

    fn learnt(&self, customer: CustomerIdx) -> Option<Self::Taste<'_>> {
        let known = customer.index() < self.by_customer.n_rows();
        let rated: Vec<_> = known.then(|| row(&self.by_customer, customer.index()))?.collect();
        (!rated.is_empty()).then_some(rated.into())
    }

    fn folded(&self, rated: &[(usize, f64)]) -> Self::Taste<'_> {
        Cow::Owned(rated.to_vec())
    }

    fn expected(&self, rated: &Self::Taste<'_>, item: usize) -> f64 {
        let (others, deviations) = self.deviations.row(item);
        let (mut at, mut sum, mut n) = (0, 0.0, 0_u32);
        for &(own, _) in rated.iter() {
            while others.get(at).is_some_and(|&other| (other as usize) < own) {
                at += 1;
            }
            if others.get(at).is_some_and(|&other| other as usize == own) {
                sum += f64::from(deviations[at].mean);
                n += 1;
            }
        }
        self.expected_of_unknown(rated) + if n > 0 { sum / f64::from(n) } else { 0.0 }
    }

    fn expected_of_unknown(&self, rated: &Self::Taste<'_>) -> f64 {
        if rated.is_empty() {
            return self.mean;
        }
        rated.iter().map(|&(_, rating)| rating).sum::<f64>() / rated.len() as f64
    }
}

serve!(SlopeOneModel);

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    scale: RatingScale,
    mean: f64,
    by_customer: Csr<f32>,
    deviations: Csr<Deviation>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for SlopeOneModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { scale, mean, by_customer, deviations } = repr;
        let square = deviations.n_rows() == deviations.n_columns();
        let same = by_customer.n_columns() == deviations.n_rows();
        let on_scale = by_customer.values().iter().all(|&r| scale.contains(f64::from(r)));
        let sound = deviations.values().iter().all(|d| d.mean.is_finite() && d.support >= 1);
        let holds = square && same && on_scale && sound && scale.contains(mean);
        crate::error::require_saved(holds, "ratings on the scale and deviations among the items")?;
        Ok(Self { scale, mean, by_customer, deviations })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for SlopeOneModel {
    const TAG: &'static str = "recommend/slope-one";
    const VERSION: u32 = 1;
}
