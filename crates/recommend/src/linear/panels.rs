//! All scores of a factor model, and the best of them without computing all.

use patronage_core::{ItemIdx, ScoredItem, rank};
use pulp::{Simd, WithSimd};

use super::{Rows, dispatch};

/// Items side by side in a panel.
const PANEL: usize = 16;

/// Panels whose scores are computed together, for one request and for [`BATCH`].
const ALONE: usize = 8;
const TOGETHER: usize = 3;

/// Requests whose scores are computed together.
const BATCH: usize = 8;

/// Requests that pass over the items together.
const BLOCK: usize = 64;

/// How far a score may exceed the product of the norms by rounding.
const SLACK: f32 = 1.0 + 1e-4;

/// Items' factors, by descending norm, laid out so that sixteen scores are summed side by side.
///
/// The score of an item is summed in the order of the factors, whether it is computed alone, with
/// others, or for many requests: the same bits. An item whose norm times that of the request is
/// less than the k-th best score so far cannot be among the best, nor can any after it.
#[derive(Clone, Debug)]
pub(crate) struct Panels {
    d: usize,
    /// The item at each place.
    items: Vec<u32>,
    /// The greatest norm of each panel, rounded up.
    norms: Vec<f32>,
    /// `cells[(panel * d + factor) * PANEL + place]`.
    cells: Rows,
}

/// Which items may be answered to one request.
pub(crate) struct Allowed<'a> {
    /// Those left out, ascending.
    pub(crate) seen: &'a [u32],
    pub(crate) allow: Option<&'a (dyn Fn(ItemIdx) -> bool + Sync)>,
}

impl Allowed<'_> {
    fn passes(&self, item: u32) -> bool {
        self.seen.binary_search(&item).is_err()
            && self.allow.is_none_or(|allow| allow(ItemIdx::new(item)))
    }
}

impl Panels {
    pub(crate) fn new(factors: &Rows) -> Self {
        let (n, d) = (factors.n(), factors.d());
        let norm = |i: usize| {
            let values = factors.values(i).iter().map(|&x| f64::from(x));
            values.map(|x| x * x).sum::<f64>().sqrt() as f32
        };
        let norms: Vec<f32> = (0..n).map(norm).collect();
        let mut items: Vec<u32> = (0..n as u32).collect();
        items.sort_by(|&a, &b| norms[b as usize].total_cmp(&norms[a as usize]).then(a.cmp(&b)));
        let mut cells = Rows::zeros(n.div_ceil(PANEL) * d, PANEL);
        for (place, &item) in items.iter().enumerate() {
            for (k, &x) in factors.values(item as usize).iter().enumerate() {
                cells.row_mut(place / PANEL * d + k)[place % PANEL] = x;
            }
        }
        let firsts = items.chunks(PANEL).map(|panel| norms[panel[0] as usize] * SLACK);
        let norms = firsts.collect();
        Self { d, items, norms, cells }
    }

    fn panel(&self, p: usize) -> &[f32] {
        let size = self.d * PANEL;
        &self.cells.all()[p * size..(p + 1) * size]
    }

    fn n_panels(&self) -> usize {
        self.norms.len()
    }

    /// The score of every item, into its place.
    pub(crate) fn scores(&self, x: &[f32], out: &mut [f32]) {
        dispatch(All { panels: self, x: &x[..self.d], out });
    }

    /// The `k` best items that are allowed, best first, ties by ascending item.
    pub(crate) fn top_k(&self, x: &[f32], k: usize, allowed: &Allowed<'_>) -> Vec<ScoredItem> {
        let mut best = [Best::new(k, x, allowed)];
        dispatch(Search::<1, ALONE> { panels: self, x: &[&x[..self.d]], best: &mut best });
        let [best] = best;
        best.take()
    }

    /// [`top_k`](Self::top_k) of several requests.
    pub(crate) fn top_k_batch(
        &self,
        x: &[&[f32]],
        k: usize,
        allowed: &[Allowed<'_>],
    ) -> Vec<Vec<ScoredItem>> {
        let mut lists = Vec::with_capacity(x.len());
        for (x, allowed) in x.chunks(BLOCK).zip(allowed.chunks(BLOCK)) {
            let x: Vec<&[f32]> = x.iter().map(|x| &x[..self.d]).collect();
            let mut best: Vec<Best<'_>> =
                x.iter().zip(allowed).map(|(x, allowed)| Best::new(k, x, allowed)).collect();
            dispatch(Search::<BATCH, TOGETHER> { panels: self, x: &x, best: &mut best });
            lists.extend(best.into_iter().map(Best::take));
        }
        lists
    }
}

/// The scores of vector `s` of each of `P` panels for `R` requests: `sums[request][panel]`.
#[inline(always)]
fn sums<S: Simd, const R: usize, const P: usize>(
    simd: S,
    x: &[[f32; R]],
    panels: [&[S::f32s]; P],
    s: usize,
) -> [[S::f32s; P]; R] {
    let per = PANEL / S::F32_LANES;
    let mut sums = [[simd.splat_f32s(0.0); P]; R];
    let panels = panels.map(|panel| &panel[..x.len() * per]);
    for (k, x) in x.iter().enumerate() {
        let mut cells = [simd.splat_f32s(0.0); P];
        for p in 0..P {
            cells[p] = panels[p][k * per + s];
        }
        for r in 0..R {
            let x = simd.splat_f32s(x[r]);
            for p in 0..P {
                sums[r][p] = simd.mul_add_e_f32s(x, cells[p], sums[r][p]);
            }
        }
    }
    sums
}

struct All<'a> {
    panels: &'a Panels,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for All<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panels, x, out } = self;
        let (x, _) = x.as_chunks::<1>();
        for first in (0..panels.n_panels()).step_by(ALONE) {
            let last = panels.n_panels() - 1;
            let group: [&[S::f32s]; ALONE] =
                std::array::from_fn(|p| S::as_simd_f32s(panels.panel((first + p).min(last))).0);
            for s in 0..PANEL / S::F32_LANES {
                let [sums] = sums::<S, 1, ALONE>(simd, x, group, s);
                for (p, &sum) in sums.iter().enumerate() {
                    let place = (first + p) * PANEL + s * S::F32_LANES;
                    let items = panels.items.get(place..).unwrap_or_default();
                    let scores: &[f32] = bytes_as_scores::<S>(&sum);
                    for (&item, &score) in items.iter().zip(scores) {
                        out[item as usize] = score;
                    }
                }
            }
        }
    }
}

/// The numbers of a vector register.
#[inline(always)]
fn bytes_as_scores<S: Simd>(sum: &S::f32s) -> &[f32] {
    pulp::bytemuck::cast_slice(std::slice::from_ref(sum))
}

struct Search<'a, 'b, const R: usize, const P: usize> {
    panels: &'a Panels,
    x: &'a [&'a [f32]],
    best: &'a mut [Best<'b>],
}

impl<const R: usize, const P: usize> WithSimd for Search<'_, '_, R, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panels, x, best } = self;
        // R requests side by side; the last of them are repeated rather than fewer.
        let tiles: Vec<Vec<[f32; R]>> = x
            .chunks(R)
            .map(|x| {
                let at = |k| std::array::from_fn(|r| x[r.min(x.len() - 1)][k]);
                (0..panels.d).map(at).collect()
            })
            .collect();
        let last = panels.n_panels().saturating_sub(1);
        for first in (0..panels.n_panels()).step_by(P) {
            let group: [&[S::f32s]; P] =
                std::array::from_fn(|p| S::as_simd_f32s(panels.panel((first + p).min(last))).0);
            let mut open = false;
            for (tile, best) in tiles.iter().zip(best.chunks_mut(R)) {
                if best.iter_mut().all(|best| best.is_complete(panels.norms[first])) {
                    continue;
                }
                open = true;
                for s in 0..PANEL / S::F32_LANES {
                    let sums = sums::<S, R, P>(simd, tile, group, s);
                    for (sums, best) in sums.iter().zip(best.iter_mut()) {
                        let mut greatest = sums[0];
                        for &sum in &sums[1..] {
                            greatest = simd.max_f32s(greatest, sum);
                        }
                        let threshold = simd.splat_f32s(best.threshold);
                        let reach = simd.greater_than_or_equal_f32s(greatest, threshold);
                        if simd.first_true_m32s(reach) == S::F32_LANES {
                            continue;
                        }
                        for (p, sum) in sums.iter().enumerate() {
                            let place = (first + p) * PANEL + s * S::F32_LANES;
                            let items = panels.items.get(place..).unwrap_or_default();
                            for (&item, &score) in items.iter().zip(bytes_as_scores::<S>(sum)) {
                                if score >= best.threshold {
                                    best.offer(item, score);
                                }
                            }
                        }
                    }
                }
            }
            if !open {
                break;
            }
        }
    }
}

/// The best so far of items offered in any order.
struct Best<'a> {
    k: usize,
    /// The norm of the request's factors.
    norm: f32,
    allowed: &'a Allowed<'a>,
    kept: Vec<ScoredItem>,
    /// What a score must reach to matter.
    threshold: f32,
}

impl<'a> Best<'a> {
    fn new(k: usize, x: &[f32], allowed: &'a Allowed<'a>) -> Self {
        let square: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let threshold = if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { k, norm: square.sqrt() as f32, allowed, kept: Vec::new(), threshold }
    }

    /// Whether no item of at most this norm can matter.
    fn is_complete(&self, norm: f32) -> bool {
        self.k == 0 || self.norm * norm * SLACK < self.threshold
    }

    fn offer(&mut self, item: u32, score: f32) {
        if self.k == 0 || !self.allowed.passes(item) {
            return;
        }
        self.kept.push(ScoredItem { item: ItemIdx::new(item), score });
        let room = self.k.saturating_add((self.k / 2).max(8));
        if self.kept.len() >= room || self.kept.len() == self.k {
            self.kept.select_nth_unstable_by(self.k - 1, rank);
            self.kept.truncate(self.k);
            self.threshold = self.kept[self.k - 1].score;
        }
    }

    fn take(mut self) -> Vec<ScoredItem> {
        self.kept.sort_unstable_by(rank);
        self.kept.truncate(self.k);
        self.kept
    }
}
