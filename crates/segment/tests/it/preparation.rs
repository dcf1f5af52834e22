//! Scaling and logarithms against scikit-learn and numpy.

use crate::common::matrix;
use ndarray::{Array2, array};
use patronage_core::Provenance;
use patronage_segment::{
    Column, FeatureTable, Features, Fit, KMeans, KPrototypes, Preparation, Prepared, Schema,
    SegmenterExt, Transform,
};
use patronage_testkit as testkit;

fn rows() -> FeatureTable {
    matrix(array![[1.5, -3.0], [2.0, 40.0], [8.25, 0.5], [100.0, -7.75], [3.0, 2.0], [0.125, 11.0]])
}

fn near(found: &FeatureTable, expected: [f64; 12]) {
    for (found, expected) in found.values().iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1.0), "{found} {expected}");
    }
}

// scikit-learn 1.9.1 with their defaults: StandardScaler, MinMaxScaler, RobustScaler.
#[test]
fn scalings_equal_scikit_learn() {
    let apply = |preparation: Preparation| {
        let model = preparation.fit(&rows()).unwrap();
        model.apply(&rows()).unwrap()
    };
    near(
        &apply(Preparation::new().standardise()),
        [
            -0.48679471340439495,
            -0.6425671437640883,
            -0.47300123864441207,
            2.086359985308089,
            -0.30058280414462635,
            -0.42044516814193433,
            2.230519814312228,
            -0.9440183963941544,
            -0.44541428912444636,
            -0.32525003573243977,
            -0.5247267689943478,
            0.24592075872452762,
        ],
    );
    near(
        &apply(Preparation::new().min_max()),
        [
            0.01376720901126408,
            0.09947643979057591,
            0.01877346683354193,
            1.0,
            0.08135168961201501,
            0.17277486910994766,
            1.0,
            0.0,
            0.028785982478097626,
            0.20418848167539266,
            0.0,
            0.39267015706806285,
        ],
    );
    near(
        &apply(Preparation::new().robust()),
        [
            -0.18823529411764706,
            -0.39080459770114945,
            -0.09411764705882353,
            3.5632183908045976,
            1.0823529411764705,
            -0.06896551724137931,
            18.352941176470587,
            -0.8275862068965517,
            0.09411764705882353,
            0.06896551724137931,
            -0.4470588235294118,
            0.896551724137931,
        ],
    );
}

// numpy 2.4.6: np.clip(X, np.quantile(X, .1, axis=0), np.quantile(X, .9, axis=0)) and
// np.sign(X) * np.log1p(abs(X)).
#[test]
fn winsorised_and_signed_logarithms_equal_numpy() {
    let model = Preparation::new().winsorise(10).fit(&rows()).unwrap();
    near(
        &model.apply(&rows()).unwrap(),
        [1.5, -3.0, 2.0, 25.5, 8.25, 0.5, 54.125, -5.375, 3.0, 2.0, 0.8125, 11.0],
    );
    let model = Preparation::new().signed_log().fit(&rows()).unwrap();
    near(
        &model.apply(&rows()).unwrap(),
        [
            0.9162907318741551,
            -1.3862943611198906,
            1.0986122886681098,
            3.713572066704308,
            2.224623551524334,
            0.4054651081081644,
            4.61512051684126,
            -2.169053700369523,
            1.3862943611198906,
            1.0986122886681098,
            0.11778303565638346,
            2.4849066497880004,
        ],
    );
}

#[test]
fn every_step_is_saved_named_and_total() {
    let preparation = Preparation::new()
        .winsorise(5)
        .of(Transform::SignedLog, ["x1"])
        .min_max()
        .robust()
        .standardise();
    let model = preparation.fit(&rows()).unwrap();
    let schema = Some(rows().schema().clone());
    let provenance = Provenance { schema, training: None };
    testkit::check_saved_model(&model, provenance);
    let name = model.prepared_schema().columns()[1].name().to_owned();
    assert_eq!(name, "standardised(robust(min_max(signed_log(winsorised(x1)))))");
    let clusters = KMeans::new(2).fit(&model.apply(&rows()).unwrap()).unwrap();
    let model = Prepared::new(model, clusters).unwrap();
    testkit::check_segmenter(&model, &rows());
    for per_cent in [0, 50, 255] {
        let error = Preparation::new().winsorise(per_cent).fit(&rows()).unwrap_err();
        let message =
            format!("parameter per cent to winsorise: expected from 1 to 49, found {per_cent}");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn constant_and_extreme_columns_come_back() {
    let extremes = matrix(array![[f64::MAX, 5.0], [f64::MIN, 5.0], [0.0, 5.0], [1e300, 5.0]]);
    for preparation in [
        Preparation::new().standardise(),
        Preparation::new().min_max(),
        Preparation::new().robust(),
        Preparation::new().signed_log(),
        Preparation::new().winsorise(1),
    ] {
        let model = preparation.fit(&extremes).unwrap();
        let prepared = model.apply(&extremes).unwrap();
        assert!(prepared.values().iter().all(|cell| cell.is_finite()), "{preparation:?}");
        let back = model.invert(prepared.values()).unwrap();
        assert!(back.iter().all(|cell| cell.is_finite()), "{preparation:?}");
        for row in 0..4 {
            assert!((back[[row, 1]] - 5.0).abs() < 1e-12, "{preparation:?}");
        }
    }
    let model = Preparation::new().min_max().fit(&extremes).unwrap();
    let prepared = model.apply(&extremes).unwrap();
    assert_eq!((prepared.row(0)[0], prepared.row(1)[0], prepared.row(2)[0]), (1.0, 0.0, 0.5));
    let back = model.invert(prepared.values()).unwrap();
    assert_eq!((back[[0, 0]], back[[1, 0]]), (f64::MAX, f64::MIN));
}

#[test]
fn numbers_are_prepared_beside_categories() {
    let schema =
        Schema::new([Column::number("monetary"), Column::category("channel", ["shop", "web"])]);
    let cells = Array2::from_shape_fn((20, 2), |(row, column)| match column {
        0 => (row as f64).exp(),
        _ => (row % 2) as f64,
    });
    let rows = FeatureTable::new(schema.unwrap(), cells).unwrap();
    let model = Preparation::new()
        .of(Transform::Log1p, ["monetary"])
        .of(Transform::Standardise, ["monetary"])
        .fit(&rows)
        .unwrap();
    let prepared = model.apply(&rows).unwrap();
    assert_eq!(prepared.schema().columns()[1], rows.schema().columns()[1]);
    let clusters = KPrototypes::new(2).fit(&prepared).unwrap();
    let raw = model.invert(clusters.prototypes()).unwrap();
    assert!(raw.column(1).iter().all(|code| *code == 0.0 || *code == 1.0));
    let model = Prepared::new(model, clusters).unwrap();
    assert_eq!(model.assign(&rows).unwrap().len(), 20);
    testkit::check_segmenter(&model, &rows);
    assert!(Preparation::new().of(Transform::Robust, ["channel"]).fit(&rows).is_err());
}
