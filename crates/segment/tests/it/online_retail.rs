//! UCI Online Retail against reference figures (scikit-learn 1.9.1, numpy 2.4.6, pandas): RFM
//! measures, inertia of k-means (best of 400 starts there), and criteria on given labels.

use crate::common;
use patronage_segment::{
    FeatureTable, Fit, KMeans, Money, Preparation, RfmScoring, SegmentIdx, calinski_harabasz,
    davies_bouldin, inertia, silhouette, silhouette_sampled,
};

/// k, inertia, silhouette, Calinski-Harabasz, Davies-Bouldin.
const FIGURES: [(usize, f64, f64, f64, f64); 9] = [
    (2, 6474.135, 0.4327, 4380.02, 0.8908),
    (3, 4856.322, 0.3372, 3640.98, 1.0430),
    (4, 3924.379, 0.3352, 3346.13, 1.0159),
    (5, 3267.998, 0.3185, 3230.53, 0.9837),
    (6, 2840.125, 0.3155, 3103.61, 1.0214),
    (7, 2532.990, 0.3093, 2986.80, 0.9792),
    (8, 2325.507, 0.3018, 2843.08, 0.9919),
    (9, 2144.745, 0.2821, 2742.34, 1.0161),
    (10, 1988.663, 0.2774, 2666.09, 1.0216),
];

fn prepared() -> Option<(FeatureTable, Vec<u32>)> {
    let (table, ids) = common::online_retail()?;
    let model = Preparation::new().log1p().standardise().fit(&table).unwrap();
    Some((model.apply(&table).unwrap(), ids))
}

#[test]
fn measures_equal_the_reference() {
    let Some((table, ids)) = common::online_retail() else { return };
    assert_eq!(table.n_rows(), 4338);
    let revenue: Money = table.rows().iter().map(|row| row.monetary).sum();
    assert_eq!(format!("{revenue:.2}"), "8911407.90");
    assert_eq!(table.rows().iter().map(|row| row.frequency).sum::<u64>(), 18_532);
    for (id, recency, frequency, monetary) in [
        (12347, 3.0, 7, "4310.00"),
        (12748, 1.0, 209, "33719.73"),
        (14646, 2.0, 73, "280206.02"),
        (17850, 373.0, 34, "5391.21"),
    ] {
        let row = table.rows()[ids.binary_search(&id).unwrap()];
        assert_eq!((row.recency_days, row.frequency), (recency, frequency), "{id}");
        assert_eq!(format!("{:.2}", row.monetary), monetary, "{id}");
    }
}

/// numpy 2.4.6: cuts by `np.quantile(column, [.2, .4, .6, .8])`, scores by
/// `1 + np.searchsorted(cuts, column, side="left")`, recency reversed.
#[test]
fn quintile_scores_equal_those_of_numpy() {
    let Some((table, _)) = common::online_retail() else { return };
    let model = RfmScoring::default().fit(&table).unwrap();
    for (dimension, cuts, counts) in [
        (0, [13.8, 33.0, 72.0, 180.0], [861, 866, 863, 880, 868]),
        (1, [1.0, 2.0, 3.0, 6.0], [1493, 835, 508, 802, 700]),
        (2, [250.194, 490.096, 942.276, 2058.426], [868, 867, 868, 867, 868]),
    ] {
        for (cut, expected) in model.cuts(dimension).iter().zip(cuts) {
            assert!((cut - expected).abs() < 1e-9, "{cut} {expected}");
        }
        assert_eq!(model.counts(dimension), counts);
    }
    assert!(model.vacant_scores().is_empty());
    // Every customer's three scores, in a sum that weighs them by her place.
    let scores = model.score(&table).unwrap();
    let code =
        |row: usize| scores.row(row).iter().fold(0, |code, &score| code * 10 + u64::from(score));
    let sum: u64 = (0..table.n_rows()).map(|row| (row as u64 + 1) * code(row)).sum();
    assert_eq!(sum, 3_098_017_873);
}

#[test]
fn inertia_is_that_of_four_hundred_starts() {
    let Some((rows, _)) = prepared() else { return };
    for seed in 0..4 {
        for (k, inertia, ..) in FIGURES {
            let model = KMeans::new(k).seed(seed).fit(&rows).unwrap();
            assert!(model.converged());
            let ratio = model.inertia() / inertia;
            assert!(ratio <= 1.00002, "k {k}, seed {seed}: {} is {ratio} of it", model.inertia());
        }
    }
}

#[test]
fn criteria_on_given_labels_equal_the_figures() {
    let Some((rows, ids)) = prepared() else { return };
    let Some(text) = common::read("reference/kmeans-labels.csv") else { return };
    let lines: Vec<Vec<u32>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|field| field.parse().unwrap()).collect())
        .collect();
    assert!(lines.iter().map(|line| line[0]).eq(ids));
    for (k, expected_inertia, expected_silhouette, expected_ch, expected_db) in FIGURES {
        let labels: Vec<SegmentIdx> =
            lines.iter().map(|line| SegmentIdx::new(line[k - 1])).collect();
        let inertia = inertia(&rows, &labels).unwrap();
        assert_eq!(format!("{inertia:.3}"), format!("{expected_inertia:.3}"), "k {k}");
        let exact = silhouette(&rows, &labels).unwrap();
        assert_eq!(format!("{:.4}", exact.mean), format!("{expected_silhouette:.4}"), "k {k}");
        let ch = calinski_harabasz(&rows, &labels).unwrap();
        assert_eq!(format!("{ch:.2}"), format!("{expected_ch:.2}"), "k {k}");
        let db = davies_bouldin(&rows, &labels).unwrap();
        assert_eq!(format!("{db:.4}"), format!("{expected_db:.4}"), "k {k}");
        let sampled = silhouette_sampled(&rows, &labels, 1000, 7).unwrap();
        let off = (sampled.mean - exact.mean).abs();
        assert!(sampled.standard_error > 0.0 && off < 4.0 * sampled.standard_error, "k {k}");
    }
}
