//! What ails a model, in words.

use std::fmt;

use super::advice::{Advice, Remedy, ordered};
use super::sweep::ComplexityCurve;
use super::{Decomposition, Loss, Terms};
use crate::metrics::Interval;

/// The share of a loss that counts as nearly all of it.
const NEARLY_ALL: f64 = 0.9;

/// What a model suffers from most.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Diagnosis {
    /// It is too simple: its refits agree, and agree on what is wrong.
    HighBias,
    /// It is too complex for the rows at hand: its refits disagree.
    HighVariance,
    /// Neither is to be had cheaper without more of the other.
    Balanced,
    /// What is lost is lost by every complexity tried: chance, or columns that are not there.
    NoiseBound,
    /// It does no better than the constant answer.
    NothingLearnt,
    /// More rows alone would take a good part of what can be saved.
    TooLittleData,
    /// A column says the outcome by itself: it may be known only after it.
    LeakingFeature,
    /// The rows judged are not like those learnt from.
    DriftedTestSet,
}

/// A diagnosis and why.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Finding {
    /// The diagnosis.
    pub diagnosis: Diagnosis,
    /// The figures behind it, in words.
    pub words: String,
}

/// A diagnosis with the figures behind it: plain fields, ready to be shown. It displays as its words.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Verdict {
    /// The diagnosis: of several the most pressing.
    pub diagnosis: Diagnosis,
    /// Every diagnosis that holds, the most pressing first; at least one.
    pub findings: Vec<Finding>,
    /// How predictions were judged.
    pub loss: Loss,
    /// The loss and its parts.
    pub terms: Terms,
    /// What the constant answer loses.
    pub baseline_loss: f64,
    /// An upper bound for the noise: the least bias of any complexity tried, or the noise given.
    pub floor: f64,
    /// The diagnosis in two or three sentences.
    pub words: String,
    /// What to try next: what must be done first, then by expected gain, then what cannot be told.
    pub next: Vec<Advice>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

pub(super) fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

/// Judges one point against the best of its curve.
pub(super) fn of_point(curve: &ComplexityCurve, point: usize) -> Verdict {
    let (at, best) = (&curve.points[point], &curve.points[curve.best]);
    let (terms, loss) = (at.terms, curve.loss);
    let floor = curve.points.iter().map(|point| point.terms.bias).fold(f64::INFINITY, f64::min);
    // Variance that hurts: what it wins back where the main prediction is wrong is no sign of health.
    let more_bias = terms.bias - best.terms.bias;
    let more_variance = terms.unbiased_variance - best.terms.unbiased_variance;
    let worse = at.behind_best.low > 0.0;
    let diagnosis = if worse && more_bias >= more_variance {
        Diagnosis::HighBias
    } else if worse {
        Diagnosis::HighVariance
    } else if terms.loss >= curve.baseline_loss && terms.loss > 0.0 {
        Diagnosis::NothingLearnt
    } else if terms.loss > 0.0 && floor >= NEARLY_ALL * terms.loss {
        Diagnosis::NoiseBound
    } else {
        Diagnosis::Balanced
    };
    let name = loss.name();
    let parameter = &curve.parameter;
    let figures = format!(
        "At {parameter} {} the {name} is {:.4}: bias {:.4}, variance {:.4}.",
        at.complexity, terms.loss, terms.bias, terms.variance
    );
    let reason = match diagnosis {
        Diagnosis::HighBias => format!(
            "That is {:.4} more than at the best {parameter}, {}, and bias grew more than variance: the model is too simple, or smoothed too much.",
            terms.loss - best.terms.loss,
            best.complexity
        ),
        Diagnosis::HighVariance => format!(
            "That is {:.4} more than at the best {parameter}, {}, and variance grew more than bias: the model follows the chance of its training rows.",
            terms.loss - best.terms.loss,
            best.complexity
        ),
        Diagnosis::NoiseBound => format!(
            "No {parameter} tried brings the bias below {floor:.4}, {:.0} % of this loss: what remains is chance, or needs columns that are not there.",
            percent(floor, terms.loss)
        ),
        Diagnosis::NothingLearnt => {
            format!("The constant answer loses {:.4}: nothing was learnt.", curve.baseline_loss)
        }
        // Balanced: the others need evidence that a curve alone does not hold.
        _ => format!(
            "No {parameter} tried is better beyond chance; variance makes up {:.0} % of the loss.",
            percent(terms.variance, terms.loss)
        ),
    };
    let words = format!("{figures} {reason}");
    Verdict {
        diagnosis,
        findings: vec![Finding { diagnosis, words: words.clone() }],
        loss,
        terms,
        baseline_loss: curve.baseline_loss,
        floor,
        words,
        next: next_of_point(curve, point, diagnosis, floor),
    }
}

/// What the curve says of each step: differences of losses on the same rows.
fn next_of_point(
    curve: &ComplexityCurve,
    point: usize,
    diagnosis: Diagnosis,
    floor: f64,
) -> Vec<Advice> {
    let (at, best) = (&curve.points[point], &curve.points[curve.best]);
    let parameter = curve.parameter.as_str();
    let mut next = Vec::new();
    // The main prediction of all rounds is what averaging them gives, and its loss is the bias.
    let averaged = curve.points.iter().min_by(|a, b| a.terms.bias.total_cmp(&b.terms.bias));
    let n_rounds = curve.n_rounds;
    if let Some(averaged) = averaged.filter(|_| n_rounds > 1) {
        let complexity = averaged.complexity;
        let gain = at.terms.loss - averaged.terms.bias;
        let interval = averaged.intervals.bias;
        let (low, high) = (at.terms.loss - interval.high, at.terms.loss - interval.low);
        let interval = (averaged.complexity == at.complexity).then_some(at.intervals.variance);
        let interval = interval.unwrap_or(Interval { low, high, level: 0.95 });
        next.push(Advice::gaining(
            Remedy::Average { complexity: Some(complexity) },
            gain,
            Some(interval),
            parameter,
        ));
    }
    if curve.best != point {
        let gain = at.terms.loss - best.terms.loss;
        let step = Remedy::Complexity { complexity: best.complexity };
        next.push(Advice::gaining(step, gain, Some(at.behind_best), parameter));
    }
    match diagnosis {
        Diagnosis::HighBias => {
            next.push(Advice::plain(Remedy::RicherModel, None, parameter));
            next.push(Advice::plain(Remedy::NewColumns, None, parameter));
        }
        Diagnosis::NoiseBound => {
            next.push(Advice::plain(Remedy::NewColumns, Some(floor), parameter));
        }
        Diagnosis::NothingLearnt => {
            next.push(Advice::plain(Remedy::CheckColumns, None, parameter));
            next.push(Advice::plain(Remedy::MoreRows, None, parameter));
        }
        _ => next.push(Advice::plain(Remedy::MoreRows, None, parameter)),
    }
    ordered(next)
}

impl Decomposition {
    /// What ails a model by its own decomposition alone, given what the constant answer loses and
    /// the noise where it is known.
    ///
    /// Without the noise, bias and noise cannot be told apart, and high bias may be noise: a
    /// [sweep](super::BiasVariance::sweep) tells more. Variance is called high where it makes up
    /// half of what could be saved, bias where it makes up nine tenths.
    #[must_use]
    pub fn verdict(&self, baseline_loss: f64, noise: Option<f64>) -> Verdict {
        let terms = self.mean();
        let floor = noise.unwrap_or(0.0).clamp(0.0, terms.loss.max(0.0));
        let savable = terms.loss - floor;
        let diagnosis = if terms.loss > 0.0 && floor >= NEARLY_ALL * terms.loss {
            Diagnosis::NoiseBound
        } else if terms.loss >= baseline_loss && terms.loss > 0.0 && terms.variance < savable / 2.0
        {
            Diagnosis::NothingLearnt
        } else if savable > 0.0 && terms.variance >= savable / 2.0 {
            Diagnosis::HighVariance
        } else if savable > 0.0 && terms.bias - floor >= NEARLY_ALL * savable {
            Diagnosis::HighBias
        } else {
            Diagnosis::Balanced
        };
        let name = self.loss.name();
        let known = match noise {
            Some(_) => format!("noise {floor:.4}"),
            None => "noise unknown, within the bias".to_owned(),
        };
        let words = format!(
            "The {name} is {:.4}: bias {:.4} ({known}), variance {:.4}, {:.0} % of what could be saved. The constant answer loses {baseline_loss:.4}.",
            terms.loss,
            terms.bias,
            terms.variance,
            percent(terms.variance, savable)
        );
        let mut next = Vec::new();
        if self.n_rounds > 1 && terms.variance > 0.0 {
            let interval = self.intervals().ok().map(|intervals| intervals.variance);
            let step = Remedy::Average { complexity: None };
            next.push(Advice::gaining(step, terms.variance, interval, ""));
        }
        match diagnosis {
            Diagnosis::HighVariance => {
                next.push(Advice::plain(Remedy::SimplerModel, None, ""));
                next.push(Advice::plain(Remedy::MoreRows, None, ""));
            }
            Diagnosis::HighBias => {
                let most = noise.map(|_| terms.bias - floor);
                next.push(Advice::plain(Remedy::RicherModel, most, ""));
                next.push(Advice::plain(Remedy::NewColumns, None, ""));
            }
            Diagnosis::NoiseBound => {
                next.push(Advice::plain(Remedy::NewColumns, Some(floor), ""));
            }
            Diagnosis::NothingLearnt => {
                next.push(Advice::plain(Remedy::CheckColumns, None, ""));
                next.push(Advice::plain(Remedy::MoreRows, None, ""));
            }
            _ => next.push(Advice::plain(Remedy::MoreRows, None, "")),
        }
        Verdict {
            diagnosis,
            findings: vec![Finding { diagnosis, words: words.clone() }],
            loss: self.loss,
            terms,
            baseline_loss,
            floor,
            words,
            next: ordered(next),
        }
    }
}
