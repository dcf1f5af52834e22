//! The rows of each leaf, in their order.

use std::ops::Range;

use crate::par::{self, Threads};

/// Rows that one thread sorts into sides at a time.
const AT_A_TIME: usize = 1 << 15;

/// Row numbers, those of each leaf side by side and ascending.
#[derive(Debug)]
pub(super) struct Partition {
    order: Vec<u32>,
    spare: Vec<u32>,
}

impl Partition {
    pub(super) fn new(rows: Vec<u32>) -> Self {
        Self { spare: vec![0; rows.len()], order: rows }
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn rows(&self, range: Range<usize>) -> &[u32] {
        &self.order[range]
    }

    /// Moves the rows whose code goes left to the front of the range, both sides in their order;
    /// returns how many went left.
    pub(super) fn split(
        &mut self,
        range: Range<usize>,
        codes: &[u8],
        goes_left: &[bool; 256],
    ) -> usize {
        let order = &mut self.order[range.clone()];
        let spare = &mut self.spare[range];
        let parts: Vec<(&mut [u32], &mut [u32])> =
            order.chunks_mut(AT_A_TIME).zip(spare.chunks_mut(AT_A_TIME)).collect();
        let lefts = par::map_vec(parts, Threads::Many, |(order, spare)| {
            part(order, spare, codes, goes_left)
        });
        let mut at = 0;
        for (i, &left) in lefts.iter().enumerate() {
            let from = i * AT_A_TIME;
            if from != at {
                order.copy_within(from..from + left, at);
            }
            at += left;
        }
        let n_left = at;
        for (spare, left) in spare.chunks(AT_A_TIME).zip(lefts) {
            let right = spare.len() - left;
            order[at..at + right].copy_from_slice(&spare[..right]);
            at += right;
        }
        n_left
    }
}

/// Keeps the rows that go left in front and sets the others aside.
fn part(order: &mut [u32], spare: &mut [u32], codes: &[u8], goes_left: &[bool; 256]) -> usize {
    let (mut at, mut aside) = (0, 0);
    for i in 0..order.len() {
        let row = order[i];
        let left = goes_left[codes[row as usize] as usize];
        // Written on both sides: a way chosen here would be guessed wrong at every other row.
        order[at] = row;
        spare[aside] = row;
        at += usize::from(left);
        aside += usize::from(!left);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_keep_their_order_whatever_the_length() {
        for n in [0_u32, 1, 5, 70_000, 131_072] {
            let codes: Vec<u8> =
                (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            let goes_left: [bool; 256] = std::array::from_fn(|code| code % 3 == 0);
            let mut partition = Partition::new((0..n).collect());
            let left = partition.split(0..n as usize, &codes, &goes_left);
            let goes = |&row: &u32| goes_left[codes[row as usize] as usize];
            assert!(partition.rows(0..left).iter().copied().eq((0..n).filter(|row| goes(row))));
            let right = partition.rows(left..n as usize).iter().copied();
            assert!(right.eq((0..n).filter(|row| !goes(row))));
        }
    }
}
