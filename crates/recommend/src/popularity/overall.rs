//! What everyone buys.

use patronage_core::{
    CustomerIdx, Fit, InteractionRow, Interactions, ItemIdx, Recommender, Request, Span, Timestamp,
    Window,
};

use crate::error::{Error, ErrorKind, require};
use crate::explain::{Explain, Explanation};
use crate::history::decay;

/// The baseline everything must beat: an item's score is the number of customers who have it.
///
/// ```text
/// score(j) = Σ over customers u with a weight above 0 for j of 2^(−age of u's last j / half-life)
/// ```
///
/// without a half-life each customer counts 1; with a [`window`](Self::window) only those whose
/// last interaction with the item lies inside. O(interactions). Counts are exact up to 2²⁴
/// customers. No interactions at all: every score is 0.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, Recommender};
/// use patronage_recommend::Popularity;
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 3.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(2, 3, &bought, |_, _| {})?)?;
/// let model = Popularity::new().fit(&interactions)?;
/// assert_eq!(model.popularity(), [1.0, 2.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Popularity {
    window: Option<Window>,
    half_life: Option<(Span, Timestamp)>,
}

impl Popularity {
    /// Everyone counts the same, whenever it was.
    #[must_use]
    pub const fn new() -> Self {
        Self { window: None, half_life: None }
    }

    /// Only interactions inside `window` count; by default all. Needs interactions with times.
    #[must_use]
    pub const fn window(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// An interaction `half_life` before `as_of` counts half, one after it 1; by default none fades. Needs interactions with times.
    #[must_use]
    pub const fn half_life(mut self, half_life: Span, as_of: Timestamp) -> Self {
        self.half_life = Some((half_life, as_of));
        self
    }
}

impl<I: Interactions + ?Sized> Fit<I> for Popularity {
    type Model = PopularityModel;
    type Error = Error;

    /// Counts.
    ///
    /// # Errors
    ///
    /// When the half-life is not above 0, or times are needed and not there.
    fn fit(&self, data: &I) -> Result<PopularityModel, Error> {
        self.validate()?;
        let mut popularity = vec![0.0f64; data.n_items()];
        for customer in CustomerIdx::all(data.n_customers()) {
            self.add(data.row(customer), customer, &mut popularity)?;
        }
        Ok(PopularityModel { popularity: popularity.into_iter().map(|p| p as f32).collect() })
    }
}

impl Popularity {
    pub(super) fn validate(&self) -> Result<(), Error> {
        let days = self.half_life.map_or(1.0, |(half_life, _)| half_life.as_days());
        require(days > 0.0, "half_life", "a span above 0 (in days)", days)
    }

    /// Adds what a customer's interactions count, and says whether any was positive.
    ///
    /// # Errors
    ///
    /// When times are needed and not there.
    pub(super) fn add(
        &self,
        row: InteractionRow<'_>,
        customer: CustomerIdx,
        popularity: &mut [f64],
    ) -> Result<bool, Error> {
        let timed = self.window.is_some() || self.half_life.is_some();
        let at = match row.at() {
            None if timed && !row.items().is_empty() => {
                return Err(ErrorKind::Untimed { customer: customer.index() }.into());
            }
            at => at.filter(|_| timed),
        };
        let mut any = false;
        for (position, (item, &weight)) in row.items().iter().zip(row.weights()).enumerate() {
            if weight > 0.0 {
                any = true;
                popularity[item.index()] += at.map_or(1.0, |at| self.count(at[position]));
            }
        }
        Ok(any)
    }

    fn count(&self, at: Timestamp) -> f64 {
        if self.window.is_some_and(|window| !window.contains(at)) {
            return 0.0;
        }
        self.half_life.map_or(1.0, |(half_life, as_of)| decay(Some(half_life), as_of, at))
    }
}

/// How popular each item is, learnt by [`Popularity`]; the same answer for everyone.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct PopularityModel {
    popularity: Vec<f32>,
}

impl PopularityModel {
    /// The (decayed) number of customers of each item.
    #[must_use]
    pub fn popularity(&self) -> &[f32] {
        &self.popularity
    }
}

impl Recommender for PopularityModel {
    fn n_items(&self) -> usize {
        self.popularity.len()
    }

    fn scores(&self, _request: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(&self.popularity);
    }
}

impl Explain for PopularityModel {
    fn explain(&self, _request: &Request<'_>, item: ItemIdx) -> Explanation {
        Explanation::new(f64::from(self.popularity[item.index()]), Vec::new())
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    popularity: Vec<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for PopularityModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let holds = repr.popularity.iter().all(|p| p.is_finite() && *p >= 0.0);
        crate::error::require_saved(holds, "counts of at least 0")?;
        Ok(Self { popularity: repr.popularity })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for PopularityModel {
    const TAG: &'static str = "recommend/popularity";
    const VERSION: u32 = 1;
}
