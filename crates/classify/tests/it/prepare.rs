//! Preparation: what each step learns, against scikit-learn 1.9.1, and what it keeps apart.

use ndarray::{Array2, array};
use patronage_classify::{
    BinOf, DecisionTree, DropLevel, ErrorKind, Fill, Imputation, Indicator, LogisticRegression,
    OneHot, Ordinal, Preparation, Prepared, RegressionTree, Scaler, Select, Shrinkage,
    TargetEncoding, Unseen, WeightOfEvidence, cross_predict, folds_by,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, Date, FeatureTable, Features, Fit, Labeled,
    RegressorExt, Schema, Seeded, Timestamp,
};

use crate::sixty::{N, near, numbers, repeated, table, three_classes, two_classes, weights};

/// A column of every kind; `x` is `i * 37 % 101 / 10`, missing where i mod 7 is 3; `level` is
/// `i * 5 % 7` of eight levels.
fn mixed() -> FeatureTable {
    let levels = ["a", "b", "c", "d", "e", "f", "g", "never"];
    let schema = Schema::new([
        Column::nullable("x").known_from(Timestamp::from_seconds(5)),
        Column::category("level", levels),
        Column::flag("flag"),
        Column::date("day"),
        Column::number("n"),
    ])
    .unwrap();
    let cell = |(i, j): (usize, usize)| match j {
        0 if i % 7 == 3 => f64::NAN,
        0 => ((i * 37) % 101) as f64 / 10.0,
        1 => (i * 5 % 7) as f64,
        2 => (i / 2 % 2) as f64,
        3 => 20_000.0 - i as f64,
        _ => ((i * 53) % 67) as f64,
    };
    FeatureTable::new(schema, Array2::from_shape_fn((N, 5), cell)).unwrap()
}

fn names(table: &FeatureTable) -> Vec<&str> {
    table.schema().columns().iter().map(Column::name).collect()
}

fn column(table: &FeatureTable, name: &str) -> Vec<f64> {
    table.values().column(table.schema().position(name).unwrap()).to_vec()
}

#[test]
fn fills_are_those_of_simple_imputer() {
    let (table, labels) = (mixed(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    // SimpleImputer(strategy=...).statistics_.
    for (fill, expected) in [
        (Fill::Mean, 4.992156862745098),
        (Fill::Median, 5.0),
        (Fill::MostFrequent, 0.0),
        (Fill::Constant(-3.5), -3.5),
    ] {
        let preparation = Preparation::new().impute(Select::Numbers, Imputation::new(fill));
        let prepared = preparation.fit(&data).unwrap().apply(&table).unwrap();
        assert_eq!(names(&prepared)[..2], ["imputed(x)", "x is missing"]);
        let (filled, missing) =
            (column(&prepared, "imputed(x)"), column(&prepared, "x is missing"));
        near(&[filled[3], filled[4]], &[expected, 4.7], 1e-14);
        assert_eq!((missing[3], missing[4]), (1.0, 0.0));
        // What was known at a moment still is; a number that cannot be missing stays as it is.
        assert_eq!(prepared.schema().columns()[0].known_at(), Some(Timestamp::from_seconds(5)));
        assert_eq!(column(&prepared, "n"), column(&table, "n"));
    }
    let never = Imputation::default().indicator(Indicator::Never);
    let prepared = Preparation::new().impute(Select::names(["x"]), never);
    assert_eq!(prepared.fit(&data).unwrap().prepared_schema().len(), 5);
    // Rows in which nothing was missing: an indicator only where asked for always.
    let known: Vec<u32> = (0..N as u32).filter(|i| i % 7 != 3).collect();
    let data = data.select(&known).unwrap();
    for (indicator, n) in [(Indicator::WhereMissing, 5), (Indicator::Always, 6)] {
        let imputation = Imputation::default().indicator(indicator);
        let fitted = Preparation::new().impute(Select::Numbers, imputation).fit(&data).unwrap();
        assert_eq!(fitted.prepared_schema().len(), n);
        assert!(fitted.apply(&table).unwrap().row(3)[0].is_finite());
    }
}

#[test]
fn scales_are_those_of_scikit_learn() {
    let (table, labels, weights) = (table(), two_classes(), weights());
    let data = Labeled::new(&table, &labels).unwrap();
    let weighted = data.weighted(&weights).unwrap();
    // StandardScaler().fit(X, sample_weight=w): mean_ and scale_.
    let (mean, scale) =
        ([5.018666666666665, 34.5, 2.0], [2.909922946669818, 19.528696833122275, 2.0_f64.sqrt()]);
    let prepared = Preparation::new().scale(Select::Numbers, Scaler::Standard);
    let fitted = prepared.fit(&weighted).unwrap();
    assert_eq!(fitted.prepared_schema().columns()[0].name(), "standardised(x1)");
    let row = fitted.apply(&table).unwrap().row(7).to_vec();
    let expected: Vec<f64> = (0..3).map(|j| (table.row(7)[j] - mean[j]) / scale[j]).collect();
    near(&row, &expected, 1e-13);
    let rows = repeated();
    let again = prepared.fit(&data.select(&rows).unwrap()).unwrap();
    near(again.apply(&table).unwrap().row(7), &row, 1e-13);
    // MinMaxScaler: from 0 to 10, 66 and 4.
    let fitted = Preparation::new().scale(Select::Numbers, Scaler::MinMax).fit(&data).unwrap();
    let row = table.row(7);
    near(
        fitted.apply(&table).unwrap().row(7),
        &[row[0] / 10.0, row[1] / 66.0, row[2] / 4.0],
        1e-15,
    );
    // numpy.quantile(x1, [.25, .5, .75], method="averaged_inverted_cdf"): 2.4, 4.95, 7.5.
    let robust = Preparation::new().scale(Select::names(["x1"]), Scaler::Robust);
    let fitted = robust.fit(&data).unwrap();
    near(&fitted.apply(&table).unwrap().row(7)[..1], &[(row[0] - 4.95) / 5.1], 1e-13);
}

#[test]
fn constant_and_extreme_columns_are_scaled_to_finite_numbers() {
    let schema = Schema::new(["constant", "huge", "tiny"].map(Column::number)).unwrap();
    let cells = array![[7.0, f64::MAX, 5e-324], [7.0, f64::MIN, -5e-324], [7.0, 0.0, 0.0]];
    let table = FeatureTable::new(schema, cells).unwrap();
    let labels = [0, 1, 1].map(ClassIdx::new);
    let data = Labeled::new(&table, &labels).unwrap();
    for scaler in [Scaler::Standard, Scaler::MinMax, Scaler::Robust] {
        let fitted = Preparation::new().scale(Select::Numbers, scaler).fit(&data).unwrap();
        let prepared = fitted.apply(&table).unwrap();
        assert!(prepared.values().iter().all(|cell| cell.is_finite()));
        assert!(prepared.values().column(0).iter().all(|&cell| cell == 0.0));
    }
}

#[test]
fn encoded_targets_are_those_of_scikit_learn() {
    let (table, labels, numbers) = (mixed(), two_classes(), numbers());
    let classes = Labeled::new(&table, &labels).unwrap();
    let data = Labeled::new(&table, &numbers).unwrap();
    let keep = Select::names(["level"]);
    let encode = |shrinkage| {
        let encoding = TargetEncoding::new().shrinkage(shrinkage);
        Preparation::new().target_encode(keep.clone(), encoding)
    };
    // The levels 0 to 6 in the first rows where each stands, then the level never seen.
    let at: Vec<usize> = (0..7).map(|level| (0..7).find(|i| i * 5 % 7 == level).unwrap()).collect();
    let of = |fitted: &patronage_classify::FittedPreparation| -> Vec<f64> {
        let all = column(&fitted.apply(&table).unwrap(), "target(level)");
        let mut unseen = table.row(0).to_vec();
        unseen[1] = 7.0;
        let mut out = vec![0.0; 5];
        fitted.apply_row(&unseen, &mut out);
        at.iter().map(|&row| all[row]).chain([out[1]]).collect()
    };
    // TargetEncoder(smooth=..., target_type=...).fit(level, y): encodings_ and target_mean_.
    let auto = [
        0.4416270470153196,
        0.5414685684099313,
        0.26465798045602607,
        0.4416270470153196,
        0.3794820717131474,
        0.4416270470153196,
        0.3794820717131474,
        0.4166666666666667,
    ];
    near(&of(&encode(Shrinkage::EmpiricalBayes).fit(&classes).unwrap()), &auto, 1e-14);
    let two = [
        0.43939393939393945,
        0.5303030303030304,
        0.2833333333333333,
        0.43939393939393945,
        0.38333333333333336,
        0.43939393939393945,
        0.38333333333333336,
        0.4166666666666667,
    ];
    near(&of(&encode(Shrinkage::Weight(2.0)).fit(&classes).unwrap()), &two, 1e-14);
    let auto = [
        33.08257355068317,
        36.75307871118472,
        37.94963813967632,
        38.64118951011748,
        37.29538740172635,
        36.276652470354975,
        36.24052416237079,
        36.53833333333333,
    ];
    near(&of(&encode(Shrinkage::EmpiricalBayes).fit(&data).unwrap()), &auto, 1e-11);
    let two = [
        33.17060606060607,
        36.734242424242424,
        37.76766666666667,
        38.39787878787879,
        37.257666666666665,
        36.306969696969695,
        36.287666666666674,
        36.53833333333333,
    ];
    near(&of(&encode(Shrinkage::Weight(2.0)).fit(&data).unwrap()), &two, 1e-11);
    let three = three_classes();
    let fitted = encode(Shrinkage::EmpiricalBayes);
    let prepared =
        fitted.fit(&Labeled::new(&table, &three).unwrap()).unwrap().apply(&table).unwrap();
    let last = column(&prepared, "target(level, class 2)");
    near(&[last[at[0]], last[at[3]]], &[0.21780114632182274, 0.11604316495586048], 1e-14);
}

#[test]
fn training_rows_are_encoded_out_of_fold() {
    let table = mixed();
    let labels = two_classes();
    let preparation =
        Preparation::new().target_encode(Select::Categories, TargetEncoding::new().seed(3));
    let of = |labels: &[ClassIdx], rows: Option<&[u32]>| {
        let mut data = Labeled::new(&table, labels).unwrap();
        if let Some(rows) = rows {
            data = data.select(rows).unwrap();
        }
        let (fitted, training) = preparation.fit_apply(&data).unwrap();
        (
            column(&fitted.apply(&table).unwrap(), "target(level)"),
            column(&training, "target(level)"),
        )
    };
    let (new, training) = of(&labels, None);
    assert!(new.iter().zip(&training).any(|(a, b)| a != b));
    // Labels swapped between two rows of other folds change much, but never the row itself: no row
    // is encoded with its own label. Two rows of either class change places, so that folds stay.
    let one = labels.iter().position(|label| label.get() == 1).unwrap();
    let zero = labels.iter().position(|label| label.get() == 0).unwrap();
    let mut swapped = labels.clone();
    swapped.swap(one, zero);
    let (_, after) = of(&swapped, None);
    assert!(training.iter().zip(&after).any(|(a, b)| a != b));
    // A row drawn twice stands in one fold: its two copies are one, and rows left out are new rows.
    let drawn: Vec<u32> = (0..30).chain(0..30).collect();
    let (new, training) = of(&labels, Some(&drawn));
    assert_eq!(new[30..], training[30..]);
    let (_, once) = of(&labels, Some(&drawn[..30]));
    // Twice the rows: shares are drawn less to the mean, so both lie on one side of it.
    assert!(training[..30].iter().zip(&once[..30]).all(|(a, b)| (a - b).abs() < 0.2));
    // A level that tells nothing but the row itself is worth nothing out of fold.
    let schema = Schema::new([Column::category("id", (0..N).map(|i| i.to_string()))]).unwrap();
    let ids = FeatureTable::new(schema, Array2::from_shape_fn((N, 1), |(i, _)| i as f64)).unwrap();
    let data = Labeled::new(&ids, &labels).unwrap();
    let encoding = TargetEncoding::new().shrinkage(Shrinkage::Weight(0.0));
    let (fitted, training) =
        Preparation::new().target_encode(Select::Categories, encoding).fit_apply(&data).unwrap();
    let known = fitted.apply(&ids).unwrap();
    for (row, label) in labels.iter().enumerate() {
        assert_eq!(known.row(row)[0], f64::from(label.get()));
        assert!(training.row(row)[0] > 0.2 && training.row(row)[0] < 0.6);
    }
    // Another seed, other folds.
    let (_, other) =
        preparation.reseeded(4).fit_apply(&Labeled::new(&table, &labels).unwrap()).unwrap();
    let (_, same) =
        preparation.reseeded(3).fit_apply(&Labeled::new(&table, &labels).unwrap()).unwrap();
    assert_ne!(column(&other, "target(level)"), column(&same, "target(level)"));
}

#[test]
fn levels_never_seen_are_as_declared() {
    let (table, labels) = (mixed(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let mut cells = table.values().to_owned();
    // A level of the dictionary that no row had, and the code for what is in no dictionary.
    (cells[[0, 1]], cells[[1, 1]]) = (7.0, 8.0);
    let later = FeatureTable::new(table.schema().clone(), cells).unwrap();
    let of = |preparation: Preparation| preparation.fit(&data).unwrap().apply(&later);
    let level = || Select::names(["level"]);

    let one_hot = of(Preparation::new().one_hot(level(), OneHot::new())).unwrap();
    assert_eq!(
        names(&one_hot)[1..8],
        ["level = a", "level = b", "level = c", "level = d", "level = e", "level = f", "level = g"]
    );
    assert!(one_hot.row(0)[1..8].iter().chain(&one_hot.row(1)[1..8]).all(|&cell| cell == 0.0));
    assert_eq!(one_hot.row(2)[1..8].iter().sum::<f64>(), 1.0);
    let first =
        of(Preparation::new().one_hot(level(), OneHot::new().drop(DropLevel::First))).unwrap();
    assert_eq!((names(&first)[1], first.schema().len()), ("level = b", 10));

    let ordinal = of(Preparation::new().ordinal(level(), Ordinal::new())).unwrap();
    assert_eq!(column(&ordinal, "ordinal(level)")[..3], [-1.0, -1.0, 3.0]);
    let ordinal = of(Preparation::new().ordinal(level(), Ordinal::new().unseen(Unseen::Missing)));
    assert!(column(&ordinal.unwrap(), "ordinal(level)")[0].is_nan());
    let target = TargetEncoding::new().unseen(Unseen::Missing);
    let target = of(Preparation::new().target_encode(level(), target)).unwrap();
    assert!(column(&target, "target(level)")[1].is_nan());
    let woe = of(Preparation::new().weight_of_evidence(level(), WeightOfEvidence::quantiles(4)));
    assert_eq!(column(&woe.unwrap(), "woe(level)")[..2], [0.0, 0.0]);

    let refusing = Preparation::new().one_hot(level(), OneHot::new().unseen(Unseen::Refuse));
    let error = of(refusing.clone()).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"row 0, column "level": expected a level that training rows had, found "never""#
    );
    assert!(refusing.fit(&data).unwrap().apply(&table).is_ok());
    let model = Prepared::new(refusing, DecisionTree::new()).fit(&data);
    assert!(matches!(model.unwrap_err().kind(), ErrorKind::Unsuitable { .. }));
    let missing = Preparation::new().one_hot(level(), OneHot::new().unseen(Unseen::Missing));
    assert!(matches!(missing.fit(&data).unwrap_err().kind(), ErrorKind::Unsuitable { .. }));
}

#[test]
fn steps_say_which_columns_they_cannot_take() {
    let (table, labels) = (mixed(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let error = Preparation::new().one_hot(Select::names(["n"]), OneHot::new()).fit(&data);
    assert_eq!(
        error.unwrap_err().to_string(),
        r#"one_hot of column "n": expected a category, found number"#
    );
    let error = Preparation::new().scale(Select::names(["nobody"]), Scaler::Standard).fit(&data);
    assert!(error.unwrap_err().to_string().contains("nobody"));
    let woe =
        || Preparation::new().weight_of_evidence(Select::Numbers, WeightOfEvidence::quantiles(4));
    let three = three_classes();
    let error = woe().fit(&Labeled::new(&table, &three).unwrap()).unwrap_err();
    assert!(error.to_string().ends_with("expected labels of two classes, found 3 classes"));
    assert!(woe().fit(&Labeled::new(&table, &numbers()).unwrap()).is_err());
    // Another dictionary, another order: refused.
    let fitted = Preparation::standard().fit(&data).unwrap();
    assert!(fitted.apply(&table.select(&["n", "x", "level", "flag", "day"]).unwrap()).is_err());
    for wrong in [
        Preparation::new().impute(Select::Numbers, Imputation::new(Fill::Constant(f64::NAN))),
        Preparation::new().target_encode(Select::Categories, TargetEncoding::new().folds(1)),
        Preparation::new().target_encode(
            Select::Categories,
            TargetEncoding::new().shrinkage(Shrinkage::Weight(-1.0)),
        ),
        Preparation::new().weight_of_evidence(Select::Numbers, WeightOfEvidence::quantiles(1)),
        Preparation::new()
            .weight_of_evidence(Select::Numbers, WeightOfEvidence::quantiles(4).smoothing(0.0)),
    ] {
        assert!(matches!(wrong.fit(&data).unwrap_err().kind(), ErrorKind::Parameter { .. }));
    }
}

#[test]
fn evidence_is_reported_and_dates_are_counted() {
    let (table, labels) = (mixed(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let fitted = Preparation::new()
        .days_before(Select::Dates, Date::from_days(20_000))
        .weight_of_evidence(Select::names(["x", "level"]), WeightOfEvidence::quantiles(3))
        .drop(Select::names(["n"]))
        .fit(&data)
        .unwrap();
    let prepared = fitted.apply(&table).unwrap();
    assert_eq!(names(&prepared), ["woe(x)", "woe(level)", "flag", "days before 2024-10-04(day)"]);
    assert_eq!(prepared.row(9)[3], 9.0);
    let [x, level] = fitted.evidence() else { panic!("two columns were binned") };
    assert_eq!((x.column.as_str(), x.bins.len()), ("x", 4));
    assert_eq!(x.bins[3].of, BinOf::Missing);
    assert_eq!(level.bins[6].of, BinOf::Level("g".into()));
    let weight: f64 = x.bins.iter().map(|bin| bin.weight_of_one + bin.weight_of_zero).sum();
    assert_eq!(weight, 60.0);
    assert!(x.information_value > 0.0 && level.information_value > 0.0);
    // Every derived column knows its source, and what was dropped has nothing.
    let sources: Vec<_> = (0..5).map(|derived| fitted.source_of(derived)).collect();
    assert_eq!(sources, [Some(0), Some(1), Some(2), Some(3), None]);
    assert_eq!(fitted.sum_back(&[1.0, 2.0, 4.0, 8.0]).unwrap(), [1.0, 2.0, 4.0, 8.0, 0.0]);
    assert!(fitted.sum_back(&[1.0]).is_err());
    // A weight of n is a row n times.
    let (weights, rows) = (weights(), repeated());
    let woe = Preparation::new()
        .weight_of_evidence(Select::names(["x"]), WeightOfEvidence::supervised(4))
        .impute(Select::Numbers, Imputation::new(Fill::Median))
        .target_encode(Select::Categories, TargetEncoding::new());
    let weighted = woe.fit(&data.weighted(&weights).unwrap()).unwrap().apply(&table).unwrap();
    let twice = woe.fit(&data.select(&rows).unwrap()).unwrap().apply(&table).unwrap();
    near(weighted.values().as_slice().unwrap(), twice.values().as_slice().unwrap(), 1e-12);
}

#[test]
fn cross_validation_refits_the_preparation() {
    let (table, labels) = (mixed(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let preparation =
        || Preparation::standard().target_encode(Select::Categories, TargetEncoding::new());
    let estimator = Prepared::new(preparation(), LogisticRegression::new());
    let splits = folds_by(N, 5, |row| row % 5).unwrap();
    let found = cross_predict(&estimator, &data, &splits).unwrap();
    // By hand: what is learnt of the training rows of each fold, applied to its test rows.
    for split in &splits {
        let train = data.reborrow().select(&split.train).unwrap();
        let (fitted, training) = preparation().fit_apply(&train).unwrap();
        let of_training = Labeled::new(&training, &labels).unwrap().select(&split.train).unwrap();
        let model = LogisticRegression::new().fit(&of_training).unwrap();
        let said = model.predict_probabilities(&fitted.apply(&table).unwrap()).unwrap();
        for &row in &split.test {
            assert!((found[[row as usize, 1]] - said[[row as usize, 1]]).abs() < 1e-12);
        }
    }
    // Importances come back to the source.
    let model = Prepared::new(Preparation::standard(), DecisionTree::new()).fit(&data).unwrap();
    let importance = model.preparation().sum_back(&model.inner().importance()).unwrap();
    assert_eq!(importance.len(), 5);
    assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let tree = Prepared::new(Preparation::standard(), RegressionTree::new().max_depth(3));
    let model = tree.fit(&Labeled::new(&table, &numbers()).unwrap()).unwrap();
    assert_eq!(model.predict(&table).unwrap().len(), N);
    assert_eq!(model.n_source_columns(), 5);
}

trait Columns {
    fn n_source_columns(&self) -> usize;
}

impl<R: patronage_core::Regressor> Columns for R {
    fn n_source_columns(&self) -> usize {
        self.schema().len()
    }
}

#[test]
fn a_prepared_model_is_one_of_the_source_columns() {
    let (table, labels, weights) = (mixed(), two_classes(), weights());
    let data = Labeled::new(&table, &labels).unwrap().weighted(&weights).unwrap();
    let estimator = Prepared::new(Preparation::standard(), LogisticRegression::new());
    let model = estimator.fit(&data).unwrap();
    assert_eq!(model.schema(), table.schema());
    assert_eq!(model.n_classes(), 2);
    // Weights reach the model.
    let rows = repeated();
    let plain = Labeled::new(&table, &labels).unwrap();
    let twice = estimator.fit(&plain.select(&rows).unwrap()).unwrap();
    let a = model.predict_probabilities(&table).unwrap();
    let b = twice.predict_probabilities(&table).unwrap();
    near(a.as_slice().unwrap(), b.as_slice().unwrap(), 1e-9);
}
