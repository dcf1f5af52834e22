//! Learning a Markov chain of segments.

use patronage_core::Fit;

use super::chain_model::MarkovChainModel;
use super::history::SegmentHistory;
use super::period::Period;
use super::problem::MigrationProblem;
use super::proportion::Confidence;
use crate::error::{Error, ErrorKind};

/// Whether customers come and go.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Population {
    /// Exits are a place to go to, and each period brings entries as the past periods did.
    #[default]
    Open,
    /// Only customers present on both dates of a step count; nobody comes or goes.
    Closed,
}

/// A first-order Markov chain of segments, pooled over the periods of a history.
///
/// The probability of a move is its share among all customer-periods that started in the segment,
/// the maximum likelihood estimate
///
/// ```text
/// p_ij = (Σ_t n_ij(t) + a) / (Σ_t n_i(t) + a · n_segments)
/// ```
///
/// with additive smoothing `a`. A customer's next segment is taken to depend on her present one
/// alone, alike for all customers and periods.
/// [`MarkovChainModel::homogeneity`] tests the periods, [`SegmentHistory::order`] the memory.
/// Where some customers never move and others move often (movers and stayers; Blumen, Kogan,
/// McCarthy 1955), single steps are still right on average, but powers of the matrix promise more
/// movement than there is: then forecast few periods, or one chain for each kind of customer.
/// O(rows of the history).
///
/// # Errors
///
/// When there are fewer than two dates, the dates are not one [`Period`] apart (the first such
/// pair is named), or the smoothing is negative or not finite.
///
/// # References
///
/// T. W. Anderson, L. A. Goodman (1957), Statistical inference about Markov chains.
///
/// # Examples
///
/// ```
/// use patronage_segment::{CustomerIdx, Date, SegmentHistory, SegmentIdx};
///
/// // 40 customers over three months: a quarter of the switchers turn loyal each month.
/// let mut rows = Vec::new();
/// for customer in 0..40 {
///     let turns = [0, 0, 1, 1, 2, 2, 2, 3, 3, 3][customer as usize % 10];
///     for month in 0..3 {
///         let segment = SegmentIdx::new(u32::from(month >= turns));
///         let date = Date::new(2024, month + 1, 1)?;
///         rows.push((CustomerIdx::new(customer), date, segment));
///     }
/// }
/// let history = SegmentHistory::new(["Brand switcher", "Loyal"], rows)?;
/// let chain = history.markov()?;
/// assert_eq!(chain.n_periods(), 2);
/// let forecast = chain.forecast(6)?;
/// let loyal = &forecast.steps()[5].sizes[1];
/// assert!(loyal.low <= loyal.expected && loyal.expected <= loyal.high);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarkovChain {
    period: Period,
    population: Population,
    smoothing: f64,
    confidence: Confidence,
}

impl MarkovChain {
    /// An open population, a period found from the dates, no smoothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            period: Period::Detect,
            population: Population::Open,
            smoothing: 0.0,
            confidence: Confidence::P95,
        }
    }

    /// What a step is; default [`Period::Detect`].
    #[must_use]
    pub const fn period(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// Whether customers come and go; default [`Population::Open`].
    #[must_use]
    pub const fn population(mut self, population: Population) -> Self {
        self.population = population;
        self
    }

    /// Moves added to each pair of segments (not to exits); default `0`, at least `0`.
    #[must_use]
    pub const fn smoothing(mut self, smoothing: f64) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// The confidence of intervals; default [`Confidence::P95`].
    #[must_use]
    pub const fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }
}

impl Default for MarkovChain {
    fn default() -> Self {
        Self::new()
    }
}

impl Fit<SegmentHistory> for MarkovChain {
    type Model = MarkovChainModel;
    type Error = Error;

    fn fit(&self, history: &SegmentHistory) -> Result<MarkovChainModel, Error> {
        if !(self.smoothing >= 0.0 && self.smoothing <= 1e12) {
            let (name, expected) = ("smoothing", "a number from 0 to 1e12");
            return Err(ErrorKind::Parameter { name, expected, found: self.smoothing }.into());
        }
        let dates = history.dates();
        if dates.len() < 2 {
            return Err(MigrationProblem::TooFewDates { expected: 2, found: dates.len() }.into());
        }
        let period = self.period.resolve(dates)?;
        let n = history.names().len();
        let n_periods = dates.len() - 1;
        let mut model = MarkovChainModel {
            names: history.names().to_vec(),
            dates: dates.to_vec(),
            period,
            population: self.population,
            smoothing: self.smoothing,
            confidence: self.confidence,
            counts: vec![0; n_periods * n * (n + 1)],
            entries: vec![0; n_periods * n],
            sizes: history.sizes(dates[n_periods]),
        };
        for t in 0..n_periods {
            history.pair(t, t + 1, |_, before, after| {
                let [before, after] =
                    [before, after].map(|row| row.map(|row| history.segment_at(row).index()));
                match (before, after) {
                    (Some(i), to) => {
                        model.counts[(t * n + i) * (n + 1) + to.unwrap_or(n)] += 1;
                    }
                    (None, Some(j)) => model.entries[t * n + j] += 1,
                    (None, None) => {}
                }
            });
        }
        Ok(model)
    }
}
