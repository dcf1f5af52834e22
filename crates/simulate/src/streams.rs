//! One stream of random numbers for each customer and purpose.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};

/// What a stream is drawn for: apart, so that turning one thing on changes nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Who she is: rates, tastes, preferences.
    Traits,
    /// When she buys.
    Times,
    /// What she buys.
    Baskets,
    /// What she sends back.
    Returns,
    /// What she consents to.
    Consent,
    /// What goes wrong with her rows.
    Dirt,
}

/// The stream of a customer for a purpose, or of the shop itself for `None`.
pub(crate) fn stream(seed: u64, customer: Option<u32>, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let owner = customer.map_or(0, |customer| u64::from(customer) + 1);
    rng.set_stream(owner * 8 + purpose as u64);
    rng
}

/// A Poisson number of any mean of at least 0.
pub(crate) fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> u32 {
    match Poisson::new(mean) {
        Ok(distribution) => {
            let drawn: f64 = distribution.sample(rng);
            drawn as u32
        }
        // A mean of 0.
        Err(_) => 0,
    }
}
