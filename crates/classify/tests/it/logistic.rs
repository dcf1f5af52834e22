//! Penalties that select, errors of coefficients, weights of classes: against scikit-learn 1.9.1,
//! scipy 1.16 and statsmodels 0.14.

use ndarray::{Array2, array};
use patronage_classify::{
    ClassWeights, Convergence, ErrorKind, LogisticModel, LogisticRegression, Scaling, Separation,
};
use patronage_core::{
    ClassIdx, Classifier, ClassifierExt, Column, FeatureTable, Fit, Labeled, Schema,
};

use crate::sixty::{N, near, repeated, table, three_classes, two_classes, weights};

fn coefficients(model: &LogisticModel, class: u32) -> Vec<f64> {
    let found = model.coefficients(ClassIdx::new(class)).unwrap();
    let terms = found.terms.iter().map(|term| term.per_unit);
    std::iter::once(found.intercept).chain(terms).collect()
}

#[test]
fn lasso_and_elastic_net_are_those_of_scikit_learn() {
    // LogisticRegression(C, l1_ratio, solver="saga") on raw columns, and where that ends early the
    // same objective minimised over positive and negative parts by scipy's L-BFGS-B; both agree to
    // 1e-8 where both end.
    let (table, labels, weights, rows) = (table(), two_classes(), weights(), repeated());
    let plain = Labeled::new(&table, &labels).unwrap();
    let weighted = plain.weighted(&weights).unwrap();
    let twice = plain.select(&rows).unwrap();
    let of_weighted = [-3.4768292365309885, 0.3137019086565965, 0.04119607126156249, 0.0];
    for (data, c, ratio, expected) in [
        (&plain, 0.05, 1.0, [-2.1035171406615403, 0.17174041831560657, 0.025834415747596443, 0.0]),
        (&plain, 0.1, 1.0, [-2.8065447648274033, 0.2793800078661245, 0.029546213011362576, 0.0]),
        (&plain, 0.05, 0.5, [-2.6314923037471143, 0.2507559593550353, 0.028940907907291574, 0.0]),
        (&weighted, 0.05, 1.0, of_weighted),
        (&twice, 0.05, 1.0, of_weighted),
    ] {
        let model = LogisticRegression::new().c(c).l1_ratio(ratio).fit(data).unwrap();
        assert!(model.converged(), "{}", model.gradient());
        let found = coefficients(&model, 1);
        near(&found, &expected, 2e-8);
        assert_eq!((found[3], model.n_nonzero()), (0.0, 2));
    }
    let labels = three_classes();
    let data = Labeled::new(&table, &labels).unwrap();
    let lasso = [
        [0.6436505008686438, -0.10869677351663064, 0.0, -0.024937854340442416],
        [0.744732254172006, 0.0, -0.014610558944506689, 0.0],
        [-1.3883827550406498, 0.0, 0.019797712170187207, 0.0],
    ];
    let net = [
        [1.4934611081004647, -0.18872496873142183, 0.0, -0.2705479143625716],
        [0.7028060597498024, 0.0, -0.012883540505070254, 0.0],
        [-2.196267167850267, 0.0, 0.030133498850928853, 0.19741430282594327],
    ];
    for (ratio, expected) in [(1.0, lasso), (0.5, net)] {
        let model = LogisticRegression::new().c(0.05).l1_ratio(ratio).fit(&data).unwrap();
        assert!(model.converged(), "{}", model.gradient());
        // Only differences of intercepts matter: the reference's sum to zero.
        let found: Vec<Vec<f64>> = (0..3).map(|class| coefficients(&model, class)).collect();
        let mean = found.iter().map(|of| of[0]).sum::<f64>() / 3.0;
        for (found, expected) in found.iter().zip(expected) {
            near(&[found[0] - mean], &expected[..1], 1e-7);
            near(&found[1..], &expected[1..], 1e-7);
        }
    }
}

/// A table of `d` columns, of which a few matter.
fn wide(n: usize, d: usize) -> (FeatureTable, Vec<ClassIdx>) {
    let cell =
        |(i, j): (usize, usize)| (((i * (j + 3) * 7919 + j * j * 31) % 1009) as f64) / 1009.0;
    let schema = Schema::new((0..d).map(|j| Column::number(format!("x{j}")))).unwrap();
    let table = FeatureTable::new(schema, Array2::from_shape_fn((n, d), cell)).unwrap();
    let of = |i: usize| {
        let row = table.row(i);
        let score = 3.0 * row[0] - 2.0 * row[1] + 2.0 * row[2] - 1.5 + cell((i, d + 7)) * 2.0 - 1.0;
        ClassIdx::new(u32::from(score > 0.0))
    };
    let labels = (0..n).map(of).collect();
    (table, labels)
}

/// By how much the conditions of an optimum are missed, from raw columns alone.
fn missed(
    model: &LogisticModel,
    table: &FeatureTable,
    labels: &[ClassIdx],
    c: f64,
    ratio: f64,
) -> f64 {
    let n_classes = model.n_classes();
    let said = model.predict_probabilities(table).unwrap();
    let mut most: f64 = 0.0;
    let classes = if n_classes == 2 { 1..2 } else { 0..n_classes };
    for class in classes {
        let found = coefficients(model, class as u32);
        for (j, &b) in found.iter().enumerate() {
            let slope: f64 = (0..labels.len())
                .map(|i| {
                    let x = if j == 0 { 1.0 } else { table.row(i)[j - 1] };
                    x * (said[[i, class]] - f64::from(u8::from(labels[i].index() == class)))
                })
                .sum();
            let slope = slope + if j == 0 { 0.0 } else { (1.0 - ratio) / c * b };
            let penalty = if j == 0 { 0.0 } else { ratio / c };
            let off =
                if b == 0.0 { slope.abs() - penalty } else { (slope + penalty * b.signum()).abs() };
            most = most.max(off);
        }
    }
    most
}

#[test]
fn conditions_of_an_optimum_hold() {
    let (table, labels) = wide(300, 40);
    let data = Labeled::new(&table, &labels).unwrap();
    let three: Vec<ClassIdx> = labels
        .iter()
        .enumerate()
        .map(|(i, y)| ClassIdx::new(y.get() + u32::from(i % 4 == 0)))
        .collect();
    let of_three = Labeled::new(&table, &three).unwrap();
    for c in [0.05, 0.5, 5.0] {
        for ratio in [0.3, 1.0] {
            let estimator = LogisticRegression::new().c(c).l1_ratio(ratio);
            for (data, labels) in [(&data, &labels), (&of_three, &three)] {
                let model = estimator.fit(data).unwrap();
                assert!(model.converged(), "C {c}, ratio {ratio}: {}", model.gradient());
                let missed = missed(&model, &table, labels, c, ratio);
                assert!(missed < 1e-6, "C {c}, ratio {ratio}: {missed}");
            }
        }
    }
}

#[test]
fn many_columns_enter_as_they_matter() {
    // More unknowns than enter one model at once.
    let (table, labels) = wide(150, 900);
    let data = Labeled::new(&table, &labels).unwrap();
    let model = LogisticRegression::new().c(0.5).l1_ratio(1.0).fit(&data).unwrap();
    assert!(model.converged(), "{}", model.gradient());
    assert!(missed(&model, &table, &labels, 0.5, 1.0) < 1e-6);
    assert!(model.n_nonzero() > 0 && model.n_nonzero() < 60, "{}", model.n_nonzero());
}

#[test]
fn a_path_is_the_fits_one_by_one() {
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = LogisticRegression::new().l1_ratio(0.8).scaling(Scaling::Standard);
    let cs = [0.001, 0.01, 0.1, 1.0, f64::INFINITY];
    let path = estimator.path(&data, &cs).unwrap();
    for (model, c) in path.iter().zip(cs) {
        let alone = estimator.clone().c(c).fit(&data).unwrap();
        near(&coefficients(model, 1), &coefficients(&alone, 1), 1e-7);
    }
    assert_eq!(path[0].n_nonzero(), 0);
    assert_eq!(path[4].n_nonzero(), 3);
    // Without any column of use only the shares are left.
    let shares = path[0].predict_probabilities(&table).unwrap();
    assert!((shares[[0, 1]] - 25.0 / 60.0).abs() < 1e-9);
    assert!(estimator.path(&data, &[1.0, -1.0]).is_err());
    assert!(estimator.path(&data, &[]).unwrap().is_empty());
    assert!(LogisticRegression::new().l1_ratio(1.5).fit(&data).is_err());
}

#[test]
fn balanced_classes_are_those_of_scikit_learn() {
    // LogisticRegression(class_weight="balanced", solver="newton-cholesky", tol=1e-14).
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let model = LogisticRegression::new().class_weights(ClassWeights::Balanced).fit(&data).unwrap();
    let expected =
        [-3.7541784227949386, 0.4166964358943078, 0.037437634458096204, 0.12811724700652782];
    near(&coefficients(&model, 1), &expected, 1e-8);
}

#[test]
fn errors_are_those_of_statsmodels() {
    let (table, labels, weights) = (table(), two_classes(), weights());
    let data = Labeled::new(&table, &labels).unwrap();
    let free = LogisticRegression::new().c(f64::INFINITY);
    let model = free.fit(&data).unwrap();
    let inference = free.inference(&model, &data, 0.95).unwrap();
    // Logit(y, add_constant(X)).fit(method="newton", tol=1e-14): params, bse, tvalues, pvalues,
    // conf_int(), llf, llnull.
    let of = &inference.classes[0];
    let all: Vec<_> = std::iter::once(&of.intercept).chain(&of.terms).collect();
    let estimates: Vec<f64> = all.iter().map(|of| of.estimate).collect();
    let errors: Vec<_> = all.iter().map(|of| of.error.unwrap()).collect();
    let expected =
        [-4.18210860648457, 0.4207347541213822, 0.038727631281756464, 0.13785639633936397];
    near(&estimates, &expected, 1e-9);
    let found: Vec<f64> = errors.iter().map(|of| of.standard_error).collect();
    let expected =
        [1.2907342623820475, 0.1266456471033999, 0.017785732506763265, 0.23180727748965144];
    near(&found, &expected, 1e-9);
    let found: Vec<f64> = errors.iter().map(|of| of.z).collect();
    near(
        &found,
        &[-3.2401004051496214, 3.3221414532934808, 2.177454949748612, 0.5947026246642247],
        1e-9,
    );
    let found: Vec<f64> = errors.iter().map(|of| of.p_value).collect();
    let expected =
        [0.001194876171836974, 0.00089329395475644, 0.02944663960056693, 0.552042267089518];
    near(&found, &expected, 1e-10);
    let found: Vec<f64> = errors.iter().flat_map(|of| [of.low, of.high]).collect();
    let expected = [
        -6.711901274365255,
        -1.6523159386038841,
        0.172513846999949,
        0.6689556612428155,
        0.003868236129837173,
        0.07358702643367576,
        -0.3164775188946352,
        0.5921903115733631,
    ];
    near(&found, &expected, 1e-8);
    // statsmodels seeks the likelihood of the shares numerically, to about 1e-8.
    near(&[inference.log_likelihood], &[-30.886833409139953], 1e-9);
    near(&[inference.null_log_likelihood], &[-40.75159596511199], 1e-7);

    // GLM(y, X, Binomial(), freq_weights=w).bse: weights are numbers of rows.
    let weighted = data.weighted(&weights).unwrap();
    let model = free.fit(&weighted).unwrap();
    let inference = free.inference(&model, &weighted, 0.95).unwrap();
    let found: Vec<f64> =
        inference.classes[0].terms.iter().map(|of| of.error.unwrap().standard_error).collect();
    near(&found, &[0.08613202941790643, 0.012092992071176322, 0.15331850079570472], 1e-9);

    // numpy: the inverse of the information plus the penalty, at C = 0.3.
    let held = LogisticRegression::new().c(0.3);
    let inference = held.inference(&held.fit(&data).unwrap(), &data, 0.9).unwrap();
    let of = &inference.classes[0];
    let found: Vec<f64> = std::iter::once(&of.intercept)
        .chain(&of.terms)
        .map(|of| of.error.unwrap().standard_error)
        .collect();
    let expected =
        [1.2106044879948403, 0.12040325911275587, 0.017344428982420085, 0.2110370489915149];
    near(&found, &expected, 1e-8);
}

#[test]
fn errors_of_three_classes_are_those_of_mnlogit() {
    // MNLogit(y3, add_constant(X)).fit(method="newton", tol=1e-14): params, bse, llf, llnull.
    let (table, labels) = (table(), three_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let free = LogisticRegression::new().c(f64::INFINITY).tolerance(1e-12);
    let model = free.fit(&data).unwrap();
    let inference = free.inference(&model, &data, 0.95).unwrap();
    assert_eq!(inference.against, ClassIdx::new(0));
    let estimates = [
        [-3.9199838783308962, 0.45609878884374067, 0.0059518366506243125, 1.1428170595878036],
        [-16.672953875353098, 0.6681696800944938, 0.11740767951331332, 3.3221289959245266],
    ];
    let errors = [
        [1.5638214248934594, 0.15680036512678205, 0.020235470469290476, 0.390272024345174],
        [4.682283658508201, 0.24286066557941505, 0.045129340278738404, 0.9316395293883711],
    ];
    for (of, (estimates, errors)) in inference.classes.iter().zip(estimates.iter().zip(&errors)) {
        let all: Vec<_> = std::iter::once(&of.intercept).chain(&of.terms).collect();
        let found: Vec<f64> = all.iter().map(|of| of.estimate).collect();
        near(&found, estimates, 1e-6);
        let found: Vec<f64> = all.iter().map(|of| of.error.unwrap().standard_error).collect();
        near(&found, errors, 1e-6);
    }
    near(&[inference.log_likelihood], &[-35.64791121897936], 1e-8);
    near(&[inference.null_log_likelihood], &[-62.29329637823649], 1e-7);
    // A weak penalty tells the same differences.
    let held = LogisticRegression::new().c(1e9);
    let inference = held.inference(&held.fit(&data).unwrap(), &data, 0.95).unwrap();
    let found = inference.classes[1].terms[2].error.unwrap().standard_error;
    assert!((found - errors[1][3]).abs() < 1e-4);
}

#[test]
fn what_rows_do_not_tell_has_no_error() {
    let schema = Schema::new([
        Column::category("plan", ["basic", "gold"]),
        Column::number("constant"),
        Column::number("x"),
    ])
    .unwrap();
    let cell = |(i, j): (usize, usize)| match j {
        0 => (i % 2) as f64,
        1 => 7.0,
        _ => ((i * 37) % 101) as f64,
    };
    let table = FeatureTable::new(schema, Array2::from_shape_fn((N, 3), cell)).unwrap();
    let labels = two_classes();
    let data = Labeled::new(&table, &labels).unwrap();
    let free = LogisticRegression::new().c(f64::INFINITY);
    let inference = free.inference(&free.fit(&data).unwrap(), &data, 0.95).unwrap();
    let of = &inference.classes[0];
    let told: Vec<bool> = of.terms.iter().map(|term| term.error.is_some()).collect();
    // All levels beside an intercept, the code for the unseen and the constant: none is told.
    assert_eq!(told, [false, false, false, false, true]);
    assert!(of.intercept.error.is_none());
    // With a penalty the levels are.
    let held = LogisticRegression::new();
    let inference = held.inference(&held.fit(&data).unwrap(), &data, 0.95).unwrap();
    let told: Vec<bool> =
        inference.classes[0].terms.iter().map(|term| term.error.is_some()).collect();
    assert_eq!(told, [true, true, false, false, true]);
}

#[test]
fn errors_are_refused_where_they_mean_nothing() {
    let (table, labels) = (table(), two_classes());
    let data = Labeled::new(&table, &labels).unwrap();
    let estimator = LogisticRegression::new();
    let model = estimator.fit(&data).unwrap();
    assert!(estimator.inference(&model, &data, 1.0).is_err());
    let lasso = LogisticRegression::new().l1_ratio(0.5);
    let error = lasso.inference(&lasso.fit(&data).unwrap(), &data, 0.95).unwrap_err();
    assert_eq!(error.to_string(), "l1_ratio: expected 0 for standard errors, found 0.5");
    let one = vec![ClassIdx::new(1); N];
    let of_one = Labeled::new(&table, &one).unwrap();
    let constant = estimator.fit(&of_one).unwrap();
    assert_eq!(constant.convergence(), Convergence::OneClass);
    let error = estimator.inference(&constant, &of_one, 0.95).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OneClass { .. }));
    // Separated: said beside the errors.
    let apart = FeatureTable::new(
        Schema::new([Column::number("x")]).unwrap(),
        array![[1.0], [2.0], [7.0], [8.0]],
    )
    .unwrap();
    let labels = [0, 0, 1, 1].map(ClassIdx::new);
    let data = Labeled::new(&apart, &labels).unwrap();
    let inference = estimator.inference(&estimator.fit(&data).unwrap(), &data, 0.95).unwrap();
    assert_eq!(inference.separation, Separation::Complete);
}

#[test]
fn many_rows_start_from_a_part_and_end_at_the_same_optimum() {
    let (table, labels) = wide(1 << 16, 6);
    let data = Labeled::new(&table, &labels).unwrap();
    for ratio in [0.0, 1.0] {
        let estimator = LogisticRegression::new().c(0.01).l1_ratio(ratio);
        let model = estimator.fit(&data).unwrap();
        assert!(model.converged());
        assert!(missed(&model, &table, &labels, 0.01, ratio) < 1e-4);
    }
}
