//! Figures against scikit-learn 1.9.1, ties and weights included.

use ndarray::{Array2, ArrayView2};
use patronage_classify::{
    Average, Binning, Bootstrap, BootstrapMethod, ConfusionMatrix, Metric, Scored, Strata,
    USUAL_METRICS, multiclass_log_loss, one_vs_rest_roc_auc,
};
use patronage_core::ClassIdx;
use proptest::prelude::*;

use crate::rows::{N, labels, near, noise, scores, weights};

const ALL: [Metric; 15] = [
    Metric::RocAuc,
    Metric::PrAuc,
    Metric::LogLoss,
    Metric::Brier,
    Metric::Ks,
    Metric::Accuracy(0.5),
    Metric::BalancedAccuracy(0.5),
    Metric::Precision(0.5),
    Metric::Recall(0.5),
    Metric::Specificity(0.5),
    Metric::NegativePredictiveValue(0.5),
    Metric::F1(0.5),
    Metric::FBeta { beta: 0.7, threshold: 0.5 },
    Metric::Mcc(0.5),
    Metric::Kappa(0.5),
];

/// `roc_auc_score`, `average_precision_score`, `log_loss`, `brier_score_loss`, the greatest
/// difference on `roc_curve`, `accuracy_score`, `balanced_accuracy_score`, `precision_score`,
/// `recall_score`, two shares of `confusion_matrix`, `f1_score`, `fbeta_score(beta=0.7)`,
/// `matthews_corrcoef`, `cohen_kappa_score`.
const PLAIN: [f64; 15] = [
    0.8251278772378517,
    0.6836290047599016,
    0.5292299625288918,
    0.1723499188750676,
    0.5792838874680306,
    0.75,
    0.7557544757033248,
    0.675,
    0.7941176470588235,
    0.717391304347826,
    0.825,
    0.7297297297297297,
    0.7100247087892693,
    0.5057217374241737,
    0.5,
];

/// The same with `sample_weight`.
const WEIGHTED: [f64; 15] = [
    0.8124131542380731,
    0.6851836496690645,
    0.5402111092288722,
    0.17485706559530248,
    0.5619371108023261,
    0.7535714285714286,
    0.7624671916010499,
    0.68125,
    0.8582677165354331,
    0.6666666666666666,
    0.85,
    0.759581881533101,
    0.7308194213202538,
    0.5280827502163988,
    0.5135951661631419,
];

#[test]
fn figures_equal_those_of_scikit_learn() {
    let plain = Scored::new(&scores(), &labels()).unwrap();
    let weighted = Scored::weighted(&scores(), &labels(), &weights()).unwrap();
    for (scored, expected) in [(plain, PLAIN), (weighted, WEIGHTED)] {
        for (metric, expected) in ALL.iter().zip(expected) {
            near(metric.of(&scored).unwrap(), expected, 1e-12);
        }
    }
}

#[test]
fn curves_equal_those_of_scikit_learn() {
    // roc_curve(drop_intermediate=False) and precision_recall_curve, with sample_weight.
    let scored = Scored::weighted(&scores(), &labels(), &weights()).unwrap();
    let roc = scored.roc_curve().unwrap();
    assert_eq!((roc.len(), roc[0].threshold), (42, None));
    near(roc[5].false_positive_rate, 0.0915032679738562, 1e-14);
    near(roc[5].true_positive_rate, 0.2440944881889764, 1e-14);
    near(roc[20].false_positive_rate, 0.3333333333333333, 1e-14);
    let curve = scored.precision_recall_curve().unwrap();
    assert_eq!(curve.len(), 41);
    near(curve[4].precision, 0.6888888888888889, 1e-14);
    near(curve[4].recall, 0.2440944881889764, 1e-14);
    near(curve[19].precision, 0.68125, 1e-14);
}

fn four_classes() -> (Array2<f64>, Vec<ClassIdx>) {
    let raw = Array2::from_shape_fn((N, 4), |(i, k)| (1 + (i * (7 + 6 * k) + k) % 11) as f64);
    let sums = raw.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1));
    (raw / sums, (0..N).map(|i| ClassIdx::from_usize((i * 29 + i / 7) % 4)).collect())
}

#[test]
fn figures_of_many_classes_equal_those_of_scikit_learn() {
    let (probabilities, labels) = four_classes();
    // For macro, micro and weighted: precision_score, recall_score, f1_score, fbeta_score(beta=2),
    // roc_auc_score(multi_class="ovr"); then accuracy_score, balanced_accuracy_score,
    // matthews_corrcoef, cohen_kappa_score, log_loss.
    let plain = [
        0.24213250517598342,
        0.24209486166007904,
        0.2331128623698283,
        0.23544248404820659,
        0.49058664447680467,
        0.2375,
        0.2375,
        0.2375,
        0.2375,
        0.4873177083333334,
        0.2588871635610766,
        0.2375,
        0.24160920349000845,
        0.2371767671031988,
        0.49036041189931356,
        0.2375,
        0.24209486166007904,
        -0.009306530358037426,
        -0.009098428453267138,
        1.5463510084984122,
    ];
    let weighted = [
        0.24078117553222567,
        0.24427596108766994,
        0.23412639598452345,
        0.23740863466463194,
        0.46129986389438654,
        0.2392857142857143,
        0.2392857142857143,
        0.2392857142857143,
        0.2392857142857143,
        0.459953231292517,
        0.2554274973829582,
        0.2392857142857143,
        0.24109139258920892,
        0.23815296180125978,
        0.459290189620812,
        0.2392857142857143,
        0.24427596108766994,
        -0.00648758158523514,
        -0.006344492440604865,
        1.5850567324300648,
    ];
    let of_each = weights();
    for (weights, expected) in [(None, plain), (Some(of_each.as_slice()), weighted)] {
        let view: ArrayView2<'_, f64> = probabilities.view();
        let matrix = ConfusionMatrix::of_probabilities(view, &labels, weights).unwrap();
        let mut found = Vec::new();
        for average in [Average::Macro, Average::Micro, Average::Weighted] {
            found.extend([
                matrix.precision(average),
                matrix.recall(average),
                matrix.f1(average),
                matrix.f_beta(2.0, average),
                one_vs_rest_roc_auc(view, &labels, weights, average).unwrap(),
            ]);
        }
        found.extend([matrix.accuracy(), matrix.balanced_accuracy(), matrix.mcc(), matrix.kappa()]);
        found.push(multiclass_log_loss(view, &labels, weights).unwrap());
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(expected) {
            near(found, expected, 1e-12);
        }
    }
    assert!(ConfusionMatrix::new(&labels, &labels[1..], 4, None).is_err());
    assert!(ConfusionMatrix::new(&labels, &labels, 3, None).is_err());
    assert!(ConfusionMatrix::new(&labels, &labels, 4, Some(&[0.0; N])).is_err());
    assert!(ConfusionMatrix::new(&labels, &labels, 4, Some(&[1e308; N])).is_err());
}

#[test]
fn the_parts_of_the_brier_score_add_up() {
    let scored = Scored::weighted(&scores(), &labels(), &weights()).unwrap();
    for binning in [
        Binning::EqualWidth(1),
        Binning::EqualWidth(7),
        Binning::EqualCount(10),
        Binning::EqualWidth(100_000),
    ] {
        let parts = scored.brier_decomposition(binning).unwrap();
        let sum =
            parts.reliability - parts.resolution + parts.uncertainty + parts.within_bin_variance
                - parts.within_bin_covariance;
        near(sum, parts.brier, 1e-14);
        near(parts.brier, WEIGHTED[3], 1e-14);
    }
    // Bins of one score each: Murphy's three terms alone.
    let parts = scored.brier_decomposition(Binning::EqualWidth(100_000)).unwrap();
    near(parts.within_bin_variance, 0.0, 1e-15);
    near(parts.within_bin_covariance, 0.0, 1e-15);
    assert!(parts.reliability > 0.0 && parts.resolution > 0.0);
}

#[test]
fn the_calibration_error_is_that_of_its_definition() {
    // numpy 2, by hand from the definition over seven bins of equal width, with weights.
    let scored = Scored::weighted(&scores(), &labels(), &weights()).unwrap();
    let curve = scored.calibration_curve(Binning::EqualWidth(7)).unwrap();
    near(curve.expected_error(), 0.11735880398671097, 1e-14);
    near(curve.greatest_error(), 0.21808785529715757, 1e-14);
}

#[test]
fn every_usual_figure_has_an_interval_around_it() {
    let scored = Scored::weighted(&scores(), &labels(), &weights()).unwrap();
    let figures = scored.figures(&USUAL_METRICS, &Bootstrap::new(300)).unwrap();
    assert_eq!(figures.len(), USUAL_METRICS.len());
    for figure in &figures {
        let interval = figure.interval;
        assert!(interval.low <= interval.high, "{figure:?}");
        // The calibration error and KS of a resample are biased upwards; all others lie inside.
        if !matches!(figure.metric, Metric::CalibrationError(_)) {
            assert!(interval.low <= figure.value && figure.value <= interval.high, "{figure:?}");
        }
    }
    let auc = figures.iter().find(|figure| figure.metric == Metric::RocAuc).unwrap();
    assert_eq!(auc.interval, scored.roc_auc_interval(0.95).unwrap());
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    // Outcomes drawn with the very probability that is said: the Brier score of the population is
    // the mean of p(1 - p) over p uniform on [0, 1], one sixth, and so is known.
    for method in [BootstrapMethod::Percentile, BootstrapMethod::Bca] {
        let mut held = 0;
        for seed in 0..200 {
            let scores: Vec<f64> = (0..150).map(|i| noise(seed, 2 * i)).collect();
            let outcomes: Vec<ClassIdx> = (0..150)
                .map(|i| ClassIdx::new(u32::from(noise(seed, 2 * i + 1) < scores[i])))
                .collect();
            let scored = Scored::new(&scores, &outcomes).unwrap();
            let bootstrap = Bootstrap::new(200).strata(Strata::None).method(method).seed(seed);
            let interval = bootstrap.interval(&scored, Scored::brier).unwrap();
            held += u32::from(interval.low <= 1.0 / 6.0 && 1.0 / 6.0 <= interval.high);
        }
        // 95 % of 200 is 190; four standard deviations are 12.
        assert!((178..=199).contains(&held), "{method:?}: {held}");
    }
}

#[test]
fn rows_drawn_by_position_give_the_same_kind_of_interval() {
    // The log loss of two models and their difference, on the same rows.
    let (one, labels) = (scores(), labels());
    let other: Vec<f64> = one.iter().map(|p| 0.5 + 0.3 * (p - 0.5)).collect();
    let loss = |scores: &[f64], rows: &[u32]| {
        let picked: Vec<f64> = rows.iter().map(|&row| scores[row as usize]).collect();
        let truth: Vec<ClassIdx> = rows.iter().map(|&row| labels[row as usize]).collect();
        Scored::new(&picked, &truth)?.log_loss()
    };
    let figures = |rows: &[u32]| {
        let (a, b) = (loss(&one, rows)?, loss(&other, rows)?);
        Ok(vec![a, b, a - b])
    };
    for method in [BootstrapMethod::Percentile, BootstrapMethod::Bca] {
        let bootstrap = Bootstrap::new(1000).method(method);
        let found = bootstrap.of_rows(&labels, figures).unwrap();
        let scored = Scored::new(&one, &labels).unwrap();
        let alone = bootstrap.seed(1).interval(&scored, Scored::log_loss).unwrap();
        // Other draws of the same population of resamples.
        near(found[0].low, alone.low, 0.02);
        near(found[0].high, alone.high, 0.02);
        let width = |at: usize| found[at].high - found[at].low;
        assert!(found[2].low <= found[2].high && width(2) < width(0) + width(1));
    }
    assert!(Bootstrap::new(100).of_rows(&[], figures).is_err());
    assert!(
        Bootstrap::new(100)
            .of_rows(&labels, |rows| loss(&[2.0; N], rows).map(|x| vec![x]))
            .is_err()
    );
}

#[test]
fn deciles_have_intervals() {
    let scored = Scored::weighted(&scores(), &labels(), &weights()).unwrap();
    let found = scored.gains_intervals(5, &Bootstrap::new(200)).unwrap();
    let plain = scored.gains(5).unwrap();
    for (found, plain) in found.iter().zip(&plain) {
        assert_eq!(found.row, *plain);
        assert!(found.lift.low <= plain.lift && plain.lift <= found.lift.high);
    }
    // All are found in the end, in every resample.
    near(found[4].cumulative_gain.low, 1.0, 1e-12);
    assert!(scored.gains_intervals(0, &Bootstrap::new(200)).is_err());
}

#[cfg(feature = "rayon")]
#[test]
fn what_is_drawn_is_the_same_on_any_pool() {
    use patronage_testkit::check_same_on_any_pool;
    let scores: Vec<f64> = (0..3000).map(|i| noise(1, 2 * i)).collect();
    let outcomes: Vec<ClassIdx> =
        (0..3000).map(|i| ClassIdx::new(u32::from(noise(1, 2 * i + 1) < scores[i]))).collect();
    let scored = Scored::new(&scores, &outcomes).unwrap();
    let bootstrap = Bootstrap::new(100).method(BootstrapMethod::Bca);
    check_same_on_any_pool(|| scored.figures(&USUAL_METRICS, &bootstrap).unwrap(), |a, b| a == b);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_weight_of_two_is_the_row_twice(
        rows in prop::collection::vec((0..8_u32, any::<bool>(), 0..4_u32), 2..40),
    ) {
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 7.0).collect();
        let labels: Vec<ClassIdx> = rows.iter().map(|row| ClassIdx::new(u32::from(row.1))).collect();
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let repeated: Vec<usize> =
            (0..rows.len()).flat_map(|at| vec![at; rows[at].2 as usize]).collect();
        let Ok(weighted) = Scored::weighted(&scores, &labels, &weights) else {
            return Ok(());
        };
        let scores: Vec<f64> = repeated.iter().map(|&at| scores[at]).collect();
        let labels: Vec<ClassIdx> = repeated.iter().map(|&at| labels[at]).collect();
        let plain = Scored::new(&scores, &labels).unwrap();
        for metric in ALL.into_iter().chain(USUAL_METRICS) {
            match (metric.of(&weighted), metric.of(&plain)) {
                (Ok(a), Ok(b)) => prop_assert!((a - b).abs() < 1e-12, "{}: {} {}", metric, a, b),
                (a, b) => prop_assert!(a.is_err() && b.is_err()),
            }
        }
    }
}
