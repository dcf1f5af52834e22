//! One block of memory, seen by two versions of ndarray.

use ndarray::{ArrayView2, CowArray, Ix2, ShapeBuilder};

/// A matrix as linfa's ndarray sees it: the same memory where rows or columns are contiguous, else a copy.
///
/// Borrowed when the view is in standard (row-major) or Fortran (column-major) layout, in O(1).
/// Any other layout (a choice of columns, every other row, a reversed axis) is copied row by row,
/// O(cells).
///
/// ```
/// use ndarray::{array, s};
/// use patronage_linfa::to_linfa;
///
/// let cells = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
/// let same = to_linfa(cells.view());
/// assert!(same.is_view());
/// assert_eq!(same.as_ptr(), cells.as_ptr());
/// assert!(to_linfa(cells.t()).is_view());
/// assert!(!to_linfa(cells.slice(s![..;2, ..])).is_view());
/// ```
#[must_use]
pub fn to_linfa(view: ArrayView2<'_, f64>) -> ndarray16::CowArray<'_, f64, ndarray16::Ix2> {
    let shape = view.dim();
    if let Some(cells) = view.to_slice() {
        return borrowed16(ndarray16::ArrayView2::from_shape(shape, cells));
    }
    if let Some(cells) = view.reversed_axes().to_slice() {
        let shape = ndarray16::ShapeBuilder::f(shape);
        return borrowed16(ndarray16::ArrayView2::from_shape(shape, cells));
    }
    let cells = view.iter().copied().collect();
    let copy = ndarray16::Array2::from_shape_vec(shape, cells);
    copy.expect("a view has as many cells as its shape").into()
}

/// A matrix of linfa's ndarray as ours: the same memory where rows or columns are contiguous, else a copy.
///
/// ```
/// use patronage_linfa::{from_linfa, ndarray16};
///
/// let cells = ndarray16::array![[1.0, 2.0], [3.0, 4.0]];
/// let same = from_linfa(cells.view());
/// assert!(same.is_view());
/// assert_eq!(same.as_ptr(), cells.as_ptr());
/// ```
#[must_use]
pub fn from_linfa(view: ndarray16::ArrayView2<'_, f64>) -> CowArray<'_, f64, Ix2> {
    let shape = view.dim();
    if let Some(cells) = view.to_slice() {
        return borrowed17(ArrayView2::from_shape(shape, cells));
    }
    if let Some(cells) = view.reversed_axes().to_slice() {
        return borrowed17(ArrayView2::from_shape(ShapeBuilder::f(shape), cells));
    }
    let cells = view.iter().copied().collect();
    let copy = ndarray::Array2::from_shape_vec(shape, cells);
    copy.expect("a view has as many cells as its shape").into()
}

fn borrowed16<'a>(
    view: Result<ndarray16::ArrayView2<'a, f64>, ndarray16::ShapeError>,
) -> ndarray16::CowArray<'a, f64, ndarray16::Ix2> {
    view.expect("a contiguous slice fills its shape").into()
}

fn borrowed17<'a>(
    view: Result<ArrayView2<'a, f64>, ndarray::ShapeError>,
) -> CowArray<'a, f64, Ix2> {
    view.expect("a contiguous slice fills its shape").into()
}

/// An owned matrix of linfa's ndarray as ours, row-major.
pub(crate) fn owned(matrix: &ndarray16::Array2<f64>) -> ndarray::Array2<f64> {
    let cells = matrix.iter().copied().collect();
    ndarray::Array2::from_shape_vec(matrix.dim(), cells).expect("as many cells as the shape says")
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, Slice, array};

    use super::*;

    #[test]
    fn both_contiguous_layouts_are_borrowed_both_ways() {
        let rows = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let last = rows.slice_axis(Axis(0), (1..).into());
        for view in [rows.view(), rows.t(), last] {
            let there = to_linfa(view);
            assert!(there.is_view());
            assert_eq!(there.as_ptr(), view.as_ptr());
            assert_eq!(there.dim(), view.dim());
            assert!(there.indexed_iter().all(|((i, j), &cell)| cell == view[[i, j]]));
            let back = from_linfa(there.view());
            assert!(back.is_view());
            assert_eq!(back.as_ptr(), view.as_ptr());
            assert_eq!(back, view);
        }
    }

    #[test]
    fn other_layouts_are_copied_cell_for_cell() {
        let cells = Array2::from_shape_fn((4, 6), |(i, j)| (10 * i + j) as f64);
        for view in [
            cells.slice_axis(Axis(1), (..3).into()),
            cells.slice_axis(Axis(0), Slice::from(..).step_by(2)),
            cells.slice_axis(Axis(0), Slice::from(..).step_by(-1)),
            cells.slice_axis(Axis(1), Slice::from(..).step_by(-2)),
        ] {
            let there = to_linfa(view);
            assert!(!there.is_view());
            assert!(there.indexed_iter().all(|((i, j), &cell)| cell == view[[i, j]]));
            assert_eq!(there.dim(), view.dim());
        }
        let cells = ndarray16::Array2::from_shape_fn((4, 6), |(i, j)| (10 * i + j) as f64);
        let columns = ndarray16::Slice::from(1..3);
        let view = cells.slice_axis(ndarray16::Axis(1), columns);
        let back = from_linfa(view);
        assert!(!back.is_view());
        assert_eq!(back, array![[1.0, 2.0], [11.0, 12.0], [21.0, 22.0], [31.0, 32.0]]);
    }

    #[test]
    fn empty_matrices_keep_their_shape() {
        for shape in [(0, 3), (3, 0), (0, 0)] {
            let cells = Array2::<f64>::zeros(shape);
            assert_eq!(to_linfa(cells.view()).dim(), shape);
            assert_eq!(from_linfa(to_linfa(cells.view()).view()).dim(), shape);
        }
    }
}
