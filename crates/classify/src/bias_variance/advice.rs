//! What to try next, ordered by what it is expected to gain.

use std::fmt;

use crate::metrics::Interval;

/// Something to try.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Remedy {
    /// Take a column out, or cut it at the moment of the decision.
    RemoveColumn {
        /// Its name.
        column: String,
    },
    /// Learn again from rows like those that are judged.
    RefitOnRecent,
    /// Average many such models: a forest, a bag.
    Average {
        /// The value of the parameter at which, where values were tried.
        complexity: Option<f64>,
    },
    /// Take another value of the parameter.
    Complexity {
        /// The value.
        complexity: f64,
    },
    /// Collect rows: twice as many.
    MoreRows,
    /// Allow a richer model than any tried, or let columns act together.
    RicherModel,
    /// Simplify the model or strengthen its penalty.
    SimplerModel,
    /// Find columns that know something new of the customer.
    NewColumns,
    /// Check that columns are known before the outcome and say something of it.
    CheckColumns,
}

/// A step with what it is expected to take from the loss, from the figures at hand: plain fields,
/// ready to be shown. It displays as its words.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Advice {
    /// What to try.
    pub step: Remedy,
    /// The expected fall of the loss; `None` where the figures at hand do not tell.
    pub gain: Option<f64>,
    /// Its 95 % interval, where there is one.
    pub interval: Option<Interval>,
    /// The most it could bring, where only that can be told.
    pub at_most: Option<f64>,
    /// The step in words, with its figures.
    pub words: String,
}

impl Advice {
    pub(super) fn gaining(
        step: Remedy,
        gain: f64,
        interval: Option<Interval>,
        parameter: &str,
    ) -> Self {
        Self { gain: Some(gain), interval, ..Self::plain(step, None, parameter) }.worded(parameter)
    }

    pub(super) fn plain(step: Remedy, at_most: Option<f64>, parameter: &str) -> Self {
        Self { step, gain: None, interval: None, at_most, words: String::new() }.worded(parameter)
    }

    fn worded(mut self, parameter: &str) -> Self {
        let step = match &self.step {
            Remedy::RemoveColumn { column } => {
                format!(
                    "take out the column {column:?}, or show that it is known before the decision"
                )
            }
            Remedy::RefitOnRecent => "learn again from rows like those judged".to_owned(),
            Remedy::Average { complexity: Some(complexity) } => {
                format!("average many models at {parameter} {complexity}, as a forest does")
            }
            Remedy::Average { complexity: None } => {
                "average many such models, as a forest does".to_owned()
            }
            Remedy::Complexity { complexity } => format!("take {parameter} {complexity}"),
            Remedy::MoreRows => "collect twice as many rows".to_owned(),
            Remedy::RicherModel => {
                "allow a richer model, or let columns act together; weaken the penalty".to_owned()
            }
            Remedy::SimplerModel => "take a simpler model or a stronger penalty".to_owned(),
            Remedy::NewColumns => "add columns that know something new of the customer".to_owned(),
            Remedy::CheckColumns => {
                "check that columns are known before the outcome and say something of it".to_owned()
            }
        };
        self.words = match (self.gain, self.interval, self.at_most) {
            (Some(gain), Some(Interval { low, high, .. }), _) => {
                format!("{step}: {gain:.4} less ({low:.4} to {high:.4})")
            }
            (Some(gain), None, _) => format!("{step}: {gain:.4} less"),
            (None, _, Some(most)) => format!("{step}: at most {most:.4} less"),
            (None, _, None) => step,
        };
        self
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Steps that must come first whatever they cost, then by expected gain, then those of unknown gain.
pub(super) fn ordered(mut all: Vec<Advice>) -> Vec<Advice> {
    let first = |advice: &Advice| !matches!(advice.step, Remedy::RemoveColumn { .. });
    let gain = |advice: &Advice| advice.gain.unwrap_or(f64::NEG_INFINITY);
    all.retain(|advice| advice.gain.is_none_or(|gain| gain > 0.0));
    all.retain(|advice| advice.at_most.is_none_or(|most| most > 0.0));
    let most = |advice: &Advice| advice.at_most.unwrap_or(f64::INFINITY);
    all.sort_by(|a, b| {
        let known = first(a).cmp(&first(b)).then(gain(b).total_cmp(&gain(a)));
        known.then(most(a).total_cmp(&most(b)))
    });
    // Of one step said twice, what is known better.
    let mut kept: Vec<Advice> = Vec::with_capacity(all.len());
    for advice in all {
        if kept.iter().all(|other| other.step != advice.step) {
            kept.push(advice);
        }
    }
    kept
}
