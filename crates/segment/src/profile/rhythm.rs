//! When a customer is to be expected again: log-normal intervals with empirical Bayes.

use crate::inference::Student;

/// What a customer's purchase days say of her intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Intervals {
    /// Completed intervals.
    pub(super) n: f64,
    /// The mean of their logarithms, …
    pub(super) mean: f64,
    /// … and the sum of squares about it.
    pub(super) squares: f64,
    /// Days since the last purchase.
    pub(super) elapsed: f64,
}

impl Intervals {
    /// From intervals in days, at least 1, and days since the last purchase.
    pub(super) fn of(days: &[f64], elapsed: f64) -> Self {
        let n = days.len() as f64;
        let mean = days.iter().map(|d| d.ln()).sum::<f64>() / n.max(1.0);
        let squares = days.iter().map(|d| (d.ln() - mean).powi(2)).sum();
        Self { n, mean, squares, elapsed }
    }

    /// The logarithm of the days that have surely gone by: a purchase on the as-of day itself is
    /// still possible, so half a day less than have begun.
    fn ln_waited(&self) -> f64 {
        (self.elapsed - 0.5).max(0.5).ln()
    }
}

/// The population's rhythm: what is expected of a customer before anything is known of her.
///
/// ```text
/// ln(interval in days) ~ Normal(μ, σ²)          of one customer
/// μ | σ² ~ Normal(location, σ²/strength)        over customers
/// σ² ~ Inverse-Gamma(shape, scale)
/// ```
///
/// and after each purchase the customer is lost with chance `lost_after_first` (her first) or
/// `lost_after_later`. Fitted by maximum likelihood (with a weak prior that holds parameters of which
/// the data say nothing), in which the time since the last purchase counts as an interval that is
/// not over or never will be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct PopulationRhythm {
    /// The mean of the logarithm of an interval in days.
    pub location: f64,
    /// How many intervals of her own the population's mean counts like.
    pub strength: f64,
    /// The shape of the variance's distribution.
    pub shape: f64,
    /// Its scale.
    pub scale: f64,
    /// The chance to be lost after the first purchase.
    pub lost_after_first: f64,
    /// The chance to be lost after each later one.
    pub lost_after_later: f64,
}

/// Student's t of the logarithm of her next interval.
#[derive(Clone, Copy, Debug)]
struct Predictive {
    student: Student,
    centre: f64,
    spread: f64,
}

impl Predictive {
    fn sf(&self, ln_days: f64) -> f64 {
        self.student.sf((ln_days - self.centre) / self.spread)
    }
}

/// Days in a hundred years: beyond, nothing is expected.
const FAR: f64 = 36_525.0;

impl PopulationRhythm {
    /// The parameters of the posterior: location, strength, shape and scale.
    pub(super) fn posterior(&self, seen: &Intervals) -> [f64; 4] {
        let strength = self.strength + seen.n;
        let away = seen.mean - self.location;
        [
            (self.strength * self.location + seen.n * seen.mean) / strength,
            strength,
            self.shape + seen.n / 2.0,
            self.scale
                + seen.squares / 2.0
                + self.strength * seen.n * away * away / (2.0 * strength),
        ]
    }

    fn predictive(&self, seen: &Intervals) -> Predictive {
        let [centre, strength, shape, scale] = self.posterior(seen);
        let spread = (scale * (strength + 1.0) / (shape * strength)).sqrt();
        Predictive { student: Student::new(2.0 * shape), centre, spread }
    }

    pub(super) fn lost(&self, seen: &Intervals) -> f64 {
        if seen.n == 0.0 { self.lost_after_first } else { self.lost_after_later }
    }

    /// Days from the last purchase by which the next comes with chances 0.1, 0.5 and 0.9, given
    /// that it has not come yet and that she is not lost.
    pub(super) fn quantiles(&self, seen: &Intervals) -> [f64; 3] {
        let next = self.predictive(seen);
        let waiting = next.sf(seen.ln_waited());
        [0.1, 0.5, 0.9].map(|p| {
            let tail = waiting * (1.0 - p);
            if tail <= 1e-300 {
                return FAR;
            }
            let ln = next.centre + next.spread * next.student.quantile(tail);
            ln.exp().clamp(seen.elapsed.max(0.5), FAR.max(seen.elapsed))
        })
    }

    /// The chance that so long an interval, or a longer one, would come: how usual the wait is.
    pub(super) fn still_waiting(&self, seen: &Intervals) -> f64 {
        self.predictive(seen).sf(seen.ln_waited())
    }

    /// The chance that she is not lost, given how long she has been away.
    pub(super) fn returns(&self, seen: &Intervals) -> f64 {
        let (lost, waiting) = (self.lost(seen), self.still_waiting(seen));
        let stays = (1.0 - lost) * waiting;
        if stays <= 0.0 { 0.0 } else { stays / (stays + lost) }
    }

    /// The chance that she comes on one of the next `days` days, the as-of day being the first.
    pub(super) fn within(&self, seen: &Intervals, days: f64) -> f64 {
        let next = self.predictive(seen);
        let waiting = next.sf(seen.ln_waited());
        if waiting <= 0.0 {
            return 0.0;
        }
        let by = (seen.elapsed + days - 0.5).max(0.5).ln().max(seen.ln_waited());
        self.returns(seen) * (1.0 - next.sf(by) / waiting).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::unreadable_literal, reason = "tests; printed by the oracle")]
pub(super) mod tests {
    use super::*;

    pub(in crate::profile) const KNOWN: PopulationRhythm = PopulationRhythm {
        location: 3.2,
        strength: 1.5,
        shape: 4.0,
        scale: 1.2,
        lost_after_first: 0.3,
        lost_after_later: 0.1,
    };

    // scipy 1.17.1: the posterior of Gelman and others (2013), section 3.3, by numpy; quantiles by
    // t(2 shape, centre, spread).ppf of F(waited) + p (1 − F(waited)).

    #[test]
    fn windows_equal_the_oracle() {
        for ((days, elapsed), (quantiles, waiting, returns)) in HISTORIES.into_iter().zip(EXPECTED)
        {
            let seen = Intervals::of(days, elapsed);
            for (found, expected) in KNOWN.quantiles(&seen).into_iter().zip(quantiles) {
                assert!((found / expected - 1.0).abs() < 1e-9, "{days:?}: {found}, not {expected}");
            }
            assert!((KNOWN.still_waiting(&seen) / waiting - 1.0).abs() < 1e-9);
            assert!((KNOWN.returns(&seen) / returns - 1.0).abs() < 1e-9);
        }
    }

    const HISTORIES: [(&[f64], f64); 5] = [
        (&[], 1.0),
        (&[], 60.0),
        (&[30.0, 33.0, 29.0, 31.0, 30.0], 10.0),
        (&[30.0, 33.0, 29.0, 31.0, 30.0], 45.0),
        (&[2.0, 200.0, 14.0], 90.0),
    ];
    const EXPECTED: [([f64; 3], f64, f64); 5] = [
        (
            [9.148162672725471, 24.53892208099005, 65.88011887613915],
            0.99971506354381,
            0.6999401514070679,
        ),
        (
            [62.71066392186797, 83.0792487775078, 173.07855328080566],
            0.12280101909200893,
            0.2227188166771941,
        ),
        (
            [16.108136618587896, 29.342308882385897, 54.91453527968426],
            0.9836520443399176,
            0.8985067130201922,
        ),
        (
            [46.14092224208715, 55.53893485519989, 85.65234324825983],
            0.18939660521509488,
            0.6302553808951176,
        ),
        (
            [97.47038557047773, 153.01352171498493, 471.81102535678],
            0.11916470365269419,
            0.5174868397487675,
        ),
    ];
}
