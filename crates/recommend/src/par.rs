//! The same loop on one thread and on many: results come in order of index.

/// Indices one worker takes at a time: enough to pay for its scratch space.
#[cfg(feature = "rayon")]
const CHUNK: usize = 32;

/// `f` of every index below `n`, in order; each worker makes its own scratch space.
#[cfg(feature = "rayon")]
pub(crate) fn map<S, T: Send>(
    n: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, usize) -> T + Sync + Send,
) -> Vec<T> {
    use rayon::prelude::*;
    (0..n)
        .into_par_iter()
        .with_min_len(CHUNK.min(n.div_ceil(8).max(1)))
        .map_init(scratch, f)
        .collect()
}

/// `f` of every index below `n`, in order.
#[cfg(not(feature = "rayon"))]
pub(crate) fn map<S, T: Send>(
    n: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, usize) -> T + Sync + Send,
) -> Vec<T> {
    let mut scratch = scratch();
    (0..n).map(|index| f(&mut scratch, index)).collect()
}
