//! Customers nobody knows yet, and items nobody has bought: who serves them best?
//!
//! `cargo run --release --example cold_start -- [--transactions FILE --mapping NAME] [--json]`
//!
//! New customers are served from the first few items of their history. New items, one in ten, are hidden from
//! training, and ranked among themselves for customers who bought some of them. Without a file, a simulated
//! shop, whose item texts say to which category items belong.

#[expect(dead_code, reason = "every figure here has further keys")]
#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;
#[path = "shared/item_features.rs"]
mod item_features;
#[path = "shared/events.rs"]
mod shop;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use patronage::core::{
    BoxError, Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemFilter,
    ItemIdx, Recommender, Request, Seen, SparseItemFeatures, Timestamp, Weight,
};
use patronage::recommend::{
    Als, Case, ContentBased, Evaluation, Fallback, FeatureMf, Featured, HeldOut, ItemKnn, Metric,
    Popularity, Split, Switch,
};

use crate::figures::Figures;

/// Where lists are judged.
const K: usize = 10;
/// How many items of their history new customers are served from.
const LENGTHS: [usize; 5] = [0, 1, 2, 5, 10];
/// One item in so many is new.
const ONE_IN: usize = 10;

/// Customers nobody knows yet, and items nobody has bought.
#[derive(Parser)]
#[command(name = "cold_start", version)]
struct Args {
    /// A file of transactions; a simulated shop where none is given.
    #[arg(long, value_name = "FILE")]
    transactions: Option<PathBuf>,
    /// The mapping that reads the file.
    #[arg(long, default_value = "online-retail")]
    mapping: String,
    /// The seed of every draw.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), BoxError> {
    let (log, _) = shop::read(args.transactions.as_deref(), &args.mapping, None)?;
    if !log.has_items() {
        return Err("the file names no items".into());
    }
    let table = InteractionTable::from_purchases(log.purchases(), Weight::Binary)?;
    let features = item_features::of(&log)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let customers = new_customers(&table, &features, args.seed)?;
    let items = new_items(&table, &features, args.seed)?;
    if args.json {
        let mut figures = Figures::new(&mut out);
        for (model, recalls) in &customers.recalls {
            for (length, recall) in LENGTHS.iter().zip(recalls) {
                let more = [("protocol", "new-customers".into()), ("history", (*length).into())];
                figures.figure_and(model, &format!("recall@{K}"), *recall, more)?;
            }
        }
        for (model, recall) in &items.recalls {
            let more = [("protocol", "new-items".into())];
            figures.figure_and(model, &format!("recall@{K}"), *recall, more)?;
        }
    } else {
        customers.print(&mut out)?;
        items.print(&mut out)?;
    }
    out.flush()?;
    Ok(())
}

struct NewCustomers {
    n_customers: usize,
    /// Of each model the figure at each length.
    recalls: Vec<(&'static str, Vec<f64>)>,
    /// At each length the share of places that each link of the chain filled.
    filled: Vec<[f64; 3]>,
}

fn new_customers(
    table: &InteractionTable,
    features: &SparseItemFeatures,
    seed: u64,
) -> Result<NewCustomers, BoxError> {
    let split = Split::strong_drawn(table, 0.2, 0.5, seed)?;
    let training = &split.training;
    let popularity = Popularity::new().fit(training)?;
    let content = ContentBased::new().fit(features)?;
    let knn = ItemKnn::new(50).fit(training)?;
    let ials = Als::new(32).regularization(0.02).seed(seed).fit(training)?;
    let chain = Fallback::new().link(&knn).link(&content).link(&popularity).build()?;
    let switch =
        Switch::new().member(0, &popularity).member(1, &content).member(3, &knn).build()?;
    let models: [(&str, &dyn Recommender); 6] = [
        ("popularity", &popularity),
        ("content", &content),
        ("item-knn", &knn),
        ("ials", &ials),
        ("switch", &switch),
        ("chain", &chain),
    ];
    let mut recalls: Vec<(&str, Vec<f64>)> = models.iter().map(|model| (model.0, vec![])).collect();
    let (mut filled, mut n_customers) = (Vec::new(), 0);
    for length in LENGTHS {
        let mut held_out = HeldOut::new(table.n_items());
        let mut places = [0.0; 3];
        // The same customers at every length.
        let longest = LENGTHS[LENGTHS.len() - 1];
        for case in split.held_out.iter().filter(|case| case.request.history.len() >= longest) {
            let request = Request { history: &case.request.history[..length], ..case.request };
            held_out.push(Case { request, targets: case.targets })?;
            for place in chain.fill(&request, K, &ItemFilter::seen(Seen::Exclude)) {
                places[place.link] += 1.0;
            }
        }
        n_customers = held_out.len();
        if n_customers == 0 {
            return Err(format!("no new customer has {longest} items to be served from").into());
        }
        let all: f64 = places.iter().sum();
        filled.push(places.map(|places| places / all));
        let evaluation = Evaluation::new(Seen::Exclude).metrics([Metric::Recall(K)]).bootstrap(0);
        for ((_, model), (_, recalls)) in models.iter().zip(&mut recalls) {
            let report = evaluation.run(*model, &held_out)?;
            recalls.push(report.mean(Metric::Recall(K)).unwrap_or(0.0));
        }
    }
    Ok(NewCustomers { n_customers, recalls, filled })
}

impl NewCustomers {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "New customers: recall@{K} of {} by the items known of them",
            self.n_customers
        )?;
        write!(out, "  {:<12}", "model")?;
        LENGTHS.iter().try_for_each(|length| write!(out, " {length:>8}"))?;
        writeln!(out)?;
        for (model, recalls) in &self.recalls {
            write!(out, "  {model:<12}")?;
            recalls.iter().try_for_each(|recall| write!(out, " {recall:>8.4}"))?;
            writeln!(out)?;
        }
        for (link, name) in ["item-knn", "content", "popularity"].into_iter().enumerate() {
            write!(out, "  places of the chain filled by {name:<12}")?;
            self.filled
                .iter()
                .try_for_each(|filled| write!(out, " {:>5.0} %", 100.0 * filled[link]))?;
            writeln!(out)?;
        }
        Ok(())
    }
}

struct NewItems {
    n_items: usize,
    n_customers: usize,
    recalls: Vec<(&'static str, f64)>,
}

fn new_items(
    table: &InteractionTable,
    features: &SparseItemFeatures,
    seed: u64,
) -> Result<NewItems, BoxError> {
    let is_new = |item: ItemIdx| item.index() % ONE_IN == ONE_IN / 2;
    let n_items = ItemIdx::all(table.n_items()).filter(|&item| is_new(item)).count();
    let mut known = Vec::new();
    for customer in CustomerIdx::all(table.n_customers()) {
        let items = table.row(customer).items().iter().filter(|&&item| !is_new(item));
        known.extend(items.map(|item| (customer.get(), item.get(), 1.0)));
    }
    let known = Csr::from_entries(table.n_customers(), table.n_items(), &known, |_, _| {})?;
    let known = InteractionTable::new(known)?;
    let popularity = Popularity::new().fit(&known)?;
    let content = ContentBased::new().fit(features)?;
    let factors = FeatureMf::bpr(32).seed(seed).fit(&Featured::new(&known).items(features))?;
    let models: [(&str, &dyn Recommender); 3] =
        [("popularity", &popularity), ("content", &content), ("feature-mf", &factors)];
    let filter = ItemFilter { allow: Some(&is_new), ..ItemFilter::default() };
    let mut sums = [0.0; 3];
    // What a list by chance would reach.
    let (mut chance, mut n_customers) = (0.0, 0);
    for customer in CustomerIdx::all(table.n_customers()) {
        let targets: Vec<ItemIdx> =
            table.row(customer).items().iter().copied().filter(|&item| is_new(item)).collect();
        let history = HistoryEntry::from_items(known.row(customer).items());
        if targets.is_empty() || history.is_empty() {
            continue;
        }
        n_customers += 1;
        let most = targets.len().min(K) as f64;
        chance += targets.len() as f64 * (K.min(n_items) as f64 / n_items as f64) / most;
        let as_of = Timestamp::MAX;
        let request = Request { history: &history, customer: Some(customer), as_of };
        for (sum, (_, model)) in sums.iter_mut().zip(models) {
            let list = model.top_k(&request, K, &filter);
            let hits = list.iter().filter(|scored| targets.contains(&scored.item)).count();
            *sum += hits as f64 / most;
        }
    }
    if n_customers == 0 {
        return Err("nobody bought any of the new items".into());
    }
    let mean = |sum: f64| sum / f64::from(n_customers);
    let mut recalls = vec![("chance", mean(chance))];
    recalls.extend(models.iter().zip(sums).map(|(model, sum)| (model.0, mean(sum))));
    Ok(NewItems { n_items, n_customers: n_customers as usize, recalls })
}

impl NewItems {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { n_items, n_customers, .. } = self;
        writeln!(
            out,
            "New items: recall@{K} of {n_customers} customers among {n_items} items that training did not know"
        )?;
        for (model, recall) in &self.recalls {
            writeln!(out, "  {model:<12} {recall:>8.4}")?;
        }
        Ok(())
    }
}
