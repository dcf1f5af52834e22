//! Contributions in words.

use std::fmt;

use patronage_core::{ColumnKind, Date, Schema};

use super::terms::ScoreKind;
use crate::logistic::sigmoid;

/// One column's part in the score of one row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Reason {
    /// The column's name.
    pub column: String,
    /// The row's cell, as one would say it: the level of a category, yes or no, a date, missing.
    pub value: String,
    /// What it adds to the score.
    pub contribution: f64,
}

/// Why a row has the score it has: every column that matters, the strongest first.
///
/// Displayed as one line on the score and one for each reason, such as
/// `+ contract is monthly: multiplies the odds by 2.31`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Reasons {
    /// What the score means.
    pub kind: ScoreKind,
    /// The score that all rows start from.
    pub base: f64,
    /// The row's score.
    pub score: f64,
    /// The columns that contribute, by how much they do, the first of equals first.
    pub reasons: Vec<Reason>,
}

impl Reasons {
    pub(super) fn new(
        schema: &Schema,
        kind: ScoreKind,
        base: f64,
        row: &[f64],
        contributions: &[f64],
    ) -> Self {
        let score = contributions.iter().fold(base, |sum, x| sum + x);
        let columns = schema.columns().iter().zip(row).zip(contributions);
        let mut reasons: Vec<Reason> = columns
            .filter(|(_, contribution)| **contribution != 0.0)
            .map(|((column, &cell), &contribution)| Reason {
                column: column.name().to_owned(),
                value: in_words(column.kind(), cell),
                contribution,
            })
            .collect();
        // Sums differ in their last digits: what is equal but for those stays in column order.
        let size = |reason: &Reason| (reason.contribution.abs() * 1e12).round();
        reasons.sort_by(|a, b| size(b).total_cmp(&size(a)));
        Self { kind, base, score, reasons }
    }

    /// The strongest reasons alone.
    #[must_use]
    pub fn strongest(mut self, n: usize) -> Self {
        self.reasons.truncate(n);
        self
    }

    /// What a contribution does, in words.
    fn effect(&self, contribution: f64) -> String {
        let up = contribution > 0.0;
        let times = |what: &str| {
            let verb = if up { "multiplies" } else { "divides" };
            format!("{verb} {what} by {:.2}", contribution.abs().min(700.0).exp())
        };
        let by = |what: &str, amount: String| {
            format!("{} {what} by {amount}", if up { "raises" } else { "lowers" })
        };
        match self.kind {
            ScoreKind::LogOdds => times("the odds"),
            ScoreKind::LogWeight => times("the weight of the class"),
            ScoreKind::LogValue => times("the value"),
            ScoreKind::Probability => {
                by("the probability", format!("{:.1} points", 100.0 * contribution.abs()))
            }
            ScoreKind::Value => by("the value", number(contribution.abs())),
        }
    }
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (score, base) = (self.score, self.base);
        match self.kind {
            ScoreKind::LogOdds => {
                writeln!(
                    f,
                    "probability {:.3}, where {:.3} is usual",
                    sigmoid(score),
                    sigmoid(base)
                )
            }
            ScoreKind::Probability => {
                writeln!(f, "probability {score:.3}, where {base:.3} is usual")
            }
            ScoreKind::LogWeight => writeln!(f, "score {score:.3}, where {base:.3} is usual"),
            ScoreKind::Value => {
                writeln!(f, "value {}, where {} is usual", number(score), number(base))
            }
            ScoreKind::LogValue => {
                writeln!(f, "value {}, where {} is usual", number(score.exp()), number(base.exp()))
            }
        }?;
        for reason in &self.reasons {
            let sign = if reason.contribution > 0.0 { '+' } else { '-' };
            let effect = self.effect(reason.contribution);
            writeln!(f, "{sign} {} is {}: {effect}", reason.column, reason.value)?;
        }
        Ok(())
    }
}

/// A cell as one would say it.
fn in_words(kind: &ColumnKind, cell: f64) -> String {
    match kind {
        ColumnKind::Category { levels, .. } => {
            levels.get(cell as usize).cloned().unwrap_or_else(|| "a level never seen".to_owned())
        }
        ColumnKind::Flag => (if cell == 0.0 { "no" } else { "yes" }).to_owned(),
        ColumnKind::Date if cell.abs() < 3e6 => Date::from_days(cell as i32).to_string(),
        _ if cell.is_nan() => "missing".to_owned(),
        _ => number(cell),
    }
}

/// A number in as few digits as tell it.
fn number(x: f64) -> String {
    let size = x.abs();
    if x.fract() == 0.0 && size < 1e15 {
        format!("{x}")
    } else if (0.01..1e15).contains(&size) {
        format!("{x:.2}")
    } else {
        format!("{x:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_said_as_one_would() {
        let category = ColumnKind::category(["web", "shop"]);
        let said = [
            (&category, 1.0, "shop"),
            (&category, 2.0, "a level never seen"),
            (&ColumnKind::Flag, 1.0, "yes"),
            (&ColumnKind::NullableNumber, f64::NAN, "missing"),
            (&ColumnKind::Number, 12.0, "12"),
            (&ColumnKind::Number, 12.3456, "12.35"),
            (&ColumnKind::Number, 1.5e-7, "1.500e-7"),
            (&ColumnKind::Number, f64::MAX, "1.798e308"),
            (&ColumnKind::Date, 19_000.0, "2022-01-08"),
        ];
        for (kind, cell, expected) in said {
            assert_eq!(in_words(kind, cell), expected);
        }
    }
}
