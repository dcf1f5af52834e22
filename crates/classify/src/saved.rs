//! What a saved model must obey before it is let in.

/// An invariant that a saved model breaks.
#[derive(Debug, thiserror::Error)]
#[error("{what}: expected {expected}")]
pub(crate) struct Broken {
    pub(crate) what: &'static str,
    pub(crate) expected: &'static str,
}

/// Passes when `holds`, else names what is broken.
pub(crate) fn ensure(
    holds: bool,
    what: &'static str,
    expected: &'static str,
) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { what, expected }) }
}

/// Passes as many classes as models are made for, so that no product of counts overflows.
pub(crate) fn check_classes(n_classes: usize) -> Result<(), Broken> {
    let admitted = 1..=crate::sample::MOST_CLASSES;
    ensure(admitted.contains(&n_classes), "n_classes", "at least 1, at most 65536")
}

/// Passes numbers so far from the end of the range that sums of their products stay within it.
pub(crate) fn check_moderate(what: &'static str, values: &[f64]) -> Result<(), Broken> {
    ensure(values.iter().all(|value| value.abs() <= 1e200), what, "numbers of at most 1e200")
}

pub(crate) fn check_finite(what: &'static str, values: &[f64]) -> Result<(), Broken> {
    ensure(values.iter().all(|value| value.is_finite()), what, "finite numbers")
}

pub(crate) fn check_distribution(what: &'static str, shares: &[f64]) -> Result<(), Broken> {
    let total: f64 = shares.iter().sum();
    let holds = shares.iter().all(|&share| share >= 0.0) && (total - 1.0).abs() < 1e-9;
    ensure(holds, what, "numbers of at least 0 that sum to 1")
}
