//! Every adapter and estimator keeps the promises of the traits it implements.

use linfa::prelude::*;
use linfa_bayes::NaiveBayes;
use linfa_clustering::GaussianMixtureModel as LinfaMixture;
use linfa_logistic::MultiLogisticRegression;
use patronage_core::{ClassIdx, ClassifierExt, FeatureTable, Fit as _, Labeled};
use patronage_linfa::{
    DecisionTree, Error, FitOneHot, GaussianMixture, GaussianMixtureModel, GaussianNaiveBayes,
    GaussianNaiveBayesModel, KMeans, KMeansModel, LabelOnly, LinfaClassifier, LinfaFit,
    LinfaSegmenter, LinfaSoftSegmenter, LogisticRegression, LogisticRegressionModel, OneHot,
    ScaledTree, records,
};
use patronage_testkit::{
    Blobs, blobs, check_classifier, check_fit_deterministic, check_seeded, check_segmenter,
    check_send_sync, check_soft_segmenter, labelled_by_rule,
};

/// Rows around three centres with their blobs as classes, and the rule's rows without the column
/// that may be missing.
fn tables() -> [(FeatureTable, Vec<ClassIdx>); 2] {
    let Blobs { table, blob, .. } = blobs(3, 120, 2, 5);
    let labels = blob.iter().map(|blob| ClassIdx::new(blob.get())).collect();
    let rule = labelled_by_rule(200, 9);
    let columns = ["recency_days", "frequency", "country", "newsletter"];
    [(table, labels), (rule.table.select(&columns).unwrap(), rule.labels)]
}

#[test]
fn ready_classifiers_keep_their_promises() {
    for (table, labels) in tables() {
        let data = Labeled::new(&table, &labels).unwrap();
        check_classifier(&LogisticRegression::new().fit(&data).unwrap(), &table);
        check_classifier(&GaussianNaiveBayes::new().fit(&data).unwrap(), &table);
        check_classifier(&FitOneHot(DecisionTree::new()).fit(&data).unwrap(), &table);
    }
}

#[test]
fn ready_segmenters_keep_their_promises() {
    for (table, _) in tables() {
        check_segmenter(&KMeans::new(3).fit(&table).unwrap(), &table);
        let mixture = GaussianMixture::new(2).fit(&table).unwrap();
        check_segmenter(&mixture, &table);
        check_soft_segmenter(&mixture, &table);
    }
}

#[test]
fn adapted_classifiers_keep_their_promises() {
    for (table, labels) in tables() {
        let data = Labeled::new(&table, &labels).unwrap();
        let logistic = LinfaFit::classifier(
            |data, _| MultiLogisticRegression::default().max_iterations(20).fit(data),
            |model, rows| model.predict_probabilities(&rows),
        );
        check_classifier(&logistic.fit(&data).unwrap(), &table);
        let bayes = LinfaFit::classifier(
            |data, _| linfa_bayes::GaussianNb::params().fit(data),
            |model: &linfa_bayes::GaussianNb<f64, usize>, rows| model.predict_proba(rows).0,
        );
        check_classifier(&bayes.fit(&data).unwrap(), &table);
        let tree = LinfaFit::label_only(|data, _| linfa_trees::DecisionTree::params().fit(data));
        check_classifier(&tree.fit(&data).unwrap().one_hot(), &table);
    }
}

#[test]
fn adapted_segmenters_keep_their_promises() {
    for (table, _) in tables() {
        let kmeans =
            LinfaFit::segmenter(3, |data, _| linfa_clustering::KMeans::params(3).fit(data));
        check_segmenter(&kmeans.fit(&table).unwrap(), &table);
        let mixture = LinfaFit::soft_segmenter(
            2,
            |data, _| LinfaMixture::params(2).fit(data),
            |model, rows| model.predict_proba(&rows),
        );
        check_soft_segmenter(&mixture.fit(&table).unwrap(), &table);
        let by_hand = linfa_clustering::KMeans::params(2).fit(&records(&table)).unwrap();
        let schema = patronage_core::Features::schema(&table).clone();
        check_segmenter(&LinfaSegmenter::new(schema, 2, by_hand).unwrap(), &table);
    }
}

#[test]
fn fitting_is_a_pure_function_on_any_number_of_threads() {
    for (table, labels) in tables() {
        let data = Labeled::new(&table, &labels).unwrap();
        check_fit_deterministic(&LogisticRegression::new(), &data, |a, b| a == b);
        let same = |a: &GaussianNaiveBayesModel, b: &GaussianNaiveBayesModel| {
            a.predict_probabilities(&table).unwrap() == b.predict_probabilities(&table).unwrap()
        };
        check_fit_deterministic(&GaussianNaiveBayes::new(), &data, same);
        check_fit_deterministic(&KMeans::new(3), &table, |a, b| a == b);
        check_fit_deterministic(&GaussianMixture::new(2), &table, |a, b| a == b);
    }
}

#[test]
fn a_seed_is_all_that_chance_depends_on() {
    let [(table, labels), _] = tables();
    check_seeded(&KMeans::new(3).n_runs(2), &table, |a, b| a == b);
    check_seeded(&GaussianMixture::new(3), &table, |a, b| a == b);
    let seen = LinfaFit::classifier(
        |data, seed| {
            let max_iterations = 1 + seed % 5;
            MultiLogisticRegression::default().max_iterations(max_iterations).fit(data)
        },
        |model, rows| model.predict_probabilities(&rows),
    );
    let data = Labeled::new(&table, &labels).unwrap();
    check_seeded(&seen, &data, |a, b| a.model() == b.model());
}

#[test]
fn a_selection_of_rows_is_as_good_as_a_copy() {
    for (table, labels) in tables() {
        let rows: Vec<u32> = (0..table.n_rows() as u32).filter(|row| row % 3 > 0).rev().collect();
        let copy = rows.iter().flat_map(|&row| table.row(row as usize).to_vec()).collect();
        let schema = patronage_core::Features::schema(&table).clone();
        let copy = ndarray::Array2::from_shape_vec((rows.len(), schema.len()), copy).unwrap();
        let copy = FeatureTable::new(schema, copy).unwrap();
        let copied: Vec<ClassIdx> = rows.iter().map(|&row| labels[row as usize]).collect();
        let copied = Labeled::new(&copy, &copied).unwrap();
        let selected = Labeled::new(&table, &labels).unwrap().select(&rows).unwrap();
        let logistic = LogisticRegression::new();
        assert_eq!(logistic.fit(&selected).unwrap(), logistic.fit(&copied).unwrap());
        let tree = DecisionTree::new();
        let (a, b) = (tree.fit(&selected).unwrap(), tree.fit(&copied).unwrap());
        assert_eq!(a.classes(&table).unwrap(), b.classes(&table).unwrap());
    }
}

#[test]
fn everything_may_cross_threads() {
    check_send_sync::<Error>();
    check_send_sync::<LogisticRegressionModel>();
    check_send_sync::<GaussianNaiveBayesModel>();
    check_send_sync::<KMeansModel>();
    check_send_sync::<GaussianMixtureModel>();
    check_send_sync::<LabelOnly<ScaledTree>>();
    check_send_sync::<OneHot<ScaledTree>>();
    check_send_sync::<LinfaClassifier<ScaledTree>>();
    check_send_sync::<LinfaSegmenter<ScaledTree>>();
    check_send_sync::<LinfaSoftSegmenter<ScaledTree>>();
}
