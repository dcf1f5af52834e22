//! Figures on MovieLens-1M, strong generalisation, where the data are at hand.
//!
//! Protocol: every (user, movie) pair is one positive; users whose id is divisible by 10 are
//! tested, the others train; of a tested user's pairs those with
//! `(user × 2654435761 + movie × 40503) mod 2³² mod 5 = 0` are targets, the rest is her history,
//! which is not recommended. The figures expected were computed with numpy 2.4.6 and scipy by a
//! dense matrix product in single precision, keeping all ties of the k-th neighbour.

use std::io::Read;
use std::path::Path;

use patronage_core::{
    Csr, CustomerIdx, Fit, InteractionTable, Interactions, ItemIdx, Recommender, Seen,
};
use patronage_recommend::{
    Als, AlsSolver, Ease, Evaluation, ItemKnn, Metric, NoHistory, Popularity, Report, Similarity,
    Split,
};

struct MovieLens {
    split: Split,
}

fn movielens() -> Option<MovieLens> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let path = Path::new(shared).join("data/movielens-1m/interactions_all.csv.gz");
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped for lack of data: MovieLens-1M");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let pairs: Vec<(u32, u32)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let (user, movie) = line.split_once(',').unwrap();
            (user.parse().unwrap(), movie.parse().unwrap())
        })
        .collect();
    let (mut users, mut movies): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
    for ids in [&mut users, &mut movies] {
        ids.sort_unstable();
        ids.dedup();
    }
    let at = |ids: &[u32], id: &u32| ids.binary_search(id).unwrap() as u32;
    let entries: Vec<(u32, u32, f32)> =
        pairs.iter().map(|(user, movie)| (at(&users, user), at(&movies, movie), 1.0)).collect();
    let table = Csr::from_entries(users.len(), movies.len(), &entries, |_, _| {}).unwrap();
    let table = InteractionTable::new(table).unwrap();
    let user = |customer: CustomerIdx| u64::from(users[customer.index()]);
    let movie = |item: ItemIdx| u64::from(movies[item.index()]);
    let split = Split::strong(
        &table,
        |customer| user(customer) % 10 == 0,
        |customer, item| {
            (user(customer) * 2_654_435_761 + movie(item) * 40_503) % (1 << 32) % 5 == 0
        },
    )
    .unwrap();
    Some(MovieLens { split })
}

impl MovieLens {
    fn judge(&self, model: &dyn Recommender) -> Report {
        Evaluation::new(Seen::Exclude)
            .metrics([Metric::Recall(20), Metric::Recall(50), Metric::Ndcg(100)])
            .no_history(NoHistory::Skip)
            .bootstrap(200)
            .run(model, &self.split.held_out)
            .unwrap()
    }
}

fn figures(report: &Report) -> [f64; 3] {
    [Metric::Recall(20), Metric::Recall(50), Metric::Ndcg(100)].map(|m| report.mean(m).unwrap())
}

#[test]
fn figures_are_those_of_the_reference() {
    let Some(data) = movielens() else { return };
    let training = &data.split.training;
    let n_pairs: usize =
        CustomerIdx::all(training.n_customers()).map(|c| training.row(c).items().len()).sum();
    assert_eq!((training.n_items(), n_pairs), (3706, 898_739));

    let popularity = data.judge(&Popularity::new().fit(training).unwrap());
    eprintln!("popularity {:?}", figures(&popularity));
    assert_eq!((popularity.n_customers(), popularity.n_targets()), (604, 20_270));
    for (found, expected) in figures(&popularity).into_iter().zip([0.1930, 0.2281, 0.2301]) {
        assert!((found - expected).abs() < 5e-5, "{found} {expected}");
    }
    for (k, expected) in [(50, [0.3379, 0.4116, 0.4113]), (100, [0.3477, 0.4146, 0.4075])] {
        let report = data.judge(&ItemKnn::new(k).fit(training).unwrap());
        eprintln!("item-kNN, {k} neighbours: {:?}", figures(&report));
        for (found, expected) in figures(&report).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
    let knn = ItemKnn::new(50).similarity(Similarity::TfIdf).shrinkage(10.0).fit(training).unwrap();
    let report = data.judge(&knn);
    eprintln!("item-kNN, TF-IDF: {:?}", figures(&report));
    assert!(report.mean(Metric::Ndcg(100)).unwrap() > 0.418);
    let better = report.compare(&popularity, Metric::Ndcg(100)).unwrap();
    assert!(better.p_value < 0.02, "{better:?}");
}

/// EASE as the reference has it, by `numpy.linalg.inv` in double precision; iALS with parameters
/// chosen on the users whose id mod 10 is 1 (fitted on the other users whose id mod 10 is not 0), of
/// fifteen pairs of unobserved weight and regularisation.
#[test]
fn factors_and_weights_reach_their_figures() {
    let Some(data) = movielens() else { return };
    let training = &data.split.training;
    for (lambda, expected) in [(400.0, [0.4171, 0.4931, 0.4889]), (800.0, [0.4203, 0.4946, 0.4914])]
    {
        let report = data.judge(&Ease::new(lambda).fit(training).unwrap());
        eprintln!("EASE, lambda {lambda}: {:?}", figures(&report));
        for (found, expected) in figures(&report).into_iter().zip(expected) {
            assert!((found - expected).abs() < 5.1e-5, "{found} {expected}");
        }
    }
    let als = Als::new(256).unobserved_weight(0.3).regularization(0.0065).max_iter(8);
    let report = data.judge(&als.solver(AlsSolver::Subspace { block: 64 }).fit(training).unwrap());
    eprintln!("iALS, 256 factors: {:?}", figures(&report));
    assert!(report.mean(Metric::Ndcg(100)).unwrap() > 0.490);
}
