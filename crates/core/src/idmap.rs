//! External ids and their dense indices.

use std::hash::BuildHasher;
use std::marker::PhantomData;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::index::Index;

/// A bijection between external ids (text) and dense indices, in order of first sight.
///
/// Integer ids are their canonical decimal text, so that a file read as integers and a file read
/// as text agree: [`intern_int(17850)`](Self::intern_int) and `intern("17850")` are the same
/// customer. All ids live in one buffer: an id costs its bytes plus about 14 bytes.
///
/// Indices never change once given; equal sequences of ids give equal maps, whatever the hasher's
/// seed. Lookup and insertion are O(length of the id) on average.
///
/// ```
/// use patronage_core::{CustomerIdx, IdMap};
///
/// let mut customers = IdMap::<CustomerIdx>::new();
/// let ann = customers.intern("ann");
/// let bob = customers.intern("bob");
/// assert_eq!(customers.intern("ann"), ann);
/// assert_eq!(customers.id(bob), Some("bob"));
/// assert_eq!(customers.index_of("eve"), None);
/// ```
pub struct IdMap<I> {
    text: String,
    /// `ends[i]` is where id `i` ends in `text`; it starts where the one before ends.
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    index: PhantomData<fn() -> I>,
}

impl<I: Index> IdMap<I> {
    /// A map without ids.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// A map with room for `n_ids` ids before it reallocates.
    #[must_use]
    pub fn with_capacity(n_ids: usize) -> Self {
        Self {
            text: String::with_capacity(n_ids * 8),
            ends: Vec::with_capacity(n_ids),
            table: HashTable::with_capacity(n_ids),
            hasher: DefaultHashBuilder::default(),
            index: PhantomData,
        }
    }

    /// The number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no id yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The index of `id`, which is given the next free one when it is new.
    ///
    /// # Panics
    ///
    /// When there would be more than `u32::MAX` ids.
    pub fn intern(&mut self, id: &str) -> I {
        let hash = self.hasher.hash_one(id);
        let (text, ends) = (&self.text, &self.ends);
        if let Some(&position) = self.table.find(hash, |&p| id_at(text, ends, p as usize) == id) {
            return I::new(position);
        }
        let index = I::from_usize(self.ends.len());
        self.text.push_str(id);
        self.ends.push(self.text.len());
        let (text, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        self.table
            .insert_unique(hash, index.get(), |&p| hasher.hash_one(id_at(text, ends, p as usize)));
        index
    }

    /// The index of an integer id, which is its canonical decimal text.
    pub fn intern_int(&mut self, id: i64) -> I {
        self.intern(&id.to_string())
    }

    /// The index of `id`, if it is known.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<I> {
        let hash = self.hasher.hash_one(id);
        self.table
            .find(hash, |&p| id_at(&self.text, &self.ends, p as usize) == id)
            .map(|&p| I::new(p))
    }

    /// The index of an integer id, if it is known.
    #[must_use]
    pub fn index_of_int(&self, id: i64) -> Option<I> {
        self.index_of(&id.to_string())
    }

    /// The external id of `index`, if the map has it.
    #[must_use]
    pub fn id(&self, index: I) -> Option<&str> {
        (index.index() < self.ends.len()).then(|| id_at(&self.text, &self.ends, index.index()))
    }

    /// All ids in the order of their indices.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &str)> {
        (0..self.ends.len()).map(|p| (I::from_usize(p), id_at(&self.text, &self.ends, p)))
    }

    /// The indices in ascending order of their ids: numbers by value first, then text by bytes.
    ///
    /// Whole numbers without sign or leading zero count as numbers, so that `"9"` comes before
    /// `"10"`. Costs O(n log n).
    #[must_use]
    pub fn sorted(&self) -> Vec<I> {
        let mut order: Vec<I> = (0..self.len()).map(I::from_usize).collect();
        order.sort_unstable_by(|&a, &b| {
            let (a, b) = (
                id_at(&self.text, &self.ends, a.index()),
                id_at(&self.text, &self.ends, b.index()),
            );
            // Numbers of more digits are greater; equal lengths compare by bytes.
            match (is_number(a), is_number(b)) {
                (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                (true, false) => std::cmp::Ordering::Less,
                (false, true) => std::cmp::Ordering::Greater,
                (false, false) => a.cmp(b),
            }
        });
        order
    }
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && (id == "0" || !id.starts_with('0'))
}

#[inline]
fn id_at<'a>(text: &'a str, ends: &[usize], position: usize) -> &'a str {
    let start = if position == 0 { 0 } else { ends[position - 1] };
    &text[start..ends[position]]
}

impl<I: Index> Default for IdMap<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Index> Clone for IdMap<I> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            ends: self.ends.clone(),
            table: self.table.clone(),
            hasher: self.hasher.clone(),
            index: PhantomData,
        }
    }
}

impl<I: Index> PartialEq for IdMap<I> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl<I: Index> Eq for IdMap<I> {}

impl<I: Index> std::fmt::Debug for IdMap<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdMap({} {}s)", self.len(), I::NOUN)
    }
}

impl<I: Index, S: AsRef<str>> FromIterator<S> for IdMap<I> {
    /// Interns the ids in order; repeated ids keep their first index.
    fn from_iter<T: IntoIterator<Item = S>>(ids: T) -> Self {
        let mut map = Self::new();
        for id in ids {
            map.intern(id.as_ref());
        }
        map
    }
}

#[cfg(feature = "serde")]
mod with_serde {
    use super::{IdMap, Index, id_at};
    use serde::de::{Error as _, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    impl<I: Index> Serialize for IdMap<I> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((0..self.len()).map(|p| id_at(&self.text, &self.ends, p)))
        }
    }

    impl<'de, I: Index> Deserialize<'de> for IdMap<I> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Ids<I>(std::marker::PhantomData<I>);
            impl<'de, I: Index> Visitor<'de> for Ids<I> {
                type Value = IdMap<I>;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a list of distinct ids")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut ids: A) -> Result<IdMap<I>, A::Error> {
                    let mut map = IdMap::<I>::new();
                    while let Some(id) = ids.next_element::<std::borrow::Cow<'de, str>>()? {
                        let expected = map.len();
                        if map.intern(&id).index() != expected {
                            return Err(A::Error::custom(format_args!(
                                "expected distinct ids, found {id:?} twice"
                            )));
                        }
                    }
                    Ok(map)
                }
            }
            deserializer.deserialize_seq(Ids(std::marker::PhantomData))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CustomerIdx;

    #[test]
    fn integers_are_their_decimal_text() {
        let mut map = IdMap::<CustomerIdx>::new();
        let a = map.intern_int(17850);
        assert_eq!(map.intern("17850"), a);
        assert_eq!(map.index_of_int(17850), Some(a));
        assert_ne!(map.intern("017850"), a);
    }

    #[test]
    fn numbers_sort_by_value_and_before_text() {
        let map: IdMap<CustomerIdx> = ["b", "10", "9", "a", "007", ""].into_iter().collect();
        let sorted: Vec<&str> = map.sorted().into_iter().filter_map(|i| map.id(i)).collect();
        assert_eq!(sorted, ["9", "10", "", "007", "a", "b"]);
    }
}
