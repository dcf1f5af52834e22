//! The estimator.

use patronage_core::{Csr, CustomerIdx, Fit, Interactions};

use super::model::KernelRidgeModel;
use crate::by_item::ByItem;
use crate::error::{Error, ErrorKind, require};
use crate::history::{HistoryRule, reads_history};
use crate::linear::{Rows, Symmetric};
use crate::par;

/// Kernel ridge regression: a customer's row of interactions, predicted from how alike she is to all others.
///
/// ```text
/// k(x, y) = exp(γ (cos(x, y) − 1)),   K(u, v) = k(x_u, x_v)
/// score(j) = Σ over customers u of k(h, x_u) × A(u, j),   A = (K + λ I)⁻¹ X
/// ```
///
/// with `X` the weights of shape `(n_customers, n_items)`, `x_u` the row of customer u, and `h` the
/// weights of the history ([`history`](Self::history), [`half_life`](Self::half_life)). It is to
/// [`UserKnn`](crate::UserKnn) what [`Ease`](crate::Ease) is to [`ItemKnn`](crate::ItemKnn): whoever is
/// alike counts, but what alike customers tell twice counts once. Unlike every linear model it can
/// say that two items together mean something that neither means alone; among customers of a few
/// thousand it is hard to beat, and blends well with [`Ease`](crate::Ease) and [`Als`](crate::Als).
///
/// The customer is not used: whoever has a history is served, seen in training or not. Often it
/// helps to let interactions of frequent items weigh less, with [`HistoryWeight::Sum`](crate::HistoryWeight::Sum) and histories
/// weighted alike.
///
/// **Cost.** Time O(Σ over items of (their customers)² + customers³ + interactions × customers), in
/// double precision and in parallel; memory is 4 × customers × items bytes for the model, and while
/// it is fitted 4 × customers² more: 100 MB and 200 MB for 7,000 customers and 3,700 items. A request
/// takes O(customers × items). Beyond some 20,000 customers, take a sample of them.
///
/// **Degenerate input.** Customers without interactions change nothing. For an empty history, or one
/// of unknown items alone, every score is 0.
///
/// ```
/// use patronage_core::{Csr, Fit, HistoryEntry, InteractionTable, ItemFilter, ItemIdx, Recommender, Request, Timestamp};
/// use patronage_recommend::KernelRidge;
///
/// // Tea drinkers (items 0, 1) and coffee drinkers (items 2, 3).
/// let bought: Vec<(u32, u32, f32)> =
///     (0..8).flat_map(|u| [0, 1].map(|i| (u, i + 2 * (u % 2), 1.0))).collect();
/// let interactions = InteractionTable::new(Csr::from_entries(8, 4, &bought, |_, _| {})?)?;
/// let model = KernelRidge::new(1.0).fit(&interactions)?;
///
/// let basket = HistoryEntry::from_items(&[ItemIdx::new(2)]);
/// let request = Request { history: &basket, customer: None, as_of: Timestamp::from_seconds(9) };
/// assert_eq!(model.top_k(&request, 1, &ItemFilter::default())[0].item, ItemIdx::new(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// - C. Saunders, A. Gammerman, V. Vovk (1998), "Ridge regression learning algorithm in dual variables".
/// - N. Sachdeva, M. Dhaliwal, C. Wu, J. McAuley (2022), "Infinite recommendation networks: a data-centric approach".
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct KernelRidge {
    regularization: f64,
    gamma: f64,
    rule: HistoryRule,
}

impl KernelRidge {
    /// With the regularisation `λ`, above 0, usually 0.3 to 10.
    #[must_use]
    pub const fn new(regularization: f64) -> Self {
        let rule = HistoryRule::BINARY;
        Self { regularization, gamma: 3.0, rule }
    }

    /// The sharpness `γ`: how fast customers less alike count less; default `3`, in (0, 100].
    #[must_use]
    pub const fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = gamma;
        self
    }

    reads_history!(rule);

    pub(super) const fn rule(&self) -> HistoryRule {
        self.rule
    }

    /// The kernel of two rows, of a cosine.
    pub(super) fn kernel(&self, cosine: f64) -> f64 {
        (self.gamma * (cosine.clamp(-1.0, 1.0) - 1.0)).exp()
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let (lambda, expected) = (self.regularization, "a finite number above 0");
        require(lambda.is_finite() && lambda > 0.0, "regularization", expected, lambda)?;
        let gamma = self.gamma;
        require(gamma > 0.0 && gamma <= 100.0, "gamma", "a number in (0, 100]", gamma)?;
        self.rule.validate()
    }
}

/// The length of each row.
pub(super) fn lengths(rows: &Csr<f32>) -> Vec<f64> {
    let length = |row: usize| {
        let squares = rows.row(row).1.iter().map(|&w| f64::from(w) * f64::from(w));
        squares.sum::<f64>().sqrt()
    };
    (0..rows.n_rows()).map(length).collect()
}

impl<I: Interactions + ?Sized> Fit<I> for KernelRidge {
    type Model = KernelRidgeModel;
    type Error = Error;

    /// Solves for what each customer adds.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range, the data break the promises of [`Interactions`], or
    /// `K + λ I` is not positive definite in double precision because `λ` is too small, or a result
    /// leaves the range of single precision ([`ErrorKind::NotFinite`]).
    fn fit(&self, data: &I) -> Result<KernelRidgeModel, Error> {
        self.validate()?;
        // Finds what breaks promises.
        ByItem::new(data)?;
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for customer in CustomerIdx::all(data.n_customers()) {
            let row = data.row(customer);
            let there = row.items().iter().zip(row.weights()).filter(|&(_, &weight)| weight != 0.0);
            for (item, &weight) in there {
                columns.push(item.get());
                values.push(weight);
            }
            starts.push(columns.len());
        }
        let rows = Csr::new(data.n_items(), starts, columns, values)?;
        let by_item = rows.transpose();
        let coefficients = self.coefficients(&rows, &by_item)?;
        KernelRidgeModel::from_parts(*self, lengths(&rows), by_item, coefficients)
            .ok_or_else(|| not_finite().into())
    }
}

const fn not_finite() -> ErrorKind {
    ErrorKind::NotFinite { what: "the solution of kernel ridge regression" }
}

impl KernelRidge {
    /// `A`, of shape `(n_customers, n_items)`.
    fn coefficients(&self, rows: &Csr<f32>, by_item: &Csr<f32>) -> Result<Rows, Error> {
        let lengths = lengths(rows);
        let mut kernel = Symmetric::from_rows(rows.n_rows(), |customer, row| {
            let (items, weights) = rows.row(customer);
            for (&item, &weight) in items.iter().zip(weights) {
                let (customers, others) = by_item.row(item as usize);
                let from = customers.partition_point(|&other| (other as usize) < customer);
                for (&other, &w) in customers[from..].iter().zip(&others[from..]) {
                    row[other as usize - customer] += f64::from(weight) * f64::from(w);
                }
            }
            let own = lengths[customer];
            for (cell, &other) in row.iter_mut().zip(&lengths[customer..]) {
                // Whoever has nothing is like nobody.
                let is_there = own > 0.0 && other > 0.0;
                *cell = if is_there { self.kernel(*cell / own / other) } else { 0.0 };
            }
            row[0] = 1.0 + self.regularization;
        });
        if !kernel.invert() {
            return Err(not_finite().into());
        }
        let n_items = by_item.n_rows();
        let mut coefficients = Rows::zeros(rows.n_rows(), n_items);
        let stride = coefficients.stride();
        par::map_rows(
            coefficients.all_mut(),
            stride.max(1),
            4,
            || vec![0.0_f64; n_items],
            |sums, customer, out| {
                sums.fill(0.0);
                for other in 0..rows.n_rows() {
                    let weight = kernel.at(customer, other);
                    let (items, weights) = rows.row(other);
                    for (&item, &w) in items.iter().zip(weights) {
                        sums[item as usize] += weight * f64::from(w);
                    }
                }
                out.iter_mut().zip(&*sums).for_each(|(out, &sum)| *out = sum as f32);
            },
        );
        Ok(coefficients)
    }
}
