//! How revenue is spread over customers.

use patronage_core::{Money, Purchases, Timestamp};

use crate::error::Error;
use crate::scan::{Sum, customer_totals};

/// One tenth of the customers, by revenue.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Decile {
    /// How many customers it holds.
    pub n_customers: u64,
    /// What they paid.
    pub revenue: Money,
    /// Their share of all revenue; `None` where revenue is not above zero.
    pub share: Option<f64>,
    /// The share of all revenue of this decile and those above it.
    pub cumulative_share: Option<f64>,
}

/// How revenue is spread over customers: deciles, Gini coefficient and Lorenz curve.
///
/// Made by [`Explore::concentration`](crate::Explore::concentration). Customers are ranked by what
/// they paid, highest first; **ties** are broken by customer index, which decides who stands in
/// which decile but changes no decile's revenue. The customer of rank `r` (from 0) of `n` is in
/// decile `⌊10 r / n⌋`, so that decile sizes differ by at most one; with **fewer than ten
/// customers** some deciles are empty (with three, the customers stand in the first, fourth and
/// seventh), and the first never is. O(n log n) for `n` customers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Concentration {
    deciles: Vec<Decile>,
    gini: Option<f64>,
    /// Revenue of customers in ascending order, cumulated: entry `i` is that of the `i` lowest.
    #[cfg_attr(feature = "serde", serde(skip))]
    cumulated: Vec<Sum>,
}

impl Concentration {
    /// The ten deciles, that of the best customers first; all empty when nobody bought.
    #[must_use]
    pub fn deciles(&self) -> &[Decile] {
        &self.deciles
    }

    /// The Gini coefficient of revenue over customers: 0 where all pay the same, near 1 where one pays all.
    ///
    /// `2 Σ i xᵢ / (n Σ xᵢ) − (n + 1) / n` with `x` ascending and `i` from 1, not corrected for small
    /// `n`. `None` where revenue is not above zero, or a customer's own is below it.
    #[must_use]
    pub const fn gini(&self) -> Option<f64> {
        self.gini
    }

    /// The Lorenz curve at `n_steps + 1` points: the share of customers, lowest first, and their share of revenue.
    ///
    /// Starts at `(0, 0)` and ends at `(1, 1)`. Points stand at whole customers, so that few
    /// customers give fewer points. Empty where revenue is not above zero.
    #[must_use]
    pub fn lorenz(&self, n_steps: usize) -> Vec<(f64, f64)> {
        let Some((&total, _)) = self.cumulated.split_last().filter(|(t, _)| t.is_positive()) else {
            return Vec::new();
        };
        let n = self.cumulated.len() - 1;
        let steps = n_steps.clamp(1, n) as u128;
        (0..=steps)
            .map(|step| {
                let low = (step * n as u128 / steps) as usize;
                (low as f64 / n as f64, self.cumulated[low].share(total).unwrap_or(0.0))
            })
            .collect()
    }

    /// The smallest share of customers who together bring at least `share` of revenue.
    ///
    /// The answer to "how few customers make four fifths of the business?". `None` where revenue is
    /// not above zero or `share` is not in `(0, 1]`.
    #[must_use]
    pub fn customers_behind(&self, share: f64) -> Option<f64> {
        let (&total, _) = self.cumulated.split_last()?;
        let asked = share > 0.0 && share <= 1.0;
        if !asked || !total.is_positive() {
            return None;
        }
        let n = self.cumulated.len() - 1;
        // The best k customers bring the total less what the other n − k bring.
        let brings = |k: usize| total.less(self.cumulated[n - k]).share(total).unwrap_or(0.0);
        let k = (1..=n).find(|&k| brings(k) >= share)?;
        Some(k as f64 / n as f64)
    }
}

pub(crate) fn concentration(
    purchases: &dyn Purchases,
    as_of: Timestamp,
) -> Result<Concentration, Error> {
    let mut revenues = customer_totals(purchases, as_of)
        .into_iter()
        .map(|total| total.revenue.money("revenue of a customer"))
        .collect::<Result<Vec<Money>, Error>>()?;
    revenues.sort_unstable();
    let mut sum = Sum::default();
    let mut cumulated = vec![sum];
    for &revenue in &revenues {
        sum.add(revenue);
        cumulated.push(sum);
    }
    let total = sum.money("gross revenue")?;
    let n = revenues.len();
    let deciles = (0..10)
        .map(|decile| {
            // Ranks r with ⌊10 r / n⌋ = decile are those from ⌈decile n / 10⌉.
            let (start, end) = ((decile * n).div_ceil(10), ((decile + 1) * n).div_ceil(10));
            let of = cumulated[n - start].less(cumulated[n - end]);
            Ok(Decile {
                n_customers: (end - start) as u64,
                revenue: of.money("revenue of a decile")?,
                share: of.share(sum),
                cumulative_share: sum.less(cumulated[n - end]).share(sum),
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Concentration { deciles, gini: gini(&revenues, total), cumulated })
}

fn gini(ascending: &[Money], total: Money) -> Option<f64> {
    if total <= Money::ZERO || ascending.first().is_some_and(|&least| least < Money::ZERO) {
        return None;
    }
    // In whole numbers: n < 2³², the total < 2⁶³, so that no product reaches 2¹²⁷.
    let n = ascending.len() as i128;
    let weighted: i128 =
        ascending.iter().zip(1_i128..).map(|(revenue, i)| i * i128::from(revenue.ticks())).sum();
    let total = i128::from(total.ticks());
    let numerator = 2 * weighted - (n + 1) * total;
    Some((numerator as f64 / (n as f64 * total as f64)).clamp(0.0, 1.0))
}
