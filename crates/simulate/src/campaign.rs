//! Campaigns, tried on some and not on others.

/// A campaign that chance gave to some customers and kept from others.
///
/// For a customer of lift `l` being treated multiplies her order rate by `l` while the campaign
/// runs, if she is still a customer. Lifts differ: `l = 1 + effect × (0.5 + 1.5 tanh(u))`, at least
/// 0.1, where `u` is how her tastes lie to the campaign's own direction. So the mean lift is about
/// `1 + effect / 2`, the most receptive gain `2 × effect`, and some are put off.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Its name.
    pub name: String,
    /// Days from the first day of the simulation to its start.
    pub from_day: u32,
    /// Days it runs.
    pub days: u32,
    /// Share of customers treated, `0..=1`.
    pub treated: f64,
    /// Strength, `-0.9..=10`.
    pub effect: f64,
}

impl Campaign {
    /// A campaign that treats half of the customers with an effect of 0.6.
    pub fn new(name: impl Into<String>, from_day: u32, days: u32) -> Self {
        Self { name: name.into(), from_day, days, treated: 0.5, effect: 0.6 }
    }

    /// The lift of a customer whose tastes lie at `u` to the campaign's direction.
    pub(crate) fn lift(&self, u: f64) -> f64 {
        (1.0 + self.effect * (0.5 + 1.5 * u.tanh())).max(0.1)
    }
}
