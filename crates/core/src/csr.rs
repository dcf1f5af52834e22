//! Sparse rows.

use crate::error::{Error, ErrorKind};

/// A sparse matrix in compressed rows: in each row the columns ascend and are distinct.
///
/// Memory is 4 bytes plus one `T` an entry, and 8 bytes a row.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Repr<T>", bound(deserialize = "T: serde::Deserialize<'de>"))
)]
pub struct Csr<T> {
    n_columns: usize,
    /// Row `i` is `starts[i]..starts[i + 1]` of the two vectors below.
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<T>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Repr<T> {
    n_columns: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<T>,
}

#[cfg(feature = "serde")]
impl<T> TryFrom<Repr<T>> for Csr<T> {
    type Error = Error;

    fn try_from(repr: Repr<T>) -> Result<Self, Error> {
        Self::new(repr.n_columns, repr.starts, repr.columns, repr.values)
    }
}

impl<T> Csr<T> {
    /// A matrix from its parts: row `i` is `starts[i]..starts[i + 1]` of `columns` and `values`.
    ///
    /// # Errors
    ///
    /// When lengths differ, `starts` does not ascend from 0 to the number of entries, a column is
    /// out of range, or the columns of a row do not strictly ascend.
    pub fn new(
        n_columns: usize,
        starts: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<T>,
    ) -> Result<Self, Error> {
        let entries = columns.len();
        if values.len() != entries {
            let what = "values of a sparse matrix";
            return Err(ErrorKind::Length { what, expected: entries, found: values.len() }.into());
        }
        if starts.first() != Some(&0) || starts.last() != Some(&entries) {
            let found = starts.last().copied().unwrap_or(0);
            let what = "row starts of a sparse matrix, from 0 to its entries";
            return Err(ErrorKind::Length { what, expected: entries, found }.into());
        }
        // Before any row is looked at: starts that ascend to the last lie within the entries.
        if let Some(row) = starts.windows(2).position(|pair| pair[0] > pair[1]) {
            let what = "row starts of a sparse matrix";
            return Err(ErrorKind::Unordered { what, position: row + 1 }.into());
        }
        for pair in starts.windows(2) {
            let row = &columns[pair[0]..pair[1]];
            if let Some(at) = row.windows(2).position(|pair| pair[0] >= pair[1]) {
                let what = "columns of a sparse row";
                return Err(ErrorKind::Unordered { what, position: pair[0] + at + 1 }.into());
            }
            if let Some(&last) = row.last().filter(|&&last| last as usize >= n_columns) {
                let (noun, found) = ("column of a sparse row", last as usize);
                return Err(ErrorKind::OutOfRange { noun, bound: n_columns, found }.into());
            }
        }
        Ok(Self { n_columns, starts, columns, values })
    }

    /// A matrix from entries `(row, column, value)` in any order; entries of one cell are merged by `merge`, in the order given.
    ///
    /// Two counting passes and a sort of each row: O(entries + rows + Σ row log row).
    ///
    /// # Errors
    ///
    /// When a row or column is out of range.
    pub fn from_entries(
        n_rows: usize,
        n_columns: usize,
        entries: &[(u32, u32, T)],
        mut merge: impl FnMut(&mut T, &T),
    ) -> Result<Self, Error>
    where
        T: Clone,
    {
        let mut starts = vec![0usize; n_rows + 1];
        for &(row, column, _) in entries {
            for (noun, found, bound) in
                [("row", row as usize, n_rows), ("column", column as usize, n_columns)]
            {
                if found >= bound {
                    return Err(ErrorKind::OutOfRange { noun, bound, found }.into());
                }
            }
            starts[row as usize + 1] += 1;
        }
        for row in 0..n_rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; entries.len()];
        if u32::try_from(entries.len()).is_err() {
            let (noun, bound) = ("entry of a sparse matrix", u32::MAX as usize);
            return Err(ErrorKind::OutOfRange { noun, bound, found: entries.len() }.into());
        }
        for (position, entry) in entries.iter().enumerate() {
            let slot = &mut next[entry.0 as usize];
            order[*slot] = position as u32;
            *slot += 1;
        }
        let mut matrix = Self {
            n_columns,
            starts: Vec::with_capacity(n_rows + 1),
            columns: Vec::with_capacity(entries.len()),
            values: Vec::with_capacity(entries.len()),
        };
        matrix.starts.push(0);
        for row in 0..n_rows {
            let positions = &mut order[starts[row]..starts[row + 1]];
            // By column, and by order of arrival within it.
            positions.sort_unstable_by_key(|&p| (entries[p as usize].1, p));
            let row_start = matrix.columns.len();
            for &position in positions.iter() {
                let (_, column, value) = &entries[position as usize];
                if matrix.columns.len() > row_start && matrix.columns.last() == Some(column) {
                    let last = matrix.values.len() - 1;
                    merge(&mut matrix.values[last], value);
                } else {
                    matrix.columns.push(*column);
                    matrix.values.push(value.clone());
                }
            }
            matrix.starts.push(matrix.columns.len());
        }
        Ok(matrix)
    }

    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of columns.
    #[must_use]
    pub const fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The number of stored entries.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        self.columns.len()
    }

    /// The columns and values of a row.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    #[inline]
    #[must_use]
    pub fn row(&self, row: usize) -> (&[u32], &[T]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Where each row starts among the entries, and the number of entries at the end.
    #[must_use]
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The columns of all entries, row after row.
    #[must_use]
    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// All values, row after row.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The transposed matrix; one counting pass, O(entries + rows + columns).
    #[must_use]
    pub fn transpose(&self) -> Self
    where
        T: Clone,
    {
        let mut starts = vec![0usize; self.n_columns + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.n_columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut columns = vec![0u32; self.columns.len()];
        // Values that hold nothing need not be found again.
        let holds = size_of::<T>() > 0;
        let mut from = vec![0usize; if holds { self.columns.len() } else { 0 }];
        for row in 0..self.n_rows() {
            for entry in self.starts[row]..self.starts[row + 1] {
                let slot = &mut next[self.columns[entry] as usize];
                columns[*slot] = row as u32;
                if holds {
                    from[*slot] = entry;
                }
                *slot += 1;
            }
        }
        let values = match holds {
            true => from.into_iter().map(|entry| self.values[entry].clone()).collect(),
            false => self.values.clone(),
        };
        Self { n_columns: self.n_rows(), starts, columns, values }
    }

    /// The same pattern with every value mapped.
    #[must_use]
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Csr<U> {
        Csr {
            n_columns: self.n_columns,
            starts: self.starts.clone(),
            columns: self.columns.clone(),
            values: self.values.iter().map(f).collect(),
        }
    }
}
