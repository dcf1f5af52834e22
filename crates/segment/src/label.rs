//! Clusters in words.

use ndarray::ArrayView2;
use patronage_core::Features;

use crate::error::{Error, ErrorKind};
use crate::stats;

/// The words for low and high numbers of a column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ColumnWords {
    column: String,
    low: String,
    high: String,
}

impl ColumnWords {
    /// Words for the column of that name, such as `("frequency", "rare", "frequent")`.
    #[must_use]
    pub fn new(column: impl Into<String>, low: impl Into<String>, high: impl Into<String>) -> Self {
        Self { column: column.into(), low: low.into(), high: high.into() }
    }

    /// Words for the columns of an [`RfmTable`](crate::RfmTable).
    #[must_use]
    pub fn rfm() -> [Self; 3] {
        [
            Self::new("recency_days", "recent", "long absent"),
            Self::new("frequency", "rare", "frequent"),
            Self::new("monetary", "low spend", "high spend"),
        ]
    }

    /// The word for a number that so large a share of rows lies below; none in the middle.
    fn word(&self, share: f64, detail: Detail) -> Option<String> {
        let (word, far) = if share < 0.4 {
            (&self.low, share < 0.15)
        } else if share > 0.6 {
            (&self.high, share > 0.85)
        } else {
            return None;
        };
        let very = far && detail == Detail::Fine;
        Some(if very { format!("very {word}") } else { word.clone() })
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Detail {
    Plain,
    Fine,
}

/// A label for each cluster, all distinct, from where its centre lies among all rows.
///
/// `centres`, of shape `(n_clusters, n_columns)`, and `features` are in original units (see
/// [`PreparationModel::invert`](crate::PreparationModel::invert)). A centre is low in a column
/// when less than 40 % of the rows lie below it, and high when more than 60 % do (rows equal to it
/// count half); a centre low and high in nothing is `average`. Clusters that would share a label
/// get finer words (`very`, beyond 15 % and 85 %), then the number that tells them apart best.
/// O(columns · rows log rows).
///
/// # Errors
///
/// When there are no rows, words name a column there is not, the centres are of another width than
/// the features, or a number is missing or infinite, in the centres or in a column with words.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{Column, ColumnWords, FeatureTable, Schema, label_clusters};
///
/// let schema = Schema::new(["recency_days", "frequency", "monetary"].map(Column::number))?;
/// let rows = array![[3.0, 9.0, 900.0], [5.0, 8.0, 700.0], [90.0, 1.0, 20.0], [94.0, 1.0, 30.0]];
/// let customers = FeatureTable::new(schema, rows)?;
/// let centres = array![[4.0, 8.5, 800.0], [92.0, 1.0, 25.0]];
/// let labels = label_clusters(centres.view(), &customers, &ColumnWords::rfm())?;
/// assert_eq!(labels, ["recent, frequent, high spend", "long absent, rare, low spend"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn label_clusters<F: Features + ?Sized>(
    centres: ArrayView2<'_, f64>,
    features: &F,
    words: &[ColumnWords],
) -> Result<Vec<String>, Error> {
    let (schema, rows) = (features.schema(), features.values());
    if rows.nrows() == 0 {
        return Err(ErrorKind::Empty { what: "rows" }.into());
    }
    if centres.ncols() != schema.len() {
        let (what, expected) = ("columns of the centres", schema.len());
        return Err(ErrorKind::Length { what, expected, found: centres.ncols() }.into());
    }
    for (position, centre) in centres.rows().into_iter().enumerate() {
        if let Some(&found) = centre.iter().find(|cell| !cell.is_finite()) {
            let (what, expected) = ("centre", "a finite number in every column");
            return Err(ErrorKind::Number { what, position, expected, found }.into());
        }
    }
    // For each column with words: the share of rows below each centre.
    let mut shares = Vec::with_capacity(words.len());
    for word in words {
        let column = schema.require(&word.column)?;
        let values = rows.column(column).to_vec();
        if let Some(row) = values.iter().position(|v| !v.is_finite()) {
            let (expected, found) = ("a finite number", values[row]);
            let column = word.column.clone();
            return Err(ErrorKind::Cell { row, column, expected, found }.into());
        }
        let sorted = stats::sorted(values);
        let share = |centre: &f64| {
            let below = sorted.partition_point(|v| v < centre);
            let up_to = sorted.partition_point(|v| v <= centre);
            (below + up_to) as f64 / 2.0 / sorted.len() as f64
        };
        shares.push((word, column, centres.column(column).iter().map(share).collect::<Vec<_>>()));
    }
    let spell = |cluster: usize, detail| {
        let words: Vec<String> = shares
            .iter()
            .filter_map(|(word, _, share)| word.word(share[cluster], detail))
            .collect();
        if words.is_empty() { "average".to_owned() } else { words.join(", ") }
    };
    let mut labels: Vec<String> =
        (0..centres.nrows()).map(|cluster| spell(cluster, Detail::Plain)).collect();
    for same in shared(&labels) {
        for cluster in same {
            labels[cluster] = spell(cluster, Detail::Fine);
        }
    }
    for same in shared(&labels) {
        // The column whose centres lie farthest apart by share of rows tells best.
        let spread = |share: &[f64]| {
            let of = |pick: fn(f64, f64) -> f64, start| {
                same.iter().map(|&cluster| share[cluster]).fold(start, pick)
            };
            of(f64::max, f64::NEG_INFINITY) - of(f64::min, f64::INFINITY)
        };
        let best = shares.iter().reduce(|a, b| if spread(&b.2) > spread(&a.2) { b } else { a });
        if let Some((word, column, _)) = best {
            for &cluster in &same {
                let value = number(centres[[cluster, *column]]);
                labels[cluster] = format!("{} ({} {value})", labels[cluster], word.column);
            }
        }
    }
    for same in shared(&labels) {
        for (n, cluster) in same.into_iter().enumerate() {
            labels[cluster] = format!("{}, group {}", labels[cluster], n + 1);
        }
    }
    Ok(labels)
}

/// The clusters that share a label with another, by label, in order of first sight.
fn shared(labels: &[String]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (cluster, label) in labels.iter().enumerate() {
        match groups.iter_mut().find(|group| labels[group[0]] == *label) {
            Some(group) => group.push(cluster),
            None => groups.push(vec![cluster]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// A number with three significant digits or its whole part, whichever says more.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1e15 {
        return format!("{value:.2e}");
    }
    let decimals = if magnitude >= 100.0 {
        0
    } else if magnitude >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use patronage_core::{Column, FeatureTable, Schema};

    fn table() -> FeatureTable {
        let schema = Schema::new([Column::number("x")]).unwrap();
        FeatureTable::new(schema, Array2::from_shape_fn((100, 1), |(i, _)| i as f64)).unwrap()
    }

    fn labels(centres: &Array2<f64>) -> Vec<String> {
        label_clusters(centres.view(), &table(), &[ColumnWords::new("x", "low", "high")]).unwrap()
    }

    #[test]
    fn labels_are_distinct_at_every_level_of_detail() {
        assert_eq!(labels(&array![[10.0], [50.0], [90.0]]), ["low", "average", "high"]);
        assert_eq!(labels(&array![[5.0], [30.0], [90.0]]), ["very low", "low", "high"]);
        assert_eq!(
            labels(&array![[20.0], [30.0], [50.0]]),
            ["low (x 20.0)", "low (x 30.0)", "average"]
        );
        assert_eq!(
            labels(&array![[30.0], [30.0]]),
            ["low (x 30.0), group 1", "low (x 30.0), group 2"]
        );
    }

    #[test]
    fn centres_must_be_finite() {
        for wrong in [f64::NAN, f64::INFINITY] {
            let centres = array![[1.0], [wrong]];
            let words = [ColumnWords::new("x", "low", "high")];
            for words in [&words[..], &[]] {
                let error = label_clusters(centres.view(), &table(), words).unwrap_err();
                let message =
                    format!("centre 1: expected a finite number in every column, found {wrong}");
                assert_eq!(error.to_string(), message);
            }
        }
    }
}
