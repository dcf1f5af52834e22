//! The saved form of a chain.

use patronage_core::Date;

use super::chain::Population;
use super::chain_model::MarkovChainModel;
use super::history::checked_names;
use super::period::Period;
use super::problem::MigrationProblem;
use super::proportion::Confidence;
use crate::error::{Error, ErrorKind};

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repr {
    names: Vec<String>,
    dates: Vec<Date>,
    period: Period,
    population: Population,
    smoothing: f64,
    confidence: Confidence,
    counts: Vec<u64>,
    entries: Vec<u64>,
    sizes: Vec<u64>,
}

impl From<MarkovChainModel> for Repr {
    fn from(model: MarkovChainModel) -> Self {
        let MarkovChainModel {
            names,
            dates,
            period,
            population,
            smoothing,
            confidence,
            counts,
            entries,
            sizes,
        } = model;
        Self { names, dates, period, population, smoothing, confidence, counts, entries, sizes }
    }
}

impl TryFrom<Repr> for MarkovChainModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        let Repr {
            names,
            dates,
            period,
            population,
            smoothing,
            confidence,
            counts,
            entries,
            sizes,
        } = repr;
        let names = checked_names(names)?;
        if dates.len() < 2 {
            return Err(MigrationProblem::TooFewDates { expected: 2, found: dates.len() }.into());
        }
        if let Some(pair) = dates.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(MigrationProblem::NotAfter { from: pair[0], to: pair[1] }.into());
        }
        if period == Period::Detect {
            let (name, expected) = ("period", "one that was found");
            return Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into());
        }
        let period = period.resolve(&dates)?;
        if !(0.0..=1e12).contains(&smoothing) {
            let (name, expected) = ("smoothing", "a number from 0 to 1e12");
            return Err(ErrorKind::Parameter { name, expected, found: smoothing }.into());
        }
        let (n, n_periods) = (names.len(), dates.len() - 1);
        let cells = n.checked_mul(n + 1).and_then(|n| n.checked_mul(n_periods));
        for (what, expected, values) in [
            ("counts of moves", cells.unwrap_or(usize::MAX), &counts),
            ("counts of entries", n_periods.saturating_mul(n), &entries),
            ("sizes of segments", n, &sizes),
        ] {
            if values.len() != expected {
                return Err(ErrorKind::Length { what, expected, found: values.len() }.into());
            }
            // More customer-periods than floats tell apart are no counts of anything.
            let mut sum = 0_u64;
            for (position, &value) in values.iter().enumerate() {
                sum = sum.saturating_add(value);
                if sum > 1 << 53 {
                    let (expected, found) = ("counts that sum to at most 2^53", value as f64);
                    return Err(ErrorKind::Number { what, position, expected, found }.into());
                }
            }
        }
        Ok(Self { names, dates, period, population, smoothing, confidence, counts, entries, sizes })
    }
}

impl patronage_core::SavedModel for MarkovChainModel {
    const TAG: &'static str = "segment/markov-chain";
    const VERSION: u32 = 1;
}
