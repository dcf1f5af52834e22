//! The bias-variance trade-off on these very data: a tree of growing depth, refitted on resamples.

use patronage::classify::{BiasVariance, ComplexityCurve, DecisionTree, Loss, Verdict};
use patronage::core::{BoxError, Labeled};
use patronage::explore::{Axis, Error, Figure, Series, Width};

use crate::target::{Labelled, prepared};

/// Refits at each depth.
const ROUNDS: usize = 30;

/// The depths tried.
const DEPTHS: std::ops::RangeInclusive<u32> = 1..=10;

pub(crate) struct TradeOff {
    pub(crate) curve: ComplexityCurve,
    /// At the best depth, and at the deepest.
    pub(crate) at_best: Verdict,
    pub(crate) at_deepest: Verdict,
}

/// Trees are refitted on resamples of `train` and judged on `test`, a later window.
pub(crate) fn trade_off(
    train: &Labelled,
    test: &Labelled,
    seed: u64,
) -> Result<TradeOff, BoxError> {
    let (train_rows, test_rows) = (prepared(&train.table)?, prepared(&test.table)?);
    let curves = BiasVariance::new(ROUNDS).seed(seed).sweep(
        "tree depth",
        DEPTHS,
        |depth| DecisionTree::new().max_depth(depth as usize),
        &Labeled::new(&train_rows, &train.labels)?,
        &Labeled::new(&test_rows, &test.labels)?,
        &[Loss::Brier],
    )?;
    let curve = curves.into_iter().next().ok_or("one curve was asked for")?;
    let (at_best, at_deepest) = (curve.verdict(curve.best), curve.verdict(curve.points.len() - 1));
    Ok(TradeOff { curve, at_best, at_deepest })
}

impl TradeOff {
    /// The U-shaped curve and its two parts.
    pub(crate) fn figure(&self) -> Result<Figure, Error> {
        let points = &self.curve.points;
        let best = points[self.curve.best].complexity;
        let series = |name: &str, of: fn(&patronage::classify::CurvePoint) -> (f64, (f64, f64))| {
            let values: Vec<_> = points.iter().map(of).collect();
            Series::new(name, points.iter().zip(&values).map(|(p, v)| (p.complexity, v.0)))
                .band(values.iter().map(|value| value.1))
        };
        let figure = Figure::line(
            "Bias and variance over the depth of a tree",
            Axis::number("Tree depth"),
            Axis::number("Brier score"),
            [
                series("Total", |p| (p.terms.loss, (p.intervals.loss.low, p.intervals.loss.high))),
                series("Bias² and noise", |p| {
                    (p.terms.bias, (p.intervals.bias.low, p.intervals.bias.high))
                }),
                series("Variance", |p| {
                    (p.terms.variance, (p.intervals.variance.low, p.intervals.variance.high))
                }),
            ],
        )?
        .mark_x(best, "best depth")?;
        Ok(figure.width(Width::Full).description(format!(
            "{} trees a depth, each fitted on a resample of the customers of the first window and judged on the last. Bands are 95 %.",
            self.curve.n_rounds
        )))
    }
}
