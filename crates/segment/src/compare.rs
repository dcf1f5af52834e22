//! Two segmentations of the same rows.

use patronage_core::SegmentIdx;

use crate::error::{Error, ErrorKind};

/// Up to so many pairs of segments, or so many times the rows, are counted in a table.
const DENSE: usize = 4096;
const DENSE_ROWS: usize = 4;

/// [`align`] answers for every number up to the largest, so it takes numbers below this.
const NUMBERED: usize = 1 << 24;

/// Which segments two segmentations have, and how often each pair of them meets.
///
/// Segments count by their places among those that occur, so that a large number costs nothing.
struct Meetings {
    /// The segments that occur, ascending.
    a: Vec<SegmentIdx>,
    b: Vec<SegmentIdx>,
    /// Places in `a` and `b` and the rows they share, at least one, in ascending order.
    pairs: Vec<(usize, usize, u64)>,
}

impl Meetings {
    fn new(a: &[SegmentIdx], b: &[SegmentIdx]) -> Result<Self, Error> {
        if a.len() != b.len() {
            let (what, expected) = ("segments of the second segmentation", a.len());
            return Err(ErrorKind::Length { what, expected, found: b.len() }.into());
        }
        let ((in_a, a), (in_b, b)) = (places(a), places(b));
        let pairs = pairs(&in_a, a.len(), &in_b, b.len());
        Ok(Self { a, b, pairs })
    }

    /// The rows of each segment of either.
    fn margins(&self) -> (Vec<u64>, Vec<u64>) {
        let (mut a, mut b) = (vec![0; self.a.len()], vec![0; self.b.len()]);
        for &(in_a, in_b, count) in &self.pairs {
            a[in_a] += count;
            b[in_b] += count;
        }
        (a, b)
    }

    fn counts(&self) -> Vec<u64> {
        self.pairs.iter().map(|&(_, _, count)| count).collect()
    }
}

/// For each row the place of its segment among those that occur, and these, ascending.
fn places(segments: &[SegmentIdx]) -> (Vec<u32>, Vec<SegmentIdx>) {
    let size = segments.iter().map(|s| s.index() + 1).max().unwrap_or(0);
    if size <= DENSE.max(segments.len()) {
        let mut occurs = vec![false; size];
        segments.iter().for_each(|s| occurs[s.index()] = true);
        let mut place = vec![0; size];
        let mut distinct = Vec::new();
        for (number, _) in occurs.iter().enumerate().filter(|(_, occurs)| **occurs) {
            place[number] = distinct.len() as u32;
            distinct.push(SegmentIdx::from_usize(number));
        }
        return (segments.iter().map(|s| place[s.index()]).collect(), distinct);
    }
    let mut distinct = segments.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let place = |segment| distinct.partition_point(|other| other < segment) as u32;
    (segments.iter().map(place).collect(), distinct)
}

fn pairs(a: &[u32], n_a: usize, b: &[u32], n_b: usize) -> Vec<(usize, usize, u64)> {
    if n_a.saturating_mul(n_b) <= DENSE.max(DENSE_ROWS * a.len()) {
        let mut counts = vec![0; n_a * n_b];
        for (&a, &b) in a.iter().zip(b) {
            counts[a as usize * n_b + b as usize] += 1;
        }
        let met = counts.into_iter().enumerate().filter(|&(_, count)| count > 0);
        return met.map(|(i, count)| (i / n_b, i % n_b, count)).collect();
    }
    let mut rows: Vec<(u32, u32)> = a.iter().copied().zip(b.iter().copied()).collect();
    rows.sort_unstable();
    let same = rows.chunk_by(|one, next| one == next);
    same.map(|rows| (rows[0].0 as usize, rows[0].1 as usize, rows.len() as u64)).collect()
}

/// The adjusted Rand index of two segmentations: 1 when they are the same up to numbering, about 0
/// when they have nothing to do with each other.
///
/// ```text
/// ARI = (Σ C(n_ab, 2) − E) / (½ (Σ C(n_a, 2) + Σ C(n_b, 2)) − E),    E = Σ C(n_a, 2) Σ C(n_b, 2) / C(n, 2)
/// ```
///
/// 1 where both put all rows into one segment or each into its own, or there are less than two rows.
/// O(rows log rows), whatever the segments' numbers.
///
/// # Errors
///
/// When the two are not of one length.
///
/// # References
///
/// L. Hubert, P. Arabie (1985), Comparing partitions.
///
/// # Examples
///
/// ```
/// use patronage_segment::{SegmentIdx, adjusted_rand};
///
/// let a = [0, 0, 1, 1].map(SegmentIdx::new);
/// let b = [1, 1, 0, 0].map(SegmentIdx::new);
/// let c = [0, 0, 1, 2].map(SegmentIdx::new);
/// assert_eq!(adjusted_rand(&a, &b)?, 1.0);
/// assert!((adjusted_rand(&a, &c)? - 4.0 / 7.0).abs() < 1e-15);
/// # Ok::<(), patronage_segment::Error>(())
/// ```
pub fn adjusted_rand(a: &[SegmentIdx], b: &[SegmentIdx]) -> Result<f64, Error> {
    let meetings = Meetings::new(a, b)?;
    let ((of_a, of_b), counts) = (meetings.margins(), meetings.counts());
    let pairs =
        |counts: &[u64]| counts.iter().map(|&n| n as f64 * (n as f64 - 1.0) / 2.0).sum::<f64>();
    let (both, in_a, in_b) = (pairs(&counts), pairs(&of_a), pairs(&of_b));
    let all = pairs(&[a.len() as u64]);
    if all <= 0.0 {
        return Ok(1.0);
    }
    let expected = in_a * in_b / all;
    let most = (in_a + in_b) / 2.0;
    Ok(if most == expected { 1.0 } else { (both - expected) / (most - expected) })
}

/// The normalised mutual information of two segmentations, by the arithmetic mean of entropies: 1
/// when they are the same up to numbering, 0 when one says nothing about the other.
///
/// ```text
/// NMI = I(a; b) / (½ (H(a) + H(b)))
/// ```
///
/// 1 where both have no entropy (one segment each). O(rows log rows), whatever the
/// segments' numbers.
///
/// # Errors
///
/// When the two are not of one length.
///
/// # References
///
/// N. X. Vinh, J. Epps, J. Bailey (2010), Information theoretic measures for clusterings comparison.
///
/// # Examples
///
/// ```
/// use patronage_segment::{SegmentIdx, normalised_mutual_information};
///
/// let a = [0, 0, 1, 1].map(SegmentIdx::new);
/// let b = [0, 1, 0, 1].map(SegmentIdx::new);
/// assert_eq!(normalised_mutual_information(&a, &a)?, 1.0);
/// assert_eq!(normalised_mutual_information(&a, &b)?, 0.0);
/// # Ok::<(), patronage_segment::Error>(())
/// ```
pub fn normalised_mutual_information(a: &[SegmentIdx], b: &[SegmentIdx]) -> Result<f64, Error> {
    let meetings = Meetings::new(a, b)?;
    let ((of_a, of_b), counts) = (meetings.margins(), meetings.counts());
    let n = a.len() as f64;
    let entropy = |counts: &[u64]| -> f64 {
        counts.iter().filter(|&&c| c > 0).map(|&c| -(c as f64 / n) * (c as f64 / n).ln()).sum()
    };
    let (h_a, h_b, h_both) = (entropy(&of_a), entropy(&of_b), entropy(&counts));
    let mean = (h_a + h_b) / 2.0;
    Ok(if mean == 0.0 { 1.0 } else { ((h_a + h_b - h_both) / mean).clamp(0.0, 1.0) })
}

/// New numbers for the segments of `new`, so that they agree with those of `old` on as many rows as possible.
///
/// Gives for each segment of `new` the segment of `old` it continues, or a number beyond those of
/// `old` where it continues none: distinct numbers, so that "Loyal" stays "Loyal" after a refit.
/// Optimal, by assignment over the counts of rows they share; O(rows log rows + segments³) over the
/// segments that have rows. There is a number for each segment of `new` up to the last with a row.
///
/// # Errors
///
/// When the two are not of one length, or a segment is numbered 2²⁴ or more.
///
/// # References
///
/// H. W. Kuhn (1955), The Hungarian method for the assignment problem.
///
/// # Examples
///
/// ```
/// use patronage_segment::{SegmentIdx, align};
///
/// let old = [0, 0, 0, 1, 1].map(SegmentIdx::new);
/// let new = [1, 1, 2, 0, 0].map(SegmentIdx::new);
/// assert_eq!(align(&old, &new)?, [1, 0, 2].map(SegmentIdx::new));
/// # Ok::<(), patronage_segment::Error>(())
/// ```
pub fn align(old: &[SegmentIdx], new: &[SegmentIdx]) -> Result<Vec<SegmentIdx>, Error> {
    let meetings = Meetings::new(old, new)?;
    let mut size = [0, 0];
    for (size, segments) in size.iter_mut().zip([&meetings.a, &meetings.b]) {
        if let Some(last) = segments.last() {
            if last.index() >= NUMBERED {
                let (name, expected) = ("number of a segment", "below 2^24");
                return Err(
                    ErrorKind::Parameter { name, expected, found: last.index() as f64 }.into()
                );
            }
            *size = last.index() + 1;
        }
    }
    let (n_old, n_new) = (meetings.a.len(), meetings.b.len());
    let n = n_old.max(n_new);
    let mut costs = vec![0_i64; n * n];
    for &(old, new, count) in &meetings.pairs {
        costs[new * n + old] = -(count as i64);
    }
    let of_new = assignment(n, |new, old| costs[new * n + old]);
    // A segment that shares no row with its partner, or has no row, continues nothing.
    let mut continues = vec![None; size[1]];
    for (place, new) in meetings.b.iter().enumerate() {
        if costs[place * n + of_new[place]] < 0 {
            continues[new.index()] = Some(meetings.a[of_new[place]]);
        }
    }
    let mut fresh = size[0]..;
    let number = |old: Option<_>| old.or_else(|| fresh.next().map(SegmentIdx::from_usize));
    Ok(continues.into_iter().filter_map(number).collect())
}

/// For each row of a square matrix the column assigned to it, at the least cost in all.
///
/// Shortest augmenting paths with potentials, O(n³).
pub(crate) fn assignment(n: usize, cost: impl Fn(usize, usize) -> i64) -> Vec<usize> {
    // Rows and columns count from 1; 0 is the row that looks for a column.
    let (mut of_row, mut of_column) = (vec![0_i64; n + 1], vec![0_i64; n + 1]);
    let mut row_of = vec![0_usize; n + 1];
    for row in 1..=n {
        row_of[0] = row;
        let mut column = 0;
        let mut least = vec![i64::MAX; n + 1];
        let mut came_from = vec![0_usize; n + 1];
        let mut done = vec![false; n + 1];
        while row_of[column] != 0 {
            done[column] = true;
            let current = row_of[column];
            let (mut step, mut next) = (i64::MAX, 0);
            for other in 1..=n {
                if done[other] {
                    continue;
                }
                let reduced = cost(current - 1, other - 1) - of_row[current] - of_column[other];
                if reduced < least[other] {
                    least[other] = reduced;
                    came_from[other] = column;
                }
                if least[other] < step {
                    step = least[other];
                    next = other;
                }
            }
            for other in 0..=n {
                if done[other] {
                    of_row[row_of[other]] += step;
                    of_column[other] -= step;
                } else {
                    least[other] = least[other].saturating_sub(step);
                }
            }
            column = next;
        }
        while column != 0 {
            let before = came_from[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let mut column_of = vec![0; n];
    for column in 1..=n {
        column_of[row_of[column] - 1] = column - 1;
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_the_best_of_all_permutations() {
        let mut state = 7_u64;
        for n in 1..=5 {
            for _ in 0..20 {
                let costs: Vec<i64> = (0..n * n)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        (state >> 60) as i64 - 8
                    })
                    .collect();
                let found = assignment(n, |row, column| costs[row * n + column]);
                let total = |columns: &[usize]| -> i64 {
                    columns.iter().enumerate().map(|(row, &column)| costs[row * n + column]).sum()
                };
                assert_eq!(total(&found), best(n, &mut Vec::new(), &total));
            }
        }
    }

    fn best(n: usize, chosen: &mut Vec<usize>, total: &dyn Fn(&[usize]) -> i64) -> i64 {
        if chosen.len() == n {
            return total(chosen);
        }
        let mut least = i64::MAX;
        for column in 0..n {
            if !chosen.contains(&column) {
                chosen.push(column);
                least = least.min(best(n, chosen, total));
                chosen.pop();
            }
        }
        least
    }

    // scikit-learn 1.9.1: adjusted_rand_score and normalized_mutual_info_score of these labels.
    #[test]
    fn indices_equal_the_oracle() {
        let a = [0, 0, 1, 1, 2, 2, 2, 0, 1, 2].map(SegmentIdx::new);
        let b = [0, 1, 1, 1, 2, 2, 0, 0, 1, 2].map(SegmentIdx::new);
        assert!((adjusted_rand(&a, &b).unwrap() - ARI).abs() < 1e-12);
        assert!((normalised_mutual_information(&a, &b).unwrap() - NMI).abs() < 1e-12);
    }

    // scikit-learn 1.9.1: adjusted_rand_score and normalized_mutual_info_score of these labels;
    // scipy 1.17.1: the rows that linear_sum_assignment of their contingency table keeps.
    #[test]
    fn larger_comparisons_equal_the_oracles() {
        let mut state = 3_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u32
        };
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            let label = draw() % 7;
            old.push(SegmentIdx::new(label));
            let kept = draw() % 10 < 4;
            new.push(SegmentIdx::new(if kept { (label * 5 + 2) % 9 } else { draw() % 9 }));
        }
        assert!((adjusted_rand(&old, &new).unwrap() - 0.188460104516719).abs() < 1e-12);
        let nmi = normalised_mutual_information(&old, &new).unwrap();
        assert!((nmi - 0.22247002823458972).abs() < 1e-12);
        let numbers = align(&old, &new).unwrap();
        let kept = old.iter().zip(&new).filter(|(old, new)| numbers[new.index()] == **old);
        assert_eq!(kept.count(), 194);
        let continued = [(0, 2), (1, 7), (2, 3), (3, 8), (4, 4), (5, 0), (6, 5)];
        assert!(continued.iter().all(|&(old, new)| numbers[new] == SegmentIdx::new(old)));
        assert!([1, 6].iter().all(|&new: &usize| numbers[new].get() >= 7));
    }

    const ARI: f64 = 0.431_818_181_818_181_8;
    const NMI: f64 = 0.618_065_646_292_154_3;

    #[test]
    fn large_and_sparse_numbers_compare_as_small_ones() {
        let a = [0, 0, 1, 1, 2, 2, 2, 0, 1, 2].map(SegmentIdx::new);
        let b = [0, 1, 1, 1, 2, 2, 0, 0, 1, 2].map(SegmentIdx::new);
        let far = |s: SegmentIdx| SegmentIdx::new([7, 1 << 31, u32::MAX - 1][s.index()]);
        let (far_a, far_b) = (a.map(far), b.map(far));
        assert_eq!(adjusted_rand(&far_a, &far_b).unwrap(), adjusted_rand(&a, &b).unwrap());
        assert_eq!(
            normalised_mutual_information(&far_a, &b).unwrap(),
            normalised_mutual_information(&a, &b).unwrap()
        );
        for (old, new) in [(&a, &far_b), (&far_a, &b)] {
            let error = align(old, new).unwrap_err().to_string();
            let message = "parameter number of a segment: expected below 2^24, found 4294967294";
            assert_eq!(error, message);
        }
        // Segments without rows get numbers of their own, in order.
        let (old, new) = ([5, 5, 70_000].map(SegmentIdx::new), [3, 3, 1].map(SegmentIdx::new));
        assert_eq!(align(&old, &new).unwrap(), [70_001, 70_000, 70_002, 5].map(SegmentIdx::new));
    }

    #[test]
    fn every_row_a_segment_is_compared_without_a_square_table() {
        let n = 100_000_u32;
        let a: Vec<_> = (0..n).map(SegmentIdx::new).collect();
        let b: Vec<_> = (0..n).rev().map(|i| SegmentIdx::new(i / 2)).collect();
        assert_eq!(adjusted_rand(&a, &a).unwrap(), 1.0);
        assert_eq!(adjusted_rand(&a, &b).unwrap(), 0.0);
        assert!(normalised_mutual_information(&a, &b).unwrap() > 0.9);
    }

    #[test]
    fn nothing_to_compare_is_agreement() {
        assert_eq!(adjusted_rand(&[], &[]).unwrap(), 1.0);
        assert_eq!(normalised_mutual_information(&[], &[]).unwrap(), 1.0);
        assert_eq!(align(&[], &[]).unwrap(), []);
        assert!(adjusted_rand(&[], &[SegmentIdx::new(0)]).is_err());
    }
}
