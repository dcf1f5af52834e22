//! Typed dense indices.

/// A dense index: a position in `0..n`, never an external id.
///
/// Sealed in spirit: the indices below are all there are, and code that is generic over them
/// (such as [`IdMap`](crate::IdMap)) relies on the round trip through `u32` being exact.
pub trait Index:
    Copy + Eq + Ord + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static
{
    /// What the index counts, in the singular, for messages: `"customer"`.
    const NOUN: &'static str;

    /// The index that stands at `position`.
    fn new(position: u32) -> Self;

    /// The position as stored.
    fn get(self) -> u32;

    /// The position as a `usize`, for indexing slices.
    #[inline]
    fn index(self) -> usize {
        self.get() as usize
    }

    /// The index at `position`.
    ///
    /// # Panics
    ///
    /// When `position` does not fit into `u32`: four thousand million of anything.
    #[inline]
    #[must_use]
    fn from_usize(position: usize) -> Self {
        Self::new(u32::try_from(position).expect("a dense index fits into u32"))
    }
}

macro_rules! index {
    ($(#[$doc:meta])* $name:ident, $noun:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, bytemuck::TransparentWrapper,
        )]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
        #[cfg_attr(feature = "serde", serde(transparent))]
        #[repr(transparent)]
        pub struct $name(u32);

        impl $name {
            /// The index that stands at `position`.
            #[inline]
            #[must_use]
            pub const fn new(position: u32) -> Self {
                Self(position)
            }

            /// The position as stored.
            #[inline]
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }

            /// The position as a `usize`, for indexing slices.
            #[inline]
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The index at `position`.
            ///
            /// # Panics
            ///
            /// When `position` does not fit into `u32`.
            #[inline]
            #[must_use]
            pub fn from_usize(position: usize) -> Self {
                Index::from_usize(position)
            }

            /// Views a slice of positions as typed indices, without copying.
            #[inline]
            #[must_use]
            pub fn wrap_slice(positions: &[u32]) -> &[Self] {
                bytemuck::TransparentWrapper::wrap_slice(positions)
            }

            /// Views typed indices as their positions, without copying.
            #[inline]
            #[must_use]
            pub fn peel_slice(indices: &[Self]) -> &[u32] {
                bytemuck::TransparentWrapper::peel_slice(indices)
            }

            /// All indices of a space of `n`, in order.
            pub fn all(n: usize) -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator + Clone {
                (0..n as u32).map(Self)
            }
        }

        impl Index for $name {
            const NOUN: &'static str = $noun;

            #[inline]
            fn new(position: u32) -> Self {
                Self(position)
            }

            #[inline]
            fn get(self) -> u32 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($noun, " {}"), self.0)
            }
        }
    };
}

index!(
    /// A customer's position in the data at hand.
    CustomerIdx, "customer"
);
index!(
    /// An item's position in the catalogue at hand.
    ItemIdx, "item"
);
index!(
    /// An order's (a basket's) position in the data at hand.
    OrderIdx, "order"
);
index!(
    /// A segment's position among the segments of one model.
    SegmentIdx, "segment"
);
index!(
    /// A class's position among the classes of one classifier.
    ClassIdx, "class"
);
index!(
    /// An action's position in a catalogue of actions.
    ActionIdx, "action"
);
index!(
    /// A marketing channel's position among the channels at hand.
    ChannelIdx, "channel"
);
index!(
    /// A category's position among the categories of the items at hand.
    CategoryIdx, "category"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_viewed_without_copying() {
        let positions = [3, 1, 2];
        let items = ItemIdx::wrap_slice(&positions);
        assert_eq!(items[0], ItemIdx::new(3));
        assert_eq!(ItemIdx::peel_slice(items).as_ptr(), positions.as_ptr());
    }

    #[test]
    fn an_index_names_what_it_counts() {
        assert_eq!(CustomerIdx::new(4).to_string(), "customer 4");
    }
}
