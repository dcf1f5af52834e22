//! Lloyd's iterations.

use super::bounds::{Block, Centres};
use super::frame::Frame;
use super::metric::{Width, square, with_width};
use super::search::{All, Doubtful};
use super::stripes::{self, Striped};
use super::update::Sums;
use super::{Algorithm, Metric};
use crate::data::{Rows, direction};
use crate::float::Float;
use crate::parallel;
use crate::simd;

/// Rows in one block of work; blocks are what threads share and sums are ordered by.
pub(super) const BLOCK: usize = 4096;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_iter: usize,
    /// On the sum of squared shifts of the centres, at the scale of the rows.
    pub(super) tolerance: f64,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) metric: Metric,
}

/// Where the iterations ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) centres: Vec<f64>,
    /// The nearest centre of each row.
    pub(crate) labels: Vec<u32>,
    pub(crate) inertia: f64,
    pub(crate) n_iter: usize,
    pub(crate) converged: bool,
    /// How nearest centres were found, where there was a choice.
    pub(crate) algorithm: Option<Algorithm>,
}

/// Lloyd's iterations from `centres`, row-major, at least one.
pub(super) fn lloyd<T: Float>(rows: &Rows<'_, T>, centres: Vec<f64>, limits: Limits) -> Run {
    State::new(rows, centres, limits).run(limits)
}

/// The nearest of `centres`, row-major, to each row; of equals the first.
pub(super) fn nearest_all<T: Float>(rows: &Rows<'_, T>, centres: &[f64]) -> Vec<u32> {
    let limits = Limits { max_iter: 0, tolerance: 0.0, algorithm: None, metric: Metric::Euclidean };
    let mut state = State::new(rows, centres.to_vec(), limits);
    state.assign(Search::All);
    state.blocks.iter().flat_map(|block| &block.labels).copied().collect()
}

/// Whether rows are so narrow and centres so few that all distances cost no more than bounds.
fn few(d: usize, k: usize) -> bool {
    d <= 16 && k * (d + 2) <= 512
}

#[derive(Debug)]
struct State<'a, T: Float> {
    rows: &'a Rows<'a, T>,
    algorithm: Algorithm,
    metric: Metric,
    striped: bool,
    centres: Centres,
    blocks: Vec<Block>,
    sums: Sums,
}

impl<'a, T: Float> State<'a, T> {
    fn new(rows: &'a Rows<'a, T>, cells: Vec<f64>, limits: Limits) -> Self {
        let d = rows.d;
        let k = cells.len() / d;
        let algorithm = limits.algorithm.unwrap_or(match k {
            _ if few(d, k) => Algorithm::Lloyd,
            ..=16 => Algorithm::Hamerly,
            _ => Algorithm::Yinyang,
        });
        let striped = algorithm == Algorithm::Lloyd && d <= 16;
        let one_group = algorithm == Algorithm::Hamerly;
        let centres = Centres::new(Frame::new(rows), cells, d, one_group);
        let ranges: Vec<_> = parallel::ranges(rows.n, BLOCK).collect();
        let blocks = parallel::map(ranges.len(), |r| {
            let range = ranges[r].clone();
            if striped { stripes::block(&centres, rows, range) } else { centres.block(rows, range) }
        });
        let (metric, sums) = (limits.metric, Sums::new(k, d));
        Self { rows, algorithm, metric, striped, centres, blocks, sums }
    }

    fn run(mut self, limits: Limits) -> Run {
        let mut converged = false;
        let mut n_iter = 0;
        // Whether labels are those of the centres as they stand.
        let mut settled = false;
        self.assign(Search::All);
        self.sum_afresh();
        while n_iter < limits.max_iter {
            n_iter += 1;
            if n_iter > 1 && self.assign(Search::Doubtful) == 0 {
                // Sums kept by differences have drifted by rounding: the fixed point is checked
                // on sums made afresh.
                self.sum_afresh();
                self.update();
                if self.assign(Search::Doubtful) == 0 {
                    (converged, settled) = (true, true);
                    break;
                }
            }
            let shift = self.update();
            if shift <= limits.tolerance && limits.tolerance > 0.0 {
                converged = true;
                break;
            }
        }
        if !settled {
            self.assign(Search::Doubtful);
        }
        let inertia = self.inertia();
        let labels = self.blocks.iter().flat_map(|block| &block.labels).copied().collect();
        let algorithm = Some(self.algorithm);
        Run { centres: self.centres.cells, labels, inertia, n_iter, converged, algorithm }
    }

    /// Finds the nearest centre of every row; says how many labels changed.
    fn assign(&mut self, search: Search) -> usize {
        let (rows, striped, bounded) =
            (self.rows, self.striped, self.algorithm != Algorithm::Lloyd);
        if bounded && search == Search::Doubtful {
            self.centres.measure_gaps();
        }
        let centres = &self.centres;
        parallel::map_mut(&mut self.blocks, |_, block| match search {
            _ if striped => simd::dispatch(Striped { centres, rows, block }),
            Search::Doubtful if bounded => simd::dispatch(Doubtful { centres, rows, block }),
            _ => simd::dispatch(All { centres, rows, block }),
        });
        match search {
            // Sums are made afresh from there.
            Search::All => 0,
            Search::Doubtful => self.sums.take_in(rows, &self.blocks),
        }
    }

    /// Sums rows by label.
    fn sum_afresh(&mut self) {
        self.sums = Sums::of(self.centres.k, self.rows, &self.blocks);
    }

    /// Moves centres to the means of their rows; gives the sum of squared shifts.
    fn update(&mut self) -> f64 {
        let d = self.centres.d;
        self.fill_empty();
        let mut drifts = vec![0.0; self.centres.k];
        let mut shift = 0.0;
        let mut mean_of = Vec::with_capacity(d);
        for (c, centre) in self.centres.cells.chunks_exact_mut(d).enumerate() {
            let Some(mean) = self.sums.mean(c) else { continue };
            let mut square = 0.0;
            mean_of.clear();
            mean_of.extend(mean);
            // Rows that cancel each other out have no mean direction: the centre stays.
            if self.metric == Metric::Cosine && !direction(&mut mean_of) {
                continue;
            }
            for (old, &new) in centre.iter_mut().zip(&mean_of) {
                square += (new - *old) * (new - *old);
                *old = new;
            }
            // A hair more than measured, so that rounding never makes a bound too tight.
            drifts[c] = square.sqrt() * (1.0 + 1e-12);
            shift += square;
        }
        self.centres.moved(&drifts);
        shift
    }

    /// Gives every cluster without rows the row farthest from its own centre, where one lies off its centre.
    fn fill_empty(&mut self) {
        for empty in 0..self.centres.k {
            if !self.sums.is_empty(empty) {
                continue;
            }
            // Where every row lies on its centre there are fewer distinct rows than clusters.
            let Some(position) = self.farthest() else { return };
            let block = &mut self.blocks[position / BLOCK];
            let i = position - block.start;
            let from = std::mem::replace(&mut block.labels[i], empty as u32);
            block.forget(i);
            let (row, weight) = (self.rows.row(position), self.rows.weight(position));
            self.sums.move_row(row, weight, from, empty as u32);
        }
    }

    /// The row that adds most to the inertia among those that do not stand alone in their cluster.
    fn farthest(&self) -> Option<usize> {
        let (rows, centres, sums) = (self.rows, &self.centres, &self.sums);
        let blocks = &self.blocks;
        parallel::map(blocks.len(), |b| {
            let mut best = (0.0, None);
            for (i, &label) in blocks[b].labels.iter().enumerate() {
                let position = blocks[b].start + i;
                if sums.n_rows(label as usize) > 1 {
                    let centre = centres.centre(label as usize);
                    let part = rows.weight(position) * square(rows.row(position), centre);
                    if part > best.0 {
                        best = (part, Some(position));
                    }
                }
            }
            best
        })
        .into_iter()
        .fold((0.0, None), |best, found| if found.0 > best.0 { found } else { best })
        .1
    }

    fn inertia(&self) -> f64 {
        let (rows, centres, blocks) = (self.rows, &self.centres, &self.blocks);
        let parts = parallel::map(blocks.len(), |b| {
            let mut sum = 0.0;
            with_width!(centres.d, width => {
                for (i, &label) in blocks[b].labels.iter().enumerate() {
                    let position = blocks[b].start + i;
                    let centre = centres.centre(label as usize);
                    sum += rows.weight(position) * width.square(rows.row(position), centre);
                }
            });
            sum
        });
        parts.iter().sum()
    }
}

/// Which rows a search looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Search {
    All,
    /// Those of which bounds do not say that their centre is still the nearest.
    Doubtful,
}
