//! Pictures of calibration and of gains.

use super::Picture;
use super::axis::{Scale, written};
use super::chart::{Bars, Chart, Series};
use crate::bias_variance::interval::REACH;
use crate::metrics::{CalibrationBin, CalibrationCurve, GainsRow, Interval};

/// From corner to corner.
fn diagonal(name: &str) -> Series {
    let points = vec![(0.0, 0.0, None), (1.0, 1.0, None)];
    Series { name: name.to_owned(), colour: 3, dashed: true, dots: false, points }
}

impl CalibrationCurve {
    /// What was foretold against what came, bin by bin, with Wilson's 95 % intervals for the share
    /// that came and the rows of each bin as bars.
    #[must_use]
    pub fn picture(&self, title: &str) -> Picture {
        let bins = || self.bins.iter();
        let band = |bin: &CalibrationBin| {
            let Interval { low, high, .. } = bin.wilson(REACH, 0.95);
            (low, high)
        };
        let points = bins().map(|bin| (bin.predicted, bin.observed, Some(band(bin))));
        let series = vec![
            Series {
                name: "rows of a bin".to_owned(),
                colour: 0,
                dashed: false,
                dots: true,
                points: points.collect(),
            },
            diagonal("as foretold"),
        ];
        let bars = bins().map(|bin| (bin.least, bin.greatest, bin.n_rows as f64)).collect();
        let n: usize = bins().map(|bin| bin.n_rows).sum();
        let chart = Chart {
            title: title.to_owned(),
            note: format!(
                "{} rows in {} bins; expected calibration error {:.4}. Bars: rows of each bin.",
                written(n as f64),
                self.bins.len(),
                self.expected_error()
            ),
            x_label: "probability foretold".to_owned(),
            y_label: "share with the outcome".to_owned(),
            x: Scale::Linear(0.0, 1.0),
            y: Scale::Linear(0.0, 1.0),
            series,
            bars: Some(Bars { name: "number of rows".to_owned(), bars }),
            mark: None,
        };
        let columns = vec![
            "predicted",
            "observed",
            "observed_low",
            "observed_high",
            "n_rows",
            "least",
            "greatest",
        ];
        let row = |bin: &CalibrationBin| {
            let (low, high) = band(bin);
            vec![bin.predicted, bin.observed, low, high, bin.n_rows as f64, bin.least, bin.greatest]
        };
        Picture {
            title: title.to_owned(),
            svg: chart.svg(),
            columns,
            rows: bins().map(row).collect(),
        }
    }
}

/// The share of all outcomes found among the rows of highest score, slice by slice, against the
/// order that knows nothing and the order that knows all; the data hold the lift too.
///
/// Slices are those of [`Scored::gains`](crate::Scored::gains).
#[must_use]
pub fn gains_picture(title: &str, gains: &[GainsRow]) -> Picture {
    let total: f64 = gains.iter().map(|row| row.weight).sum();
    let positive: f64 = gains.iter().map(|row| row.positive).sum();
    let mut contacted = 0.0;
    let mut points = vec![(0.0, 0.0, None)];
    let mut rows = Vec::with_capacity(gains.len());
    for row in gains {
        contacted += row.weight;
        let share = if total > 0.0 { (contacted / total).min(1.0) } else { 0.0 };
        points.push((share, row.cumulative_gain, None));
        rows.push(vec![
            row.slice as f64,
            share,
            row.cumulative_gain,
            row.rate,
            row.lift,
            row.cumulative_lift,
            row.weight,
            row.positive,
        ]);
    }
    let rate = if total > 0.0 { positive / total } else { 1.0 };
    let known = vec![(0.0, 0.0, None), (rate, 1.0, None), (1.0, 1.0, None)];
    let first = gains.first().map_or(0.0, |row| row.lift);
    let series = vec![
        Series { name: "by score".to_owned(), colour: 0, dashed: false, dots: true, points },
        Series {
            name: "if all were known".to_owned(),
            colour: 2,
            dashed: true,
            dots: false,
            points: known,
        },
        diagonal("by chance"),
    ];
    let chart = Chart {
        title: title.to_owned(),
        note: format!(
            "{} slices; the first has {first:.2} times the usual share of outcomes, {:.1} %.",
            gains.len(),
            100.0 * rate
        ),
        x_label: "share of rows contacted, highest scores first".to_owned(),
        y_label: "share of all outcomes found".to_owned(),
        x: Scale::Linear(0.0, 1.0),
        y: Scale::Linear(0.0, 1.0),
        series,
        bars: None,
        mark: None,
    };
    let columns = vec![
        "slice",
        "contacted",
        "found",
        "rate",
        "lift",
        "cumulative_lift",
        "weight",
        "positive",
    ];
    Picture { title: title.to_owned(), svg: chart.svg(), columns, rows }
}
