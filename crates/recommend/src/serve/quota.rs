//! At most so many of each group.

use patronage_core::{ItemFilter, ItemIdx, Recommender, Request, ScoredItem};

use crate::groups::Groups;

/// How many items of each group a list may hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quota {
    pub(super) groups: Groups,
    pub(super) most: Vec<usize>,
}

impl Quota {
    /// Down the ranking, passing over items whose group is full.
    ///
    /// The ranking is asked for piece by piece. Each piece leaves out what was looked at and what
    /// belongs to a full group, which stays full; so it continues where the last one ended, and the
    /// pieces together are the walk down the whole ranking.
    pub(super) fn top_k<R: Recommender + ?Sized>(
        &self,
        model: &R,
        request: &Request<'_>,
        k: usize,
        filter: &ItemFilter<'_>,
    ) -> Vec<ScoredItem> {
        let n_items = model.n_items();
        let k = k.min(n_items);
        let mut list = Vec::with_capacity(k);
        let mut room = self.most.clone();
        let mut looked_at = vec![false; n_items];
        let mut piece = k.saturating_mul(2).min(n_items);
        while list.len() < k {
            let has_room =
                |item| self.groups.group(item).is_none_or(|group| room[group.index()] > 0);
            let open = |item: ItemIdx| {
                !looked_at[item.index()]
                    && has_room(item)
                    && filter.allow.is_none_or(|allow| allow(item))
            };
            let found = model.top_k(request, piece, &ItemFilter { allow: Some(&open), ..*filter });
            let is_last = found.len() < piece;
            for scored in found {
                looked_at[scored.item.index()] = true;
                if let Some(group) = self.groups.group(scored.item) {
                    let room = &mut room[group.index()];
                    if *room == 0 {
                        continue;
                    }
                    *room -= 1;
                }
                list.push(scored);
                if list.len() == k {
                    break;
                }
            }
            if is_last {
                break;
            }
            piece = piece.saturating_mul(4).min(n_items);
        }
        list
    }
}
