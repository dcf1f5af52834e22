//! How small a difference a study can show.

use super::proportion::Confidence;
use crate::error::{Error, ErrorKind};
use crate::inference::normal_sf;

/// The chance that a study of so many customers finds a difference of two shares, by the two-sided
/// z test at the confidence.
///
/// ```text
/// Φ((|d| - z σ₀) / σ₁) + Φ((-|d| - z σ₀) / σ₁)
/// ```
///
/// with the deviation `σ₀` of the pooled share and `σ₁` of the two shares.
///
/// # Errors
///
/// When an arm is empty, or a share, or the control share with the difference, is not in `[0, 1]`.
///
/// # References
///
/// J. L. Fleiss, B. Levin, M. C. Paik (2003), Statistical methods for rates and proportions,
/// section 4.
///
/// # Examples
///
/// ```
/// use patronage_segment::{Confidence, detectable_difference, power_of_difference};
///
/// let power = power_of_difference(500, 500, 0.10, 0.06, Confidence::P95)?;
/// assert!((power - 0.81).abs() < 0.005);
/// let least = detectable_difference(500, 500, 0.10, 0.8, Confidence::P95)?;
/// assert!(least.is_some_and(|least| (least - 0.059).abs() < 0.001));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn power_of_difference(
    n_treated: u64,
    n_control: u64,
    control_share: f64,
    difference: f64,
    confidence: Confidence,
) -> Result<f64, Error> {
    check_arms(n_treated, n_control)?;
    check_share("control share", control_share)?;
    check_share("control share with the difference", control_share + difference)?;
    Ok(power(n_treated as f64, n_control as f64, control_share, difference, confidence.z()))
}

/// The smallest rise above the control share that a study of so many customers finds with the
/// chance `power`; `None` where it would find none.
///
/// As [`power_of_difference`], solved by halving.
///
/// # Errors
///
/// When an arm is empty, the share is not in `[0, 1]`, or the power not between the chance of
/// finding what is not there and 1.
pub fn detectable_difference(
    n_treated: u64,
    n_control: u64,
    control_share: f64,
    power_wanted: f64,
    confidence: Confidence,
) -> Result<Option<f64>, Error> {
    check_arms(n_treated, n_control)?;
    check_share("control share", control_share)?;
    if !(power_wanted > 2.0 * confidence.tail() && power_wanted < 1.0) {
        let (name, expected) = ("power", "a number above 1 - confidence and below 1");
        return Err(ErrorKind::Parameter { name, expected, found: power_wanted }.into());
    }
    let (n1, n0, z) = (n_treated as f64, n_control as f64, confidence.z());
    let enough = |difference| power(n1, n0, control_share, difference, z) >= power_wanted;
    let (mut low, mut high) = (0.0, 1.0 - control_share);
    if !enough(high) || high == 0.0 {
        return Ok(None);
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(high))
}

fn power(n1: f64, n0: f64, control: f64, difference: f64, z: f64) -> f64 {
    let treated = (control + difference).clamp(0.0, 1.0);
    let pooled = (n1 * treated + n0 * control) / (n1 + n0);
    let null = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n0)).max(0.0).sqrt();
    let other = (treated * (1.0 - treated) / n1 + control * (1.0 - control) / n0).max(0.0).sqrt();
    let size = difference.abs();
    if other == 0.0 {
        // Without chance the test finds the difference or it does not.
        return f64::from(u8::from(size > z * null && size > 0.0));
    }
    normal_sf((z * null - size) / other) + normal_sf((z * null + size) / other)
}

fn check_arms(n_treated: u64, n_control: u64) -> Result<(), Error> {
    match (n_treated, n_control) {
        (0, _) => Err(ErrorKind::Empty { what: "treated customers" }.into()),
        (_, 0) => Err(ErrorKind::Empty { what: "control customers" }.into()),
        _ => Ok(()),
    }
}

fn check_share(name: &'static str, found: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&found) {
        return Ok(());
    }
    Err(ErrorKind::Parameter { name, expected: "a number from 0 to 1", found }.into())
}
