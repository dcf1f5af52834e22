//! Strong generalisation: the users tested are unknown to training, and served from their history.
//!
//! Users whose id is divisible by 10 are tested. Of their pairs those with
//! `(user × 2654435761 + movie × 40503) mod 2³² mod 5 = 0` are targets, the others history, which is not
//! recommended again. All movies are ranked.

use std::io::Write;
use std::path::Path;

use patronage::core::{BoxError, CustomerIdx, Fit, InteractionTable, ItemIdx, Recommender, Seen};
use patronage::recommend::{
    Als, AlsInit, AlsModel, AlsSolver, Blend, BlendSearch, Ease, EaseModel, Evaluation,
    HistoryWeight, ItemKnn, KernelRidge, KernelRidgeModel, Metric, NoHistory, Normalise,
    Popularity, Report, Similarity, Slim, Split,
};

use crate::damped::{Damped, Damping};
use crate::{Printer, Reached, read};

const METRICS: [Metric; 3] = [Metric::Recall(20), Metric::Recall(50), Metric::Ndcg(100)];

/// Pairs, and what their indices stand for.
struct Pairs {
    users: Vec<u32>,
    movies: Vec<u32>,
    pairs: Vec<(u32, u32)>,
}

impl Pairs {
    /// Users with `is_tested` are tested on the model's answers, those with `is_left` left out.
    fn split(
        &self,
        is_left: impl Fn(u32) -> bool,
        is_tested: impl Fn(u32) -> bool,
    ) -> Result<Split, BoxError> {
        let users = read::distinct(self.users.iter().copied().filter(|&user| !is_left(user)));
        let at = |ids: &[u32], id: u32| ids.binary_search(&id).map(|at| at as u32).ok();
        let indices = self
            .pairs
            .iter()
            .filter_map(|&(user, movie)| Some((at(&users, user)?, at(&self.movies, movie)?)));
        let table = read::table(users.len(), self.movies.len(), indices)?;
        let user = |customer: CustomerIdx| users[customer.index()];
        let hash = |customer, item: ItemIdx| {
            let (user, movie) = (u64::from(user(customer)), u64::from(self.movies[item.index()]));
            (user * 2_654_435_761 + movie * 40_503) % (1 << 32)
        };
        let split = Split::strong(
            &table,
            |customer| is_tested(user(customer)),
            |customer, item| hash(customer, item) % 5 == 0,
        )?;
        Ok(split)
    }
}

fn judge(model: &dyn Recommender, split: &Split) -> Result<Report, BoxError> {
    let evaluation = Evaluation::new(Seen::Exclude).metrics(METRICS).no_history(NoHistory::Skip);
    Ok(evaluation.bootstrap(1000).run(model, &split.held_out)?)
}

/// The members of the blend, with parameters chosen on the users whose id mod 10 is 1.
fn members(training: &InteractionTable) -> Result<[Box<dyn Recommender>; 3], BoxError> {
    let ease = Ease::new(500.0).history(HistoryWeight::Sum);
    let damping = Damping { by_customer: 0.15, by_item: 0.0, undone: 0.0 };
    let ease = damping.fit(training, |training| ease.fit(training))?;
    Ok([Box::new(kernel(training)?), Box::new(ease), Box::new(als(128, training)?)])
}

/// NDCG@100 of 0.4950 on those users.
fn kernel(training: &InteractionTable) -> Result<Damped<KernelRidgeModel>, BoxError> {
    let kernel = KernelRidge::new(1.0).gamma(3.0).history(HistoryWeight::Sum);
    let damping = Damping { by_customer: 0.3, by_item: 0.2, undone: 0.1 };
    damping.fit(training, |training| kernel.fit(training))
}

/// NDCG@100 of 0.4930 on those users, and 0.4846 without damping.
fn damped_ease(training: &InteractionTable) -> Result<Damped<EaseModel>, BoxError> {
    let ease = Ease::new(800.0).history(HistoryWeight::Sum);
    let damping = Damping { by_customer: 0.25, by_item: 0.2, undone: 0.0 };
    damping.fit(training, |training| ease.fit(training))
}

/// NDCG@100 of 0.4910 on those users with 384 factors, and 0.4877 with 256 and without damping.
fn als(n_factors: usize, training: &InteractionTable) -> Result<Damped<AlsModel>, BoxError> {
    let als = Als::new(n_factors).unobserved_weight(0.3).regularization(0.0065).max_iter(4);
    let als = als.init(AlsInit::Spectral { n_iter: 4 }).solver(AlsSolver::Subspace { block: 64 });
    let als = als.history(HistoryWeight::Sum);
    let damping = Damping { by_customer: 0.3, by_item: 0.1, undone: 0.0 };
    damping.fit(training, |training| als.fit(training))
}

fn tfidf() -> ItemKnn {
    ItemKnn::new(50).similarity(Similarity::TfIdf).shrinkage(10.0)
}

pub(crate) fn run<W: Write>(
    folder: &Path,
    printer: &mut Printer<W>,
) -> Result<Option<()>, BoxError> {
    let Some(pairs) = read::pairs(folder)? else { return Ok(None) };
    let users = read::distinct(pairs.iter().map(|&(user, _)| user));
    let movies = read::distinct(pairs.iter().map(|&(_, movie)| movie));
    let pairs = Pairs { users, movies, pairs };
    let test = pairs.split(|_| false, |user| user % 10 == 0)?;
    let training = &test.training;

    let mut say = |model: &str, report: &Report, peers: [Option<(&str, f64)>; 3]| {
        METRICS.into_iter().zip(peers).try_for_each(|(metric, peer)| {
            let value = report.mean(metric).unwrap_or(f64::NAN);
            printer.say(&Reached { model, metric: &metric.to_string(), value, peer })
        })
    };
    let numpy = |figures: [f64; 3]| figures.map(|figure| Some(("numpy", figure)));
    let fitted = Popularity::new().fit(training)?;
    say("popularity", &judge(&fitted, &test)?, numpy([0.1930, 0.2281, 0.2301]))?;
    let fitted = ItemKnn::new(50).fit(training)?;
    say("item-knn", &judge(&fitted, &test)?, numpy([0.3379, 0.4116, 0.4113]))?;
    say("item-knn tf-idf", &judge(&tfidf().fit(training)?, &test)?, [None; 3])?;
    for (model, lambda, figures) in [
        ("ease", 400.0, [0.4171, 0.4931, 0.4889]),
        ("ease lambda 100", 100.0, [f64::NAN; 3]),
        ("ease lambda 200", 200.0, [f64::NAN; 3]),
        ("ease lambda 800", 800.0, [0.4203, 0.4946, 0.4914]),
    ] {
        let peers = figures.map(|figure| figure.is_finite().then_some(("numpy", figure)));
        say(model, &judge(&Ease::new(lambda).fit(training)?, &test)?, peers)?;
    }
    say("ease damped", &judge(&damped_ease(training)?, &test)?, [None; 3])?;
    say("slim", &judge(&Slim::new(5.0, 200.0).fit(training)?, &test)?, [None; 3])?;
    let peers = [0.4003, 0.4919, 0.4790].map(|figure| Some(("implicit", figure)));
    say("ials", &judge(&als(384, training)?, &test)?, peers)?;

    say("kernel ridge", &judge(&kernel(training)?, &test)?, [None; 3])?;

    // How much each member counts is decided on users who are not tested.
    let chosen = pairs.split(|user| user % 10 == 0, |user| user % 10 == 1)?;
    let of_chosen = members(&chosen.training)?;
    let of_chosen: Vec<&dyn Recommender> = of_chosen.iter().map(|member| &**member).collect();
    let search = BlendSearch::new(Metric::Ndcg(100)).steps(10).normalise(Normalise::ZScore);
    let trials = search.run(&of_chosen, &chosen.held_out)?;
    let weights = &trials.best().weights;
    let mut blend = Blend::new().normalise(Normalise::ZScore);
    for (member, &weight) in members(training)?.into_iter().zip(weights) {
        blend = blend.member(member, weight);
    }
    say("blend", &judge(&blend.build()?, &test)?, [None; 3])?;
    printer.note(&format!(
        "  blend: {:.1} kernel ridge, {:.1} ease, {:.1} ials, {:.4} on the users whose id mod 10 is 1",
        weights[0], weights[1], weights[2], trials.best().value
    ))?;
    Ok(Some(()))
}
