//! Rows that repeat an earlier one.

/// Counts the fingerprints that repeat an earlier one, and those of them whose lowest bit is set.
///
/// Spread over buckets by their highest bits, so that each bucket's table stays in the cache.
/// Rows that differ share one of the 2^63 fingerprints about once in ten million files of a million
/// rows.
pub(crate) fn count(blocks: Vec<Vec<u64>>) -> (u64, u64) {
    let n: usize = blocks.iter().map(Vec::len).sum();
    let bits = (n / 2048).next_power_of_two().trailing_zeros().min(16);
    let bucket = |fingerprint: u64| match bits {
        0 => 0,
        _ => (fingerprint >> (64 - bits)) as usize,
    };
    let mut starts = vec![0usize; (1 << bits) + 1];
    for &fingerprint in blocks.iter().flatten() {
        starts[bucket(fingerprint) + 1] += 1;
    }
    for position in 1..starts.len() {
        starts[position] += starts[position - 1];
    }
    let mut next = starts.clone();
    let mut spread = vec![0u64; n];
    for &fingerprint in blocks.iter().flatten() {
        let slot = &mut next[bucket(fingerprint)];
        spread[*slot] = fingerprint;
        *slot += 1;
    }
    drop(blocks);
    let (mut all, mut marked) = (0, 0);
    let mut table: Vec<Option<u64>> = Vec::new();
    for range in starts.windows(2) {
        let fingerprints = &spread[range[0]..range[1]];
        let size = (fingerprints.len() * 2).next_power_of_two();
        table.clear();
        table.resize(size, None);
        for &fingerprint in fingerprints {
            // The low bits beyond the mark, which the buckets do not use.
            let mut slot = (fingerprint >> 1) as usize & (size - 1);
            loop {
                match table[slot] {
                    None => {
                        table[slot] = Some(fingerprint);
                        break;
                    }
                    Some(found) if found == fingerprint => {
                        all += 1;
                        marked += u64::from(fingerprint & 1 == 1);
                        break;
                    }
                    Some(_) => slot = (slot + 1) & (size - 1),
                }
            }
        }
    }
    (all, marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_counted_across_blocks() {
        let hash = |n: u32| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()) & !1;
        let first: Vec<u64> = (0..10_000).map(hash).collect();
        let second: Vec<u64> = (9_000..12_000).map(|n| hash(n) | u64::from(n < 9_010)).collect();
        // A mark makes a row another row: equal rows are accepted or not together.
        assert_eq!(count(vec![first.clone(), second]), (990, 0));
        let marked: Vec<u64> = first.iter().map(|f| f | 1).collect();
        assert_eq!(count(vec![marked.clone(), marked]), (10_000, 10_000));
        assert_eq!(count(vec![]), (0, 0));
    }
}
