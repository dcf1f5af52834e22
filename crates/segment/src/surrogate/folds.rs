//! Folds that each have their part of every segment.

use patronage_core::SegmentIdx;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

/// The fold of each row: rows of a segment are shuffled and dealt out in turn, and the next segment
/// goes on where the last one stopped, so that folds differ by one row at most, in all and in each
/// segment.
pub(super) fn stratified(
    segments: &[SegmentIdx],
    n_segments: usize,
    folds: usize,
    seed: u64,
) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut members = vec![Vec::new(); n_segments];
    for (row, segment) in segments.iter().enumerate() {
        members[segment.index()].push(row);
    }
    let mut fold_of = vec![0; segments.len()];
    let mut next = 0;
    for mut rows in members {
        rows.shuffle(&mut rng);
        for row in rows {
            fold_of[row] = next;
            next = (next + 1) % folds;
        }
    }
    fold_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_share_segments_evenly() {
        let segments: Vec<_> = (0..103).map(|i| SegmentIdx::new(u32::from(i % 7 == 0))).collect();
        let folds = stratified(&segments, 3, 4, 9);
        for segment in 0..2 {
            let count = |fold| {
                let mut rows = folds.iter().zip(&segments);
                rows.by_ref().filter(|(f, s)| **f == fold && s.index() == segment).count()
            };
            let counts: Vec<usize> = (0..4).map(count).collect();
            let (least, most) = (counts.iter().min(), counts.iter().max());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{counts:?}");
        }
        assert_eq!(folds, stratified(&segments, 3, 4, 9));
        assert_ne!(folds, stratified(&segments, 3, 4, 10));
    }
}
