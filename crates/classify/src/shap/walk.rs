//! The walk round a tree, for several rows at a time.

use super::plan::{Plan, Step};
use super::terms::Term;
use crate::tree::nodes::{Node, Side, Test};

/// Rows at a time.
pub(super) const LANES: usize = 16;

type Lanes = [f64; LANES];

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Scratch {
    /// At each depth whether each row came along at all questions of the last edge's column.
    along: Vec<Lanes>,
    /// At each depth and point the product over columns, and the sum over leaves below.
    products: Vec<Lanes>,
    sums: Vec<Lanes>,
}

/// Adds what a tree contributes: `cells` and `sums` are by column.
pub(super) struct Walk<'a> {
    pub(super) plan: &'a Plan,
    pub(super) term: &'a Term<'a>,
    pub(super) cells: &'a [Lanes],
    pub(super) sums: &'a mut [Lanes],
    pub(super) scratch: &'a mut Scratch,
}

impl pulp::WithSimd for Walk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { plan, term, cells, sums: gained, scratch } = self;
        let n = plan.weights.len();
        let Scratch { along, products, sums } = scratch;
        along.resize(along.len().max(plan.depth + 1), [0.0; LANES]);
        products.resize(products.len().max((plan.depth + 1) * n), [0.0; LANES]);
        sums.resize(sums.len().max((plan.depth + 1) * n), [0.0; LANES]);
        along[0] = [1.0; LANES];
        products[..n].fill([1.0; LANES]);
        sums[..n].fill([0.0; LANES]);
        let mut at = 0;
        for step in &plan.steps {
            match *step {
                Step::Down(e) => {
                    let edge = &plan.edges[e as usize];
                    at = edge.depth as usize;
                    let before = along[edge.last as usize];
                    let now = answer(term, edge.node as usize, edge.is_left, &before, cells);
                    along[at] = now;
                    let factors = &plan.factors[e as usize * n..(e as usize + 1) * n];
                    let (above, here) = products.split_at_mut(at * n);
                    let above = &above[(at - 1) * n..];
                    for ((here, above), factors) in here.iter_mut().zip(above).zip(factors) {
                        for lane in 0..LANES {
                            let left = if before[lane] > 0.0 { factors[1] } else { edge.share };
                            let factor = if now[lane] > 0.0 { factors[0] } else { left };
                            here[lane] = above[lane] * factor;
                        }
                    }
                    sums[at * n..(at + 1) * n].fill([0.0; LANES]);
                }
                Step::Leaf(value) => {
                    let here = sums[at * n..].iter_mut().zip(&products[at * n..]);
                    for ((sum, product), weight) in here.zip(&plan.weights) {
                        let weight = weight * value;
                        for lane in 0..LANES {
                            sum[lane] += weight * product[lane];
                        }
                    }
                }
                Step::Up(e) => {
                    let edge = &plan.edges[e as usize];
                    at = edge.depth as usize;
                    let (before, now) = (along[edge.last as usize], along[at]);
                    let factors = &plan.factors[e as usize * n..(e as usize + 1) * n];
                    let (above, here) = sums.split_at_mut(at * n);
                    let above = &mut above[(at - 1) * n..];
                    let mut sum = [0.0; LANES];
                    for ((above, here), factors) in above.iter_mut().zip(here).zip(factors) {
                        for lane in 0..LANES {
                            let left = if before[lane] > 0.0 { factors[3] } else { 0.0 };
                            let factor = if now[lane] > 0.0 { factors[2] } else { left };
                            sum[lane] += here[lane] * factor;
                            above[lane] += here[lane];
                        }
                    }
                    let gained = &mut gained[edge.column as usize];
                    for lane in 0..LANES {
                        gained[lane] += sum[lane];
                    }
                    at -= 1;
                }
            }
        }
    }
}

/// Which rows that came along so far go to a side of a node.
#[inline(always)]
fn answer(term: &Term<'_>, node: usize, is_left: bool, before: &Lanes, cells: &[Lanes]) -> Lanes {
    let mut now = [0.0; LANES];
    let Node::Split { column, test, .. } = &term.nodes.0[node] else { return now };
    let cells = &cells[*column as usize];
    match test {
        Test::AtMost { threshold, missing } => {
            let missing_left = *missing == Side::Left;
            for lane in 0..LANES {
                let x = cells[lane];
                let left = (x <= *threshold) | (x.is_nan() & missing_left);
                now[lane] = if left == is_left { before[lane] } else { 0.0 };
            }
        }
        Test::Among { left } => {
            for lane in 0..LANES {
                let left = left.contains(cells[lane] as u32);
                now[lane] = if left == is_left { before[lane] } else { 0.0 };
            }
        }
    }
    now
}
