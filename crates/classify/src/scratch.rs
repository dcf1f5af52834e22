//! Numbers lent for the while of one row, so that predicting a row allocates nothing.

use std::cell::RefCell;

/// Rows up to this width are lent from the stack.
const ON_STACK: usize = 32;

/// Buffers kept by each thread: as many as models are nested in models.
const KEPT: usize = 8;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<f64>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with `len` zeros. Beyond [`ON_STACK`] they come from a buffer that the thread keeps,
/// so that only its first rows allocate.
#[inline]
pub(crate) fn lend<R>(len: usize, f: impl FnOnce(&mut [f64]) -> R) -> R {
    if len <= ON_STACK {
        return f(&mut [0.0; ON_STACK][..len]);
    }
    // Taken out while lent: a model within a model takes the next one.
    let mut buffer = BUFFERS.with(|buffers| buffers.borrow_mut().pop()).unwrap_or_default();
    buffer.clear();
    buffer.resize(len, 0.0);
    let result = f(&mut buffer);
    BUFFERS.with(|buffers| {
        let mut buffers = buffers.borrow_mut();
        if buffers.len() < KEPT {
            buffers.push(buffer);
        }
    });
    result
}

#[cfg(test)]
mod tests {
    use super::lend;

    #[test]
    fn nested_loans_do_not_share() {
        for len in [3, 100] {
            let sum = lend(len, |outer| {
                outer.fill(1.0);
                lend(len, |inner| assert!(inner.iter().all(|&x| x == 0.0)));
                outer.iter().sum::<f64>()
            });
            assert_eq!(sum, len as f64);
            // What was written before does not show.
            lend(len, |again| assert!(again.iter().all(|&x| x == 0.0)));
        }
    }
}
