//! One customer: who she is, what she does.

use patronage_core::{CustomerIdx, ItemIdx, Line, Money, OrderIdx, Timestamp};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution, Exp1, Gamma};

use crate::buying::Buying;
use crate::catalogue::normal;

use crate::simulation::Simulation;
use crate::streams::{Purpose, poisson, stream};
use crate::truth::{Arm, CampaignTruth, CustomerTruth, Leaving};
use crate::words::COUNTRIES;

/// The most orders a simulated customer makes; who would make more stops there.
pub const MAX_ORDERS: usize = 4_096;

/// A customer, the truth about her, and all she did.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Her external id: a number, as text.
    pub id: String,
    /// The truth about her.
    pub truth: CustomerTruth,
    /// Her orders in time order; the first is the one with which she came.
    pub orders: Vec<Order>,
    /// What she sent back, in the order of the lines it was bought by.
    pub returns: Vec<Return>,
}

/// One order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// When, to the minute.
    pub at: Timestamp,
    /// Its invoice number, unique in the shop.
    pub invoice: u64,
    /// The position of the channel among [`CHANNELS`](crate::CHANNELS).
    pub channel: usize,
    /// Its lines, of distinct items in ascending order.
    pub lines: Vec<OrderLine>,
}

/// One line of an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderLine {
    /// The item.
    pub item: ItemIdx,
    /// How many, at least 1.
    pub quantity: u32,
    /// What one costs.
    pub price: Money,
}

impl OrderLine {
    /// What the line costs.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.price.times(f64::from(self.quantity)).unwrap_or(Money::MAX)
    }
}

/// Something sent back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Return {
    /// When.
    pub at: Timestamp,
    /// The position of the order among hers.
    pub order: usize,
    /// What came back, and how many.
    pub line: OrderLine,
}

impl Order {
    /// The lines as the shared vocabulary says them, all of order `order`.
    pub fn as_lines(&self, order: OrderIdx) -> impl ExactSizeIterator<Item = Line> + '_ {
        self.lines.iter().map(move |line| Line {
            at: self.at,
            order,
            item: Some(line.item),
            quantity: f64::from(line.quantity),
            amount: line.amount(),
        })
    }
}

impl Simulation {
    /// One customer, alone: the same as among all others.
    ///
    /// O(items × factors + orders).
    ///
    /// # Panics
    ///
    /// When there is no such customer.
    #[must_use]
    pub fn customer(&self, customer: CustomerIdx) -> Customer {
        assert!(customer.get() < self.shop.n_customers, "there is no {customer}");
        let (truth, times) = self.life(customer);
        let mut rng = stream(self.shop.seed, Some(customer.get()), Purpose::Baskets);
        let odds = self.catalogue.running_odds(&truth.tastes);
        let mut picks = Vec::new();
        let orders: Vec<Order> = (0..)
            .zip(times)
            .map(|(position, time)| {
                let channel = pick_share(&truth.channels, rng.random());
                let lines = self.basket(&mut rng, &truth, &odds, &mut picks);
                let invoice = invoice(customer, position);
                Order { at: self.clock.instant(time), invoice, channel, lines }
            })
            .collect();
        let returns = self.returns(customer, &orders);
        Customer { id: customer_id(customer), truth, orders, returns }
    }

    /// Who she is, and when she buys; times are days since the start.
    pub(crate) fn life(&self, customer: CustomerIdx) -> (CustomerTruth, Vec<f64>) {
        let mut truth = self.traits(customer);
        let intensity = self.intensity(&truth);
        let mut rng = stream(self.shop.seed, Some(customer.get()), Purpose::Times);
        let days = f64::from(self.shop.days);
        let joined = self.clock.days(truth.joined);
        let mut left = match truth.leaving {
            Leaving::AtRate(mu) if mu > 0.0 => Some(joined + exponential(&mut rng) / mu),
            _ => None,
        };
        let mut times = vec![joined];
        while times.len() < MAX_ORDERS {
            let last = times[times.len() - 1];
            let next = intensity.advance(last, exponential(&mut rng) / truth.rate);
            if next >= days || left.is_some_and(|left| next >= left) {
                break;
            }
            times.push(next);
            if let Leaving::AfterOrder(p) = truth.leaving
                && rng.random::<f64>() < p
            {
                left = Some(next);
                break;
            }
        }
        truth.left = left.map(|left| self.clock.instant(left));
        (truth, times)
    }

    fn traits(&self, customer: CustomerIdx) -> CustomerTruth {
        let shop = &self.shop;
        let rng = &mut stream(shop.seed, Some(customer.get()), Purpose::Traits);
        let days = f64::from(shop.days);
        let founding_days = days.min(30.0);
        let joined = if rng.random::<f64>() < shop.founding {
            rng.random_range(0.0..founding_days)
        } else {
            founding_days + rng.random::<f64>() * (0.95 * days - founding_days).max(0.0)
        };
        let (rate, leaving) = match shop.buying {
            Buying::ParetoNbd { r, alpha, s, beta } => {
                (gamma(rng, r) / alpha, Leaving::AtRate(gamma(rng, s) / beta))
            }
            Buying::BgNbd { r, alpha, a, b } => {
                let rate = gamma(rng, r) / alpha;
                let leaving = Beta::new(a, b).map_or(a / (a + b), |beta| beta.sample(rng));
                (rate, Leaving::AfterOrder(leaving))
            }
            Buying::Nbd { r, alpha } => (gamma(rng, r) / alpha, Leaving::AtRate(0.0)),
        };
        let archetype = rng.random_range(0..self.archetypes.nrows());
        // Half of the variance lies between archetypes, half within.
        let strength = shop.taste * std::f64::consts::FRAC_1_SQRT_2;
        let tastes: Vec<f64> = self
            .archetypes
            .row(archetype)
            .iter()
            .map(|mean| strength * (mean + normal(rng)))
            .collect();
        let basket = 1.0 + (shop.basket - 1.0) * gamma(rng, 4.0) / 4.0;
        let wholesale = rng.random::<f64>() < 0.08;
        let bulk = gamma(rng, 2.0) * if wholesale { 3.0 } else { 0.3 };
        let mut channels = [2.0, 1.0, 0.6, 0.25].map(|shape| gamma(rng, shape));
        let total: f64 = channels.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        channels = channels.map(|weight| weight / total);
        let country = pick_share(&COUNTRIES.map(|country| country.1), rng.random());
        let campaigns = self.campaigns.iter().map(|(campaign, direction)| {
            let u: f64 = direction.iter().zip(&tastes).map(|(d, p)| d * p).sum();
            let treated = rng.random::<f64>() < campaign.treated;
            let arm = if treated { Arm::Treated } else { Arm::Control };
            CampaignTruth { arm, lift: campaign.lift(u) }
        });
        CustomerTruth {
            customer,
            joined: self.clock.instant(joined.min(days * 0.999_999)),
            rate,
            leaving,
            left: None,
            archetype,
            campaigns: campaigns.collect(),
            tastes,
            basket,
            bulk,
            channels,
            country,
        }
    }

    fn basket(
        &self,
        rng: &mut ChaCha8Rng,
        truth: &CustomerTruth,
        odds: &[f64],
        picks: &mut Vec<usize>,
    ) -> Vec<OrderLine> {
        let all = 0..odds.len();
        let n_picks = 1 + poisson(rng, truth.basket - 1.0);
        picks.clear();
        picks.push(self.catalogue.pick(odds, all.clone(), rng.random()));
        let theme = if rng.random::<f64>() < self.shop.theme {
            self.catalogue.category_range(picks[0])
        } else {
            all
        };
        for _ in 1..n_picks {
            picks.push(self.catalogue.pick(odds, theme.clone(), rng.random()));
        }
        picks.sort_unstable();
        picks
            .chunk_by(|a, b| a == b)
            .map(|same| {
                let item = ItemIdx::from_usize(same[0]);
                let price = self.catalogue.item(item).price;
                // Cheap things are bought by the handful.
                let more = truth.bulk * (4.0 / price.as_f64()).clamp(0.05, 4.0);
                OrderLine { item, quantity: same.len() as u32 + poisson(rng, more), price }
            })
            .collect()
    }

    fn returns(&self, customer: CustomerIdx, orders: &[Order]) -> Vec<Return> {
        let rng = &mut stream(self.shop.seed, Some(customer.get()), Purpose::Returns);
        let mut returns = Vec::new();
        for (order, bought) in orders.iter().enumerate() {
            for &line in &bought.lines {
                // Drawn whether it comes back or not, so that a rate changes no other line.
                let (chance, delay) = (rng.random::<f64>(), rng.random_range(2.0..30.0));
                let quantity = rng.random_range(1..=line.quantity);
                let time = self.clock.days(bought.at) + delay;
                if chance < self.shop.returns && time < f64::from(self.shop.days) {
                    let line = OrderLine { quantity, ..line };
                    returns.push(Return { at: self.clock.instant(time), order, line });
                }
            }
        }
        returns
    }
}

/// Five digits or more, as shops number their customers.
pub(crate) fn customer_id(customer: CustomerIdx) -> String {
    (10_001 + u64::from(customer.get())).to_string()
}

/// Each customer has invoice numbers of her own, so that she can be simulated alone; the upper half
/// is for the guests beside her.
fn invoice(customer: CustomerIdx, position: u64) -> u64 {
    500_000 + u64::from(customer.get()) * 2 * MAX_ORDERS as u64 + position
}

fn pick_share(shares: &[f64], mut chance: f64) -> usize {
    for (position, share) in shares.iter().enumerate() {
        chance -= share;
        if chance < 0.0 {
            return position;
        }
    }
    // Shares sum to 1 but for rounding.
    shares.len() - 1
}

fn gamma(rng: &mut ChaCha8Rng, shape: f64) -> f64 {
    Gamma::new(shape, 1.0).map_or(shape, |gamma| gamma.sample(rng))
}

fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    Exp1.sample(rng)
}
