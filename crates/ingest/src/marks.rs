//! Where the bytes with a meaning stand.

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Writes the positions of every byte equal to one of `needles` into `marks`, ascending.
///
/// Eight bytes at a time in one register; positions are `u32` because blocks are far shorter than
/// four gigabytes.
pub(crate) fn find(bytes: &[u8], needles: [u8; 3], marks: &mut Vec<u32>) {
    marks.clear();
    // The high bit of each byte of the result is set exactly where a byte of `word` is zero.
    let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let [a, b, c] = needles.map(|needle| u64::from(needle) * ONES);
    let (words, tail) = bytes.as_chunks::<8>();
    for (position, &word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(word);
        let mut hits = zeros(word ^ a) | zeros(word ^ b) | zeros(word ^ c);
        while hits != 0 {
            marks.push(position as u32 * 8 + hits.trailing_zeros() / 8);
            hits &= hits - 1;
        }
    }
    let start = words.len() * 8;
    for (position, byte) in tail.iter().enumerate() {
        if needles.contains(byte) {
            marks.push((start + position) as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(
            bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), any::<u8>()], 0..200)
        ) {
            let needles = [b',', b'\n', b'"'];
            let mut marks = Vec::new();
            find(&bytes, needles, &mut marks);
            let expected: Vec<u32> = (0..bytes.len() as u32)
                .filter(|&position| needles.contains(&bytes[position as usize]))
                .collect();
            prop_assert_eq!(marks, expected);
        }
    }
}
