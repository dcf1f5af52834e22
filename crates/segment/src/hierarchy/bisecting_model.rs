//! The tree that bisecting k-means found.

use ndarray::Array2;
use patronage_core::{Schema, SegmentIdx, Segmenter};

use super::nearer::second_is_nearer;
use crate::error::{Error, ErrorKind};

/// A cluster of the tree.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Node {
    pub(super) mean: Vec<f64>,
    pub(super) size: u64,
    pub(super) inertia: f64,
}

/// A cut of a cluster: the `s`-th makes the nodes `2s + 1` and `2s + 2`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Split {
    pub(super) node: usize,
    /// A row goes to the half whose pole is nearer, of equals to the first.
    pub(super) poles: [Vec<f64>; 2],
}

/// The tree of segments that [`BisectingKMeans`](crate::BisectingKMeans) found.
///
/// A row descends from the root: at every cut it goes to the nearer of two centres, of equally near
/// ones to the first. That is O(n_columns · depth) for thousands of segments, agrees with the
/// labels of the training rows, and nests: a row's segment in a coarser [`cut`](Self::cut) is that
/// which holds its segment here. It need not be the segment whose mean is nearest of all. A number
/// missing from a nullable column (NaN) is left out of the distance.
///
/// Segments are numbered along the tree, and named by their path: `1.2.1` is the first half of the
/// second half of the first half of all rows; a tree without cuts is `1`. In a tree so deep that
/// all paths together exceed 64 million characters segments have no names.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "Repr", into = "Repr")
)]
pub struct BisectingModel {
    schema: Schema,
    nodes: Vec<Node>,
    splits: Vec<Split>,
    /// The cut of each node, where it is cut.
    cut_of: Vec<Option<u32>>,
    /// The segment of each node that is not cut.
    segment_of: Vec<Option<SegmentIdx>>,
    /// The node of each segment.
    node_of: Vec<usize>,
    /// The path of each segment; none of a tree so deep that they would fill memory.
    paths: Vec<String>,
}

/// Characters of all paths together, beyond which they are not kept.
const CHARACTERS: usize = 1 << 26;

impl BisectingModel {
    pub(super) fn new(schema: Schema, nodes: Vec<Node>, splits: Vec<Split>) -> Result<Self, Error> {
        let expected = 2 * splits.len() + 1;
        if nodes.len() != expected {
            return Err(length("clusters of the tree", expected, nodes.len()));
        }
        let means = nodes.iter().map(|node| &node.mean);
        for cells in means.chain(splits.iter().flat_map(|split| &split.poles)) {
            if cells.len() != schema.len() {
                return Err(length("cells of a centre", schema.len(), cells.len()));
            }
            if let Some(position) = cells.iter().position(|cell| !cell.is_finite()) {
                let (what, expected) = ("cell of a centre", "a finite number");
                let found = cells[position];
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
        }
        for (position, node) in nodes.iter().enumerate() {
            let refuse = |what, expected, found| {
                Err(ErrorKind::Number { what, position, expected, found }.into())
            };
            if !(node.inertia >= 0.0 && node.inertia.is_finite()) {
                let expected = "a finite number, at least 0";
                return refuse("inertia of cluster", expected, node.inertia);
            }
            if node.size == 0 {
                return refuse("size of cluster", "at least 1", 0.0);
            }
        }
        let mut cut_of = vec![None; nodes.len()];
        for (s, split) in splits.iter().enumerate() {
            // A cluster is cut once, and only after it was made.
            if split.node > 2 * s || cut_of[split.node].is_some() {
                let (what, position) = ("cut", s);
                let (expected, found) =
                    ("a cluster made before and not yet cut", split.node as f64);
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
            cut_of[split.node] = Some(s as u32);
            let halves = nodes[2 * s + 1].size.checked_add(nodes[2 * s + 2].size);
            if halves != Some(nodes[split.node].size) {
                let (what, position) = ("size of cluster", split.node);
                let found = nodes[split.node].size as f64;
                let expected = "the sizes of its halves in sum";
                return Err(ErrorKind::Number { what, position, expected, found }.into());
            }
        }
        let mut model = Self {
            schema,
            segment_of: vec![None; nodes.len()],
            nodes,
            splits,
            cut_of,
            node_of: Vec::new(),
            paths: Vec::new(),
        };
        model.number();
        Ok(model)
    }

    /// Numbers the leaves along the tree.
    fn number(&mut self) {
        let mut stack = vec![(0, 0)];
        let mut characters = 0_usize;
        while let Some((node, depth)) = stack.pop() {
            if let Some(s) = self.cut_of[node] {
                let first = 2 * s as usize + 1;
                stack.extend([(first + 1, depth + 1), (first, depth + 1)]);
                continue;
            }
            self.segment_of[node] = Some(SegmentIdx::from_usize(self.node_of.len()));
            self.node_of.push(node);
            characters = characters.saturating_add(2 * depth);
        }
        if characters <= CHARACTERS {
            self.paths = SegmentIdx::all(self.node_of.len()).map(|s| self.path(s)).collect();
        }
    }

    pub(super) fn segment_of_node(&self, node: usize) -> Option<SegmentIdx> {
        self.segment_of[node]
    }

    /// The same tree with no more than the first `k − 1` cuts: the model that would have been
    /// found with at most `k` segments.
    ///
    /// # Errors
    ///
    /// When `k` is 0.
    pub fn cut(&self, k: usize) -> Result<Self, Error> {
        let Some(most) = k.checked_sub(1) else {
            let (name, expected) = ("k", "at least 1");
            return Err(ErrorKind::Parameter { name, expected, found: 0.0 }.into());
        };
        let n = most.min(self.splits.len());
        Self::new(self.schema.clone(), self.nodes[..=2 * n].to_vec(), self.splits[..n].to_vec())
    }

    /// The means of the segments, of shape `(n_segments, n_columns)`, in the units of the columns.
    #[must_use]
    pub fn centres(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.node_of.len(), self.schema.len()), |(segment, column)| {
            self.nodes[self.node_of[segment]].mean[column]
        })
    }

    /// The number of training rows of each segment, at least 1 each.
    #[must_use]
    pub fn sizes(&self) -> Vec<u64> {
        self.node_of.iter().map(|&node| self.nodes[node].size).collect()
    }

    /// The sum of squared distances of training rows to the means of their segments; at most `f64::MAX`.
    #[must_use]
    pub fn inertia(&self) -> f64 {
        self.inertias().iter().sum::<f64>().min(f64::MAX)
    }

    /// The same, segment by segment.
    #[must_use]
    pub fn inertias(&self) -> Vec<f64> {
        self.node_of.iter().map(|&node| self.nodes[node].inertia).collect()
    }

    /// The path of a segment from the root, such as `1.2.1`; its name.
    ///
    /// # Panics
    ///
    /// When there is no such segment.
    #[must_use]
    pub fn path(&self, segment: SegmentIdx) -> String {
        let mut node = self.node_of[segment.index()];
        let mut halves = Vec::new();
        while node > 0 {
            halves.push(if node % 2 == 1 { "1" } else { "2" });
            node = self.splits[(node - 1) / 2].node;
        }
        halves.reverse();
        if halves.is_empty() { "1".to_owned() } else { halves.join(".") }
    }
}

impl Segmenter for BisectingModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_segments(&self) -> usize {
        self.node_of.len()
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        assert_eq!(row.len(), self.schema.len(), "a row of the model's schema");
        let mut node = 0;
        while let Some(s) = self.cut_of[node] {
            let [first, second] = &self.splits[s as usize].poles;
            node = 2 * s as usize + 1 + usize::from(second_is_nearer(row, first, second));
        }
        self.segment_of[node].expect("a node that is not cut is a segment")
    }

    fn name(&self, segment: SegmentIdx) -> Option<&str> {
        self.paths.get(segment.index()).map(String::as_str)
    }
}

fn length(what: &'static str, expected: usize, found: usize) -> Error {
    ErrorKind::Length { what, expected, found }.into()
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Repr {
    schema: Schema,
    nodes: Vec<Node>,
    splits: Vec<Split>,
}

#[cfg(feature = "serde")]
impl From<BisectingModel> for Repr {
    fn from(model: BisectingModel) -> Self {
        Self { schema: model.schema, nodes: model.nodes, splits: model.splits }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Repr> for BisectingModel {
    type Error = Error;

    fn try_from(repr: Repr) -> Result<Self, Error> {
        if repr.schema.is_empty() {
            return Err(ErrorKind::Empty { what: "columns" }.into());
        }
        Self::new(repr.schema, repr.nodes, repr.splits)
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for BisectingModel {
    const TAG: &'static str = "segment/bisecting-kmeans";
    const VERSION: u32 = 1;
}
