//! The estimator.

use patronage_core::{Csr, Fit, Interactions};

use super::descent::{Descent, Space};
use super::model::SlimModel;
use crate::by_item::ByItem;
use crate::error::{Error, require};
use crate::history::{HistoryRule, reads_history};
use crate::linear::{Rows, dispatch};
use crate::par;

/// Which signs the weights between items may have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum SlimSign {
    /// Only weights above 0, as in the paper: fewer of them, and each speaks for an item.
    #[default]
    NonNegative,
    /// Any.
    Any,
}

/// SLIM: every item's interactions predicted from those of a few others, by regression with an elastic net.
///
/// ```text
/// for each item j: minimise ½ ‖xⱼ − X w‖² + l1 ‖w‖₁ + ½ l2 ‖w‖²   with wⱼ = 0
/// score(j) = Σ over items i of the history h(i) × wᵢ
/// ```
///
/// with `X` the weights of shape `(n_customers, n_items)`, `xⱼ` its column, and `h` the weight of
/// the history's entries ([`history`](Self::history), [`half_life`](Self::half_life)). Solved by
/// coordinate descent on `Xᵀ X`, until no weight moves by more than [`tolerance`](Self::tolerance).
///
/// scikit-learn's `ElasticNet(alpha, l1_ratio)` without intercept is the same problem with
/// `l1 = n_customers × alpha × l1_ratio` and `l2 = n_customers × alpha × (1 − l1_ratio)`.
///
/// The customer is not used: whoever has a history is served, seen in training or not.
///
/// **Cost.** Time O(Σ over customers of (her items)² + items × moves × items), in parallel over
/// items; memory is 4 items² bytes while it is fitted, and then 16 bytes a weight.
///
/// **Degenerate input.** Items without interactions score 0, as every item does for an empty history.
///
/// ```
/// use patronage_core::{Csr, Fit, InteractionTable, ItemIdx};
/// use patronage_recommend::Slim;
///
/// // Customers 0 and 1 have both items, customer 2 has item 0 alone.
/// let bought = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0), (2, 0, 1.0)];
/// let interactions = InteractionTable::new(Csr::from_entries(3, 2, &bought, |_, _| {})?)?;
/// let model = Slim::new(0.5, 1.0).fit(&interactions)?;
/// // Item 1 from item 0 alone: (2 − l1) / (3 + l2).
/// assert!((model.weight(ItemIdx::new(0), ItemIdx::new(1)) - 0.375).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - X. Ning, G. Karypis (2011), "SLIM: sparse linear methods for top-N recommender systems", equation 4.
/// - J. Friedman, T. Hastie, R. Tibshirani (2010), "Regularization paths for generalized linear models via coordinate descent", section 2.2 (covariance updates).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slim {
    l1: f64,
    l2: f64,
    sign: SlimSign,
    max_iter: usize,
    tolerance: f64,
    rule: HistoryRule,
}

impl Slim {
    /// With the penalties `l1` on sizes (at least 0, usually 1 to 20) and `l2` on squares (at least 0, usually 50 to 1000); not both 0.
    #[must_use]
    pub const fn new(l1: f64, l2: f64) -> Self {
        let rule = HistoryRule::BINARY;
        Self { l1, l2, sign: SlimSign::NonNegative, max_iter: 200, tolerance: 1e-4, rule }
    }

    /// Which signs the weights may have; default [`SlimSign::NonNegative`].
    #[must_use]
    pub const fn sign(mut self, sign: SlimSign) -> Self {
        self.sign = sign;
        self
    }

    /// Upper bound on passes over the weights of an item; default `200`, at least 1.
    #[must_use]
    pub const fn max_iter(mut self, passes: usize) -> Self {
        self.max_iter = passes;
        self
    }

    /// A pass that moves no weight by more than this is the last; default `1e-4`, above 0.
    #[must_use]
    pub const fn tolerance(mut self, move_of_weight: f64) -> Self {
        self.tolerance = move_of_weight;
        self
    }

    reads_history!(rule);

    fn validate(&self) -> Result<(), Error> {
        let (l1, l2, tolerance) = (self.l1, self.l2, self.tolerance);
        let expected = "a finite number of at least 0";
        require(l1.is_finite() && l1 >= 0.0, "l1", expected, l1)?;
        require(l2.is_finite() && l2 >= 0.0, "l2", expected, l2)?;
        require(l1 + l2 > 0.0, "l1 + l2", "a number above 0", l1 + l2)?;
        let max_iter = self.max_iter;
        require(max_iter >= 1, "max_iter", "at least 1", max_iter as f64)?;
        let expected = "a finite number above 0";
        require(tolerance.is_finite() && tolerance > 0.0, "tolerance", expected, tolerance)?;
        self.rule.validate()
    }
}

impl<I: Interactions + ?Sized> Fit<I> for Slim {
    type Model = SlimModel;
    type Error = Error;

    /// Learns the weights between items.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, or the data break the promises of [`Interactions`].
    fn fit(&self, data: &I) -> Result<SlimModel, Error> {
        self.validate()?;
        let n = data.n_items();
        let by_item = ByItem::new(data)?;
        let mut gram = Rows::zeros(n, n);
        let stride = gram.stride();
        let scratch = || vec![0.0f64; n];
        par::map_rows(gram.all_mut(), stride, 1, scratch, |sums, item, row| {
            sums.fill(0.0);
            by_item.add_products(data, item, &mut sums[item..]);
            let sums = row.iter_mut().zip(sums.iter()).skip(item);
            sums.for_each(|(cell, &sum)| *cell = sum as f32);
        });
        for i in 0..n {
            for j in i + 1..n {
                gram.row_mut(j)[i] = gram.row(i)[j];
            }
        }
        let found = par::map_grain(
            1,
            n,
            || Space::new(n),
            |space, target| {
                dispatch(Descent {
                    gram: &gram,
                    target,
                    l1: self.l1 as f32,
                    l2: self.l2 as f32,
                    lowest: if self.sign == SlimSign::NonNegative { 0.0 } else { f32::MIN },
                    max_iter: self.max_iter,
                    tolerance: self.tolerance as f32,
                    space,
                })
            },
        );
        let n_unconverged = found.iter().filter(|(_, converged)| !converged).count();
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for (weights, _) in found {
            for (item, weight) in weights {
                columns.push(item);
                values.push(weight);
            }
            starts.push(columns.len());
        }
        let by_target = Csr::new(n, starts, columns, values)?;
        SlimModel::from_parts(self.rule, n_unconverged, by_target)
    }
}
