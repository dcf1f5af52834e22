//! Ids at the ends.

use patronage_core::{CustomerIdx, HistoryEntry, ItemFilter, ItemIdx, Recommender, Request};

use super::board::{AS_OF, Checkerboard};
use super::fault::Fault;
use super::finding::Finding;

/// On a board of which nothing is withheld, each item, the first and the last like the others,
/// speaks for those of its colour when it is all that is known, and comes first when it is all that
/// is missing.
pub(super) fn check(board: &Checkerboard, model: &dyn Recommender, finding: &mut Finding) {
    for item in ItemIdx::all(board.n()) {
        let history = HistoryEntry::from_items(&[item]);
        let request = Request { history: &history, customer: None, as_of: AS_OF };
        let best = model.top_k(&request, 1, &ItemFilter::default());
        let found = best.first().map(|scored| scored.item);
        let holds = found.is_some_and(|found| {
            found != item && found.index() < board.n() && found.get() % 2 == item.get() % 2
        });
        finding.note((!holds).then_some(Fault::Taste { history: item, found }));
        board.check_withheld(model, CustomerIdx::new(item.get()), None, finding);
    }
}
