//! The set of orders seen: one bit each.

const PAGE: usize = 64;
const BITS: usize = PAGE * 64;

/// A set of order ids, in pages of 4096.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    pages: Vec<Option<Box<[u64; PAGE]>>>,
}

impl Orders {
    pub(super) fn contains(&self, order: u32) -> bool {
        let bit = order as usize % BITS;
        let page = self.pages.get(order as usize / BITS).and_then(Option::as_ref);
        page.is_some_and(|page| page[bit / 64] >> (bit % 64) & 1 == 1)
    }

    pub(super) fn insert(&mut self, order: u32) {
        let (page, bit) = (order as usize / BITS, order as usize % BITS);
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        let page = self.pages[page].get_or_insert_with(|| Box::new([0; PAGE]));
        page[bit / 64] |= 1 << (bit % 64);
    }

    /// The orders in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.pages.iter().enumerate().flat_map(|(number, page)| {
            let words = page.iter().flat_map(|page| page.iter().enumerate());
            words.flat_map(move |(word, bits)| {
                let first = (number * BITS + word * 64) as u32;
                (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| first + bit)
            })
        })
    }

    /// Runs of consecutive orders: the first of each, and how many.
    pub(super) fn runs(&self) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for order in self.iter() {
            match runs.last_mut() {
                Some((first, n)) if u64::from(*first) + u64::from(*n) == u64::from(order) => {
                    *n += 1;
                }
                _ => runs.push((order, 1)),
            }
        }
        runs
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.pages.capacity() * 8 + self.pages.iter().flatten().count() * PAGE * 8
    }
}
