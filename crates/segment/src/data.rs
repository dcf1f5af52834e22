//! Rows of finite numbers, row-major, at a scale that squares without overflow.

use std::borrow::Cow;

use ndarray::ArrayView2;
use patronage_core::{Column, ColumnKind, Features, Schema};

use crate::error::{Error, ErrorKind};

/// Checked rows for k-means and the criteria.
#[derive(Clone, Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) values: Cow<'a, [f64]>,
    pub(crate) n: usize,
    pub(crate) d: usize,
    /// A power of two: `values` are the original numbers less `origin` times it.
    pub(crate) scale: f64,
    /// The number of each constant column where the scale was at stake, 0 of others; empty where
    /// all are 0.
    pub(crate) origin: Vec<f64>,
    /// Weights scaled to a largest of 1, where given.
    pub(crate) weights: Option<Cow<'a, [f64]>>,
    /// What the weights were divided by.
    pub(crate) weight_unit: f64,
}

impl<'a> Rows<'a> {
    /// The rows of a feature table, every cell of which must be a finite number.
    pub(crate) fn of<F: Features + ?Sized>(features: &'a F) -> Result<Self, Error> {
        let view = features.values();
        check_kinds(features.schema())?;
        check_finite(view, features.schema().columns())?;
        let (n, d) = view.dim();
        let values: Cow<'a, [f64]> = match view.to_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(view.iter().copied().collect()),
        };
        let mut rows =
            Self { values, n, d, scale: 1.0, origin: Vec::new(), weights: None, weight_unit: 1.0 };
        if scale_for(rows.largest()) != 1.0 {
            // A constant column has no say in any distance, so it must not set the scale.
            rows.take_out_constants();
        }
        let scale = scale_for(rows.largest());
        if scale != 1.0 {
            rows.values.to_mut().iter_mut().for_each(|v| *v *= scale);
            rows.scale = scale;
        }
        Ok(rows)
    }

    fn largest(&self) -> f64 {
        self.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()))
    }

    fn take_out_constants(&mut self) {
        let Some(first) = self.values.get(..self.d).map(<[f64]>::to_vec) else { return };
        let rows = || self.values.chunks_exact(self.d);
        let constant: Vec<bool> =
            first.iter().enumerate().map(|(c, &cell)| rows().all(|row| row[c] == cell)).collect();
        if !constant.contains(&true) {
            return;
        }
        for row in self.values.to_mut().chunks_exact_mut(self.d) {
            for (cell, _) in row.iter_mut().zip(&constant).filter(|(_, constant)| **constant) {
                *cell = 0.0;
            }
        }
        let origin = first.iter().zip(&constant);
        self.origin = origin.map(|(&cell, &constant)| if constant { cell } else { 0.0 }).collect();
    }

    /// The number of a cell of that column at the scale of the rows.
    pub(crate) fn scaled(&self, column: usize, cell: f64) -> f64 {
        match self.origin.get(column) {
            Some(&origin) if origin != 0.0 => (cell - origin) * self.scale,
            _ => cell * self.scale,
        }
    }

    /// The original number of a cell of that column; saturates.
    pub(crate) fn unscaled(&self, column: usize, cell: f64) -> f64 {
        let origin = self.origin.get(column).copied().unwrap_or(0.0);
        (cell / self.scale + origin).clamp(-f64::MAX, f64::MAX)
    }

    /// The same rows, each counted so often.
    pub(crate) fn weighted(mut self, weights: &'a [f64]) -> Result<Self, Error> {
        if weights.len() != self.n {
            let (what, expected) = ("weights", self.n);
            return Err(ErrorKind::Length { what, expected, found: weights.len() }.into());
        }
        if let Some(position) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
            let (what, expected) = ("weight", "a finite number, at least 0");
            let found = weights[position];
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let largest = weights.iter().fold(0.0_f64, |m, &w| m.max(w));
        if largest == 0.0 {
            return Err(ErrorKind::Empty { what: "rows with a weight above 0" }.into());
        }
        if largest == 1.0 {
            self.weights = Some(Cow::Borrowed(weights));
        } else {
            self.weights = Some(weights.iter().map(|w| w / largest).collect());
            self.weight_unit = largest;
        }
        Ok(self)
    }

    #[inline]
    pub(crate) fn row(&self, position: usize) -> &[f64] {
        &self.values[position * self.d..(position + 1) * self.d]
    }

    #[inline]
    pub(crate) fn weight(&self, position: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[position])
    }

    /// A number of the original scale from a sum of weighted squares at this one; saturates.
    pub(crate) fn unscaled_square(&self, square: f64) -> f64 {
        (square / self.scale / self.scale * self.weight_unit).min(f64::MAX)
    }
}

pub(crate) fn check_kinds(schema: &Schema) -> Result<(), Error> {
    if schema.is_empty() {
        return Err(ErrorKind::Empty { what: "columns" }.into());
    }
    for column in schema.columns() {
        if let ColumnKind::Category { .. } = column.kind() {
            return Err(ErrorKind::Category { column: column.name().to_owned() }.into());
        }
    }
    Ok(())
}

fn check_finite(view: ArrayView2<'_, f64>, columns: &[Column]) -> Result<(), Error> {
    if let Some(cells) = view.to_slice() {
        // The usual case in passes without branches.
        if cells.chunks(1024).all(|chunk| chunk.iter().fold(true, |ok, v| ok & v.is_finite())) {
            return Ok(());
        }
    }
    for (row, cells) in view.rows().into_iter().enumerate() {
        for (column, &found) in columns.iter().zip(cells) {
            if !found.is_finite() {
                let (column, expected) = (column.name().to_owned(), "a finite number");
                return Err(ErrorKind::Cell { row, column, expected, found }.into());
            }
        }
    }
    Ok(())
}

/// The power of two that brings `largest` near 1 where its square could overflow or vanish; else 1.
pub(crate) fn scale_for(largest: f64) -> f64 {
    const COMFORTABLE: std::ops::RangeInclusive<f64> = 1e-12..=1e12;
    if largest == 0.0 || COMFORTABLE.contains(&largest) {
        return 1.0;
    }
    // Clamped so that the scale itself, and its inverse, are normal numbers.
    (-largest.log2().floor()).clamp(-1000.0, 1000.0).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_powers_of_two_near_the_inverse() {
        for largest in [1e308, f64::MAX, 3e100, 1e-300, 5e-324, 1e13] {
            let scale = scale_for(largest);
            assert_eq!(scale.log2().fract(), 0.0);
            assert!(largest * scale <= 1e8, "{largest}");
            assert!(largest * scale >= 1e-30, "{largest}");
        }
        assert_eq!(scale_for(0.0), 1.0);
        assert_eq!(scale_for(17.0), 1.0);
    }
}
