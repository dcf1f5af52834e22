//! The best recommender for your own file: every model judged on the same customers, the best one explained,
//! saved, loaded and served.
//!
//! `cargo run --release --example recommend -- --data FILE --customer COLUMN --item COLUMN
//! [--weight COLUMN] [--time COLUMN] [--protocol strong|last|time] [--for ID] [--save FILE] [--json]`
//!
//! `strong` tests customers unknown to training, `last` holds back each customer's last moment, `time` what
//! happened in the last fifth of the period; `last` and `time` need `--time`. All items are ranked, those the
//! customer has are not recommended again. Without `--data`, a simulated shop.

#[path = "recommend/contender.rs"]
mod contender;
#[path = "recommend/events.rs"]
mod events;
#[expect(dead_code, reason = "every figure here has its protocol and its interval")]
#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;
#[path = "shared/events.rs"]
mod shop;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use patronage::core::{
    BoxError, CustomerIdx, HistoryEntry, Interactions, Request, Seen, Timestamp,
};
use patronage::recommend::{Comparison, Evaluation, Metric, NoHistory, Report, Split, holm};

use crate::contender::{Contender, Served, contenders};
use crate::events::Events;
use crate::figures::Figures;

/// The figure by which the best model is chosen.
const DECISIVE: Metric = Metric::Ndcg(20);

const METRICS: [Metric; 6] = [
    DECISIVE,
    Metric::Recall(20),
    Metric::HitRate(10),
    Metric::Ndcg(100),
    Metric::Novelty(20),
    Metric::Coverage(20),
];

/// The best recommender for your own file.
#[derive(Parser)]
#[command(name = "recommend", version)]
struct Args {
    /// Delimited text with a header, plain or gzip; a simulated shop where none is given.
    #[arg(long, value_name = "FILE", requires_all = ["customer", "item"])]
    data: Option<PathBuf>,
    /// The column that says who.
    #[arg(long, value_name = "COLUMN")]
    customer: Option<String>,
    /// The column that says what.
    #[arg(long, value_name = "COLUMN")]
    item: Option<String>,
    /// The column that says how much; every row counts 1 without it.
    #[arg(long, value_name = "COLUMN")]
    weight: Option<String>,
    /// The column that says when: seconds, a date (2026-03-01) or a date and a time (2026-03-01 09:30:00).
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// What is tested [default: time where there is one, else strong].
    #[arg(long, value_enum)]
    protocol: Option<Protocol>,
    /// The customer to serve [default: the one with the longest history].
    #[arg(long = "for", value_name = "ID")]
    customer_id: Option<String>,
    /// Where to save the best model.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// The seed of every draw.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Protocol {
    Strong,
    Last,
    Time,
}

impl Protocol {
    const fn name(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Last => "last",
            Self::Time => "time",
        }
    }

    fn split(self, events: &Events, seed: u64) -> Result<Split, BoxError> {
        let table = &events.table;
        Ok(match self {
            Self::Strong => Split::strong_drawn(table, 0.2, 0.2, seed)?,
            Self::Last => Split::leave_last_out(table)?,
            Self::Time => {
                let (first, last) = events.period.ok_or("--protocol time needs --time")?;
                // Each first, since the whole may be longer than moments reach.
                let cut = first.micros() / 5 + last.micros() / 5 * 4;
                Split::at(table, Timestamp::from_micros(cut))?
            }
        })
    }
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), BoxError> {
    let events = match (&args.data, &args.customer, &args.item) {
        (Some(path), Some(customer), Some(item)) => {
            events::read(path, customer, item, args.weight.as_deref(), args.time.as_deref())?
        }
        _ => events::simulated()?,
    };
    let by_default = if events.period.is_some() { Protocol::Time } else { Protocol::Strong };
    let protocol = args.protocol.unwrap_or(by_default);
    let split = protocol.split(&events, args.seed)?;
    if split.held_out.is_empty() {
        return Err("nothing is held out: too few customers, or too short a period".into());
    }
    let mut judged = Vec::new();
    for contender in contenders(events.table.n_items(), args.seed) {
        let model = (contender.fit)(&split.training)?;
        let evaluation = Evaluation::new(Seen::Exclude).metrics(METRICS).training(&split.training);
        let report = evaluation.no_history(NoHistory::Skip).run(&*model, &split.held_out)?;
        judged.push((contender, report));
    }
    let decisive = |report: &Report| report.mean(DECISIVE).unwrap_or(0.0);
    judged.sort_by(|a, b| decisive(&b.1).total_cmp(&decisive(&a.1)));
    if judged[0].1.n_customers() == 0 {
        return Err("no customer has both a history and something new to be tested on".into());
    }
    let behind: Vec<Comparison> = judged[1..]
        .iter()
        .map(|(_, report)| judged[0].1.compare(report, DECISIVE))
        .collect::<Result<_, _>>()?;
    let p_values = holm(&behind.iter().map(|comparison| comparison.p_value).collect::<Vec<_>>());

    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        let said = [events.left_out(), left_out(&judged[0].1)];
        said.iter().flatten().try_for_each(|line| writeln!(io::stderr(), "{line}"))?;
        print_json(&mut out, protocol, &judged)?;
    } else {
        events.describe(&mut out)?;
        print_table(&mut out, protocol, &judged, &p_values)?;
    }
    let (best, report) = &judged[0];
    let served = serve(args, &events, best, report)?;
    if !args.json {
        served.print(&mut out)?;
    }
    if let Some(path) = &args.save {
        std::fs::write(path, &served.saved)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        if !args.json {
            writeln!(
                out,
                "Saved to {} ({} bytes), loaded again, and the list was the same.",
                path.display(),
                served.saved.len()
            )?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Refits the best model on everything, saves and loads it, and serves one customer from what was loaded.
fn serve(
    args: &Args,
    events: &Events,
    best: &Contender,
    report: &Report,
) -> Result<Served, BoxError> {
    let table = &events.table;
    let customer = match &args.customer_id {
        Some(id) => events.customers.index_of(id).ok_or_else(|| format!("no customer {id:?}"))?,
        None => CustomerIdx::all(table.n_customers())
            .max_by_key(|&customer| {
                (table.row(customer).items().len(), std::cmp::Reverse(customer))
            })
            .ok_or("no customer")?,
    };
    let mut history: Vec<HistoryEntry> = Vec::new();
    let row = table.row(customer);
    for (position, (&item, &weight)) in row.items().iter().zip(row.weights()).enumerate() {
        let at = row.at().map_or_else(Timestamp::default, |at| at[position]);
        let basket = row.baskets().map_or_else(Default::default, |baskets| baskets[position]);
        history.push(HistoryEntry { item, weight, at, basket });
    }
    history.sort_by_key(|entry| entry.at);
    let as_of = events.period.map_or_else(Timestamp::default, |(_, last)| last);
    let request = Request { history: &history, customer: Some(customer), as_of };
    (best.serve)(events, &request, report)
}

/// Who was held out and is not judged, and what nobody could have found.
fn left_out(report: &Report) -> Option<String> {
    let (without, unknown) = (report.n_without_history(), report.n_targets_unknown());
    (without + unknown > 0).then(|| {
        format!(
            "{without} customers not judged for want of a history; {unknown} targets unknown to training"
        )
    })
}

fn print_json(
    out: &mut impl Write,
    protocol: Protocol,
    judged: &[(Contender, Report)],
) -> io::Result<()> {
    let mut figures = Figures::new(out);
    for (contender, report) in judged {
        for figure in report.figures() {
            let (low, high) = figure.interval.unwrap_or((figure.mean, figure.mean));
            let more =
                [("protocol", protocol.name().into()), ("low", low.into()), ("high", high.into())];
            figures.figure_and(contender.name, &figure.metric.to_string(), figure.mean, more)?;
        }
    }
    Ok(())
}

fn print_table(
    out: &mut impl Write,
    protocol: Protocol,
    judged: &[(Contender, Report)],
    p_values: &[f64],
) -> io::Result<()> {
    let (_, best) = &judged[0];
    writeln!(out, "Protocol   {}: {} customers judged", protocol.name(), best.n_customers())?;
    if let Some(line) = left_out(best) {
        writeln!(out, "           {line}")?;
    }
    write!(out, "{:<14}", "model")?;
    METRICS.iter().try_for_each(|metric| write!(out, " {:>12}", metric.to_string()))?;
    writeln!(out, "   {DECISIVE}: 95 % interval; p against the best (Holm)")?;
    let p_values = std::iter::once(None).chain(p_values.iter().map(Some));
    for ((contender, report), p_value) in judged.iter().zip(p_values) {
        write!(out, "{:<14}", contender.name)?;
        for metric in METRICS {
            write!(out, " {:>12.4}", report.mean(metric).unwrap_or(f64::NAN))?;
        }
        let interval = report.figures().iter().find(|figure| figure.metric == DECISIVE);
        if let Some((low, high)) = interval.and_then(|figure| figure.interval) {
            write!(out, "   {low:.4} to {high:.4}")?;
        }
        match p_value {
            Some(p_value) => writeln!(out, "; {p_value:.3}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
