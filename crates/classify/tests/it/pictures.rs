//! Pictures are well-formed, hold every figure, and bear any text and any number.

use ndarray::Array2;
use patronage_classify::{
    BiasVariance, Binning, DecisionTree, Loss, Picture, Scored, gains_picture, learning_curve,
    stratified_folds, validation_curve,
};
use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Every tag is closed in its turn, and nothing is drawn outside the picture.
fn check(picture: &Picture, n_rows: usize) {
    let svg = picture.svg();
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>"));
    for needed in ["<title>", "<desc>", "role=\"img\"", "prefers-color-scheme:dark"] {
        assert!(svg.contains(needed), "{needed}");
    }
    assert!(
        !svg.contains("<script")
            && !svg.contains("href")
            && !svg.contains("NaN")
            && !svg.contains("inf")
    );
    let mut open: Vec<&str> = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    assert!(open.is_empty());
    for attribute in ["x", "x1", "x2", "cx"] {
        for part in svg.split(&format!(" {attribute}=\"")).skip(1) {
            let at: f64 = part.split('"').next().unwrap().parse().unwrap();
            assert!((0.0..=760.0).contains(&at), "{attribute} {at}");
        }
    }
    assert_eq!(picture.rows().len(), n_rows);
    assert!(picture.rows().iter().all(|row| row.len() == picture.columns().len()));
    let csv = picture.csv();
    assert_eq!(csv.lines().count(), n_rows + 1);
    let last = csv.lines().last().unwrap().split(',').map(|cell| cell.parse::<f64>().unwrap());
    assert_eq!(last.collect::<Vec<f64>>(), *picture.rows().last().unwrap());
}

fn stairs(n: usize) -> (FeatureTable, Vec<ClassIdx>) {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let cells = Array2::from_shape_fn((n, 3), |_| rng.random::<f64>());
    let labels = cells
        .rows()
        .into_iter()
        .map(|row| ClassIdx::new(((row[0] * 5.0) as u32 % 2) ^ u32::from(rng.random_bool(0.15))))
        .collect();
    let schema = Schema::new((0..3).map(|j| Column::number(format!("x{j}")))).unwrap();
    (FeatureTable::new(schema, cells).unwrap(), labels)
}

/// Keeps a picture where one wants to look at it.
fn keep(name: &str, picture: &Picture) {
    if let Ok(folder) = std::env::var("PATRONAGE_PICTURES") {
        std::fs::write(format!("{folder}/{name}.svg"), picture.svg()).unwrap();
    }
}

#[test]
fn every_curve_has_its_picture() {
    let (rows, labels) = stairs(600);
    let data = Labeled::new(&rows, &labels).unwrap();
    let splits = stratified_folds(&labels, 5, 0).unwrap();
    let tree = |depth: u32| DecisionTree::new().max_depth(depth as usize).smoothing(1.0);
    let depths = [0, 1, 2, 3, 4, 6, 8, 12, 30];
    let driver = BiasVariance::new(20);
    for loss in [Loss::Brier, Loss::LogLoss, Loss::ZeroOne] {
        let curves = driver.sweep("tree depth", depths, tree, &data, &data, &[loss]).unwrap();
        let picture = curves[0].picture("Why trees err: <depth> & \"chance\"", Some(0.12));
        check(&picture, depths.len());
        assert!(picture.svg().contains("&lt;depth&gt; &amp; &quot;chance&quot;"));
        assert_eq!(picture.rows()[3][1], curves[0].points[3].terms.loss);
        keep(&format!("u_{loss:?}"), &picture);
        check(&curves[0].picture("\u{0}\u{7}control", None), depths.len());
    }
    let shares = [0.05, 0.1, 0.2, 0.5, 1.0];
    let learning = learning_curve(&tree(4), &data, &splits, &shares, Loss::Brier, 0).unwrap();
    let picture = learning.picture("What more customers bring");
    check(&picture, shares.len());
    keep("learning", &picture);
    let one = learning_curve(&tree(4), &data, &splits, &[1.0], Loss::Brier, 0).unwrap();
    check(&one.picture(""), 1);
    let validation = validation_curve("tree depth", depths, tree, &data, &splits, Loss::LogLoss);
    let picture = validation.unwrap().picture("Depth, by cross-validation");
    check(&picture, depths.len());
    keep("validation", &picture);
    // Values twice, and out of order.
    let odd = validation_curve("depth", [3, 1, 3], tree, &data, &splits, Loss::Brier).unwrap();
    check(&odd.picture(&"long ".repeat(60)), 3);
}

#[test]
fn calibration_and_gains_have_their_pictures() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let scores: Vec<f64> = (0..900).map(|_| rng.random::<f64>().powi(2)).collect();
    let outcomes: Vec<ClassIdx> = scores
        .iter()
        .map(|p| ClassIdx::new(u32::from(rng.random_bool((0.15 + 0.7 * p).min(1.0)))))
        .collect();
    let scored = Scored::new(&scores, &outcomes).unwrap();
    for (name, binning) in [("count", Binning::EqualCount(10)), ("width", Binning::EqualWidth(10))]
    {
        let curve = scored.calibration_curve(binning).unwrap();
        let picture = curve.picture("Foretold and come");
        check(&picture, curve.bins.len());
        assert_eq!(picture.rows()[2][1], curve.bins[2].observed);
        keep(&format!("calibration_{name}"), &picture);
    }
    let gains = scored.gains(10).unwrap();
    let picture = gains_picture("Whom to call first", &gains);
    check(&picture, 10);
    assert_eq!(picture.rows()[0][2], gains[0].cumulative_gain);
    keep("gains", &picture);
    let one = Scored::new(&[1.0, 0.0], &[1, 0].map(ClassIdx::new)).unwrap();
    check(&gains_picture("two", &one.gains(1).unwrap()), 1);
    check(&one.calibration_curve(Binning::EqualCount(3)).unwrap().picture("two"), 2);
}
