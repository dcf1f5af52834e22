//! What the estimators share: parameters, checks, and the loop over epochs.

use std::ops::ControlFlow;

use patronage_core::Interactions;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::model::PairwiseModel;
use super::steps::{Descent, Epoch, Items, Loss, Positives};
use crate::by_item::ByItem;
use crate::error::{Error, require, require_grown};
use crate::history::HistoryRule;
use crate::linear::{Rows, dispatch};

/// What is shown the epochs done and the model reached, and says whether to go on.
pub(super) type Watch<'a> = dyn FnMut(usize, &PairwiseModel) -> ControlFlow<()> + 'a;

/// Parameters of factors learnt from pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pairwise {
    pub(super) n_factors: usize,
    pub(super) descent: Descent,
    pub(super) max_iter: usize,
    pub(super) seed: u64,
    pub(super) rule: HistoryRule,
}

/// The setters of an estimator that holds [`Pairwise`] first.
macro_rules! knobs {
    () => {
        /// The length of a step; default `0.05` for BPR and `0.02` for WARP, above 0, at most 10.
        #[must_use]
        pub const fn learning_rate(mut self, rate: f64) -> Self {
            self.0.descent.learning_rate = rate;
            self
        }

        /// How much factors shrink with each step that touches them, times the learning rate; default `0.01` for BPR and `0.1` for WARP, at least 0.
        #[must_use]
        pub const fn regularization(mut self, regularization: f64) -> Self {
            self.0.descent.regularization = regularization;
            self
        }

        /// Epochs, each of as many steps as there are interactions; default `50`, at least 1.
        #[must_use]
        pub const fn max_iter(mut self, epochs: usize) -> Self {
            self.0.max_iter = epochs;
            self
        }

        /// Seeds the starting factors and the draws; default `0`.
        #[must_use]
        pub const fn seed(mut self, seed: u64) -> Self {
            self.0.seed = seed;
            self
        }

        crate::history::reads_history!(0.rule; "Only the sign of a weight counts.");
    };
}

pub(super) use knobs;

impl Pairwise {
    pub(super) const fn bpr(n_factors: usize) -> Self {
        Self::new(n_factors, Loss::Bpr, 0.05, 0.01)
    }

    pub(super) const fn warp(n_factors: usize) -> Self {
        Self::new(n_factors, Loss::Warp { max_sampled: 10 }, 0.02, 0.1)
    }

    const fn new(n_factors: usize, loss: Loss, learning_rate: f64, regularization: f64) -> Self {
        Self {
            n_factors,
            descent: Descent { loss, learning_rate, regularization },
            max_iter: 50,
            seed: 0,
            rule: HistoryRule::BINARY,
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let (d, epochs) = (self.n_factors, self.max_iter);
        require((1..=4096).contains(&d), "n_factors", "1 to 4096", d as f64)?;
        require(epochs >= 1, "max_iter", "at least 1", epochs as f64)?;
        self.descent.validate()?;
        self.rule.validate()
    }

    /// Learns, and calls `watch` with the epochs done and the model reached after every `every` of
    /// them and after the last; stops when it says so.
    pub(super) fn learn<I: Interactions + ?Sized>(
        &self,
        data: &I,
        every: usize,
        watch: &mut Watch<'_>,
    ) -> Result<PairwiseModel, Error> {
        self.validate()?;
        let customers = self.start(data.n_customers(), 0, 1.0);
        let items = self.start(data.n_items(), 1, 0.0);
        self.run(data, customers, items, every, watch)
    }

    /// Starts from the factors of a former model; customers and items after those it knew start random.
    pub(super) fn fit_from<I: Interactions + ?Sized>(
        &self,
        data: &I,
        former: &PairwiseModel,
    ) -> Result<PairwiseModel, Error> {
        self.validate()?;
        let d = former.n_factors();
        require(d == self.n_factors, "n_factors", "those of the former model", d as f64)?;
        require_grown(former.n_customers(), former.items().n(), data)?;
        let mut customers = self.start(data.n_customers(), 0, 1.0);
        let mut items = self.start(data.n_items(), 1, 0.0);
        for (rows, known) in [(&mut customers, former.customers()), (&mut items, former.items())] {
            rows.all_mut()[..known.all().len()].copy_from_slice(known.all());
        }
        self.run(data, customers, items, usize::MAX, &mut |_, _| ControlFlow::Continue(()))
    }

    fn run<I: Interactions + ?Sized>(
        &self,
        data: &I,
        mut customers: Rows,
        mut items: Rows,
        every: usize,
        watch: &mut Watch<'_>,
    ) -> Result<PairwiseModel, Error> {
        // Checks the data.
        drop(ByItem::new(data)?);
        let positives = Positives::new(data);
        let n = positives.items.len();
        let epochs = self.max_iter;
        for epoch in 0..epochs as u64 {
            let [mut of_pairs, mut rng] = [2, 3].map(|s| stream(self.seed, s + 2 * epoch));
            let mut pairs = (0..n).map(|_| {
                let at = of_pairs.random_range(0..n);
                (positives.customers[at] as usize, positives.items[at])
            });
            dispatch(Epoch {
                descent: self.descent,
                pairs: &mut pairs,
                items_of: &|customer| positives.of(customer),
                customers: &mut customers,
                items: Items::Learnt(&mut items),
                rng: &mut rng,
            });
            let done = epoch as usize + 1;
            if done < epochs && done.is_multiple_of(every) {
                let model = self.model(items.clone(), customers.clone())?;
                if watch(done, &model).is_break() {
                    return Ok(model);
                }
            }
        }
        let model = self.model(items, customers)?;
        // Nothing is left to stop.
        let _ = watch(epochs, &model);
        Ok(model)
    }

    fn model(&self, items: Rows, customers: Rows) -> Result<PairwiseModel, Error> {
        PairwiseModel::from_parts(self.descent, self.seed, self.rule, items, customers)
    }

    /// Small uniform factors, and the bias or what it is multiplied with.
    pub(super) fn start(&self, n: usize, s: u64, last: f32) -> Rows {
        let mut rng = stream(self.seed, s);
        let d = self.n_factors;
        let mut rows = Rows::zeros(n, d + 1);
        for i in 0..n {
            let row = rows.row_mut(i);
            row[..d].iter_mut().for_each(|x| *x = (rng.random::<f32>() - 0.5) / d as f32);
            row[d] = last;
        }
        rows
    }
}

impl Descent {
    pub(super) fn validate(&self) -> Result<(), Error> {
        let (rate, regularization) = (self.learning_rate, self.regularization);
        let expected = "a number above 0, at most 10";
        require(rate > 0.0 && rate <= 10.0, "learning_rate", expected, rate)?;
        let expected = "a number of at least 0, at most 1 / learning_rate";
        let holds = regularization >= 0.0 && regularization * rate <= 1.0;
        require(holds, "regularization", expected, regularization)?;
        if let Loss::Warp { max_sampled } = self.loss {
            require(max_sampled >= 1, "max_sampled", "at least 1", max_sampled as f64)?;
        }
        Ok(())
    }
}

pub(super) fn stream(seed: u64, s: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(s);
    rng
}
