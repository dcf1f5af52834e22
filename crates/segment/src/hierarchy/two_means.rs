//! One cluster cut in two.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::kmeans::metric::square;
use crate::parallel;

/// Rows in one piece of work; sums are ordered by pieces.
const BLOCK: usize = 8192;

/// A cluster cut in two.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// What the rows were nearest to when they were told apart.
    pub(super) poles: [Vec<f64>; 2],
    /// For each row whether it belongs to the second half.
    pub(super) second: Vec<bool>,
    pub(super) halves: [Half; 2],
}

/// One half of a cut, or a cluster as it stands.
#[derive(Clone, Debug)]
pub(super) struct Half {
    pub(super) mean: Vec<f64>,
    pub(super) n: usize,
    pub(super) inertia: f64,
}

/// What a cluster is: its mean, its rows and their squared distances to it.
pub(super) fn whole(cells: &[f64], d: usize) -> Half {
    let n = cells.len() / d;
    let sums = in_blocks(cells, d, |_, rows| {
        let mut sum = vec![0.0; d];
        for row in rows.chunks_exact(d) {
            sum.iter_mut().zip(row).for_each(|(sum, cell)| *sum += cell);
        }
        sum
    });
    let mut mean = vec![0.0; d];
    for sum in sums {
        mean.iter_mut().zip(sum).for_each(|(mean, sum)| *mean += sum);
    }
    mean.iter_mut().for_each(|mean| *mean /= n as f64);
    let own = in_blocks(cells, d, |_, rows| {
        rows.chunks_exact(d).map(|row| square(row, &mean)).sum::<f64>()
    });
    Half { n, inertia: own.iter().sum(), mean }
}

/// Cuts rows by 2-means, the best of `n_starts` starts; none where there is nothing to cut.
///
/// The first start lies one deviation to either side of the mean along the widest column, the
/// others are drawn by k-means++.
pub(super) fn cut(
    cells: &[f64],
    d: usize,
    of: &Half,
    n_starts: usize,
    max_iter: usize,
    (seed, stream): (u64, u64),
) -> Option<Cut> {
    if of.n < 2 || of.inertia <= 0.0 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    let starts = (0..n_starts).map(|start| match start {
        0 => along_widest(cells, d, of),
        _ => plus_plus(cells, d, &mut rng),
    });
    let cuts = starts.filter_map(|poles| two_means(cells, d, poles, max_iter));
    let inertia = |cut: &Cut| cut.halves[0].inertia + cut.halves[1].inertia;
    cuts.reduce(|a, b| if inertia(&b) < inertia(&a) { b } else { a })
}

fn along_widest(cells: &[f64], d: usize, of: &Half) -> [Vec<f64>; 2] {
    let parts = in_blocks(cells, d, |_, rows| {
        let mut squares = vec![0.0; d];
        for row in rows.chunks_exact(d) {
            for ((square, cell), mean) in squares.iter_mut().zip(row).zip(&of.mean) {
                *square += (cell - mean) * (cell - mean);
            }
        }
        squares
    });
    let mut squares = vec![0.0; d];
    for part in parts {
        squares.iter_mut().zip(part).for_each(|(square, part)| *square += part);
    }
    let widest = (0..d).fold(0, |best, c| if squares[c] > squares[best] { c } else { best });
    let deviation = (squares[widest] / of.n as f64).sqrt();
    let mut poles = [of.mean.clone(), of.mean.clone()];
    poles[0][widest] -= deviation;
    poles[1][widest] += deviation;
    poles
}

fn plus_plus(cells: &[f64], d: usize, rng: &mut ChaCha8Rng) -> [Vec<f64>; 2] {
    let n = cells.len() / d;
    let row = |i: usize| &cells[i * d..(i + 1) * d];
    let first = row(rng.random_range(0..n));
    let total: f64 = cells.chunks_exact(d).map(|row| square(row, first)).sum();
    let mut rest = rng.random::<f64>() * total;
    let second = cells.chunks_exact(d).position(|row| {
        rest -= square(row, first);
        rest < 0.0
    });
    [first.to_vec(), row(second.unwrap_or(n - 1)).to_vec()]
}

/// Lloyd's iterations of two centres.
fn two_means(cells: &[f64], d: usize, mut poles: [Vec<f64>; 2], max_iter: usize) -> Option<Cut> {
    let n = cells.len() / d;
    let mut second = vec![false; n];
    for n_iter in 1.. {
        let mut blocks: Vec<&mut [bool]> = second.chunks_mut(BLOCK).collect();
        let poles_now = &poles;
        let parts = parallel::map_mut(&mut blocks, |block, second| {
            let rows = &cells[block * BLOCK * d..][..second.len() * d];
            let mut part = Part { sums: vec![0.0; 2 * d], n_second: 0, n_changed: 0 };
            for (row, second) in rows.chunks_exact(d).zip(second.iter_mut()) {
                let now = square(row, &poles_now[1]) < square(row, &poles_now[0]);
                part.n_changed += usize::from(now != *second);
                part.n_second += usize::from(now);
                *second = now;
                let sum = if now { &mut part.sums[d..] } else { &mut part.sums[..d] };
                sum.iter_mut().zip(row).for_each(|(sum, cell)| *sum += cell);
            }
            part
        });
        let mut all = Part { sums: vec![0.0; 2 * d], n_second: 0, n_changed: 0 };
        for part in parts {
            all.sums.iter_mut().zip(part.sums).for_each(|(sum, part)| *sum += part);
            all.n_second += part.n_second;
            all.n_changed += part.n_changed;
        }
        if all.n_second == 0 || all.n_second == n {
            return None;
        }
        let n_of = [n - all.n_second, all.n_second];
        let mean = |half: usize| -> Vec<f64> {
            all.sums[half * d..(half + 1) * d].iter().map(|sum| sum / n_of[half] as f64).collect()
        };
        let means = [mean(0), mean(1)];
        if n_iter == max_iter || (n_iter > 1 && all.n_changed == 0) {
            let halves = inertias(cells, d, &second, &means);
            let [first, other] = means;
            let half = |mean, half: usize| Half { mean, n: n_of[half], inertia: halves[half] };
            return Some(Cut { poles, second, halves: [half(first, 0), half(other, 1)] });
        }
        poles = means;
    }
    unreachable!("iterations end at their upper bound")
}

struct Part {
    sums: Vec<f64>,
    n_second: usize,
    n_changed: usize,
}

fn inertias(cells: &[f64], d: usize, second: &[bool], means: &[Vec<f64>; 2]) -> [f64; 2] {
    let parts = in_blocks(cells, d, |block, rows| {
        let mut own = [0.0; 2];
        for (row, &second) in rows.chunks_exact(d).zip(&second[block * BLOCK..]) {
            own[usize::from(second)] += square(row, &means[usize::from(second)]);
        }
        own
    });
    parts.iter().fold([0.0; 2], |all, part| [all[0] + part[0], all[1] + part[1]])
}

fn in_blocks<R: Send>(
    cells: &[f64],
    d: usize,
    work: impl Fn(usize, &[f64]) -> R + Send + Sync,
) -> Vec<R> {
    let size = BLOCK * d;
    parallel::map(cells.len().div_ceil(size), |block| {
        work(block, &cells[block * size..((block + 1) * size).min(cells.len())])
    })
}
