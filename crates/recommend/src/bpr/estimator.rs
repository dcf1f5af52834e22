//! The estimators.

use std::ops::ControlFlow;

use patronage_core::{Fit, Interactions, Seeded};

use super::model::PairwiseModel;
use super::pairwise::{Pairwise, Watch, knobs};
use super::steps::Loss;
use crate::error::Error;

macro_rules! warm {
    () => {
        /// Fits from the factors of a former model instead of random ones: a warm start.
        ///
        /// `data` may have more customers and items than the former model, after those it knew; these
        /// start random. A few epochs ([`max_iter`](Self::max_iter)) bring it close to a full refit:
        /// see the tests for how close.
        ///
        /// # Errors
        ///
        /// As [`fit`](Fit::fit); and when the former model knows more customers or items than `data`
        /// has, or has another number of factors.
        pub fn fit_from<I: Interactions + ?Sized>(
            &self,
            data: &I,
            former: &PairwiseModel,
        ) -> Result<PairwiseModel, Error> {
            self.0.fit_from(data, former)
        }
    };
}

/// Bayesian personalised ranking: factors by which an item she has scores above one she has not.
///
/// ```text
/// minimise Σ ln(1 + exp(−(s(u, i) − s(u, j)))) + λ (|u|² + |vᵢ|² + |vⱼ|²)   s(u, i) = u·vᵢ + bᵢ
/// ```
///
/// over draws of an interaction `(u, i)` of weight above 0 and any item `j` that `u` has not, by
/// stochastic gradient descent. Steps are made one after another, in vector registers, on one
/// thread: the result is the same on any number of threads, and no update is lost.
///
/// **Requests** are answered from their history alone: the customer's factors are learnt for it by
/// the same steps with the items held. A new customer is an ordinary request.
///
/// **Cost.** Time O(epochs × interactions × factors); a request costs O(50 × its items × factors +
/// items × factors).
///
/// **Degenerate input.** Without interactions every score is near 0; customers who have every item teach nothing.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::Bpr;
///
/// // Tea drinkers (items 0, 1) and coffee drinkers (items 2, 3).
/// let bought: Vec<(u32, u32, f32)> =
///     (0..40).flat_map(|u| [0, 1].map(|i| (u, i + 2 * (u % 2), 1.0))).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(40, 4, &bought, |_, _| {})?)?;
/// let model = Bpr::new(4).fit(&interactions)?;
///
/// let basket = HistoryEntry::from_items(&[ItemIdx::new(2)]);
/// let request = Request { history: &basket, customer: None, as_of: Timestamp::from_seconds(9) };
/// assert_eq!(model.top_k(&request, 1, &ItemFilter::default())[0].item, ItemIdx::new(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme (2009), "BPR: Bayesian personalized ranking from implicit feedback".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bpr(Pairwise);

impl Bpr {
    /// A model of `n_factors` factors beside the items' biases, 1 to 4096, usually 32 to 128.
    #[must_use]
    pub const fn new(n_factors: usize) -> Self {
        Self(Pairwise::bpr(n_factors))
    }

    knobs!();
    warm!();
}

/// Weighted approximate-rank pairwise loss: like [`Bpr`](crate::Bpr), but each step takes an item that ranks too high.
///
/// ```text
/// minimise Σ ln(1 + rank) × max(0, 1 − s(u, i) + s(u, j))   s(u, i) = u·vᵢ + bᵢ
/// ```
///
/// over draws of an interaction `(u, i)` of weight above 0 and the first of at most
/// [`max_sampled`](Self::max_sampled) drawn items `j` that `u` has not and that violates the margin;
/// after `n` draws the rank of `i` is taken to be `(n_items − 1) / n`. Steps, requests, cost and
/// degenerate input are as for [`Bpr`](crate::Bpr), with up to `max_sampled` times the cost.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::Warp;
///
/// let bought: Vec<(u32, u32, f32)> =
///     (0..40).flat_map(|u| [0, 1].map(|i| (u, i + 2 * (u % 2), 1.0))).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(40, 4, &bought, |_, _| {})?)?;
/// let model = Warp::new(4).fit(&interactions)?;
///
/// let basket = HistoryEntry::from_items(&[ItemIdx::new(2)]);
/// let request = Request { history: &basket, customer: None, as_of: Timestamp::from_seconds(9) };
/// assert_eq!(model.top_k(&request, 1, &ItemFilter::default())[0].item, ItemIdx::new(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - J. Weston, S. Bengio, N. Usunier (2011), "WSABIE: scaling up to large vocabulary image annotation".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp(Pairwise);

impl Warp {
    /// A model of `n_factors` factors beside the items' biases, 1 to 4096, usually 32 to 128.
    #[must_use]
    pub const fn new(n_factors: usize) -> Self {
        Self(Pairwise::warp(n_factors))
    }

    /// Items drawn at most to find one that violates the margin; default `10`, at least 1.
    #[must_use]
    pub const fn max_sampled(mut self, items: usize) -> Self {
        self.0.descent.loss = Loss::Warp { max_sampled: items };
        self
    }

    knobs!();
    warm!();
}

macro_rules! estimator {
    ($name:ident) => {
        impl Seeded for $name {
            fn reseeded(&self, seed: u64) -> Self {
                self.seed(seed)
            }
        }

        impl<I: Interactions + ?Sized> Fit<I> for $name {
            type Model = PairwiseModel;
            type Error = Error;

            /// Learns the factors.
            ///
            /// # Errors
            ///
            /// When a parameter is out of its range, the data break the promises of
            /// [`Interactions`], or steps are so long that factors leave the range of numbers
            /// ([`ErrorKind::NotFinite`](crate::ErrorKind::NotFinite)).
            fn fit(&self, data: &I) -> Result<PairwiseModel, Error> {
                self.learn(data, usize::MAX, &mut |_, _| ControlFlow::Continue(()))
            }
        }

        impl $name {
            /// Fits, showing the model after every `every` epochs and after the last.
            pub(crate) fn learn<I: Interactions + ?Sized>(
                &self,
                data: &I,
                every: usize,
                watch: &mut Watch<'_>,
            ) -> Result<PairwiseModel, Error> {
                self.0.learn(data, every, watch)
            }
        }
    };
}

estimator!(Bpr);
estimator!(Warp);
