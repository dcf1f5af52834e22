//! One matrix in several memory layouts.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, AxisDescription, ShapeBuilder, Slice};

/// Calls `f` with the same cells in row-major, column-major, strided and reversed memory.
pub(crate) fn in_every_layout(
    cells: ArrayView2<'_, f64>,
    mut f: impl FnMut(&str, ArrayView2<'_, f64>),
) {
    let (n, width) = cells.dim();
    f("row-major", cells.as_standard_layout().view());
    let mut column_major = Array2::zeros((n, width).f());
    column_major.assign(&cells);
    f("column-major", column_major.view());
    // Between the cells stand NaNs, so that a kernel which ignores strides is found out.
    let mut wide = Array2::from_elem((2 * n, 3 * width), f64::NAN);
    wide.slice_each_axis_mut(|axis| every([2, 3], axis)).assign(&cells);
    f("strided", wide.slice_each_axis(|axis| every([2, 3], axis)));
    let mut reversed = Array2::zeros((n, width));
    reversed.slice_each_axis_mut(|axis| every([-1, -1], axis)).assign(&cells);
    f("reversed", reversed.slice_each_axis(|axis| every([-1, -1], axis)));
}

/// Calls `f` with room for `n` by `width` cells in several layouts, and gives back what it wrote.
pub(crate) fn into_every_layout<T: Clone>(
    (n, width): (usize, usize),
    junk: T,
    mut f: impl FnMut(ArrayViewMut2<'_, T>),
) -> Vec<(&'static str, Array2<T>)> {
    let mut row_major = Array2::from_elem((n, width), junk.clone());
    f(row_major.view_mut());
    let mut column_major = Array2::from_elem((n, width).f(), junk.clone());
    f(column_major.view_mut());
    let mut wide = Array2::from_elem((2 * n, 2 * width), junk);
    f(wide.slice_each_axis_mut(|axis| every([2, 2], axis)));
    let strided = wide.slice_each_axis(|axis| every([2, 2], axis)).to_owned();
    vec![("row-major", row_major), ("column-major", column_major), ("strided", strided)]
}

/// Every `steps[axis]`-th place along the axis.
fn every(steps: [isize; 2], axis: AxisDescription) -> Slice {
    Slice::new(0, None, steps[axis.axis.index()])
}

/// The first `n` rows.
pub(crate) fn first_rows<'a>(rows: ArrayView2<'a, f64>, n: usize) -> ArrayView2<'a, f64> {
    rows.split_at(ndarray::Axis(0), n).0
}
