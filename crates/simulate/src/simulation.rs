//! A shop that is open: its catalogue, and its customers one by one.

use ndarray::Array2;
use patronage_core::{
    Attribute, Calendar, Currency, CustomerIdx, Date, IdMap, ItemIdx, OrderIdx, PurchaseTable,
    Timestamp, UtcOffset, Window,
};

use crate::campaign::Campaign;
use crate::catalogue::{Catalogue, normal};
use crate::clock::Clock;
use crate::customer::Customer;
use crate::error::{Error, ErrorKind};
use crate::intensity::Intensity;
use crate::shop::Shop;
use crate::streams::{Purpose, stream};
use crate::truth::{Arm, CustomerTruth};
use crate::words::COUNTRIES;

/// The channels of every simulated shop.
pub const CHANNELS: [&str; 4] = ["on-site", "till", "email", "phone"];

/// Years after the last day for which seasons are known.
const YEARS_AHEAD: i32 = 5;

/// A shop with its catalogue drawn; customers are drawn when asked for, each from streams of her own.
///
/// Made by [`Shop::open`].
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(crate) shop: Shop,
    pub(crate) clock: Clock,
    pub(crate) catalogue: Catalogue,
    /// The mean tastes of each group, of shape `(n_archetypes, n_factors)`.
    pub(crate) archetypes: Array2<f64>,
    /// The campaigns with the direction of tastes that each appeals to.
    pub(crate) campaigns: Vec<(Campaign, Vec<f64>)>,
    seasons: Intensity,
}

impl Simulation {
    pub(crate) fn open(shop: Shop) -> Self {
        let rng = &mut stream(shop.seed, None, Purpose::Traits);
        let catalogue = Catalogue::draw(rng, shop.n_items, shop.n_categories, shop.n_factors);
        let size = (shop.n_archetypes, shop.n_factors);
        let archetypes = Array2::from_shape_simple_fn(size, || normal(rng));
        let (half, late) = (shop.days / 2, shop.days / 5 * 4);
        let campaigns = shop.campaigns.clone().unwrap_or_else(|| {
            vec![Campaign::new("first", half, 28), Campaign::new("second", late, 28)]
        });
        let campaigns = campaigns
            .into_iter()
            .enumerate()
            .map(|(position, campaign)| {
                // Each direction has a stream of its own: another campaign changes none before it.
                let rng = &mut stream(shop.seed, None, Purpose::Times);
                rng.set_word_pos(position as u128 * 4096);
                let direction: Vec<f64> = (0..shop.n_factors).map(|_| normal(rng)).collect();
                let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-9);
                (campaign, direction.into_iter().map(|x| x / norm).collect())
            })
            .collect();
        // 2023-01-02, a Monday.
        let clock = Clock { start: shop.start.unwrap_or(Date::from_days(19_359)) };
        let seasons = seasons(&shop, clock.start);
        Self { shop, clock, catalogue, archetypes, campaigns, seasons }
    }

    /// The parameters it was opened with.
    #[must_use]
    pub const fn shop(&self) -> &Shop {
        &self.shop
    }

    /// The number of customers.
    #[must_use]
    pub const fn n_customers(&self) -> u32 {
        self.shop.n_customers
    }

    /// What is sold, and the truth behind its appeal.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The campaigns.
    pub fn campaigns(&self) -> impl ExactSizeIterator<Item = &Campaign> {
        self.campaigns.iter().map(|(campaign, _)| campaign)
    }

    /// The currency of all amounts.
    #[must_use]
    pub fn currency(&self) -> Currency {
        let pounds = || "GBP".parse().expect("three capital letters are a currency");
        self.shop.currency.unwrap_or_else(pounds)
    }

    /// The name of a customer's country.
    #[must_use]
    pub fn country(&self, truth: &CustomerTruth) -> &'static str {
        COUNTRIES[truth.country].0
    }

    /// From the first midnight to the midnight after the last day.
    #[must_use]
    pub fn period(&self) -> Window {
        let days = self.shop.days as i32;
        Window { start: self.midnight(0), end: self.midnight(days) }
    }

    /// The first instant of the day that stands `day` days after the first.
    #[must_use]
    pub fn midnight(&self, day: i32) -> Timestamp {
        UtcOffset::UTC.start_of(self.clock.start.plus_days(day))
    }

    /// The customers in the order of their indices, each made when asked for: constant memory.
    pub fn customers(&self) -> impl ExactSizeIterator<Item = Customer> + '_ {
        self.customers_in(0..self.shop.n_customers)
    }

    /// The customers of a range of indices, the same as among all others.
    ///
    /// # Panics
    ///
    /// When the iterator comes to a customer that there is none.
    pub fn customers_in(
        &self,
        range: std::ops::Range<u32>,
    ) -> impl ExactSizeIterator<Item = Customer> + '_ {
        range.map(|customer| self.customer(CustomerIdx::new(customer)))
    }

    /// Everything in memory: purchases, ids, item text and category, and the truth beside it.
    ///
    /// # Errors
    ///
    /// When there are more orders than an index counts.
    pub fn dataset(&self) -> Result<Dataset, Error> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let attribute = |name: &str, levels| Attribute { name: name.to_owned(), levels };
        let mut table = PurchaseTable::builder()
            .attributes(vec![
                attribute("channel", owned(&CHANNELS)),
                attribute("country", owned(&COUNTRIES.map(|country| country.0))),
                attribute("category", self.catalogue.categories().to_vec()),
            ])
            .n_customers(self.shop.n_customers as usize)
            .n_items(self.shop.n_items);
        let mut customers = IdMap::with_capacity(self.shop.n_customers as usize);
        let mut truth = Vec::with_capacity(self.shop.n_customers as usize);
        let mut returns = Vec::new();
        let mut n_orders = 0_u32;
        for customer in self.customers() {
            customers.intern(&customer.id);
            let first = n_orders;
            for order in &customer.orders {
                for line in order.as_lines(OrderIdx::new(n_orders)) {
                    let category = line.item.map_or(0, |item| self.catalogue.item(item).category);
                    let codes = [order.channel, customer.truth.country, category];
                    table.push_with(customer.truth.customer, line, &codes.map(|code| code as u32));
                }
                n_orders = n_orders.checked_add(1).ok_or(ErrorKind::TooManyOrders)?;
            }
            returns.extend(customer.returns.iter().map(|back| ReturnedLine {
                customer: customer.truth.customer,
                order: OrderIdx::new(first + back.order as u32),
                item: back.line.item,
                quantity: f64::from(back.line.quantity),
                amount: back.line.amount(),
                at: back.at,
            }));
            truth.push(customer.truth);
        }
        let items = self.catalogue.items().iter().map(|item| item.id.as_str()).collect();
        Ok(Dataset { purchases: table.build()?, customers, items, returns, truth })
    }

    /// How strongly she buys over time: seasons, and the campaigns she was treated by.
    pub(crate) fn intensity(&self, truth: &CustomerTruth) -> Intensity {
        let mut intensity = self.seasons.clone();
        for (position, effect) in truth.campaigns.iter().enumerate() {
            if effect.arm == Arm::Treated {
                intensity = self.under(&intensity, position, effect.lift);
            }
        }
        intensity
    }

    /// The intensity with a campaign's lift on top.
    pub(crate) fn under(&self, intensity: &Intensity, campaign: usize, lift: f64) -> Intensity {
        let (campaign, _) = &self.campaigns[campaign];
        let from = f64::from(campaign.from_day);
        intensity.scaled(from, from + f64::from(campaign.days), lift)
    }
}

fn seasons(shop: &Shop, start: Date) -> Intensity {
    let end = start.plus_days(shop.days as i32 + 366 * YEARS_AHEAD);
    let mut pieces = Vec::new();
    let mut date = start;
    while date < end {
        let (_, month, _) = date.ymd();
        pieces.push((f64::from(date - start), shop.seasons[month as usize - 1]));
        date = date.first_of_month().plus_days(31).first_of_month();
    }
    Intensity::new(pieces)
}

/// A simulated shop in memory, with the truth beside it.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The purchases, with the attributes `channel`, `country` and `category`.
    pub purchases: PurchaseTable,
    /// External ids of the customers.
    pub customers: IdMap<CustomerIdx>,
    /// Stock codes of the items.
    pub items: IdMap<ItemIdx>,
    /// What came back, customer after customer.
    pub returns: Vec<ReturnedLine>,
    /// The truth about each customer, in the order of their indices.
    pub truth: Vec<CustomerTruth>,
}

/// A line, or a part of one, that came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReturnedLine {
    /// Who sent it back.
    pub customer: CustomerIdx,
    /// The order it was bought with.
    pub order: OrderIdx,
    /// What came back.
    pub item: ItemIdx,
    /// How much of it.
    pub quantity: f64,
    /// What was paid back.
    pub amount: patronage_core::Money,
    /// When.
    pub at: Timestamp,
}
