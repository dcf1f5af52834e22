//! The loop over held-out customers.

use patronage_core::{Interactions, ItemFeatures, Recommender, Seen};

use super::bootstrap::Bootstrap;
use super::catalogue::Lists;
use super::facts::{Facts, Training, UnitRows};
use super::held_out::HeldOut;
use super::judge::Judge;
use super::metrics::{Metric, Source};
use super::report::{Report, Tally};
use crate::error::{Error, ErrorKind, require};
use crate::par;

/// How many customers are judged before their lists are dropped.
const CHUNK: usize = 2048;

/// What becomes of targets that training did not know.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Unknown {
    /// They stay targets, which no collaborative model can hit, and are counted.
    #[default]
    Keep,
    /// They are taken out of the targets, and are counted.
    Drop,
}

/// What becomes of customers without a history.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NoHistory {
    /// They are judged like others, and are counted.
    #[default]
    Keep,
    /// They are not judged, and are counted.
    Skip,
}

/// Judges recommenders on what was held out: every item is ranked, none is sampled ([`SampledEvaluation`](crate::SampledEvaluation) does that, by its name).
///
/// For each customer the model's list of the greatest `k` is asked for and each [`Metric`] taken;
/// the report has their means with percentile bootstrap intervals over customers. Whether items of
/// the history may be recommended is the one thing that must be said: with [`Seen::Exclude`] they
/// are taken out of the targets as well, and are counted. Customers left without a target are
/// counted and not judged. Targets, and customers, that training did not know are counted too. What a
/// model answers beyond its items, beyond the greatest `k` or twice is no hit.
///
/// All metrics, at every `k`, are taken from one answer: O(customers × one answer of the model), in
/// parallel under feature `rayon`; [`Metric::Auc`] and [`Metric::SnipsAuc`] ask for the scores as
/// well. Memory is 8 bytes a customer and metric, and 4 bytes a customer and place for
/// [`Metric::Coverage`] and [`Metric::Gini`].
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemIdx, Request, Seen, Timestamp};
/// use patronage_recommend::{Case, Evaluation, HeldOut, Metric, Popularity};
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 2, &bought, |_, _| {})?)?;
/// let model = Popularity::new().fit(&table)?;
///
/// let mut held_out = HeldOut::new(2);
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(9) };
/// held_out.push(Case { request, targets: &[ItemIdx::new(1)] })?;
/// held_out.push(Case { request, targets: &[ItemIdx::new(0)] })?;
///
/// let report = Evaluation::new(Seen::Exclude).metrics([Metric::HitRate(1)]).run(&model, &held_out)?;
/// assert_eq!(report.mean(Metric::HitRate(1)), Some(0.5));
/// assert_eq!((report.n_customers(), report.coverage(1)), (2, Some(0.5)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - W. Krichene, S. Rendle (2020), "On sampled metrics for item recommendation" (why none is sampled here).
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    seen: Seen,
    metrics: Vec<Metric>,
    facts: Facts,
    power: f64,
    unknown: Unknown,
    no_history: NoHistory,
    bootstrap: Bootstrap,
}

impl Evaluation {
    /// Recall, precision, hit rate, NDCG, MAP and MRR at 20; `seen` says whether items of the history may be recommended.
    #[must_use]
    pub fn new(seen: Seen) -> Self {
        let metrics = vec![
            Metric::Recall(20),
            Metric::PlainRecall(20),
            Metric::Precision(20),
            Metric::HitRate(20),
            Metric::Ndcg(20),
            Metric::Map(20),
            Metric::Mrr(20),
        ];
        Self {
            seen,
            metrics,
            facts: Facts::default(),
            power: 0.5,
            unknown: Unknown::Keep,
            no_history: NoHistory::Keep,
            bootstrap: Bootstrap { n_rounds: 1000, level: 0.95, seed: 0 },
        }
    }

    /// The figures to take, each `k` at least 1; at least one.
    #[must_use]
    pub fn metrics(mut self, metrics: impl IntoIterator<Item = Metric>) -> Self {
        self.metrics = metrics.into_iter().collect();
        self
    }

    /// What the models were fitted on: by it targets and customers unknown to training are counted, and popularity is measured; by default no item below the model's number of items is unknown.
    #[must_use]
    pub fn training<I: Interactions + ?Sized>(mut self, training: &I) -> Self {
        self.facts.training = Some(Training::new(training));
        self
    }

    /// What items are like, one row an item of the model: what [`Metric::Diversity`] is measured by.
    #[must_use]
    pub fn features<F: ItemFeatures + ?Sized>(mut self, features: &F) -> Self {
        self.facts.features = Some(UnitRows::new(features));
        self
    }

    /// The price of each item of the model, in currency units of at most 1e100: what [`Metric::Revenue`] sums.
    #[must_use]
    pub fn prices(mut self, prices: impl Into<Vec<f64>>) -> Self {
        self.facts.prices = Some(prices.into());
        self
    }

    /// The margin of each item of the model, in currency units of at most 1e100 either way: what [`Metric::Margin`] sums.
    #[must_use]
    pub fn margins(mut self, margins: impl Into<Vec<f64>>) -> Self {
        self.facts.margins = Some(margins.into());
        self
    }

    /// The power of an item's number of training customers that its propensity is in proportion to; default `0.5`, in `[0, 4]`.
    ///
    /// Only what customers happen to meet can be observed, and popular items are met more: the
    /// metrics named `snips` weigh each target by the inverse of that propensity. With 0 all weigh
    /// the same. Yang et al. (2018) take `(γ + 1) / 2`, where `γ` is the exponent of the power law
    /// of popularity; items nobody had in training count as one customer's.
    #[must_use]
    pub fn propensity_power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }

    /// What becomes of targets unknown to training; default [`Unknown::Keep`].
    #[must_use]
    pub fn unknown(mut self, unknown: Unknown) -> Self {
        self.unknown = unknown;
        self
    }

    /// What becomes of customers without a history; default [`NoHistory::Keep`].
    #[must_use]
    pub fn no_history(mut self, no_history: NoHistory) -> Self {
        self.no_history = no_history;
        self
    }

    /// How many resamples of the customers the intervals are taken from; default `1000`, `0` for none.
    #[must_use]
    pub fn bootstrap(mut self, n_rounds: usize) -> Self {
        self.bootstrap.n_rounds = n_rounds;
        self
    }

    /// The share of resamples inside an interval; default `0.95`, in `(0, 1)`.
    #[must_use]
    pub fn level(mut self, level: f64) -> Self {
        self.bootstrap.level = level;
        self
    }

    /// Seeds the resamples; default `0`.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.bootstrap.seed = seed;
        self
    }

    /// Judges `model` on `held_out`.
    ///
    /// # Errors
    ///
    /// When there is no metric, a `k` is 0, a metric lacks what it is taken from or that is of
    /// another number of items, a parameter is out of its range, or no customer can be judged.
    pub fn run<R: Recommender + ?Sized>(
        &self,
        model: &R,
        held_out: &HeldOut,
    ) -> Result<Report, Error> {
        self.validate(model.n_items())?;
        let mut lengths: Vec<usize> = self.metrics.iter().filter_map(|metric| metric.k()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let judge = Judge {
            metrics: &self.metrics,
            facts: &self.facts,
            seen: self.seen,
            unknown: self.unknown,
            no_history: self.no_history,
            power: self.power,
            longest: lengths.last().copied().unwrap_or(0),
        };
        let of_lists = self.metrics.iter().filter(|metric| metric.source() == Source::Lists);
        let kept = of_lists.filter_map(|metric| metric.k()).max().unwrap_or(0);
        let mut lists = Lists::new(model.n_items());
        let mut tally = Tally::new(held_out);
        let mut covered = vec![vec![false; model.n_items()]; lengths.len()];
        for start in (0..held_out.len()).step_by(CHUNK) {
            let n = CHUNK.min(held_out.len() - start);
            let judged = par::map(
                n,
                || vec![0.0f32; model.n_items()],
                |scores, offset| judge.judge(model, scores, held_out.case(start + offset)),
            );
            for (offset, judged) in judged.into_iter().enumerate() {
                for (&length, covered) in lengths.iter().zip(&mut covered) {
                    for item in judged.list.iter().take(length) {
                        covered[item.index()] = true;
                    }
                }
                if kept > 0 && judged.figures.is_some() {
                    lists.push(&judged.list[..kept.min(judged.list.len())]);
                }
                tally.add(start + offset, judged);
            }
        }
        if tally.rows.is_empty() {
            return Err(ErrorKind::Empty { what: "customers with targets" }.into());
        }
        let coverage = lengths.iter().zip(&covered).map(|(&length, covered)| {
            let n = covered.iter().filter(|&&covered| covered).count();
            (length, n as f64 / covered.len().max(1) as f64)
        });
        Ok(Report::new(&self.metrics, tally, coverage.collect(), &lists, self.bootstrap))
    }

    fn validate(&self, n_items: usize) -> Result<(), Error> {
        if self.metrics.is_empty() {
            return Err(ErrorKind::Empty { what: "metrics" }.into());
        }
        for k in self.metrics.iter().filter_map(|metric| metric.k()) {
            require(k >= 1, "k", "at least 1", k as f64)?;
        }
        let power = self.power;
        require((0.0..=4.0).contains(&power), "propensity_power", "a number in [0, 4]", power)?;
        self.bootstrap.validate()?;
        self.facts.check(&self.metrics, n_items)
    }
}
