//! The loop over targets.

use patronage_core::{ItemIdx, Recommender, Request, Seen};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::draw::draw;
use super::report::{SampledFigure, SampledMetric, SampledReport};
use crate::error::{Error, ErrorKind, out_of_range, require};
use crate::evaluate::HeldOut;
use crate::evaluate::bootstrap::Bootstrap;
use crate::par;

/// What a target of the same score as drawn items ranks as.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Ties {
    /// The mean of the figure over all orders of the equal: a model that scores all alike is as good as chance.
    #[default]
    Average,
    /// First of the equal: flatters models with many equal scores; what many published figures do.
    ForTarget,
    /// Last of the equal.
    AgainstTarget,
}

/// A request, one item it should have been answered with, and the items to rank it against.
#[derive(Clone, Copy, Debug)]
pub struct SampledCase<'a> {
    /// What was known.
    pub request: Request<'a>,
    /// What came after.
    pub target: ItemIdx,
    /// What it is ranked against; items named twice count once, the target itself not at all.
    pub negatives: &'a [ItemIdx],
}

/// Ranks each target against a few drawn items: the protocol of many papers, to compare with them and for nothing else.
///
/// Drawn items make the ranking easy: figures are far above those of the full ranking, and need not
/// even order models as it does. [`Evaluation`](crate::Evaluation) ranks every item; choose models
/// by it. Figures are named by the protocol, `hr@10 (1 vs 99)`, and the report carries a
/// [warning](SampledReport::WARNING).
///
/// For each target as many items are drawn, each set as likely, as neither the history nor the
/// targets of the case name. Case `i` draws from stream `i`. O(customers × (one scoring + targets ×
/// negatives)), in parallel under feature `rayon`. A target the model does not score ranks last; a
/// score that is no number counts as the least.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemIdx, Request, Timestamp};
/// use patronage_recommend::{Case, HeldOut, Popularity, SampledEvaluation, SampledMetric};
///
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0)];
/// let table = InteractionTable::new(Csr::from_entries(2, 3, &bought, |_, _| {})?)?;
/// let model = Popularity::new().fit(&table)?;
/// let mut held_out = HeldOut::new(3);
/// let request = Request { history: &[], customer: None, as_of: Timestamp::from_seconds(9) };
/// held_out.push(Case { request, targets: &[ItemIdx::new(0)] })?;
///
/// let report = SampledEvaluation::new(2).metrics([SampledMetric::Mrr]).run(&model, &held_out)?;
/// assert_eq!(report.figures()[0].to_string(), "mrr (1 vs 2) 0.5000");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - W. Krichene, S. Rendle (2020), "On sampled metrics for item recommendation".
/// - X. He, L. Liao, H. Zhang, L. Nie, X. Hu, T.-S. Chua (2017), "Neural collaborative filtering" (one against 99).
#[derive(Clone, Debug, PartialEq)]
pub struct SampledEvaluation {
    n_negatives: usize,
    metrics: Vec<SampledMetric>,
    seen: Seen,
    ties: Ties,
    bootstrap: Bootstrap,
}

impl SampledEvaluation {
    /// Hit rate and NDCG at 10 of each target against `n_negatives` drawn items, at least 1.
    #[must_use]
    pub fn new(n_negatives: usize) -> Self {
        Self {
            n_negatives,
            metrics: vec![SampledMetric::HitRate(10), SampledMetric::Ndcg(10)],
            seen: Seen::Exclude,
            ties: Ties::Average,
            bootstrap: Bootstrap { n_rounds: 1000, level: 0.95, seed: 0 },
        }
    }

    /// The figures to take, each `k` at least 1; at least one.
    #[must_use]
    pub fn metrics(mut self, metrics: impl IntoIterator<Item = SampledMetric>) -> Self {
        self.metrics = metrics.into_iter().collect();
        self
    }

    /// Whether targets in the history are ranked; default [`Seen::Exclude`]: they are counted and left out.
    #[must_use]
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = seen;
        self
    }

    /// What a target of the same score as drawn items ranks as; default [`Ties::Average`].
    #[must_use]
    pub fn ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
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

    /// Seeds the items drawn and the resamples; default `0`.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.bootstrap.seed = seed;
        self
    }

    /// Ranks every target of `held_out` against drawn items.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, there is no metric, or no target can be ranked.
    pub fn run<R: Recommender + ?Sized>(
        &self,
        model: &R,
        held_out: &HeldOut,
    ) -> Result<SampledReport, Error> {
        self.validate()?;
        let n_items = model.n_items();
        let judged = par::map(
            held_out.len(),
            || vec![0.0f32; n_items],
            |scores, at| {
                let case = held_out.case(at);
                let history = case.request.history.iter();
                let mut seen: Vec<ItemIdx> =
                    history.filter_map(|entry| model.scored_as(entry.item)).collect();
                seen.sort_unstable();
                seen.dedup();
                let (targets, left_out): (Vec<ItemIdx>, Vec<ItemIdx>) =
                    case.targets.iter().copied().partition(|target| {
                        self.seen == Seen::Allow || seen.binary_search(target).is_err()
                    });
                let mut excluded = [&seen[..], case.targets].concat();
                excluded.retain(|item| item.index() < n_items);
                excluded.sort_unstable();
                excluded.dedup();
                let mut rng = ChaCha8Rng::seed_from_u64(self.bootstrap.seed);
                rng.set_stream(at as u64);
                model.scores(&case.request, scores);
                let mut ranked = Ranked { n_left_out: left_out.len(), ..Ranked::default() };
                for target in targets {
                    let drawn = draw(&mut rng, self.n_negatives, n_items, &excluded);
                    self.rank(scores, target, &drawn, &mut ranked);
                }
                ranked
            },
        );
        self.report(judged)
    }

    /// Ranks each target against the items given with it, such as those published with a data set; each case is one customer.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and when an item to rank against is not below the model's number of items.
    pub fn run_given<R: Recommender + ?Sized>(
        &self,
        model: &R,
        cases: &[SampledCase<'_>],
    ) -> Result<SampledReport, Error> {
        self.validate()?;
        let bound = model.n_items();
        let mut all = cases.iter().flat_map(|case| case.negatives);
        if let Some(item) = all.find(|item| item.index() >= bound) {
            return Err(out_of_range("item to rank against", bound, item.index()));
        }
        let judged = par::map(
            cases.len(),
            || vec![0.0f32; bound],
            |scores, at| {
                let case = &cases[at];
                let mut negatives = case.negatives.to_vec();
                negatives.sort_unstable();
                negatives.dedup();
                negatives.retain(|&item| item != case.target);
                model.scores(&case.request, scores);
                let mut ranked = Ranked::default();
                self.rank(scores, case.target, &negatives, &mut ranked);
                ranked
            },
        );
        self.report(judged)
    }

    fn validate(&self) -> Result<(), Error> {
        let n = self.n_negatives;
        require(n >= 1, "n_negatives", "at least 1", n as f64)?;
        if self.metrics.is_empty() {
            return Err(ErrorKind::Empty { what: "metrics" }.into());
        }
        for metric in &self.metrics {
            require(metric.k() >= 1, "k", "at least 1", 0.0)?;
        }
        self.bootstrap.validate()
    }

    fn rank(&self, scores: &[f32], target: ItemIdx, negatives: &[ItemIdx], ranked: &mut Ranked) {
        let score = |item: ItemIdx| match scores.get(item.index()) {
            Some(score) if !score.is_nan() => *score,
            _ => f32::NEG_INFINITY,
        };
        let own = score(target);
        let known = target.index() < scores.len();
        let greater = negatives.iter().filter(|&&item| !known || score(item) > own).count();
        let equal = negatives.iter().filter(|&&item| known && score(item) == own).count();
        let places = match self.ties {
            Ties::Average => greater..=greater + equal,
            Ties::ForTarget => greater..=greater,
            Ties::AgainstTarget => greater + equal..=greater + equal,
        };
        let n_places = (places.end() - places.start() + 1) as f64;
        ranked.sums.resize(self.metrics.len(), 0.0);
        for (sum, metric) in ranked.sums.iter_mut().zip(&self.metrics) {
            *sum += places.clone().map(|above| metric.of(above)).sum::<f64>() / n_places;
        }
        ranked.n += 1;
        ranked.n_short += usize::from(negatives.len() < self.n_negatives);
    }

    fn report(&self, judged: Vec<Ranked>) -> Result<SampledReport, Error> {
        let total = |of: fn(&Ranked) -> usize| judged.iter().map(of).sum::<usize>();
        let (n_targets, n_short) = (total(|ranked| ranked.n), total(|ranked| ranked.n_short));
        let n_left_out = total(|ranked| ranked.n_left_out);
        let of_customer = |ranked: Ranked| {
            ranked.sums.iter().map(|sum| sum / ranked.n as f64).collect::<Vec<f64>>()
        };
        let rows: Vec<Vec<f64>> =
            judged.into_iter().filter(|ranked| ranked.n > 0).map(of_customer).collect();
        if rows.is_empty() {
            return Err(ErrorKind::Empty { what: "targets to rank" }.into());
        }
        let rounds = self.bootstrap.means(&rows);
        let figure = |(column, &metric): (usize, &SampledMetric)| SampledFigure {
            metric,
            n_negatives: self.n_negatives,
            mean: rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64,
            interval: self.bootstrap.interval(&rounds[column]),
        };
        let figures = self.metrics.iter().enumerate().map(figure).collect();
        Ok(SampledReport { figures, n_customers: rows.len(), n_targets, n_short, n_left_out })
    }
}

/// The targets of one customer.
#[derive(Default)]
struct Ranked {
    /// Of each metric, over her targets.
    sums: Vec<f64>,
    n: usize,
    n_short: usize,
    n_left_out: usize,
}
