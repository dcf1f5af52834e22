//! Columns of many values in few buckets.

use crate::tree::codes::{Coded, CodedColumn, Place};

/// Buckets of known values; a multiple of `1 << MOST_SHIFT`.
pub(super) const KNOWN: usize = 224;
/// The bucket of missing cells, apart from the known ones however many are made one.
pub(super) const MISSING: u8 = 255;

/// The bucket of every row in every wide column of numbers.
#[derive(Debug)]
pub(crate) struct Coarse {
    /// Row-major, one byte for each wide column.
    pub(super) buckets: Vec<u8>,
    pub(super) n_wide: usize,
    /// For each wide column the first code of each bucket, and one past the last known code.
    pub(super) firsts: Vec<Vec<u32>>,
}

impl Coarse {
    /// Buckets of about equally many rows: O(rows · wide columns).
    pub(crate) fn new(coded: &Coded) -> Self {
        let n_wide = coded.wide.len();
        let n = coded.wide.first().map_or(0, Vec::len);
        let mut this = Self { buckets: vec![0; n * n_wide], n_wide, firsts: vec![vec![]; n_wide] };
        for column in &coded.columns {
            if let Place::Wide(place) = column.place
                && !column.is_category
            {
                this.add(place, column, &coded.wide[place]);
            }
        }
        this
    }

    fn add(&mut self, place: usize, column: &CodedColumn, codes: &[u32]) {
        let mut held = vec![0_usize; column.n_codes];
        codes.iter().for_each(|&code| held[code as usize] += 1);
        let n_known = column.n_known;
        let total = held[..n_known].iter().sum::<usize>().max(1);
        let mut bucket_of = vec![MISSING; column.n_codes];
        let mut firsts = vec![n_known as u32; KNOWN + 1];
        let mut before = 0;
        for code in 0..n_known {
            // The middle one of the code's rows decides.
            let middle = (before + held[code] / 2).min(total - 1);
            let bucket = middle * KNOWN / total;
            bucket_of[code] = bucket as u8;
            firsts[bucket] = firsts[bucket].min(code as u32);
            before += held[code];
        }
        // An empty bucket begins where the next one does.
        for bucket in (0..KNOWN).rev() {
            firsts[bucket] = firsts[bucket].min(firsts[bucket + 1]);
        }
        self.firsts[place] = firsts;
        for (row, &code) in codes.iter().enumerate() {
            self.buckets[row * self.n_wide + place] = bucket_of[code as usize];
        }
    }
}
