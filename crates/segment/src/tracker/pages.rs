//! A map from dense ids that may have wide gaps.

const PAGE: usize = 1024;
const NONE: u32 = u32::MAX;

/// Where each customer is kept: four bytes for each id in a page of 1024 that has any.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    pages: Vec<Option<Box<[u32; PAGE]>>>,
}

impl Pages {
    pub(super) fn find(&self, id: u32) -> Option<usize> {
        let page = self.pages.get(id as usize / PAGE)?.as_ref()?;
        let slot = page[id as usize % PAGE];
        (slot != NONE).then_some(slot as usize)
    }

    pub(super) fn put(&mut self, id: u32, slot: usize) {
        let page = id as usize / PAGE;
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        let page = self.pages[page].get_or_insert_with(|| Box::new([NONE; PAGE]));
        page[id as usize % PAGE] = slot as u32;
    }

    /// The places, in ascending order of id.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let slots = self.pages.iter().flatten().flat_map(|page| page.iter());
        slots.filter(|&&slot| slot != NONE).map(|&slot| slot as usize)
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.pages.capacity() * 8 + self.pages.iter().flatten().count() * PAGE * 4
    }
}
