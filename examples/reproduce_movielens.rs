//! The figures of the recommenders on MovieLens and The Complete Journey, beside those of the tools one might
//! use instead.
//!
//! `cargo run --release --example reproduce_movielens -- --data FOLDER [--protocol PROTOCOL] [--json]`
//!
//! FOLDER holds `movielens-1m` (`interactions_all.csv.gz`: every pair of user and movie, with a header;
//! `ncf_test.rating`, `ncf_test.negative.gz` and `ncf_item_map.csv` of the protocol of one against 99),
//! `movielens-100k` (`u.data`) and `complete-journey` (`transactions_with_products.csv.gz`: `household_id`,
//! `basket_id`, `product_id`, `quantity`, `transaction_timestamp`). What is missing is skipped, and that is said.
//!
//! Parameters were chosen on users that no figure is about: of MovieLens-1M those whose id mod 10 is 1, and for
//! one against 99 on one pair held out of each user's training pairs. Blends, and models of the next basket, are
//! chosen while this runs, on users and baskets that are not tested.

#[path = "reproduce_movielens/damped.rs"]
mod damped;
#[expect(dead_code, reason = "every figure here says its protocol")]
#[path = "shared/figures.rs"]
mod figures;
#[path = "shared/finish.rs"]
mod finish;
#[path = "reproduce_movielens/folds.rs"]
mod folds;
#[path = "reproduce_movielens/next_basket.rs"]
mod next_basket;
#[path = "reproduce_movielens/one_against_99.rs"]
mod one_against_99;
#[path = "reproduce_movielens/read.rs"]
mod read;
#[path = "reproduce_movielens/strong.rs"]
mod strong;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use patronage::core::BoxError;
use patronage::recommend::Comparison;

use crate::figures::Figures;

/// The figures of the recommenders on MovieLens and The Complete Journey.
#[derive(Parser)]
#[command(name = "reproduce_movielens", version)]
struct Args {
    /// The folder that holds movielens-1m, movielens-100k and complete-journey.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// One protocol alone.
    #[arg(long, visible_alias = "only", value_enum)]
    protocol: Option<Protocol>,
    /// Prints one figure a line, as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Protocol {
    /// MovieLens-1M, users divided: those tested are unknown to training.
    #[value(name = "ml-1m-strong")]
    Strong,
    /// MovieLens-1M, each user's last movie against 99 others.
    #[value(name = "ml-1m-1v99")]
    OneAgainst99,
    /// MovieLens-100K, ratings, five folds by row.
    #[value(name = "ml-100k-5fold")]
    Folds,
    /// The Complete Journey, each household's last basket.
    #[value(name = "complete-journey-next")]
    NextBasket,
}

impl Protocol {
    const ALL: [Self; 4] = [Self::Strong, Self::OneAgainst99, Self::Folds, Self::NextBasket];

    const fn name(self) -> &'static str {
        match self {
            Self::Strong => "ml-1m-strong",
            Self::OneAgainst99 => "ml-1m-1v99",
            Self::Folds => "ml-100k-5fold",
            Self::NextBasket => "complete-journey-next",
        }
    }
}

/// Where figures go.
struct Printer<W> {
    out: W,
    json: bool,
    protocol: &'static str,
}

/// A figure of a model, and what another tool reaches under the same protocol.
struct Reached<'a> {
    model: &'a str,
    metric: &'a str,
    value: f64,
    peer: Option<(&'a str, f64)>,
}

impl<W: Write> Printer<W> {
    fn say(&mut self, reached: &Reached<'_>) -> io::Result<()> {
        let Reached { model, metric, value, peer } = *reached;
        if self.json {
            let protocol = [("protocol", self.protocol.into())];
            return Figures::new(&mut self.out).figure_and(model, metric, value, protocol);
        }
        write!(self.out, "  {model:<22} {metric:<10} {value:.4}")?;
        if let Some((who, figure)) = peer {
            write!(self.out, "   {who} {figure:.4}")?;
        }
        writeln!(self.out)
    }

    /// A figure, and by how much it is better than that of the model `than`.
    fn better(&mut self, reached: &Reached<'_>, than: &str, by: &Comparison) -> io::Result<()> {
        let Reached { model, metric, value, .. } = *reached;
        if self.json {
            let more = [
                ("protocol", self.protocol.into()),
                ("baseline", than.into()),
                ("difference", by.difference.into()),
                ("p_value", by.p_value.into()),
                ("sign_flip_p_value", by.sign_flip_p_value.into()),
            ];
            return Figures::new(&mut self.out).figure_and(model, metric, value, more);
        }
        let Comparison { difference, p_value, .. } = *by;
        write!(self.out, "  {model:<22} {metric:<10} {value:.4}   {than} {difference:+.4}")?;
        if let Some((low, high)) = by.interval {
            write!(self.out, " [{low:+.4}, {high:+.4}]")?;
        }
        writeln!(self.out, ", p = {p_value:.4}")
    }

    /// A line for people alone.
    fn note(&mut self, line: &str) -> io::Result<()> {
        if self.json { Ok(()) } else { writeln!(self.out, "{line}") }
    }
}

fn main() -> ExitCode {
    finish::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), BoxError> {
    if !args.data.is_dir() {
        return Err(format!("{}: no such folder", args.data.display()).into());
    }
    let out = BufWriter::new(io::stdout().lock());
    let mut printer = Printer { out, json: args.json, protocol: "" };
    let (mut found_any, mut missing) = (false, Vec::new());
    for protocol in Protocol::ALL {
        if args.protocol.is_some_and(|only| only != protocol) {
            continue;
        }
        printer.protocol = protocol.name();
        let start = Instant::now();
        printer.note(&format!("{}:", protocol.name()))?;
        let found = match protocol {
            Protocol::Strong => strong::run(&args.data, &mut printer)?,
            Protocol::OneAgainst99 => one_against_99::run(&args.data, &mut printer)?,
            Protocol::Folds => folds::run(&args.data, &mut printer)?,
            Protocol::NextBasket => next_basket::run(&args.data, &mut printer)?,
        };
        let line = if found.is_some() {
            found_any = true;
            format!("  {:.0} s", start.elapsed().as_secs_f64())
        } else {
            missing.push(protocol.name());
            "  skipped: its files are not there".to_owned()
        };
        printer.note(&line)?;
        printer.out.flush()?;
    }
    let missing = missing.join(", ");
    if !found_any {
        return Err(format!("{}: the files of {missing} are not there", args.data.display()).into());
    }
    if args.json && !missing.is_empty() {
        // Also where figures go to a program nothing is left out unsaid.
        writeln!(io::stderr(), "skipped, their files are not there: {missing}")?;
    }
    Ok(())
}
