//! Segments of segments.

use ndarray::ArrayView2;
use patronage_core::{Schema, SegmentIdx, Segmenter};

use crate::error::{Error, ErrorKind};

/// A segmenter whose segments are gathered into fewer: micro-segments into those of a
/// [`Dendrogram`](crate::Dendrogram), or the segments of any model into those a team works with.
///
/// # Examples
///
/// Ten thousand rows in forty micro-segments, which Ward's method gathers into two:
///
/// ```
/// use ndarray::Array2;
/// use patronage_segment::{
///     BisectingKMeans, Column, FeatureTable, Fit, Grouped, Schema, SegmenterExt, Ward,
/// };
///
/// let schema = Schema::new([Column::number("x")])?;
/// let rows = Array2::from_shape_fn((10_000, 1), |(row, _)| (row + 40_000 * (row / 5_000)) as f64);
/// let rows = FeatureTable::new(schema.clone(), rows)?;
/// let micro = BisectingKMeans::new(40).fit(&rows)?;
/// let centroids = FeatureTable::new(schema, micro.centres())?;
/// let sizes: Vec<f64> = micro.sizes().iter().map(|&size| size as f64).collect();
/// let tree = Ward::new(2).tree_of(&centroids, &sizes)?;
/// let model = Grouped::new(micro, tree.labels(2)?)?;
/// let segments = model.assign(&rows)?;
/// assert_ne!(segments[0], segments[9_999]);
/// assert!(segments[..5_000].iter().all(|&segment| segment == segments[0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Grouped<S> {
    segmenter: S,
    groups: Vec<SegmentIdx>,
    #[cfg_attr(feature = "serde", serde(skip))]
    n_groups: usize,
}

impl<S: Segmenter> Grouped<S> {
    /// Gathers the segments of `segmenter` into groups, one given for each segment.
    ///
    /// # Errors
    ///
    /// When there is not one group for each segment, or a group is numbered beyond the number of
    /// segments.
    pub fn new(segmenter: S, groups: Vec<SegmentIdx>) -> Result<Self, Error> {
        let n = segmenter.n_segments();
        if groups.len() != n {
            let what = "groups of segments";
            return Err(ErrorKind::Length { what, expected: n, found: groups.len() }.into());
        }
        if let Some(position) = groups.iter().position(|group| group.index() >= n) {
            let (what, expected) = ("group of segment", "a number below that of the segments");
            let found = f64::from(groups[position].get());
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
        let n_groups = groups.iter().map(|group| group.index() + 1).max().unwrap_or(0);
        Ok(Self { segmenter, groups, n_groups })
    }

    /// The segmenter whose segments are gathered.
    pub const fn segmenter(&self) -> &S {
        &self.segmenter
    }

    /// The group of each of its segments.
    pub fn groups(&self) -> &[SegmentIdx] {
        &self.groups
    }
}

impl<S: Segmenter> Segmenter for Grouped<S> {
    fn schema(&self) -> &Schema {
        self.segmenter.schema()
    }

    fn n_segments(&self) -> usize {
        self.n_groups
    }

    fn segment(&self, row: &[f64]) -> SegmentIdx {
        self.groups[self.segmenter.segment(row).index()]
    }

    fn segment_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
        self.segmenter.segment_rows(rows, out);
        out.iter_mut().for_each(|segment| *segment = self.groups[segment.index()]);
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Repr<S> {
    segmenter: S,
    groups: Vec<SegmentIdx>,
}

#[cfg(feature = "serde")]
impl<'de, S: Segmenter + serde::Deserialize<'de>> serde::Deserialize<'de> for Grouped<S> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Repr { segmenter, groups } = Repr::deserialize(deserializer)?;
        Self::new(segmenter, groups).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "serde")]
impl patronage_core::SavedModel for Grouped<crate::BisectingModel> {
    const TAG: &'static str = "segment/grouped-bisecting-kmeans";
    const VERSION: u32 = 1;
}
