//! The best of many items.

use patronage_core::{ItemIdx, ScoredItem, rank};

/// The `k` best of items offered in any order; of equal scores the lower item.
#[derive(Debug)]
pub(super) struct Best {
    k: usize,
    kept: Vec<ScoredItem>,
    /// What an offer must be better than.
    last: ScoredItem,
}

/// Worse than every score above 0.
const NOTHING: ScoredItem = ScoredItem { item: ItemIdx::new(0), score: 0.0 };

impl Best {
    pub(super) const fn new(k: usize) -> Self {
        Self { k, kept: Vec::new(), last: NOTHING }
    }

    /// What a score must reach to matter.
    pub(super) const fn threshold(&self) -> f32 {
        self.last.score
    }

    /// Scores of 0 or less and NaN are not taken.
    #[inline]
    pub(super) fn offer(&mut self, item: u32, score: f32) {
        let item = ItemIdx::new(item);
        // Of unnormalised weights the sum may leave the range.
        let score = if score > f32::MAX { f32::MAX } else { score };
        let better = score > self.last.score || (score == self.last.score && item < self.last.item);
        if !better {
            return;
        }
        self.kept.push(ScoredItem { item, score });
        if self.kept.len() >= self.k.saturating_mul(2) {
            self.cut();
            self.last = self.kept[self.k - 1];
        }
    }

    fn cut(&mut self) {
        self.kept.select_nth_unstable_by(self.k - 1, rank);
        self.kept.truncate(self.k);
    }

    /// The `k` best as ascending items and their scores; empty afterwards.
    pub(super) fn take(&mut self) -> Vec<(u32, f32)> {
        if self.kept.len() > self.k {
            self.cut();
        }
        self.kept.sort_unstable_by_key(|scored| scored.item);
        self.last = NOTHING;
        self.kept.drain(..).map(|scored| (scored.item.get(), scored.score)).collect()
    }
}
