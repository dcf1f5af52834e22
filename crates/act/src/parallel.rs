//! The same work on one core and on many.

use std::ops::Range;

/// The results of `work` on the chunks of `0..n`, in order.
///
/// The chunks do not depend on the number of threads, so that neither do the results.
pub(crate) fn chunks<T: Send>(
    n: usize,
    chunk: usize,
    work: impl Fn(Range<usize>) -> T + Sync + Send,
) -> Vec<T> {
    let range = |position: usize| position * chunk..n.min((position + 1) * chunk);
    let n_chunks = n.div_ceil(chunk);
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        (0..n_chunks).into_par_iter().map(|position| work(range(position))).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        (0..n_chunks).map(|position| work(range(position))).collect()
    }
}

/// Sorts by a total order.
pub(crate) fn sort<T: Send>(
    values: &mut [T],
    order: impl Fn(&T, &T) -> std::cmp::Ordering + Sync + Send,
) {
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        values.par_sort_unstable_by(order);
    }
    #[cfg(not(feature = "rayon"))]
    {
        values.sort_unstable_by(order);
    }
}

/// Fills two slices of rows, `chunk` rows at a time; `work` gets the position of the first row.
pub(crate) fn fill<A: Send, B: Send>(
    a: &mut [A],
    b: &mut [B],
    width: usize,
    chunk: usize,
    work: impl Fn(usize, &mut [A], &mut [B]) + Sync + Send,
) {
    // Chunks of length zero do not exist, and there is nothing to fill either.
    let length = (width * chunk).max(1);
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        a.par_chunks_mut(length)
            .zip(b.par_chunks_mut(length))
            .enumerate()
            .for_each(|(position, (a, b))| work(position * chunk, a, b));
    }
    #[cfg(not(feature = "rayon"))]
    {
        a.chunks_mut(length)
            .zip(b.chunks_mut(length))
            .enumerate()
            .for_each(|(position, (a, b))| work(position * chunk, a, b));
    }
}
