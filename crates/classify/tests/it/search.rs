//! Searches whose best point is known.

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array2;
use patronage_classify::{
    DecisionTree, Dimension, ErrorKind, Grid, LogisticRegression, Metric, Point, RandomSpace,
    Scaling, Search, Splitter, StratifiedKFold, SuccessiveHalving, Value, cross_score,
    nested_splits,
};
use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};

use crate::rows::noise;

/// Classes by a chequered pattern that a tree of depth 2 cannot learn and one of depth 4 can.
fn chequered(n: usize) -> (FeatureTable, Vec<ClassIdx>) {
    let schema = Schema::new(["a", "b"].map(Column::number)).unwrap();
    let cells = Array2::from_shape_fn((n, 2), |(i, j)| noise(5, 3 * i + j));
    let label = |i: usize| {
        let side = |j: usize| cells[[i, j]] > 0.6;
        let flipped = noise(5, 3 * i + 2) < 0.15;
        ClassIdx::new(u32::from((side(0) != side(1)) != flipped))
    };
    let labels = (0..n).map(label).collect();
    (FeatureTable::new(schema, cells).unwrap(), labels)
}

fn depth(point: &Point) -> Result<DecisionTree, patronage_classify::Error> {
    Ok(DecisionTree::new().max_depth(point.count("depth")?).smoothing(1.0))
}

fn by_depth(point: &Point) -> f64 {
    point.number("depth").unwrap_or(0.0)
}

#[test]
fn the_table_holds_what_cross_validation_gives() {
    let (table, labels) = chequered(300);
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = StratifiedKFold::new(4).splits(&labels).unwrap();
    let points = Grid::new().values("depth", [1_i64, 2, 4, 8, 16]).points();
    let search = Search::new(Metric::LogLoss).complexity(by_depth);
    let found = search.run(&points, depth, &data, &splits).unwrap();
    assert_eq!((found.measure.as_str(), found.candidates.len()), ("log_loss", 5));
    for candidate in &found.candidates {
        let scores =
            cross_score(&depth(&candidate.point).unwrap(), &data, &splits, &Metric::LogLoss);
        assert_eq!(candidate.scores, scores.unwrap());
        assert!(candidate.is_complete && candidate.standard_error > 0.0);
        assert!((candidate.mean - candidate.scores.iter().sum::<f64>() / 4.0).abs() < 1e-15);
    }
    let best = found.best();
    assert!(found.candidates.iter().all(|candidate| candidate.mean >= best.mean));
    let simple = found.simplest_within_one_error();
    assert!(simple.mean <= best.mean + best.standard_error && simple.complexity <= best.complexity);
    assert_eq!(found.ranked()[0], best);
}

#[test]
fn ties_go_to_the_simplest() {
    let (table, labels) = chequered(200);
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = StratifiedKFold::new(3).splits(&labels).unwrap();
    // Every point makes the same model.
    let points = Grid::new().values("depth", [9_i64, 3, 5, 3]).points();
    let same = |_: &Point| Ok(DecisionTree::new().max_depth(3));
    let found = Search::new(Metric::RocAuc)
        .complexity(by_depth)
        .run(&points, same, &data, &splits)
        .unwrap();
    assert_eq!(found.best(), &found.candidates[1]);
    assert_eq!(found.simplest_within_one_error(), &found.candidates[1]);
    let found = Search::new(Metric::RocAuc).run(&points, same, &data, &splits).unwrap();
    assert_eq!(found.best(), &found.candidates[0]);
}

#[test]
fn those_that_fall_behind_are_given_up_and_the_best_is_found_all_the_same() {
    let (table, labels) = chequered(400);
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = StratifiedKFold::new(8).splits(&labels).unwrap();
    let points = Grid::new().values("depth", [0_i64, 1, 2, 3, 4, 5]).points();
    let fits = AtomicUsize::new(0);
    let counted = |point: &Point| {
        fits.fetch_add(1, Ordering::Relaxed);
        depth(point)
    };
    let search = Search::new(Metric::RocAuc).complexity(by_depth);
    let whole = search.run(&points, depth, &data, &splits).unwrap();
    let found = search.patience(3.0).run(&points, counted, &data, &splits).unwrap();
    assert_eq!(found.best().point, whole.best().point);
    assert_eq!(found.best().scores, whole.best().scores);
    let given_up = found.candidates.iter().filter(|candidate| !candidate.is_complete).count();
    assert!(given_up >= 2, "{given_up}");
    assert!(found.candidates.iter().all(|candidate| candidate.scores.len() >= 2));
    assert!(fits.load(Ordering::Relaxed) < 48);
    assert!(search.patience(-1.0).run(&points, depth, &data, &splits).is_err());
}

#[test]
fn draws_are_of_their_distributions() {
    let choices = vec![Value::from("none"), Value::from("standard")];
    let space = RandomSpace::new()
        .dimension("u", Dimension::Uniform(-1.0, 3.0))
        .dimension("c", Dimension::LogUniform(1e-4, 1e4))
        .dimension("i", Dimension::Integer(2, 5))
        .dimension("n", Dimension::LogInteger(1, 1000))
        .dimension("scaling", Dimension::Choice(choices));
    let points = space.points(4000, 3).unwrap();
    let mean = |f: &dyn Fn(&Point) -> f64| points.iter().map(f).sum::<f64>() / 4000.0;
    // Means of the distributions; four standard errors.
    assert!((mean(&|p| p.number("u").unwrap()) - 1.0).abs() < 4.0 * 1.155 / 63.2);
    assert!(mean(&|p| p.number("c").unwrap().log10()).abs() < 4.0 * 2.31 / 63.2);
    assert!((mean(&|p| p.number("i").unwrap()) - 3.5).abs() < 4.0 * 1.118 / 63.2);
    let small = mean(&|p| f64::from(u8::from(p.count("n").unwrap() <= 31)));
    assert!((small - (31.5_f64 / 0.5).ln() / (1000.5_f64 / 0.5).ln()).abs() < 4.0 * 0.5 / 63.2);
    let standard = mean(&|p| f64::from(u8::from(p.text("scaling").unwrap() == "standard")));
    assert!((standard - 0.5).abs() < 4.0 * 0.5 / 63.2);
    assert!(points.iter().all(|p| (1..=1000).contains(&p.count("n").unwrap())));
    for wrong in [
        Dimension::Uniform(1.0, 0.0),
        Dimension::Uniform(0.0, f64::INFINITY),
        Dimension::LogUniform(0.0, 1.0),
        Dimension::Integer(3, 2),
        Dimension::LogInteger(0, 2),
        Dimension::Choice(vec![]),
    ] {
        assert!(RandomSpace::new().dimension("x", wrong).points(1, 0).is_err());
    }
}

#[test]
fn points_say_what_they_do_not_have() {
    let point =
        Point::new().value("depth", 3_i64).value("c", 0.5).value("name", "x").value("depth", 4_i64);
    assert_eq!(point.to_string(), "depth = 4, c = 0.5, name = x");
    assert_eq!((point.count("depth").unwrap(), point.number("depth").unwrap()), (4, 4.0));
    assert!(matches!(point.count("rounds").unwrap_err().kind(), ErrorKind::NoSuchParameter { .. }));
    let error = point.count("c").unwrap_err();
    assert_eq!(error.to_string(), "c: expected a whole number, at least 0, found 0.5");
    assert!(point.number("name").is_err() && point.text("c").is_err());
    assert_eq!(Grid::new().points().len(), 1);
    assert!(Grid::new().values("a", Vec::<i64>::new()).points().is_empty());
}

#[test]
fn halving_gives_more_to_fewer_and_finds_the_best() {
    let (table, labels) = chequered(600);
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = StratifiedKFold::new(3).splits(&labels).unwrap();
    let points = Grid::new().values("depth", [1_i64, 2, 3, 4, 5, 6, 7, 8, 9]).points();
    let search = Search::new(Metric::RocAuc).complexity(by_depth);
    let found = SuccessiveHalving::new(40, 400)
        .factor(3)
        .by_rows(&search, &points, depth, &data, &splits)
        .unwrap();
    let rows = |rows: usize| found.candidates.iter().filter(|c| c.resource == Some(rows)).count();
    // 9 with 40 rows, 3 with 120, 1 with 360, and that one with all 400.
    assert_eq!((rows(40), rows(120), rows(360), rows(400)), (6, 2, 0, 1));
    assert_eq!(found.candidates.iter().filter(|candidate| candidate.is_complete).count(), 1);
    let whole = search.run(&points, depth, &data, &splits).unwrap();
    assert_eq!(found.best().scores, {
        let at = whole.candidates.iter().position(|c| c.point == found.best().point).unwrap();
        whole.candidates[at].scores.clone()
    });
    assert!(found.best().mean > whole.best().mean - 0.03);
    // Iterations as the resource.
    let points = Grid::new().values("c", [0.01, 1.0, 100.0]).points();
    let by_rounds = |point: &Point, rounds: usize| {
        Ok(LogisticRegression::new()
            .scaling(Scaling::Standard)
            .c(point.number("c")?)
            .max_iter(rounds))
    };
    let halving = SuccessiveHalving::new(1, 20).factor(2);
    let found = halving
        .by_rounds(&Search::new(Metric::LogLoss), &points, by_rounds, &data, &splits)
        .unwrap();
    assert_eq!(found.best().resource, Some(20));
    for wrong in [halving.factor(1), SuccessiveHalving::new(0, 5), SuccessiveHalving::new(5, 4)] {
        assert!(wrong.by_rows(&search, &points, depth, &data, &splits).is_err());
    }
    assert!(halving.by_rows(&search, &[], depth, &data, &splits).is_err());
    assert!(halving.by_rows(&search, &points, depth, &data, &[]).is_err());
}

#[test]
fn nested_searches_judge_what_they_chose_by_rows_they_did_not_see() {
    let (table, labels) = chequered(300);
    let data = Labeled::new(&table, &labels).unwrap();
    let nested =
        nested_splits(&StratifiedKFold::new(3), &StratifiedKFold::new(2), &labels).unwrap();
    let points = Grid::new().values("depth", [1_i64, 4]).points();
    let found = Search::new(Metric::RocAuc).nested(&points, depth, &data, &nested).unwrap();
    assert_eq!(found.len(), 3);
    for (score, split) in found.iter().zip(&nested) {
        assert_eq!(score.point, score.table.best().point);
        let outer = std::slice::from_ref(&split.outer);
        let alone =
            cross_score(&depth(&score.point).unwrap(), &data, outer, &Metric::RocAuc).unwrap();
        assert_eq!(score.score, alone[0]);
        assert!(score.score > 0.65);
    }
}

#[test]
fn failures_are_passed_on() {
    let (table, labels) = chequered(60);
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = StratifiedKFold::new(2).splits(&labels).unwrap();
    let points = Grid::new().values("c", [1.0, -1.0]).points();
    let estimator = |point: &Point| Ok(LogisticRegression::new().c(point.number("c")?));
    let error = Search::new(Metric::RocAuc).run(&points, estimator, &data, &splits).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refit { .. }));
    let error = Search::new(Metric::RocAuc).run(&points, depth, &data, &splits).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoSuchParameter { .. }));
    assert!(Search::new(Metric::RocAuc).run(&points, estimator, &data, &[]).is_err());
    assert!(Search::new(Metric::RocAuc).run(&[], estimator, &data, &splits).is_err());
}

#[cfg(feature = "rayon")]
#[test]
fn searches_are_the_same_on_any_pool() {
    let (table, labels) = chequered(200);
    let data = Labeled::new(&table, &labels).unwrap();
    let splits = StratifiedKFold::new(3).splits(&labels).unwrap();
    let points = Grid::new().values("depth", [1_i64, 2, 3, 4, 5]).points();
    let search = Search::new(Metric::LogLoss).patience(1.0);
    let run = || search.run(&points, depth, &data, &splits).unwrap();
    patronage_testkit::check_same_on_any_pool(run, |a, b| a == b);
    let halve = || {
        SuccessiveHalving::new(20, 100).by_rows(&search, &points, depth, &data, &splits).unwrap()
    };
    patronage_testkit::check_same_on_any_pool(halve, |a, b| format!("{a:?}") == format!("{b:?}"));
}
