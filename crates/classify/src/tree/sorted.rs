//! The rows of every node in the order of each wide column, kept up as nodes are split.

use super::codes::Coded;

/// Beyond so many places, orders would cost more memory than they save time.
const MOST_PLACES: usize = 1 << 21;

/// For each wide column the rows of the sample by code, rows of one code ascending; the rows of a
/// node stand where they stand in the grower's own list.
pub(crate) struct Sorted {
    orders: Vec<Vec<u32>>,
    goes_left: Vec<bool>,
    spare: Vec<u32>,
}

impl Sorted {
    /// Orders by counting: O(rows + codes) a column. None where there is no wide column or too
    /// much of them.
    pub(crate) fn new(coded: &Coded, rows: &[u32]) -> Option<Self> {
        if coded.wide.is_empty() || rows.len() * coded.wide.len() > MOST_PLACES {
            return None;
        }
        let n_codes = coded.wide_n_codes();
        let order = |(codes, n_codes): (&Vec<u32>, usize)| {
            let mut ends = vec![0_u32; n_codes + 1];
            for &row in rows {
                ends[codes[row as usize] as usize + 1] += 1;
            }
            for at in 1..ends.len() {
                ends[at] += ends[at - 1];
            }
            let mut order = vec![0; rows.len()];
            for &row in rows {
                let at = &mut ends[codes[row as usize] as usize];
                order[*at as usize] = row;
                *at += 1;
            }
            order
        };
        let orders = coded.wide.iter().zip(n_codes).map(order).collect();
        let n = rows.last().map_or(0, |&last| last as usize + 1);
        Some(Self { orders, goes_left: vec![false; n], spare: vec![0; rows.len()] })
    }

    /// The rows of a node in the order of a wide column.
    pub(crate) fn of(&self, place: usize, node: std::ops::Range<usize>) -> &[u32] {
        &self.orders[place][node]
    }

    /// Follows a split of a node whose first `n_left` rows went left.
    pub(crate) fn split(&mut self, rows: &[u32], node: std::ops::Range<usize>, n_left: usize) {
        let (left, right) = rows[node.clone()].split_at(n_left);
        left.iter().for_each(|&row| self.goes_left[row as usize] = true);
        right.iter().for_each(|&row| self.goes_left[row as usize] = false);
        for order in &mut self.orders {
            let order = &mut order[node.clone()];
            let (mut at, mut aside) = (0, 0);
            for i in 0..order.len() {
                let row = order[i];
                let goes_left = self.goes_left[row as usize];
                order[at] = row;
                self.spare[aside] = row;
                at += usize::from(goes_left);
                aside += usize::from(!goes_left);
            }
            order[at..].copy_from_slice(&self.spare[..aside]);
        }
    }
}
