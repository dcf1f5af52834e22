//! Against a search of every cut.

use ndarray::Array2;
use patronage_core::{ClassIdx, Column, FeatureTable, Labeled, Schema};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::par::Threads;
use crate::sample::Sample;
use crate::tree::Shape;
use crate::tree::draw::{Cuts, Draw};
use crate::tree::grow::{Grower, Grown};
use crate::tree::target::{Classes, Criterion};

/// Four columns of many values, some missing, some repeated, and labels that follow two of
/// them; `n_classes` classes.
fn table(n: usize, n_classes: u32, seed: u64) -> (FeatureTable, Vec<ClassIdx>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let names = ["even", "with_missing", "repeated", "skewed"];
    let schema = Schema::new(names.map(Column::nullable)).unwrap();
    let mut cells = Array2::zeros((n, 4));
    let labels = (0..n).map(|row| {
        let x: [f64; 4] = std::array::from_fn(|_| rng.random());
        cells[[row, 0]] = x[0];
        cells[[row, 1]] = if x[1] < 0.2 { f64::NAN } else { x[1] };
        cells[[row, 2]] = (x[2] * 400.0).floor();
        cells[[row, 3]] = x[3].powi(9);
        let follows = if x[1] < 0.3 { x[0] } else { 1.0 - x[2] };
        let label = if rng.random_bool(0.2) { rng.random() } else { follows };
        ClassIdx::new(((label * f64::from(n_classes)) as u32).min(n_classes - 1))
    });
    let labels = labels.collect();
    (FeatureTable::new(schema, cells).unwrap(), labels)
}

fn grow(
    data: &Labeled<'_, ClassIdx>,
    n_classes: usize,
    criterion: Criterion,
    least: usize,
    way: impl Fn(&Coded) -> Option<Coarse>,
) -> Grown {
    let sample = Sample::new(data, "test").unwrap();
    let coded = Coded::new(data, &sample).unwrap();
    assert_eq!(coded.wide.len(), 4);
    let coarse = way(&coded);
    let labels = data.labels().iter().map(|label| label.get()).collect();
    let weights = sample.weights.clone();
    let target = Classes { labels, weights, n_classes, criterion };
    let shape = Shape { min_samples_leaf: least, ..Shape::new() };
    let grower = Grower {
        coded: &coded,
        target: &target,
        counts: &sample.counts,
        whole: true,
        coarse: coarse.as_ref(),
        limits: shape.limits(),
        draw: Some(Draw { n_columns: 2, cuts: Cuts::Best, seed: 3 }),
        threads: Threads::One,
    };
    grower.grow((0..sample.len() as u32).collect())
}

#[test]
fn the_tree_is_that_of_a_search_of_every_cut() {
    for (n, n_classes, seed) in [(3000, 2, 1), (3000, 3, 2), (700, 2, 3), (5000, 2, 4)] {
        for criterion in [Criterion::Gini, Criterion::Entropy] {
            for least in [1, 7] {
                let (table, labels) = table(n, n_classes, seed);
                let data = Labeled::new(&table, &labels).unwrap();
                let n_classes = n_classes as usize;
                let exhaustive = grow(&data, n_classes, criterion, least, |_| None);
                let coarse =
                    grow(&data, n_classes, criterion, least, |coded| Some(Coarse::new(coded)));
                assert!(coarse.nodes.0.len() > 50);
                assert_eq!(coarse.nodes, exhaustive.nodes, "{n} {n_classes} {criterion:?} {least}");
                assert_eq!(coarse.sums, exhaustive.sums);
            }
        }
    }
}

#[test]
fn buckets_ascend_with_their_codes() {
    let (table, labels) = table(2000, 2, 5);
    let data = Labeled::new(&table, &labels).unwrap();
    let sample = Sample::new(&data, "test").unwrap();
    let coded = Coded::new(&data, &sample).unwrap();
    let coarse = Coarse::new(&coded);
    for (place, codes) in coded.wide.iter().enumerate() {
        let firsts = &coarse.firsts[place];
        for (row, &code) in codes.iter().enumerate() {
            let bucket = usize::from(coarse.buckets[row * 4 + place]);
            if bucket == usize::from(MISSING) {
                assert_eq!(code, firsts[KNOWN]);
            } else {
                assert!((firsts[bucket]..firsts[bucket + 1]).contains(&code));
            }
        }
    }
}
