//! The same loop on one thread and on many: results come in order of index.

/// Indices one worker takes at a time: enough to pay for its scratch space.
const CHUNK: usize = 32;

/// `f` of every index below `n`, in order; each worker makes its own scratch space.
pub(crate) fn map<S, T: Send>(
    n: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, usize) -> T + Sync + Send,
) -> Vec<T> {
    map_grain(CHUNK.min(n.div_ceil(8).max(1)), n, scratch, f)
}

/// [`map`] with at least `grain` indices a worker at a time.
#[cfg(feature = "rayon")]
pub(crate) fn map_grain<S, T: Send>(
    grain: usize,
    n: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, usize) -> T + Sync + Send,
) -> Vec<T> {
    use rayon::prelude::*;
    (0..n).into_par_iter().with_min_len(grain).map_init(scratch, f).collect()
}

/// [`map`].
#[cfg(not(feature = "rayon"))]
pub(crate) fn map_grain<S, T: Send>(
    _: usize,
    n: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, usize) -> T + Sync + Send,
) -> Vec<T> {
    let mut scratch = scratch();
    (0..n).map(|index| f(&mut scratch, index)).collect()
}

/// `f` of every row of `stride` numbers, which it may write, in order; each worker makes its own
/// scratch space and takes at least `grain` rows at a time.
#[cfg(feature = "rayon")]
pub(crate) fn map_rows<N: Send, S, T: Send>(
    cells: &mut [N],
    stride: usize,
    grain: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, usize, &mut [N]) -> T + Sync + Send,
) -> Vec<T> {
    use rayon::prelude::*;
    cells
        .par_chunks_mut(stride.max(1))
        .enumerate()
        .with_min_len(grain)
        .map_init(scratch, |scratch, (index, row)| f(scratch, index, row))
        .collect()
}

/// `f` of every row of `stride` numbers, which it may write, in order.
#[cfg(not(feature = "rayon"))]
pub(crate) fn map_rows<N: Send, S, T: Send>(
    cells: &mut [N],
    stride: usize,
    _: usize,
    scratch: impl Fn() -> S + Sync + Send,
    f: impl Fn(&mut S, usize, &mut [N]) -> T + Sync + Send,
) -> Vec<T> {
    let mut scratch = scratch();
    let rows = cells.chunks_mut(stride.max(1)).enumerate();
    rows.map(|(index, row)| f(&mut scratch, index, row)).collect()
}
