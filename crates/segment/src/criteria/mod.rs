//! How good a partition is, and how many clusters there should be.

mod choice;
mod choose;
mod clusterer;
mod dispersion;
mod gap;
mod reference;
pub(crate) mod sample;
mod silhouette;
mod stability;

pub use self::choice::{KCandidate, KChoice, Structure};
pub use self::choose::ChooseK;
pub use self::dispersion::{calinski_harabasz, davies_bouldin, inertia};
pub use self::gap::Gap;
pub use self::reference::GapReference;
pub use self::silhouette::{Silhouette, silhouette, silhouette_of_rows, silhouette_sampled};
pub use self::stability::{BootstrapStability, ClusterStability, Stability};

use patronage_core::{Features, SegmentIdx};

use crate::data::Rows;
use crate::error::{Error, ErrorKind};

/// Rows ordered by cluster, clusters numbered without gaps.
#[derive(Debug)]
pub(crate) struct Partition<'a> {
    pub(crate) rows: Rows<'a>,
    /// Rows of cluster after cluster, ascending within each.
    pub(crate) order: Vec<u32>,
    /// Where each cluster starts in `order`, and the end.
    pub(crate) starts: Vec<usize>,
}

impl<'a> Partition<'a> {
    pub(crate) fn new<F: Features + ?Sized>(
        features: &'a F,
        segments: &[SegmentIdx],
    ) -> Result<Self, Error> {
        Self::of_rows(Rows::of(features)?, segments.iter().map(|segment| segment.get()))
    }

    pub(crate) fn of_rows(
        rows: Rows<'a>,
        labels: impl ExactSizeIterator<Item = u32> + Clone,
    ) -> Result<Self, Error> {
        if labels.len() != rows.n {
            let (what, expected) = ("segments of rows", rows.n);
            return Err(ErrorKind::Length { what, expected, found: labels.len() }.into());
        }
        let mut order: Vec<u32> = (0..rows.n as u32).collect();
        let labels: Vec<u32> = labels.collect();
        order.sort_by_key(|&row| labels[row as usize]);
        let mut starts = Vec::new();
        for (position, &row) in order.iter().enumerate() {
            let label = labels[row as usize];
            if position == 0 || labels[order[position - 1] as usize] != label {
                starts.push(position);
            }
        }
        let found = starts.len();
        let most = rows.n.saturating_sub(1);
        if found < 2 || found > most {
            return Err(ErrorKind::Clusters { most, found }.into());
        }
        starts.push(rows.n);
        Ok(Self { rows, order, starts })
    }

    pub(crate) fn k(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn size(&self, cluster: usize) -> usize {
        self.starts[cluster + 1] - self.starts[cluster]
    }

    pub(crate) fn members(&self, cluster: usize) -> impl Iterator<Item = &[f64]> {
        self.order[self.starts[cluster]..self.starts[cluster + 1]]
            .iter()
            .map(|&row| self.rows.row(row as usize))
    }
}
