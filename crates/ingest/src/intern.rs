//! Texts by number, and the text most often seen beside a number.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Distinct byte strings, numbered in order of first sight; one buffer holds them all.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    text: Vec<u8>,
    /// Where each ends in `text`.
    ends: Vec<u32>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Interner {
    /// The number of `text`, the next free one if it is new.
    #[inline]
    pub(crate) fn intern(&mut self, text: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(text);
        let (all, ends) = (&self.text, &self.ends);
        if let Some(&number) = self.table.find(hash, |&n| text_at(all, ends, n) == text) {
            return number;
        }
        let number = self.ends.len() as u32;
        self.text.extend_from_slice(text);
        self.ends.push(self.text.len() as u32);
        let (all, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        self.table.insert_unique(hash, number, |&n| hasher.hash_one(text_at(all, ends, n)));
        number
    }

    /// All texts in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len() as u32).map(|number| text_at(&self.text, &self.ends, number))
    }
}

#[inline]
fn text_at<'a>(text: &'a [u8], ends: &[u32], number: u32) -> &'a [u8] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] as usize };
    &text[start..ends[number] as usize]
}

/// How often each text stood beside each number.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    entries: Vec<Entry>,
    text: Vec<u8>,
    /// The entry last voted for beside each number; most votes repeat the one before.
    last: Vec<u32>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u32,
    start: usize,
    length: u32,
    count: u32,
}

impl Entry {
    #[inline]
    fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start..self.start + self.length as usize]
    }
}

impl Votes {
    /// Counts `text` beside `number`, `count` times.
    #[inline]
    pub(crate) fn vote(&mut self, number: u32, text: &[u8], count: u32) {
        let slot = number as usize;
        if let Some(&last) = self.last.get(slot)
            && let Some(entry) = self.entries.get_mut(last as usize)
            && entry.of(&self.text) == text
        {
            entry.count = entry.count.saturating_add(count);
            return;
        }
        self.vote_anew(slot, text, count);
    }

    #[cold]
    fn vote_anew(&mut self, slot: usize, text: &[u8], count: u32) {
        let number = slot as u32;
        let hash = self.hasher.hash_one((number, text));
        let (all, entries) = (&self.text, &self.entries);
        let same = |&position: &u32| {
            let entry = entries[position as usize];
            entry.number == number && entry.of(all) == text
        };
        let position = match self.table.find(hash, same) {
            Some(&position) => position,
            None => {
                let position = self.entries.len() as u32;
                let (start, length) = (self.text.len(), text.len() as u32);
                self.text.extend_from_slice(text);
                self.entries.push(Entry { number, start, length, count: 0 });
                let (all, entries, hasher) = (&self.text, &self.entries, &self.hasher);
                self.table.insert_unique(hash, position, |&position| {
                    let entry = entries[position as usize];
                    hasher.hash_one((entry.number, entry.of(all)))
                });
                position
            }
        };
        let entry = &mut self.entries[position as usize];
        entry.count = entry.count.saturating_add(count);
        if self.last.len() <= slot {
            self.last.resize(slot + 1, u32::MAX);
        }
        self.last[slot] = position;
    }

    /// Number, text and count of every entry, in order of first sight.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &[u8], u32)> {
        self.entries.iter().map(|entry| (entry.number, entry.of(&self.text), entry.count))
    }

    /// The text most often seen beside each of `n` numbers, the first seen of several; empty where there is none.
    pub(crate) fn winners(&self, n: usize) -> Vec<&[u8]> {
        let mut best = vec![(0, &[][..]); n];
        for (number, text, count) in self.iter() {
            let slot = &mut best[number as usize];
            if count > slot.0 {
                *slot = (count, text);
            }
        }
        best.into_iter().map(|(_, text)| text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_numbers() {
        let mut texts = Interner::default();
        let numbers: Vec<u32> = ["a", "", "b", "a", ""].map(|t| texts.intern(t.as_bytes())).into();
        assert_eq!(numbers, [0, 1, 2, 0, 1]);
        assert_eq!(texts.iter().collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
    }

    #[test]
    fn the_most_frequent_wins_and_the_first_of_equals() {
        let mut votes = Votes::default();
        for (number, text) in
            [(2, "late"), (0, "x"), (0, "y"), (0, "y"), (0, "x"), (2, "once"), (0, "z")]
        {
            votes.vote(number, text.as_bytes(), 1);
        }
        assert_eq!(votes.winners(4), [&b"x"[..], b"", b"late", b""]);
    }
}
