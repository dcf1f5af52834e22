//! One customer's step from a segment to another.

use std::fmt::Write as _;

use patronage_core::{CustomerIdx, Money, SegmentIdx, Segmenter, Timestamp};

use crate::rfm::RfmSegmenter;

/// A customer's recency, frequency and monetary value at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Measures {
    /// Days since the last purchase, at least 0.
    pub recency_days: f64,
    /// How often she bought.
    pub frequency: u64,
    /// How much she paid.
    pub monetary: Money,
}

impl Measures {
    /// The measures as a row of the model's schema; 0 in columns that are none of the three.
    fn row(&self, model: &RfmSegmenter) -> Vec<f64> {
        let cell = |name: &str| match name {
            "recency_days" => self.recency_days,
            "frequency" => self.frequency as f64,
            "monetary" => self.monetary.as_f64(),
            _ => 0.0,
        };
        model.schema().columns().iter().map(|column| cell(column.name())).collect()
    }
}

/// Why a customer moved.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Cause {
    /// She bought.
    Purchase,
    /// Time alone: her last purchase grew older, or purchases left the window.
    Time,
}

/// A customer's step from a segment to another, at the instant at which it happened.
///
/// Between two dates there may be several; what is counted there are
/// [`Transition`](crate::Transition)s.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SegmentMove {
    /// Who moved.
    pub customer: CustomerIdx,
    /// The first instant at which she was of the new segment.
    pub at: Timestamp,
    /// The segment left; `None` of a customer without a purchase in the window.
    pub from: Option<SegmentIdx>,
    /// The segment entered; `None` when no purchase is left in the window.
    pub to: Option<SegmentIdx>,
    /// Why.
    pub cause: Cause,
    /// Her measures just before: a microsecond earlier where time was the cause, at the same
    /// instant without the purchase where that was.
    pub before: Option<Measures>,
    /// Her measures at that instant.
    pub after: Option<Measures>,
}

impl SegmentMove {
    /// The move in words, with each score that changed and the cut points it passed.
    ///
    /// ```
    /// # use patronage_segment::*;
    /// # let schema = Schema::new(["recency_days", "frequency", "monetary"].map(Column::number))?;
    /// # let cuts = |cut: f64| Binning::Cuts(vec![cut]);
    /// # let scores = RfmScoring::of([
    /// #     Dimension::new("R", "recency_days", Better::Lower, cuts(60.0)),
    /// # ]).fit(&FeatureTable::new(schema, ndarray::array![[1.0, 1.0, 1.0]])?)?;
    /// # let rules = DisjointRules::new(ScoreGrid::new([("R", 2)])?)
    /// #     .rule("At Risk", [1..=1]).rule("Loyal", [2..=2]).build()?;
    /// # let model = RfmSegmenter::new(scores, rules)?;
    /// let measures = |recency_days| Measures {
    ///     recency_days,
    ///     frequency: 4,
    ///     monetary: Money::from_units(120),
    /// };
    /// let step = SegmentMove {
    ///     customer: CustomerIdx::new(7),
    ///     at: Timestamp::from_seconds(0),
    ///     from: Some(SegmentIdx::new(1)),
    ///     to: Some(SegmentIdx::new(0)),
    ///     cause: Cause::Time,
    ///     before: Some(measures(31.0)),
    ///     after: Some(measures(74.0)),
    /// };
    /// assert_eq!(
    ///     step.explain(&model),
    ///     "from Loyal to At Risk because recency rose from 31 to 74 days (R 2 to 1, past 60)"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// May panic when the model is not the one the move was made by.
    #[must_use]
    pub fn explain(&self, model: &RfmSegmenter) -> String {
        let name = |segment: SegmentIdx| {
            model.name(segment).map_or_else(|| segment.to_string(), str::to_owned)
        };
        match (self.from, self.to) {
            (Some(from), Some(to)) => {
                let mut text = format!("from {} to {}", name(from), name(to));
                if let (Some(before), Some(after)) = (&self.before, &self.after) {
                    let reasons = reasons(model, before, after);
                    if !reasons.is_empty() {
                        let _ = write!(text, " because {}", reasons.join(" and "));
                    }
                }
                text
            }
            (None, Some(to)) => match &self.after {
                Some(after) => format!(
                    "into {} with recency {} days, frequency {} and monetary value {}",
                    name(to),
                    number(after.recency_days),
                    after.frequency,
                    after.monetary
                ),
                None => format!("into {}", name(to)),
            },
            (Some(from), None) => {
                format!("out of {} because no purchase is left in the window", name(from))
            }
            (None, None) => "in no segment".to_owned(),
        }
    }
}

/// Each dimension whose score changed, in words.
fn reasons(model: &RfmSegmenter, before: &Measures, after: &Measures) -> Vec<String> {
    let (scores, schema) = (model.scores(), model.schema());
    let rows = [before.row(model), after.row(model)];
    let score = |row: &[f64]| {
        let mut out = vec![0; scores.n_dimensions()];
        scores.score_row(row, &mut out);
        out
    };
    let [old, new] = [score(&rows[0]), score(&rows[1])];
    let mut reasons = Vec::new();
    for dimension in (0..scores.n_dimensions()).filter(|&d| old[d] != new[d]) {
        let column = scores.column(dimension);
        let [from, to] = [rows[0][column], rows[1][column]];
        let (measure, unit) = match schema.columns()[column].name() {
            "recency_days" => ("recency", " days"),
            "monetary" => ("monetary value", ""),
            other => (other, ""),
        };
        // So many cut points lie below a number of that score.
        let cuts = scores.cuts(dimension);
        let below = |score: u8| {
            let rank = usize::from(score) - 1;
            if (to > from) == (new[dimension] > old[dimension]) { rank } else { cuts.len() - rank }
        };
        let (a, b) = (below(old[dimension]), below(new[dimension]));
        let passed: Vec<String> = cuts[a.min(b)..a.max(b)].iter().map(|cut| number(*cut)).collect();
        let verb = if to > from { "rose" } else { "fell" };
        reasons.push(format!(
            "{measure} {verb} from {} to {}{unit} ({} {} to {}, past {})",
            number(from),
            number(to),
            scores.name(dimension),
            old[dimension],
            new[dimension],
            passed.join(", ")
        ));
    }
    reasons
}

/// At most four decimals, none where there is nothing to say.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}
