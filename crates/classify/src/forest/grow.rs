//! Trees grown by chance, of classes or of numbers.

use ndarray::Axis;
use patronage_core::{Label, Labeled, row_slice};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Params;
use crate::par::{self, Threads};
use crate::sample::Sample;
use crate::tree::coarse::Coarse;
use crate::tree::codes::Coded;
use crate::tree::draw::{Cuts, Draw};
use crate::tree::grow::{Grower, Grown};
use crate::tree::nodes::Nodes;
use crate::tree::target::Target;

/// Trees grown at a time, so that what is kept out of bag stays small whatever their number.
const AT_A_TIME: usize = 32;

/// What the trees of a forest share.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) params: &'a Params,
    pub(super) sample: &'a Sample,
    pub(super) coded: &'a Coded,
    pub(super) coarse: &'a Coarse,
}

impl Plan<'_> {
    /// Grows the trees side by side and takes them in order.
    pub(super) fn for_each_tree<T: Send>(
        &self,
        grow: impl Fn(usize) -> T + Sync + Send,
        mut take: impl FnMut(T),
    ) {
        let n_trees = self.params.n_trees;
        for first in (0..n_trees).step_by(AT_A_TIME) {
            let n = AT_A_TIME.min(n_trees - first);
            par::map(n, Threads::Many, |i| grow(first + i)).into_iter().for_each(&mut take);
        }
    }

    /// Grows a tree of the target made from the weights of the rows; with it how often each row
    /// was drawn, where rows are drawn.
    pub(super) fn grow<T: Target>(
        &self,
        tree: usize,
        target: impl FnOnce(Vec<f64>) -> T,
    ) -> (Grown, Option<Vec<u32>>) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.params.seed);
        rng.set_stream(tree as u64);
        let sample = self.sample;
        let drawn = match self.params.cuts {
            Cuts::Best => Some(bootstrap(&sample.counts, &mut rng)),
            Cuts::Drawn => None,
        };
        let counts = drawn.as_deref().unwrap_or(&sample.counts);
        let weights = sample
            .weights
            .iter()
            .zip(&sample.counts)
            .zip(counts)
            .map(|((&weight, &once), &drawn)| weight / f64::from(once) * f64::from(drawn))
            .collect();
        let target = target(weights);
        // A row drawn thrice is one row's evidence: leaves are bounded in distinct rows.
        let once = counts.iter().all(|&n| n == 1);
        let distinct: Option<Vec<u32>> =
            (!once).then(|| counts.iter().map(|&n| n.min(1)).collect());
        let n_columns = self.params.columns.of(self.coded.columns.len());
        let grower = Grower {
            coded: self.coded,
            target: &target,
            counts: distinct.as_deref().unwrap_or(counts),
            whole: sample.whole && once,
            limits: self.params.shape.limits(),
            coarse: Some(self.coarse),
            draw: Some(Draw { n_columns, cuts: self.params.cuts, seed: rng.random() }),
            threads: Threads::One,
        };
        let rows = (0..sample.len() as u32).filter(|&row| counts[row as usize] > 0).collect();
        (grower.grow(rows), drawn)
    }

    /// The leaves of the rows that were not drawn.
    pub(super) fn outside<Y: Label>(
        &self,
        nodes: &Nodes,
        drawn: &[u32],
        data: &Labeled<'_, Y>,
    ) -> Vec<(u32, u32)> {
        let mut buffer = Vec::new();
        let rows = drawn.iter().zip(0_u32..).filter(|&(&n, _)| n == 0);
        rows.map(|(_, row)| {
            let at = self.sample.rows[row as usize] as usize;
            let cells = data.table().index_axis_move(Axis(0), at);
            (row, nodes.leaf(row_slice(cells, &mut buffer)) as u32)
        })
        .collect()
    }
}

/// How often each row comes up in as many draws as there are rows, repeats counted.
fn bootstrap(counts: &[u32], rng: &mut ChaCha8Rng) -> Vec<u32> {
    let expanded: Vec<u32> = counts
        .iter()
        .zip(0..)
        .flat_map(|(&count, row)| std::iter::repeat_n(row, count as usize))
        .collect();
    let mut drawn = vec![0; counts.len()];
    for _ in 0..expanded.len() {
        drawn[expanded[rng.random_range(0..expanded.len())] as usize] += 1;
    }
    drawn
}
