//! Best-sellers, the middle, and the long tail.

use patronage_core::ItemIdx;

use crate::error::{Error, ErrorKind, require};
use crate::groups::Groups;

/// Items grouped by popularity: item `j` is in tier `t` when the items more popular than it hold at
/// least `bounds[t − 1]`, but less than `bounds[t]`, of all interactions.
///
/// Bounds of 0.2 and 0.8 are usual: the head that draws a fifth of all interactions, the long tail
/// that draws the last fifth, and the middle. Equal popularity goes by ascending item. Without any
/// interaction all items are in the first tier. O(items log items).
///
/// # Errors
///
/// When the bounds do not ascend within `(0, 1)`, or a popularity is negative or not finite.
///
/// # References
///
/// - H. Abdollahpouri, M. Mansoury, R. Burke, B. Mobasher (2019), "The unfairness of popularity bias in recommendation".
///
/// # Examples
///
/// ```
/// use patronage_core::ItemIdx;
/// use patronage_recommend::popularity_tiers;
///
/// let tiers = popularity_tiers(&[1.0, 50.0, 30.0, 19.0], &[0.2, 0.8])?;
/// let of = |item| tiers.group(ItemIdx::new(item)).map(ItemIdx::get);
/// // Nothing is ahead of item 1, 50 % of item 2, 80 % of item 3, 99 % of item 0.
/// assert_eq!([of(1), of(2), of(3), of(0)], [Some(0), Some(1), Some(2), Some(2)]);
/// # Ok::<(), patronage_recommend::Error>(())
/// ```
pub fn popularity_tiers(popularity: &[f32], bounds: &[f64]) -> Result<Groups, Error> {
    let mut last = 0.0;
    for &bound in bounds {
        let expected = "ascending shares in (0, 1)";
        require(bound > last && bound < 1.0, "bounds", expected, bound)?;
        last = bound;
    }
    if let Some(position) = popularity.iter().position(|p| !(p.is_finite() && *p >= 0.0)) {
        let (what, expected) = ("popularity", "a finite number of at least 0");
        let found = f64::from(popularity[position]);
        let kind = patronage_core::ErrorKind::Number { what, position, expected, found };
        return Err(ErrorKind::Core(kind.into()).into());
    }
    let mut order: Vec<usize> = (0..popularity.len()).collect();
    order.sort_by(|&a, &b| popularity[b].total_cmp(&popularity[a]).then(a.cmp(&b)));
    let total: f64 = popularity.iter().map(|&p| f64::from(p)).sum();
    let mut of = vec![None; popularity.len()];
    let mut ahead = 0.0;
    for item in order {
        let tier = bounds.iter().filter(|&&bound| total > 0.0 && ahead >= bound * total).count();
        of[item] = Some(ItemIdx::from_usize(tier));
        ahead += f64::from(popularity[item]);
    }
    Groups::new(of, bounds.len() + 1)
}
