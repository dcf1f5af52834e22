//! Rows of single-precision numbers, padded to whole vector registers.

/// The widest vector register of any processor, in single-precision numbers.
pub(crate) const LANES: usize = 16;

/// Bytes of a cache line, to which the first row is aligned where the allocation allows.
const LINE: usize = 64;

/// A matrix of shape `(n, d)`, each row padded with zeros to a multiple of [`LANES`].
#[derive(Debug)]
pub(crate) struct Rows {
    n: usize,
    d: usize,
    stride: usize,
    start: usize,
    cells: Vec<f32>,
}

impl Rows {
    pub(crate) fn zeros(n: usize, d: usize) -> Self {
        let stride = d.next_multiple_of(LANES);
        let cells = vec![0.0; n * stride + LANES];
        let start = cells.as_ptr().align_offset(LINE).min(LANES);
        Self { n, d, stride, start, cells }
    }

    /// From unpadded numbers, row after row.
    #[cfg(any(test, feature = "serde"))]
    pub(crate) fn from_values(d: usize, values: &[f32]) -> Self {
        let mut rows = Self::zeros(values.len().checked_div(d).unwrap_or(0), d);
        for (i, values) in values.chunks_exact(d.max(1)).enumerate() {
            rows.row_mut(i)[..d].copy_from_slice(values);
        }
        rows
    }

    /// The same rows, followed by rows of zeros up to `n`.
    pub(crate) fn grown(&self, n: usize) -> Self {
        let mut rows = Self::zeros(n.max(self.n), self.d);
        rows.all_mut()[..self.n * self.stride].copy_from_slice(self.all());
        rows
    }

    /// The rows from `first` on.
    pub(crate) fn after(&self, first: usize) -> Self {
        let mut rows = Self::zeros(self.n - first, self.d);
        rows.all_mut().copy_from_slice(&self.all()[first * self.stride..]);
        rows
    }

    pub(crate) const fn n(&self) -> usize {
        self.n
    }

    pub(crate) const fn d(&self) -> usize {
        self.d
    }

    pub(crate) const fn stride(&self) -> usize {
        self.stride
    }

    /// A row with its padding.
    #[inline(always)]
    pub(crate) fn row(&self, i: usize) -> &[f32] {
        let from = self.start + i * self.stride;
        &self.cells[from..from + self.stride]
    }

    pub(crate) fn row_mut(&mut self, i: usize) -> &mut [f32] {
        let from = self.start + i * self.stride;
        &mut self.cells[from..from + self.stride]
    }

    /// A row without its padding.
    pub(crate) fn values(&self, i: usize) -> &[f32] {
        &self.row(i)[..self.d]
    }

    /// All rows with their padding, one after another.
    pub(crate) fn all(&self) -> &[f32] {
        &self.cells[self.start..self.start + self.n * self.stride]
    }

    pub(crate) fn all_mut(&mut self) -> &mut [f32] {
        &mut self.cells[self.start..self.start + self.n * self.stride]
    }

    /// All numbers without padding, row after row.
    #[cfg(feature = "serde")]
    pub(crate) fn to_values(&self) -> Vec<f32> {
        (0..self.n).flat_map(|i| self.values(i)).copied().collect()
    }
}

// The copy starts at a cache line of its own.
impl Clone for Rows {
    fn clone(&self) -> Self {
        self.grown(self.n)
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        (self.n, self.d) == (other.n, other.d) && self.all() == other.all()
    }
}
