//! The best ascending function of a probability.

use super::model::Map;
use crate::metrics::Scored;

/// Pools neighbours that descend until none does (PAVA), O(number of distinct probabilities).
pub(super) fn isotonic(scored: &Scored) -> Map {
    struct Block {
        first: f64,
        last: f64,
        weight: f64,
        positive: f64,
    }
    let rate = |block: &Block| block.positive / block.weight;
    let mut blocks: Vec<Block> = Vec::new();
    for group in scored.groups().iter().rev() {
        let (first, last) = (group.score, group.score);
        let mut block = Block { first, last, weight: group.weight(), positive: group.positive };
        while let Some(before) = blocks.pop_if(|before| rate(before) >= rate(&block)) {
            block.first = before.first;
            block.weight += before.weight;
            block.positive += before.positive;
        }
        blocks.push(block);
    }
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for block in &blocks {
        x.push(block.first);
        y.push(rate(block).min(1.0));
        if block.last > block.first {
            x.push(block.last);
            y.push(rate(block).min(1.0));
        }
    }
    Map::Points { x, y }
}
