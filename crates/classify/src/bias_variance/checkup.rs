//! Every verdict that the evidence bears.

use super::Noise;
use super::advice::{Advice, Remedy, ordered};
use super::sweep::ComplexityCurve;
use super::verdict::{Diagnosis, Finding, Verdict, of_point, percent};
use crate::curves::{LearningCurve, LossEstimate};
use crate::drift::DriftReport;
use crate::leakage::{ColumnLeakage, LeakageReport};

/// The share of a loss that counts as nearly all of it.
const NEARLY_ALL: f64 = 0.9;

/// Rows are too few where twice as many would take at least this share of what can be saved.
const WORTH_ROWS: f64 = 0.1;

/// What is known of a model, gathered for a verdict: a complexity curve, and whatever else there is.
///
/// | evidence | tells |
/// |---|---|
/// | the curve and a point of it | high bias, high variance, nothing learnt |
/// | [noise](Noise) where rows repeat | noise-bound, beyond the bound that the curve gives |
/// | a [learning curve](LearningCurve) | too little data, and what more would bring |
/// | what [columns reach alone](crate::LeakageCheck) | a leaking feature |
/// | how [columns moved](crate::Drift), and the loss on rows held out that did not | a drifted test set |
///
/// Every gain in the advice is a difference of losses measured on the rows judged (another
/// complexity; the main prediction of all rounds, which is what averaging gives) or extrapolated
/// from the learning curve.
#[derive(Clone, Debug)]
pub struct CheckUp<'a> {
    curve: &'a ComplexityCurve,
    point: usize,
    noise: Option<Noise>,
    learning: Option<&'a LearningCurve>,
    leakage: Option<&'a LeakageReport>,
    drift: Option<&'a DriftReport>,
    held_out: Option<LossEstimate>,
}

impl<'a> CheckUp<'a> {
    /// A check of the model at a point of a curve.
    #[must_use]
    pub const fn new(curve: &'a ComplexityCurve, point: usize) -> Self {
        let (noise, learning, held_out) = (None, None, None);
        Self { curve, point, noise, learning, leakage: None, drift: None, held_out }
    }

    /// The noise of the same loss.
    #[must_use]
    pub const fn noise(mut self, noise: Noise) -> Self {
        self.noise = Some(noise);
        self
    }

    /// The learning curve of the same estimator and loss.
    #[must_use]
    pub const fn learning(mut self, learning: &'a LearningCurve) -> Self {
        self.learning = Some(learning);
        self
    }

    /// What each column reaches alone, by [`LeakageCheck`](crate::LeakageCheck).
    #[must_use]
    pub const fn leakage(mut self, report: &'a LeakageReport) -> Self {
        self.leakage = Some(report);
        self
    }

    /// How the rows judged differ from those learnt from, by [`Drift`](crate::Drift).
    #[must_use]
    pub const fn drift(mut self, report: &'a DriftReport) -> Self {
        self.drift = Some(report);
        self
    }

    /// The loss at the same point on rows held out from those learnt from, such as
    /// [`ValidationPoint::validation`](crate::ValidationPoint::validation).
    #[must_use]
    pub const fn held_out(mut self, loss: LossEstimate) -> Self {
        self.held_out = Some(loss);
        self
    }

    /// The verdict: every diagnosis that holds, the most pressing first, and what to try next.
    ///
    /// # Panics
    ///
    /// When the curve has no such point.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut verdict = of_point(self.curve, self.point);
        let mut next = std::mem::take(&mut verdict.next);
        let mut findings = self.leaks(&mut next);
        findings.extend(self.drifted(&verdict, &mut next));
        let of_noise = self.of_noise(&mut verdict, &mut next);
        let of_rows = self.of_rows(&verdict, &mut next);
        // Noise that is known settles what the curve alone can only suppose.
        let own = std::mem::take(&mut verdict.findings);
        let settled = of_noise.is_some()
            && own
                .iter()
                .all(|f| matches!(f.diagnosis, Diagnosis::Balanced | Diagnosis::NoiseBound));
        findings.extend(of_noise);
        if !settled {
            findings.extend(own);
        }
        findings.extend(of_rows);
        if findings.len() > 1 {
            findings.retain(|finding| finding.diagnosis != Diagnosis::Balanced);
        }
        verdict.diagnosis = findings[0].diagnosis;
        verdict.words = findings.iter().map(|f| f.words.as_str()).collect::<Vec<_>>().join(" ");
        verdict.findings = findings;
        verdict.next = ordered(next);
        verdict
    }

    fn leaks(&self, next: &mut Vec<Advice>) -> Vec<Finding> {
        let Some(report) = self.leakage else { return Vec::new() };
        let named = |suspect: &ColumnLeakage| {
            let step = Remedy::RemoveColumn { column: suspect.column.clone() };
            next.push(Advice::plain(step, None, ""));
            let words = format!(
                "The column {suspect} on rows not seen, of the {:.4} of all columns together: it may be written after the outcome.",
                report.all
            );
            Finding { diagnosis: Diagnosis::LeakingFeature, words }
        };
        report.suspects().map(named).collect()
    }

    fn drifted(&self, verdict: &Verdict, next: &mut Vec<Advice>) -> Option<Finding> {
        let report = self.drift?;
        let (n_shifted, n) = (report.drifted().count(), report.columns.len());
        let worst = report.drifted().max_by(|a, b| a.psi.total_cmp(&b.psi))?;
        let here = &self.curve.points[self.point];
        // Both losses are unsure: the difference counts where it is beyond the two together.
        let fell = self.held_out.map(|held_out| {
            let more = verdict.terms.loss - held_out.mean;
            let half = |low: f64, high: f64| 0.5 * (high - low);
            let [own, theirs] = [here.intervals.loss, held_out.interval];
            let reach = half(own.low, own.high).hypot(half(theirs.low, theirs.high));
            (more, reach)
        });
        let mut words = format!(
            "The rows judged are not like those learnt from: {n_shifted} of {n} columns shifted, most {:?} (PSI {:.3}).",
            worst.column, worst.psi
        );
        match fell {
            Some((more, reach)) if more > reach => {
                let interval =
                    crate::metrics::Interval { low: more - reach, high: more + reach, level: 0.95 };
                next.push(Advice::gaining(Remedy::RefitOnRecent, more, Some(interval), ""));
                words.push_str(&format!(
                    " They cost {more:.4} more than rows held out from those learnt from."
                ));
            }
            Some((more, reach)) => {
                words.push_str(&format!(
                    " The loss does not show it yet: {more:.4} more, give or take {reach:.4}."
                ));
            }
            None => next.push(Advice::plain(Remedy::RefitOnRecent, None, "")),
        }
        Some(Finding { diagnosis: Diagnosis::DriftedTestSet, words })
    }

    fn of_noise(&self, verdict: &mut Verdict, next: &mut Vec<Advice>) -> Option<Finding> {
        let noise = self.noise.filter(|noise| noise.loss == verdict.loss)?;
        verdict.floor = noise.value;
        let loss = verdict.terms.loss;
        for advice in next.iter_mut().filter(|advice| advice.step == Remedy::RicherModel) {
            let most = Some((verdict.terms.bias - noise.value).max(0.0));
            *advice = Advice::plain(Remedy::RicherModel, most, &self.curve.parameter);
        }
        if !(loss > 0.0 && noise.value >= NEARLY_ALL * loss) {
            return None;
        }
        next.push(Advice::plain(Remedy::NewColumns, Some(noise.value), ""));
        let words = format!(
            "Customers alike in every column lose {:.4} ({:.4} to {:.4}) by themselves, {:.0} % of this loss ({} rows that repeat): no model of these columns can take more than the rest.",
            noise.value,
            noise.interval.low,
            noise.interval.high,
            percent(noise.value, loss).min(100.0),
            noise.n_rows
        );
        Some(Finding { diagnosis: Diagnosis::NoiseBound, words })
    }

    fn of_rows(&self, verdict: &Verdict, next: &mut Vec<Advice>) -> Option<Finding> {
        let learning = self.learning.filter(|learning| learning.loss == verdict.loss)?;
        let gain = learning.gain_of_doubling()?;
        next.retain(|advice| advice.step != Remedy::MoreRows);
        if gain.interval.low > 0.0 {
            next.push(Advice::gaining(Remedy::MoreRows, gain.mean, Some(gain.interval), ""));
        }
        // What can be saved at most: noise is taken at the low end of its interval.
        let noise = self.noise.filter(|noise| noise.loss == verdict.loss);
        let noise = noise.map_or(0.0, |noise| noise.interval.low);
        let savable = (verdict.terms.loss - noise).max(0.0);
        if gain.interval.low <= 0.0 || savable <= 0.0 || gain.mean < WORTH_ROWS * savable {
            return None;
        }
        let words = format!(
            "The loss still falls with every row: twice as many are expected to take {:.4} ({:.4} to {:.4}) off it, {:.0} % of what could be saved.",
            gain.mean,
            gain.interval.low,
            gain.interval.high,
            percent(gain.mean, savable).min(100.0)
        );
        Some(Finding { diagnosis: Diagnosis::TooLittleData, words })
    }
}
