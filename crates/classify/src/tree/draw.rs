//! Columns and cuts drawn by chance, for forests.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::search::Found;
use super::split::Candidate;

/// Whether the cut of a drawn column is sought or drawn too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cuts {
    Best,
    Drawn,
}

/// How many columns are looked at in a node, and with which draws.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) n_columns: usize,
    pub(crate) cuts: Cuts,
    pub(crate) seed: u64,
}

impl Draw {
    /// Looks at `n_columns` drawn columns, without repeats, and where none of them varies at one
    /// more and one more until one does or none is left.
    pub(crate) fn seek(
        &self,
        node: u64,
        n_columns: usize,
        mut look: impl FnMut(&[u32], &[f64]) -> Found,
    ) -> Option<Candidate> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(node);
        let mut order: Vec<u32> = (0..n_columns as u32).collect();
        let (mut drawn, mut varying) = (0, 0);
        let mut best: Option<Candidate> = None;
        while drawn < n_columns && (drawn == 0 || varying == 0) {
            let until = if drawn == 0 { self.n_columns.min(n_columns) } else { drawn + 1 };
            for at in drawn..until {
                order.swap(at, rng.random_range(at..n_columns));
            }
            let cuts: Vec<f64> = match self.cuts {
                Cuts::Best => Vec::new(),
                Cuts::Drawn => (drawn..until).map(|_| rng.random()).collect(),
            };
            let found = look(&order[drawn..until], &cuts);
            varying += found.n_varying;
            drawn = until;
            if let Some(candidate) = found.candidate
                && best.as_ref().is_none_or(|best| candidate.purity > best.purity)
            {
                best = Some(candidate);
            }
        }
        best
    }
}
