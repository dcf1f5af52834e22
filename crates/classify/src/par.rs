//! The same work on one thread or many, with the same results in the same order.

/// Whether a piece of work is worth sharing among threads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Threads {
    One,
    Many,
}

impl Threads {
    /// Many where the work, in elementary steps, outweighs what sharing costs.
    pub(crate) const fn for_work(steps: usize) -> Self {
        if steps > 1 << 18 { Self::Many } else { Self::One }
    }
}

/// `f(0), …, f(n - 1)`, in order.
#[cfg_attr(not(feature = "rayon"), allow(unused_variables))]
pub(crate) fn map<T: Send>(
    n: usize,
    threads: Threads,
    f: impl Fn(usize) -> T + Sync + Send,
) -> Vec<T> {
    #[cfg(feature = "rayon")]
    if threads == Threads::Many && n > 1 {
        use rayon::prelude::*;
        return (0..n).into_par_iter().map(f).collect();
    }
    (0..n).map(f).collect()
}

/// The rows `0..n` in at most 64 chunks of at least 1,024 rows: the same whatever the threads.
pub(crate) fn chunks(n: usize) -> Vec<std::ops::Range<usize>> {
    chunks_of(n, 1024)
}

/// The same in chunks of at least `least` rows, for work that is long for each row.
pub(crate) fn chunks_of(n: usize, least: usize) -> Vec<std::ops::Range<usize>> {
    let size = n.div_ceil(64).max(least);
    (0..n.div_ceil(size)).map(|i| i * size..((i + 1) * size).min(n)).collect()
}

/// `f` of each item, in order.
#[cfg_attr(not(feature = "rayon"), allow(unused_variables))]
pub(crate) fn map_vec<I: Send, T: Send>(
    items: Vec<I>,
    threads: Threads,
    f: impl Fn(I) -> T + Sync + Send,
) -> Vec<T> {
    #[cfg(feature = "rayon")]
    if threads == Threads::Many && items.len() > 1 {
        use rayon::prelude::*;
        return items.into_par_iter().map(f).collect();
    }
    items.into_iter().map(f).collect()
}

/// How many threads there are to share work among: only where results do not depend on it.
pub(crate) fn n_threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    1
}

/// Calls `f` with the number of each piece of `size` items, the last one shorter, and the piece.
#[cfg_attr(not(feature = "rayon"), allow(unused_variables))]
pub(crate) fn pieces<T: Send>(
    items: &mut [T],
    size: usize,
    threads: Threads,
    f: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    #[cfg(feature = "rayon")]
    if threads == Threads::Many && items.len() > size {
        use rayon::prelude::*;
        items.par_chunks_mut(size.max(1)).enumerate().for_each(|(at, piece)| f(at, piece));
        return;
    }
    items.chunks_mut(size.max(1)).enumerate().for_each(|(at, piece)| f(at, piece));
}
