//! A model brought up to date, against one fitted anew.

use patronage_core::{Recommender, Request};

/// The root of the sum of squared differences of all scores over that of `anew` alone; infinite
/// where a score is no number, 0 where both are 0.
pub(super) fn gap(
    updated: &dyn Recommender,
    anew: &dyn Recommender,
    requests: &[Request<'_>],
) -> f64 {
    let n_items = anew.n_items();
    let (mut a, mut b) = (vec![0.0f32; n_items], vec![0.0f32; n_items]);
    let (mut differences, mut size) = (0.0f64, 0.0f64);
    for request in requests {
        updated.scores(request, &mut a);
        anew.scores(request, &mut b);
        for (&a, &b) in a.iter().zip(&b) {
            let difference = f64::from(a) - f64::from(b);
            differences += difference * difference;
            size += f64::from(b) * f64::from(b);
        }
    }
    match (differences / size).sqrt() {
        _ if differences == 0.0 => 0.0,
        gap if gap.is_nan() => f64::INFINITY,
        gap => gap,
    }
}
