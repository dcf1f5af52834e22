//! Estimators that learn in rounds.

use std::ops::ControlFlow;

use patronage_core::{Fit, Interactions};

use crate::als::Als;
use crate::bpr::{Bpr, Warp};
use crate::error::{Error, require};

/// An estimator that learns in rounds, and can show the model it has reached.
///
/// Outsiders may implement it; [`EarlyStopping`](crate::EarlyStopping) takes any.
pub trait Iterative<D: ?Sized>: Fit<D> {
    /// Fits as [`Fit::fit`] does, but calls `watch` with the number of rounds done and the model
    /// reached after every `every` rounds and after the last, and stops when it says so.
    ///
    /// # Errors
    ///
    /// As [`Fit::fit`], and when `every` is 0.
    fn fit_watched(
        &self,
        data: &D,
        every: usize,
        watch: &mut dyn FnMut(usize, &Self::Model) -> ControlFlow<()>,
    ) -> Result<(), Self::Error>;
}

pub(super) fn validate(every: usize) -> Result<(), Error> {
    require(every >= 1, "every", "at least 1", every as f64)
}

/// A round is a sweep. With [`AlsSolver::Exact`](crate::AlsSolver::Exact) the models are those of a
/// fit of as many sweeps, to the bit; with others they start each `every` sweeps from customers
/// solved exactly, and so are slightly ahead of it.
impl<I: Interactions + ?Sized> Iterative<I> for Als {
    fn fit_watched(
        &self,
        data: &I,
        every: usize,
        watch: &mut dyn FnMut(usize, &Self::Model) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        validate(every)?;
        let most = self.most_sweeps();
        let mut done = every.min(most);
        let mut model = self.max_iter(done).fit(data)?;
        while watch(done, &model).is_continue() && done < most && !model.converged() {
            let next = every.min(most - done);
            model = self.max_iter(next).fit_from(data, &model)?;
            done += next;
        }
        Ok(())
    }
}

macro_rules! pairwise {
    ($name:ident) => {
        /// A round is an epoch; the models are those of a fit of as many epochs, to the bit.
        impl<I: Interactions + ?Sized> Iterative<I> for $name {
            fn fit_watched(
                &self,
                data: &I,
                every: usize,
                watch: &mut dyn FnMut(usize, &Self::Model) -> ControlFlow<()>,
            ) -> Result<(), Error> {
                validate(every)?;
                self.learn(data, every, watch).map(drop)
            }
        }
    };
}

pairwise!(Bpr);
pairwise!(Warp);
