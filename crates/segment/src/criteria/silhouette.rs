//! The silhouette.

use patronage_core::{Features, SegmentIdx};
use pulp::{Simd, WithSimd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Partition;
use crate::error::{Error, ErrorKind};
use crate::parallel;
use crate::simd;

/// Rows of one panel: their cells stand column by column, so that a panel is done in vector registers.
const PANEL: usize = 32;

/// Vector registers at work on a panel, of at most eight numbers each.
const ABREAST: usize = 4;

/// Rows that one piece of work asks about.
const ASKED: usize = 128;

/// A mean silhouette, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Silhouette {
    /// The mean over rows, in `[-1, 1]`.
    pub mean: f64,
    /// The standard error of the mean from sampling rows; 0 when all rows were asked.
    pub standard_error: f64,
    /// The number of rows asked.
    pub n_asked: usize,
}

/// The mean silhouette: how much nearer rows are to their own cluster than to the next; higher is better.
///
/// ```text
/// sᵢ = (bᵢ − aᵢ) / max(aᵢ, bᵢ)
/// ```
///
/// with `aᵢ` the mean distance to the other rows of the own cluster and `bᵢ` the least mean
/// distance to the rows of another; 0 in a cluster of one row, or where both are 0. `segments`
/// gives the cluster of each row. Exact, O(n_rows² · n_columns), in parallel; from some ten
/// thousand rows [`silhouette_sampled`] is the one to use.
///
/// # Errors
///
/// When there is not one segment for each row, there are fewer than two clusters or as many as
/// rows, a column is a category, or a cell is not a finite number.
///
/// # References
///
/// P. Rousseeuw (1987), Silhouettes: a graphical aid to the interpretation and validation of
/// cluster analysis.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Schema, SegmentIdx, silhouette};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let rows = FeatureTable::new(schema, array![[0.0], [1.0], [4.0], [5.0]])?;
/// let segments = [0, 0, 1, 1].map(SegmentIdx::new);
/// // a = 1 for every row; b = 4.5 for the outer rows and 3.5 for the inner.
/// let expected = (3.5 / 4.5 + 2.5 / 3.5) / 2.0;
/// assert!((silhouette(&rows, &segments)?.mean - expected).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn silhouette<F: Features + ?Sized>(
    features: &F,
    segments: &[SegmentIdx],
) -> Result<Silhouette, Error> {
    let partition = Partition::new(features, segments)?;
    Ok(exact(&partition))
}

/// The silhouette of every row, in the order of rows; as [`silhouette`], whose mean it has.
///
/// # Errors
///
/// As [`silhouette`].
pub fn silhouette_of_rows<F: Features + ?Sized>(
    features: &F,
    segments: &[SegmentIdx],
) -> Result<Vec<f64>, Error> {
    let partition = Partition::new(features, segments)?;
    let asked: Vec<usize> = (0..partition.rows.n).collect();
    let mut out = vec![0.0; asked.len()];
    for (position, value) in ask(&partition, &asked).into_iter().enumerate() {
        out[partition.order[position] as usize] = value;
    }
    Ok(out)
}

/// The mean silhouette of `n_asked` rows drawn without replacement, each measured against all rows.
///
/// Unbiased for [`silhouette`]; the standard error is that of a sample without replacement. Costs
/// O(n_asked · n_rows · n_columns). With as many rows asked as there are, it is exact.
///
/// # Errors
///
/// As [`silhouette`]; also when `n_asked` is below 2.
pub fn silhouette_sampled<F: Features + ?Sized>(
    features: &F,
    segments: &[SegmentIdx],
    n_asked: usize,
    seed: u64,
) -> Result<Silhouette, Error> {
    if n_asked < 2 {
        let (name, expected) = ("n_asked", "at least 2");
        return Err(ErrorKind::Parameter { name, expected, found: n_asked as f64 }.into());
    }
    Ok(sampled(&Partition::new(features, segments)?, n_asked, seed))
}

pub(super) fn exact(partition: &Partition<'_>) -> Silhouette {
    let asked: Vec<usize> = (0..partition.rows.n).collect();
    let values = ask(partition, &asked);
    let n = values.len();
    Silhouette { mean: values.iter().sum::<f64>() / n as f64, standard_error: 0.0, n_asked: n }
}

pub(super) fn sampled(partition: &Partition<'_>, n_asked: usize, seed: u64) -> Silhouette {
    let n = partition.rows.n;
    if n_asked >= n {
        return exact(partition);
    }
    // Partial Fisher-Yates over positions in cluster order, then ascending for locality.
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut asked: Vec<usize> = (0..n).collect();
    for i in 0..n_asked {
        asked.swap(i, rng.random_range(i..n));
    }
    asked.truncate(n_asked);
    asked.sort_unstable();
    let values = ask(partition, &asked);
    let m = n_asked as f64;
    let mean = values.iter().sum::<f64>() / m;
    let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (m - 1.0);
    let standard_error = (square / m * (1.0 - m / n as f64)).sqrt();
    Silhouette { mean, standard_error, n_asked }
}

/// The silhouettes of rows by their positions in cluster order.
fn ask(partition: &Partition<'_>, asked: &[usize]) -> Vec<f64> {
    let panels = Panels::new(partition);
    let ranges: Vec<_> = parallel::ranges(asked.len(), ASKED).collect();
    parallel::map(ranges.len(), |r| {
        simd::dispatch(Ask { partition, panels: &panels, asked: &asked[ranges[r].clone()] })
    })
    .concat()
}

/// One piece of work.
struct Ask<'a> {
    partition: &'a Partition<'a>,
    panels: &'a Panels,
    asked: &'a [usize],
}

impl WithSimd for Ask<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let Self { partition, panels, asked } = self;
        let mut sums = vec![0.0; partition.k()];
        let mut values = Vec::with_capacity(asked.len());
        for &position in asked {
            let row = partition.rows.row(partition.order[position] as usize);
            panels.sums(simd, row, &mut sums);
            let own = partition.starts.partition_point(|&start| start <= position) - 1;
            values.push(value(partition, own, &sums));
        }
        values
    }
}

fn value(partition: &Partition<'_>, own: usize, sums: &[f64]) -> f64 {
    let size = partition.size(own);
    if size == 1 {
        return 0.0;
    }
    let a = sums[own] / (size - 1) as f64;
    let b = sums
        .iter()
        .enumerate()
        .filter(|&(c, _)| c != own)
        .map(|(c, sum)| sum / partition.size(c) as f64)
        .fold(f64::INFINITY, f64::min);
    let larger = a.max(b);
    if larger == 0.0 { 0.0 } else { (b - a) / larger }
}

/// Rows of each cluster in panels, column by column.
struct Panels {
    d: usize,
    /// `PANEL * d` cells each.
    cells: Vec<f64>,
    /// The cluster of each panel and its number of rows.
    of: Vec<(usize, usize)>,
}

impl Panels {
    fn new(partition: &Partition<'_>) -> Self {
        let d = partition.rows.d;
        let mut panels = Self { d, cells: Vec::new(), of: Vec::new() };
        for cluster in 0..partition.k() {
            let members: Vec<&[f64]> = partition.members(cluster).collect();
            for rows in members.chunks(PANEL) {
                let start = panels.cells.len();
                panels.cells.resize(start + PANEL * d, 0.0);
                for (lane, row) in rows.iter().enumerate() {
                    for (column, &cell) in row.iter().enumerate() {
                        panels.cells[start + column * PANEL + lane] = cell;
                    }
                }
                panels.of.push((cluster, rows.len()));
            }
        }
        panels
    }

    /// The sums of distances of `row` to the rows of each cluster.
    ///
    /// Products and sums are not fused, so that they are the same on every processor.
    #[inline(always)]
    fn sums<S: Simd>(&self, simd: S, row: &[f64], sums: &mut [f64]) {
        let per = PANEL / S::F64_LANES;
        sums.fill(0.0);
        for (cells, &(cluster, n_rows)) in self.cells.chunks_exact(PANEL * self.d).zip(&self.of) {
            let (cells, _) = S::as_simd_f64s(cells);
            let mut distances = [0.0; PANEL];
            let (out, _) = S::as_mut_simd_f64s(&mut distances);
            for first in (0..per).step_by(ABREAST) {
                let mut squares = [simd.splat_f64s(0.0); ABREAST];
                for (column, &cell) in cells.chunks_exact(per).zip(row) {
                    let cell = simd.splat_f64s(cell);
                    for v in 0..ABREAST {
                        let off = simd.sub_f64s(column[first + v], cell);
                        squares[v] = simd.add_f64s(squares[v], simd.mul_f64s(off, off));
                    }
                }
                for v in 0..ABREAST {
                    out[first + v] = simd.sqrt_f64s(squares[v]);
                }
            }
            distances[n_rows..].fill(0.0);
            let mut lanes = [0.0; 8];
            for eight in distances.as_chunks::<8>().0 {
                for lane in 0..8 {
                    lanes[lane] += eight[lane];
                }
            }
            sums[cluster] += ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
                + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
        }
    }
}
