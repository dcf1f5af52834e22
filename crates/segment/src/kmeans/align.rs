//! Clusters that keep their numbers and names after a refit.

use patronage_core::{Features, Segmenter, SegmenterExt};

use super::metric::square;
use super::{KMeansModel, Metric};
use crate::compare::assignment;
use crate::data::scale_for;
use crate::error::{Error, ErrorKind};

/// Costs are counted in so many steps between 0 and the largest.
const STEPS: f64 = (1_u64 << 40) as f64;

impl KMeansModel {
    /// The same clusters with the numbers and names of the clusters of an older model whose centres
    /// theirs are nearest to: the assignment of least sum of squared distances.
    ///
    /// With fewer clusters than before the rest moves up in the old order; with more, new ones come
    /// last. Where the older model has names, its partners take them, and new clusters are named
    /// `New 1`, `New 2`, …; where it has none, names stay with their clusters. O(n_segments³).
    ///
    /// # Errors
    ///
    /// When the two are not of one schema and one metric.
    ///
    /// # References
    ///
    /// H. Kuhn (1955), The Hungarian method for the assignment problem.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{ArrayView2, array};
    /// use patronage_segment::{Column, KMeansModel, Metric, Schema};
    ///
    /// let schema = Schema::new([Column::number("orders")])?;
    /// let frozen = |centres: ArrayView2<'_, f64>| {
    ///     KMeansModel::frozen(schema.clone(), centres, Metric::Euclidean)
    /// };
    /// let old = frozen(array![[12.0], [1.0]].view())?.named(["Loyal", "Lapsed"])?;
    /// let new = frozen(array![[1.5], [6.0], [13.0]].view())?.aligned_to(&old)?;
    /// assert_eq!(new.names(), ["Loyal", "Lapsed", "New 1"]);
    /// assert_eq!(new.centres(), array![[13.0], [1.5], [6.0]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn aligned_to(&self, old: &Self) -> Result<Self, Error> {
        self.check_like(old)?;
        let d = self.schema.len();
        let cells = || self.centres.iter().chain(&old.centres);
        // Squares neither overflow nor vanish at this scale.
        let scale = scale_for(0.25 * cells().fold(0.0_f64, |m, v| m.max(v.abs())));
        let at = |model: &Self| model.centres.iter().map(|v| v * scale).collect::<Vec<_>>();
        let (new_cells, old_cells) = (at(self), at(old));
        let squares: Vec<Vec<f64>> = new_cells
            .chunks_exact(d)
            .map(|new| old_cells.chunks_exact(d).map(|old| square(new, old)).collect())
            .collect();
        let most = squares.iter().flatten().fold(0.0_f64, |m, &s| m.max(s));
        let step = if most > 0.0 { STEPS / most } else { 0.0 };
        Ok(self.partnered(old, |new, old| (squares[new][old] * step) as i64))
    }

    /// As [`aligned_to`](Self::aligned_to), by rows instead of centres: the assignment under which
    /// most of these rows keep their number.
    ///
    /// # Errors
    ///
    /// As [`aligned_to`](Self::aligned_to); also when the rows are of another schema.
    pub fn aligned_on<F: Features + ?Sized>(
        &self,
        old: &Self,
        features: &F,
    ) -> Result<Self, Error> {
        self.check_like(old)?;
        let mut shared = vec![vec![0_i64; old.n_segments()]; self.n_segments()];
        for (new, old) in self.assign(features)?.into_iter().zip(old.assign(features)?) {
            shared[new.index()][old.index()] -= 1;
        }
        Ok(self.partnered(old, |new, old| shared[new][old]))
    }

    fn check_like(&self, old: &Self) -> Result<(), Error> {
        self.schema.check(&old.schema)?;
        if self.metric != old.metric {
            let of = |metric| match metric {
                Metric::Euclidean => "Euclidean",
                Metric::Cosine => "Cosine",
            };
            let (expected, found) = (of(self.metric), of(old.metric));
            return Err(ErrorKind::OtherMetric { expected, found }.into());
        }
        Ok(())
    }

    /// The clusters in the order of their partners of least cost.
    fn partnered(&self, old: &Self, cost: impl Fn(usize, usize) -> i64) -> Self {
        let (k, k_old) = (self.n_segments(), old.n_segments());
        let of_new =
            assignment(
                k.max(k_old),
                |new, old| {
                    if new < k && old < k_old { cost(new, old) } else { 0 }
                },
            );
        // Partners that there are in the old order, then the others in their own.
        let mut order: Vec<usize> = (0..k).collect();
        order.sort_by_key(|&new| of_new[new]);
        let d = self.schema.len();
        let mut model = self.clone();
        model.centres =
            order.iter().flat_map(|&c| &self.centres[c * d..(c + 1) * d]).copied().collect();
        model.sizes = order.iter().map(|&c| self.sizes[c]).collect();
        if old.names.is_empty() {
            model.names = order.iter().filter_map(|&c| self.names.get(c).cloned()).collect();
            return model;
        }
        let mut fresh = (1..).map(|i| format!("New {i}")).filter(|name| !old.names.contains(name));
        let name = |&new: &usize| old.names.get(of_new[new]).cloned().or_else(|| fresh.next());
        model.names = order.iter().filter_map(name).collect();
        model
    }
}
