//! Paired tests against their definitions, statsmodels 0.15.0 and mlxtend 0.25.0.

use ndarray::Array2;
use patronage_classify::{
    Baseline, DecisionTree, FiveByTwo, KFold, McNemar, McNemarMethod, Metric, Repeated, Scored,
    Splitter, compare_by_splits, corrected_resampled_t, delong_test, five_by_two_cv,
};
use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};

use crate::rows::{N, labels, near, noise, scores, weights};

fn other_scores() -> Vec<f64> {
    let raw = |i: usize| (1 + (i * 17) % 23) as f64 / 25.0 * 0.6 + 0.4 * scores()[i];
    (0..N).map(|i| (raw(i) * 50.0 + 0.5).floor() / 50.0).collect()
}

#[test]
fn delong_is_that_of_the_definition() {
    // numpy 2 and scipy 1.17.1: placements pair by pair, covariances by numpy.cov; with weights by
    // the formula that the documentation states.
    let plain = [
        0.8251278772378515,
        0.6828644501278772,
        0.05371984476438184,
        2.6482471744650313,
        0.008091034371686137,
    ];
    let weighted = [
        0.812413154238073,
        0.7115434100149246,
        0.05309085235923508,
        1.899945842658943,
        0.057440227153791074,
    ];
    let of_each = weights();
    for (weights, expected) in [(None, plain), (Some(of_each.as_slice()), weighted)] {
        let found = delong_test(&scores(), &other_scores(), &labels(), weights).unwrap();
        let figures = [
            found.first,
            found.second,
            found.standard_error,
            found.test.statistic,
            found.test.p_value,
        ];
        figures.iter().zip(expected).for_each(|(&found, expected)| near(found, expected, 1e-12));
        let interval = found.interval(0.95).unwrap();
        assert_eq!(interval.low > 0.0, found.test.p_value < 0.05);
    }
    // One model's own variance is that of the difference to a model that knows nothing.
    let nothing = vec![0.5; N];
    let found = delong_test(&scores(), &nothing, &labels(), Some(&of_each)).unwrap();
    let alone = Scored::weighted(&scores(), &labels(), &of_each).unwrap();
    near(found.standard_error.powi(2), alone.roc_auc_variance().unwrap(), 1e-15);
    let same = delong_test(&scores(), &scores(), &labels(), None).unwrap();
    assert_eq!((same.difference, same.test.p_value), (0.0, 1.0));
}

#[test]
fn delong_refuses_what_it_cannot_judge() {
    let ones = vec![ClassIdx::new(1); N];
    assert!(delong_test(&scores(), &scores(), &ones, None).is_err());
    assert!(delong_test(&scores()[1..], &scores(), &labels(), None).is_err());
    assert!(delong_test(&scores(), &vec![f64::NAN; N], &labels(), None).is_err());
    let found = delong_test(&[0.1, 0.2], &[0.2, 0.1], &[0, 1].map(ClassIdx::new), None).unwrap();
    assert_eq!((found.standard_error, found.test.p_value), (f64::INFINITY, 1.0));
    let interval = found.interval(0.9).unwrap();
    assert_eq!((interval.low, interval.high), (-1.0, 1.0));
}

#[test]
fn mcnemar_is_that_of_statsmodels() {
    // statsmodels.stats.contingency_tables.mcnemar: exact, corrected, uncorrected; mlxtend's
    // mcnemar agrees.
    let expected = [
        (
            25,
            11,
            [
                11.0,
                0.028816719655878845,
                4.694444444444445,
                0.030260280020471753,
                5.444444444444445,
                0.019630657257290702,
            ],
        ),
        (
            3,
            9,
            [3.0, 0.14599609375, 2.0833333333333335, 0.14891467317876161, 3.0, 0.08326451666355042],
        ),
        (
            59,
            6,
            [
                6.0,
                4.964650327128616e-12,
                41.6,
                1.1199327149542469e-10,
                43.215384615384615,
                4.9033614331951344e-11,
            ],
        ),
        (0, 4, [0.0, 0.125, 2.25, 0.13361440253771584, 4.0, 0.04550026389635857]),
    ];
    for (only_first_right, only_second_right, expected) in expected {
        let table = McNemar { n_rows: 100, only_first_right, only_second_right };
        let methods = [McNemarMethod::Exact, McNemarMethod::Corrected, McNemarMethod::Uncorrected];
        for (method, expected) in methods.into_iter().zip(expected.chunks(2)) {
            let found = table.test(method);
            near(found.statistic, expected[0], 1e-12);
            near(found.p_value, expected[1], 1e-12 * expected[1].max(1e-3));
        }
    }
    let alike = McNemar { n_rows: 9, only_first_right: 0, only_second_right: 0 };
    assert_eq!(alike.test(McNemarMethod::Exact).p_value, 1.0);
    assert_eq!(alike.test(McNemarMethod::Corrected).p_value, 1.0);
    let equal = McNemar { n_rows: 9, only_first_right: 2, only_second_right: 2 };
    assert_eq!(equal.test(McNemarMethod::Exact).p_value, 1.0);
    let truth = [0, 1, 1, 0].map(ClassIdx::new);
    let table = McNemar::new(&truth, &truth, &[0, 0, 1, 1].map(ClassIdx::new)).unwrap();
    assert_eq!((table.only_first_right, table.only_second_right), (2, 0));
    assert_eq!(table.accuracy_difference(), 0.5);
    assert!(
        McNemar::new(&truth, &truth[1..], &truth).is_err() && McNemar::new(&[], &[], &[]).is_err()
    );
}

#[test]
fn five_by_two_is_that_of_mlxtend() {
    // mlxtend.evaluate.paired_ttest_5x2cv and combined_ftest_5x2cv of logistic regression and a
    // tree on 120 drawn rows, with the differences of accuracy they computed.
    let differences = [
        [0.03333333333333344, -0.016666666666666607],
        [0.15000000000000002, 0.033333333333333326],
        [0.0, 0.03333333333333344],
        [-0.050000000000000044, 0.033333333333333326],
        [0.01666666666666672, -0.050000000000000044],
    ];
    let paired = FiveByTwo { differences };
    near(paired.t_test().statistic, 0.6231769528497574, 1e-12);
    near(paired.t_test().p_value, 0.5604885662773932, 1e-12);
    near(paired.f_test().statistic, 1.1359223300970869, 1e-12);
    near(paired.f_test().p_value, 0.4720148526299018, 1e-12);
    let alike = FiveByTwo { differences: [[0.0; 2]; 5] };
    assert_eq!((alike.t_test().p_value, alike.f_test().p_value), (1.0, 1.0));
    let always = FiveByTwo { differences: [[0.1; 2]; 5] };
    assert_eq!((always.t_test().p_value, always.f_test().p_value), (0.0, 0.0));
}

fn noisy(seed: u64, n: usize) -> (FeatureTable, Vec<ClassIdx>) {
    let schema = Schema::new(["a", "b"].map(Column::number)).unwrap();
    let cells = Array2::from_shape_fn((n, 2), |(i, j)| noise(seed, 3 * i + j));
    let label =
        |i: usize| ClassIdx::new(u32::from(cells[[i, 0]] + 0.5 * noise(seed, 3 * i + 2) > 0.75));
    let labels = (0..n).map(label).collect();
    (FeatureTable::new(schema, cells).unwrap(), labels)
}

#[test]
fn drivers_find_what_is_there_and_nothing_else() {
    let (table, labels) = noisy(1, 300);
    let data = Labeled::new(&table, &labels).unwrap();
    let tree = DecisionTree::new().max_depth(3).smoothing(1.0);
    let better = five_by_two_cv(&tree, &Baseline::new(), &data, &Metric::RocAuc, 5).unwrap();
    assert!(better.f_test().p_value < 1e-3 && better.mean() > 0.3);
    let same = five_by_two_cv(&tree, &tree, &data, &Metric::RocAuc, 5).unwrap();
    assert_eq!(same.f_test().p_value, 1.0);
    let splits = Repeated::new(KFold::new(5), 3).splits(&labels).unwrap();
    let paired =
        compare_by_splits(&tree, &Baseline::new(), &data, &splits, &Metric::LogLoss).unwrap();
    assert_eq!(paired.first.len(), 15);
    near(paired.test_over_train, 0.25, 1e-12);
    assert!(paired.mean() < 0.0 && paired.corrected_t().unwrap().p_value < 0.01);
    let interval = paired.interval(0.95).unwrap();
    assert!(interval.low < paired.mean() && interval.high < 0.0);
}

#[test]
fn the_corrected_t_is_that_of_the_definition() {
    // By hand: four differences of mean 0.02 and variance 0.0008 / 3.
    let test = corrected_resampled_t(&[0.0, 0.02, 0.04, 0.02], 0.25).unwrap();
    let t = 0.02 / (0.5 * 0.0008 / 3.0_f64).sqrt();
    near(test.statistic, t, 1e-12);
    assert!(corrected_resampled_t(&[0.1], 0.25).is_err());
    assert!(corrected_resampled_t(&[0.1, f64::NAN], 0.25).is_err());
    assert!(corrected_resampled_t(&[0.1, 0.2], -1.0).is_err());
}
