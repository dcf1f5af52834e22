//! A tiny deterministic generator, so that checks and fixtures need none from outside.

/// Draws by SplitMix64: equal seeds, equal draws, on every machine and for ever.
///
/// Good enough to scatter test data; no generator for statistics in earnest.
///
/// # References
///
/// G. Steele, D. Lea, C. Flood (2014), Fast splittable pseudorandom number generators.
#[derive(Clone, Debug)]
pub struct Draws(u64);

impl Draws {
    /// A generator that starts at `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `[0, 1)`.
    pub const fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `n`, which is at least 1.
    ///
    /// # Panics
    ///
    /// When `n` is 0.
    pub const fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "there is a number below n");
        (self.bits() % n as u64) as usize
    }

    /// A standard normal number, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}
