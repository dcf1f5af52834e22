//! Which pairs of numbers were seen.

/// A set of pairs: eight bytes a slot, at most five slots in eight taken.
///
/// Open addressing with linear probing. It only counts, so the order of its slots has no say in
/// any result.
#[derive(Clone, Debug, Default)]
pub(super) struct PairSet {
    slots: Vec<u64>,
    n: usize,
    /// Whether the pair is in that has the number of the free slot.
    last: bool,
}

const FREE: u64 = u64::MAX;

impl PairSet {
    /// No pairs, and room for so many without growing.
    pub(super) fn clear_for(&mut self, n_pairs: usize) {
        self.n = 0;
        self.last = false;
        let needed = (n_pairs.saturating_mul(8) / 5 + 1).next_power_of_two();
        self.slots.clear();
        self.slots.resize(needed, FREE);
    }

    /// Whether the pair is new.
    #[inline]
    pub(super) fn insert(&mut self, first: u32, second: u32) -> bool {
        if self.n * 8 >= self.slots.len() * 5 {
            self.grow();
        }
        let new = self.place(u64::from(first) << 32 | u64::from(second));
        self.n += usize::from(new);
        new
    }

    #[cfg(test)]
    const fn len(&self) -> usize {
        self.n
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let last = self.last.then_some(FREE);
        let taken = self.slots.iter().copied().filter(|&slot| slot != FREE);
        taken.chain(last).map(|key| ((key >> 32) as u32, key as u32))
    }

    #[inline]
    fn place(&mut self, key: u64) -> bool {
        if key == FREE {
            return !std::mem::replace(&mut self.last, true);
        }
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits of the product depend on all bits of the pair.
        let hash = (key ^ key >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = (hash >> 32) as usize & mask;
        loop {
            let slot = &mut self.slots[at];
            if *slot == key {
                return false;
            }
            if *slot == FREE {
                *slot = key;
                return true;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![FREE; (self.slots.len() * 2).max(16)];
        let old = std::mem::replace(&mut self.slots, larger);
        for key in old.into_iter().filter(|&key| key != FREE) {
            self.place(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_a_tree_counts() {
        let mut tree = std::collections::BTreeSet::new();
        let mut pairs = PairSet::default();
        let mut state = 1_u64;
        for round in 0..20_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pair = match round % 4 {
                0 => (u32::MAX, u32::MAX - (state >> 60) as u32),
                1 => ((state >> 55) as u32, (state >> 40) as u32 % 64),
                2 => (round as u32, 0),
                _ => (0, round as u32),
            };
            assert_eq!(pairs.insert(pair.0, pair.1), tree.insert(pair), "{pair:?}");
        }
        assert!(tree.contains(&(u32::MAX, u32::MAX)));
        let mut listed: Vec<_> = pairs.iter().collect();
        listed.sort_unstable();
        assert!(listed.iter().eq(&tree));
        assert_eq!(pairs.len(), tree.len());
        pairs.clear_for(3);
        assert!(pairs.insert(u32::MAX, u32::MAX) && !pairs.insert(u32::MAX, u32::MAX));
        assert_eq!(pairs.iter().count(), 1);
    }
}
