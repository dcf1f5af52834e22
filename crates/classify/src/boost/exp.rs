//! The exponential function as plain arithmetic, so that loops over it run in vector registers.

/// Adding it rounds a small number to a whole one, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// 1/13!, 1/12!, …, 1/0!.
const TERMS: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// `e^x` within two units in the last place, `x` taken into `[-708, 709]`.
///
/// `x = k ln 2 + r` with `|r| <= ln 2 / 2`; the Taylor series of `e^r` to degree 13 errs by less
/// than 1e-17, and `2^k` is made of its bits.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = x.clamp(-708.0, 709.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut sum = TERMS[0];
    for &term in &TERMS[1..] {
        sum = sum * r + term;
    }
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    sum * scale
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential_function() {
        for i in -70_000..=70_000 {
            let x = f64::from(i) * 0.01;
            let (found, expected) = (exp(x), x.exp());
            assert!((found / expected - 1.0).abs() < 5e-16, "{x}: {found} for {expected}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e308) > 0.0 && exp(1e308).is_finite());
    }
}
