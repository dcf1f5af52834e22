//! Text, categories and numbers side by side: what content-based filtering takes.

use patronage_core::{Csr, SparseItemFeatures};

use crate::error::{Error, ErrorKind, require};
use crate::model::TfIdfModel;

/// Joins blocks of features of items (text, categories, numbers) into one sparse matrix with names.
///
/// In each block every item's row is scaled to Euclidean length `weight`, or is empty where the
/// item has nothing there. So the similarity of two items that have all blocks is
///
/// ```text
/// cos(i, j) = Σ_b weight_b² cos_b(i, j) / Σ_b weight_b²
/// ```
///
/// a mean of the blocks' own similarities. Columns stand in the order in which blocks were added;
/// features are called by their term (`"mug"`), level (`"category=MUGS"`) or bucket
/// (`"price=1.25..2.1"`). Cost: O(entries + texts' length).
///
/// ```
/// use patronage_core::{FeatureRow, ItemFeatures, ItemIdx};
/// use patronage_text::ItemFeaturesBuilder;
///
/// let items = ItemFeaturesBuilder::new(3)
///     .category("category", 1.0, &[Some("MUGS"), None, Some("LAMPS")])?
///     .buckets("price", 0.5, &[Some(2.0), Some(3.0), Some(9.0)], 2)?
///     .build()?;
/// let names: Vec<_> = (0..4).filter_map(|feature| items.feature_name(feature)).collect();
/// assert_eq!(names, ["category=LAMPS", "category=MUGS", "price=2..3", "price=9..9"]);
/// assert_eq!(items.row(ItemIdx::new(1)), FeatureRow::Sparse(&[2], &[0.5]));
/// # Ok::<(), patronage_text::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ItemFeaturesBuilder {
    n_items: usize,
    /// Row after row of each block: columns and values before the block's offset is added.
    blocks: Vec<Block>,
    names: Vec<String>,
}

#[derive(Clone, Debug)]
struct Block {
    offset: usize,
    rows: Csr<f32>,
}

impl ItemFeaturesBuilder {
    /// No feature yet, for `n_items` items.
    #[must_use]
    pub const fn new(n_items: usize) -> Self {
        Self { n_items, blocks: Vec::new(), names: Vec::new() }
    }

    /// Adds the terms of one text an item, weighted by `model`.
    ///
    /// # Errors
    ///
    /// When the weight is not a finite number above 0, or the number of texts is not that of items.
    pub fn text<S: AsRef<str>>(
        self,
        weight: f64,
        model: &TfIdfModel,
        texts: impl IntoIterator<Item = S>,
    ) -> Result<Self, Error> {
        let rows = texts.into_iter().map(|text| model.vector(text.as_ref()));
        self.block("text", weight, model.terms().to_vec(), rows)
    }

    /// Adds one category an item as a column for each level, levels ascending; `None` is an empty row.
    ///
    /// # Errors
    ///
    /// When the weight is not a finite number above 0, or there is not one level an item.
    pub fn category<S: AsRef<str>>(
        self,
        name: &str,
        weight: f64,
        levels: &[Option<S>],
    ) -> Result<Self, Error> {
        let mut known: Vec<&str> = levels.iter().flatten().map(AsRef::as_ref).collect();
        known.sort_unstable();
        known.dedup();
        let names = known.iter().map(|level| format!("{name}={level}")).collect();
        let rows = levels.iter().map(|level| {
            let level = level.as_ref().map(AsRef::as_ref);
            let column = level.and_then(|level| known.binary_search(&level).ok());
            column.map(|column| vec![(column, 1.0)]).unwrap_or_default()
        });
        self.block(name, weight, names, rows)
    }

    /// Adds a number an item, such as its price, as one column for each of at most `n_buckets` buckets of about equally many items.
    ///
    /// Items of one number always share a bucket, so there may be fewer buckets; one is named by its
    /// least and its greatest number. `None` is an empty row.
    ///
    /// # Errors
    ///
    /// When the weight is not a finite number above 0, `n_buckets` is 0, a number is not finite,
    /// or there is not one entry an item.
    pub fn buckets(
        self,
        name: &str,
        weight: f64,
        numbers: &[Option<f64>],
        n_buckets: usize,
    ) -> Result<Self, Error> {
        require(n_buckets >= 1, "n_buckets", "at least 1", n_buckets as f64)?;
        for (item, &number) in numbers.iter().enumerate() {
            if let Some(found) = number.filter(|number| !number.is_finite()) {
                return Err(ErrorKind::Number { block: name.to_owned(), item, found }.into());
            }
        }
        let mut sorted: Vec<f64> = numbers.iter().flatten().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let ranges = bucket_ranges(&sorted, n_buckets);
        let names = ranges.iter().map(|(low, high)| format!("{name}={low}..{high}")).collect();
        let rows = numbers.iter().map(|number| match number {
            Some(number) => vec![(ranges.partition_point(|(_, high)| high < number), 1.0)],
            None => Vec::new(),
        });
        self.block(name, weight, names, rows)
    }

    /// Adds rows of columns and values, one row an item, under the `names` of the columns; each row is scaled to length `weight`.
    fn block(
        mut self,
        block: &str,
        weight: f64,
        names: Vec<String>,
        block_rows: impl Iterator<Item = Vec<(usize, f64)>>,
    ) -> Result<Self, Error> {
        let expected = "a finite number above 0";
        require(weight.is_finite() && weight > 0.0, "weight", expected, weight)?;
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in block_rows {
            let norm = row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
            for (column, value) in row {
                columns.push(column as u32);
                values.push((weight * value / norm) as f32);
            }
            starts.push(columns.len());
        }
        let found = starts.len() - 1;
        if found != self.n_items {
            let (block, expected) = (block.to_owned(), self.n_items);
            return Err(ErrorKind::Items { block, expected, found }.into());
        }
        let rows = Csr::new(names.len(), starts, columns, values)?;
        self.blocks.push(Block { offset: self.names.len(), rows });
        self.names.extend(names);
        Ok(self)
    }

    /// The joined features, of shape `(n_items, n_features)`; without blocks there are no features.
    ///
    /// # Errors
    ///
    /// When a weight leaves the range of `f32`.
    pub fn build(self) -> Result<SparseItemFeatures, Error> {
        let entries = self.blocks.iter().map(|block| block.rows.n_entries()).sum();
        let mut starts = Vec::with_capacity(self.n_items + 1);
        let (mut columns, mut values) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
        starts.push(0);
        for item in 0..self.n_items {
            for block in &self.blocks {
                let (block_columns, block_values) = block.rows.row(item);
                columns.extend(block_columns.iter().map(|column| column + block.offset as u32));
                values.extend_from_slice(block_values);
            }
            starts.push(columns.len());
        }
        let values = Csr::new(self.names.len(), starts, columns, values)?;
        Ok(SparseItemFeatures::new(values, self.names)?)
    }
}

/// The least and the greatest number of each bucket: about `len / n_buckets` numbers each, equal numbers together.
fn bucket_ranges(sorted: &[f64], n_buckets: usize) -> Vec<(f64, f64)> {
    let n_buckets = n_buckets.min(sorted.len());
    let mut ranges = Vec::new();
    let mut start = 0;
    for bucket in 1..=n_buckets {
        let end = (bucket as f64 / n_buckets as f64 * sorted.len() as f64).round() as usize;
        if end <= start {
            continue;
        }
        let high = sorted[end - 1];
        let end = start + sorted[start..].partition_point(|&number| number <= high);
        ranges.push((sorted[start], high));
        start = end;
        if start == sorted.len() {
            break;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_equal_numbers_together() {
        assert_eq!(bucket_ranges(&[1.0, 1.0, 1.0, 2.0], 2), [(1.0, 1.0), (2.0, 2.0)]);
        assert_eq!(bucket_ranges(&[1.0, 2.0, 3.0, 4.0], 2), [(1.0, 2.0), (3.0, 4.0)]);
        assert_eq!(bucket_ranges(&[5.0, 5.0], usize::MAX), [(5.0, 5.0)]);
        assert_eq!(bucket_ranges(&[], 3), []);
    }
}
