//! What boosting learns: losses, their gradients, and where scores start.

use super::exp::{exp, sigmoid};
use super::quanta::{CellsMut, Scale};

/// A loss of scores.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Objective {
    /// Two classes by the log-odds of the second.
    Logistic,
    /// As many classes by a score each.
    Softmax { n_classes: usize },
    /// `(y - s)² / 2`.
    Squared,
    /// `e^s - y s`.
    Poisson,
}

/// What the rows say.
#[derive(Debug)]
pub(super) enum Labels {
    Classes(Vec<u32>),
    Numbers(Vec<f64>),
}

/// Rows to learn from, or to be judged by.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) labels: Labels,
    pub(super) weights: Vec<f64>,
    pub(super) counts: Vec<u32>,
    /// The sum of the weights.
    pub(super) total: f64,
}

impl Rows {
    /// The rows of a sample. Where weights are so great that sums of squares would overflow only
    /// their ratios are kept.
    pub(super) fn new(labels: Labels, sample: &crate::sample::Sample) -> Self {
        let mut weights = sample.weights.clone();
        let mut total = sample.total;
        if total > 1e60 {
            weights.iter_mut().for_each(|weight| *weight *= 1e60 / total);
            total = weights.iter().sum();
        }
        Self { labels, weights, counts: sample.counts.clone(), total }
    }
}

/// Added to the log of a Poisson hessian, lest steps from small means be too long.
const POISSON_STEP: f64 = 0.7;

/// Numbers computed at a time.
const AT_A_TIME: usize = 512;

impl Objective {
    pub(super) const fn n_outputs(self) -> usize {
        match self {
            Self::Softmax { n_classes } => n_classes,
            _ => 1,
        }
    }

    pub(super) const fn has_constant_hessian(self) -> bool {
        matches!(self, Self::Squared)
    }

    /// The most a gradient and a hessian can be, in units of weight; `None` where that depends on
    /// the rows.
    pub(super) fn bounds(self) -> Option<(f64, f64)> {
        match self {
            Self::Logistic => Some((1.0, 0.25)),
            Self::Softmax { n_classes } => Some((1.0, 0.25 * factor(n_classes))),
            Self::Squared | Self::Poisson => None,
        }
    }

    /// The constant scores that lose least.
    pub(super) fn base(self, rows: &Rows) -> Vec<f64> {
        let share = |of: &dyn Fn(usize) -> f64| {
            let sum: f64 =
                (0..rows.weights.len()).map(|i| rows.weights[i] / rows.total * of(i)).sum();
            sum
        };
        match (self, &rows.labels) {
            (Self::Logistic, Labels::Classes(labels)) => {
                let p = share(&|i| f64::from(labels[i])).clamp(1e-15, 1.0 - 1e-15);
                vec![(p / (1.0 - p)).ln()]
            }
            (Self::Softmax { n_classes }, Labels::Classes(labels)) => (0..n_classes)
                .map(|k| share(&|i| f64::from(u8::from(labels[i] as usize == k))).max(1e-15).ln())
                .collect(),
            (Self::Poisson, Labels::Numbers(values)) => {
                vec![share(&|i| values[i]).max(1e-15).ln()]
            }
            (_, Labels::Numbers(values)) => vec![share(&|i| values[i])],
            (_, Labels::Classes(_)) => unreachable!("classes are learnt by class losses"),
        }
    }

    /// The loss of one row.
    pub(super) fn loss(self, label: f64, scores: &[f64]) -> f64 {
        let s = scores[0];
        match self {
            Self::Logistic => {
                // ln(1 + e^-m) for the margin m, whatever its size.
                let margin = if label > 0.0 { s } else { -s };
                (-margin.abs()).exp().ln_1p() + (-margin).max(0.0)
            }
            Self::Softmax { .. } => {
                let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = scores.iter().map(|s| (s - most).exp()).sum();
                sum.ln() + most - scores[label as usize]
            }
            Self::Squared => (label - s) * (label - s),
            Self::Poisson => exp(s) - label * s,
        }
    }

    /// Gradient and hessian of one row by its only score.
    #[inline(always)]
    fn pair(self, label: f64, s: f64) -> (f64, f64) {
        match self {
            Self::Squared => (s - label, 1.0),
            Self::Poisson => (exp(s) - label, exp(s + POISSON_STEP)),
            Self::Logistic | Self::Softmax { .. } => {
                let p = sigmoid(s);
                (p - label, p * (1.0 - p))
            }
        }
    }
}

/// By which the diagonal of the softmax hessian is enlarged, since trees of all classes step at
/// once (Friedman 2001, equation 34).
fn factor(n_classes: usize) -> f64 {
    n_classes as f64 / (n_classes as f64 - 1.0).max(1.0)
}

/// A stretch of rows from `from`, with its scores.
pub(super) struct Stretch<'a> {
    pub(super) objective: Objective,
    pub(super) rows: &'a Rows,
    pub(super) from: usize,
    /// For each output the scores of the stretch.
    pub(super) scores: Vec<&'a [f64]>,
}

impl Stretch<'_> {
    fn len(&self) -> usize {
        self.scores[0].len()
    }

    fn label(&self, at: usize) -> f64 {
        match &self.rows.labels {
            Labels::Classes(labels) => f64::from(labels[self.from + at]),
            Labels::Numbers(values) => values[self.from + at],
        }
    }

    /// The sum of weighted losses.
    pub(super) fn loss(&self) -> f64 {
        let mut scores = vec![0.0; self.scores.len()];
        let mut sum = 0.0;
        for at in 0..self.len() {
            scores.iter_mut().zip(&self.scores).for_each(|(score, all)| *score = all[at]);
            sum += self.rows.weights[self.from + at] * self.objective.loss(self.label(at), &scores);
        }
        sum
    }

    /// The greatest gradient and hessian, where they have one output.
    pub(super) fn greatest(&self) -> (f64, f64) {
        let mut most = (0.0_f64, 0.0_f64);
        for at in 0..self.len() {
            let (g, h) = self.objective.pair(self.label(at), self.scores[0][at]);
            let weight = self.rows.weights[self.from + at];
            most = (most.0.max((g * weight).abs()), most.1.max(h * weight));
        }
        most
    }

    /// Writes the cells of each output.
    pub(super) fn write(&self, scale: &Scale, cells: &mut [CellsMut<'_>]) {
        crate::simd::dispatch(Write { stretch: self, scale, cells });
    }
}

struct Write<'a, 'b> {
    stretch: &'a Stretch<'a>,
    scale: &'a Scale,
    cells: &'a mut [CellsMut<'b>],
}

impl pulp::WithSimd for Write<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { stretch, scale, cells } = self;
        let n = stretch.len();
        for from in (0..n).step_by(AT_A_TIME) {
            let to = (from + AT_A_TIME).min(n);
            match stretch.objective {
                Objective::Softmax { n_classes } => {
                    softmax(stretch, scale, cells, from, to, n_classes);
                }
                Objective::Logistic => single(stretch, Objective::Logistic, scale, cells, from, to),
                Objective::Squared => single(stretch, Objective::Squared, scale, cells, from, to),
                Objective::Poisson => single(stretch, Objective::Poisson, scale, cells, from, to),
            }
        }
    }
}

/// Gradients of a loss with one score.
#[inline(always)]
fn single(
    stretch: &Stretch<'_>,
    objective: Objective,
    scale: &Scale,
    cells: &mut [CellsMut<'_>],
    from: usize,
    to: usize,
) {
    let (mut g, mut h) = ([0.0; AT_A_TIME], [0.0; AT_A_TIME]);
    let here = stretch.from + from..stretch.from + to;
    let scores = &stretch.scores[0][from..to];
    let places = g.iter_mut().zip(&mut h).zip(scores);
    match &stretch.rows.labels {
        Labels::Classes(labels) => {
            for (((g, h), &s), &label) in places.zip(&labels[here.clone()]) {
                (*g, *h) = objective.pair(f64::from(label), s);
            }
        }
        Labels::Numbers(values) => {
            for (((g, h), &s), &value) in places.zip(&values[here.clone()]) {
                (*g, *h) = objective.pair(value, s);
            }
        }
    }
    let n = to - from;
    put(stretch, scale, &mut cells[0], here, from, (&mut g[..n], &mut h[..n]));
}

/// Gradients of the softmax loss.
#[inline(always)]
fn softmax(
    stretch: &Stretch<'_>,
    scale: &Scale,
    cells: &mut [CellsMut<'_>],
    from: usize,
    to: usize,
    n_classes: usize,
) {
    let n = to - from;
    let here = stretch.from + from..stretch.from + to;
    let Labels::Classes(labels) = &stretch.rows.labels else { return };
    let (mut most, mut sum) = ([f64::NEG_INFINITY; AT_A_TIME], [0.0; AT_A_TIME]);
    for scores in &stretch.scores {
        most.iter_mut().zip(&scores[from..to]).for_each(|(most, &s)| *most = most.max(s));
    }
    for scores in &stretch.scores {
        let places = sum.iter_mut().zip(&most).zip(&scores[from..to]);
        places.for_each(|((sum, &most), &s)| *sum += exp(s - most));
    }
    let (mut g, mut h) = ([0.0; AT_A_TIME], [0.0; AT_A_TIME]);
    for (k, (scores, cells)) in stretch.scores.iter().zip(cells).enumerate() {
        for at in 0..n {
            let p = exp(scores[from + at] - most[at]) / sum[at];
            let hit = f64::from(u8::from(labels[here.start + at] as usize == k));
            g[at] = p - hit;
            h[at] = factor(n_classes) * p * (1.0 - p);
        }
        put(stretch, scale, cells, here.clone(), from, (&mut g[..n], &mut h[..n]));
    }
}

/// Writes gradients as cells.
#[inline(always)]
fn put(
    stretch: &Stretch<'_>,
    scale: &Scale,
    cells: &mut CellsMut<'_>,
    here: std::ops::Range<usize>,
    from: usize,
    (g, h): (&mut [f64], &mut [f64]),
) {
    let n = g.len();
    for ((g, h), weight) in g.iter_mut().zip(&mut *h).zip(&stretch.rows.weights[here.clone()]) {
        *g *= weight;
        *h *= weight;
    }
    match cells {
        CellsMut::Narrow(cells) => {
            for (at, cell) in cells[from..from + n].iter_mut().enumerate() {
                *cell = scale.narrow(here.start + at, g[at], h[at]);
            }
        }
        CellsMut::Wide(cells) => {
            let counts = &stretch.rows.counts[here];
            for (at, cell) in cells[from..from + n].iter_mut().enumerate() {
                *cell = scale.wide(g[at], h[at], counts[at]);
            }
        }
    }
}
