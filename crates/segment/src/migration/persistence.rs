//! How long customers stay in a segment.

use patronage_core::SegmentIdx;

use super::chain_model::MarkovChainModel;
use super::proportion::Proportion;

/// A number of periods with its interval, where `None` is without end.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Lasting {
    /// The number of periods; `None` where nobody was seen to leave.
    pub estimate: Option<f64>,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end; `None` where leaving may as well never happen.
    pub high: Option<f64>,
}

impl std::fmt::Display for Lasting {
    /// `1.7 periods (1.5-2.1)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.estimate {
            Some(estimate) => write!(f, "{estimate:.1} periods ({:.1}-", self.low)?,
            None => write!(f, "no end seen ({:.1}-", self.low)?,
        }
        match self.high {
            Some(high) => write!(f, "{high:.1})"),
            None => f.write_str("...)"),
        }
    }
}

/// How long customers stay in a segment before they leave it, for another or for good.
///
/// Stays last a geometric number of periods: half of the customers have left after
/// `ln ½ / ln p_ii` periods, and a stay lasts `1 / (1 - p_ii)` on average, its first period
/// included. Intervals carry Wilson's interval of `p_ii` over. Customers who return are not waited
/// for. Where stayers and movers mix, real stays are more uneven than that.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Persistence {
    /// The segment.
    pub segment: SegmentIdx,
    /// Its name.
    pub name: String,
    /// The share that stays each period, without smoothing; `None`, as the rest, where nobody was
    /// followed.
    pub stay: Option<Proportion>,
    /// Periods until half have left; 0 where nobody stays.
    pub half_life: Option<Lasting>,
    /// Periods a stay lasts on average, at least 1.
    pub mean_stay: Option<Lasting>,
}

impl Persistence {
    pub(super) fn of(model: &MarkovChainModel) -> Vec<Self> {
        let one = |segment: SegmentIdx| {
            let stay = model.probability(segment, Some(segment));
            Self {
                segment,
                name: model.names()[segment.index()].clone(),
                stay,
                half_life: stay.map(|stay| lasting(stay, half_life)),
                mean_stay: stay.map(|stay| lasting(stay, |p| 1.0 / (1.0 - p))),
            }
        };
        SegmentIdx::all(model.n_segments()).map(one).collect()
    }
}

/// For a share below 1.
fn half_life(stay: f64) -> f64 {
    // The logarithm of 0 is minus infinity, so that nobody staying has a half-life of 0.
    if stay == 0.0 { 0.0 } else { 0.5_f64.ln() / stay.ln() }
}

fn lasting(stay: Proportion, periods: fn(f64) -> f64) -> Lasting {
    let of = |share: f64| (share < 1.0).then(|| periods(share)).filter(|p| p.is_finite());
    // The lower end of a share is below 1 for any number of customers.
    Lasting { estimate: of(stay.estimate), low: of(stay.low).unwrap_or(0.0), high: of(stay.high) }
}
