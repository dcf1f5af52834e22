//! Expected maximum profit of a retention campaign.

use crate::error::{Error, parameter};
use crate::metrics::{Scored, beta_distribution};

/// The terms of a retention campaign: what a customer kept is worth, and how likely an offer keeps
/// one who would leave.
///
/// The chance γ that a leaver accepts is not known but beta distributed. Given γ, contacting those
/// who score at least t brings, for each customer of the base,
///
/// ```text
/// P(t; γ) = CLV (γ (1 - δ) - φ) π₁ F₁(t) - CLV (δ + φ) π₀ F₀(t),   δ = offer / CLV, φ = contact / CLV
/// EMP = ∫ max over t of P(t; γ) h(γ) dγ
/// ```
///
/// where π₁ is the share of leavers (class 1), F₁ the share of them contacted, and π₀, F₀ the same
/// for stayers, who all take the offer. The maximum is always at a vertex of the convex hull of the
/// ROC curve, so the integral is a finite sum of incomplete beta functions: exact, O(number of
/// distinct scores). [`Bootstrap::interval`](crate::Bootstrap::interval) says how sure it is.
///
/// # Examples
///
/// ```
/// use patronage_classify::{ChurnProfit, Scored};
/// use patronage_core::ClassIdx;
///
/// let left = [1, 0, 1, 0, 0, 0, 1, 0, 0, 0].map(ClassIdx::new);
/// let scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.2, 0.1];
/// let emp = ChurnProfit::new().maximum(&Scored::new(&scores, &left)?)?;
/// assert!(emp.profit > 10.0 && emp.share > 0.2 && emp.share < 0.8);
/// # Ok::<(), patronage_classify::Error>(())
/// ```
///
/// # References
///
/// Verbraken, Verbeke and Baesens, 2013, *A novel profit maximizing metric for measuring
/// classification performance of customer churn prediction models*, equations 16 to 18.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChurnProfit {
    lifetime_value: f64,
    offer: f64,
    contact: f64,
    alpha: f64,
    beta: f64,
}

impl Default for ChurnProfit {
    fn default() -> Self {
        Self::new()
    }
}

impl ChurnProfit {
    /// The terms of the paper: a value of 200, an offer of 10, a contact of 1, and three in ten
    /// leavers accepting, beta distributed with α = 6 and β = 14.
    #[must_use]
    pub const fn new() -> Self {
        Self { lifetime_value: 200.0, offer: 10.0, contact: 1.0, alpha: 6.0, beta: 14.0 }
    }

    /// What a customer kept is worth, in currency units; default `200`, above the offer.
    #[must_use]
    pub const fn lifetime_value(mut self, lifetime_value: f64) -> Self {
        self.lifetime_value = lifetime_value;
        self
    }

    /// What an offer costs when it is accepted; default `10`, at least `0`.
    #[must_use]
    pub const fn offer(mut self, offer: f64) -> Self {
        self.offer = offer;
        self
    }

    /// What contacting a customer costs; default `1`, at least `0`.
    #[must_use]
    pub const fn contact(mut self, contact: f64) -> Self {
        self.contact = contact;
        self
    }

    /// The beta distribution of the chance that a leaver accepts; default `6` and `14`, above `0`.
    /// Its mean is `alpha / (alpha + beta)`.
    #[must_use]
    pub const fn acceptance(mut self, alpha: f64, beta: f64) -> Self {
        self.alpha = alpha;
        self.beta = beta;
        self
    }

    fn validate(&self) -> Result<(), Error> {
        for (name, found) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(found > 0.0 && found.is_finite()) {
                return Err(parameter(name, "a finite number above 0", found));
            }
        }
        for (name, found) in [("offer", self.offer), ("contact", self.contact)] {
            if !(found >= 0.0 && found.is_finite()) {
                return Err(parameter(name, "a finite number, at least 0", found));
            }
        }
        if !(self.lifetime_value > self.offer && self.lifetime_value.is_finite()) {
            let range = "a finite number above the offer";
            return Err(parameter("lifetime_value", range, self.lifetime_value));
        }
        Ok(())
    }

    /// The expected maximum profit of contacting leavers by these scores.
    ///
    /// # Errors
    ///
    /// When a parameter is out of range, or all rows are of one outcome.
    pub fn maximum(&self, scored: &Scored) -> Result<MaximumProfit, Error> {
        self.validate()?;
        let hull = hull(scored)?;
        let (pi1, pi0) = (scored.base_rate(), 1.0 - scored.base_rate());
        let (delta, phi) = (self.offer / self.lifetime_value, self.contact / self.lifetime_value);
        let mean = self.alpha / (self.alpha + self.beta);
        // The mass of the beta distribution, and its mean, on a range of chances.
        let mass = |from: f64, to: f64, alpha: f64| {
            beta_distribution(to, alpha, self.beta) - beta_distribution(from, alpha, self.beta)
        };
        let (mut profit, mut share, mut from) = (0.0, 0.0, 0.0);
        for (at, &[f0, f1]) in hull.iter().enumerate() {
            // The chance from which the next vertex pays more.
            let to = hull.get(at + 1).map_or(1.0, |&[next0, next1]| {
                let (more0, more1) = (next0 - f0, next1 - f1);
                let pays = pi0 * (delta + phi) * more0 + pi1 * phi * more1;
                if more1 > 0.0 { pays / (pi1 * (1.0 - delta) * more1) } else { 1.0 }
            });
            let to = to.clamp(from, 1.0);
            let weight = mass(from, to, self.alpha);
            let accepted = mean * mass(from, to, self.alpha + 1.0);
            profit += self.lifetime_value
                * (((1.0 - delta) * accepted - phi * weight) * pi1 * f1
                    - (delta + phi) * weight * pi0 * f0);
            share += weight * (pi1 * f1 + pi0 * f0);
            from = to;
        }
        Ok(MaximumProfit { profit, share })
    }
}

/// The expected maximum profit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct MaximumProfit {
    /// In currency units for each customer of the base.
    pub profit: f64,
    /// The share of the base that is contacted, in expectation, to reach it.
    pub share: f64,
}

/// The vertices of the upper convex hull of the ROC curve, from nobody to everybody: shares of the
/// rows without and with the outcome.
fn hull(scored: &Scored) -> Result<Vec<[f64; 2]>, Error> {
    let mut hull: Vec<[f64; 2]> = Vec::new();
    for point in scored.roc_curve()? {
        let next = [point.false_positive_rate, point.true_positive_rate];
        while let [.., a, b] = hull[..] {
            // Whether b lies on or below the line from a to next.
            let turn = (b[0] - a[0]) * (next[1] - a[1]) - (b[1] - a[1]) * (next[0] - a[0]);
            if turn < 0.0 {
                break;
            }
            hull.pop();
        }
        hull.push(next);
    }
    Ok(hull)
}
