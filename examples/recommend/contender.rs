//! The models compared, and what is done with the best of them.

use std::io::{self, Write};

use patronage::core::{
    BoxError, Fit, InteractionTable, ItemFilter, Provenance, Recommender, Request, SavedModel,
    Seen, load, save,
};
use patronage::recommend::{
    Als, AlsInit, Bpr, Ease, Explain, Explanation, ItemKnn, Packaged, Popularity, Report,
    Similarity, Slim, UserKnn, fingerprint,
};

use crate::events::Events;

/// From so many items on, models with a weight for each pair of items are left out.
const MOST_PAIRED: usize = 6_000;

/// How long a list is served.
const SERVED: usize = 10;

type Way<T> = Box<dyn Fn(&InteractionTable) -> Result<T, BoxError>>;
type Serve = Box<dyn Fn(&Events, &Request<'_>, &Report) -> Result<Served, BoxError>>;

/// A model by name.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) fit: Way<Box<dyn Recommender>>,
    pub(crate) serve: Serve,
}

/// What one customer is recommended, by a model that was saved and loaded.
pub(crate) struct Served {
    model: &'static str,
    customer: String,
    list: Vec<(String, f32)>,
    /// Where the score of the first comes from, for models that say it.
    because: Option<(f64, Vec<(String, f64)>)>,
    pub(crate) saved: String,
}

impl Served {
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "Served     {}, fitted on everything, to {}:", self.model, self.customer)?;
        for (place, (item, score)) in self.list.iter().enumerate() {
            writeln!(out, "  {:>2}. {item}  {score:.4}", place + 1)?;
        }
        let (Some((base, parts)), Some((first, score))) = (&self.because, self.list.first()) else {
            return Ok(());
        };
        write!(out, "           {first}: {score:.4} = {base:.4}")?;
        for (item, amount) in parts.iter().take(3) {
            write!(out, " + {amount:.4} ({item})")?;
        }
        match parts.get(3..) {
            Some(rest) if !rest.is_empty() => {
                let amount: f64 = rest.iter().map(|part| part.1).sum();
                writeln!(out, " + {amount:.4} ({} more of her items)", rest.len())
            }
            _ => writeln!(out),
        }
    }
}

/// Every model that fits the number of items.
pub(crate) fn contenders(n_items: usize, seed: u64) -> Vec<Contender> {
    let tfidf = ItemKnn::new(50).similarity(Similarity::TfIdf).shrinkage(10.0);
    let ials = Als::new(128).unobserved_weight(0.3).regularization(0.0065).max_iter(8);
    let mut all = vec![
        explained("popularity", Popularity::new()),
        explained("item-knn", ItemKnn::new(50)),
        explained("item-knn tf-idf", tfidf),
        explained("user-knn", UserKnn::new(100)),
        explained("ials", ials.init(AlsInit::Spectral { n_iter: 3 }).seed(seed)),
        plain("bpr", Bpr::new(64).seed(seed)),
    ];
    if n_items <= MOST_PAIRED {
        all.push(explained("ease", Ease::new(400.0)));
        all.push(explained("slim", Slim::new(5.0, 200.0)));
    }
    all
}

fn explained<E, M>(name: &'static str, estimator: E) -> Contender
where
    E: Fit<InteractionTable, Model = M, Error = patronage::recommend::Error> + Clone + 'static,
    M: Recommender + Explain + SavedModel + 'static,
{
    contender(name, estimator, |model: &M, request, item| Some(model.explain(request, item)))
}

fn plain<E, M>(name: &'static str, estimator: E) -> Contender
where
    E: Fit<InteractionTable, Model = M, Error = patronage::recommend::Error> + Clone + 'static,
    M: Recommender + SavedModel + 'static,
{
    contender(name, estimator, |_: &M, _, _| None)
}

fn contender<E, M>(
    name: &'static str,
    estimator: E,
    explain: fn(&M, &Request<'_>, patronage::core::ItemIdx) -> Option<Explanation>,
) -> Contender
where
    E: Fit<InteractionTable, Model = M, Error = patronage::recommend::Error> + Clone + 'static,
    M: Recommender + SavedModel + 'static,
{
    let again = estimator.clone();
    Contender {
        name,
        fit: Box::new(move |table| Ok(Box::new(estimator.fit(table)?))),
        serve: Box::new(move |events, request, report| {
            let fitted = again.fit(&events.table)?;
            let filter = ItemFilter::seen(Seen::Exclude);
            let before = fitted.top_k(request, SERVED, &filter);
            let package = Packaged::new(fitted, events.items.clone())?.figures(report.figures());
            let provenance =
                Provenance { schema: None, training: Some(fingerprint(&events.table)) };
            let saved = save(&package, provenance)?;
            let (package, _) = load::<Packaged<M>>(&saved)?;
            let top = package.model().top_k(request, SERVED, &filter);
            if top != before {
                return Err(format!("{name} gives another list after it was saved").into());
            }
            let id = |item| events.items.id(item).unwrap_or_default().to_owned();
            let because = top.first().and_then(|best| explain(package.model(), request, best.item));
            let because = because.map(|because| {
                let parts = because.contributions.iter();
                (because.base, parts.map(|part| (id(part.item), part.amount)).collect())
            });
            let customer = request.customer.and_then(|customer| events.customers.id(customer));
            Ok(Served {
                model: name,
                customer: customer.unwrap_or_default().to_owned(),
                list: top.into_iter().map(|scored| (id(scored.item), scored.score)).collect(),
                because,
                saved,
            })
        }),
    }
}
