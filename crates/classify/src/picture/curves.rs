//! Pictures of curves: the U, learning, validation.

use super::Picture;
use super::axis::{Scale, written};
use super::chart::{Chart, Series};
use crate::bias_variance::{ComplexityCurve, CurvePoint, Loss, TermIntervals, Terms};
use crate::curves::{LearningCurve, LossEstimate, ValidationCurve};
use crate::metrics::Interval;

fn unit(loss: Loss) -> String {
    match loss {
        Loss::LogLoss => "log loss, nats".to_owned(),
        loss => loss.name().to_owned(),
    }
}

fn ends(interval: Interval) -> Option<(f64, f64)> {
    Some((interval.low, interval.high))
}

/// A scale that holds every point and band.
fn about(series: &[Series]) -> Scale {
    let points = series.iter().flat_map(|series| &series.points);
    Scale::round(points.flat_map(|&(_, y, band)| {
        let (low, high) = band.unwrap_or((y, y));
        [y, low, high]
    }))
}

/// Each value in its turn where values are few and distinct, else by their size.
fn turns(values: &[f64]) -> Scale {
    let distinct = (1..values.len()).all(|at| !values[..at].contains(&values[at]));
    if distinct && values.len() <= 40 {
        Scale::Ordinal(values.to_vec())
    } else {
        Scale::rows(values)
    }
}

impl ComplexityCurve {
    /// The U-shaped curve, or whatever shape it has: loss, bias and variance with their 95 % bands
    /// over rows, the least loss marked, and the noise where it is known.
    ///
    /// Complexities stand in their turn, evenly spaced. Bias holds the noise, which is drawn as a
    /// line where `noise` is given.
    #[must_use]
    pub fn picture(&self, title: &str, noise: Option<f64>) -> Picture {
        type Part = (&'static str, usize, fn(&Terms) -> f64, fn(&TermIntervals) -> Interval);
        let with_noise = noise.is_none();
        let parts: [Part; 3] = [
            ("loss", 0, |terms| terms.loss, |of| of.loss),
            (
                if with_noise { "bias (with the noise)" } else { "bias + noise" },
                1,
                |terms| terms.bias,
                |of| of.bias,
            ),
            ("variance", 2, |terms| terms.variance, |of| of.variance),
        ];
        let mut series: Vec<Series> = parts
            .into_iter()
            .map(|(name, colour, part, interval)| Series {
                name: name.to_owned(),
                colour,
                dashed: false,
                dots: true,
                points: self
                    .points
                    .iter()
                    .map(|at| {
                        let band = ends(interval(&at.intervals));
                        (at.complexity, part(&at.terms), band)
                    })
                    .collect(),
            })
            .collect();
        let complexities: Vec<f64> = self.points.iter().map(|at| at.complexity).collect();
        if let Some(noise) = noise {
            let points = complexities.iter().map(|&x| (x, noise, None)).collect();
            series.push(Series {
                name: "noise".to_owned(),
                colour: 3,
                dashed: true,
                dots: false,
                points,
            });
        }
        let best = &self.points[self.best];
        let chart = Chart {
            title: title.to_owned(),
            note: format!(
                "{} rounds, {} test rows; bands are 95 % intervals over rows. Least at {} {}.",
                written(self.n_rounds as f64),
                written(self.n_rows as f64),
                self.parameter,
                written(best.complexity)
            ),
            x_label: self.parameter.clone(),
            y_label: unit(self.loss),
            x: turns(&complexities),
            y: about(&series),
            series,
            bars: None,
            mark: Some((best.complexity, format!("least: {:.4}", best.terms.loss))),
        };
        let columns = vec![
            "complexity",
            "loss",
            "loss_low",
            "loss_high",
            "bias",
            "bias_low",
            "bias_high",
            "variance",
            "variance_low",
            "variance_high",
            "noise",
        ];
        let row = |at: &CurvePoint| {
            let (t, i) = (at.terms, at.intervals);
            let noise = noise.unwrap_or(t.noise);
            vec![
                at.complexity,
                t.loss,
                i.loss.low,
                i.loss.high,
                t.bias,
                i.bias.low,
                i.bias.high,
                t.variance,
                i.variance.low,
                i.variance.high,
                noise,
            ]
        };
        let rows = self.points.iter().map(row).collect();
        Picture { title: title.to_owned(), svg: chart.svg(), columns, rows }
    }
}

fn line(name: &str, colour: usize, points: impl Iterator<Item = (f64, LossEstimate)>) -> Series {
    let points = points.map(|(x, of)| (x, of.mean, ends(of.interval))).collect();
    Series { name: name.to_owned(), colour, dashed: false, dots: true, points }
}

/// What tells a curve of losses on rows learnt from and not seen from others of its kind.
struct Losses<'a> {
    title: &'a str,
    note: String,
    /// What stands across, in words and as a column.
    across: (&'a str, &'static str),
    x: Scale,
    loss: Loss,
    mark: Option<(f64, String)>,
}

impl Losses<'_> {
    /// The picture of points: where they stand, and the losses on rows learnt from and not seen.
    fn picture(self, points: &[(f64, LossEstimate, LossEstimate)]) -> Picture {
        let series = vec![
            line("rows not seen", 0, points.iter().map(|at| (at.0, at.2))),
            line("rows learnt from", 1, points.iter().map(|at| (at.0, at.1))),
        ];
        let (x_label, first) = self.across;
        let chart = Chart {
            title: self.title.to_owned(),
            note: self.note,
            x_label: x_label.to_owned(),
            y_label: unit(self.loss),
            x: self.x,
            y: about(&series),
            series,
            bars: None,
            mark: self.mark,
        };
        let columns = vec![
            first,
            "training",
            "training_low",
            "training_high",
            "validation",
            "validation_low",
            "validation_high",
        ];
        let row = |&(x, t, v): &(f64, LossEstimate, LossEstimate)| {
            vec![
                x,
                t.mean,
                t.interval.low,
                t.interval.high,
                v.mean,
                v.interval.low,
                v.interval.high,
            ]
        };
        let rows = points.iter().map(row).collect();
        Picture { title: self.title.to_owned(), svg: chart.svg(), columns, rows }
    }
}

impl LearningCurve {
    /// The losses on rows learnt from and on rows not seen, with 95 % bands, over the number of
    /// rows.
    #[must_use]
    pub fn picture(&self, title: &str) -> Picture {
        let points: Vec<_> =
            self.points.iter().map(|at| (at.n_rows, at.training, at.validation)).collect();
        let n_rows: Vec<f64> = points.iter().map(|at| at.0).collect();
        let splits = self.points.first().map_or(0, |at| at.by_split.len());
        let note = match self.gain_of_doubling() {
            Some(gain) => format!(
                "{splits} splits, 95 % bands. Twice the rows are expected to take {:.4} ({:.4} to {:.4}) off.",
                gain.mean, gain.interval.low, gain.interval.high
            ),
            None => format!("{splits} splits; bands are 95 % intervals."),
        };
        let (across, x) = (("rows learnt from", "n_rows"), Scale::rows(&n_rows));
        Losses { title, note, across, x, loss: self.loss, mark: None }.picture(&points)
    }
}

impl ValidationCurve {
    /// The losses on rows learnt from and on rows not seen, with 95 % bands, over the parameter,
    /// the least marked.
    #[must_use]
    pub fn picture(&self, title: &str) -> Picture {
        let points: Vec<_> =
            self.points.iter().map(|at| (at.value, at.training, at.validation)).collect();
        let values: Vec<f64> = points.iter().map(|at| at.0).collect();
        let best = &self.points[self.best];
        let note = format!(
            "Bands are 95 % intervals. Least on rows not seen at {} {}.",
            self.parameter,
            written(best.value)
        );
        let mark = Some((best.value, format!("least: {:.4}", best.validation.mean)));
        let (across, x) = ((self.parameter.as_str(), "value"), turns(&values));
        Losses { title, note, across, x, loss: self.loss, mark }.picture(&points)
    }
}
