//! Learning from data.

/// An estimator: parameters that learn a model from data of type `D`.
///
/// Fitting is a pure function of parameters, data and seed: the same bits on one thread and on
/// sixteen. Parameters are checked here, not in setters. The estimator is not changed; fitting
/// again gives an equal model. Outsiders may implement it.
///
/// Data views are taken by reference, so `D` may be a trait object such as `dyn Features`.
pub trait Fit<D: ?Sized> {
    /// What is learnt: immutable, `Send + Sync`.
    type Model;
    /// What can be wrong.
    type Error;

    /// Learns a model from `data`.
    ///
    /// # Errors
    ///
    /// When a parameter is out of its range or the data cannot be learnt from; not converging is
    /// no error but a fact on the model.
    fn fit(&self, data: &D) -> Result<Self::Model, Self::Error>;
}

impl<D: ?Sized, E: Fit<D> + ?Sized> Fit<D> for &E {
    type Model = E::Model;
    type Error = E::Error;

    fn fit(&self, data: &D) -> Result<Self::Model, Self::Error> {
        (**self).fit(data)
    }
}

impl<D: ?Sized, E: Fit<D> + ?Sized> Fit<D> for Box<E> {
    type Model = E::Model;
    type Error = E::Error;

    fn fit(&self, data: &D) -> Result<Self::Model, Self::Error> {
        (**self).fit(data)
    }
}

/// An estimator that draws: the same estimator can be had with another seed, so that anyone's
/// estimator can be refitted many times.
///
/// Estimators that draw nothing implement it by returning themselves. Outsiders may implement it.
pub trait Seeded {
    /// The same estimator with `seed`.
    #[must_use]
    fn reseeded(&self, seed: u64) -> Self
    where
        Self: Sized;
}

// A reference cannot own the reseeded estimator, so there is no implementation for `&E`.
impl<E: Seeded> Seeded for Box<E> {
    fn reseeded(&self, seed: u64) -> Self {
        Self::new((**self).reseeded(seed))
    }
}
