//! Ratings of MovieLens-100K: row r of the file is in fold r mod 5, and each fold is foretold by models that
//! learnt from the others.

use std::io::Write;
use std::path::Path;

use patronage::core::{
    BoxError, Csr, CustomerIdx, Fit, InteractionTable, ItemIdx, RatingPredictor,
};
use patronage::recommend::{
    BiasedMf, Centre, Error, Neighbours, Nmf, RatingBaseline, RatingKnn, RatingReport, RatingScale,
    RatingSimilarity, SlopeOne, SvdPlusPlus,
};

use crate::{Printer, Reached, read};

const N_FOLDS: usize = 5;

type Triple = (u32, u32, f32);

/// Makes a model of ratings.
type Way<'a> = &'a dyn Fn(&InteractionTable) -> Result<Box<dyn RatingPredictor>, Error>;

fn boxed<M: RatingPredictor + 'static>(model: M) -> Box<dyn RatingPredictor> {
    Box::new(model)
}

/// Mean RMSE and MAE over the folds.
fn judge(ratings: &[Triple], way: Way<'_>) -> Result<[f64; 2], BoxError> {
    let n =
        |of: fn(&Triple) -> u32| ratings.iter().map(of).max().map_or(0, |most| most as usize + 1);
    let (n_customers, n_items) = (n(|rating| rating.0), n(|rating| rating.1));
    let mut sums = [0.0; 2];
    for fold in 0..N_FOLDS {
        let part = |held_out: bool| -> Vec<Triple> {
            let rows = ratings.iter().enumerate();
            rows.filter(|(row, _)| (row % N_FOLDS == fold) == held_out).map(|(_, &r)| r).collect()
        };
        let table = Csr::from_entries(n_customers, n_items, &part(false), |_, _| {})?;
        let model = way(&InteractionTable::new(table)?)?;
        let test: Vec<_> = part(true)
            .into_iter()
            .map(|(u, i, r)| (CustomerIdx::new(u), ItemIdx::new(i), f64::from(r)))
            .collect();
        let report = RatingReport::of(&*model, &test)?;
        sums[0] += report.rmse();
        sums[1] += report.mae();
    }
    Ok(sums.map(|sum| sum / N_FOLDS as f64))
}

pub(crate) fn run<W: Write>(
    folder: &Path,
    printer: &mut Printer<W>,
) -> Result<Option<()>, BoxError> {
    let path = folder.join("movielens-100k/u.data");
    let Some(text) = read::text(&path)? else { return Ok(None) };
    let mut ratings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let [user, movie, stars] = read::numbers::<3>(line, at, '\t')
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let index = |id: u32| id.checked_sub(1).ok_or("ids are numbered from 1");
        ratings.push((index(user)?, index(movie)?, stars as f32));
    }
    let scale = RatingScale::FIVE_STARS;
    let customers = RatingKnn::new(40, scale).neighbours(Neighbours::Customers);
    let means = customers.similarity(RatingSimilarity::MeanSquaredDifference).centre(Centre::Mean);
    let knn = RatingKnn::new(40, scale);
    let ways: [(&str, Way<'_>, [f64; 2]); 7] = [
        ("baseline", &|data| RatingBaseline::new(scale).fit(data).map(boxed), [0.9438, 0.7482]),
        ("knn baseline", &|data| knn.fit(data).map(boxed), [0.9297, 0.7325]),
        ("knn with means", &|data| means.fit(data).map(boxed), [0.9499, 0.7485]),
        ("slope one", &|data| SlopeOne::new(scale).fit(data).map(boxed), [0.9444, 0.7424]),
        ("nmf", &|data| Nmf::new(scale).fit(data).map(boxed), [0.9631, 0.7574]),
        ("svd", &|data| BiasedMf::new(scale).fit(data).map(boxed), [0.9364, 0.7380]),
        ("svd++", &|data| SvdPlusPlus::new(scale).fit(data).map(boxed), [0.9181, 0.7207]),
    ];
    for (model, way, peers) in ways {
        let figures = judge(&ratings, way)?;
        for ((metric, value), peer) in ["rmse", "mae"].into_iter().zip(figures).zip(peers) {
            printer.say(&Reached { model, metric, value, peer: Some(("Surprise", peer)) })?;
        }
    }
    Ok(Some(()))
}
