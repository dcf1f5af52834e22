//! Segmentations explained by a shallow tree written here.

use crate::common::{matrix, uniform};
use ndarray::Array2;
use patronage_core::{ClassIdx, Classifier, Labeled};
use patronage_segment::{Fit, Schema, SegmentIdx, Surrogate};

/// A tree that splits where most rows of the two sides are of their side's largest class.
struct Tree {
    depth: usize,
}

#[derive(Debug)]
enum Node {
    Leaf(usize),
    Split(usize, f64, Box<[Node; 2]>),
}

#[derive(Debug)]
struct TreeModel {
    schema: Schema,
    n_classes: usize,
    root: Node,
}

#[derive(Debug, thiserror::Error)]
#[error("expected rows, found none")]
struct NoRows;

impl Fit<Labeled<'_, ClassIdx>> for Tree {
    type Model = TreeModel;
    type Error = NoRows;

    fn fit(&self, data: &Labeled<'_, ClassIdx>) -> Result<TreeModel, NoRows> {
        let n_classes = data.labels().iter().map(|c| c.index() + 1).max().ok_or(NoRows)?;
        let rows: Vec<usize> = (0..data.len()).collect();
        let root = grow(data, &rows, n_classes, self.depth);
        Ok(TreeModel { schema: data.schema().clone(), n_classes, root })
    }
}

fn largest(data: &Labeled<'_, ClassIdx>, rows: &[usize], n_classes: usize) -> (usize, usize) {
    let mut counts = vec![0; n_classes];
    rows.iter().for_each(|&row| counts[data.label(row).index()] += 1);
    let best = (0..n_classes).rev().max_by_key(|&class| counts[class]).unwrap();
    (best, counts[best])
}

fn grow(data: &Labeled<'_, ClassIdx>, rows: &[usize], n_classes: usize, depth: usize) -> Node {
    let (class, count) = largest(data, rows, n_classes);
    let leaf = Node::Leaf(class);
    if depth == 0 || count == rows.len() {
        return leaf;
    }
    let mut best: Option<(usize, usize, f64)> = None;
    for column in 0..data.schema().len() {
        let mut cells: Vec<f64> = rows.iter().map(|&row| data.row(row)[column]).collect();
        cells.sort_by(f64::total_cmp);
        for tenth in 1..20 {
            let cut = cells[tenth * (cells.len() - 1) / 20];
            let (low, high): (Vec<_>, Vec<_>) =
                rows.iter().partition(|&&row| data.row(row)[column] <= cut);
            let right = largest(data, &low, n_classes).1 + largest(data, &high, n_classes).1;
            if !high.is_empty() && best.is_none_or(|(most, ..)| right > most) {
                best = Some((right, column, cut));
            }
        }
    }
    let Some((_, column, cut)) = best else { return leaf };
    let (low, high): (Vec<_>, Vec<_>) = rows.iter().partition(|&&row| data.row(row)[column] <= cut);
    let side = |rows: &[usize]| grow(data, rows, n_classes, depth - 1);
    Node::Split(column, cut, Box::new([side(&low), side(&high)]))
}

impl Classifier for TreeModel {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn n_classes(&self) -> usize {
        self.n_classes
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) {
        let mut node = &self.root;
        while let Node::Split(column, cut, sides) = node {
            node = &sides[usize::from(row[*column] > *cut)];
        }
        let Node::Leaf(class) = node else { unreachable!() };
        out.fill(0.0);
        out[*class] = 1.0;
    }
}

impl std::fmt::Display for TreeModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn print(
            f: &mut std::fmt::Formatter<'_>,
            schema: &Schema,
            node: &Node,
            path: &str,
        ) -> std::fmt::Result {
            match node {
                Node::Leaf(class) => writeln!(f, "{path}: {}", ClassIdx::from_usize(*class)),
                Node::Split(column, cut, sides) => {
                    let name = schema.columns()[*column].name();
                    print(f, schema, &sides[0], &format!("{path}{name} <= {cut:.2}; "))?;
                    print(f, schema, &sides[1], &format!("{path}{name} > {cut:.2}; "))
                }
            }
        }
        print(f, &self.schema, &self.root, "")
    }
}

#[test]
fn rules_that_made_the_segments_are_found() {
    let mut draw = uniform(1);
    let table = matrix(Array2::from_shape_simple_fn((400, 3), &mut draw));
    let rule = |row: &[f64]| if row[1] > 0.6 { 2 } else { u32::from(row[0] > 0.3) };
    let segments: Vec<_> = (0..400).map(|row| SegmentIdx::new(rule(table.row(row)))).collect();
    let explanation = Surrogate::new()
        .explain(&Tree { depth: 2 }, &table, &segments, ["Low", "Middle", "High", "Nobody"])
        .unwrap();
    assert!(explanation.fidelity().accuracy > 0.93, "{explanation}");
    assert!(explanation.fidelity().interval.contains(explanation.fidelity().accuracy));
    assert_eq!(explanation.warning(), None);
    for name in ["Low", "Middle", "High"] {
        assert!(explanation.rules().contains(name) && !explanation.rules().contains("class"));
    }
    let nobody = &explanation.fidelity().segments[3];
    assert_eq!((nobody.n_customers, nobody.recall, nobody.precision), (0, None, None));
    assert_eq!(explanation.fidelity().confusion.iter().flatten().sum::<u64>(), 400);
    assert!(explanation.to_string().contains("| Nobody | 0 | – | – |"));
}

#[test]
fn rules_that_stand_for_little_say_so() {
    let mut draw = uniform(2);
    let table = matrix(Array2::from_shape_simple_fn((300, 2), &mut draw));
    // Four segments that have nothing to do with the columns: a quarter is right by chance.
    let segments: Vec<_> = (0..300).map(|row| SegmentIdx::new(row * 7 % 4)).collect();
    let names = ["a", "b", "c", "d"];
    let explain = |segments: &[SegmentIdx]| {
        Surrogate::new().explain(&Tree { depth: 3 }, &table, segments, names).unwrap()
    };
    let explanation = explain(&segments);
    let accuracy = explanation.fidelity().accuracy;
    // Held out, chance is not surpassed: four standard errors.
    assert!(accuracy < 0.25 + 4.0 * (0.1875_f64 / 300.0).sqrt(), "{accuracy}");
    let warning = explanation.warning().unwrap();
    assert!(warning.ends_with("of customers only"), "{warning}");
    assert!(explanation.to_string().contains("Warning: the rules stand for"));
    // Nine in ten of one segment: naming it for all is right for them, and says nothing.
    let most: Vec<_> = (0..300).map(|row| SegmentIdx::new(u32::from(row % 10 == 3))).collect();
    let explanation = explain(&most);
    assert!(explanation.fidelity().accuracy > 0.8, "{explanation}");
    let warning = explanation.warning().unwrap();
    assert!(warning.contains("no surely better than naming the largest segment"), "{warning}");
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let table = matrix(Array2::zeros((4, 1)));
    let segments = [0, 0, 1, 1].map(SegmentIdx::new);
    let message = |surrogate: Surrogate, names: &[&str]| {
        let names = names.iter().copied();
        surrogate.explain(&Tree { depth: 1 }, &table, &segments, names).unwrap_err().to_string()
    };
    let both = ["a", "b"];
    assert_eq!(
        message(Surrogate::new(), &both),
        "rows, at least one for each fold: expected 5, found 4"
    );
    assert_eq!(
        message(Surrogate::new().folds(1), &both),
        "parameter folds: expected at least 2, found 1"
    );
    assert_eq!(
        message(Surrogate::new().trusted(1.5), &both),
        "parameter trusted: expected in [0, 1], found 1.5"
    );
    assert_eq!(
        message(Surrogate::new().folds(2), &["a"]),
        "segment of row 2: expected a segment below the number of names, found 1"
    );
    // Constant columns tell nothing, and one fold each is learnt from the rest.
    let explanation =
        Surrogate::new().folds(2).explain(&Tree { depth: 1 }, &table, &segments, both).unwrap();
    assert_eq!(explanation.fidelity().accuracy, 0.5);

    /// Refuses everything.
    struct Never;
    impl Fit<Labeled<'_, ClassIdx>> for Never {
        type Model = TreeModel;
        type Error = NoRows;
        fn fit(&self, _: &Labeled<'_, ClassIdx>) -> Result<TreeModel, NoRows> {
            Err(NoRows)
        }
    }
    let error = Surrogate::new().folds(2).explain(&Never, &table, &segments, both).unwrap_err();
    assert_eq!(error.to_string(), "the estimator: expected rows, found none");
    assert!(std::error::Error::source(&error).is_some());
}
