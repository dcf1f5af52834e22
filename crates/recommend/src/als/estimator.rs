//! The estimator.

use patronage_core::{Fit, Interactions, Seeded, Span};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::model::AlsModel;
use super::spectral;
use super::sweep::{Objective, Observed, ridges, solve_side};
use super::terms::Confidence;
use crate::error::{Error, ErrorKind, require, require_items};
use crate::history::{HistoryRule, HistoryWeight};
use crate::linear::Rows;
use crate::par;

/// The most factors a model may have.
const MOST_FACTORS: usize = 4096;

/// How the equations of one customer, or of one item, are solved in a sweep.
///
/// With `d` factors and `n` interactions of the row. Requests are always answered exactly.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum AlsSolver {
    /// By Cholesky's method, O(n d² + d³): fewest sweeps, and fastest up to some 100 factors.
    #[default]
    Exact,
    /// By some steps of conjugate gradients from the last solution, O(steps × (n d + d²)).
    ConjugateGradient {
        /// Steps a row and sweep, at least 1, usually 3.
        n_steps: usize,
    },
    /// By blocks of factors, one after another, O(n d × block + d² + d × block²): for many factors (iALS++).
    Subspace {
        /// Factors of a block, at least 1, rounded up to a multiple of 16; usually 32 to 128.
        block: usize,
    },
}

/// Where the factors of items start.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum AlsInit {
    /// Normal, of deviation `std / √n_factors`.
    Normal {
        /// Above 0, at most 1e6; usually 0.1 to 1.
        std: f64,
    },
    /// Near the leading right singular vectors of the matrix with `(n_u n_i)^(-1/4)` where customer
    /// u wants item i, by subspace iteration from normal factors: as good after one or two sweeps
    /// as normal factors after ten or more, at O(interactions × d + items × d²) a step.
    ///
    /// Reference: N. Halko, P. Martinsson, J. Tropp (2011), "Finding structure with randomness".
    Spectral {
        /// Steps, at least 1; 3 are usually enough.
        n_iter: usize,
    },
}

impl Default for AlsInit {
    fn default() -> Self {
        Self::Normal { std: 0.1 }
    }
}

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
/// [`AlsModel::losses`] has the objective after each. Afterwards the customers are solved once
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
    n_factors: usize,
    objective: Objective,
    solver: AlsSolver,
    max_iter: usize,
    tolerance: f64,
    init: AlsInit,
    seed: u64,
    rule: HistoryRule,
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
            rule: HistoryRule { weight: HistoryWeight::Binary, half_life: None },
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

    /// What repeated purchases of one item weigh in a request; default [`HistoryWeight::Binary`].
    ///
    /// With [`HistoryWeight::Sum`] a sum below 0 is negative feedback.
    #[must_use]
    pub const fn history(mut self, weight: HistoryWeight) -> Self {
        self.rule.weight = weight;
        self
    }

    /// An entry of a request's history this long before its `as_of` counts half; by default none fades.
    #[must_use]
    pub const fn half_life(mut self, half_life: Span) -> Self {
        self.rule.half_life = Some(half_life);
        self
    }

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
        match self.init {
            AlsInit::Normal { std } => {
                let expected = "a number above 0, at most 1e6";
                require(std > 0.0 && std <= 1e6, "std", expected, std)?;
            }
            AlsInit::Spectral { n_iter } => {
                require(n_iter >= 1, "n_iter", "at least 1", n_iter as f64)?;
            }
        }
        match self.solver {
            AlsSolver::ConjugateGradient { n_steps } => {
                require(n_steps >= 1, "n_steps", "at least 1", n_steps as f64)?;
            }
            AlsSolver::Subspace { block } => {
                let expected = "1 to 4096";
                require((1..=MOST_FACTORS).contains(&block), "block", expected, block as f64)?;
            }
            AlsSolver::Exact => {}
        }
        self.rule.validate()
    }

    /// Fits from the factors of a former model instead of random ones: a warm start.
    ///
    /// `data` may have more customers and items than the former model, after those it knew: the new
    /// items start random, the new customers from 0. The former model may have been fitted with
    /// other parameters, but with as many factors. A few sweeps bring it close to a full refit:
    /// see the tests for how close.
    ///
    /// # Errors
    ///
    /// As [`fit`](Fit::fit); and when the former model knows more customers or items than `data`
    /// has, or has another number of factors.
    pub fn fit_from<I: Interactions + ?Sized>(
        &self,
        data: &I,
        former: &AlsModel,
    ) -> Result<AlsModel, Error> {
        self.validate()?;
        let d = former.n_factors();
        require(d == self.n_factors, "n_factors", "those of the former model", d as f64)?;
        if former.n_customers() > data.n_customers() {
            let what = "data for a warm start, at least those of the former model";
            let (expected, found) = (former.n_customers(), data.n_customers());
            return Err(ErrorKind::Customers { what, expected, found }.into());
        }
        if former.items().n() > data.n_items() {
            let what = "data for a warm start, at least those of the former model";
            require_items(what, former.items().n(), data.n_items())?;
        }
        let mut items = former.items().grown(data.n_items());
        self.draw(&mut items, former.items().n());
        let customers = former.customers().grown(data.n_customers());
        let observed = Observed::new(data, self.objective.terms())?;
        self.run(&observed, customers, items)
    }

    /// Draws the rows from `from` on.
    fn draw(&self, rows: &mut Rows, from: usize) {
        let (d, stride) = (rows.d(), rows.stride());
        let std = match self.init {
            AlsInit::Normal { std } => std / (d as f64).sqrt(),
            AlsInit::Spectral { .. } => 0.1 / (d as f64).sqrt(),
        };
        let cells = &mut rows.all_mut()[from * stride..];
        par::map_rows(
            cells,
            stride,
            256,
            || (),
            |(), row, cells| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream((from + row) as u64);
                // Box and Muller: two normal numbers from two uniform ones.
                for pair in cells[..d].chunks_mut(2) {
                    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
                    let angle = std::f64::consts::TAU * rng.random::<f64>();
                    for (cell, part) in pair.iter_mut().zip([angle.cos(), angle.sin()]) {
                        *cell = (std * radius * part) as f32;
                    }
                }
            },
        );
    }

    fn run<I: Interactions + ?Sized>(
        &self,
        observed: &Observed<'_, I>,
        mut customers: Rows,
        mut items: Rows,
    ) -> Result<AlsModel, Error> {
        let objective = &self.objective;
        let of_customer = |customer: usize| observed.of_customer(customer);
        let of_item = |item: usize| observed.of_item(item);
        let mut losses: Vec<f64> = Vec::new();
        let mut converged = false;
        for _ in 0..self.max_iter {
            solve_side(&of_customer, &items, &mut customers, objective, self.solver);
            let loss = solve_side(&of_item, &customers, &mut items, objective, self.solver)
                + ridges(&of_customer, &customers, items.n(), objective);
            if !loss.is_finite() {
                return Err(ErrorKind::NotFinite { what: "alternating least squares" }.into());
            }
            let last = losses.last().copied();
            losses.push(loss);
            if self.tolerance > 0.0
                && last.is_some_and(|last| last - loss < self.tolerance * last.abs())
            {
                converged = true;
                break;
            }
        }
        let model = AlsModel::new(self, items, customers, losses, converged)?;
        Ok(model.with_customers_of(&of_customer))
    }
}

impl Objective {
    pub(super) fn validate(&self) -> Result<(), Error> {
        let Self { alpha, unobserved_weight, regularization, exponent, .. } = *self;
        let expected = "a number above 0, at most 1e9";
        require(alpha > 0.0 && alpha <= 1e9, "alpha", expected, alpha)?;
        let expected = "a number of at least 0, at most 1e6";
        let (from, to) = (0.0, 1e6);
        let holds = (from..=to).contains(&unobserved_weight);
        require(holds, "unobserved_weight", expected, unobserved_weight)?;
        let expected = "a number above 0, at most 1e9";
        let holds = regularization > 0.0 && regularization <= 1e9;
        require(holds, "regularization", expected, regularization)?;
        require((0.0..=2.0).contains(&exponent), "exponent", "a number in [0, 2]", exponent)
    }
}

impl Seeded for Als {
    fn reseeded(&self, seed: u64) -> Self {
        self.seed(seed)
    }
}

impl<I: Interactions + ?Sized> Fit<I> for Als {
    type Model = AlsModel;
    type Error = Error;

    /// Learns the factors.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, the data break the promises of [`Interactions`], or
    /// single precision does not hold the factors ([`ErrorKind::NotFinite`]).
    fn fit(&self, data: &I) -> Result<AlsModel, Error> {
        self.validate()?;
        let mut items = Rows::zeros(data.n_items(), self.n_factors);
        self.draw(&mut items, 0);
        let mut customers = Rows::zeros(data.n_customers(), self.n_factors);
        let observed = Observed::new(data, self.objective.terms())?;
        if let AlsInit::Spectral { n_iter } = self.init {
            let of_customer = |customer: usize| observed.of_customer(customer);
            let of_item = |item: usize| observed.of_item(item);
            spectral::turn(&of_customer, &of_item, &mut items, &mut customers, n_iter);
        }
        self.run(&observed, customers, items)
    }
}
