//! One target among a few items: by its own name, with a warning, equal to the published protocol.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use patronage_core::{
    Csr, CustomerIdx, Fit, HistoryEntry, InteractionTable, ItemIdx, Recommender, Request, Seen,
    Timestamp,
};
use patronage_recommend::{
    Case, HeldOut, Popularity, SampledCase, SampledEvaluation, SampledMetric, SampledReport, Ties,
};

use crate::common::{held_out, table};

/// Item `i` scores what is given.
struct Fixed(Vec<f32>);

impl Recommender for Fixed {
    fn n_items(&self) -> usize {
        self.0.len()
    }

    fn scores(&self, _: &Request<'_>, out: &mut [f32]) {
        out.copy_from_slice(&self.0);
    }
}

fn request(history: &[HistoryEntry]) -> Request<'_> {
    Request { history, customer: None, as_of: Timestamp::MAX }
}

#[test]
fn ties_by_hand() {
    let model = Fixed(vec![1.0, 3.0, 1.0, 1.0, 0.0, f32::NAN]);
    let negatives = ItemIdx::wrap_slice(&[1, 2, 3, 4, 5]);
    let target = ItemIdx::new(0);
    let cases = [SampledCase { request: request(&[]), target, negatives }];
    let metrics = [SampledMetric::HitRate(2), SampledMetric::Ndcg(3), SampledMetric::Mrr];
    let evaluation = SampledEvaluation::new(5).metrics(metrics);
    let log = |rank: f64| 1.0 / (rank + 1.0).log2();
    // One above, two equal: rank 2, 3 or 4.
    for (ties, expected) in [
        (Ties::ForTarget, [1.0, log(2.0), 0.5]),
        (Ties::AgainstTarget, [0.0, 0.0, 0.25]),
        (Ties::Average, [1.0 / 3.0, (log(2.0) + log(3.0)) / 3.0, (0.5 + 1.0 / 3.0 + 0.25) / 3.0]),
    ] {
        let report = evaluation.clone().ties(ties).run_given(&model, &cases).unwrap();
        for (metric, expected) in metrics.into_iter().zip(expected) {
            let found = report.mean(metric).unwrap();
            assert!((found - expected).abs() < 1e-15, "{ties:?} {metric} {found} {expected}");
        }
    }
    // A target the model does not score is last, and NaN is below everything.
    let unknown = [SampledCase { target: ItemIdx::new(9), ..cases[0] }];
    let report = evaluation.run_given(&model, &unknown).unwrap();
    assert_eq!(report.mean(SampledMetric::Mrr), Some(1.0 / 6.0));
    let nan = [SampledCase { target: ItemIdx::new(5), negatives: &negatives[..4], ..cases[0] }];
    let report = evaluation.run_given(&model, &nan).unwrap();
    assert_eq!((report.mean(SampledMetric::Mrr), report.n_short()), (Some(0.2), 1));
}

#[test]
fn the_name_and_the_warning_are_there() {
    let model = Popularity::new().fit(&table(60)).unwrap();
    let report = SampledEvaluation::new(9).run(&model, &held_out(40)).unwrap();
    assert_eq!(report.figures()[0].name(), "hr@10 (1 vs 9)");
    let text = report.to_string();
    assert!(text.starts_with("hr@10 (1 vs 9) 1.0000"), "{text}");
    assert!(text.ends_with(&format!("warning: {}", SampledReport::WARNING)), "{text}");
    assert!(report.figures().iter().all(|figure| figure.interval.is_some()));
}

/// A model that scores all alike is as good as chance, unless ties are counted in its favour.
#[test]
fn chance_is_chance() {
    let (model, cases) = (Fixed(vec![0.0; 30]), held_out(100));
    let metric = SampledMetric::HitRate(2);
    let evaluation = SampledEvaluation::new(9).metrics([metric]);
    let mean = |ties| evaluation.clone().ties(ties).run(&model, &cases).unwrap().mean(metric);
    assert!((mean(Ties::Average).unwrap() - 0.2).abs() < 1e-12);
    assert_eq!((mean(Ties::ForTarget), mean(Ties::AgainstTarget)), (Some(1.0), Some(0.0)));
    // Scores that have nothing to do with the targets: chance within sampling error.
    let lot = Fixed((0..30).map(|item| crate::common::draw(item, 1000) as f32).collect());
    let report = evaluation.run(&lot, &cases).unwrap();
    let (low, high) = report.figures()[0].interval.unwrap();
    assert!(low < 0.4 && high > 0.05, "{report}");
    assert_eq!(report, evaluation.run(&lot, &cases).unwrap());
    assert_ne!(report, evaluation.clone().seed(1).run(&lot, &cases).unwrap());
}

#[test]
fn what_is_short_or_left_out_is_counted() {
    let model = Fixed(vec![0.3, 0.2, 0.1, 0.0]);
    let mut cases = HeldOut::new(4);
    let history = HistoryEntry::from_items(ItemIdx::wrap_slice(&[0, 1]));
    let targets = ItemIdx::wrap_slice(&[1, 2]);
    cases.push(Case { request: request(&history), targets }).unwrap();
    let evaluation = SampledEvaluation::new(3).metrics([SampledMetric::Mrr]);
    let report = evaluation.run(&model, &cases).unwrap();
    // Only item 3 is neither known nor a target.
    assert_eq!((report.n_targets(), report.n_short(), report.n_left_out()), (1, 1, 1));
    assert_eq!(report.mean(SampledMetric::Mrr), Some(1.0));
    let both = evaluation.clone().seen(Seen::Allow).run(&model, &cases).unwrap();
    assert_eq!((both.n_targets(), both.n_left_out()), (2, 0));

    assert!(SampledEvaluation::new(0).run(&model, &cases).is_err());
    assert!(evaluation.clone().metrics([]).run(&model, &cases).is_err());
    assert!(evaluation.clone().metrics([SampledMetric::Ndcg(0)]).run(&model, &cases).is_err());
    assert!(evaluation.clone().level(0.0).run(&model, &cases).is_err());
    assert!(evaluation.run(&model, &HeldOut::new(4)).is_err());
    let negatives = ItemIdx::wrap_slice(&[4]);
    let wild = [SampledCase { request: request(&[]), target: ItemIdx::new(0), negatives }];
    assert!(evaluation.run_given(&model, &wild).is_err());
}

/// One against 99 on MovieLens-1M, with the published negatives: popularity gives HR@10 0.4538 and
/// NDCG@10 0.2545, ties counting for the target.
#[test]
fn popularity_on_movielens_is_that_of_the_reference() {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let folder = Path::new(shared).join("data/movielens-1m");
    let unzipped = |name: &str| {
        let mut text = String::new();
        let file = std::fs::File::open(folder.join(name)).ok()?;
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).ok()?;
        Some(text)
    };
    let (Some(all), Some(negatives), Ok(map), Ok(test)) = (
        unzipped("interactions_all.csv.gz"),
        unzipped("ncf_test.negative.gz"),
        std::fs::read_to_string(folder.join("ncf_item_map.csv")),
        std::fs::read_to_string(folder.join("ncf_test.rating")),
    ) else {
        eprintln!("skipped for lack of data: MovieLens-1M, one against 99");
        return;
    };
    let number = |text: &str| text.trim().parse::<u32>().unwrap();
    // Columns: the item's number in the protocol, and the movie.
    let item_of: HashMap<u32, u32> = map
        .lines()
        .skip(1)
        .map(|line| {
            line.split_once(',').map(|(item, movie)| (number(movie), number(item))).unwrap()
        })
        .collect();
    let pairs: Vec<(u32, u32)> = all
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').map(|(u, m)| (number(u) - 1, number(m))).unwrap())
        .collect();
    let tested: HashMap<u32, u32> = test
        .lines()
        .map(|line| {
            let mut fields = line.split('\t');
            (number(fields.next().unwrap()), number(fields.next().unwrap()))
        })
        .collect();
    let mut entries: Vec<(u32, u32, f32)> =
        pairs.iter().map(|(user, movie)| (*user, item_of[movie], 1.0)).collect();
    entries.retain(|(user, item, _)| tested.get(user) != Some(item));
    let weights = Csr::from_entries(6040, item_of.len(), &entries, |_, _| {}).unwrap();
    assert_eq!(weights.n_entries(), 994_169);
    let model = Popularity::new().fit(&InteractionTable::new(weights).unwrap()).unwrap();

    let given: Vec<(u32, ItemIdx, Vec<ItemIdx>)> = negatives
        .lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let pair = fields.next().unwrap().trim_matches(['(', ')']);
            let (user, item) = pair.split_once(',').unwrap();
            let negatives = fields.map(|item| ItemIdx::new(number(item))).collect();
            (number(user), ItemIdx::new(number(item)), negatives)
        })
        .collect();
    let cases: Vec<SampledCase<'_>> = given
        .iter()
        .map(|(user, target, negatives)| SampledCase {
            request: Request { customer: Some(CustomerIdx::new(*user)), ..request(&[]) },
            target: *target,
            negatives,
        })
        .collect();
    let evaluation = SampledEvaluation::new(99).ties(Ties::ForTarget).bootstrap(100);
    let report = evaluation.run_given(&model, &cases).unwrap();
    eprintln!("{report}");
    assert_eq!(report.n_customers(), 6040);
    let near = |metric, expected: f64| {
        assert!((report.mean(metric).unwrap() - expected).abs() < 5e-5, "{report}");
    };
    near(SampledMetric::HitRate(10), 0.4538);
    near(SampledMetric::Ndcg(10), 0.2545);
}
