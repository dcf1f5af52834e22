//! The U-shaped curve: parts of the loss against the complexity of the model.

use patronage_core::{BoxError, ClassIdx, Classifier, Fit, Labeled, Regressor};

use super::interval::{mean_interval, require_rows};
use super::verdict::{Verdict, of_point};
use super::{
    BiasVariance, Decomposition, Loss, NumberPredictions, Predictions, TermIntervals, Terms,
};
use crate::answers::{labels_of, predict, weights_of};
use crate::baseline::Baseline;
use crate::error::{Error, ErrorKind};
use crate::metrics::Interval;

/// One complexity: where the curve passes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct CurvePoint {
    /// The value of the parameter.
    pub complexity: f64,
    /// The loss and its parts.
    pub terms: Terms,
    /// Their 95 % intervals over test rows.
    pub intervals: TermIntervals,
    /// How much more is lost than at the best point, row by row: 95 %.
    pub behind_best: Interval,
}

/// The parts of a loss over a range of complexities: plain figures, ready for a chart.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ComplexityCurve {
    /// The name of the parameter, such as `"tree depth"`.
    pub parameter: String,
    /// How predictions were judged.
    pub loss: Loss,
    /// Refits at each point.
    pub n_rounds: usize,
    /// Rows judged by.
    pub n_rows: usize,
    /// In the order given; at least one.
    pub points: Vec<CurvePoint>,
    /// The point of least loss, the first of equals.
    pub best: usize,
    /// What the constant answer of the training shares loses on the same rows.
    pub baseline_loss: f64,
}

impl ComplexityCurve {
    /// What ails the model at a point, in words, with the figures behind them.
    ///
    /// # Panics
    ///
    /// When there is no such point.
    #[must_use]
    pub fn verdict(&self, point: usize) -> Verdict {
        of_point(self, point)
    }
}

impl BiasVariance {
    /// Decomposes losses at each complexity: one curve for each loss, from the same refits.
    ///
    /// `make` turns a value of the parameter into an estimator, such as
    /// `|depth| DecisionTree::new().max_depth(depth as usize)` over `1..=10`. Nothing is assumed of
    /// the shape; a second descent shows as it is.
    ///
    /// # Errors
    ///
    /// As [`predictions`](BiasVariance::predictions), when the range or the losses are empty, and
    /// when there are fewer than two test rows, of which no interval can be had.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::array;
    /// use patronage_classify::{BiasVariance, DecisionTree, Loss};
    /// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
    ///
    /// let schema = Schema::new([Column::number("recency_days")])?;
    /// let cells = array![[3.0], [9.0], [14.0], [40.0], [70.0], [200.0]];
    /// let table = FeatureTable::new(schema, cells)?;
    /// let bought = [1, 1, 0, 1, 0, 0].map(ClassIdx::new);
    /// let data = Labeled::new(&table, &bought)?;
    /// let tree = |depth: u32| DecisionTree::new().max_depth(depth as usize);
    /// let curves = BiasVariance::new(20).sweep("tree depth", 0..=3, tree, &data, &data, &[Loss::Brier])?;
    /// assert_eq!(curves[0].points.len(), 4);
    /// assert!(curves[0].points[3].terms.variance > curves[0].points[0].terms.variance);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sweep<C, E, M, Er>(
        &self,
        parameter: &str,
        range: impl IntoIterator<Item = C>,
        make: impl Fn(C) -> E,
        train: &Labeled<'_, ClassIdx>,
        test: &Labeled<'_, ClassIdx>,
        losses: &[Loss],
    ) -> Result<Vec<ComplexityCurve>, Error>
    where
        C: Copy + Into<f64>,
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Sync,
        M: Classifier,
        Er: Into<BoxError>,
    {
        let points: Vec<(f64, Vec<Decomposition>)> = points(range, test.len(), |value| {
            let predictions = self.predictions(&make(value), train, test)?;
            losses.iter().map(|&loss| predictions.decompose(loss)).collect()
        })?;
        if losses.is_empty() {
            return Err(ErrorKind::NoRows { what: "complexity curve" }.into());
        }
        let constant = predict(&Baseline::new().fit(train)?, test);
        let (truth, weights) = (labels_of(test), weights_of(test));
        let constant =
            Predictions { probabilities: constant.insert_axis(ndarray::Axis(0)), truth, weights };
        let curve = |(at, &loss): (usize, &Loss)| {
            let parts: Vec<(f64, &Decomposition)> =
                points.iter().map(|(complexity, parts)| (*complexity, &parts[at])).collect();
            let baseline_loss = constant.decompose(loss)?.mean().loss;
            curve(parameter, &parts, baseline_loss)
        };
        losses.iter().enumerate().map(curve).collect()
    }

    /// The same for a regressor and the squared error.
    ///
    /// # Errors
    ///
    /// As [`sweep`](Self::sweep).
    pub fn sweep_numbers<C, E, M, Er>(
        &self,
        parameter: &str,
        range: impl IntoIterator<Item = C>,
        make: impl Fn(C) -> E,
        train: &Labeled<'_, f64>,
        test: &Labeled<'_, f64>,
    ) -> Result<ComplexityCurve, Error>
    where
        C: Copy + Into<f64>,
        E: for<'a> Fit<Labeled<'a, f64>, Model = M, Error = Er> + Sync,
        M: Regressor,
        Er: Into<BoxError>,
    {
        let points = points(range, test.len(), |value| {
            self.number_predictions(&make(value), train, test)?.decompose()
        })?;
        let constant = predict(&Baseline::new().fit(train)?, test);
        let (truth, weights) = (labels_of(test), weights_of(test));
        let constant = NumberPredictions { values: constant.reversed_axes(), truth, weights };
        let parts: Vec<(f64, &Decomposition)> =
            points.iter().map(|(complexity, part)| (*complexity, part)).collect();
        curve(parameter, &parts, constant.decompose()?.mean().loss)
    }
}

/// Something of each value of a range.
fn points<C: Copy + Into<f64>, T>(
    range: impl IntoIterator<Item = C>,
    n_test: usize,
    of: impl Fn(C) -> Result<T, Error>,
) -> Result<Vec<(f64, T)>, Error> {
    require_rows("complexity curve", n_test)?;
    let points = range.into_iter().map(|value| Ok((value.into(), of(value)?)));
    let points = points.collect::<Result<Vec<_>, Error>>()?;
    if points.is_empty() {
        return Err(ErrorKind::NoRows { what: "complexity curve" }.into());
    }
    Ok(points)
}

fn curve(
    parameter: &str,
    parts: &[(f64, &Decomposition)],
    baseline_loss: f64,
) -> Result<ComplexityCurve, Error> {
    let means: Vec<Terms> = parts.iter().map(|(_, part)| part.mean()).collect();
    let best = (0..means.len()).fold(
        0,
        |best, at| {
            if means[at].loss < means[best].loss { at } else { best }
        },
    );
    let of_best = parts[best].1.rows();
    let points = parts.iter().zip(means).map(|(&(complexity, part), terms)| {
        let pairs = part.rows().iter().zip(of_best);
        let behind_best =
            mean_interval(pairs.map(|(row, best)| row.loss - best.loss), part.weights.as_deref());
        Ok(CurvePoint { complexity, terms, intervals: part.intervals()?, behind_best })
    });
    let first = parts[0].1;
    Ok(ComplexityCurve {
        parameter: parameter.to_owned(),
        loss: first.loss(),
        n_rounds: first.n_rounds(),
        n_rows: first.rows().len(),
        points: points.collect::<Result<_, Error>>()?,
        best,
        baseline_loss,
    })
}
