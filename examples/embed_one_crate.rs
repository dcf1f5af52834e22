//! Segmentation alone, in the loop of a service.
//!
//! A service that only segments depends on `patronage-segment` and nothing else of the house; the
//! facade is used here so that one manifest serves all examples. The model is fitted once, saved,
//! loaded as another process would, bound to the columns of the rows to come, and then assigns row
//! after row without a failure path.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use ndarray::Array2;
use patronage::core::{BoxError, Provenance, SegmenterExt, load, save};
use patronage::segment::{
    Column, FeatureTable, Features, Fit, KMeans, KMeansModel, Preparation, Prepared, Schema,
    Segmenter,
};

fn main() -> Result<(), BoxError> {
    // Once, in a job at night: fit and save.
    let schema = Schema::new(["recency_days", "frequency", "monetary"].map(Column::number))?;
    let rows = Array2::from_shape_fn((300, 3), |(row, column)| {
        let centre = [[5.0, 20.0, 2000.0], [40.0, 4.0, 300.0], [300.0, 1.0, 40.0]][row % 3][column];
        centre * (1.0 + (row % 7) as f64 / 20.0)
    });
    let customers = FeatureTable::new(schema.clone(), rows)?;
    let preparation = Preparation::new().log1p().standardise().fit(&customers)?;
    let clusters = KMeans::new(3).seed(7).fit(&preparation.apply(&customers)?)?;
    let model = Prepared::new(preparation, clusters)?;
    let provenance =
        Provenance { schema: Some(schema.clone()), training: Some(customers.fingerprint()) };
    let saved = save(&model, provenance)?;

    // At start of the service: load, and check once that the rows to come are the model's.
    let (model, _) = load::<Prepared<KMeansModel>>(&saved)?;
    let model = model.bind(&schema)?;

    // Then for every message, as many as there come: no allocation, no failure path.
    let messages = [[4.0, 22.0, 2100.0], [310.0, 1.0, 35.0], [38.0, 5.0, 280.0]];
    let segments = messages.map(|row| model.segment(&row));
    for (row, segment) in messages.iter().zip(segments) {
        println!("{row:?} -> {segment}");
    }
    assert!(segments[0] != segments[1] && segments[1] != segments[2] && segments[0] != segments[2]);
    assert_eq!(segments[0], model.segment(&customers.values().row(0).to_vec()));

    // Columns that changed their order are an error, never a wrong answer.
    let swapped = Schema::new(["frequency", "recency_days", "monetary"].map(Column::number))?;
    let refused = (&*model).bind(&swapped);
    println!("{}", refused.err().map(|error| error.to_string()).unwrap_or_default());
    Ok(())
}
