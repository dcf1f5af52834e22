//! Two right implementors of each row-wise model pass, and one wrong one a promise fails.

use crate::common::fails;
use ndarray::{ArrayView2, ArrayViewMut2};
use patronage_core::{
    Calibrated, CalibrationRecord, Classifier, Column, FeatureTable, Probability, Regressor,
    Schema, SegmentIdx, Segmenter, SoftSegmenter, Timestamp, Window,
};
use patronage_testkit::{
    blobs, check_calibrated, check_classifier, check_regressor, check_segmenter,
    check_soft_segmenter, labelled_by_rule,
};

/// Nearest of given centres.
struct Nearest {
    schema: Schema,
    centres: Vec<Vec<f64>>,
}

impl Segmenter for Nearest {
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn n_segments(&self) -> usize {
        self.centres.len()
    }
    fn segment(&self, row: &[f64]) -> SegmentIdx {
        let distance = |centre: &Vec<f64>| -> f64 {
            centre.iter().zip(row).map(|(a, b)| (a - b).powi(2)).sum()
        };
        let mut best = (0, f64::INFINITY);
        for (segment, centre) in self.centres.iter().enumerate() {
            let distance = distance(centre);
            if distance < best.1 {
                best = (segment, distance);
            }
        }
        SegmentIdx::from_usize(best.0)
    }
}

/// Any function of a row, and of whether a thread without name asks; and how its batch form goes wrong.
struct Rule<F> {
    schema: Schema,
    rule: F,
    batch: Batch,
}

#[derive(Clone, Copy, PartialEq)]
enum Batch {
    /// As for each row.
    Right,
    /// Reads the memory as if it were row-major.
    IgnoresLayout,
    /// Is a little off in the last row.
    Off,
    /// Fails where there is no row.
    NeedsRows,
}

impl<F> Rule<F> {
    fn new(schema: &Schema, rule: F) -> Self {
        Self { schema: schema.clone(), rule, batch: Batch::Right }
    }

    fn batch(self, batch: Batch) -> Self {
        Self { batch, ..self }
    }

    fn elsewhere(&self) -> u32 {
        u32::from(std::thread::current().name().is_none())
    }

    /// The rows as the batch form sees them.
    fn rows<'a>(&self, rows: ArrayView2<'a, f64>) -> Vec<Vec<f64>> {
        assert!(self.batch != Batch::NeedsRows || rows.nrows() > 0, "no rows");
        if self.batch == Batch::IgnoresLayout
            && let Some(memory) = rows.as_slice_memory_order()
        {
            return memory.chunks(rows.ncols()).map(<[f64]>::to_vec).collect();
        }
        rows.rows().into_iter().map(|row| row.to_vec()).collect()
    }
}

impl<F: Fn(&[f64], u32) -> u32 + Send + Sync> Segmenter for Rule<F> {
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn n_segments(&self) -> usize {
        3
    }
    fn segment(&self, row: &[f64]) -> SegmentIdx {
        SegmentIdx::new((self.rule)(row, self.elsewhere()))
    }
    fn segment_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [SegmentIdx]) {
        for (row, out) in self.rows(rows).iter().zip(&mut *out) {
            *out = self.segment(row);
        }
        if let (Batch::Off, Some(last)) = (self.batch, out.last_mut()) {
            *last = SegmentIdx::new((last.get() + 1) % 3);
        }
    }
}

#[test]
fn segmenters() {
    let blobs = blobs(4, 40, 2, 1);
    let (table, schema) = (&blobs.table, patronage_core::Features::schema(&blobs.table).clone());
    let centres = blobs.centres.rows().into_iter().map(|row| row.to_vec()).collect();
    let nearest = Nearest { schema: schema.clone(), centres };
    check_segmenter(&nearest, table);
    let empty = FeatureTable::new(schema.clone(), ndarray::Array2::zeros((0, 2))).unwrap();
    check_segmenter(&nearest, &empty);
    fn rule(row: &[f64], _: u32) -> u32 {
        u32::from(row[0] > 5.0) + u32::from(row[1] > 5.0)
    }
    check_segmenter(&Rule::new(&schema, rule), table);
    let boxed: Box<dyn Segmenter> = Box::new(Rule::new(&schema, rule));
    check_segmenter(&boxed, table);

    let layout = Rule::new(&schema, rule).batch(Batch::IgnoresLayout);
    fails("column-major batch", || check_segmenter(&layout, table));
    let off = Rule::new(&schema, rule).batch(Batch::Off);
    fails("as for the row alone", || check_segmenter(&off, table));
    let needy = Rule::new(&schema, rule).batch(Batch::NeedsRows);
    fails("no rows", || check_segmenter(&needy, table));
    let beyond = Rule::new(&schema, |row: &[f64], _| if row[0] < 1e200 { 0 } else { 3 });
    fails("below n_segments", || check_segmenter(&beyond, table));
    let partial = Rule::new(&schema, |row: &[f64], _| {
        assert!(row[0].abs() < 1e200, "not so far");
        0
    });
    fails("not so far", || check_segmenter(&partial, table));
    let moody = Rule::new(&schema, |_: &[f64], elsewhere| elsewhere);
    fails("differently", || check_segmenter(&moody, table));
    let none = Nearest { schema: schema.clone(), centres: vec![] };
    fails("at least one", || check_segmenter(&none, table));
    let other = Schema::new([Column::number("x0"), Column::number("y")]).unwrap();
    fails("the model's schema", || check_segmenter(&Rule::new(&other, rule), table));
}

/// A share for each of two classes, from the odds of the second.
impl<F: Fn(&[f64], u32) -> f64 + Send + Sync> SoftSegmenter for Rule<F> {
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn n_segments(&self) -> usize {
        2
    }
    fn memberships(&self, row: &[f64], out: &mut [f64]) {
        let share = (self.rule)(row, self.elsewhere());
        out.copy_from_slice(&[1.0 - share, share]);
    }
    fn memberships_rows(&self, rows: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
        let rows = self.rows(rows);
        for (row, mut out) in rows.iter().zip(out.rows_mut()) {
            let share = (self.rule)(row, self.elsewhere());
            out.assign(&ndarray::aview1(&[1.0 - share, share]));
        }
        if self.batch == Batch::Off && !rows.is_empty() {
            let last = rows.len() - 1;
            out[[last, 0]] += 1e-10;
            out[[last, 1]] -= 1e-10;
        }
    }
}

struct AsClassifier<S>(S);

impl<S: SoftSegmenter> Classifier for AsClassifier<S> {
    fn schema(&self) -> &Schema {
        self.0.schema()
    }
    fn n_classes(&self) -> usize {
        self.0.n_segments()
    }
    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        self.0.memberships(row, out);
    }
    fn probabilities_rows(&self, rows: ArrayView2<'_, f64>, out: ArrayViewMut2<'_, f64>) {
        self.0.memberships_rows(rows, out);
    }
}

/// A tree of one split, with the counts it was made of.
struct Stump {
    schema: Schema,
    counts: [[f64; 3]; 2],
}

impl Classifier for Stump {
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn n_classes(&self) -> usize {
        3
    }
    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        let counts = self.counts[usize::from(row[0] < 30.0)];
        let n: f64 = counts.iter().sum();
        out.iter_mut().zip(counts).for_each(|(out, count)| *out = count / n);
    }
}

fn logistic(row: &[f64], _: u32) -> f64 {
    // A score of ± 40 is as good as certain, and keeps huge rows from becoming NaN.
    let age = if row[2].is_nan() { 40.0 } else { row[2] };
    let score = (row[1] - 0.1 * row[0]).clamp(-40.0, 40.0) + (0.01 * age).clamp(-1.0, 1.0);
    1.0 / (1.0 + (-score).exp())
}

#[test]
fn classifiers_and_soft_segmenters() {
    let rule = labelled_by_rule(50, 1);
    let (table, schema) = (&rule.table, patronage_core::Features::schema(&rule.table));
    check_soft_segmenter(&Rule::new(schema, logistic), table);
    check_classifier(&AsClassifier(Rule::new(schema, logistic)), table);
    let stump = Stump { schema: schema.clone(), counts: [[5.0, 1.0, 0.0], [1.0, 2.0, 3.0]] };
    check_classifier(&stump, table);
    check_classifier(&Box::new(&stump), table);

    type Wrong = fn(&[f64], u32) -> f64;
    let mutants: [(&str, Wrong, Batch); 9] = [
        ("shares lie in [0, 1]", |row, _| row[1], Batch::Right),
        ("shares lie in [0, 1]", |row, _| if row[2].is_nan() { row[2] } else { 0.5 }, Batch::Right),
        ("shares lie in [0, 1]", |row, _| (row[1] * row[1]).sin(), Batch::Right),
        (
            "shares lie in [0, 1]",
            |row, _| 1.0 / (1.0 + (10.0 * row[0] - 10.0 * row[1]).exp()),
            Batch::Right,
        ),
        (
            "the unseen",
            |row, _| {
                assert!(row[3] < 3.0, "the unseen");
                0.5
            },
            Batch::Right,
        ),
        ("column-major batch", logistic, Batch::IgnoresLayout),
        ("as for the row alone", logistic, Batch::Off),
        ("no rows", logistic, Batch::NeedsRows),
        ("differently", |_, elsewhere| f64::from(elsewhere) * 0.01, Batch::Right),
    ];
    for (message, wrong, batch) in mutants {
        let mutant = Rule::new(schema, wrong).batch(batch);
        fails(message, || check_soft_segmenter(&mutant, table));
        let mutant = AsClassifier(Rule::new(schema, wrong).batch(batch));
        fails(message, || check_classifier(&mutant, table));
    }
    let unequal = Stump { schema: schema.clone(), counts: [[1.0, 0.0, 0.0], [0.0; 3]] };
    fails("shares lie in [0, 1]", || check_classifier(&unequal, table));

    struct Half(Schema);
    impl Classifier for Half {
        fn schema(&self) -> &Schema {
            &self.0
        }
        fn n_classes(&self) -> usize {
            3
        }
        fn probabilities(&self, _row: &[f64], out: &mut [f64]) {
            // Writes the first two and leaves the last as it was.
            out[..2].fill(0.5);
        }
    }
    fails("shares lie in [0, 1]", || check_classifier(&Half(schema.clone()), table));
    struct Short(Schema);
    impl Classifier for Short {
        fn schema(&self) -> &Schema {
            &self.0
        }
        fn n_classes(&self) -> usize {
            2
        }
        fn probabilities(&self, _row: &[f64], out: &mut [f64]) {
            out.fill(0.49);
        }
    }
    fails("sum to 1", || check_classifier(&Short(schema.clone()), table));
}

/// A number from any function of a row.
struct Number<F>(Rule<F>);

impl<F: Fn(&[f64], u32) -> f64 + Send + Sync> Regressor for Number<F> {
    fn schema(&self) -> &Schema {
        &self.0.schema
    }
    fn value(&self, row: &[f64]) -> f64 {
        (self.0.rule)(row, self.0.elsewhere())
    }
    fn value_rows(&self, rows: ArrayView2<'_, f64>, out: &mut [f64]) {
        for (row, out) in self.0.rows(rows).iter().zip(&mut *out) {
            *out = self.value(row);
        }
        if let (Batch::Off, Some(last)) = (self.0.batch, out.last_mut()) {
            *last += 1e-6 * (1.0 + last.abs());
        }
    }
}

/// The mean of each leaf.
struct Leaves(Schema);

impl Regressor for Leaves {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn value(&self, row: &[f64]) -> f64 {
        [3.5, -1.0][usize::from(row[1] >= 4.0)]
    }
}

#[test]
fn regressors() {
    let rule = labelled_by_rule(50, 1);
    let (table, schema) = (&rule.table, patronage_core::Features::schema(&rule.table));
    fn line(row: &[f64], _: u32) -> f64 {
        let bounded = |x: f64| x.clamp(-1e9, 1e9);
        10.0 + 2.0 * bounded(row[1]) - 0.1 * bounded(row[0])
    }
    check_regressor(&Number(Rule::new(schema, line)), table);
    check_regressor(&Leaves(schema.clone()), table);

    type Wrong = fn(&[f64], u32) -> f64;
    let mutants: [(&str, Wrong, Batch); 6] = [
        ("a finite number", |row, _| row[0] * row[1] * 10.0, Batch::Right),
        ("a finite number", |row, _| row[2], Batch::Right),
        ("column-major batch", line, Batch::IgnoresLayout),
        ("as for the row alone", line, Batch::Off),
        ("no rows", line, Batch::NeedsRows),
        ("differently", |_, elsewhere| f64::from(elsewhere), Batch::Right),
    ];
    for (message, wrong, batch) in mutants {
        let mutant = Number(Rule::new(schema, wrong).batch(batch));
        fails(message, || check_regressor(&mutant, table));
    }
}

#[test]
fn calibration() {
    struct Says(CalibrationRecord);
    impl Calibrated for Says {
        fn calibration(&self) -> &CalibrationRecord {
            &self.0
        }
    }
    let at = Timestamp::from_seconds;
    let record = CalibrationRecord {
        method: "platt".to_owned(),
        window: Some(Window { start: at(0), end: at(90) }),
        n_rows: 200,
        base_rate: Probability::new(0.2).unwrap(),
    };
    check_calibrated(&Says(record.clone()));
    check_calibrated(&Says(CalibrationRecord { window: None, ..record.clone() }));
    let nameless = CalibrationRecord { method: " ".to_owned(), ..record.clone() };
    fails("has a name", || check_calibrated(&Says(nameless)));
    let baseless = CalibrationRecord { n_rows: 0, ..record.clone() };
    fails("at least one row", || check_calibrated(&Says(baseless)));
    let window = Some(Window { start: at(9), end: at(9) });
    let timeless = CalibrationRecord { window, ..record };
    fails("ends after", || check_calibrated(&Says(timeless)));
}
