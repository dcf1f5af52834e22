//! Criteria from centres and spreads.

use patronage_core::{Features, SegmentIdx};

use super::Partition;
use crate::data::Rows;
use crate::error::{Error, ErrorKind};
use crate::kmeans::metric::square;

/// The Calinski-Harabasz criterion: spread between clusters over spread within; higher is better.
///
/// ```text
/// CH = (Σ_c n_c ‖μ_c − μ‖² / (k − 1)) / (Σ_c Σ_{i∈c} ‖xᵢ − μ_c‖² / (n − k))
/// ```
///
/// `segments` gives the cluster of each row; clusters without rows do not count. Without spread
/// within the clusters it is `f64::MAX` (or 0 without any spread at all). O(cells).
///
/// # Errors
///
/// When there is not one segment for each row, there are fewer than two clusters or as many as
/// rows, a column is a category, or a cell is not a finite number.
///
/// # References
///
/// T. Caliński, J. Harabasz (1974), A dendrite method for cluster analysis.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Schema, SegmentIdx, calinski_harabasz};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let rows = FeatureTable::new(schema, array![[0.0], [2.0], [10.0], [12.0]])?;
/// let segments = [0, 0, 1, 1].map(SegmentIdx::new);
/// assert_eq!(calinski_harabasz(&rows, &segments)?, 50.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn calinski_harabasz<F: Features + ?Sized>(
    features: &F,
    segments: &[SegmentIdx],
) -> Result<f64, Error> {
    Ok(of_partition(&Partition::new(features, segments)?).0)
}

/// The Davies-Bouldin criterion: how near each cluster is to its most similar other; lower is better.
///
/// ```text
/// DB = 1/k Σ_c max_{c'≠c} (s_c + s_c') / ‖μ_c − μ_c'‖,    s_c = mean distance of rows to μ_c
/// ```
///
/// `segments` gives the cluster of each row; clusters without rows do not count. Two clusters
/// with spread and one centre make it `f64::MAX`. O(cells + k² columns).
///
/// # Errors
///
/// When there is not one segment for each row, there are fewer than two clusters or as many as
/// rows, a column is a category, or a cell is not a finite number.
///
/// # References
///
/// D. Davies, D. Bouldin (1979), A cluster separation measure.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Schema, SegmentIdx, davies_bouldin};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let rows = FeatureTable::new(schema, array![[0.0], [2.0], [10.0], [12.0]])?;
/// let segments = [0, 0, 1, 1].map(SegmentIdx::new);
/// assert_eq!(davies_bouldin(&rows, &segments)?, 0.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn davies_bouldin<F: Features + ?Sized>(
    features: &F,
    segments: &[SegmentIdx],
) -> Result<f64, Error> {
    Ok(of_partition(&Partition::new(features, segments)?).1)
}

/// The inertia of any partition: the sum of squared distances of rows to the mean of their cluster.
///
/// ```text
/// W = Σ_c Σ_{i∈c} ‖xᵢ − μ_c‖²
/// ```
///
/// `segments` gives the cluster of each row; any number of clusters will do. In squared units of
/// the columns; at most `f64::MAX`. O(cells).
///
/// # Errors
///
/// When there is not one segment for each row, a column is a category, or a cell is not a finite
/// number.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, FeatureTable, Schema, SegmentIdx, inertia};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let rows = FeatureTable::new(schema, array![[0.0], [2.0], [10.0], [12.0]])?;
/// assert_eq!(inertia(&rows, &[0, 0, 1, 1].map(SegmentIdx::new))?, 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inertia<F: Features + ?Sized>(features: &F, segments: &[SegmentIdx]) -> Result<f64, Error> {
    let rows = Rows::of(features)?;
    if segments.len() != rows.n {
        let (what, expected) = ("segments of rows", rows.n);
        return Err(ErrorKind::Length { what, expected, found: segments.len() }.into());
    }
    let labels: Vec<u32> = segments.iter().map(|segment| segment.get()).collect();
    Ok(rows.unscaled_square(own_squares(&rows, &labels).iter().sum()))
}

/// The squared distance of each row to the mean of its cluster, at the scale of the rows.
pub(super) fn own_squares(rows: &Rows<'_>, labels: &[u32]) -> Vec<f64> {
    // Numbers may be far apart, so clusters count by their places.
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let places: Vec<usize> =
        labels.iter().map(|label| distinct.partition_point(|other| other < label)).collect();
    let (n, d, k) = (rows.n, rows.d, distinct.len());
    let (mut means, mut sizes) = (vec![0.0; k * d], vec![0_u64; k]);
    for (i, &place) in places.iter().enumerate() {
        sizes[place] += 1;
        let sum = &mut means[place * d..(place + 1) * d];
        sum.iter_mut().zip(rows.row(i)).for_each(|(sum, cell)| *sum += cell);
    }
    for (mean, &size) in means.chunks_exact_mut(d).zip(&sizes) {
        mean.iter_mut().for_each(|cell| *cell /= size as f64);
    }
    (0..n).map(|i| square(rows.row(i), &means[places[i] * d..(places[i] + 1) * d])).collect()
}

/// Calinski-Harabasz and Davies-Bouldin in one pass over the centres.
pub(super) fn of_partition(partition: &Partition<'_>) -> (f64, f64) {
    let (k, n, d) = (partition.k(), partition.rows.n, partition.rows.d);
    let centres: Vec<Vec<f64>> =
        (0..k).map(|c| mean(partition.members(c), partition.size(c), d)).collect();
    let all = mean((0..n).map(|i| partition.rows.row(i)), n, d);
    let (mut within, mut between) = (0.0, 0.0);
    let mut spreads = vec![0.0; k];
    for c in 0..k {
        let size = partition.size(c) as f64;
        between += size * square(&centres[c], &all);
        let mut sum = 0.0;
        for row in partition.members(c) {
            let square = square(row, &centres[c]);
            within += square;
            sum += square.sqrt();
        }
        spreads[c] = sum / size;
    }
    let ratio = between * (n - k) as f64 / ((k - 1) as f64 * within);
    let calinski_harabasz = if between == 0.0 { 0.0 } else { ratio.min(f64::MAX) };
    let mut sum = 0.0;
    for c in 0..k {
        let mut worst = 0.0_f64;
        for other in (0..k).filter(|&other| other != c) {
            let both = spreads[c] + spreads[other];
            if both > 0.0 {
                worst = worst.max(both / square(&centres[c], &centres[other]).sqrt());
            }
        }
        sum += worst / k as f64;
    }
    (calinski_harabasz, sum.min(f64::MAX))
}

fn mean<'a>(rows: impl Iterator<Item = &'a [f64]>, n: usize, d: usize) -> Vec<f64> {
    let mut mean = vec![0.0; d];
    for row in rows {
        mean.iter_mut().zip(row).for_each(|(mean, cell)| *mean += cell);
    }
    mean.iter_mut().for_each(|mean| *mean /= n as f64);
    mean
}
