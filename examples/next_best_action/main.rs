//! The main job: from a file of transactions to a next best action for every customer.
//!
//! `cargo run --release --example next_best_action` runs on a simulated shop;
//! `-- --transactions FILE --out DIR` on a file. One module a step; blocks meet here and nowhere else.

mod act;
mod args;
mod explore;
#[path = "../shared/item_features.rs"]
mod item_features;
mod load;
mod output;
mod recommend;
mod segment;
mod show;
mod steps;
mod summary;
mod target;
mod trade_off;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use patronage::act::RuleColumns;
use patronage::core::{BoxError, Currency, Purchases};
use patronage::explore::Dashboard;
use patronage::ingest::Mapping;
use patronage::segment::SegmentRules;

use args::Args;
use output::OutputFolder;
use steps::Steps;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(printed) => {
            match std::io::stdout().write_all(printed.as_bytes()) {
                // Whoever closes the pipe early has read enough.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    let _ = writeln!(std::io::stderr(), "error: standard output: {error}");
                    ExitCode::FAILURE
                }
                _ => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            // One line, whatever the error carries.
            let message = error.to_string().replace(['\n', '\r'], " ");
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every step; gives back what to print.
fn run(args: &Args) -> Result<String, BoxError> {
    let mapping = Mapping::named(&args.mapping)?;
    let segments = SegmentRules::standard().names().to_vec();
    // A catalogue that cannot be used stops the run before the file is read.
    let source = act::CatalogueSource::read(args.catalogue.as_deref())?;
    let columns = RuleColumns::standard(segments.iter().cloned(), Vec::<String>::new())?;
    source.parse(&columns, mapping.currency())?;
    let inputs = [&args.transactions, &args.catalogue, &args.consent];
    let folder = OutputFolder::open(&args.out, inputs.into_iter().flatten())?;
    let mut steps = Steps::new();

    let input = steps.run(
        "ingest",
        || load::load(args, mapping, &folder),
        |input| {
            let report = input.log.report();
            (report.rows_read as usize, report.rows_accepted as usize)
        },
    )?;
    let (log, purchases) = (&input.log, input.log.purchases());
    let n_lines = purchases.n_lines();
    let explored = steps.run(
        "explore",
        || explore::explore(log, log.calendar(), input.as_of),
        |found| (n_lines, found.kpis.n_customers as usize),
    )?;
    let segmented = steps.run(
        "segment",
        || segment::segment(log, input.as_of_date, args.seed),
        |found| (n_lines, found.named.len()),
    )?;
    let targeted = steps.run(
        "target",
        || target::target(purchases, log.calendar(), input.as_of, args.horizon_days, args.seed),
        |found| (n_lines, found.probabilities.len()),
    )?;
    let recommended = steps.run(
        "recommend",
        || recommend::recommend(log, &segmented.rfm, input.as_of, args.horizon_days, &folder),
        |found| (n_lines, found.n_rows),
    )?;

    let countries = act::Countries::of(log);
    let columns = RuleColumns::standard(segments, countries.levels.iter().cloned())?;
    let catalogue = source.parse(&columns, log.currency())?;
    let offers = act::offers(&catalogue, log, &recommended)?;
    let rows = act::rule_rows(&columns, log, &countries, &segmented, &targeted)?;
    let consents = act::consents(&catalogue, log, input.consent.as_ref(), input.as_of);
    let n_rows = segmented.rfm.n_rows();
    let factors = steps.run(
        "value, relevance and eligibility",
        || {
            act::Factors::new(
                &catalogue,
                log,
                &offers,
                &rows,
                &consents,
                &segmented,
                &targeted,
                &recommended,
            )
        },
        |_| (n_rows, n_rows * catalogue.actions().len()),
    )?;
    let decisions = steps.run(
        "act",
        || factors.decide(args.budget),
        |found| (found.customers().len(), found.len()),
    )?;

    let n_customers = purchases.n_customers();
    steps.run(
        "write",
        || {
            act::write(&folder, &decisions, log)?;
            segment::write(&folder, &segmented, log)?;
            target::write(&folder, &targeted, log)?;
            // The unit of amounts where the mapping names none.
            let currency = log.currency().map_or_else(|| "XXX".parse::<Currency>(), Ok)?;
            let page = Dashboard::new("Next best action", input.as_of_date, currency)
                .subtitle(format!("{}, as of {}", input.source, input.as_of_date))
                .section(explored.section(log, currency)?)
                .section(segmented.section(currency)?)
                .section(show::target(&targeted, args.horizon_days, log.calendar())?)
                .section(recommended.section(log)?)
                .section(show::next(&decisions, currency)?);
            folder.write("dashboard.html", |out| Ok(out.write_all(page.to_html().as_bytes())?))
        },
        |()| (n_customers, n_customers),
    )?;
    let text = summary::summary(
        args,
        &input,
        &explored.kpis,
        &segmented,
        &targeted,
        &recommended,
        &decisions,
        &steps,
    )?;
    folder.write("summary.json", |out| Ok(out.write_all(text.as_bytes())?))?;
    steps.finish();
    Ok(show::stdout(&input, &explored, &segmented, &targeted, &recommended, &decisions, &args.out))
}
