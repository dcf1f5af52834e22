//! The estimators an ensemble is made of.

use std::sync::Arc;

use patronage_core::{BoxError, ClassIdx, Classifier, Fit, Labeled, Seeded};

use super::AnyClassifier;
use crate::error::{Error, ErrorKind};

/// An estimator whose kind is forgotten.
trait Learner: Send + Sync {
    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<AnyClassifier, BoxError>;
    fn reseeded(&self, seed: u64) -> Arc<dyn Learner>;
}

/// An estimator of a kind this crate knows.
struct Known<E>(E);

/// An estimator of anyone's own.
struct Foreign<E>(E);

impl<E, M, Er> Learner for Known<E>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Seeded + Send + Sync + 'static,
    M: Into<AnyClassifier>,
    Er: Into<BoxError>,
{
    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<AnyClassifier, BoxError> {
        self.0.fit(data).map(Into::into).map_err(Into::into)
    }

    fn reseeded(&self, seed: u64) -> Arc<dyn Learner> {
        Arc::new(Self(self.0.reseeded(seed)))
    }
}

impl<E, M, Er> Learner for Foreign<E>
where
    E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er> + Seeded + Send + Sync + 'static,
    M: Classifier + 'static,
    Er: Into<BoxError>,
{
    fn learn(&self, data: &Labeled<'_, ClassIdx>) -> Result<AnyClassifier, BoxError> {
        self.0.fit(data).map(AnyClassifier::other).map_err(Into::into)
    }

    fn reseeded(&self, seed: u64) -> Arc<dyn Learner> {
        Arc::new(Self(self.0.reseeded(seed)))
    }
}

/// Named estimators.
#[derive(Clone, Default)]
pub(super) struct Members(Vec<(String, Arc<dyn Learner>)>);

impl std::fmt::Debug for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Members {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn push<E, M, Er>(&mut self, name: String, estimator: E)
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er>
            + Seeded
            + Send
            + Sync
            + 'static,
        M: Into<AnyClassifier> + 'static,
        Er: Into<BoxError> + 'static,
    {
        self.0.push((name, Arc::new(Known(estimator))));
    }

    pub(super) fn push_other<E, M, Er>(&mut self, name: String, estimator: E)
    where
        E: for<'a> Fit<Labeled<'a, ClassIdx>, Model = M, Error = Er>
            + Seeded
            + Send
            + Sync
            + 'static,
        M: Classifier + 'static,
        Er: Into<BoxError> + 'static,
    {
        self.0.push((name, Arc::new(Foreign(estimator))));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn reseeded(&self, seed: u64) -> Self {
        let one =
            |(name, learner): &(String, Arc<dyn Learner>)| (name.clone(), learner.reseeded(seed));
        Self(self.0.iter().map(one).collect())
    }

    /// Refuses an ensemble of nobody, and two members of one name.
    pub(super) fn validate(&self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Err(patronage_core::Error::from(patronage_core::ErrorKind::Empty {
                what: "members",
            })
            .into());
        }
        for (second, (name, _)) in self.0.iter().enumerate() {
            let first = self.0.iter().position(|(other, _)| other == name).unwrap_or(second);
            if first < second {
                return Err(ErrorKind::Label {
                    expected: "a name for each member",
                    position: second,
                    found: format!("{name:?}"),
                }
                .into());
            }
        }
        Ok(())
    }

    /// Fits a member, which must answer with `n_classes` probabilities for rows of the data.
    pub(super) fn fit(
        &self,
        member: usize,
        data: &Labeled<'_, ClassIdx>,
        n_classes: usize,
    ) -> Result<AnyClassifier, Error> {
        let (name, learner) = &self.0[member];
        let part = |source: BoxError| Error::from(ErrorKind::Part { part: name.clone(), source });
        let model = learner.learn(data).map_err(part)?;
        model.schema().check(data.schema()).map_err(|error| part(error.into()))?;
        if model.n_classes() != n_classes {
            let (what, found) = ("classes of a member", model.n_classes());
            let error = Error::from(ErrorKind::Length { what, expected: n_classes, found });
            return Err(part(error.into()));
        }
        Ok(model)
    }
}
