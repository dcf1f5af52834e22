//! Each user's last movie against 99 she has not seen: the protocol of He et al. (2017), kept to compare with
//! published figures. Figures from samples order models differently than full ranking does (Krichene and
//! Rendle 2020); to choose a model, use full ranking.
//!
//! Sampled movies that are the user's own last one are left out (156 users have one), and movies of an equal
//! score do not push the last one down.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::Path;

use patronage::core::{
    BoxError, CustomerIdx, Fit, HistoryEntry, InteractionTable, Interactions, ItemIdx, Recommender,
    Request, Timestamp,
};
use patronage::recommend::{
    Als, AlsInit, AlsSolver, HistoryWeight, Popularity, SampledCase, SampledEvaluation,
    SampledMetric, Ties,
};

use crate::damped::Damping;
use crate::{Printer, Reached, read};

/// A user, her last movie, and the others.
type Case = (u32, u32, BTreeSet<u32>);

struct Files {
    training: InteractionTable,
    cases: Vec<Case>,
}

fn files(folder: &Path) -> Result<Option<Files>, BoxError> {
    let file = |name: &str| read::text(&folder.join("movielens-1m").join(name));
    let (Some(pairs), Some(map), Some(last), Some(others)) = (
        read::pairs(folder)?,
        file("ncf_item_map.csv")?,
        file("ncf_test.rating")?,
        file("ncf_test.negative.gz")?,
    ) else {
        return Ok(None);
    };
    let mut number_of = HashMap::new();
    for (at, line) in map.lines().enumerate().skip(1) {
        let [number, movie] = read::numbers::<2>(line, at, ',')?;
        number_of.insert(movie, number);
    }
    let (n_last, n_others) = (last.lines().count(), others.lines().count());
    if n_last != n_others {
        return Err(format!("{n_last} last movies, but {n_others} lines of others").into());
    }
    let mut cases = Vec::new();
    for ((at, last), others) in last.lines().enumerate().zip(others.lines()) {
        let [user, item] = read::numbers::<2>(last, at, '\t')?;
        let mut others = others.split('\t');
        let whose = format!("({user},{item})");
        if others.next() != Some(&whose) {
            return Err(format!("line {}: the others are not those of {whose}", at + 1).into());
        }
        let mut others: BTreeSet<u32> = others.map(str::parse).collect::<Result<_, _>>()?;
        others.remove(&item);
        cases.push((user, item, others));
    }
    let held_out: BTreeSet<(u32, u32)> =
        cases.iter().map(|&(user, item, _)| (user, item)).collect();
    let n_users = pairs.iter().map(|&(user, _)| user).max().unwrap_or(0) as usize;
    let mut training = Vec::new();
    for (user, movie) in pairs {
        let number =
            *number_of.get(&movie).ok_or_else(|| format!("movie {movie} has no number"))?;
        let pair = (user.checked_sub(1).ok_or("users are numbered from 1")?, number);
        if !held_out.contains(&pair) {
            training.push(pair);
        }
    }
    let training = read::table(n_users, number_of.len(), training.into_iter())?;
    Ok(Some(Files { training, cases }))
}

const METRICS: [SampledMetric; 2] = [SampledMetric::HitRate(10), SampledMetric::Ndcg(10)];

fn judge(model: &dyn Recommender, files: &Files) -> Result<[f64; 2], BoxError> {
    let row = |user: u32| files.training.row(CustomerIdx::new(user)).items();
    let histories: Vec<Vec<HistoryEntry>> =
        files.cases.iter().map(|case| HistoryEntry::from_items(row(case.0))).collect();
    let others: Vec<Vec<ItemIdx>> =
        files.cases.iter().map(|case| case.2.iter().copied().map(ItemIdx::new).collect()).collect();
    let as_of = Timestamp::from_seconds(0);
    let cases: Vec<SampledCase<'_>> = files
        .cases
        .iter()
        .zip(&histories)
        .zip(&others)
        .map(|((&(user, item, _), history), negatives)| SampledCase {
            request: Request { history, customer: Some(CustomerIdx::new(user)), as_of },
            target: ItemIdx::new(item),
            negatives,
        })
        .collect();
    let evaluation = SampledEvaluation::new(99).metrics(METRICS).ties(Ties::ForTarget).bootstrap(0);
    let report = evaluation.run_given(model, &cases)?;
    Ok(METRICS.map(|metric| report.mean(metric).unwrap_or(f64::NAN)))
}

/// Chosen, with the parameters of the factorisation, on the last training pair of each user whose time is known:
/// a hit rate expected over all ways to draw 99 others of 0.7864, and 0.7836 without damping.
const DAMPING: Damping = Damping { by_customer: 0.0, by_item: 0.15, undone: 0.0 };

pub(crate) fn run<W: Write>(
    folder: &Path,
    printer: &mut Printer<W>,
) -> Result<Option<()>, BoxError> {
    let Some(files) = files(folder)? else { return Ok(None) };
    let mut say = |model: &str, figures: [f64; 2], peers: [(&str, f64); 2]| {
        METRICS.into_iter().zip(figures).zip(peers).try_for_each(|((metric, value), peer)| {
            printer.say(&Reached { model, metric: &metric.to_string(), value, peer: Some(peer) })
        })
    };
    let popularity = Popularity::new().fit(&files.training)?;
    let peers = [0.4538, 0.2545].map(|figure| ("numpy", figure));
    say("popularity", judge(&popularity, &files)?, peers)?;
    let als = Als::new(192).unobserved_weight(0.3).regularization(0.007).max_iter(4);
    let als = als.solver(AlsSolver::Subspace { block: 64 }).init(AlsInit::Spectral { n_iter: 4 });
    let als = als.history(HistoryWeight::Sum);
    let als = DAMPING.fit(&files.training, |training| als.fit(training))?;
    let peers = [0.7310, 0.4521].map(|figure| ("irspack (published)", figure));
    say("ials", judge(&als, &files)?, peers)?;
    Ok(Some(()))
}
