//! The next basket of the households of The Complete Journey.
//!
//! Of households of at least four baskets the last is foretold from those before; what was bought before may
//! be recommended again. Recall is over all products of the basket, each counted once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::iter;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use patronage::core::{
    BoxError, CustomerIdx, Fit, HistoryEntry, ItemIdx, Line, Money, OrderIdx, PurchaseTable,
    Purchases, Recommender, Request, Seen, Timestamp,
};
use patronage::recommend::{
    Case, Evaluation, HeldOut, Metric, PersonalFrequency, Popularity, Report, TifuKnn,
};

use crate::{Printer, Reached, read};

/// The fewest baskets of a household that is tested.
const FEWEST: usize = 4;
const METRICS: [(Metric, &str); 2] =
    [(Metric::PlainRecall(10), "recall@10"), (Metric::PlainRecall(20), "recall@20")];

/// The baskets of one household by (first instant, id), as sets of products.
type Dated = BTreeMap<u64, (String, BTreeSet<u32>)>;

/// Baskets in time order of each household.
struct Journey {
    n_items: usize,
    households: Vec<Vec<Vec<ItemIdx>>>,
}

const COLUMNS: [&str; 5] =
    ["household_id", "basket_id", "product_id", "quantity", "transaction_timestamp"];

fn journey(folder: &Path) -> Result<Option<Journey>, BoxError> {
    let path = folder.join("complete-journey/transactions_with_products.csv.gz");
    let Some(file) = read::open(&path)? else { return Ok(None) };
    let wrong = |error: BoxError| format!("{}: {error}", path.display());
    let households = households(ReaderBuilder::new().from_reader(file)).map_err(wrong)?;
    // Items in ascending order of id, so that ties are broken by id.
    let sold = households.values().flat_map(Dated::values).flat_map(|(_, products)| products);
    let products = read::distinct(sold.copied());
    let item = |id: u32| products.binary_search(&id).map_or(0, |at| at as u32);
    let in_order = |baskets: Dated| {
        let mut baskets: Vec<_> =
            baskets.into_iter().map(|(id, (at, set))| (at, id, set)).collect();
        baskets.sort_unstable();
        let items = |set: BTreeSet<u32>| set.into_iter().map(|id| ItemIdx::new(item(id))).collect();
        baskets.into_iter().map(|(.., set)| items(set)).collect::<Vec<_>>()
    };
    let households: Vec<_> = households.into_values().map(in_order).collect();
    let tested = households.into_iter().filter(|baskets| baskets.len() >= FEWEST).collect();
    Ok(Some(Journey { n_items: products.len(), households: tested }))
}

/// What each household took home; lines of no quantity are refunds and coupons.
fn households(mut reader: csv::Reader<impl Read>) -> Result<BTreeMap<u32, Dated>, BoxError> {
    let header = reader.headers()?.clone();
    let place = |name: &str| {
        let at = header.iter().position(|column| column == name);
        at.ok_or_else(|| format!("no column {name}"))
    };
    let mut places = [0; COLUMNS.len()];
    for (at, name) in places.iter_mut().zip(COLUMNS) {
        *at = place(name)?;
    }
    let mut households: BTreeMap<u32, Dated> = BTreeMap::new();
    let mut row = StringRecord::new();
    while reader.read_record(&mut row)? {
        let [household, basket, product, quantity, at] = places.map(|at| &row[at]);
        let line = row.position().map_or(0, csv::Position::line);
        let wrong = |name: &str, found: &str| format!("line {line}: {name} {found:?} is no number");
        let quantity: f64 = quantity.parse().map_err(|_| wrong("quantity", quantity))?;
        if quantity <= 0.0 {
            continue;
        }
        let household = household.parse().map_err(|_| wrong("household", household))?;
        let basket = basket.parse().map_err(|_| wrong("basket", basket))?;
        let baskets = households.entry(household).or_default();
        let (first, products) =
            baskets.entry(basket).or_insert_with(|| (at.to_owned(), BTreeSet::new()));
        if at < first.as_str() {
            *first = at.to_owned();
        }
        products.insert(product.parse().map_err(|_| wrong("product", product))?);
    }
    Ok(households)
}

impl Journey {
    /// What was bought before the basket that is `n_after` from the end, and that basket held out.
    fn before(&self, n_after: usize) -> Result<(PurchaseTable, HeldOut), BoxError> {
        let mut history = PurchaseTable::builder().n_items(self.n_items);
        let mut order = 0;
        let customers = || (0..).map(CustomerIdx::new).zip(&self.households);
        for (customer, baskets) in customers() {
            for (at, basket) in (0..).zip(&baskets[..baskets.len() - n_after - 1]) {
                for &item in basket {
                    let (at, order) = (Timestamp::from_seconds(at), OrderIdx::new(order));
                    let amount = Money::from_units(1);
                    history.push(
                        customer,
                        Line { at, order, item: Some(item), quantity: 1.0, amount },
                    );
                }
                order += 1;
            }
        }
        let history = history.build()?;
        let mut held_out = HeldOut::new(self.n_items);
        for (customer, baskets) in customers() {
            let place = baskets.len() - n_after - 1;
            let lines = HistoryEntry::from_lines(history.history(customer));
            let as_of = Timestamp::from_seconds(place as i64);
            let request = Request { history: &lines, customer: Some(customer), as_of };
            held_out.push(Case { request, targets: &baskets[place] })?;
        }
        Ok((history, held_out))
    }

    /// In how many baskets before the last each product was: a row is a basket.
    fn popularity(&self) -> Result<impl Recommender, BoxError> {
        let baskets = self.households.iter().flat_map(|baskets| &baskets[..baskets.len() - 1]);
        let rows = baskets
            .clone()
            .zip(0..)
            .flat_map(|(basket, row)| basket.iter().map(move |item| (row, item.get())));
        Ok(Popularity::new().fit(&read::table(baskets.clone().count(), self.n_items, rows)?)?)
    }
}

/// The models tried: that of the defaults, and others of a single group, which fade by basket alone.
fn tried() -> impl Iterator<Item = TifuKnn> {
    let one = |decay| TifuKnn::new().group_size(1000).basket_decay(decay).group_decay(1.0);
    let fading = [0.93, 0.95, 0.97].into_iter().map(one);
    let own = fading.flat_map(|tifu| [0.5, 0.3, 0.2, 0.1].map(|alpha| tifu.alpha(alpha)));
    iter::once(TifuKnn::new()).chain(own.map(|tifu| tifu.k(50)))
}

fn judge(
    model: &dyn Recommender,
    held_out: &HeldOut,
    n_resamples: usize,
) -> Result<Report, BoxError> {
    let evaluation = Evaluation::new(Seen::Allow).metrics(METRICS.map(|(metric, _)| metric));
    Ok(evaluation.bootstrap(n_resamples).run(model, held_out)?)
}

pub(crate) fn run<W: Write>(
    folder: &Path,
    printer: &mut Printer<W>,
) -> Result<Option<()>, BoxError> {
    let Some(journey) = journey(folder)? else { return Ok(None) };
    let (history, last) = journey.before(0)?;

    let popularity = judge(&journey.popularity()?, &last, 10_000)?;
    let personal = judge(&PersonalFrequency::new().fit(&history)?, &last, 10_000)?;
    for (model, report, peers) in [
        ("popularity", &popularity, [0.0816, 0.0952]),
        ("personal-frequency", &personal, [0.1437, 0.1890]),
    ] {
        for ((of, metric), peer) in METRICS.into_iter().zip(peers) {
            let value = report.mean(of).unwrap_or(f64::NAN);
            printer.say(&Reached { model, metric, value, peer: Some(("pandas", peer)) })?;
        }
    }

    // Chosen on the baskets before the last.
    let (earlier, second_last) = journey.before(1)?;
    let (by, _) = METRICS[0];
    let mut best: Option<(f64, TifuKnn)> = None;
    for tifu in tried() {
        let report = judge(&tifu.fit(&earlier)?, &second_last, 0)?;
        let value = report.mean(by).unwrap_or(f64::NAN);
        if best.is_none_or(|(most, _)| value > most) {
            best = Some((value, tifu));
        }
    }
    let Some((_, chosen)) = best else { return Ok(None) };
    let report = judge(&chosen.fit(&history)?, &last, 10_000)?;
    for (of, metric) in METRICS {
        let value = report.mean(of).unwrap_or(f64::NAN);
        let reached = Reached { model: "tifu-knn", metric, value, peer: None };
        printer.better(&reached, "personal-frequency", &report.compare(&personal, of)?)?;
    }
    printer.note(&format!("  {chosen:?}, chosen on the baskets before the last"))?;
    Ok(Some(()))
}
