//! sprs matrices as interaction views.

use crate::index::{CustomerIdx, ItemIdx};
use crate::interactions::{InteractionRow, Interactions};

/// A compressed-row sprs matrix of shape `(n_customers, n_items)` whose indices are `u32`.
///
/// ```
/// use patronage_core::{CustomerIdx, Interactions, SprsInteractions};
///
/// let matrix = sprs::CsMatI::<f32, u32>::new((1, 3), vec![0, 2], vec![0, 2], vec![1.0, 2.0]);
/// let view = SprsInteractions::new(matrix.view())?;
/// assert_eq!(view.row(CustomerIdx::new(0)).weights(), [1.0, 2.0]);
/// # Ok::<(), patronage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct SprsInteractions<'a> {
    matrix: sprs::CsMatViewI<'a, f32, u32>,
    starts: Vec<usize>,
}

impl<'a> SprsInteractions<'a> {
    /// A view of `matrix`; copies the row starts only.
    ///
    /// # Errors
    ///
    /// When the matrix is compressed by columns (transpose it first), or a weight is not finite.
    pub fn new(matrix: sprs::CsMatViewI<'a, f32, u32>) -> Result<Self, crate::Error> {
        if !matrix.is_csr() {
            return Err(crate::ErrorKind::Empty { what: "compressed rows of a sprs matrix" }.into());
        }
        if let Some(position) = matrix.data().iter().position(|weight| !weight.is_finite()) {
            let (what, expected) = ("interaction weight", "a finite number");
            let found = f64::from(matrix.data()[position]);
            return Err(crate::ErrorKind::Number { what, position, expected, found }.into());
        }
        let starts = matrix.proper_indptr().iter().map(|&start| start as usize).collect();
        Ok(Self { matrix, starts })
    }
}

impl Interactions for SprsInteractions<'_> {
    fn n_customers(&self) -> usize {
        self.matrix.rows()
    }

    fn n_items(&self) -> usize {
        self.matrix.cols()
    }

    fn row(&self, customer: CustomerIdx) -> InteractionRow<'_> {
        let range = self.starts[customer.index()]..self.starts[customer.index() + 1];
        let items = ItemIdx::wrap_slice(&self.matrix.indices()[range.clone()]);
        InteractionRow::new(items, &self.matrix.data()[range])
    }
}
