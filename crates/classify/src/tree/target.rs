//! What a tree learns: classes or numbers, as sums over rows.

use super::codes::{Coded, LANES};

/// Beyond so many registers, counting all columns at once is no gain.
const MOST_CHUNKS: usize = 64;

/// How impure a set of rows is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Criterion {
    /// `1 - sum_k p_k²`: the chance that two draws differ.
    #[default]
    Gini,
    /// `-sum_k p_k ln p_k`, in nats.
    Entropy,
}

/// Labels of the sample's rows, summed into bins.
///
/// A bin is `width` numbers; sums of bins are bins. Bins of class targets hold the weight of each
/// class, bins of number targets the weight and the weighted sum.
pub(crate) trait Target: Sync {
    fn width(&self) -> usize;

    /// Adds a row to a bin of `width` numbers.
    fn add(&self, row: usize, bin: &mut [f64]);

    /// Adds a row to one bin of each column: that of its code, after the column's first number.
    #[inline]
    fn add_to_columns(&self, row: usize, codes: &[u8], columns: &[(u32, u32)], bins: &mut [f64]) {
        let width = self.width();
        for &(column, first) in columns {
            let at = first as usize + codes[column as usize] as usize * width;
            self.add(row, &mut bins[at..at + width]);
        }
    }

    /// Adds rows of whole weights to the bins of those of `columns` that have two codes, all
    /// columns at once; false, and nothing done, where the target has no such way.
    fn add_flags(
        &self,
        _coded: &Coded,
        _rows: &[u32],
        _columns: &[(u32, u32)],
        _bins: &mut [f64],
    ) -> bool {
        false
    }

    /// The weight in a bin.
    fn weight(&self, bin: &[f64]) -> f64;

    /// Purity times weight: what a split gains is that of its sides less that of the node.
    fn purity(&self, bin: &[f64]) -> f64;

    /// Whether purity is convex in the numbers of a bin, each of which can be chosen apart.
    fn is_convex(&self) -> bool {
        false
    }

    /// Whether nothing can be gained in this bin.
    fn is_pure(&self, bin: &[f64], purity: f64) -> bool;

    /// Whether sums of rows that weigh whole numbers are exact.
    fn is_exact(&self) -> bool;

    /// The key by which levels of a category are ordered, or `None` where one level is to be told
    /// from the rest instead.
    fn level_key(&self, bin: &[f64]) -> Option<f64>;
}

pub(crate) struct Classes {
    pub(crate) labels: Vec<u32>,
    pub(crate) weights: Vec<f64>,
    pub(crate) n_classes: usize,
    pub(crate) criterion: Criterion,
}

impl Classes {
    /// Counts code 1 in `N` chunks of lanes from the one at `first`, into chunks by class; returns
    /// `N`.
    fn count_ones<const N: usize>(
        &self,
        coded: &Coded,
        rows: &[u32],
        first: usize,
        ones: &mut [[u64; LANES]],
    ) -> usize {
        let n_chunks = coded.n_flags.div_ceil(LANES);
        // Bytes that count, emptied before they overflow.
        let mut bytes = vec![[[0_u8; LANES]; N]; self.n_classes];
        let mut filled = vec![0_u32; self.n_classes];
        let mut empty = |class: usize, bytes: &mut [[u8; LANES]; N]| {
            let from = class * n_chunks + first;
            for (bytes, ones) in bytes.iter_mut().zip(&mut ones[from..from + N]) {
                for (byte, one) in bytes.iter_mut().zip(ones) {
                    *one += u64::from(*byte);
                    *byte = 0;
                }
            }
        };
        for &row in rows {
            let (row, class) = (row as usize, self.labels[row as usize] as usize);
            let bytes = &mut bytes[class];
            let start = row * coded.n_narrow + first * LANES;
            let codes = coded.narrow[start..start + N * LANES].as_chunks::<LANES>().0;
            // A row of more weight than a byte holds is counted in parts.
            let mut left = self.weights[row] as u32;
            loop {
                let weight = left.min(255);
                if filled[class] + weight > 255 {
                    filled[class] = 0;
                    empty(class, bytes);
                }
                filled[class] += weight;
                for (bytes, codes) in bytes.iter_mut().zip(codes) {
                    for (byte, &code) in bytes.iter_mut().zip(codes) {
                        // All bits of the weight, or none; columns of more codes fill lanes unread.
                        *byte = byte.wrapping_add((code & 1).wrapping_neg() & weight as u8);
                    }
                }
                left -= weight;
                if left == 0 {
                    break;
                }
            }
        }
        for (class, bytes) in bytes.iter_mut().enumerate() {
            empty(class, bytes);
        }
        N
    }
}

impl Target for Classes {
    fn width(&self) -> usize {
        self.n_classes
    }

    #[inline]
    fn add(&self, row: usize, bin: &mut [f64]) {
        bin[self.labels[row] as usize] += self.weights[row];
    }

    #[inline]
    fn add_to_columns(&self, row: usize, codes: &[u8], columns: &[(u32, u32)], bins: &mut [f64]) {
        let (label, weight) = (self.labels[row] as usize, self.weights[row]);
        for &(column, first) in columns {
            bins[first as usize + codes[column as usize] as usize * self.n_classes + label] +=
                weight;
        }
    }

    fn add_flags(
        &self,
        coded: &Coded,
        rows: &[u32],
        columns: &[(u32, u32)],
        bins: &mut [f64],
    ) -> bool {
        let n_chunks = coded.n_flags.div_ceil(LANES);
        if n_chunks * self.n_classes > MOST_CHUNKS {
            return false;
        }
        let mut ones = vec![[0_u64; LANES]; n_chunks * self.n_classes];
        let mut totals = vec![0_u64; self.n_classes];
        rows.iter().for_each(|&row| {
            totals[self.labels[row as usize] as usize] += self.weights[row as usize] as u64;
        });
        // Few registers at a time, so that they stay registers.
        let mut first = 0;
        while first < n_chunks {
            let done = match n_chunks - first {
                1 => self.count_ones::<1>(coded, rows, first, &mut ones),
                2 => self.count_ones::<2>(coded, rows, first, &mut ones),
                _ => self.count_ones::<3>(coded, rows, first, &mut ones),
            };
            first += done;
        }
        let ones = ones.as_flattened();
        for &(place, first) in columns.iter().filter(|column| column.0 < coded.n_flags as u32) {
            let (first, place) = (first as usize, place as usize);
            for (class, &total) in totals.iter().enumerate() {
                let one = ones[class * n_chunks * LANES + place];
                bins[first + class] += (total - one) as f64;
                bins[first + self.n_classes + class] += one as f64;
            }
        }
        true
    }

    #[inline]
    fn weight(&self, bin: &[f64]) -> f64 {
        bin.iter().sum()
    }

    #[inline]
    fn purity(&self, bin: &[f64]) -> f64 {
        let total: f64 = bin.iter().sum();
        if total <= 0.0 {
            return 0.0;
        }
        match self.criterion {
            Criterion::Gini => bin.iter().map(|w| w * w).sum::<f64>() / total,
            Criterion::Entropy => {
                bin.iter().filter(|&&w| w > 0.0).map(|&w| w * (w / total).ln()).sum()
            }
        }
    }

    fn is_pure(&self, bin: &[f64], _purity: f64) -> bool {
        bin.iter().filter(|&&w| w > 0.0).count() <= 1
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn is_convex(&self) -> bool {
        true
    }

    fn level_key(&self, bin: &[f64]) -> Option<f64> {
        // Ordering by the share of one class is exact for two (Breiman et al. 1984, theorem 4.5).
        (self.n_classes == 2).then(|| bin[1] / (bin[0] + bin[1]))
    }
}

/// Numbers, less their median and scaled to the order of one.
pub(crate) struct Numbers {
    pub(crate) values: Vec<f64>,
    pub(crate) weights: Vec<f64>,
}

impl Target for Numbers {
    fn width(&self) -> usize {
        3
    }

    #[inline]
    fn add(&self, row: usize, bin: &mut [f64]) {
        let (w, y) = (self.weights[row], self.values[row]);
        bin[0] += w;
        bin[1] += w * y;
        bin[2] += w * y * y;
    }

    #[inline]
    fn weight(&self, bin: &[f64]) -> f64 {
        bin[0]
    }

    #[inline]
    fn purity(&self, bin: &[f64]) -> f64 {
        if bin[0] <= 0.0 { 0.0 } else { bin[1] * bin[1] / bin[0] }
    }

    fn is_pure(&self, bin: &[f64], purity: f64) -> bool {
        // Judged by the node's own squares: what is far away says nothing of rounding here.
        bin[2] - purity <= 1e-14 * bin[2]
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn level_key(&self, bin: &[f64]) -> Option<f64> {
        Some(bin[1] / bin[0])
    }
}
