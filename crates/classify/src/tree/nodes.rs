//! The nodes of a fitted tree and the walk from root to leaf.

/// A side of a split.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A set of level codes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub(crate) struct Levels(Vec<u64>);

impl Levels {
    pub(crate) fn of(codes: impl IntoIterator<Item = u32>) -> Self {
        let mut this = Self::default();
        for code in codes {
            let word = code as usize / 64;
            if word >= this.0.len() {
                this.0.resize(word + 1, 0);
            }
            this.0[word] |= 1 << (code % 64);
        }
        this
    }

    #[inline]
    pub(crate) fn contains(&self, code: u32) -> bool {
        self.0.get(code as usize / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
    }
}

/// The question a node asks: yes goes left.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(crate) enum Test {
    /// Is the cell at most the threshold? The missing go to the side said.
    AtMost { threshold: f64, missing: Side },
    /// Is the cell one of these codes?
    Among { left: Levels },
}

/// A node: a leaf, or a question with two later nodes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(crate) enum Node {
    Leaf,
    Split { column: u32, test: Test, left: u32, right: u32, gain: f64 },
}

/// The nodes, root first, every child after its parent.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub(crate) struct Nodes(pub(crate) Vec<Node>);

impl Nodes {
    /// The leaf in which a row ends.
    #[inline]
    pub(crate) fn leaf(&self, row: &[f64]) -> usize {
        let mut at = 0;
        loop {
            match &self.0[at] {
                Node::Leaf => return at,
                Node::Split { column, test, left, right, .. } => {
                    let cell = row[*column as usize];
                    let goes_left = match test {
                        Test::AtMost { threshold, missing } => {
                            cell <= *threshold || (cell.is_nan() && *missing == Side::Left)
                        }
                        Test::Among { left } => left.contains(cell as u32),
                    };
                    at = if goes_left { *left } else { *right } as usize;
                }
            }
        }
    }

    pub(crate) fn n_leaves(&self) -> usize {
        self.0.iter().filter(|node| matches!(node, Node::Leaf)).count()
    }

    /// The most questions a row is asked.
    pub(crate) fn depth(&self) -> usize {
        let mut depths = vec![0; self.0.len()];
        for (at, node) in self.0.iter().enumerate() {
            if let Node::Split { left, right, .. } = node {
                depths[*left as usize] = depths[at] + 1;
                depths[*right as usize] = depths[at] + 1;
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// What the splits of each column gained together, as shares that sum to 1; zeros without a gain.
    pub(crate) fn importance(&self, n_columns: usize) -> Vec<f64> {
        let mut gains = vec![0.0; n_columns];
        for node in &self.0 {
            if let Node::Split { column, gain, .. } = node {
                gains[*column as usize] += gain;
            }
        }
        let total: f64 = gains.iter().sum();
        if total > 0.0 {
            gains.iter_mut().for_each(|gain| *gain /= total);
        }
        gains
    }

    /// Checks what a loaded tree must obey: a root, columns of the schema, and each node but the
    /// root the child of exactly one earlier node.
    #[cfg(feature = "serde")]
    pub(crate) fn check(&self, n_columns: usize) -> Result<(), crate::saved::Broken> {
        use crate::saved::ensure;
        ensure(!self.0.is_empty(), "nodes", "at least one")?;
        let mut parents = vec![0; self.0.len()];
        for (at, node) in self.0.iter().enumerate() {
            if let Node::Split { column, test, left, right, gain } = node {
                ensure((*column as usize) < n_columns, "nodes", "columns of the schema")?;
                ensure(gain.is_finite(), "nodes", "finite gains")?;
                if let Test::AtMost { threshold, .. } = test {
                    ensure(threshold.is_finite(), "nodes", "finite thresholds")?;
                }
                for &child in [left, right] {
                    let child = child as usize;
                    ensure(child > at && child < parents.len(), "nodes", "children after parents")?;
                    parents[child] += 1;
                }
            }
        }
        ensure(parents[1..].iter().all(|&n| n == 1), "nodes", "one parent each")
    }
}
