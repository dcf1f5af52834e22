//! What nobody knows of a real customer.

use patronage_core::{CustomerIdx, Timestamp};

/// How a customer leaves for good, unobserved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leaving {
    /// At any time, at this rate a day: Pareto/NBD.
    AtRate(f64),
    /// Right after a repeat order, with this probability: BG/NBD.
    AfterOrder(f64),
}

/// The truth about one customer, from which her orders were drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerTruth {
    /// Who she is.
    pub customer: CustomerIdx,
    /// When she came, which is her first order.
    pub joined: Timestamp,
    /// Orders a day while she is alive, before seasons and campaigns.
    pub rate: f64,
    /// How she leaves.
    pub leaving: Leaving,
    /// When she left, which may be after the last day simulated; `None` where the last day came
    /// before she left at an order.
    pub left: Option<Timestamp>,
    /// The group of tastes she was drawn from.
    pub archetype: usize,
    /// Her tastes: the odds of an item are its popularity times e to the product of these with its factors.
    pub tastes: Vec<f64>,
    /// Mean number of items she picks for an order, at least 1.
    pub basket: f64,
    /// How much she buys of an item beyond one.
    pub bulk: f64,
    /// The probability of each of the shop's channels for an order.
    pub channels: [f64; 4],
    /// The position of her country among the shop's.
    pub country: usize,
    /// What each campaign did, or would have done, to her.
    pub campaigns: Vec<CampaignTruth>,
}

/// What a campaign did, or would have done, to one customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CampaignTruth {
    /// In which group chance put her.
    pub arm: Arm,
    /// By how much being treated multiplies her rate while the campaign runs; below 1 where it annoys her.
    pub lift: f64,
}

/// The group of a customer in a campaign, drawn independently of everything else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arm {
    /// She was treated.
    Treated,
    /// She was left alone, to compare with.
    Control,
}
