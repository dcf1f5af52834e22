//! The parameters of a simulated shop.

use patronage_core::{Currency, Date};

use crate::buying::Buying;
use crate::campaign::Campaign;
use crate::dirt::Dirt;
use crate::error::Error;
use crate::simulation::Simulation;

/// A shop to be simulated: who its customers are, what it sells, for how long, and how dirty its
/// records are.
///
/// Nothing is checked or drawn before [`open`](Self::open). Equal parameters give equal shops;
/// parameters of one thing (campaigns, returns, consent, dirt) leave the draws of others as they are.
///
/// ```
/// use patronage_core::Purchases;
/// use patronage_simulate::Shop;
///
/// let shop = Shop::new(50).days(365).seed(7).open()?;
/// let data = shop.dataset()?;
/// assert_eq!(data.purchases.n_customers(), 50);
/// // One customer can be had alone, with the truth about her.
/// let alone = shop.customer(data.truth[31].customer);
/// assert_eq!(alone.truth, data.truth[31]);
/// # Ok::<(), patronage_simulate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Shop {
    pub(crate) n_customers: u32,
    pub(crate) n_items: usize,
    pub(crate) n_categories: usize,
    pub(crate) n_factors: usize,
    pub(crate) n_archetypes: usize,
    pub(crate) start: Option<Date>,
    pub(crate) days: u32,
    pub(crate) seed: u64,
    pub(crate) currency: Option<Currency>,
    pub(crate) buying: Buying,
    pub(crate) founding: f64,
    pub(crate) seasons: [f64; 12],
    pub(crate) basket: f64,
    pub(crate) theme: f64,
    pub(crate) taste: f64,
    pub(crate) returns: f64,
    pub(crate) campaigns: Option<Vec<Campaign>>,
    pub(crate) dirt: Dirt,
}

impl Default for Shop {
    /// 3,500 customers, 500 items, two years: about 160,000 order lines.
    fn default() -> Self {
        Self::new(3_500)
    }
}

impl Shop {
    /// A shop of so many customers; at least 1, at most four thousand million.
    #[must_use]
    pub const fn new(n_customers: u32) -> Self {
        Self {
            n_customers,
            n_items: 500,
            n_categories: 12,
            n_factors: 8,
            n_archetypes: 5,
            start: None,
            days: 730,
            seed: 0,
            currency: None,
            buying: Buying::ParetoNbd { r: 0.7, alpha: 30.0, s: 1.0, beta: 900.0 },
            founding: 0.4,
            seasons: [0.85, 0.85, 0.95, 0.95, 1.0, 0.95, 0.9, 0.9, 1.05, 1.1, 1.35, 1.15],
            basket: 5.0,
            theme: 0.5,
            taste: 1.3,
            returns: 0.02,
            campaigns: None,
            dirt: Dirt::none(),
        }
    }

    /// Number of customers, as given to [`new`](Self::new).
    #[must_use]
    pub const fn n_customers(mut self, n_customers: u32) -> Self {
        self.n_customers = n_customers;
        self
    }

    /// Number of items; default `500`, at least the number of categories, at most 1,000,000.
    #[must_use]
    pub const fn n_items(mut self, n_items: usize) -> Self {
        self.n_items = n_items;
        self
    }

    /// Number of categories; default `12`, `1..=16`.
    #[must_use]
    pub const fn n_categories(mut self, n_categories: usize) -> Self {
        self.n_categories = n_categories;
        self
    }

    /// Rank of customers' tastes over items; default `8`, `1..=64`.
    #[must_use]
    pub const fn n_factors(mut self, n_factors: usize) -> Self {
        self.n_factors = n_factors;
        self
    }

    /// Number of groups of like tastes; default `5`, `1..=1000`.
    #[must_use]
    pub const fn n_archetypes(mut self, n_archetypes: usize) -> Self {
        self.n_archetypes = n_archetypes;
        self
    }

    /// First day; default 2023-01-02. Dates are UTC.
    #[must_use]
    pub const fn start(mut self, start: Date) -> Self {
        self.start = Some(start);
        self
    }

    /// Days simulated; default `730`, `1..=36500`.
    #[must_use]
    pub const fn days(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    /// Seed of all draws; default `0`.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Currency of all amounts; default `GBP`. It changes no number.
    #[must_use]
    pub const fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// How customers differ in buying and leaving; default Pareto/NBD with `r` 0.7, `alpha` 30, `s`
    /// 1, `beta` 900: an order every six weeks, a stay of years, and great differences in both.
    #[must_use]
    pub const fn buying(mut self, buying: Buying) -> Self {
        self.buying = buying;
        self
    }

    /// Share of customers who come within the first thirty days, the others coming evenly until a
    /// twentieth before the end; default `0.4`, `0..=1`.
    #[must_use]
    pub const fn founding(mut self, share: f64) -> Self {
        self.founding = share;
        self
    }

    /// Multipliers of the order rate from January to December; each above 0 and at most 100. By
    /// default November is the strongest.
    #[must_use]
    pub const fn seasons(mut self, multipliers: [f64; 12]) -> Self {
        self.seasons = multipliers;
        self
    }

    /// Mean number of items picked for an order; default `5`, `1..=1000`. Picking one twice makes
    /// one line.
    #[must_use]
    pub const fn basket(mut self, mean: f64) -> Self {
        self.basket = mean;
        self
    }

    /// Share of orders whose items are all of one category; default `0.5`, `0..=1`. It changes
    /// which items are bought together, not how often each is.
    #[must_use]
    pub const fn theme(mut self, share: f64) -> Self {
        self.theme = share;
        self
    }

    /// Strength of tastes, as their standard deviation; default `1.3`, `0..=10`. At 0 everyone
    /// follows popularity.
    #[must_use]
    pub const fn taste(mut self, strength: f64) -> Self {
        self.taste = strength;
        self
    }

    /// Share of order lines that come back; default `0.02`, `0..=1`.
    #[must_use]
    pub const fn returns(mut self, share: f64) -> Self {
        self.returns = share;
        self
    }

    /// The campaigns; by default two of four weeks, at half and at four fifths of the time.
    #[must_use]
    pub fn campaigns(mut self, campaigns: Vec<Campaign>) -> Self {
        self.campaigns = Some(campaigns);
        self
    }

    /// What goes wrong with the rows of a file; default [`Dirt::none`].
    #[must_use]
    pub const fn dirt(mut self, dirt: Dirt) -> Self {
        self.dirt = dirt;
        self
    }

    /// Checks the parameters and draws the catalogue; customers are drawn when asked for.
    ///
    /// O(items × factors).
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range.
    pub fn open(&self) -> Result<Simulation, Error> {
        self.validate()?;
        Ok(Simulation::open(self.clone()))
    }
}
