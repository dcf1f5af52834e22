//! Our views as linfa data sets, and back.

use linfa::DatasetBase;
use linfa::dataset::Records;
use ndarray16::{Array1, ArrayBase, ArrayView2, Axis, CowArray, Data, Ix2};
use patronage_core::{ClassIdx, Column, FeatureTable, Features, Label, Labeled, Schema};

use crate::error::Error;
use crate::guard;
use crate::layout::to_linfa;

/// Features as a linfa data set without targets, named after the schema's columns.
///
/// The records are borrowed where [`to_linfa`] can borrow them, else copied.
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use patronage_core::{Column, FeatureTable, Schema};
///
/// let schema = Schema::new([Column::number("recency_days"), Column::number("frequency")])?;
/// let customers = FeatureTable::new(schema, array![[3.0, 9.0], [40.0, 1.0]])?;
/// let data = patronage_linfa::records(&customers);
/// assert!(data.records().is_view());
/// assert_eq!(data.feature_names(), ["recency_days", "frequency"]);
/// # Ok::<(), patronage_core::Error>(())
/// ```
pub fn records<F: Features + ?Sized>(
    features: &F,
) -> DatasetBase<CowArray<'_, f64, Ix2>, Array1<()>> {
    let cells = to_linfa(features.values());
    let targets = Array1::default(cells.nrows());
    named(features.schema(), cells, targets)
}

/// Labelled rows as a linfa data set whose targets are the classes' positions.
///
/// Records are borrowed where every row takes part in order and [`to_linfa`] can borrow; a
/// selection of rows (a fold, a bootstrap) is copied, row by row. Targets are copied. Weights, where
/// given, become the data set's weights in single precision, the only one linfa has.
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
///
/// let schema = Schema::new([Column::number("x")])?;
/// let table = FeatureTable::new(schema, array![[1.0], [2.0], [3.0]])?;
/// let labels = [0, 1, 1].map(ClassIdx::new);
/// let rows = Labeled::new(&table, &labels)?;
/// let data = patronage_linfa::class_dataset(&rows)?;
/// assert!(data.records().is_view());
/// assert_eq!(data.targets().to_vec(), [0, 1, 1]);
/// let fold = rows.select(&[2, 0])?;
/// assert!(!patronage_linfa::class_dataset(&fold)?.records().is_view());
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
///
/// # Errors
///
/// When a weight is beyond single precision.
pub fn class_dataset<'a>(
    data: &Labeled<'a, ClassIdx>,
) -> Result<DatasetBase<CowArray<'a, f64, Ix2>, Array1<usize>>, Error> {
    targets(data, ClassIdx::index)
}

/// Labelled rows as a linfa data set whose targets say whether a row is of class `positive`.
///
/// Copies as [`class_dataset`] does.
///
/// # Errors
///
/// When a weight is beyond single precision.
pub fn flag_dataset<'a>(
    data: &Labeled<'a, ClassIdx>,
    positive: ClassIdx,
) -> Result<DatasetBase<CowArray<'a, f64, Ix2>, Array1<bool>>, Error> {
    targets(data, |class| class == positive)
}

/// Rows with numbers as a linfa data set for regression.
///
/// Copies as [`class_dataset`] does.
///
/// # Errors
///
/// When a weight is beyond single precision.
pub fn number_dataset<'a>(
    data: &Labeled<'a, f64>,
) -> Result<DatasetBase<CowArray<'a, f64, Ix2>, Array1<f64>>, Error> {
    targets(data, |number| number)
}

fn targets<'a, Y: Label, T>(
    data: &Labeled<'a, Y>,
    target: impl Fn(Y) -> T,
) -> Result<DatasetBase<CowArray<'a, f64, Ix2>, Array1<T>>, Error> {
    let targets = (0..data.len()).map(|position| target(data.label(position))).collect();
    let weights = guard::weights(data)?;
    let set = named(data.schema(), selected(data), targets);
    Ok(set.with_weights(Array1::from(weights)))
}

/// The rows that take part: borrowed where all do in order and the layout allows.
pub(crate) fn selected<'a, Y: Label>(data: &Labeled<'a, Y>) -> CowArray<'a, f64, Ix2> {
    match data.rows() {
        None => to_linfa(data.table()),
        Some(rows) => {
            let mut copy = ndarray16::Array2::zeros((rows.len(), data.schema().len()));
            for (position, mut row) in copy.axis_iter_mut(Axis(0)).enumerate() {
                row.iter_mut().zip(data.row(position)).for_each(|(to, &from)| *to = from);
            }
            copy.into()
        }
    }
}

fn named<R: Records, T>(schema: &Schema, records: R, targets: T) -> DatasetBase<R, T> {
    let set = DatasetBase::new(records, targets);
    // linfa panics on names that are not as many as columns; an implementor of `Features` who
    // breaks his promise of one column each gets a data set without names.
    if set.nfeatures() == schema.len() {
        set.with_feature_names(schema.columns().iter().map(Column::name).collect())
    } else {
        set
    }
}

/// The schema of a linfa data set: one column of finite numbers for each feature.
///
/// Names are the data set's, or `feature-0`, `feature-1`, … where it has none.
///
/// # Errors
///
/// When two features share a name.
pub fn schema_of<S, T>(data: &DatasetBase<ArrayBase<S, Ix2>, T>) -> Result<Schema, Error>
where
    S: Data<Elem = f64>,
{
    let names = data.feature_names();
    let schema = if names.is_empty() {
        Schema::new((0..data.nfeatures()).map(|i| Column::number(format!("feature-{i}"))))
    } else {
        Schema::new(names.iter().map(Column::number))
    };
    Ok(schema?)
}

/// The records of a linfa data set as an owned feature table, checked cell by cell; copies them.
///
/// For a view without copying, take [`from_linfa`](crate::from_linfa) and
/// [`FeatureView`](patronage_core::FeatureView).
///
/// ```
/// use linfa::Dataset;
/// use ndarray16::array;
/// use patronage_linfa::{feature_table, ndarray16, schema_of};
///
/// let data = Dataset::new(array![[1.0, 2.0], [3.0, 4.0]], array![0_usize, 1]);
/// let table = feature_table(schema_of(&data)?, &data)?;
/// assert_eq!(table.row(1), [3.0, 4.0]);
/// # Ok::<(), patronage_linfa::Error>(())
/// ```
///
/// # Errors
///
/// When the width differs from the schema, or a cell is none its column admits.
pub fn feature_table<S, T>(
    schema: Schema,
    data: &DatasetBase<ArrayBase<S, Ix2>, T>,
) -> Result<FeatureTable, Error>
where
    S: Data<Elem = f64>,
{
    let cells: ArrayView2<'_, f64> = data.records().view();
    Ok(FeatureTable::new(schema, crate::from_linfa(cells).into_owned())?)
}

/// The targets of a linfa data set as classes.
///
/// # Panics
///
/// When a target does not fit into `u32`.
#[must_use]
pub fn class_labels<R: Records, S>(
    data: &DatasetBase<R, ArrayBase<S, ndarray16::Ix1>>,
) -> Vec<ClassIdx>
where
    S: Data<Elem = usize>,
{
    data.targets().iter().map(|&class| ClassIdx::from_usize(class)).collect()
}
