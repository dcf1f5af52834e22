//! Gradients as whole numbers, so that sums are exact and the same in any order.

use std::ops::Range;

/// Rows whose packed sums are taken before they are unpacked.
pub(super) const BLOCK: usize = 4096;

/// Bits of a count of at most `BLOCK` rows.
const COUNT_BITS: u32 = 13;

/// Beyond it numbers have no fraction.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// The nearest whole number to one in `[0, 2^51]`.
#[inline(always)]
fn whole(x: f64) -> u64 {
    (x + WHOLE).to_bits() & ((1 << 52) - 1)
}

/// A well-mixed number for each number (the finaliser of splitmix64).
#[inline(always)]
pub(super) const fn scramble(x: u64) -> u64 {
    let x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A sum over rows in units of the round: gradient, hessian, and how many rows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Total {
    pub(super) g: i64,
    pub(super) h: i64,
    pub(super) n: u32,
}

impl Total {
    pub(super) const fn plus(self, other: Self) -> Self {
        Self { g: self.g + other.g, h: self.h + other.h, n: self.n.wrapping_add(other.n) }
    }

    pub(super) const fn minus(self, other: Self) -> Self {
        Self { g: self.g - other.g, h: self.h - other.h, n: self.n.wrapping_sub(other.n) }
    }
}

/// What one unit of a sum stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Units {
    pub(super) g: f64,
    pub(super) h: f64,
}

/// A row's gradient, hessian and count in one cell that sums add up.
pub(super) trait Quantum: Copy + Send + Sync + 'static {
    const ZERO: Self;
    fn add(&mut self, other: Self);
    /// The sum behind a sum of at most `BLOCK` cells.
    fn unpack(self, packing: &Packing) -> Total;
}

/// How narrow cells are packed: count, hessian, and above them the gradient plus a bias.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    /// Bits of a hessian's sum; none where every hessian is one unit.
    h_bits: u32,
    bias: i64,
}

impl Packing {
    /// For cells that are not packed.
    pub(super) const NONE: Self = Self { h_bits: 0, bias: 0 };
}

impl Quantum for u64 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn add(&mut self, other: Self) {
        *self = self.wrapping_add(other);
    }

    #[inline(always)]
    fn unpack(self, packing: &Packing) -> Total {
        let n = self & ((1 << COUNT_BITS) - 1);
        let h = (self >> COUNT_BITS) & ((1 << packing.h_bits) - 1);
        let g = (self >> (COUNT_BITS + packing.h_bits)) as i64 - packing.bias * n as i64;
        let h = if packing.h_bits == 0 { n } else { h };
        Total { g, h: h as i64, n: n as u32 }
    }
}

impl Quantum for Total {
    const ZERO: Self = Self { g: 0, h: 0, n: 0 };

    #[inline(always)]
    fn add(&mut self, other: Self) {
        self.g = self.g.wrapping_add(other.g);
        self.h = self.h.wrapping_add(other.h);
        self.n = self.n.wrapping_add(other.n);
    }

    #[inline(always)]
    fn unpack(self, _packing: &Packing) -> Total {
        self
    }
}

/// The rows' cells of one round and one class.
#[derive(Debug)]
pub(super) enum Cells {
    /// One word a row.
    Narrow { cells: Vec<u64>, packing: Packing },
    /// A number each for gradient, hessian and count.
    Wide { cells: Vec<Total> },
}

/// How precise cells must be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Precision {
    /// Every hessian is one, every row counts once: 39 bits of gradient in a word.
    Constant,
    /// Gradients and hessians are of like size in all rows, every row counts once: 15 and 12 bits,
    /// rounded up or down by a draw, so that sums are right on average.
    Drawn,
    /// Anything: as many bits as sums have room for.
    Exact,
}

/// Turns gradients of one round into cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) precision: Precision,
    packing: Packing,
    /// Units in one.
    g: f64,
    h: f64,
    /// Where draws start.
    salt: u64,
}

impl Scale {
    /// A scale for gradients of at most `most_g`, hessians of at most `most_h`, both finite, and
    /// `n` rows, repeats counted.
    pub(super) fn new(precision: Precision, most_g: f64, most_h: f64, n: u64, salt: u64) -> Self {
        let room = 62 - (64 - n.leading_zeros());
        let (g_bits, h_bits, h_sum_bits) = match precision {
            Precision::Constant => (room.min(38), 0, 0),
            Precision::Drawn => (14, 12, 24),
            // Numbers have 53 bits; finer units would be noise.
            Precision::Exact => (room.min(52), room.min(52), 0),
        };
        let units = |bits: u32, most: f64| {
            let units = ((1_u64 << bits) - 1) as f64 / most;
            if most > 0.0 && units.is_finite() { units } else { 1.0 }
        };
        Self {
            precision,
            packing: Packing { h_bits: h_sum_bits, bias: (1 << g_bits) - 1 },
            g: units(g_bits, most_g),
            h: if h_bits == 0 { 1.0 } else { units(h_bits, most_h) },
            salt,
        }
    }

    pub(super) fn units(&self) -> Units {
        Units { g: 1.0 / self.g, h: 1.0 / self.h }
    }

    /// Cells for `n` rows, all zero.
    pub(super) fn cells(&self, n: usize) -> Cells {
        match self.precision {
            Precision::Exact => Cells::Wide { cells: vec![Total::ZERO; n] },
            _ => Cells::Narrow { cells: vec![0; n], packing: self.packing },
        }
    }

    #[inline(always)]
    pub(super) fn narrow(&self, row: usize, g: f64, h: f64) -> u64 {
        let bias = self.packing.bias as f64;
        if self.precision == Precision::Constant {
            return whole((g * self.g + bias).clamp(0.0, 2.0 * bias)) << COUNT_BITS | 1;
        }
        // Rounded up as often as the fraction says.
        let draw = scramble(row as u64 ^ self.salt);
        let [low, high] = [draw & 0xffff_ffff, draw >> 32].map(|half| {
            let half = f64::from_bits(WHOLE.to_bits() | half) - WHOLE;
            half * (1.0 / 4_294_967_296.0) - 0.5
        });
        let g = whole((g * self.g + bias + low).clamp(0.0, 2.0 * bias));
        let h = whole((h * self.h + high).clamp(0.0, 4095.0));
        g << (COUNT_BITS + self.packing.h_bits) | h << COUNT_BITS | 1
    }

    #[inline(always)]
    pub(super) fn wide(&self, g: f64, h: f64, n: u32) -> Total {
        let (g, h) = ((g * self.g).round_ties_even(), (h * self.h).round_ties_even());
        Total { g: g as i64, h: h as i64, n }
    }
}

/// A stretch of a round's cells, to be written.
pub(super) enum CellsMut<'a> {
    Narrow(&'a mut [u64]),
    Wide(&'a mut [Total]),
}

impl Cells {
    /// The cells in stretches of `size`.
    pub(super) fn stretches(&mut self, size: usize) -> Vec<CellsMut<'_>> {
        match self {
            Self::Narrow { cells, .. } => cells.chunks_mut(size).map(CellsMut::Narrow).collect(),
            Self::Wide { cells } => cells.chunks_mut(size).map(CellsMut::Wide).collect(),
        }
    }

    /// The sum of some rows.
    pub(super) fn total(&self, rows: &[u32]) -> Total {
        match self {
            Self::Narrow { cells, packing } => total(cells, packing, rows),
            Self::Wide { cells } => total(cells, &Packing::NONE, rows),
        }
    }
}

fn total<Q: Quantum>(cells: &[Q], packing: &Packing, rows: &[u32]) -> Total {
    let mut sum = Total::ZERO;
    for rows in rows.chunks(BLOCK) {
        let mut block = Q::ZERO;
        rows.iter().for_each(|&row| block.add(cells[row as usize]));
        sum = sum.plus(block.unpack(packing));
    }
    sum
}

/// Rows of a leaf: some, or a stretch of all.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows<'a> {
    Some(&'a [u32]),
    All(usize),
}

impl Rows<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Some(rows) => rows.len(),
            Self::All(n) => *n,
        }
    }

    /// `n` stretches of about one length, each of whole blocks.
    pub(super) fn parts(&self, n: usize) -> Vec<Range<usize>> {
        let size = self.len().div_ceil(n.max(1)).next_multiple_of(BLOCK);
        (0..self.len()).step_by(size.max(1)).map(|at| at..(at + size).min(self.len())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_packed_cells_unpack_to_their_sums() {
        for precision in [Precision::Constant, Precision::Drawn] {
            let scale = Scale::new(precision, 1.0, 0.25, 1_000_000, 5);
            for sign in [-1.0, 1.0] {
                let cell = scale.narrow(0, sign, 0.25);
                let one = cell.unpack(&scale.packing);
                let sum = (0..BLOCK).fold(0_u64, |sum, _| sum + cell);
                let n = BLOCK as i64;
                let all = Total { g: n * one.g, h: n * one.h, n: BLOCK as u32 };
                assert_eq!(sum.unpack(&scale.packing), all);
                assert!((one.g as f64 * scale.units().g - sign).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn drawn_sums_are_right_on_average() {
        let scale = Scale::new(Precision::Drawn, 1.0, 0.25, 100_000, 9);
        let (g, h) = (-1.3e-5, 1.7e-5);
        let cells: Vec<u64> = (0..100_000).map(|row| scale.narrow(row, g, h)).collect();
        let rows: Vec<u32> = (0..100_000).collect();
        let sum = total(&cells, &scale.packing, &rows);
        let (found_g, found_h) = (sum.g as f64 * scale.units().g, sum.h as f64 * scale.units().h);
        assert!((found_g / (1e5 * g) - 1.0).abs() < 0.03, "{found_g}");
        assert!((found_h / (1e5 * h) - 1.0).abs() < 0.03, "{found_h}");
    }

    #[test]
    fn exact_cells_hold_any_scale() {
        for most in [1e-290, 1.0, 1e300] {
            let scale = Scale::new(Precision::Exact, most, most, 4_000_000_000, 0);
            let cell = scale.wide(-most, most, 3);
            assert!((cell.g as f64 * scale.units().g / most + 1.0).abs() < 1e-8);
            assert!(cell.g.checked_mul(4_000_000_000).is_some());
        }
        assert_eq!(Scale::new(Precision::Exact, 0.0, 0.0, 1, 0).wide(0.0, 0.0, 1).g, 0);
    }
}
