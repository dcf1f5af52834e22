//! Who the customers of each segment are, in words and with evidence; and every customer on her own.
//!
//! `cargo run --release --example personas -- --transactions FILE [--mapping complete-journey]
//! [--by clusters] [--profiles profiles.jsonl] [--json]`; without a file, on a simulated shop.

#[path = "shared/events.rs"]
mod events;
#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use patronage::classify::{DecisionTree, DecisionTreeModel};
use patronage::core::{
    BoxError, Calendar, Date, During, Features, Fit, ItemIdx, Schema, SegmentIdx, Segmenter,
    SegmenterExt,
};
use patronage::ingest::{AtomicFile, EventLog};
use patronage::segment::{
    Binning, ChooseK, ColumnPhrase, ColumnWords, Costs, Explanation, KMeans, PersonaReport,
    Personas, Preparation, Prepared, Profiler, Rfm, RfmScoring, RfmSegmenter, RfmTable,
    SegmentRules, Surrogate, Variety, label_clusters,
};

use crate::figures::Figures;

/// Who the customers of each segment are.
#[derive(Parser)]
#[command(name = "personas", version)]
struct Args {
    /// Transactions as CSV, plain or gzip [default: a simulated shop].
    #[arg(long, value_name = "FILE")]
    transactions: Option<PathBuf>,
    /// How the file is laid out: a TOML file, or online-retail, complete-journey, cdnow, cdnow-sample.
    #[arg(long, value_name = "FILE", default_value = "online-retail")]
    mapping: String,
    /// The day recency counts from [default: the day after the last purchase].
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Which segments: named by rules over RFM scores, or the clusters k-means finds.
    #[arg(long, value_enum, default_value_t = By::Rules)]
    by: By,
    /// What the things sold have cost, as a share of what was paid; makes margins.
    #[arg(long, value_name = "SHARE")]
    cost_rate: Option<f64>,
    /// The depth of the tree that explains the segments.
    #[arg(long, default_value_t = 3)]
    depth: usize,
    /// Where a profile of every customer goes, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    profiles: Option<PathBuf>,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Rules,
    Clusters,
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), BoxError> {
    let (log, as_of) = events::read(args.transactions.as_deref(), &args.mapping, args.as_of)?;
    let purchases = During::before(log.purchases(), log.calendar().start_of(as_of));
    let Segments { labels: segments, names, model } =
        segments(args, &Rfm::new(as_of, log.calendar()).table(&purchases)?)?;
    let mut measures = Rfm::new(as_of, log.calendar()).tenure().return_rate(log.returns());
    if log.has_items() {
        measures = measures.variety(Variety::Items);
    }
    let features = measures.table(&purchases)?;
    let items: Vec<String> =
        (0..log.items().len()).map(|item| item_name(&log, ItemIdx::from_usize(item))).collect();
    // Rules and clusters alike are made of these three, which proves nothing of them.
    let made_of = ["recency_days", "frequency", "monetary"];
    let mut phrases = ColumnPhrase::rfm().to_vec();
    phrases.push(
        ColumnPhrase::new("tenure_days", "time since the first purchase").unit("day", "days"),
    );
    phrases.push(ColumnPhrase::new("return_rate", "share sent back"));
    if log.has_items() {
        phrases.push(ColumnPhrase::new("variety", "variety").unit("item", "items"));
    }
    let mut personas = Personas::new(&features, &segments, names.clone())
        .customers(features.customers())
        .customer_ids(log.customers())
        .made_of(made_of)
        .phrases(&phrases)
        .purchases(&purchases)
        .calendar(log.calendar())
        .item_names(&items);
    if let Some(rate) = args.cost_rate {
        personas = personas.costs(Costs::Rate(rate));
    }
    let report = personas.describe()?;
    let tree = DecisionTree::new().max_depth(args.depth);
    let explanation = Surrogate::new().explain(&tree, &features, &segments, names.clone())?;
    if let Some(path) = &args.profiles {
        let model = Widened::new(model, features.schema())?;
        let profiles = Profiler::new(&features, &segments, names)
            .model(&model)
            .customers(features.customers())
            .customer_ids(log.customers())
            .purchases(&purchases, as_of)
            .calendar(log.calendar())
            .item_names(&items)
            .fit()?;
        let mut out = BufWriter::new(AtomicFile::create(path)?);
        profiles.write_json_lines(&mut out)?;
        out.into_inner().map_err(|error| error.into_error())?.commit()?;
    }
    let out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => print_json(out, &report, &explanation),
        false => print_words(out, &report, &explanation),
    }
}

/// The segment of each row, what the segments are called, and what assigns rows to them.
struct Segments {
    labels: Vec<SegmentIdx>,
    names: Vec<String>,
    model: Box<dyn Segmenter>,
}

fn segments(args: &Args, rfm: &RfmTable) -> Result<Segments, BoxError> {
    match args.by {
        By::Rules => {
            let scores = RfmScoring::new(Binning::Quantiles(5)).fit(rfm)?;
            let model = RfmSegmenter::new(scores, SegmentRules::standard())?;
            let (labels, names) = (model.assign(rfm)?, model.rules().names().to_vec());
            Ok(Segments { labels, names, model: Box::new(model) })
        }
        By::Clusters => {
            let preparation = Preparation::new().log1p().standardise().fit(rfm)?;
            let rows = preparation.apply(rfm)?;
            let choice = ChooseK::new(2..=8).kmeans(KMeans::new(2)).choose(&rows)?;
            let best = choice.best();
            let centres = preparation.invert(best.model.centres())?;
            let names = label_clusters(centres.view(), rfm, &ColumnWords::rfm())?;
            let model = Prepared::new(preparation, best.model.clone())?;
            Ok(Segments { labels: best.labels.clone(), names, model: Box::new(model) })
        }
    }
}

/// A model of some columns, taking rows that have further ones.
struct Widened {
    model: Box<dyn Segmenter>,
    schema: Schema,
    columns: Vec<usize>,
}

impl Widened {
    fn new(model: Box<dyn Segmenter>, schema: &Schema) -> Result<Self, BoxError> {
        let columns = model.schema().columns().iter();
        let columns: Result<_, _> = columns.map(|column| schema.require(column.name())).collect();
        Ok(Self { model, schema: schema.clone(), columns: columns? })
    }
}

impl Segmenter for Widened {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.model.n_segments()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        let own: Vec<f64> = self.columns.iter().map(|&column| row[column]).collect();
        self.model.segment(&own)
    }
}

/// An item's id with what it is.
fn item_name(log: &EventLog, item: ItemIdx) -> String {
    let id = log.items().id(item).unwrap_or_default();
    match log.description(item) {
        Some(description) => format!("{id} {description}"),
        None => id.to_owned(),
    }
}

fn print_words(
    mut out: impl Write,
    report: &PersonaReport,
    explanation: &Explanation<DecisionTreeModel>,
) -> Result<(), BoxError> {
    writeln!(out, "{report}")?;
    writeln!(out, "{explanation}")?;
    Ok(())
}

fn print_json(
    out: impl Write,
    report: &PersonaReport,
    explanation: &Explanation<DecisionTreeModel>,
) -> Result<(), BoxError> {
    let mut figures = Figures::new(out);
    for persona in report {
        let model = format!("segment={}", persona.name);
        let words = [("description", persona.description().into())];
        figures.figure_and(&model, "customers", persona.n_customers, words)?;
        figures.figure(&model, "share", persona.share)?;
        for (metric, money) in [("revenue", &persona.revenue), ("margin", &persona.margin)] {
            let Some(money) = money else { continue };
            let more = [("share", money.share.into())];
            figures.figure_and(&model, metric, money.amount.as_f64(), more)?;
        }
        for share in &persona.shares {
            let more = [
                ("subject", serde_json::to_value(&share.subject)?),
                ("adjusted_p_value", share.evidence.adjusted_p_value.into()),
            ];
            figures.figure_and(&model, "lift", share.lift, more)?;
        }
    }
    let fidelity = explanation.fidelity();
    let more = [
        ("low", fidelity.interval.low.into()),
        ("high", fidelity.interval.high.into()),
        ("rules", explanation.rules().into()),
    ];
    figures.figure_and("tree", "accuracy", fidelity.accuracy, more)?;
    figures.figure("tree", "balanced_accuracy", fidelity.balanced_accuracy)?;
    figures.figure("tests", "count", report.n_tests)?;
    Ok(())
}
