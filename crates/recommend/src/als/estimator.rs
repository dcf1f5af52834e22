//! The estimator.

use patronage_core::Seeded;

use super::options::{AlsInit, AlsSolver, MOST_FACTORS};
use super::sweep::Objective;
use super::terms::Confidence;
use crate::error::{Error, require};
use crate::history::{HistoryRule, reads_history};

/// Implicit alternating least squares: factors of customers and items whose product is near 1
/// where an interaction was observed and near 0 elsewhere.
///
/// ```text
/// minimise Σ observed c (p − u·v)² + α₀ Σ all pairs (u·v)²
///        + λ [ Σ customers (n_u + α₀ n_items)^ν |u|² + Σ items (n_i + α₀ n_customers)^ν |v|² ]
/// ```
///
/// with `c = alpha × |weight|`, `p = 1` for weights above 0 and `p = 0` for weights below (negative
/// feedback), `α₀` the [`unobserved_weight`](Self::unobserved_weight), `λ` the
/// [`regularization`](Self::regularization), `ν` the [`exponent`](Self::exponent), and `n_u`, `n_i`
/// the numbers of interactions. One sweep solves for all customers, then for all items;
/// [`AlsModel::losses`](crate::AlsModel::losses) has the objective after each. Afterwards the customers are solved once
/// more, exactly, so that their factors are those of a request with the same history.
///
/// [`hu_koren_volinsky`](Self::hu_koren_volinsky) is the older form. Factors start as
/// [`init`](Self::init) says.
///
/// **Requests** are answered from their history alone, solved exactly for the items' factors: a
/// new customer or an anonymous session is an ordinary request, and the customer is not used.
///
/// **Cost.** A sweep costs, with the exact solver, O(interactions × d² + (customers + items) × d³);
/// see [`AlsSolver`] for the others. Memory beside the data is 4 bytes (8 where weights differ) an
/// interaction, 4 d a customer and 8 d an item. Factors are single precision.
///
/// **Degenerate input.** Customers and items without interactions have factors 0 and score 0.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::Als;
///
/// // Tea drinkers (items 0, 1) and coffee drinkers (items 2, 3).
/// let bought: Vec<(u32, u32, f32)> =
///     (0..8).flat_map(|u| [0, 1].map(|i| (u, i + 2 * (u % 2), 1.0))).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(8, 4, &bought, |_, _| {})?)?;
/// let model = Als::new(2).unobserved_weight(0.1).regularization(0.01).fit(&interactions)?;
///
/// let basket = HistoryEntry::from_items(&[ItemIdx::new(2)]);
/// let request = Request { history: &basket, customer: None, as_of: Timestamp::from_seconds(9) };
/// assert_eq!(model.top_k(&request, 1, &ItemFilter::default())[0].item, ItemIdx::new(3));
/// assert!(model.losses().is_sorted_by(|a, b| a >= b));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - Y. Hu, Y. Koren, C. Volinsky (2008), "Collaborative filtering for implicit feedback datasets".
/// - G. Takács, I. Pilászy, D. Tikk (2011), "Applications of the conjugate gradient method for implicit feedback collaborative filtering".
/// - S. Rendle, W. Krichene, L. Zhang, Y. Koren (2022), "Revisiting the performance of iALS on item recommendation benchmarks".
/// - S. Rendle, W. Krichene, L. Zhang, Y. Koren (2021), "iALS++: speeding up matrix factorization with subspace optimization".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Als {
    pub(super) n_factors: usize,
    pub(super) objective: Objective,
    pub(super) solver: AlsSolver,
    pub(super) max_iter: usize,
    pub(super) tolerance: f64,
    pub(super) init: AlsInit,
    pub(super) seed: u64,
    pub(super) rule: HistoryRule,
}

impl Als {
    /// A model of `n_factors` factors (1 to 4096, usually 32 to 256), in the form of Rendle et al.
    #[must_use]
    pub const fn new(n_factors: usize) -> Self {
        Self {
            n_factors,
            objective: Objective {
                alpha: 1.0,
                confidence: Confidence::Added,
                unobserved_weight: 0.1,
                regularization: 0.003,
                exponent: 1.0,
            },
            solver: AlsSolver::Exact,
            max_iter: 16,
            tolerance: 0.0,
            init: AlsInit::Normal { std: 0.1 },
            seed: 0,
            rule: HistoryRule::BINARY,
        }
    }

    /// The older form: pairs without interaction weigh 1, interactions `alpha × |weight|` instead,
    /// and every row is regularised alike; `regularization` 0.01 and `alpha` 1 by default.
    ///
    /// It minimises the objective of `AlternatingLeastSquares` of the Python package implicit.
    #[must_use]
    pub const fn hu_koren_volinsky(n_factors: usize) -> Self {
        let mut als = Self::new(n_factors);
        als.objective = Objective {
            alpha: 1.0,
            confidence: Confidence::Replacing,
            unobserved_weight: 1.0,
            regularization: 0.01,
            exponent: 0.0,
        };
        als
    }

    /// What a weight of 1 adds to the confidence of an interaction; default `1`, above 0.
    #[must_use]
    pub const fn alpha(mut self, alpha: f64) -> Self {
        self.objective.alpha = alpha;
        self
    }

    /// Whether an interaction's confidence is added to the unobserved weight or replaces it; default [`Confidence::Added`].
    #[must_use]
    pub const fn confidence(mut self, confidence: Confidence) -> Self {
        self.objective.confidence = confidence;
        self
    }

    /// The weight `α₀` of every pair; default `0.1`, at least 0, usually 0.01 to 1.
    #[must_use]
    pub const fn unobserved_weight(mut self, weight: f64) -> Self {
        self.objective.unobserved_weight = weight;
        self
    }

    /// The regularisation `λ`; default `0.003`, above 0.
    #[must_use]
    pub const fn regularization(mut self, regularization: f64) -> Self {
        self.objective.regularization = regularization;
        self
    }

    /// The exponent `ν` by which rows of more interactions are regularised more; default `1`, in `[0, 2]`, 0 for all alike.
    #[must_use]
    pub const fn exponent(mut self, exponent: f64) -> Self {
        self.objective.exponent = exponent;
        self
    }

    /// How each row's equations are solved; default [`AlsSolver::Exact`].
    #[must_use]
    pub const fn solver(mut self, solver: AlsSolver) -> Self {
        self.solver = solver;
        self
    }

    /// Upper bound on sweeps; default `16`, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, sweeps: usize) -> Self {
        self.max_iter = sweeps;
        self
    }

    /// Sweeps stop when the objective falls by less than this share of itself; default `0` (never), at least 0.
    #[must_use]
    pub const fn tolerance(mut self, share: f64) -> Self {
        self.tolerance = share;
        self
    }

    /// Where the factors of items start; default [`AlsInit::Normal`] with `std` 0.1.
    #[must_use]
    pub const fn init(mut self, init: AlsInit) -> Self {
        self.init = init;
        self
    }

    /// Seeds the starting factors; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    reads_history!(rule; "With [`HistoryWeight::Sum`](crate::HistoryWeight::Sum) a sum below 0 is negative feedback.");

    pub(crate) const fn most_sweeps(&self) -> usize {
        self.max_iter
    }

    pub(super) const fn n_factors(&self) -> usize {
        self.n_factors
    }

    pub(super) const fn objective(&self) -> Objective {
        self.objective
    }

    pub(super) const fn rule(&self) -> HistoryRule {
        self.rule
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let d = self.n_factors;
        require((1..=MOST_FACTORS).contains(&d), "n_factors", "1 to 4096", d as f64)?;
        self.objective.validate()?;
        let (sweeps, tolerance) = (self.max_iter, self.tolerance);
        require(sweeps >= 1, "max_iter", "at least 1", sweeps as f64)?;
        let expected = "a finite number of at least 0";
        require(tolerance.is_finite() && tolerance >= 0.0, "tolerance", expected, tolerance)?;
        self.init.validate()?;
        self.solver.validate()?;
        self.rule.validate()
    }
}

impl Seeded for Als {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}
