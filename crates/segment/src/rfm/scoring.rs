//! How scores are cut from measures.

use patronage_core::{ColumnKind, Features, Fit};

use super::binning::{Binning, Dimension, Ties};
use super::model::{Fitted, RfmModel};
use crate::error::{Error, ErrorKind};
use crate::{parallel, stats};

/// Learns the cut points of scores; the highest score is the best customer.
///
/// ```text
/// bin(x)   = 1 + number of cut points below x      (Ties::Below)
///          = 1 + number of cut points at most x    (Ties::Above)
/// score(x) = bin(x), or bins + 1 − bin(x) where lower is better
/// ```
///
/// Takes any [`Features`] that have the columns; any number of dimensions and of bins in each.
/// Where ties make cut points equal, the scores between them are given to nobody, and the model
/// lists them. Costs O(n_rows log n_rows) a dimension.
///
/// # Examples
///
/// ```
/// use ndarray::array;
/// use patronage_segment::{
///     Better, Binning, Column, Dimension, FeatureTable, Fit, RfmScoring, Schema,
/// };
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("orders")])?;
/// let rows = array![[1.0, 1.0], [10.0, 1.0], [20.0, 1.0], [40.0, 9.0]];
/// let customers = FeatureTable::new(schema, rows)?;
/// let scoring = RfmScoring::of([
///     Dimension::new("R", "recency_days", Better::Lower, Binning::Quantiles(2)),
///     Dimension::new("F", "orders", Better::Higher, Binning::Quantiles(3)),
/// ]);
/// let model = scoring.fit(&customers)?;
/// assert_eq!(model.cuts(0), [15.0]);
/// assert_eq!(model.cuts(1), [1.0, 1.0]);
/// assert_eq!(model.score(&customers)?, array![[2, 1], [2, 1], [1, 1], [1, 3]]);
/// assert_eq!(
///     model.vacant_scores()[0].to_string(),
///     "F: nobody can score 2, because the cut points around it are both 1"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RfmScoring {
    dimensions: Vec<Dimension>,
}

impl RfmScoring {
    /// R, F and M of an [`RfmTable`](crate::RfmTable), all cut in one way.
    #[must_use]
    pub fn new(binning: Binning) -> Self {
        Self::rfm(binning.clone(), binning.clone(), binning)
    }

    /// R, F and M of an [`RfmTable`](crate::RfmTable), each cut in its own way.
    #[must_use]
    pub fn rfm(recency: Binning, frequency: Binning, monetary: Binning) -> Self {
        Self::of([
            Dimension::recency(recency),
            Dimension::frequency(frequency),
            Dimension::monetary(monetary),
        ])
    }

    /// Any dimensions.
    #[must_use]
    pub fn of(dimensions: impl IntoIterator<Item = Dimension>) -> Self {
        Self { dimensions: dimensions.into_iter().collect() }
    }

    /// One more dimension, after those before.
    #[must_use]
    pub fn and(mut self, dimension: Dimension) -> Self {
        self.dimensions.push(dimension);
        self
    }

    /// The rule of the R package `rfm`: five bins, cut at the quantiles .2, .4, .6, .8 plus 1, a
    /// number that equals a cut point in the bin above.
    ///
    /// The 1 is added whatever the unit, so a sum of money in cents and one in euros score
    /// differently; choose it to reproduce that package, not for its own sake.
    #[must_use]
    pub fn r_package() -> Self {
        Self::new(Binning::ShiftedQuantiles(5, 1.0)).ties(Ties::Above)
    }

    /// Where numbers fall that equal a cut point, in all dimensions; default [`Ties::Below`].
    #[must_use]
    pub fn ties(mut self, ties: Ties) -> Self {
        self.dimensions.iter_mut().for_each(|dimension| dimension.ties = ties);
        self
    }

    fn validate(&self) -> Result<(), Error> {
        let refuse = |name, expected, found| {
            Err(Error::from(ErrorKind::Parameter { name, expected, found }))
        };
        if self.dimensions.is_empty() {
            return Err(ErrorKind::Empty { what: "dimensions" }.into());
        }
        for dimension in &self.dimensions {
            match &dimension.binning {
                Binning::Quantiles(bins)
                | Binning::ShiftedQuantiles(bins, _)
                | Binning::EqualWidth(bins)
                    if !(1..=255).contains(bins) =>
                {
                    return refuse("bins", "1 to 255", *bins as f64);
                }
                Binning::ShiftedQuantiles(_, shift) if !shift.is_finite() => {
                    return refuse("shift", "a finite number", *shift);
                }
                Binning::Cuts(cuts) => {
                    if cuts.len() > 254 {
                        return refuse("number of cut points", "at most 254", cuts.len() as f64);
                    }
                    if let Some(&cut) = cuts.iter().find(|cut| !cut.is_finite()) {
                        return refuse("cut point", "a finite number", cut);
                    }
                    if let Some(pair) = cuts.windows(2).find(|pair| pair[0] > pair[1]) {
                        return refuse("cut points", "in ascending order", pair[1]);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Default for RfmScoring {
    /// R, F and M in five bins cut at quantiles.
    fn default() -> Self {
        Self::new(Binning::Quantiles(5))
    }
}

impl<F: Features + ?Sized> Fit<F> for RfmScoring {
    type Model = RfmModel;
    type Error = Error;

    /// Learns the cut points.
    ///
    /// # Errors
    ///
    /// When a number of bins or a cut point is out of its range, there is no row, the features lack
    /// a column, a column is a category, or one of its cells is not a finite number.
    fn fit(&self, features: &F) -> Result<RfmModel, Error> {
        self.validate()?;
        let (schema, rows) = (features.schema(), features.values());
        if rows.nrows() == 0 {
            return Err(ErrorKind::Empty { what: "rows" }.into());
        }
        let dimensions = parallel::map(self.dimensions.len(), |dimension| {
            let dimension = &self.dimensions[dimension];
            let position = schema.require(&dimension.column)?;
            let column = &schema.columns()[position];
            if let ColumnKind::Category { .. } = column.kind() {
                return Err(ErrorKind::Category { column: column.name().to_owned() }.into());
            }
            let values = rows.column(position).to_vec();
            if let Some(row) = values.iter().position(|v| !v.is_finite()) {
                let (expected, found) = ("a finite number", values[row]);
                let column = column.name().to_owned();
                return Err(ErrorKind::Cell { row, column, expected, found }.into());
            }
            let sorted = stats::sorted(values);
            let cuts = cuts(&dimension.binning, &sorted);
            Ok(Fitted::new(dimension, position, cuts, &sorted))
        });
        let dimensions = dimensions.into_iter().collect::<Result<_, Error>>()?;
        Ok(RfmModel::new(schema.clone(), dimensions))
    }
}

/// The cut points of ascending numbers, ascending themselves.
fn cuts(binning: &Binning, sorted: &[f64]) -> Vec<f64> {
    let quantiles = |bins: usize, shift: f64| {
        let at = |i| {
            (stats::quantile(sorted, i as f64 / bins as f64) + shift).clamp(-f64::MAX, f64::MAX)
        };
        (1..bins).map(at).collect()
    };
    let mut cuts: Vec<f64> = match binning {
        Binning::Quantiles(bins) => quantiles(*bins, 0.0),
        Binning::ShiftedQuantiles(bins, shift) => quantiles(*bins, *shift),
        Binning::EqualWidth(bins) => {
            let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
            let at = |i| {
                let part = i as f64 / *bins as f64;
                // Rounding must not carry a cut beyond the numbers it cuts.
                (low * (1.0 - part) + high * part).clamp(low, high)
            };
            (1..*bins).map(at).collect()
        }
        Binning::Cuts(cuts) => cuts.clone(),
    };
    // Nor may it put a cut below the one before.
    for i in 1..cuts.len() {
        cuts[i] = cuts[i].max(cuts[i - 1]);
    }
    cuts
}
