//! Ratings from those who rate alike, or from items that are rated alike.

mod model;
#[cfg(feature = "serde")]
mod saved;
mod similarity;

use patronage_core::{Fit, Interactions};

use super::baseline::RatingBaseline;
use super::data::Ratings;
use super::scale::RatingScale;
use crate::error::{Error, require};
pub use model::RatingKnnModel;
pub use similarity::RatingSimilarity;
use similarity::Sides;

/// Whose neighbours speak for a rating.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Neighbours {
    /// Customers alike, by what they gave the item.
    Customers,
    /// Items alike, by what the customer gave them.
    #[default]
    Items,
}

/// What a neighbour's rating is measured from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum Centre {
    /// 0: ratings as they are.
    Zero,
    /// The neighbour's mean.
    Mean,
    /// The neighbour's mean, in units of its standard deviation.
    ZScore,
    /// The [`RatingBaseline`] of the pair.
    #[default]
    Baseline,
}

/// k-nearest-neighbour ratings, of customers or of items.
///
/// ```text
/// r(u, i) = c(u, i) + σ(u) × Σ over v in N of s(u, v) (r(v, i) − c(v, i)) / σ(v)  /  Σ over v in N of s(u, v)
/// ```
///
/// with `N` the `k` customers most similar to `u` among those who rated `i` and whose similarity is
/// above 0 (ties to the lower index), `c` the [`Centre`] and `σ` 1 except for z-scores; by default,
/// with [`Neighbours::Items`], the roles of customers and items are changed. Without a neighbour the rating
/// is `c(u, i)`.
///
/// Similarities are found in O(Σ over items of (raters)²) in parallel and cost 8 bytes each; of every
/// customer only the [`most_similar`](Self::most_similar) are kept, so memory is bounded. Where that
/// bound binds, neighbours further down are not seen.
///
/// # Errors
///
/// Fitting fails when a parameter is out of range, there is no rating, or one is off the scale.
///
/// # References
///
/// J. Herlocker, J. Konstan, A. Borchers, J. Riedl (1999), "An algorithmic framework for performing
/// collaborative filtering". Y. Koren (2010), "Factor in the neighbors: scalable and accurate
/// collaborative filtering".
///
/// # Examples
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemIdx, RatingPredictor};
/// use patronage_recommend::{Centre, Neighbours, RatingKnn, RatingScale, RatingSimilarity};
///
/// // Customer 2 rates as customer 0 does, and unlike customer 1.
/// let stars = [
///     (0, 0, 5.0), (0, 1, 1.0), (0, 2, 4.0),
///     (1, 0, 1.0), (1, 1, 5.0), (1, 2, 2.0),
///     (2, 0, 5.0), (2, 1, 1.0),
/// ];
/// let table = InteractionTable::new(Csr::from_entries(3, 3, &stars, |_, _| {})?)?;
/// let model = RatingKnn::new(1, RatingScale::FIVE_STARS)
///     .neighbours(Neighbours::Customers)
///     .similarity(RatingSimilarity::MeanSquaredDifference)
///     .centre(Centre::Zero)
///     .fit(&table)?;
/// assert_eq!(model.rating(Some(CustomerIdx::new(2)), Some(ItemIdx::new(2))), 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatingKnn {
    k: usize,
    scale: RatingScale,
    neighbours: Neighbours,
    similarity: RatingSimilarity,
    centre: Centre,
    min_support: u32,
    most_similar: usize,
    baseline: RatingBaseline,
}

impl RatingKnn {
    /// Ratings on `scale` from `k` neighbours, at least 1, usually 20 to 60.
    #[must_use]
    pub const fn new(k: usize, scale: RatingScale) -> Self {
        Self {
            k,
            scale,
            neighbours: Neighbours::Items,
            similarity: RatingSimilarity::PearsonBaseline { shrinkage: 100.0 },
            centre: Centre::Baseline,
            min_support: 1,
            most_similar: 2_000,
            baseline: RatingBaseline::new(scale),
        }
    }

    /// Whose neighbours; default [`Neighbours::Items`].
    #[must_use]
    pub const fn neighbours(mut self, neighbours: Neighbours) -> Self {
        self.neighbours = neighbours;
        self
    }

    /// How alike two of them are; default [`RatingSimilarity::PearsonBaseline`] with a shrinkage of 100.
    #[must_use]
    pub const fn similarity(mut self, similarity: RatingSimilarity) -> Self {
        self.similarity = similarity;
        self
    }

    /// What ratings are measured from; default [`Centre::Baseline`].
    #[must_use]
    pub const fn centre(mut self, centre: Centre) -> Self {
        self.centre = centre;
        self
    }

    /// How many ratings in common it takes for two to be alike at all; default 1, at least 1.
    #[must_use]
    pub const fn min_support(mut self, ratings: u32) -> Self {
        self.min_support = ratings;
        self
    }

    /// How many similarities of each customer (or item) are kept; default 2,000, at least `k`.
    #[must_use]
    pub const fn most_similar(mut self, kept: usize) -> Self {
        self.most_similar = kept;
        self
    }

    /// The baseline that ratings are centred by; default that of [`RatingBaseline::new`]. Its scale is not used.
    #[must_use]
    pub const fn baseline(mut self, baseline: RatingBaseline) -> Self {
        self.baseline = baseline;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let (k, most) = (self.k, self.most_similar);
        require(k >= 1, "k", "at least 1", k as f64)?;
        require(most >= k, "most_similar", "at least k", most as f64)?;
        let least = self.min_support;
        require(least >= 1, "min_support", "at least 1", f64::from(least))?;
        self.similarity.validate()?;
        self.baseline.validate()
    }
}

impl<I: Interactions + ?Sized> Fit<I> for RatingKnn {
    type Model = RatingKnnModel;
    type Error = Error;

    fn fit(&self, data: &I) -> Result<RatingKnnModel, Error> {
        self.validate()?;
        let ratings = Ratings::new(data, self.scale)?;
        let biases = self.baseline.biases(&ratings);
        let sides = Sides::of(&ratings, &biases, self.neighbours, self.similarity);
        let similar = sides.all(self.similarity, self.min_support, self.most_similar);
        Ok(RatingKnnModel::new(self, ratings.by_customer, biases, similar))
    }
}
