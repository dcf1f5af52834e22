//! The loop over held-out customers.

use patronage_core::{CustomerIdx, Interactions, ItemFilter, ItemIdx, Recommender, Seen};

use super::bootstrap::Bootstrap;
use super::held_out::HeldOut;
use super::metrics::{Metric, hits};
use super::report::Report;
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

/// Judges recommenders on what was held out: every item is ranked, none is sampled.
///
/// For each customer the model's list of the greatest `k` is asked for and each [`Metric`] taken;
/// the report has their means with percentile bootstrap intervals over customers. Whether items of
/// the history may be recommended is the one thing that must be said: with [`Seen::Exclude`] they
/// are taken out of the targets as well, and are counted. Customers left without a target are
/// counted and not judged.
///
/// O(customers × one answer of the model), in parallel under feature `rayon`; memory is 8 bytes a
/// customer and metric.
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
/// - W. Krichene, S. Rendle (2020), "On sampled metrics for item recommendation" (why none is sampled).
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    seen: Seen,
    metrics: Vec<Metric>,
    known: Option<Vec<bool>>,
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
            known: None,
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

    /// What the models were fitted on, so that targets unknown to it can be counted; by default no item below the model's number of items is unknown.
    #[must_use]
    pub fn training<I: Interactions + ?Sized>(mut self, training: &I) -> Self {
        let mut known = vec![false; training.n_items()];
        for customer in CustomerIdx::all(training.n_customers()) {
            for item in training.row(customer).items() {
                known[item.index()] = true;
            }
        }
        self.known = Some(known);
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
    /// When there is no metric, a `k` is 0, the level is out of its range, or no customer can be judged.
    pub fn run<R: Recommender + ?Sized>(
        &self,
        model: &R,
        held_out: &HeldOut,
    ) -> Result<Report, Error> {
        if self.metrics.is_empty() {
            return Err(ErrorKind::Empty { what: "metrics" }.into());
        }
        for metric in &self.metrics {
            require(metric.k() >= 1, "k", "at least 1", metric.k() as f64)?;
        }
        self.bootstrap.validate()?;
        let mut lengths: Vec<usize> = self.metrics.iter().map(|metric| metric.k()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut report = Report::new(self.metrics.clone(), held_out.n_without_targets());
        let mut covered = vec![vec![false; model.n_items()]; lengths.len()];
        for start in (0..held_out.len()).step_by(CHUNK) {
            let n = CHUNK.min(held_out.len() - start);
            let judged = par::map(
                n,
                || (),
                |(), offset| {
                    self.judge(model, held_out, start + offset, lengths[lengths.len() - 1])
                },
            );
            for (offset, judged) in judged.into_iter().enumerate() {
                for (&length, covered) in lengths.iter().zip(&mut covered) {
                    for item in judged.list.iter().take(length) {
                        covered[item.index()] = true;
                    }
                }
                report.add(start + offset, &judged);
            }
        }
        if report.n_customers() == 0 {
            return Err(ErrorKind::Empty { what: "customers with targets" }.into());
        }
        let coverage = lengths.iter().zip(&covered).map(|(&length, covered)| {
            let n = covered.iter().filter(|&&covered| covered).count();
            (length, n as f64 / covered.len().max(1) as f64)
        });
        report.finish(coverage.collect(), self.bootstrap);
        Ok(report)
    }

    fn judge<R: Recommender + ?Sized>(
        &self,
        model: &R,
        held_out: &HeldOut,
        case: usize,
        k: usize,
    ) -> Judged {
        let case = held_out.case(case);
        let mut judged = Judged::default();
        let mut seen: Vec<ItemIdx> =
            case.request.history.iter().filter_map(|entry| model.scored_as(entry.item)).collect();
        seen.sort_unstable();
        judged.without_history = seen.is_empty();
        let is_known = |item: ItemIdx| match &self.known {
            Some(known) => known.get(item.index()).copied().unwrap_or(false),
            None => item.index() < model.n_items(),
        };
        let mut targets = Vec::with_capacity(case.targets.len());
        for &target in case.targets {
            if self.seen == Seen::Exclude && seen.binary_search(&target).is_ok() {
                judged.n_seen += 1;
                continue;
            }
            if !is_known(target) {
                judged.n_unknown += 1;
                if self.unknown == Unknown::Drop {
                    continue;
                }
            }
            targets.push(target);
        }
        judged.n_targets = targets.len();
        let skipped = judged.without_history && self.no_history == NoHistory::Skip;
        if !targets.is_empty() && !skipped {
            let list = model.top_k(&case.request, k, &ItemFilter::seen(self.seen));
            let hits = hits(&list, &targets);
            let figures = self.metrics.iter().map(|metric| metric.of(&hits, targets.len()));
            judged.figures = Some(figures.collect());
            judged.list = list.into_iter().map(|scored| scored.item).collect();
        }
        judged
    }
}

/// What became of one customer.
#[derive(Default)]
pub(super) struct Judged {
    /// One figure a metric; `None` where she was not judged.
    pub(super) figures: Option<Vec<f64>>,
    pub(super) list: Vec<ItemIdx>,
    pub(super) n_targets: usize,
    pub(super) n_seen: usize,
    pub(super) n_unknown: usize,
    pub(super) without_history: bool,
}
