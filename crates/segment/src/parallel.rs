//! Work in fixed chunks: the same numbers on one thread and on many.

#[cfg(feature = "rayon")]
use rayon::prelude::*;

/// What `work` makes of each position below `n`, in order.
pub(crate) fn map<R: Send>(n: usize, work: impl Fn(usize) -> R + Send + Sync) -> Vec<R> {
    #[cfg(feature = "rayon")]
    {
        (0..n).into_par_iter().map(work).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        (0..n).map(work).collect()
    }
}

/// Lets `work` change each part, with what it makes of them in order.
pub(crate) fn map_mut<T: Send, R: Send>(
    parts: &mut [T],
    work: impl Fn(usize, &mut T) -> R + Send + Sync,
) -> Vec<R> {
    #[cfg(feature = "rayon")]
    {
        parts.par_iter_mut().enumerate().map(|(i, part)| work(i, part)).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        parts.iter_mut().enumerate().map(|(i, part)| work(i, part)).collect()
    }
}

/// The ranges of `size` positions that cover `0..n`.
pub(crate) fn ranges(
    n: usize,
    size: usize,
) -> impl ExactSizeIterator<Item = std::ops::Range<usize>> {
    (0..n.div_ceil(size)).map(move |chunk| chunk * size..((chunk + 1) * size).min(n))
}
