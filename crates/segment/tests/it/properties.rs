//! Laws that hold for any input.

use crate::common;
use crate::common::matrix;
use ndarray::Array2;
use patronage_segment::{
    Algorithm, DisjointRules, ErrorKind, Features, Fit, Init, KMeans, OrderedRules, Preparation,
    RuleProblem, ScoreGrid, SegmentIdx, SegmenterExt, adjusted_rand, align,
    normalised_mutual_information,
};
use proptest::prelude::*;

/// Lloyd's iterations as they are written down, without bounds, from given centres.
fn plain_lloyd(rows: &Array2<f64>, mut centres: Array2<f64>, max_iter: usize) -> Array2<f64> {
    let mut labels = vec![usize::MAX; rows.nrows()];
    for _ in 0..max_iter {
        let mut moved = false;
        let square = |row: usize, c: usize| {
            rows.row(row).iter().zip(centres.row(c)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
        };
        for (row, label) in labels.iter_mut().enumerate() {
            let nearest = (0..centres.nrows())
                .reduce(
                    |best, next| if square(row, next) < square(row, best) { next } else { best },
                )
                .unwrap();
            moved |= nearest != *label;
            *label = nearest;
        }
        if !moved {
            break;
        }
        // A cluster that lost its rows takes the row farthest from its own centre.
        for c in 0..centres.nrows() {
            let size = |c: usize| labels.iter().filter(|&&label| label == c).count();
            if size(c) > 0 {
                continue;
            }
            let farthest = (0..rows.nrows())
                .filter(|&row| size(labels[row]) > 1 && square(row, labels[row]) > 0.0)
                .reduce(|a, b| if square(b, labels[b]) > square(a, labels[a]) { b } else { a });
            let Some(row) = farthest else { break };
            labels[row] = c;
        }
        for c in 0..centres.nrows() {
            let members: Vec<usize> = (0..rows.nrows()).filter(|&i| labels[i] == c).collect();
            if !members.is_empty() {
                let mean = rows.select(ndarray::Axis(0), &members).mean_axis(ndarray::Axis(0));
                centres.row_mut(c).assign(&mean.unwrap());
            }
        }
    }
    centres
}

fn rows(
    n: std::ops::Range<usize>,
    d: std::ops::Range<usize>,
) -> impl Strategy<Value = Array2<f64>> {
    (n, d).prop_flat_map(|(n, d)| {
        proptest::collection::vec(-10.0..10.0_f64, n * d)
            .prop_map(move |cells| Array2::from_shape_vec((n, d), cells).unwrap())
    })
}

fn labels(n: usize) -> impl Strategy<Value = Vec<SegmentIdx>> {
    proptest::collection::vec((0..5_u32).prop_map(SegmentIdx::new), n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // Bounds change the work, not the result: for few clusters and for groups of them.
    #[test]
    fn bounds_give_what_plain_iterations_give(rows in rows(60..200, 1..7), k in 1_usize..50) {
        let start = rows.select(ndarray::Axis(0), &(0..k).collect::<Vec<_>>());
        let expected = plain_lloyd(&rows, start.clone(), 100);
        let table = matrix(rows);
        let (model, labels) =
            KMeans::new(k).init(Init::Centres(start)).max_iter(100).fit_assign(&table).unwrap();
        prop_assert!(model.converged());
        prop_assert_eq!(model.centres().nrows(), k);
        for (a, b) in model.centres().iter().zip(&expected) {
            prop_assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        prop_assert_eq!(labels, model.assign(&table).unwrap());
    }

    // A fixed point: centres are means of their rows.
    #[test]
    fn centres_are_means(rows in rows(30..80, 1..6), k in 1_usize..25, seed in 0_u64..5) {
        let estimator = KMeans::new(k).restarts(2).swaps(4).seed(seed);
        let (model, labels) = estimator.fit_assign(&matrix(rows.clone())).unwrap();
        prop_assert!(model.converged());
        let mut inertia = 0.0;
        for (c, centre) in model.centres().rows().into_iter().enumerate() {
            let members: Vec<usize> = (0..rows.nrows()).filter(|&i| labels[i].index() == c).collect();
            prop_assert_eq!(members.len() as u64, model.sizes()[c]);
            let own = rows.select(ndarray::Axis(0), &members);
            let mean = own.mean_axis(ndarray::Axis(0)).unwrap();
            prop_assert!((&mean - &centre).iter().all(|off| off.abs() < 1e-12));
            inertia += (&own - &centre).iter().map(|off| off * off).sum::<f64>();
        }
        prop_assert!((inertia - model.inertia()).abs() <= 1e-9 * (1.0 + inertia));
    }

    #[test]
    fn preparations_invert(rows in rows(3..40, 1..5)) {
        let table = matrix(rows.mapv(|v| v.abs() * 100.0));
        for preparation in [
            Preparation::new().log1p().standardise(),
            Preparation::new().robust(),
            Preparation::new().standardise().robust(),
        ] {
            let model = preparation.fit(&table).unwrap();
            let prepared = model.apply(&table).unwrap();
            let back = model.invert(prepared.values()).unwrap();
            for (a, b) in back.iter().zip(&table.values()) {
                prop_assert!((a - b).abs() <= 1e-9 * (1.0 + b.abs()));
            }
        }
    }

    // Ordered rules always compile to a partition, which the disjoint builder then accepts.
    #[test]
    fn compiled_rules_are_total_and_disjoint(
        bins in proptest::collection::vec(1_u8..5, 1..4),
        seeds in proptest::collection::vec((0_u8..4, 0_u8..4, 0_u8..4, 0_u8..4, 0_usize..3), 0..8),
    ) {
        let grid = ScoreGrid::new(bins.iter().enumerate().map(|(d, &b)| (format!("D{d}"), b))).unwrap();
        let ranges = |seed: &(u8, u8, u8, u8, usize)| -> Vec<std::ops::RangeInclusive<u8>> {
            bins.iter().enumerate().map(|(d, &b)| {
                let low = 1 + [seed.0, seed.1, seed.2][d % 3] % b;
                low..=(low + seed.3).min(b)
            }).collect()
        };
        let (mut ordered, mut disjoint) =
            (OrderedRules::new(grid.clone(), "Others"), DisjointRules::new(grid.clone()));
        for seed in &seeds {
            ordered = ordered.rule(format!("S{}", seed.4), ranges(seed));
            disjoint = disjoint.rule(format!("S{}", seed.4), ranges(seed));
        }
        let rules = ordered.build().unwrap();
        let mut again = DisjointRules::new(grid.clone());
        let mut n_cells = 0;
        for segment in SegmentIdx::all(rules.n_segments()) {
            n_cells += rules.cells(segment).count();
            for cell in rules.boxes(segment) {
                again = again.rule(rules.name(segment).unwrap(), cell);
            }
        }
        prop_assert_eq!(n_cells, grid.n_cells());
        prop_assert_eq!(again.build().unwrap().to_string().lines().count(),
            rules.to_string().lines().filter(|line| !line.ends_with("no cell")).count());
        // The disjoint builder refuses exactly when a count of claims is not one.
        match disjoint.build() {
            Ok(_) => {}
            Err(error) => {
                let ErrorKind::Rules(RuleProblem::NoPartition { left_out, doubled, .. }) = error.kind()
                else { panic!("{error}") };
                prop_assert!(!left_out.is_empty() || !doubled.is_empty());
            }
        }
    }

    #[test]
    fn comparisons_ignore_numbering(a in labels(40), b in labels(40)) {
        let shifted: Vec<SegmentIdx> =
            b.iter().map(|s| SegmentIdx::new((s.get() + 2) % 5)).collect();
        let (ari, nmi) =
            (adjusted_rand(&a, &b).unwrap(), normalised_mutual_information(&a, &b).unwrap());
        prop_assert!((ari - adjusted_rand(&a, &shifted).unwrap()).abs() < 1e-12);
        prop_assert!((nmi - normalised_mutual_information(&shifted, &a).unwrap()).abs() < 1e-12);
        prop_assert!(ari <= 1.0 && (0.0..=1.0).contains(&nmi));
        prop_assert_eq!(adjusted_rand(&a, &a).unwrap(), 1.0);
        // Alignment of a renumbering finds the numbers again.
        let numbers = align(&b, &shifted).unwrap();
        prop_assert!(b.iter().zip(&shifted).all(|(old, new)| numbers[new.index()] == *old));
    }
}

// Starts upon equal rows leave clusters without rows, which are filled.
#[test]
fn bounds_fill_clusters_as_plain_iterations_do() {
    for (k, n_equal) in [(8, 3), (20, 12), (48, 22)] {
        let mut draws = common::uniform(k as u64);
        let rows = Array2::from_shape_fn((70, 4), |(row, _)| {
            let cell = 20.0 * draws() - 10.0;
            if (1..=n_equal).contains(&row) { 0.0 } else { cell }
        });
        let start = rows.select(ndarray::Axis(0), &(0..k).collect::<Vec<_>>());
        let expected = plain_lloyd(&rows, start.clone(), 100);
        let table = matrix(rows);
        for algorithm in [Algorithm::Lloyd, Algorithm::Hamerly, Algorithm::Yinyang] {
            let estimator = KMeans::new(k)
                .init(Init::Centres(start.clone()))
                .algorithm(algorithm)
                .max_iter(100);
            let model = estimator.fit(&table).unwrap();
            assert!(model.converged());
            assert_eq!(model.centres().nrows(), k);
            for (a, b) in model.centres().iter().zip(&expected) {
                assert!((a - b).abs() < 1e-9, "{k} {algorithm:?}: {a} {b}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_preparation_goes_there_and_back(
        cells in prop::collection::vec(-1e6..1e6_f64, 12..60), offset in -1e9..1e9_f64,
    ) {
        let n = cells.len() / 2;
        let rows = matrix(ndarray::Array2::from_shape_fn((n, 2), |(row, column)| {
            cells[2 * row + column] + [0.0, offset][column]
        }));
        for preparation in [
            Preparation::new().standardise(),
            Preparation::new().min_max(),
            Preparation::new().robust(),
            Preparation::new().signed_log(),
            Preparation::new().signed_log().min_max().robust().standardise(),
        ] {
            let model = preparation.fit(&rows).unwrap();
            let prepared = model.apply(&rows).unwrap();
            let back = model.invert(prepared.values()).unwrap();
            for (back, cell) in back.iter().zip(rows.values()) {
                // Steps that subtract a centre keep digits of the range, not of the number.
                prop_assert!((back - cell).abs() <= 1e-7 * (1e6 + cell.abs()), "{back} {cell}");
            }
        }
        let model = Preparation::new().winsorise(10).fit(&rows).unwrap();
        let once = model.apply(&rows).unwrap();
        prop_assert_eq!(model.invert(once.values()).unwrap(), once.values());
        let cut = |row: usize, column: usize| once.row(row)[column] != rows.row(row)[column];
        let n_cut = (0..n).filter(|&row| cut(row, 0)).count();
        prop_assert!(n_cut as f64 <= 0.2 * n as f64 + 2.0);
    }
}
