//! What is worked out of a table once, for every resample of it.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type Piece = Arc<dyn Any + Send + Sync>;

/// Pieces that estimators work out of a whole table once and use in every fit on a resample of it:
/// ranks of cells, norms, sorted columns.
///
/// Who refits many times on one table attaches one with
/// [`Labeled::derived_in`](crate::Labeled::derived_in); who fits once never meets it. A piece is a
/// pure function of the table and its type alone, so a fit with it equals the fit without.
///
/// ```
/// use patronage_core::Derived;
///
/// let derived = Derived::new();
/// let first = derived.piece(|| String::from("worked out once"));
/// let again = derived.piece(|| String::from("never called"));
/// assert_eq!(first, again);
/// ```
#[derive(Default)]
pub struct Derived {
    pieces: Mutex<Vec<(TypeId, Piece)>>,
}

impl Derived {
    /// Nothing worked out yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { pieces: Mutex::new(Vec::new()) }
    }

    /// The piece of this type, worked out where it is not there yet.
    ///
    /// No lock is held meanwhile: `make` may use threads, and where several ask at once each works
    /// it out and the first one stays.
    pub fn piece<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        if let Some(found) = self.find() {
            return found;
        }
        let made: Arc<T> = Arc::new(make());
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stored = pieces.iter().filter(|(id, _)| *id == TypeId::of::<T>());
        if let Some(found) = stored.find_map(|(_, piece)| Arc::clone(piece).downcast().ok()) {
            return found;
        }
        pieces.push((TypeId::of::<T>(), made.clone()));
        made
    }

    fn find<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, piece) = pieces.iter().find(|(id, _)| *id == TypeId::of::<T>())?;
        Arc::clone(piece).downcast().ok()
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Derived").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_own_piece() {
        let derived = Derived::new();
        assert_eq!(*derived.piece(|| 7_u32), 7);
        assert_eq!(*derived.piece(|| 8_u64), 8);
        assert_eq!(*derived.piece(|| 9_u32), 7);
    }

    #[test]
    fn a_piece_may_ask_for_another() {
        let derived = Derived::new();
        let outer = derived.piece(|| format!("{} and more", *derived.piece(|| 3_u8)));
        assert_eq!(*outer, "3 and more");
    }
}
