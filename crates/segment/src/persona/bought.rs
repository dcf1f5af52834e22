//! One pass over purchases: money by segment, and tallies of what was bought and when.

use patronage_core::{Calendar, ItemIdx, Money, Purchases, Timestamp};

use super::contrast::Subject;
use super::local::{LocalClock, order_times};
use super::population::{ItemNames, Population, item_name};
use super::tally::Tally;
use crate::error::{Error, ErrorKind};
use crate::rfm::Costs;

/// What a tally counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Items,
    Attribute(usize),
    Hours,
    Weekdays,
}

/// Money and tallies of all segments.
#[derive(Debug)]
pub(super) struct Bought {
    pub(super) revenue: Vec<Money>,
    pub(super) margin: Option<Vec<Money>>,
    pub(super) n_without_segment: usize,
    tallies: Vec<(Kind, Tally)>,
}

impl Bought {
    pub(super) fn count(
        population: &Population<'_>,
        purchases: &dyn Purchases,
        calendar: &dyn Calendar,
        costs: Option<Costs<'_>>,
    ) -> Result<Self, Error> {
        population.check_purchases(purchases)?;
        let n_segments = population.n_segments;
        let mut tallies = Vec::new();
        let new = |name: &str, n| Tally::new(name.to_owned(), n, n_segments);
        if purchases.n_items() > 0 {
            tallies.push((Kind::Items, new("items", purchases.n_items())));
        }
        for (position, attribute) in purchases.attributes().iter().enumerate() {
            let kind = Kind::Attribute(position);
            tallies.push((kind, new(&attribute.name, attribute.levels.len())));
        }
        tallies.push((Kind::Hours, new("hours", 24)));
        tallies.push((Kind::Weekdays, new("weekdays", 7)));
        let mut revenue = vec![Money::ZERO; n_segments];
        let mut margins = costs.map(|_| vec![Money::ZERO; n_segments]);
        let (mut clock, mut orders, mut codes) =
            (LocalClock::new(calendar), Vec::<(_, Timestamp)>::new(), Vec::new());
        for row in 0..population.n() {
            let customer = population.customer(row);
            let segment = population.segments[row].index();
            let lines = purchases.history(customer);
            let add = |sum: &mut Money, amount: Money| {
                let overflow = || Error::from(ErrorKind::MoneyOverflow { customer });
                *sum = sum.checked_add(amount).ok_or_else(overflow)?;
                Ok::<(), Error>(())
            };
            for line in lines.iter() {
                add(&mut revenue[segment], line.amount)?;
                if let (Some(costs), Some(margins)) = (&costs, &mut margins) {
                    let unknown = || Error::from(ErrorKind::Cost { customer, item: line.item });
                    let margin = costs.margin(customer, &line).ok_or_else(unknown)?;
                    add(&mut margins[segment], margin)?;
                }
            }
            order_times(lines, &mut orders);
            for (kind, tally) in &mut tallies {
                codes.clear();
                match *kind {
                    Kind::Items => {
                        codes.extend(lines.items().into_iter().flatten().map(|item| item.get()));
                    }
                    Kind::Attribute(at) => {
                        codes.extend_from_slice(purchases.attribute_codes(customer, at));
                    }
                    Kind::Hours => {
                        codes.extend(orders.iter().map(|o| u32::from(clock.date_and_hour(o.1).1)));
                    }
                    Kind::Weekdays => {
                        codes.extend(orders.iter().map(|o| clock.date(o.1).weekday()));
                    }
                }
                tally.add(segment, &mut codes);
            }
        }
        tallies.retain(|(_, tally)| !tally.is_trivial());
        let n_without_segment = purchases.n_customers() - population.n();
        Ok(Self { revenue, margin: margins, n_without_segment, tallies })
    }

    pub(super) fn tallies(&self) -> impl ExactSizeIterator<Item = &Tally> {
        self.tallies.iter().map(|(_, tally)| tally)
    }

    /// What a level of a tally is.
    pub(super) fn subject(
        &self,
        tally: usize,
        level: usize,
        purchases: Option<&dyn Purchases>,
        names: Option<&dyn ItemNames>,
    ) -> Subject {
        match self.tallies[tally].0 {
            Kind::Items => {
                let item = ItemIdx::from_usize(level);
                Subject::Item { item, name: item_name(names, item) }
            }
            Kind::Attribute(at) => {
                let attribute = purchases.and_then(|purchases| purchases.attributes().get(at));
                let (attribute, level) = attribute.map_or_else(Default::default, |attribute| {
                    let level = attribute.levels.get(level).cloned();
                    (attribute.name.clone(), level.unwrap_or_default())
                });
                Subject::Attribute { attribute, level }
            }
            Kind::Hours => Subject::Hour { hour: level as u8 },
            Kind::Weekdays => Subject::Weekday { weekday: level as u8 },
        }
    }
}
