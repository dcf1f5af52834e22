//! Interactions that weigh less the more of them a customer or an item has.

use patronage::core::{
    BoxError, CustomerIdx, HistoryEntry, InteractionTable, Interactions, Recommender, Request,
};

use crate::read;

/// Powers by which the interactions of a customer, and of an item, lose weight with their number.
///
/// The weight of the pair of u and i is `(n_u / mean n_u)^-by_customer × (n_i / mean n_i)^-by_item`. A model of
/// such weights foretells weights, so that its scores are damped like them: they are multiplied by
/// `(n_i / mean n_i)^undone`.
#[derive(Clone, Copy)]
pub(crate) struct Damping {
    pub(crate) by_customer: f64,
    pub(crate) by_item: f64,
    pub(crate) undone: f64,
}

impl Damping {
    /// A model of interactions so weighted, whose requests are weighted likewise.
    ///
    /// `fit` makes a model that takes the weights of histories as they are.
    pub(crate) fn fit<M, E: Into<BoxError>>(
        self,
        table: &InteractionTable,
        fit: impl FnOnce(&InteractionTable) -> Result<M, E>,
    ) -> Result<Damped<M>, BoxError> {
        let rows = || CustomerIdx::all(table.n_customers()).map(|customer| table.row(customer));
        let mut counts = vec![0_u32; table.n_items()];
        rows().flat_map(|row| row.items()).for_each(|item| counts[item.index()] += 1);
        let total: f64 = counts.iter().map(|&n| f64::from(n)).sum();
        let mean = |of: usize| total / of as f64;
        let of_items = |by: f64| {
            let of_item = |&n: &u32| power(n.max(1).into(), mean(table.n_items()), by);
            counts.iter().map(of_item).collect::<Vec<f32>>()
        };
        let of_customers = (mean(table.n_customers()), self.by_customer);
        let (of_items, of_scores) = (of_items(self.by_item), of_items(-self.undone));
        let weights = Weights { of_items, of_scores, of_customers };

        let (n_customers, n_items) = (table.n_customers(), table.n_items());
        let entries = rows().zip(0..).flat_map(|(row, customer)| {
            let (items, own) = (row.items(), weights.of_customer(row.items().len()));
            let of_items = &weights.of_items;
            items.iter().map(move |item| (customer, item.get(), own * of_items[item.index()]))
        });
        let table = read::weighted(n_customers, n_items, entries)?;
        Ok(Damped { model: fit(&table).map_err(Into::into)?, weights })
    }
}

fn power(n: f64, mean: f64, by: f64) -> f32 {
    (n / mean).powf(-by) as f32
}

struct Weights {
    of_items: Vec<f32>,
    of_scores: Vec<f32>,
    /// The mean number of a customer's items, and the power.
    of_customers: (f64, f64),
}

impl Weights {
    fn of_customer(&self, n: usize) -> f32 {
        let (mean, by) = self.of_customers;
        power(n.max(1) as f64, mean, by)
    }
}

/// A model that learnt from what [`Damping`] weighs.
pub(crate) struct Damped<M> {
    model: M,
    weights: Weights,
}

impl<M: Recommender> Recommender for Damped<M> {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn scores(&self, request: &Request<'_>, out: &mut [f32]) {
        let own = self.weights.of_customer(request.history.len());
        let weighed = |entry: &HistoryEntry| {
            let of_item = self.weights.of_items.get(entry.item.index())?;
            Some(HistoryEntry { weight: entry.weight * own * of_item, ..*entry })
        };
        let history: Vec<HistoryEntry> = request.history.iter().filter_map(weighed).collect();
        self.model.scores(&Request { history: &history, ..*request }, out);
        out.iter_mut().zip(&self.weights.of_scores).for_each(|(score, weight)| *score *= weight);
    }
}
