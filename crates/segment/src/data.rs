//! Rows of finite numbers, row-major, at a scale that squares without overflow.

use std::borrow::Cow;

use ndarray::ArrayView2;
use patronage_core::{ColumnKind, Features, Schema};

use crate::error::{Error, ErrorKind};
use crate::float::Float;
use crate::parallel;
use crate::simd;

/// Checked rows for k-means and the criteria.
#[derive(Clone, Debug)]
pub(crate) struct Rows<'a, T: Float = f64> {
    pub(crate) values: Cow<'a, [T]>,
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
        let schema = features.schema();
        check_kinds(schema)?;
        Self::named(features.values(), |column| schema.columns()[column].name().to_owned())
    }
}

impl<'a, T: Float> Rows<'a, T> {
    /// The rows of an array; columns are named by their numbers, from 0.
    pub(crate) fn of_array(view: ArrayView2<'a, T>) -> Result<Self, Error> {
        if view.ncols() == 0 {
            return Err(ErrorKind::Empty { what: "columns" }.into());
        }
        Self::named(view, |column| column.to_string())
    }

    fn named(view: ArrayView2<'a, T>, name: impl Fn(usize) -> String) -> Result<Self, Error> {
        let (n, d) = view.dim();
        let values: Cow<'a, [T]> = match view.to_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(view.iter().copied().collect()),
        };
        let Some(largest) = largest(&values) else {
            let not_finite = |v: &T| !v.to_f64().is_finite();
            let position = values.iter().position(not_finite).unwrap_or_default();
            let (row, column, found) =
                (position / d, name(position % d), values[position].to_f64());
            return Err(ErrorKind::Cell { row, column, expected: "a finite number", found }.into());
        };
        let mut rows =
            Self { values, n, d, scale: 1.0, origin: Vec::new(), weights: None, weight_unit: 1.0 };
        if T::SQUARES_FIT || scale_for(largest) == 1.0 {
            return Ok(rows);
        }
        // A constant column has no say in any distance, so it must not set the scale.
        rows.take_out_constants();
        let scale = scale_for(rows.values.iter().fold(0.0_f64, |m, v| m.max(v.to_f64().abs())));
        if scale != 1.0 {
            rows.values.to_mut().iter_mut().for_each(|v| *v = T::from_f64(v.to_f64() * scale));
            rows.scale = scale;
        }
        Ok(rows)
    }

    /// The rows at length 1 in double precision, each of which must have a direction.
    pub(crate) fn directions(
        view: ArrayView2<'_, T>,
        name: impl Fn(usize) -> String,
    ) -> Result<Rows<'static>, Error> {
        let (n, d) = view.dim();
        if d == 0 {
            return Err(ErrorKind::Empty { what: "columns" }.into());
        }
        let mut values = Vec::with_capacity(n * d);
        for (row, cells) in view.rows().into_iter().enumerate() {
            let start = values.len();
            values.extend(cells.iter().map(|cell| cell.to_f64()));
            if let Some(column) = values[start..].iter().position(|v| !v.is_finite()) {
                let (column, found) = (name(column), values[start + column]);
                let expected = "a finite number";
                return Err(ErrorKind::Cell { row, column, expected, found }.into());
            }
            if !direction(&mut values[start..]) {
                return Err(ErrorKind::NoDirection { row }.into());
            }
        }
        let (values, origin) = (values.into(), Vec::new());
        Ok(Rows { values, n, d, scale: 1.0, origin, weights: None, weight_unit: 1.0 })
    }

    fn take_out_constants(&mut self) {
        let Some(first) = self.values.get(..self.d).map(<[T]>::to_vec) else { return };
        let rows = || self.values.chunks_exact(self.d);
        let constant: Vec<bool> =
            first.iter().enumerate().map(|(c, &cell)| rows().all(|row| row[c] == cell)).collect();
        if !constant.contains(&true) {
            return;
        }
        for row in self.values.to_mut().chunks_exact_mut(self.d) {
            for (cell, _) in row.iter_mut().zip(&constant).filter(|(_, constant)| **constant) {
                *cell = T::from_f64(0.0);
            }
        }
        let origin = first.iter().zip(&constant);
        self.origin =
            origin.map(|(cell, &constant)| if constant { cell.to_f64() } else { 0.0 }).collect();
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
    pub(crate) fn row(&self, position: usize) -> &[T] {
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

/// The largest absolute number; `None` where one is not finite.
fn largest<T: Float>(values: &[T]) -> Option<f64> {
    const CHUNK: usize = 1 << 16;
    let ranges: Vec<_> = parallel::ranges(values.len(), CHUNK).collect();
    let parts =
        parallel::map(ranges.len(), |r| simd::dispatch(Largest(&values[ranges[r].clone()])));
    let largest = parts.into_iter().fold(0.0, |m: f64, part| if part > m { part } else { m });
    largest.is_finite().then_some(largest)
}

/// The largest absolute number of a slice; infinite where one is not finite.
struct Largest<'a, T>(&'a [T]);

impl<T: Float> pulp::WithSimd for Largest<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        let mut most = [0.0_f64; 32];
        // Zeros; not numbers once a number was not finite.
        let mut zeros = [0.0_f64; 32];
        let (chunks, rest) = self.0.as_chunks::<32>();
        for chunk in chunks {
            for lane in 0..32 {
                let size = chunk[lane].to_f64().abs();
                most[lane] = if size > most[lane] { size } else { most[lane] };
                zeros[lane] += size * 0.0;
            }
        }
        let rest = rest.iter().map(|v| v.to_f64().abs());
        let (mut largest, mut zero) = (0.0_f64, zeros.iter().sum::<f64>());
        for size in most.into_iter().chain(rest) {
            largest = largest.max(size);
            zero += size * 0.0;
        }
        if zero.is_nan() { f64::INFINITY } else { largest }
    }
}

/// Brings a row to length 1; false where it is all zeros.
pub(crate) fn direction(row: &mut [f64]) -> bool {
    let largest = row.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return false;
    }
    // Squares neither overflow nor vanish at this scale.
    let scale = scale_for(largest);
    row.iter_mut().for_each(|v| *v *= scale);
    let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
    row.iter_mut().for_each(|v| *v /= length);
    true
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
