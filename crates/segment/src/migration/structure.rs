//! Which segments lead to which.

use patronage_core::SegmentIdx;

/// Segments that all lead to one another.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct CommunicatingClass {
    /// The segments, ascending.
    pub segments: Vec<SegmentIdx>,
    /// Whether it is never left once entered.
    pub closed: bool,
    /// The greatest common divisor of the lengths of all ways back; 1 is aperiodic, 0 is a single
    /// segment that never leads back to itself.
    pub period: usize,
}

impl CommunicatingClass {
    /// Whether it is one segment that nobody leaves.
    #[must_use]
    pub fn is_absorbing(&self) -> bool {
        self.closed && self.segments.len() == 1
    }
}

/// The communicating classes of a chain; O(n²).
///
/// A chain of one class is irreducible: its steady state does not depend on the start. Classes
/// that are not closed are transient and empty in the long run.
///
/// # References
///
/// J. G. Kemeny, J. L. Snell (1960), Finite Markov chains.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct ChainStructure {
    /// The classes, by their first segment.
    pub classes: Vec<CommunicatingClass>,
    /// Segments from which nobody was followed: where they lead is not known. Each is a class by
    /// itself, counted as not closed.
    pub unknown: Vec<SegmentIdx>,
}

impl ChainStructure {
    /// The structure of a matrix of probabilities, of which rows of zeros are not known.
    pub(super) fn of(matrix: &[Vec<f64>]) -> Self {
        let n = matrix.len();
        let class_of = components(matrix);
        let mut members = vec![Vec::new(); n];
        for (segment, &class) in class_of.iter().enumerate() {
            members[class].push(segment);
        }
        let known = |segment: usize| matrix[segment].iter().any(|&p| p > 0.0);
        let mut classes: Vec<CommunicatingClass> = members
            .iter()
            .filter(|segments| !segments.is_empty())
            .map(|segments| {
                let inside = |segment: usize| {
                    let leads =
                        |(to, &p): (usize, &f64)| p == 0.0 || class_of[to] == class_of[segment];
                    known(segment) && matrix[segment].iter().enumerate().all(leads)
                };
                CommunicatingClass {
                    closed: segments.iter().all(|&segment| inside(segment)),
                    period: period(matrix, segments, &class_of),
                    segments: segments.iter().map(|&s| SegmentIdx::from_usize(s)).collect(),
                }
            })
            .collect();
        classes.sort_by_key(|class| class.segments[0]);
        let unknown = (0..n).filter(|&s| !known(s)).map(SegmentIdx::from_usize).collect();
        Self { classes, unknown }
    }

    /// Whether every segment leads to every other.
    #[must_use]
    pub fn is_irreducible(&self) -> bool {
        self.classes.len() == 1 && self.classes[0].closed
    }

    /// The segments that nobody leaves.
    #[must_use]
    pub fn absorbing(&self) -> Vec<SegmentIdx> {
        let absorbing = self.classes.iter().filter(|class| class.is_absorbing());
        absorbing.map(|class| class.segments[0]).collect()
    }

    /// The segments that empty in the long run.
    #[must_use]
    pub fn transient(&self) -> Vec<SegmentIdx> {
        let open = self.classes.iter().filter(|class| !class.closed);
        let mut segments: Vec<SegmentIdx> =
            open.flat_map(|class| class.segments.iter().copied()).collect();
        segments.retain(|segment| !self.unknown.contains(segment));
        segments.sort_unstable();
        segments
    }

    /// The structure in words, with the segments' names.
    ///
    /// # Panics
    ///
    /// When there are fewer names than segments.
    #[must_use]
    pub fn words(&self, names: &[String]) -> String {
        let list = |segments: &[SegmentIdx]| {
            let names: Vec<&str> = segments.iter().map(|s| names[s.index()].as_str()).collect();
            names.join(", ")
        };
        let mut sentences = Vec::new();
        if self.is_irreducible() {
            sentences.push("Every segment leads to every other".to_owned());
        }
        for class in self.classes.iter().filter(|class| class.closed) {
            if class.is_absorbing() {
                sentences.push(format!("nobody leaves {}", list(&class.segments)));
            } else if self.classes.len() > 1 {
                sentences.push(format!("nobody leaves the group {}", list(&class.segments)));
            }
            if class.period > 1 {
                let group = list(&class.segments);
                sentences.push(format!("{group} are visited in turns of {}", class.period));
            }
        }
        let transient = self.transient();
        if !transient.is_empty() {
            sentences.push(format!("in the long run nobody is left in {}", list(&transient)));
        }
        if !self.unknown.is_empty() {
            let unknown = list(&self.unknown);
            sentences.push(format!("where {unknown} leads was never observed"));
        }
        sentences.join("; ")
    }
}

/// The strongly connected component of each segment, by a number below `n`: two searches in depth
/// (Kosaraju), without recursion.
fn components(matrix: &[Vec<f64>]) -> Vec<usize> {
    let n = matrix.len();
    let mut order = Vec::with_capacity(n);
    let mut seen = vec![false; n];
    for start in 0..n {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut path = vec![(start, 0)];
        while let Some((at, next)) = path.last_mut() {
            if let Some(to) = (*next..n).find(|&to| matrix[*at][to] > 0.0 && !seen[to]) {
                *next = to + 1;
                seen[to] = true;
                path.push((to, 0));
            } else {
                order.push(*at);
                path.pop();
            }
        }
    }
    let mut class_of = vec![usize::MAX; n];
    for &start in order.iter().rev() {
        if class_of[start] != usize::MAX {
            continue;
        }
        class_of[start] = start;
        let mut stack = vec![start];
        while let Some(at) = stack.pop() {
            for from in 0..n {
                if matrix[from][at] > 0.0 && class_of[from] == usize::MAX {
                    class_of[from] = start;
                    stack.push(from);
                }
            }
        }
    }
    class_of
}

/// The period of a class: the divisor of `distance(i) + 1 - distance(j)` over all its moves.
fn period(matrix: &[Vec<f64>], segments: &[usize], class_of: &[usize]) -> usize {
    let mut distance = vec![usize::MAX; matrix.len()];
    distance[segments[0]] = 0;
    let mut queue = std::collections::VecDeque::from([segments[0]]);
    let mut divisor = 0;
    while let Some(at) = queue.pop_front() {
        for &to in segments {
            if matrix[at][to] == 0.0 || class_of[to] != class_of[at] {
                continue;
            }
            if distance[to] == usize::MAX {
                distance[to] = distance[at] + 1;
                queue.push_back(to);
            } else {
                divisor = gcd(divisor, (distance[at] + 1).abs_diff(distance[to]));
            }
        }
    }
    divisor
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure(edges: &[(usize, usize)], n: usize) -> ChainStructure {
        let mut matrix = vec![vec![0.0; n]; n];
        edges.iter().for_each(|&(i, j)| matrix[i][j] = 0.5);
        ChainStructure::of(&matrix)
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| char::from(b'A' + i as u8).to_string()).collect()
    }

    #[test]
    fn classes_and_periods() {
        let ring = structure(&[(0, 1), (1, 2), (2, 0)], 3);
        assert!(ring.is_irreducible());
        assert_eq!(ring.classes[0].period, 3);
        let ring = structure(&[(0, 1), (1, 2), (2, 0), (2, 2)], 3);
        assert_eq!((ring.classes.len(), ring.classes[0].period), (1, 1));

        let drain = structure(&[(0, 0), (0, 1), (1, 0), (1, 2), (2, 2), (3, 4), (4, 3)], 6);
        assert!(!drain.is_irreducible());
        assert_eq!(drain.absorbing(), [SegmentIdx::new(2)]);
        assert_eq!(drain.transient(), [0, 1].map(SegmentIdx::new));
        assert_eq!(drain.unknown, [SegmentIdx::new(5)]);
        assert_eq!(
            drain.words(&names(6)),
            "nobody leaves C; nobody leaves the group D, E; D, E are visited in turns of 2; \
             in the long run nobody is left in A, B; where F leads was never observed"
        );
    }
}
