//! Columns brought to one size before linfa sees them.

use ndarray16::{Array2, ArrayView2};

/// Where each column is centred and what it is divided by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standard {
    pub(crate) centres: Vec<f64>,
    pub(crate) scales: Vec<f64>,
}

impl Standard {
    /// Mean and standard deviation (of the population) of each column; a constant column is
    /// centred on its value and not scaled.
    pub(crate) fn of(rows: ArrayView2<'_, f64>) -> Self {
        let n = rows.nrows() as f64;
        let of_column = |column: ndarray16::ArrayView1<'_, f64>| {
            let first = column[0];
            // Rounding would give a constant column a deviation of its own.
            if column.iter().all(|&cell| cell == first) {
                return (first, 1.0);
            }
            // Divided by the greatest magnitude first, so that squares neither over- nor underflow.
            let most = column.iter().fold(0.0_f64, |most, cell| most.max(cell.abs()));
            let mean = column.iter().map(|cell| cell / most).sum::<f64>() / n;
            let square = |cell: &f64| (cell / most - mean).powi(2);
            let deviation = (column.iter().map(square).sum::<f64>() / n).sqrt() * most;
            (mean * most, if deviation > 0.0 { deviation } else { 1.0 })
        };
        let (centres, scales) = rows.columns().into_iter().map(of_column).unzip();
        Self { centres, scales }
    }

    /// A cell in standard units, finite whatever the cell.
    #[inline]
    pub(crate) fn cell(&self, column: usize, cell: f64) -> f64 {
        let z = (crate::guard::bounded(cell) - self.centres[column]) / self.scales[column];
        z.clamp(-1e100, 1e100)
    }

    pub(crate) fn rows(&self, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        Array2::from_shape_fn(rows.dim(), |(row, column)| self.cell(column, rows[[row, column]]))
    }
}

#[cfg(test)]
mod tests {
    use ndarray16::array;

    use super::*;

    #[test]
    fn columns_come_out_with_mean_zero_and_deviation_one() {
        let rows = array![[1.0, 1e139, 0.1, 1e-310], [3.0, -1e139, 0.1, 0.0], [5.0, 0.0, 0.1, 0.0]];
        let standard = Standard::of(rows.view());
        let rows = standard.rows(rows.view());
        for (column, cells) in rows.columns().into_iter().enumerate() {
            assert!(cells.mean().unwrap().abs() < 1e-12, "{column}");
            let deviation = cells.mapv(|z| z * z).mean().unwrap().sqrt();
            assert!((deviation - if column == 2 { 0.0 } else { 1.0 }).abs() < 1e-9, "{column}");
        }
        assert_eq!(standard.cell(3, 1e308), 1e100);
    }
}
