//! What everyone in her segment buys.

use patronage_core::{CustomerIdx, Fit, Interactions, ItemIdx, Recommender, Request, SegmentIdx};

use super::overall::Popularity;
use crate::error::{Error, out_of_range, require, require_customers};
use crate::explain::{Explain, Explanation};

/// Popularity by customer segment: the share of the customers of her segment who have the item, drawn
/// to that of all customers.
///
/// ```text
/// score(j) = (c(s, j) + λ × c(j) / n) / (n(s) + λ)
/// ```
///
/// with `c(s, j)` the (windowed, decayed) [`Popularity`] of item `j` in segment `s`, `n(s)` the
/// number of its customers who have anything, `c(j)` and `n` the same of all customers, and `λ` the
/// [`prior`](Self::prior). A customer without a segment, an unknown one and an anonymous visitor get
/// `c(j) / n`.
///
/// **Cost.** O(interactions + segments × items); memory is 4 bytes a segment and item.
///
/// **Degenerate input.** A segment nobody of whom has anything is served like everybody; without
/// interactions every score is 0.
///
/// ```
/// use patronage_core::{Csr, CustomerIdx, Fit, InteractionTable, ItemFilter, Recommender, Request, SegmentIdx, Timestamp};
/// use patronage_recommend::SegmentPopularity;
///
/// // Customers 0, 1 and 2 are of segment 0 and have item 0, customer 3 is of segment 1 and has item 1.
/// let bought = [(0, 0, 1.0), (1, 0, 1.0), (2, 0, 1.0), (3, 1, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(4, 2, &bought, |_, _| {})?)?;
/// let segments = [0, 0, 0, 1].map(|segment| Some(SegmentIdx::new(segment)));
/// let model = SegmentPopularity::new(segments.to_vec(), 2).prior(1.0).fit(&interactions)?;
///
/// let best = |customer| {
///     let request = Request { history: &[], customer, as_of: Timestamp::from_seconds(0) };
///     model.top_k(&request, 1, &ItemFilter::default())[0].item.get()
/// };
/// assert_eq!((best(Some(CustomerIdx::new(3))), best(None)), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentPopularity {
    segments: Vec<Option<SegmentIdx>>,
    n_segments: usize,
    popularity: Popularity,
    prior: f64,
}

impl SegmentPopularity {
    /// By the segment of each customer of the data, as an index below `n_segments`.
    #[must_use]
    pub const fn new(segments: Vec<Option<SegmentIdx>>, n_segments: usize) -> Self {
        Self { segments, n_segments, popularity: Popularity::new(), prior: 10.0 }
    }

    /// What counts, and how much: a window, a half-life; by default everything counts 1.
    #[must_use]
    pub const fn popularity(mut self, popularity: Popularity) -> Self {
        self.popularity = popularity;
        self
    }

    /// `λ`, how many customers of a segment it takes to believe them half; default `10`, at least 0.
    #[must_use]
    pub const fn prior(mut self, customers: f64) -> Self {
        self.prior = customers;
        self
    }
}

impl<I: Interactions + ?Sized> Fit<I> for SegmentPopularity {
    type Model = SegmentPopularityModel;
    type Error = Error;

    /// Counts.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there is not one segment a customer, a segment is not
    /// below their number, or times are needed and not there.
    fn fit(&self, data: &I) -> Result<SegmentPopularityModel, Error> {
        self.popularity.validate()?;
        let (prior, expected) = (self.prior, "a finite number of at least 0");
        require(prior.is_finite() && prior >= 0.0, "prior", expected, prior)?;
        require_customers("segments of customers", data.n_customers(), self.segments.len())?;
        check_segments(&self.segments, self.n_segments)?;
        let n_items = data.n_items();
        let mut counts = vec![vec![0.0; n_items]; self.n_segments + 1];
        let mut n = vec![0.0_f64; self.n_segments + 1];
        for (customer, segment) in CustomerIdx::all(data.n_customers()).zip(&self.segments) {
            let at = segment.map_or(self.n_segments, SegmentIdx::index);
            if self.popularity.add(data.row(customer), customer, &mut counts[at])? {
                n[at] += 1.0;
            }
        }
        let everybody: f64 = n.iter().sum();
        let share = |item: usize| {
            let count: f64 = counts.iter().map(|counts| counts[item]).sum();
            if everybody > 0.0 { count / everybody } else { 0.0 }
        };
        let overall: Vec<f64> = (0..n_items).map(share).collect();
        let mut shares = Vec::with_capacity((self.n_segments + 1) * n_items);
        for (counts, &n) in counts.iter().zip(&n).take(self.n_segments) {
            let all = counts.iter().zip(&overall).map(|(&count, &overall)| {
                if n == 0.0 { overall } else { (count + prior * overall) / (n + prior) }
            });
            shares.extend(all.map(|share| share as f32));
        }
        shares.extend(overall.iter().map(|&share| share as f32));
        let (segments, n_segments) = (self.segments.clone(), self.n_segments);
        Ok(SegmentPopularityModel { segments, n_segments, n_items, shares })
    }
}

fn check_segments(segments: &[Option<SegmentIdx>], bound: usize) -> Result<(), Error> {
    match segments.iter().flatten().find(|segment| segment.index() >= bound) {
        None => Ok(()),
        Some(segment) => Err(out_of_range("segment", bound, segment.index())),
    }
}

/// How popular each item is in each segment, learnt by [`SegmentPopularity`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Repr"))]
pub struct SegmentPopularityModel {
    segments: Vec<Option<SegmentIdx>>,
    n_segments: usize,
    n_items: usize,
    /// A row a segment, and that of everybody.
    shares: Vec<f32>,
}

impl SegmentPopularityModel {
    /// The score of each item for whoever is of `segment`; for `None`, and for a segment it does not
    /// know, that of everybody. A new customer whose segment is known is served by it.
    #[must_use]
    pub fn popularity(&self, segment: Option<SegmentIdx>) -> &[f32] {
        let row = segment.map_or(self.n_segments, SegmentIdx::index).min(self.n_segments);
        &self.shares[row * self.n_items..(row + 1) * self.n_items]
    }

    /// The segment of a customer of the training data, if she has one.
    #[must_use]
    pub fn segment(&self, customer: CustomerIdx) -> Option<SegmentIdx> {
        self.segments.get(customer.index()).copied().flatten()
    }

    fn of(&self, request: &Request<'_>) -> &[f32] {
        self.popularity(request.customer.and_then(|customer| self.segment(customer)))
    }
}

impl Recommender for SegmentPopularityModel {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(self.of(request));
    }

    fn uses_customer(&self) -> bool {
        true
    }
}

impl Explain for SegmentPopularityModel {
    fn explain(&self, request: &Request<'_>, item: ItemIdx) -> Explanation {
        Explanation::new(f64::from(self.of(request)[item.index()]), Vec::new())
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr {
    segments: Vec<Option<SegmentIdx>>,
    n_segments: usize,
    n_items: usize,
    shares: Vec<f32>,
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for SegmentPopularityModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr { segments, n_segments, n_items, shares } = repr;
        check_segments(&segments, n_segments)?;
        let rows = n_segments.checked_add(1).and_then(|rows| rows.checked_mul(n_items));
        crate::error::require_saved(rows == Some(shares.len()), "a share a segment and item")?;
        let holds = shares.iter().all(|share| share.is_finite() && *share >= 0.0);
        crate::error::require_saved(holds, "shares of at least 0")?;
        Ok(Self { segments, n_segments, n_items, shares })
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for SegmentPopularityModel {
    const TAG: &'static str = "recommend/segment-popularity";
    const VERSION: u32 = 1;
}
