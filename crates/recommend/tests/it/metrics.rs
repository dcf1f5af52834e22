//! Metrics against scikit-learn, implicit and numpy.
//!
//! Five customers and nine items; customer `u` is scored `((31 u + 17 i + 3 i² + 7 u i) mod 97) / 97`
//! for item `i`, all different. The figures expected were printed by scikit-learn 1.9.1
//! (`roc_auc_score`, `ndcg_score`), implicit 0.7.3 (`ranking_metrics_at_k`) and, where neither has
//! the metric, by its formula written out in numpy 2.4.6.

use ndarray::array;
use patronage_core::{
    Csr, CustomerIdx, DenseItemFeatures, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender,
    Request, Seen, Timestamp,
};
use patronage_recommend::{
    Case, ErrorKind, Evaluation, HeldOut, ItemKnn, Metric, Report, SampledEvaluation,
};
use patronage_testkit::check_same_on_any_pool;

/// Scores as given for each known customer.
struct Fixed(Vec<Vec<f32>>);

impl Recommender for Fixed {
    fn n_items(&self) -> usize {
        self.0[0].len()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let customer = request.customer.unwrap_or_default();
        out.copy_from_slice(&self.0[customer.index()]);
    }

    fn uses_customer(&self) -> bool {
        true
    }
}

fn model() -> Fixed {
    let score = |u: u32, i: u32| ((u * 31 + i * 17 + 3 * i * i + u * i * 7) % 97) as f32 / 97.0;
    Fixed((0..5).map(|u| (0..9).map(|i| score(u, i)).collect()).collect())
}

fn cases(histories: &[&[u32]], targets: &[&[u32]]) -> HeldOut {
    let mut held_out = HeldOut::new(9);
    for (customer, (history, targets)) in (0..).zip(histories.iter().zip(targets)) {
        let history = HistoryEntry::from_items(ItemIdx::wrap_slice(history));
        let customer = Some(CustomerIdx::new(customer));
        let request = Request { history: &history, customer, as_of: Timestamp::MAX };
        held_out.push(Case { request, targets: ItemIdx::wrap_slice(targets) }).unwrap();
    }
    held_out
}

fn five() -> HeldOut {
    cases(
        &[&[0], &[1, 2], &[8], &[4], &[3, 5]],
        &[&[1, 4, 7], &[0], &[2, 3, 5, 6], &[0, 8], &[6, 7]],
    )
}

fn table(rows: &[&[u32]], n_items: usize) -> InteractionTable {
    let entries: Vec<(u32, u32, f32)> = (0..)
        .zip(rows)
        .flat_map(|(customer, items)| items.iter().map(move |&item| (customer, item, 1.0)))
        .collect();
    let weights = Csr::from_entries(rows.len(), n_items, &entries, |_, _| {}).unwrap();
    InteractionTable::new(weights).unwrap()
}

fn training() -> InteractionTable {
    table(&[&[0, 1, 2], &[1, 2], &[2, 8], &[4, 2], &[3, 5, 1], &[7], &[0, 2]], 9)
}

fn check(report: &Report, expected: &[(Metric, f64)]) {
    for &(metric, expected) in expected {
        let found = report.mean(metric).unwrap();
        assert!((found - expected).abs() < 1e-12, "{metric}: {found}, expected {expected}");
    }
}

#[test]
fn ranking_metrics_are_those_of_scikit_learn() {
    let expected = [
        (Metric::Auc, 0.30083333333333334),
        (Metric::Ndcg(1), 0.2),
        (Metric::Ndcg(3), 0.2879900755417134),
        (Metric::Ndcg(5), 0.2701443034936209),
    ];
    let evaluation = Evaluation::new(Seen::Exclude).metrics(expected.map(|(metric, _)| metric));
    let report = evaluation.run(&model(), &five()).unwrap();
    check(&report, &expected);
    let auc: Vec<f64> = report.per_customer(Metric::Auc).unwrap().iter().map(|c| c.1).collect();
    for (found, expected) in auc.iter().zip([0.4, 1.0 / 6.0, 0.4375, 0.5, 0.0]) {
        assert!((found - expected).abs() < 1e-12, "{auc:?}");
    }
}

/// Equal scores count half: `roc_auc_score` gives 0.8333… for the first two and 0.7142… for the last.
#[test]
fn ties_count_half_in_the_area() {
    let scores = [
        [0.9, 0.1, 0.8, 0.3, 0.3, 0.7, 0.2, 0.05],
        [0.5, 0.5, 0.4, 0.6, 0.1, 0.2, 0.6, 0.3],
        [0.01, 0.02, 0.9, 0.04, 0.5, 0.06, 0.07, 0.08],
    ];
    let model = Fixed(scores.map(Vec::from).to_vec());
    let cases = cases(&[&[], &[], &[]], &[&[0, 3, 5], &[1, 6], &[7]]);
    let report = Evaluation::new(Seen::Allow).metrics([Metric::Auc]).run(&model, &cases).unwrap();
    let found: Vec<f64> = report.per_customer(Metric::Auc).unwrap().iter().map(|c| c.1).collect();
    for (found, expected) in found.iter().zip([0.8333333333333333, 0.8333333333333334, 5.0 / 7.0]) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

#[test]
fn ranking_metrics_are_those_of_implicit() {
    let expected = [
        (Metric::Map(1), 0.2),
        (Metric::Map(3), 0.21111111111111108),
        (Metric::Map(5), 0.19166666666666665),
        (Metric::Ndcg(3), 0.2879900755417134),
        (Metric::Ndcg(5), 0.2701443034936209),
        (Metric::LimitedAuc(1), 0.48654761904761906),
        (Metric::LimitedAuc(3), 0.4753571428571428),
        (Metric::LimitedAuc(5), 0.36527777777777776),
    ];
    let evaluation = Evaluation::new(Seen::Allow).metrics(expected.map(|(metric, _)| metric));
    check(&evaluation.run(&model(), &five()).unwrap(), &expected);
}

#[test]
fn what_is_beyond_accuracy_is_that_of_numpy() {
    let features = array![
        [1.0, 0.0, 0.0],
        [1.0, 1.0, 0.0],
        [0.0, 2.0, 0.0],
        [0.0, 0.0, 3.0],
        [1.0, 0.0, 1.0],
        [0.0, 1.0, 1.0],
        [2.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [1.0, 2.0, 2.0]
    ];
    let prices = [1.0, 2.5, 3.0, 4.0, 5.25, 6.0, 7.0, 8.0, 9.0];
    let mut expected = vec![(Metric::SnipsAuc, 0.29258439109508017)];
    for (k, figures) in [
        (
            1,
            [
                2.2903624219133727,
                0.0,
                0.2,
                0.2,
                0.0745769761649178,
                0.0745769761649178,
                5.0 / 9.0,
                0.5,
            ],
        ),
        (
            3,
            [
                2.3745647156356258,
                0.6838239541920477,
                0.2,
                4.0,
                0.2778344745020297,
                0.19488080543959052,
                1.0,
                0.15,
            ],
        ),
        (
            5,
            [
                2.281926550613428,
                0.6240608468982658,
                0.08,
                4.0,
                0.2778344745020297,
                0.19488080543959052,
                1.0,
                0.13,
            ],
        ),
    ] {
        let metrics = [
            Metric::Novelty(k),
            Metric::Diversity(k),
            Metric::Serendipity(k),
            Metric::Revenue(k),
            Metric::SnipsRecall(k),
            Metric::SnipsDcg(k),
            Metric::Coverage(k),
            Metric::Gini(k),
        ];
        expected.extend(metrics.into_iter().zip(figures));
    }
    let evaluation = Evaluation::new(Seen::Exclude)
        .metrics(expected.iter().map(|(metric, _)| *metric))
        .training(&training())
        .features(&DenseItemFeatures::new(features).unwrap())
        .prices(prices)
        .propensity_power(0.75);
    let report = evaluation.run(&model(), &five()).unwrap();
    check(&report, &expected);
    // Every figure has its interval, which holds it.
    for figure in report.figures() {
        let (low, high) = figure.interval.unwrap();
        assert!(low <= figure.mean && figure.mean <= high, "{figure}");
    }
    assert_eq!(report.coverage(1), Some(5.0 / 9.0));
    assert!(report.per_customer(Metric::Gini(1)).is_none());
    assert!(report.compare(&report, Metric::Coverage(1)).is_err());
    // In the same currency, at half the price.
    let halves = prices.map(|price| price / 2.0);
    let margin = evaluation.metrics([Metric::Margin(3)]).margins(halves);
    check(&margin.run(&model(), &five()).unwrap(), &[(Metric::Margin(3), 2.0)]);
}

/// With power 0 every target weighs the same, and the self-normalised figures are the plain ones.
#[test]
fn without_propensities_nothing_is_weighed() {
    let metrics = [Metric::SnipsRecall(3), Metric::PlainRecall(3), Metric::SnipsAuc, Metric::Auc];
    let evaluation = Evaluation::new(Seen::Exclude).metrics(metrics).training(&training());
    let report = evaluation.clone().propensity_power(0.0).run(&model(), &five()).unwrap();
    let [snips, plain, snips_auc, auc] = metrics.map(|metric| report.mean(metric).unwrap());
    assert!((snips - plain).abs() < 1e-15 && (snips_auc - auc).abs() < 1e-15);
    let weighed = evaluation.run(&model(), &five()).unwrap();
    assert!((weighed.mean(Metric::SnipsRecall(3)).unwrap() - plain).abs() > 1e-3);
}

#[test]
fn what_metrics_need_is_asked_for() {
    let of = |metric: Metric| Evaluation::new(Seen::Exclude).metrics([metric]);
    for (metric, message) in [
        (
            Metric::Novelty(3),
            "novelty: expected an evaluation with training data, found one without",
        ),
        (
            Metric::SnipsAuc,
            "snips_auc: expected an evaluation with training data, found one without",
        ),
        (
            Metric::Diversity(3),
            "diversity: expected an evaluation with item features, found one without",
        ),
        (Metric::Revenue(3), "revenue: expected an evaluation with prices, found one without"),
        (Metric::Margin(3), "margin: expected an evaluation with margins, found one without"),
    ] {
        let error = of(metric).run(&model(), &five()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let evaluation = of(Metric::Revenue(3));
    let few = evaluation.clone().prices([1.0]).run(&model(), &five()).unwrap_err();
    assert_eq!(few.to_string(), "prices: expected 9 items, found 1");
    let wild = evaluation.prices(vec![f64::NAN; 9]).run(&model(), &five()).unwrap_err();
    assert!(matches!(wild.kind(), ErrorKind::Parameter { parameter: "prices", .. }));
    for power in [-0.1, f64::NAN, 5.0] {
        let evaluation = of(Metric::SnipsAuc).training(&training()).propensity_power(power);
        assert!(evaluation.run(&model(), &five()).is_err());
    }
    for metric in [Metric::Gini(0), Metric::LimitedAuc(0)] {
        assert!(of(metric).run(&model(), &five()).is_err());
    }
}

/// Lists shorter than `k`, nobody in training, no features, all items seen but one.
#[test]
fn degenerate_data_have_sensible_figures() {
    let model = Fixed(vec![vec![0.5, f32::NAN, 0.1]]);
    let mut held_out = HeldOut::new(9);
    let history = HistoryEntry::from_items(ItemIdx::wrap_slice(&[0, 2]));
    let request = Request { history: &history, customer: None, as_of: Timestamp::MAX };
    held_out.push(Case { request, targets: ItemIdx::wrap_slice(&[1, 7]) }).unwrap();
    let nothing = table(&[], 3);
    let metrics = [
        Metric::Auc,
        Metric::LimitedAuc(5),
        Metric::SnipsRecall(5),
        Metric::SnipsAuc,
        Metric::Novelty(5),
        Metric::Diversity(5),
        Metric::Serendipity(5),
        Metric::Revenue(5),
        Metric::Coverage(5),
        Metric::Gini(5),
    ];
    let evaluation = Evaluation::new(Seen::Exclude)
        .metrics(metrics)
        .training(&nothing)
        .features(&DenseItemFeatures::new(ndarray::Array2::zeros((3, 0))).unwrap())
        .prices([1e100, -1e100, 0.0]);
    let report = evaluation.run(&model, &held_out).unwrap();
    // One of two targets is listed, and nothing else is there to be listed.
    check(
        &report,
        &[
            (Metric::Auc, 0.25),
            (Metric::LimitedAuc(5), 0.25),
            (Metric::SnipsRecall(5), 0.5),
            (Metric::SnipsAuc, 0.25),
            (Metric::Novelty(5), 0.0),
            (Metric::Diversity(5), 0.0),
            (Metric::Serendipity(5), 0.0),
            (Metric::Coverage(5), 1.0 / 3.0),
            (Metric::Gini(5), 1.0),
        ],
    );
    assert_eq!(report.mean(Metric::Revenue(5)), Some(-1e100));
    assert_eq!((report.n_targets_unknown(), report.n_items_unknown()), (2, 2));
    assert_eq!(report.n_customers_unknown(), 1);
    assert!(report.figures().iter().all(|figure| figure.interval.is_none()));
    let text = report.to_string();
    assert!(text.ends_with("unknown to training: customers 1, targets 2, items 2"), "{text}");
}

/// What is compared is paired; two tests agree on what is plain and on what is not there.
#[test]
fn comparisons_are_paired_and_tested_twice() {
    let n = 40;
    // The first model hits with its first item for all, the second for three of four customers.
    let rows = |hit: &dyn Fn(usize) -> bool| -> Vec<Vec<f32>> {
        (0..n).map(|u| if hit(u) { vec![1.0, 0.0] } else { vec![0.0, 1.0] }).collect()
    };
    let (all, some) = (Fixed(rows(&|_| true)), Fixed(rows(&|u| u % 4 > 0)));
    let mut held_out = HeldOut::new(2);
    for customer in CustomerIdx::all(n) {
        let request = Request { history: &[], customer: Some(customer), as_of: Timestamp::MAX };
        held_out.push(Case { request, targets: &[ItemIdx::new(0)] }).unwrap();
    }
    let metric = Metric::HitRate(1);
    let evaluation = Evaluation::new(Seen::Allow).metrics([metric]).bootstrap(4000);
    let (all, some) =
        (evaluation.run(&all, &held_out).unwrap(), evaluation.run(&some, &held_out).unwrap());
    let better = all.compare(&some, metric).unwrap();
    assert_eq!((better.difference, better.n_greater, better.n_less), (0.25, 10, 0));
    // Ten signs, all alike: 2 of 1024.
    assert!((better.sign_flip_p_value - 2.0 / 1024.0).abs() < 0.0025, "{better:?}");
    assert!(better.p_value <= 0.002, "{better:?}");
    let worse = some.compare(&all, metric).unwrap();
    assert_eq!((worse.difference, worse.n_greater, worse.n_less), (-0.25, 0, 10));
    assert_eq!(worse.sign_flip_p_value, better.sign_flip_p_value);
    let same = all.compare(&all, metric).unwrap();
    assert_eq!((same.p_value, same.sign_flip_p_value), (1.0, 1.0));
}

/// Reports are the same on one thread and on many, intervals of all lists together included.
#[test]
fn reports_are_the_same_on_any_pool() {
    let (training, cases) = (crate::common::table(60), crate::common::held_out(50));
    let knn = ItemKnn::new(5).fit(&training).unwrap();
    let metrics = [
        Metric::Auc,
        Metric::SnipsAuc,
        Metric::Ndcg(5),
        Metric::Serendipity(5),
        Metric::Diversity(5),
        Metric::Coverage(3),
        Metric::Gini(5),
    ];
    let evaluation = Evaluation::new(Seen::Exclude)
        .metrics(metrics)
        .training(&training)
        .features(&crate::common::features())
        .bootstrap(50);
    check_same_on_any_pool(|| evaluation.run(&knn, &cases).unwrap(), |a, b| a == b);
    let report = evaluation.run(&knn, &cases).unwrap();
    let other = evaluation.run(&crate::common::content(), &cases).unwrap();
    let compare = || report.compare(&other, Metric::Auc).unwrap();
    check_same_on_any_pool(compare, |a, b| a == b);
    let sampled = SampledEvaluation::new(9).bootstrap(50);
    check_same_on_any_pool(|| sampled.run(&knn, &cases).unwrap(), |a, b| a == b);
}
