//! Sums of rows by cluster, kept by differences.

/// For each cluster the weighted sum of its rows, their weight and their number.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    d: usize,
    sums: Vec<f64>,
    weights: Vec<f64>,
    /// Rows of a weight above zero.
    counts: Vec<i64>,
}

impl Sums {
    pub(super) fn new(k: usize, d: usize) -> Self {
        Self { d, sums: vec![0.0; k * d], weights: vec![0.0; k], counts: vec![0; k] }
    }

    /// The sum of `parts`, in their order.
    pub(super) fn total(k: usize, d: usize, parts: &[Self]) -> Self {
        let mut total = Self::new(k, d);
        for part in parts {
            total.absorb(part);
        }
        total
    }

    fn absorb(&mut self, part: &Self) {
        self.sums.iter_mut().zip(&part.sums).for_each(|(sum, part)| *sum += part);
        self.weights.iter_mut().zip(&part.weights).for_each(|(sum, part)| *sum += part);
        self.counts.iter_mut().zip(&part.counts).for_each(|(sum, part)| *sum += part);
    }

    #[inline]
    pub(super) fn add(&mut self, row: &[f64], weight: f64, label: u32) {
        self.shift(row, weight, label, 1);
    }

    #[inline]
    fn shift(&mut self, row: &[f64], weight: f64, label: u32, count: i64) {
        if weight == 0.0 {
            return;
        }
        let label = label as usize;
        let signed = weight * count as f64;
        let sums = &mut self.sums[label * self.d..(label + 1) * self.d];
        sums.iter_mut().zip(row).for_each(|(sum, cell)| *sum += signed * cell);
        self.weights[label] += signed;
        self.counts[label] += count;
    }

    /// Adds the changes in order; says how many rows moved.
    pub(super) fn apply(&mut self, changes: &[Change]) -> usize {
        let mut n_moved = 0;
        for change in changes {
            n_moved += change.n_moved;
            if let Some(sums) = &change.sums {
                self.absorb(sums);
            }
        }
        n_moved
    }

    pub(super) fn is_empty(&self, label: usize) -> bool {
        self.counts[label] == 0
    }

    pub(super) fn n_rows(&self, label: usize) -> i64 {
        self.counts[label]
    }

    /// The mean of the cluster's rows, if it has any.
    pub(super) fn mean(&self, label: usize) -> Option<impl Iterator<Item = f64> + '_> {
        (self.counts[label] > 0).then(|| {
            let weight = self.weights[label];
            self.sums[label * self.d..(label + 1) * self.d].iter().map(move |sum| sum / weight)
        })
    }
}

/// What moving rows from cluster to cluster does to the sums.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    n_moved: usize,
    sums: Option<Sums>,
}

impl Change {
    #[inline]
    pub(super) fn moved(
        &mut self,
        k: usize,
        d: usize,
        row: &[f64],
        weight: f64,
        from: u32,
        to: u32,
    ) {
        self.n_moved += 1;
        let sums = self.sums.get_or_insert_with(|| Sums::new(k, d));
        sums.shift(row, weight, from, -1);
        sums.shift(row, weight, to, 1);
    }
}
