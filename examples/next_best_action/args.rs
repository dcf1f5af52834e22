//! The command line.

use std::path::PathBuf;

use clap::Parser;
use patronage::core::{Date, Money};

/// From a file of transactions to a next best action for every customer.
///
/// Without --transactions it runs on a simulated shop. The results are written into the folder
/// --out as CSV files, summary.json and dashboard.html, each whole or not at all; a short summary
/// is printed.
#[derive(Debug, Parser)]
#[command(
    name = "next_best_action",
    version,
    after_help = "Exit codes: 0 done; 1 the input or the output folder could not be used; 2 wrong usage."
)]
pub(crate) struct Args {
    /// Transactions as CSV, plain or gzip; a simulated shop when not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) transactions: Option<PathBuf>,

    /// The folder to write into; made when it is not there. Files of the same names are replaced.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(crate) out: PathBuf,

    /// Only events strictly before this day count [default: the day after the last purchase].
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,

    /// The stretch to predict, in days.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) horizon_days: u32,

    /// How the file is laid out: a mapping in TOML, or one of online-retail, complete-journey, cdnow, cdnow-sample.
    #[arg(long, value_name = "FILE", default_value = "online-retail")]
    pub(crate) mapping: String,

    /// The actions to choose from, in TOML [default: the sample described in docs/going-live.md].
    #[arg(long, value_name = "FILE")]
    pub(crate) catalogue: Option<PathBuf>,

    /// Recorded consent as CSV: customer,channel,granted,at [default: none is recorded].
    #[arg(long, value_name = "FILE")]
    pub(crate) consent: Option<PathBuf>,

    /// What may be spent on actions, in the file's currency; unlimited when not given.
    #[arg(long, value_name = "AMOUNT", value_parser = budget, allow_negative_numbers = true)]
    pub(crate) budget: Option<Money>,

    /// The seed of everything drawn.
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
}

fn budget(text: &str) -> Result<Money, String> {
    let budget: Money = text.parse().map_err(|error: patronage::core::Error| error.to_string())?;
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals > 4 {
        return Err(format!("expected at most four decimals, found {text}"));
    }
    if budget < Money::ZERO {
        return Err(format!("expected an amount of at least 0, found {text}"));
    }
    Ok(budget)
}
