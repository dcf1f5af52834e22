//! What must hold for any rows.

use ndarray::{Array2, Axis, Slice};
use patronage_core::{
    ClassIdx, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema, SegmenterExt,
    SoftSegmenterExt,
};
use patronage_linfa::{
    DecisionTree, Error, GaussianMixture, GaussianNaiveBayes, KMeans, LogisticRegression,
    from_linfa, to_linfa,
};
use proptest::prelude::*;

/// Numbers of many sizes with many ties, none too large to square.
fn cell() -> impl Strategy<Value = f64> {
    prop_oneof![
        (0..4_i32).prop_map(f64::from),
        -1e3..1e3,
        (-140..140_i32).prop_map(|exponent| 10.0_f64.powi(exponent)),
    ]
}

fn matrix() -> impl Strategy<Value = Array2<f64>> {
    (1..12_usize, 1..4_usize).prop_flat_map(|(rows, columns)| {
        prop::collection::vec(cell(), rows * columns)
            .prop_map(move |cells| Array2::from_shape_vec((rows, columns), cells).unwrap())
    })
}

fn table(cells: Array2<f64>) -> FeatureTable {
    let columns = (0..cells.ncols()).map(|column| Column::number(format!("x{column}")));
    FeatureTable::new(Schema::new(columns).unwrap(), cells).unwrap()
}

fn shares(matrix: Result<Array2<f64>, patronage_core::Error>) -> bool {
    matrix
        .unwrap()
        .rows()
        .into_iter()
        .all(|row| row.iter().all(|p| (0.0..=1.0).contains(p)) && (row.sum() - 1.0).abs() < 1e-9)
}

/// A model, or a refusal that is no panic inside linfa.
fn unbroken<M>(fitted: Result<M, Error>) -> Option<M> {
    match fitted {
        Ok(model) => Some(model),
        Err(error) => {
            let is_panic = matches!(error.kind(), patronage_linfa::ErrorKind::Panicked { .. });
            assert!(!is_panic, "{error}");
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_ways_every_cell_stays(cells in matrix(), step in 1..3_isize, back in any::<bool>()) {
        let step = if back { -step } else { step };
        let view = cells.slice_axis(Axis(0), Slice::from(..).step_by(step));
        for view in [view, view.reversed_axes()] {
            let there = to_linfa(view);
            prop_assert_eq!(there.dim(), view.dim());
            prop_assert!(there.iter().zip(view).all(|(a, b)| a.to_bits() == b.to_bits()));
            prop_assert_eq!(from_linfa(there.view()), view);
        }
    }

    #[test]
    fn classifiers_are_total(cells in matrix(), labels in prop::collection::vec(0..3_u32, 12)) {
        let labels: Vec<ClassIdx> =
            labels[..cells.nrows()].iter().copied().map(ClassIdx::new).collect();
        let table = table(cells);
        let data = Labeled::new(&table, &labels).unwrap();
        if let Some(model) = unbroken(LogisticRegression::new().fit(&data)) {
            prop_assert!(shares(model.predict_probabilities(&table)));
        }
        if let Some(model) = unbroken(GaussianNaiveBayes::new().fit(&data)) {
            prop_assert!(shares(model.predict_probabilities(&table)));
        }
        if let Some(model) = unbroken(DecisionTree::new().fit(&data)) {
            prop_assert!(shares(model.one_hot().predict_probabilities(&table)));
        }
    }

    #[test]
    fn segmenters_are_total(cells in matrix(), k in 1..4_usize, seed in any::<u64>()) {
        let table = table(cells);
        if let Some(model) = unbroken(KMeans::new(k).n_runs(2).seed(seed).fit(&table)) {
            let segments = model.assign(&table).unwrap();
            prop_assert_eq!(model.n_rows().iter().sum::<usize>(), segments.len());
            prop_assert!(model.inertia().is_finite());
        }
        if let Some(model) = unbroken(GaussianMixture::new(k).seed(seed).fit(&table)) {
            prop_assert!(shares(model.assign_soft(&table)));
            prop_assert!(model.log_likelihood().is_finite());
        }
    }
}
