//! What several tests need.

#![allow(clippy::unwrap_used, reason = "what tests share fails as tests do")]

pub(crate) mod markup;

use patronage_core::{
    Attribute, Calendar, CustomerIdx, Date, ItemIdx, Line, Lines, Money, OrderIdx, PurchaseTable,
    Purchases, Timestamp, UtcOffset,
};

/// A small log made by hand: an order across two months, a month without purchases, two orders at
/// one instant, a leap day, an amount below a cent, and a customer after the as-of.
pub(crate) const LOG: &str = "\
0,0,2020-01-05T10:00:00,0,10.00,FR
0,0,2020-01-05T10:00:00,1,5.50,FR
0,1,2020-02-10T09:00:00,0,20.00,FR
0,2,2020-04-01T00:00:00,2,7.25,DE
1,3,2020-01-31T23:59:59,1,100.00,DE
1,3,2020-02-01T00:00:01,1,50.00,DE
2,4,2020-02-29T12:00:00,2,0.001,DE
3,5,2020-02-03T08:00:00,0,12.00,FR
3,6,2020-02-20T08:00:00,0,12.00,FR
3,7,2020-04-15T08:00:00,3,30.00,FR
4,8,2020-04-20T08:00:00,1,9.99,PL
4,9,2020-04-20T08:00:00,1,9.99,PL
5,10,2020-05-02T00:00:00,0,500.00,PL
";

pub(crate) const RETURNS: &str = "\
0,0,2020-02-12T09:00:00,0,5.50,FR
0,1,2020-06-01T00:00:00,0,99.00,FR
";

pub(crate) fn instant(text: &str) -> Timestamp {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let mut parts = time.split(':').map(|part| part.parse::<i64>().unwrap());
    let seconds = parts.by_ref().fold(0, |sum, part| sum * 60 + part);
    let start = UtcOffset::UTC.start_of(date.parse::<Date>().unwrap());
    Timestamp::from_micros(start.micros() + seconds * 1_000_000)
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// Reads lines of `customer,order,at,item,amount,country`.
pub(crate) fn table(log: &str) -> PurchaseTable {
    let mut levels: Vec<String> = Vec::new();
    let attribute =
        |levels: &[String]| vec![Attribute { name: "country".to_owned(), levels: levels.to_vec() }];
    let mut builder = PurchaseTable::builder().attributes(attribute(&[]));
    for line in log.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |at: usize| fields[at].parse::<u32>().unwrap();
        let code = levels.iter().position(|level| level == fields[5]).unwrap_or_else(|| {
            levels.push(fields[5].to_owned());
            levels.len() - 1
        });
        let line = Line {
            at: instant(fields[2]),
            order: OrderIdx::new(number(1)),
            item: Some(ItemIdx::new(number(3))),
            quantity: 1.0,
            amount: money(fields[4]),
        };
        builder.push_with(CustomerIdx::new(number(0)), line, &[code as u32]);
    }
    builder.set_levels(attribute(&levels));
    builder.build().unwrap()
}

/// A very different implementor: each customer's lines in vectors of their own, items left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scattered {
    pub(crate) customers: Vec<OneCustomer>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct OneCustomer {
    pub(crate) at: Vec<Timestamp>,
    pub(crate) orders: Vec<OrderIdx>,
    pub(crate) quantities: Vec<f64>,
    pub(crate) amounts: Vec<Money>,
}

impl Scattered {
    pub(crate) fn of(purchases: &dyn Purchases) -> Self {
        let customer = |customer| {
            let lines = purchases.history(customer);
            OneCustomer {
                at: lines.at().to_vec(),
                orders: lines.orders().to_vec(),
                quantities: lines.quantities().to_vec(),
                amounts: lines.amounts().to_vec(),
            }
        };
        Self { customers: CustomerIdx::all(purchases.n_customers()).map(customer).collect() }
    }
}

impl Purchases for Scattered {
    fn n_customers(&self) -> usize {
        self.customers.len()
    }

    fn n_items(&self) -> usize {
        0
    }

    fn history(&self, customer: CustomerIdx) -> Lines<'_> {
        let one = &self.customers[customer.index()];
        Lines::new(&one.at, &one.orders, None, &one.quantities, &one.amounts)
    }
}
