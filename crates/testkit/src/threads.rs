//! The same call from several threads.

/// Calls `f` again, and from four threads at once, and compares with `first`.
pub(crate) fn same_again<T: Send + Sync>(
    first: &T,
    what: &str,
    f: impl Fn() -> T + Sync,
    same: impl Fn(&T, &T) -> bool,
) {
    assert!(same(first, &f()), "{what}: a second call answers differently");
    let others: Vec<T> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(&f)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    for other in &others {
        assert!(same(first, other), "{what}: a call from another thread answers differently");
    }
}

/// Whether two slices of numbers are the same bits.
pub(crate) fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}
