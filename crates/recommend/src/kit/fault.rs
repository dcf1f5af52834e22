//! What can be wrong with a model.

use patronage_core::{CustomerIdx, ItemIdx};

/// What is wrong with a model, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The estimator refused the data of the kit.
    #[error("expected a model, found the error: {message}")]
    Fit {
        /// What it said.
        message: String,
    },
    /// A model of another number of items than its data.
    #[error("expected scores of {expected} items, found {found}")]
    Items {
        /// The items of the data.
        expected: usize,
        /// The items of the model.
        found: usize,
    },
    /// Another item comes first than the one withheld.
    #[error("{customer}: expected {expected} first, which was withheld, found {found:?}")]
    Withheld {
        /// Whose request.
        customer: CustomerIdx,
        /// The item withheld.
        expected: ItemIdx,
        /// What comes first, if anything.
        found: Option<ItemIdx>,
    },
    /// After one item an item of the other colour comes first.
    #[error("a history of {history} alone: expected an item of its colour first, found {found:?}")]
    Taste {
        /// The only item of the history.
        history: ItemIdx,
        /// What comes first, if anything.
        found: Option<ItemIdx>,
    },
    /// Scores that contradict popularity.
    #[error(
        "{first} of {n_first} customers and {second} of {n_second}: expected scores in the same order, found {scores:?}"
    )]
    Popularity {
        /// An item.
        first: ItemIdx,
        /// How many customers have it.
        n_first: usize,
        /// Another.
        second: ItemIdx,
        /// How many customers have that.
        n_second: usize,
        /// The scores of the two.
        scores: [f32; 2],
    },
    /// A score that is no finite number.
    #[error("request {request}, {item}: expected a finite score, found {found}")]
    NotFinite {
        /// The position of the request.
        request: usize,
        /// The item.
        item: ItemIdx,
        /// Its score.
        found: f32,
    },
    /// A score that depends on what was scored together.
    #[error(
        "request {request} among {batch}, {item}: expected the score it has alone, {alone}, found {found}"
    )]
    Batch {
        /// How many were scored together.
        batch: usize,
        /// The position of the request.
        request: usize,
        /// The item.
        item: ItemIdx,
        /// The score alone.
        alone: f32,
        /// The score together with others.
        found: f32,
    },
    /// A list with fewer items than could be there, or more.
    #[error("request {request}, k = {k}, {filter}: expected {expected} items, found {found}")]
    Length {
        /// The position of the request.
        request: usize,
        /// How many were asked for.
        k: usize,
        /// The filter, in words.
        filter: &'static str,
        /// How many pass the filter, up to `k`.
        expected: usize,
        /// How many are listed.
        found: usize,
    },
    /// An item in a list from which the filter excludes it.
    #[error("request {request}, k = {k}, {filter}: expected no {item}, which does not pass")]
    Forbidden {
        /// The position of the request.
        request: usize,
        /// How many were asked for.
        k: usize,
        /// The filter, in words.
        filter: &'static str,
        /// The item.
        item: ItemIdx,
    },
    /// An item twice in one list, or behind one that scores less.
    #[error(
        "request {request}, k = {k}, {filter}: expected each item once and the best first, found {item} in place {place}"
    )]
    Order {
        /// The position of the request.
        request: usize,
        /// How many were asked for.
        k: usize,
        /// The filter, in words.
        filter: &'static str,
        /// The item.
        item: ItemIdx,
        /// Its place, from 0.
        place: usize,
    },
    /// A list whose items are not the best of those that pass.
    #[error(
        "request {request}, k = {k}, {filter}: expected nothing left out that scores more, found {item} left out"
    )]
    NotBest {
        /// The position of the request.
        request: usize,
        /// How many were asked for.
        k: usize,
        /// The filter, in words.
        filter: &'static str,
        /// The better item.
        item: ItemIdx,
    },
    /// A model brought up to date that is far from one fitted anew.
    #[error(
        "expected scores within {tolerance} of those of a refit, relative to their size, found {gap}"
    )]
    Incremental {
        /// How far it may be.
        tolerance: f64,
        /// How far it is.
        gap: f64,
    },
}
