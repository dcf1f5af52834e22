//! Rows and centres as single floats, and how far their distances may be off.
//!
//! Searching the nearest centre in single floats is a filter: where the next centre lies within
//! the error of the nearest, [`metric`](super::metric) decides in double precision. So the answer
//! is that of double precision, whatever the vector registers.

use crate::data::Rows;
use crate::float::Float;

/// Centres side by side in one panel, and rows in one stripe.
pub(super) const PANEL: usize = 16;

/// Distances from here on say nothing.
pub(super) const FAR: f32 = 1e14;

/// Half a unit in the last place of a single float.
const UNIT: f64 = 1.0 / (1_u64 << 24) as f64;

/// Rows that the means are taken of.
const SAMPLED: usize = 1024;

/// Numbers about 1, as single floats: `(x - mean) * scale`, by a sample of the rows.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    means: Vec<f64>,
    /// A power of two.
    pub(super) scale: f64,
    /// The share of a row's length, and of a distance, by which a distance may be off.
    of_length: f64,
    of_distance: f64,
    least: f64,
}

impl Frame {
    pub(super) fn new<T: Float>(rows: &Rows<'_, T>) -> Self {
        let d = rows.d;
        let mut means = vec![0.0; d];
        let step = rows.n.div_ceil(SAMPLED).max(1);
        let sampled = rows.n.div_ceil(step) as f64;
        let sample = || (0..rows.n).step_by(step).map(|i| rows.row(i));
        for row in sample() {
            means.iter_mut().zip(row).for_each(|(mean, cell)| *mean += cell.to_f64() / sampled);
        }
        let off = |row: &[T]| {
            let off = row.iter().zip(&means).map(|(cell, mean)| (cell.to_f64() - mean).abs());
            off.fold(0.0, f64::max)
        };
        let largest = sample().map(off).fold(0.0, f64::max);
        let scale = if largest > 0.0 { (-largest.log2().ceil()).exp2() } else { 1.0 };
        // Rounding of the cells: 2.1 units of the row's length and of the distance. Squares summed
        // one after the other and numbered in their last four bits: half a unit a column and 18
        // units. What vanishes below the smallest number, at most 2e-19 a column.
        let many = 1.0 + d as f64 * UNIT;
        Self {
            means,
            scale,
            of_length: 2.5 * UNIT * many,
            of_distance: (0.5 * d as f64 + 24.0) * UNIT * many,
            least: 2e-19 * (d as f64).sqrt(),
        }
    }

    /// The number in this frame; centres far beyond all rows are cut off.
    #[inline(always)]
    pub(super) fn cell(&self, column: usize, cell: f64) -> f32 {
        ((cell - self.means[column]) * self.scale).clamp(-1e15, 1e15) as f32
    }

    /// The row in this frame and its length; infinite where a number is too large for distances.
    #[inline(always)]
    pub(super) fn row<T: Float>(&self, row: &[T], out: &mut [f32]) -> f32 {
        let (mut square, mut most) = (0.0_f32, 0.0_f64);
        for ((out, &cell), &mean) in out.iter_mut().zip(row).zip(&self.means) {
            let cell = (cell.to_f64() - mean) * self.scale;
            most = most.max(cell.abs());
            *out = cell.clamp(-1e15, 1e15) as f32;
            square += *out * *out;
        }
        if most < 1e15 { square.sqrt() } else { f32::INFINITY }
    }

    /// A distance at most the true one, from the computed square for a row of that length.
    #[inline(always)]
    pub(super) fn lower(&self, square: f32, length: f32) -> f64 {
        let distance = f64::from(square).sqrt();
        distance * (1.0 - self.of_distance) - self.of_length * f64::from(length) - self.least
    }

    /// A distance at least the true one.
    #[inline(always)]
    pub(super) fn upper(&self, square: f32, length: f32) -> f64 {
        let distance = f64::from(square).sqrt();
        if distance > f64::from(FAR) {
            return super::bounds::FAR;
        }
        distance * (1.0 + self.of_distance) + self.of_length * f64::from(length) + self.least
    }

    /// The factors of [`lower`](Self::lower) as single floats, rounded up.
    pub(super) fn singles(&self) -> [f32; 3] {
        [self.of_length, self.of_distance + 3.0 * UNIT, self.least].map(|x| (x * 1.01) as f32)
    }
}

/// Centres in panels of [`PANEL`], column by column.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    pub(super) d: usize,
    /// `d * PANEL` cells each.
    pub(super) cells: Vec<f32>,
    /// The centre of each place; `u32::MAX` where there is none.
    pub(super) centre_of: Vec<u32>,
    /// The place of each centre.
    pub(super) place_of: Vec<u32>,
}

impl Panels {
    /// Panels of the centres listed.
    pub(super) fn new(d: usize, k: usize, panels: &[Vec<u32>]) -> Self {
        let mut centre_of = vec![u32::MAX; panels.len() * PANEL];
        let mut place_of = vec![0; k];
        for (p, members) in panels.iter().enumerate() {
            for (lane, &centre) in members.iter().enumerate() {
                centre_of[p * PANEL + lane] = centre;
                place_of[centre as usize] = (p * PANEL + lane) as u32;
            }
        }
        // Empty places lie beyond all rows.
        Self { d, cells: vec![1e16; panels.len() * PANEL * d], centre_of, place_of }
    }

    pub(super) fn n(&self) -> usize {
        self.centre_of.len() / PANEL
    }

    pub(super) fn set(&mut self, centre: usize, cells: &[f32]) {
        let place = self.place_of[centre] as usize;
        let panel = &mut self.cells[place / PANEL * PANEL * self.d..];
        for (column, &cell) in cells.iter().enumerate() {
            panel[column * PANEL + place % PANEL] = cell;
        }
    }

    #[inline(always)]
    pub(super) fn panel(&self, p: usize) -> &[f32] {
        &self.cells[p * PANEL * self.d..(p + 1) * PANEL * self.d]
    }
}

/// Balanced panels of centres near each other: halves along the widest column, again and again.
pub(super) fn divide(d: usize, cells: &[f64]) -> Vec<Vec<u32>> {
    let k = cells.len() / d;
    let mut panels = Vec::new();
    let mut members: Vec<u32> = (0..k as u32).collect();
    split(d, cells, &mut members, k.div_ceil(PANEL), &mut panels);
    panels
}

fn split(
    d: usize,
    cells: &[f64],
    members: &mut [u32],
    n_panels: usize,
    panels: &mut Vec<Vec<u32>>,
) {
    if n_panels <= 1 {
        panels.push(members.to_vec());
        return;
    }
    let cell = |c: u32, column: usize| cells[c as usize * d + column];
    let spread = |column: usize| {
        let ends = members.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &c| {
            (low.min(cell(c, column)), high.max(cell(c, column)))
        });
        ends.1 - ends.0
    };
    let widest = (0..d).map(|column| (spread(column), column));
    let widest = widest.fold((-1.0, 0), |best, found| if found.0 > best.0 { found } else { best });
    members.sort_by(|&a, &b| cell(a, widest.1).total_cmp(&cell(b, widest.1)).then(a.cmp(&b)));
    let left = n_panels / 2;
    let (a, b) = members.split_at_mut(members.len() * left / n_panels);
    split(d, cells, a, left, panels);
    split(d, cells, b, n_panels - left, panels);
}
